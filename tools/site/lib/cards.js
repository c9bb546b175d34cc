// Claims, mistakes and follow-ups as the site shows them.
import { testCase } from './cpp.js'
import { isCaught, resultOf } from './evidence.js'
import { codeBlock, diffBlock } from './highlight.js'
import { seriesFigure } from './plot.js'
import { duration, escapeHtml, figure, plural } from './text.js'

const kMarks = { holds: '✓', unknown: '–' }

/// "holds", "fails", "unknown": how a verdict is coloured.
export const toneOf = result =>
  !result ? 'unknown' : result.verdict === 'holds' ? 'holds' : 'fails'

export const markOf = tone => kMarks[tone] ?? '✗'

/// The date of a run as people write it: "2026-11-23 00:11 UTC".
export const dateOf = run => run.date.replace('T', ' ').replace(/:\d\dZ$/, ' UTC')

/// "2026-11-23 00:11 UTC, g++ 12.2.0, commit 1a2b3c4; AMD EPYC, 2 cores"
export const stampText = run =>
  `${dateOf(run)}, ${run.compiler}, commit ${run.commit}; ${run.machine}`

export const copyable = command =>
  `<span class="command"><code>${escapeHtml(command)}</code><button type="button"` +
  ` class="copy" data-copy="${escapeHtml(command)}">copy</button></span>`

/// The line above evidence: when it was measured, or how to measure it.
export function runNote(document, command, what) {
  if (!document) {
    return `<p class="run-note">${what} not yet run here: ${copyable(command)}</p>`
  }
  const stale = document.changed.length > 0
    ? `<strong class="stale-note">${document.changed.map(escapeHtml).join(' and ')}` +
      ` changed since; run again:</strong> ${copyable(command)} ` : ''
  return `<p class="run-note">${stale}Last run: ${escapeHtml(stampText(document.run))}</p>`
}

function evidenceHtml(result) {
  const figures = result.evidence.filter(item => !item.series)
    .map(({ name, value }) => `<div><dt>${escapeHtml(name)}</dt>` +
      `<dd>${escapeHtml(figure(value))}</dd></div>`)
  const list = figures.length > 0 ? `<dl class="figures">${figures.join('')}</dl>` : ''
  const plots = result.evidence.filter(item => item.series)
    .map(({ name, series }) => seriesFigure(name, series))
  return list + (plots.length > 0 ? `<div class="plots">${plots.join('')}</div>` : '')
}

function failureHtml(failure) {
  const place = `${failure.file.split('/').slice(-1)}:${failure.line}`
  return `<pre class="failure" tabindex="0">${escapeHtml(
    [`${place}: ${failure.expression}`, failure.values, ...failure.context].join('\n'))}</pre>`
}

function failuresHtml(result) {
  if (result.verdict === 'holds') return ''
  const reason = result.reason ? `<p class="failure-reason">${escapeHtml(result.reason)}</p>` : ''
  return reason + result.failures.map(failureHtml).join('')
}

/// { open, close }: what stands around the sentence of a claim.
export function claimCard(claim, question, evidence) {
  const result = resultOf(evidence, claim.id)
  const tone = toneOf(result)
  const stale = evidence.claims?.changed.length > 0
  const verdict = result
    ? `${result.verdict}<span class="muted"> · ${plural(result.checks, 'check')},` +
      ` ${duration(result.seconds)}</span>`
    : '<span class="muted">not yet run here</span>'
  const test = testCase(question.test, claim.id)
  return {
    attributes: { id: `claim-${claim.id}`, class: `claim tone-${tone}${stale ? ' is-stale' : ''}` },
    open: '<div class="claim-head">' +
      `<span class="mark" aria-hidden="true">${markOf(tone)}</span>` +
      `<span class="claim-number">${claim.number}</span>` +
      `<a class="claim-id" href="#claim-${claim.id}">${claim.id}</a>` +
      `<span class="verdict">${verdict}</span></div>`,
    close: (result ? failuresHtml(result) + evidenceHtml(result) : '') +
      (test ? `<details class="test-source"><summary>the test that judges it</summary>` +
        `${codeBlock(test)}</details>` : '')
  }
}

/// { open, close } around the sentence of a mistake.
export function mistakeCard(mistake, question, evidence) {
  const patch = question.patches[mistake.id]
  const run = evidence.mistakes
  const caught = isCaught(evidence, mistake.id)
  const tone = !run ? 'unknown' : caught ? 'holds' : 'fails'
  const stale = run?.changed.length > 0
  const verdict = !run ? '<span class="muted">not yet run here</span>'
    : caught ? 'caught' : 'not caught'
  const breaks = (patch?.breaks ?? []).map(id => `<a href="#claim-${id}">${id}</a>`)
  return {
    attributes: { id: `mistake-${mistake.id}`, class: `mistake tone-${tone}${stale ? ' is-stale' : ''}` },
    open: '<div class="claim-head">' +
      `<span class="mark" aria-hidden="true">${run ? markOf(tone) : '–'}</span>` +
      `<a class="claim-id" href="#mistake-${mistake.id}">${mistake.id}</a>` +
      `<span class="verdict">${verdict}</span></div>`,
    close: patch ? `<details class="patch"><summary>the change` +
      `${breaks.length > 0 ? ', and what it breaks' : ''}</summary>` +
      `<p class="breaks">Breaks ${breaks.join(', ')}</p>${diffBlock(patch.diff)}</details>` : ''
  }
}
