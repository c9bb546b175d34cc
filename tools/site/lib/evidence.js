// What the last runs on this machine said: the files that `wb verify`,
// `wb verify --mistakes` and `wb bench` keep, and whether they still apply.
import fs from 'node:fs'
import path from 'node:path'
import { evidenceFolder, root } from './paths.js'

/// FNV-1a, 64 bits, as the companion writes it: sixteen hexadecimal digits.
export function fingerprint(bytes) {
  let hash = 14695981039346656037n
  for (const byte of bytes) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 1099511628211n)
  }
  return hash.toString(16).padStart(16, '0')
}

function readJson(file) {
  if (!fs.existsSync(file)) return null
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8'))
  } catch (error) {
    throw new Error(`${file}: ${error.message}; delete it and run again`)
  }
}

/// The files that changed since they were run: [] when all are as they were.
function changedFiles(files = {}) {
  return Object.keys(files).filter(file => {
    const now = path.join(root, file)
    return !fs.existsSync(now) ||
      fingerprint(fs.readFileSync(now)) !== files[file]
  })
}

/// One stored document with `changed`, or null when nothing was run.
function load(question, kind) {
  const name = `${question.slug}${kind}.json`
  const document = readJson(path.join(evidenceFolder, question.section, name))
  return document && { ...document, changed: changedFiles(document.files) }
}

/// { claims, mistakes, bench }: the last run of each, or null.
export function loadEvidence(question) {
  return {
    claims: load(question, ''),
    mistakes: load(question, '.mistakes'),
    bench: load(question, '.bench')
  }
}

/// The run's result for one claim, or null.
export const resultOf = (evidence, claimId) =>
  evidence.claims?.result.claims.find(claim => claim.id === claimId) ?? null

export const isCaught = (evidence, mistakeId) =>
  evidence.mistakes?.result.mistakes
    .find(mistake => mistake.id === mistakeId)?.verdict === 'caught'

/// What a question's last run says: counts, and one word for all of it.
export function standing(question, evidence) {
  const results = question.claims.map(claim => resultOf(evidence, claim.id))
  const counts = {
    claims: question.claims.length,
    proved: results.filter(result => result?.verdict === 'holds').length,
    run: results.filter(Boolean).length,
    mistakes: question.mistakes.length,
    caught: question.mistakes.filter(m => isCaught(evidence, m.id)).length,
    mistakesRun: Boolean(evidence.mistakes)
  }
  return { ...counts, word: standingWord(evidence, counts) }
}

function standingWord(evidence, counts) {
  if (!evidence.claims) return 'not run'
  if (evidence.claims.changed.length > 0) return 'changed since'
  return counts.proved === counts.claims && evidence.claims.result.holds
    ? 'proved' : 'fails'
}
