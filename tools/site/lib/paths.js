// Where the site reads and writes. The companion sets the WB_ variables; a
// bare `npm run build` gets the checkout that this folder lies in.
import path from 'node:path'
import { fileURLToPath } from 'node:url'

export const siteFolder = path.resolve(
  path.dirname(fileURLToPath(import.meta.url)), '..')
export const root = path.resolve(
  process.env.WB_ROOT || path.join(siteFolder, '../..'))
export const questionsFolder = path.join(root, 'questions')
export const evidenceFolder = path.resolve(
  process.env.WB_EVIDENCE || path.join(root, 'build/results'))
export const outFolder = path.resolve(
  process.env.WB_SITE_OUT || path.join(root, 'build/site'))

/// "algorithms/k_means,coding/softmax": these questions alone, to look at one
/// while it is written; everything when empty.
export const only = (process.env.WB_SITE_ONLY || '').split(',').filter(Boolean)

/// The path under which a host serves the site, with slashes at both ends.
export const base = process.env.WB_SITE_BASE || '/'

/// Where the repository can be browsed, for links to files that the site does
/// not hold; without it those are shown as their words.
export const repository = process.env.WB_REPOSITORY || ''
