// Everything the pages show, read once: questions, their evidence, their code.
import { codePane } from './code-pane.js'
import { loadEvidence, resultOf, standing } from './evidence.js'
import { loadQuestions, sections } from './questions.js'
import { claimCard, copyable, markOf, stampText, toneOf } from './cards.js'
import { duration } from './text.js'
import { sentenceHtml } from './maths.js'
import { slot } from './slots.js'

export function loadModel() {
  const questions = loadQuestions()
  const entries = new Map(questions.map(question => {
    const evidence = loadEvidence(question)
    const entry = {
      question, evidence,
      standing: standing(question, evidence),
      code: codePane(question)
    }
    return [`${question.id}.md`, entry]
  }))
  return { sections: sections(), entries }
}

const link = entry => ({
  id: entry.question.id, slug: entry.question.slug,
  title: entry.question.front.title,
  level: entry.question.front.level,
  url: `${entry.question.id}.html`,
  standing: entry.standing
})

const total = (entries, key) =>
  entries.reduce((sum, entry) => sum + entry.standing[key], 0)

/// The sections with their questions and what was proved in each.
export function overviewData({ sections, entries }) {
  const all = [...entries.values()]
  const rows = sections.map(section => {
    const own = all.filter(entry => entry.question.section === section.id)
    return { ...section, questions: own.map(link), ...countsOf(own) }
  })
  return { sections: rows, total: countsOf(all) }
}

/// One question of the landing page's front matter: how it begins, and what
/// one claim of it looks like.
export function showcaseData({ entries }, { show, show_claim: claimId }, md) {
  const entry = entries.get(`${show}.md`)
  const claim = entry?.question.claims.find(({ id }) => id === claimId)
  if (!claim) throw new Error(`questions/index.md: there is no claim ${show}#${claimId}`)
  const card = claimCard(claim, entry.question, entry.evidence)
  return {
    ...link(entry),
    minute: slot(md.render(entry.question.parts['In one minute'])),
    claim: slot(`<ul class="cards" role="list"><li class="${card.attributes.class}">${card.open}` +
      `<p>${md.renderInline(claim.sentence)}</p>${card.close}</li></ul>`)
  }
}

const countsOf = entries => ({
  count: entries.length,
  claims: total(entries, 'claims'), proved: total(entries, 'proved'),
  run: total(entries, 'run'),
  mistakes: total(entries, 'mistakes'), caught: total(entries, 'caught'),
  mistakesRun: entries.filter(entry => entry.standing.mistakesRun).length
})

/// The data of one question's page, beside what its Markdown becomes.
export function questionData({ sections, entries }, entry, md) {
  const { question, code } = entry
  const all = [...entries.values()]
  const at = all.indexOf(entry)
  const neighbour = other => other && { url: `${other.question.id}.html`, title: other.question.front.title }
  const { front } = question
  return {
    ...link(entry),
    section: sections.find(section => section.id === question.section),
    askedAs: (front.asked_as ?? []).map(text => md.renderInline(text)),
    seeAlso: (front.see_also ?? []).map(id => {
      const other = entries.get(`${id}.md`)
      return other ? link(other) : { id }
    }),
    files: question.files,
    hasBench: question.hasBench,
    practice: question.practice && {
      minutes: front.minutes,
      signature: front.signature,
      hints: (front.hints ?? []).map(text => md.renderInline(text)),
      command: copyable(`./wb start ${question.id}`)
    },
    command: copyable(`./wb study ${question.id}`),
    code: { html: slot(code.html), count: code.count },
    follow: { names: code.names, equations: code.equations },
    previous: neighbour(all[at - 1]),
    next: neighbour(all[at + 1])
  }
}

/// Every claim of every question, with its verdict.
export function claimsData({ sections, entries }, md) {
  const rows = [...entries.values()].flatMap(({ question, evidence }) =>
    question.claims.map(claim => {
      const tone = toneOf(resultOf(evidence, claim.id))
      const stale = evidence.claims?.changed.length > 0
      return {
        id: claim.id, question: question.id, section: question.section,
        url: `${question.id}.html#claim-${claim.id}`,
        html: sentenceHtml(md, claim.sentence),
        tone: tone !== 'unknown' && stale ? 'stale' : tone,
        mark: markOf(tone)
      }
    }))
  return { sections, rows }
}

/// The rows of one stored benchmark, the machine's own limits left out.
export function benchRows(document) {
  return document.result.rows
    .filter(row => row.kernel !== 'machine' && !row.error && row.speed_up)
    .map(row => ({ ...row, time: duration(row.seconds) }))
}

/// Every question with a benchmark, with its ratios where it was run.
export function benchmarksData({ entries }) {
  return [...entries.values()].filter(entry => entry.question.hasBench)
    .map(entry => ({
      ...link(entry),
      ...benchData(entry)
    }))
}

export function benchData({ question, evidence }) {
  const document = evidence.bench
  return {
    command: copyable(`./wb bench ${question.id}`),
    stamp: document && stampText(document.run),
    changed: document?.changed ?? [],
    rows: document ? benchRows(document) : []
  }
}
