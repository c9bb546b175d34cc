// Plots of recorded series as SVG, drawn at build time by Observable Plot.
import * as Plot from '@observablehq/plot'
import { parseHTML } from 'linkedom'
import { escapeHtml, figure } from './text.js'

const { document } = parseHTML('<!doctype html><html><body></body></html>')

const kNumber = String.raw`-?\d[\d.]*(?:e-?\d+)?(?:/\d+)?`
const kListAtEnd = new RegExp(
  `^(.*?),?\\s*\\b(${kNumber}(?:(?:,? and |, | / | )${kNumber})*)(?: ([a-z ]+))?$`)

/// "best inertia for k = 1, 2, 3" of three values says where they were taken:
/// { y: "best inertia", x: "k", places: ["1", "2", "3"] }.
function namedPlaces(name, count) {
  const [, head, list, unit] = kListAtEnd.exec(name) ?? []
  const places = list?.match(new RegExp(kNumber, 'g'))
  if (places?.length !== count || count < 2) return null
  const words = head.replace(/,?\s*(?:=|\bat|\bfor)$/, '')
  const [, y, x] = /^(.+)(?:, |: | for | at | with )(.+)$/.exec(words) ?? [null, words, '']
  return { y, x: unit ?? (x || 'value'), places }
}

/// "inertia per iteration" is y over x; otherwise x counts the values.
function axisLabels(name, count) {
  const places = namedPlaces(name, count)
  if (places) return places
  const [, y, x] = /^(.+?) per (.+)$/.exec(name) ??
    /^(.+?) (?:for|at|by|after) (.+)$/.exec(name) ?? [null, name, 'value']
  return { y, x: x.length > 34 ? x.slice(0, 33) + '…' : x }
}

const isWide = (low, high) => low > 0 && high / low >= 1000

function marks(points, log) {
  const at = { x: 'i', y: 'value' }
  if (points.length > 8) {
    const line = Plot.line(points, { ...at, stroke: 'var(--accent)', strokeWidth: 1.6 })
    const dots = Plot.dot(points, { ...at, r: 1.8, fill: 'var(--accent)' })
    return points.length > 40 ? [line] : [line, dots]
  }
  const dots = Plot.dot(points, { ...at, r: 3, fill: 'var(--accent)' })
  if (log) return [dots]
  const stems = Plot.ruleX(points, { x: 'i', y1: 0, y2: 'value', stroke: 'var(--accent)', strokeWidth: 2 })
  return [Plot.ruleY([0], { strokeOpacity: 0.4 }), stems, dots]
}

function draw(name, count, points, log) {
  const labels = axisLabels(name, count)
  const few = points.length <= 8
  const svg = Plot.plot({
    document,
    className: 'plot',
    width: 380, height: 170,
    marginLeft: 58, marginBottom: 34, marginTop: 24, marginRight: 12,
    x: {
      label: labels.x, tickFormat: i => labels.places?.[i - 1] ?? figure(i), ...((few || labels.places) && {
        ticks: points.map(p => p.i), domain: [points[0].i - 0.5, points.at(-1).i + 0.5] })
    },
    y: {
      label: log ? `${labels.y} (log scale)` : labels.y, ticks: 4, grid: true,
      type: log ? 'log' : 'linear', nice: true, tickFormat: figure
    },
    marks: marks(points, log)
  })
  svg.querySelector('style')?.remove()
  // The picture has one name, of its own; its parts need none.
  for (const part of svg.querySelectorAll('[aria-label]')) part.removeAttribute('aria-label')
  return svg
}

/// What the plot shows, for those who do not see it.
function inWords(name, values) {
  const trend = values.at(-1) > values[0] ? 'rising' : values.at(-1) < values[0] ? 'falling' : 'level'
  return `${name}: ${values.length} values from ${figure(values[0])} to ` +
    `${figure(values.at(-1))}, ${trend} overall; least ${figure(Math.min(...values))}, ` +
    `greatest ${figure(Math.max(...values))}`
}

/// A <figure> with the plot of one series, its caption and a text alternative.
export function seriesFigure(name, series) {
  const points = series.map((value, k) => ({ i: k + 1, value: Number(value) }))
    .filter(point => Number.isFinite(point.value))
  if (points.length < 2) return ''
  const values = points.map(point => point.value)
  const log = isWide(Math.min(...values), Math.max(...values))
  const svg = draw(name, series.length, points, log)
  svg.setAttribute('role', 'img')
  svg.setAttribute('aria-label', inWords(name, values))
  const left = series.length - points.length
  const note = left > 0 ? `; ${left} not finite, not drawn` : ''
  return `<figure class="series">${svg.outerHTML}<figcaption>${escapeHtml(name)}` +
    ` <span class="muted">${figure(values[0])} to ${figure(values.at(-1))}, ` +
    `${series.length} values${note}</span></figcaption></figure>`
}
