// The search index: titles, answers, claims and code names of all questions,
// one file that a reader's browser loads when it first searches.
import MiniSearch from 'minisearch'
import { searchOptions } from '../client/search-options.js'

/// Markdown without its marks, formulas as they are written.
const plain = text => text
  .replace(/```[a-z]*|[*`|$]|^[-:]+$/gm, ' ')
  .replace(/\[([^\]]+)\]\([^)]*\)/g, '$1')
  .replace(/\\(?:tag|text|mathrm)\{([^}]*)\}/g, ' $1 ')
  .replace(/\s+/g, ' ').trim()

const shown = text => text.length > 160 ? text.slice(0, 157) + '…' : text

const kHandled = new Set(['Claims', 'Mistakes', 'References'])

function documentsOf({ question, code }) {
  const { id, front, parts, claims, mistakes } = question
  const page = `${id}.html`
  const make = (kind, title, text, anchor = '') => ({
    id: `${page}#${kind}-${anchor || title}`, kind, title, text: plain(text),
    excerpt: shown(plain(text)), question: front.title,
    url: anchor ? `${page}#${anchor}` : page
  })
  const prose = Object.entries(parts).filter(([title]) => !kHandled.has(title))
  return [
    make('question', front.title, [id, ...(front.asked_as ?? [])].join(' ')),
    ...prose.map(([title, text]) => make('answer', title, text, slug(title))),
    ...claims.map(claim => make('claim', claim.id, claim.sentence, `claim-${claim.id}`)),
    ...mistakes.map(m => make('mistake', m.id, m.sentence, `mistake-${m.id}`)),
    ...Object.entries(code.names).map(([name, [line]]) =>
      make('code', name, question.files.header, `L${line}`))
  ]
}

const slug = title => title.toLowerCase().replace(/[^\w]+/g, '-')

/// The index as JSON.
export function searchIndex({ entries }) {
  const index = new MiniSearch(searchOptions)
  const seen = new Set()
  for (const entry of entries.values()) {
    for (const document of documentsOf(entry)) {
      if (seen.has(document.id)) continue
      seen.add(document.id)
      index.add(document)
    }
  }
  return JSON.stringify(index)
}
