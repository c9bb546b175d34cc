// Search in a dialog. The index is one file of this site, loaded when first
// needed and never before.
import MiniSearch from 'minisearch'
import { searchOptions } from './search-options.js'

const kMost = 24
const base = () => document.querySelector('.site').dataset.base

let dialog
let index

function make(tag, className, text = '') {
  const element = document.createElement(tag)
  element.className = className
  element.textContent = text
  return element
}

async function loadIndex() {
  const response = await fetch(`${base()}search.json`)
  if (!response.ok) throw new Error(`search.json: ${response.status}`)
  return MiniSearch.loadJSON(await response.text(), searchOptions)
}

function row(hit) {
  const link = make('a', `hit hit-${hit.kind}`)
  link.href = base() + hit.url
  link.append(
    make('span', 'hit-kind', hit.kind), make('span', 'hit-title', hit.title),
    make('span', 'hit-from', hit.kind === 'question' ? '' : hit.question),
    make('span', 'hit-text', hit.kind === 'code' ? '' : hit.excerpt))
  const item = document.createElement('li')
  item.append(link)
  return item
}

async function show() {
  const query = dialog.querySelector('input').value.trim()
  const list = dialog.querySelector('ul')
  const note = dialog.querySelector('.search-note')
  if (!query) {
    list.replaceChildren()
    note.textContent = 'titles, answers, claims and code names'
    return
  }
  try {
    index ??= await loadIndex()
  } catch (error) {
    note.textContent = `the index could not be loaded: ${error.message}`
    return
  }
  const hits = index.search(query)
  list.replaceChildren(...hits.slice(0, kMost).map(row))
  note.textContent = hits.length === 0 ? `nothing matches “${query}”`
    : `${hits.length} found`
}

/// The arrows walk from the field through the hits.
function walk(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
  if (!step) return
  event.preventDefault()
  const stops = [dialog.querySelector('input'), ...dialog.querySelectorAll('.hit')]
  const at = stops.indexOf(document.activeElement)
  stops[Math.min(stops.length - 1, Math.max(0, at + step))].focus()
}

export function prepareSearch() {
  dialog = make('dialog', 'search')
  dialog.setAttribute('aria-label', 'search')
  const field = make('input', 'search-field')
  // A field of type "search" would take the Escape that closes the dialog.
  Object.assign(field, { type: 'text', placeholder: 'search', autocomplete: 'off' })
  field.setAttribute('aria-label', 'search titles, answers, claims and code names')
  const note = make('p', 'search-note')
  note.setAttribute('role', 'status')
  dialog.append(field, note, make('ul', 'hits'))
  dialog.addEventListener('keydown', walk)
  field.addEventListener('input', show)
  field.addEventListener('keydown', event => {
    if (event.key === 'Enter') dialog.querySelector('.hit')?.click()
  })
  dialog.addEventListener('click', event => {
    if (event.target === dialog || event.target.closest('.hit')) dialog.close()
  })
  document.body.append(dialog)
}

export function openSearch() {
  if (!dialog.open) dialog.showModal()
  dialog.querySelector('input').select()
  show()
}
