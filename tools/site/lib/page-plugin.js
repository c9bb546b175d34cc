// The markdown-it plugin that turns the page of a question into what the site
// shows: sections, linked claims and equations, cards, folds.
import fs from 'node:fs'
import path from 'node:path'
import { claimCard, mistakeCard, runNote } from './cards.js'
import { codeBlock } from './highlight.js'
import { displayMaths, plainMaths } from './maths.js'
import { questionsFolder, repository, root } from './paths.js'
import { isPage } from './questions.js'
import { slot } from './slots.js'
import { escapeHtml } from './text.js'

const kAlwaysOpen = new Set(['The task', 'Claims'])

function html(state, content) {
  const token = new state.Token('html_block', '', 0)
  token.content = content
  return token
}

/// Splits the tokens at each heading of level 2: [{ title, heading, body }].
function splitSections(tokens) {
  const sections = [{ title: '', heading: [], body: [] }]
  for (let i = 0; i < tokens.length; ++i) {
    if (tokens[i].type === 'heading_open' && tokens[i].tag === 'h2') {
      const title = tokens[i + 1].content
      sections.push({ title, heading: tokens.slice(i, i + 3), body: [] })
      i += 2
    } else {
      sections.at(-1).body.push(tokens[i])
    }
  }
  return sections
}

/// Calls `visit(open, body, close)` for each item of the outermost lists.
function replaceItems(tokens, visit) {
  const out = []
  let depth = 0
  let item = null
  for (const token of tokens) {
    if (token.type === 'list_item_open' && ++depth === 1) {
      item = { open: token, body: [] }
    } else if (item && /^paragraph_/.test(token.type)) {
      token.hidden = false  // a card has paragraphs, however tight its list is
      item.body.push(token)
    } else if (token.type === 'list_item_close' && --depth === 0) {
      out.push(...visit(item.open, item.body, token))
      item = null
    } else {
      (item ? item.body : out).push(token)
    }
  }
  return out
}

/// What stands in the first paragraph of an item, without empty text before it.
function firstChildren(body) {
  const children = body.find(token => token.type === 'inline')?.children ?? []
  while (children[0]?.type === 'text' && children[0].content === '') children.shift()
  return children
}

/// Takes "**id**: " off the front of an item and returns the id.
function takeId(body) {
  const children = firstChildren(body)
  const [open, id, close, rest] = children
  if (open?.type !== 'strong_open' || close?.type !== 'strong_close') return null
  children.splice(0, 3)
  if (rest) rest.content = rest.content.replace(/^:\s*/, '')
  return id.content
}

/// Takes "*"question"*" off the front and returns the words and maths in it.
function takeQuestion(body) {
  const children = firstChildren(body)
  const end = children.findIndex(token => token.type === 'em_close')
  if (children[0]?.type !== 'em_open' || end < 0) return null
  const asked = children.splice(0, end + 1).slice(1, -1)
  if (children[0]) children[0].content = children[0].content.replace(/^\s+/, '')
  return asked
}

function cards(state, body, items, make) {
  return replaceItems(body, (open, tokens, close) => {
    const id = takeId(tokens)
    const item = items.find(candidate => candidate.id === id)
    if (!item) return [open, ...tokens, close]
    const card = make(item)
    for (const [name, value] of Object.entries(card.attributes)) open.attrSet(name, value)
    return [open, html(state, card.open), ...tokens, html(state, card.close), close]
  })
}

function addClass(body, name) {
  const list = body.find(token => /^(bullet|ordered)_list_open$/.test(token.type))
  list?.attrJoin('class', name)
  list?.attrSet('role', 'list')
}

function claimsSection(state, body, question, evidence) {
  addClass(body, 'cards')
  const note = runNote(evidence.claims, `./wb verify ${question.id}`, 'The claims are')
  return [html(state, note),
    ...cards(state, body, question.claims, claim => claimCard(claim, question, evidence))]
}

function mistakesSection(state, body, question, evidence) {
  addClass(body, 'cards')
  const note = runNote(
    evidence.mistakes, `./wb verify ${question.id} --mistakes`, 'The mistakes are')
  return [html(state, note),
    ...cards(state, body, question.mistakes, m => mistakeCard(m, question, evidence))]
}

function followUpsSection(state, body) {
  addClass(body, 'follow-ups')
  return replaceItems(body, (open, tokens, close) => {
    const asked = takeQuestion(tokens)
    if (!asked) return [open, ...tokens, close]
    const summary = new state.Token('inline', '', 0)
    summary.children = asked
    summary.content = ''
    return [open, html(state, '<details class="follow-up"><summary>'), summary,
      html(state, '</summary>'), ...tokens, html(state, '</details>'), close]
  })
}

function referencesSection(body) {
  addClass(body, 'references')
  let number = 0
  for (const token of body) {
    if (token.type === 'list_item_open') token.attrSet('id', `ref-${++number}`)
  }
  return body
}

function sectionBody(state, { title, body }, question, evidence) {
  if (title === 'Claims') return claimsSection(state, body, question, evidence)
  if (title === 'Mistakes') return mistakesSection(state, body, question, evidence)
  if (title === 'Follow-ups') return followUpsSection(state, body)
  if (title === 'References') return referencesSection(body)
  return body
}

/// A section; in an exercise, folded when it would give the answer away. What
/// precedes the first one are links to files, for which the site needs a
/// repository to lead to.
function wrapSection(state, section, body, question) {
  if (!section.title) return repository ? body : []
  const slug = section.title.toLowerCase().replace(/[^a-z]+/g, '-')
  const fold = question.practice && !kAlwaysOpen.has(section.title)
  return fold
    ? [html(state, `<details class="part spoiler part-${slug}"><summary>`), ...section.heading,
      html(state, '</summary>'), ...body, html(state, '</details>')]
    : [html(state, `<section class="part part-${slug}">`), ...section.heading, ...body,
      html(state, '</section>')]
}

/// Replaces what `pattern` matches in plain text by what `link` makes of it.
function linkText(state, tokens, pattern, link) {
  for (const inline of tokens) {
    if (inline.type !== 'inline') continue
    let inLink = 0
    inline.children = inline.children.flatMap(token => {
      if (token.type === 'link_open') ++inLink
      if (token.type === 'link_close') --inLink
      if (token.type !== 'text' || inLink > 0) return [token]
      return piecesOf(state, token, pattern, link)
    })
  }
}

function piecesOf(state, token, pattern, link) {
  const pieces = []
  let last = 0
  const text = content => {
    if (!content) return
    const piece = new state.Token('text', '', 0)
    piece.content = content
    pieces.push(piece)
  }
  for (const match of token.content.matchAll(pattern)) {
    const linked = link(match)
    if (!linked) continue
    text(token.content.slice(last, match.index))
    const piece = new state.Token('html_inline', '', 0)
    piece.content = linked
    pieces.push(piece)
    last = match.index + match[0].length
  }
  if (pieces.length === 0) return [token]
  text(token.content.slice(last))
  return pieces
}

function linkCitations(state, question, equations) {
  const references = (question.parts.References ?? '').match(/^\d+\. /gm)?.length ?? 0
  linkText(state, state.tokens, /\bclaims?\s+\d+(?:(?:,\s+|\s+and\s+|,\s+and\s+|\s+to\s+)\d+)*/g,
    ([text]) => text.replace(/\d+/g, number => {
      const claim = question.claims[number - 1]
      return claim ? `<a class="cite-claim" href="#claim-${claim.id}">${number}</a>` : number
    }))
  linkText(state, state.tokens, /\((\d+)\)/g, ([, number]) => equations.has(number) &&
    `<a class="cite-equation" href="#eq-${number}" data-equation="${number}">(${number})</a>`)
  linkText(state, state.tokens, /\[(\d+)\]/g, ([, number]) => number <= references &&
    `<a class="cite-reference" href="#ref-${number}">[${number}]</a>`)
}

/// Code spans that name a definition of the header lead to it.
function linkNames(state, names) {
  for (const inline of state.tokens) {
    for (const token of inline.children ?? []) {
      if (token.type !== 'code_inline') continue
      const name = /^(?:\w+::)*(\w+)(?:\(\))?$/.exec(token.content)?.[1]
      if (!name || !Object.hasOwn(names, name)) continue
      token.type = 'html_inline'
      token.content = `<a class="cite-code" href="#L${names[name][0]}" ` +
        `data-name="${name}"><code>${escapeHtml(token.content)}</code></a>`
    }
  }
}

/// Where a relative link leads on the site: pages stay, files of the project
/// are browsed in the repository, and what is nowhere leads nowhere.
function resolveLink(href, from) {
  const [, target, anchor] = /^([^#?]*)(.*)$/.exec(decodeURI(href))
  if (target === '' || /^\w+:/.test(target)) return href
  const file = path.resolve(questionsFolder, path.dirname(from), target)
  const page = path.relative(questionsFolder, file).replace(/\.html$/, '.md')
  if (isPage(page)) return href
  if (!repository || !fs.existsSync(file)) return null
  return `${repository}/blob/HEAD/${path.relative(root, file)}${anchor}`
}

function resolveLinks(state) {
  for (const inline of state.tokens) {
    let dead = false
    for (const token of inline.children ?? []) {
      if (token.type === 'link_open') {
        const href = resolveLink(token.attrGet('href') ?? '', state.env.relativePath)
        dead = href === null
        if (!dead) token.attrSet('href', href)
      }
      if (!dead || !/^link_(open|close)$/.test(token.type)) continue
      dead = token.type === 'link_open'
      token.type = 'html_inline'
      token.content = ''
    }
  }
}

const equationsIn = tokens => new Set(tokens
  .filter(token => token.type === 'fence' && token.info.trim() === 'math')
  .flatMap(token => [...token.content.matchAll(/\\tag\{(\w+)\}/g)].map(m => m[1])))

function shapePage(state, { question, evidence, code }) {
  linkCitations(state, question, equationsIn(state.tokens))
  linkNames(state, code.names)
  const tokens = splitSections(state.tokens).flatMap(section =>
    wrapSection(state, section, sectionBody(state, section, question, evidence), question))
  state.tokens = tokens
}

/// `find(relativePath)` gives { question, evidence, code } or nothing.
export function pagePlugin(md, { find }) {
  md.core.ruler.push('empty_headers_are_cells', state => {
    state.tokens.forEach((token, i, tokens) => {
      if (token.type !== 'th_open' || tokens[i + 1].content !== '') return
      token.tag = tokens[i + 2].tag = 'td'
    })
  })
  md.core.ruler.push('question_page', state => {
    if (state.inlineMode || !state.env?.relativePath) return
    resolveLinks(state)
    const entry = find(state.env.relativePath)
    if (entry) shapePage(state, entry)
  })

  const render = md.render.bind(md)
  md.render = (source, env) => {
    const content = render(source, env)
    return env?.relativePath && find(env.relativePath) ? slot(content) : content
  }

  md.renderer.rules.fence = (tokens, index) => {
    const { info, content } = tokens[index]
    return info.trim() === 'math'
      ? displayMaths(content) : codeBlock(content.trimEnd(), info.trim())
  }

  md.renderer.rules.table_open = () =>
    '<div class="scroll" tabindex="0" role="group" aria-label="table"><table>'
  md.renderer.rules.table_close = () => '</table></div>'

  md.renderer.rules.code_block = (tokens, index) =>
    codeBlock(tokens[index].content.trimEnd())

  const inline = md.renderer.rules.math_inline
  md.renderer.rules.math_inline = (tokens, index, options, env, self) =>
    env?.compactMaths
      ? plainMaths(tokens[index].content)
      : inline(tokens, index, options, env, self)
}
