// The questions, found by their paths, and what their pages say: front matter,
// claims, mistakes, follow-ups.
import fs from 'node:fs'
import path from 'node:path'
import { parse as parseYaml } from 'yaml'
import { only, questionsFolder, root } from './paths.js'
import { words } from './text.js'

const read = file => fs.readFileSync(path.join(root, file), 'utf8')
const exists = file => fs.existsSync(path.join(root, file))

/// { front, body } of a page whose first line is "---".
export function splitPage(text, file) {
  const match = /^---\r?\n([\s\S]*?)\r?\n---\r?\n/.exec(text)
  if (!match) throw new Error(`${file}: there is no front matter`)
  return { front: parseYaml(match[1]), body: text.slice(match[0].length) }
}

/// The sections as the landing page lists them: [{ id, title }].
export function sections() {
  const file = 'questions/index.md'
  const { front } = splitPage(read(file), file)
  return front.sections.map(id => ({
    id, title: front.section_titles?.[id] ?? capitalised(words(id)) }))
}

const capitalised = text => text[0].toUpperCase() + text.slice(1)

/// { "In one minute": "...", "Claims": "..." }: the text below each "## ".
export function partsOf(body) {
  const parts = {}
  let title = ''
  let fenced = false
  for (const line of body.split('\n')) {
    if (line.startsWith('```')) fenced = !fenced
    const heading = !fenced && /^## (.+)$/.exec(line)
    if (heading) parts[title = heading[1].trim()] = ''
    else if (title) parts[title] += line + '\n'
  }
  return parts
}

/// Items "1. **id**: sentence" or "- **id**: sentence" of a list.
export function itemsOf(text = '') {
  return text.split(/^(?:\d+\.|-) (?=\*\*)/m).slice(1).map((item, i) => {
    const [, id, sentence] = /^\*\*(\w+)\*\*:\s*([\s\S]*)$/.exec(item) ?? []
    return { id, number: i + 1, sentence: sentence?.replace(/\s+/g, ' ').trim() }
  }).filter(item => item.id)
}

function filesOf(id) {
  return {
    answer: `questions/${id}.md`,
    header: `include/whiteboard/${id}.hpp`,
    test: `tests/${id}_test.cpp`,
    bench: `bench/${id}_bench.cpp`,
    mistakes: `tests/${id}.mistakes`
  }
}

/// { breaks, diff } for each stored patch, by the mistake's id.
function patchesOf(folder) {
  const patches = {}
  if (!exists(folder)) return patches
  for (const name of fs.readdirSync(path.join(root, folder)).sort()) {
    if (!name.endsWith('.patch')) continue
    const text = read(`${folder}/${name}`)
    const breaks = /^Breaks:(.*)$/m.exec(text)?.[1] ?? ''
    patches[path.basename(name, '.patch')] = {
      breaks: breaks.split(',').map(claim => claim.trim()).filter(Boolean),
      diff: text.slice(text.indexOf('\n') + 1).trim()
    }
  }
  return patches
}

function loadQuestion(section, slug) {
  const id = `${section}/${slug}`
  const files = filesOf(id)
  const { front, body } = splitPage(read(files.answer), files.answer)
  const parts = partsOf(body)
  return {
    id, section, slug, files, front, parts,
    claims: itemsOf(parts.Claims),
    mistakes: itemsOf(parts.Mistakes),
    patches: patchesOf(files.mistakes),
    header: exists(files.header) ? read(files.header) : '',
    test: exists(files.test) ? read(files.test) : '',
    hasBench: exists(files.bench),
    practice: section === 'coding'
  }
}

/// [section, slug] of all questions, section by section, by their names.
function questionNames() {
  return sections().flatMap(({ id: section }) => {
    const folder = path.join(questionsFolder, section)
    if (!fs.existsSync(folder)) return []
    return fs.readdirSync(folder).filter(name => name.endsWith('.md')).sort()
      .map(name => [section, path.basename(name, '.md')])
  })
}

const isWanted = ([section, slug]) =>
  only.length === 0 || only.includes(`${section}/${slug}`)

export const loadQuestions = () =>
  questionNames().filter(isWanted).map(name => loadQuestion(...name))

/// The pages that are left out when only some questions are wanted.
export const unwantedPages = () =>
  questionNames().filter(name => !isWanted(name)).map(name => `${name.join('/')}.md`)

/// Is "algorithms/k_means.md" a page of the site?
export function isPage(page) {
  if (page.startsWith('..') || !page.endsWith('.md')) return false
  return fs.existsSync(path.join(questionsFolder, page)) &&
    (!page.includes('/') || isWanted(page.slice(0, -3).split('/')))
}
