// Builds a site in a folder of its own, serves it, and opens a browser on it.
import { execFile, spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { chromium } from 'playwright-core'
import { fingerprint } from '../lib/evidence.js'
import { only as wanted, root, siteFolder } from '../lib/paths.js'

const script = name => path.join(siteFolder, 'scripts', name)

export const temporaryFolder = () =>
  fs.mkdtempSync(path.join(os.tmpdir(), 'whiteboard-site-'))

/// Builds into a new folder and returns it. `evidence` is a folder of results,
/// `repository` where files of the project can be browsed.
export async function buildSite({ evidence, only = wanted, repository = '' } = {}) {
  const out = temporaryFolder()
  await promisify(execFile)('node', [script('build.js')], {
    env: {
      ...process.env, WB_SITE_OUT: out, WB_SITE_ONLY: only.join(','),
      WB_REPOSITORY: repository,
      ...(evidence && { WB_EVIDENCE: evidence })
    }
  })
  return out
}

/// Serves `folder` on a free port: { url, stop }.
export function serveSite(folder) {
  const server = spawn('node', [script('serve.js'), '--port', '0'],
    { env: { ...process.env, WB_SITE_OUT: folder } })
  return new Promise((resolve, reject) => {
    server.stdout.on('data', text =>
      resolve({ url: String(text).trim(), stop: () => server.kill() }))
    server.stderr.on('data', text => reject(new Error(String(text))))
  })
}

/// `./wb site` on a free port, in a terminal's process group of its own:
/// { url, code } are promised, interrupt() is Ctrl-C.
export function startVerb(only) {
  const verb = spawn(path.join(root, 'wb'), ['site', '--port', '0'], {
    detached: true, env: { ...process.env, WB_SITE_ONLY: only.join(',') }
  })
  let said = ''
  verb.stderr.on('data', text => { said += text })
  const code = new Promise(resolve => verb.on('exit', resolve))
  const url = new Promise((resolve, reject) => {
    verb.stdout.on('data', text => resolve(String(text).trim()))
    code.then(code => reject(new Error(`./wb site ended with ${code}: ${said}`)))
  })
  return { url, code, interrupt: () => process.kill(-verb.pid, 'SIGINT') }
}

export const openBrowser = () => chromium.launch({
  executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
  args: ['--no-sandbox']
})

/// All pages of a built site, as paths below its address.
export function pagesOf(folder, below = '') {
  return fs.readdirSync(path.join(folder, below), { withFileTypes: true })
    .flatMap(entry => {
      const name = path.posix.join(below, entry.name)
      if (entry.isDirectory()) return entry.name === 'assets' ? [] : pagesOf(folder, name)
      return entry.name.endsWith('.html') && entry.name !== '404.html' ? [name] : []
    })
}

const run = {
  date: '2026-01-02T03:04:05Z', compiler: 'g++ 12.2.0', machine: 'a machine', commit: 'abc1234'
}

/// Writes results as the companion keeps them; `changed` makes them stale.
export function writeEvidence(folder, id, kind, result, { changed = false } = {}) {
  const header = `include/whiteboard/${id}.hpp`
  const hash = changed ? '0000000000000000'
    : fingerprint(fs.readFileSync(path.join(root, header)))
  const file = path.join(folder, `${id}${kind}.json`)
  fs.mkdirSync(path.dirname(file), { recursive: true })
  fs.writeFileSync(file, JSON.stringify({ schema: 1, files: { [header]: hash }, run, result }))
}

/// A claim's result as `wb verify` writes it.
export const claimResult = (id, verdict, more = {}) => ({
  id, verdict, reason: '', seconds: 0.01, checks: 3, evidence: [], failures: [], ...more
})
