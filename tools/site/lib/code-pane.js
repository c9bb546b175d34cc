// The header beside the answer: numbered lines, equations that lead back to
// the answer, an exercise's solution folded.
import { definitions, equationRanges, nameRanges, stripMarkers } from './cpp.js'
import { highlightLines } from './highlight.js'
import { escapeHtml, plural } from './text.js'

/// Runs of lines that are solution or are not: [{ folded, first, last }].
function runsOf(count, solution) {
  const runs = []
  for (let line = 1; line <= count; ++line) {
    const folded = solution.has(line)
    if (runs.at(-1)?.folded === folded) runs.at(-1).last = line
    else runs.push({ folded, first: line, last: line })
  }
  return runs
}

const linkEquations = html => html.replace(/\((\d+)\)/g,
  (text, number) => `<a class="cite-equation" href="#eq-${number}">${text}</a>`)

function lineHtml(html, number, isText) {
  const linked = isText && /Eqs?\. /.test(html)
    ? html.replace(/Eqs?\. *\(\d+\)(?:(?:,| and) *\(\d+\))*/g, linkEquations) : html
  return `<span class="line" id="L${number}"><a class="number" href="#L${number}"` +
    ` tabindex="-1" aria-hidden="true">${number}</a>${linked}\n</span>`
}

function runHtml({ folded, first, last }, html, start) {
  const rows = []
  for (let n = first; n <= last; ++n) rows.push(lineHtml(html[n - 1], n, n > start))
  const block = `<pre><code>${rows.join('')}</code></pre>`
  const what = first === 1 ? 'about the method' : 'of the solution'
  return folded
    ? `<details class="solution"><summary>${plural(last - first + 1, 'line')}` +
      ` ${what}</summary>${block}</details>`
    : block
}

/// What an exercise's reader shall not see at once: the solution, and of the
/// opening block all but what the letters mean, as in the starter.
function spoilers(lines, solution) {
  const symbols = lines.findIndex(line => line.startsWith('// Symbols:'))
  const folds = new Set(solution)
  for (let line = 1; line <= symbols; ++line) folds.add(line)
  return folds
}

/// { html, names, equations, count } of a question's header, or of nothing.
export function codePane(question) {
  if (!question.header) return { html: '', names: {}, equations: {}, count: 0 }
  const { lines, solution } = stripMarkers(question.header)
  const all = definitions(lines)
  const highlighted = highlightLines(lines.join('\n'))
  const start = lines.findIndex(line => line.startsWith('#pragma once'))
  const folds = question.practice ? spoilers(lines, solution) : new Set()
  return {
    html: `<div class="code numbered" tabindex="0" role="group" aria-label="` +
      `${escapeHtml(question.files.header)}">` +
      runsOf(lines.length, folds).map(run => runHtml(run, highlighted, start)).join('') +
      '</div>',
    names: nameRanges(all),
    equations: equationRanges(lines, all),
    count: lines.length
  }
}
