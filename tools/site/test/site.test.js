// The built site in a real browser.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { stripMarkers } from '../lib/cpp.js'
import { root } from '../lib/paths.js'
import { loadQuestions } from '../lib/questions.js'
import {
  buildSite, claimResult, openBrowser, pagesOf, serveSite, startVerb, temporaryFolder,
  writeEvidence
} from './site-under-test.js'

const kScriptLimit = 150_000  // bytes a page
const kRepository = 'https://example.org/whiteboard'
const kPatience = 90_000  // milliseconds, for machines that are busy
const axeSource = fs.readFileSync(createRequire(import.meta.url).resolve('axe-core'), 'utf8')

const questions = loadQuestions()
const byId = id => questions.find(question => question.id === id)
const failing = byId('algorithms/k_means')
const stale = byId('coding/softmax')
const notRun = byId('llm/scaled_dot_product_attention')

let browser, whole, judged
const folders = []

/// One claim that fails, a series, a benchmark; one question changed since;
/// one not run.
function makeEvidence() {
  const folder = temporaryFolder()
  folders.push(folder)
  const [first, second, ...rest] = failing.claims
  writeEvidence(folder, failing.id, '', {
    holds: false,
    claims: [
      claimResult(first.id, 'fails', {
        failures: [{ file: 'tests/x_test.cpp', line: 7, expression: 'CHECK(a == b)', values: '1 == 2', context: [] }]
      }),
      claimResult(second.id, 'holds', {
        evidence: [{ name: 'inertia per iteration', series: [370, 247, 220, 195] }, { name: 'worst', value: 0.25 }]
      }),
      ...rest.map(claim => claimResult(claim.id, 'holds'))
    ]
  })
  writeEvidence(folder, failing.id, '.bench', {
    rows: [
      { kernel: 'assign', variant: 'reference', arguments: 'n:10', seconds: 4e-5, speed_up: 1, error: '' },
      { kernel: 'assign', variant: 'product', arguments: 'n:10', seconds: 1e-5, speed_up: 4, error: '' }
    ]
  })
  writeEvidence(folder, stale.id, '',
    { holds: true, claims: stale.claims.map(claim => claimResult(claim.id, 'holds')) }, { changed: true })
  return folder
}

async function prepare(options) {
  const folder = await buildSite(options)
  folders.push(folder)
  return { folder, ...await serveSite(folder) }
}

before(async () => {
  browser = await openBrowser()
  whole = await prepare()
  judged = await prepare({
    evidence: makeEvidence(), only: [failing.id, stale.id, notRun.id], repository: kRepository
  })
})

after(async () => {
  await browser?.close()
  whole?.stop()
  judged?.stop()
  for (const folder of folders) fs.rmSync(folder, { recursive: true, force: true })
})

/// Opens a page of a site, runs `look` on it and closes it.
async function visit(site, page, look, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1400, height: 900 }, ...options })
  context.setDefaultTimeout(kPatience)
  try {
    const tab = await context.newPage()
    await tab.goto(site.url + page)
    return await look(tab, context)
  } finally {
    await context.close()
  }
}

/// In the page: the size of its scripts, out of the cache or not.
const scriptBytes = () => {
  const files = performance.getEntriesByType('resource').filter(r => r.initiatorType === 'script')
  const inline = [...document.querySelectorAll('script:not([src])')]
  return files.reduce((sum, r) => sum + r.decodedBodySize, 0) +
    inline.reduce((sum, element) => sum + element.textContent.length, 0)
}

/// The pane shows the real header, the page all claims and mistakes.
async function checkQuestion(tab, question) {
  const shown = await tab.locator('.pane .line').evaluateAll(lines => lines.map(line =>
    [...line.childNodes].slice(1).map(node => node.textContent).join('').replace(/\n$/, '')))
  assert.deepEqual(shown, question.header ? stripMarkers(question.header).lines : [], question.id)
  assert.ok(!shown.some(line => /solution:(begin|end)/.test(line)), question.id)
  assert.equal(await tab.locator('.claim').count(), question.claims.length, question.id)
  assert.equal(await tab.locator('.mistake').count(), question.mistakes.length, question.id)
}

const pageOf = question => `${question.id}.html`

test('every page loads: no error, no other host, little script, the real header beside it', async t => {
  const context = await browser.newContext()
  context.setDefaultTimeout(kPatience)
  const tab = await context.newPage()
  const faults = []
  tab.on('console', message => message.type() === 'error' && faults.push(message.text()))
  tab.on('pageerror', error => faults.push(error.message))
  tab.on('request', request => {
    const { hostname, protocol } = new URL(request.url())
    if (protocol !== 'data:' && hostname !== 'localhost') faults.push(`asked ${request.url()}`)
  })
  tab.on('response', response => {
    if (response.status() >= 400) faults.push(`${response.status()} ${response.url()}`)
  })
  const paints = []
  let most = 0
  const pages = pagesOf(whole.folder)
  assert.deepEqual(questions.map(pageOf).filter(page => !pages.includes(page)), [])
  for (const page of pages) {
    await tab.goto(whole.url + page, { waitUntil: 'networkidle' })
    assert.deepEqual(faults, [], page)
    const script = await tab.evaluate(scriptBytes)
    most = Math.max(most, script)
    assert.ok(script > 0 && script < kScriptLimit, `${page} loads ${script} bytes of script`)
    assert.equal(await tab.locator('h1').count(), 1, page)
    assert.equal(await tab.locator('.katex-error').count(), 0, page)
    const question = questions.find(q => pageOf(q) === page)
    if (question) await checkQuestion(tab, question)
    paints.push(await tab.evaluate(() =>
      performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0))
  }
  await context.close()
  paints.sort((a, b) => a - b)
  t.diagnostic(`${paints.length} pages, at most ${most} bytes of script, first paint: median ` +
    `${paints[paints.length >> 1].toFixed(0)} ms, worst ${paints.at(-1).toFixed(0)} ms`)
})

test('search finds a claim by a word in it and leads to it', () =>
  visit(whole, '', async tab => {
    await tab.keyboard.press('/')
    await tab.keyboard.type('freezes')
    await tab.locator('.hit-claim', { hasText: 'lloyd_can_stop_far_from_the_optimum' }).click()
    await tab.waitForURL(/k_means\.html#claim-lloyd_can_stop_far_from_the_optimum$/)
    assert.ok(await tab.locator('#claim-lloyd_can_stop_far_from_the_optimum').isVisible())
  }))

test('search finds titles, answers and code names', () =>
  visit(whole, '', async tab => {
    for (const [words, kind] of [['why does it stop', 'question'], ['concentric rings', 'answer'],
      ['smallest_in_columns', 'code']]) {
      await tab.locator('[data-action="search"]').click()
      await tab.locator('.search-field').fill(words)
      await tab.locator(`.hit-${kind}`).first().waitFor()
      await tab.keyboard.press('Escape')
    }
  }))

test('a claim that failed is red and shows the check', () =>
  visit(judged, pageOf(failing), async tab => {
    const claim = tab.locator(`#claim-${failing.claims[0].id}`)
    assert.match(await claim.getAttribute('class'), /tone-fails/)
    assert.match(await claim.textContent(), /✗.*fails/s)
    assert.match(await claim.textContent(), /CHECK\(a == b\)/)
    const [border, red] = await claim.evaluate(element => {
      const probe = document.createElement('i')
      probe.style.color = 'var(--fails)'
      element.append(probe)
      return [getComputedStyle(element).borderLeftColor, getComputedStyle(probe).color]
    })
    assert.equal(border, red)
    assert.match(await tab.locator('.crumbs').textContent(), /20 of 21 claims proved/)
  }))

test('figures, a plot with words, and the benchmark are shown with their run', () =>
  visit(judged, pageOf(failing), async tab => {
    const claim = tab.locator(`#claim-${failing.claims[1].id}`)
    assert.match(await claim.locator('.figures').textContent(), /worst0\.25/)
    const plot = claim.locator('svg[role="img"]')
    assert.match(await plot.getAttribute('aria-label'), /4 values from 370 to 195, falling/)
    assert.match(await plot.textContent(), /iteration/)
    assert.match(await tab.locator('.part-claims .run-note').textContent(),
      /2026-01-02 03:04 UTC, g\+\+ 12\.2\.0, commit abc1234/)
    assert.match(await tab.locator('.bench').textContent(), /product.*10 µs.*4\.00 ×/s)
  }))

test('what changed since its run is grey and says so', () =>
  visit(judged, pageOf(stale), async tab => {
    assert.ok(await tab.locator('.claim.is-stale').count() > 0)
    assert.match(await tab.locator('.part-claims .run-note').textContent(),
      /softmax\.hpp changed since; run again/)
  }))

test('what was not run says how to run it', () =>
  visit(judged, pageOf(notRun), async tab => {
    const note = tab.locator('.part-claims .run-note')
    assert.match(await note.textContent(), new RegExp(`not yet run here: ./wb verify ${notRun.id}`))
  }))

test('the code follows the answer', () =>
  visit(whole, pageOf(failing), async tab => {
    await tab.locator('#eq-5').evaluate(element => {
      scrollTo({ top: element.getBoundingClientRect().top + scrollY - 330, behavior: 'instant' })
    })
    const cited = tab.locator('.line.is-cited', { hasText: 'inline Assignment assign(' })
    await cited.waitFor()
    await tab.waitForFunction(() => {
      const pane = document.querySelector('.pane-body').getBoundingClientRect()
      const line = document.querySelector('.line.is-cited').getBoundingClientRect()
      return line.top >= pane.top && line.bottom <= pane.bottom
    })
  }))

test('equations, claims and names are links both ways', () =>
  visit(whole, pageOf(failing), async tab => {
    assert.ok(await tab.locator('.answer a.cite-claim[href="#claim-inertia_never_rises"]').count() > 0)
    assert.ok(await tab.locator('.answer a.cite-equation[href="#eq-2"]').count() > 0)
    assert.ok(await tab.locator('.answer a.cite-code[data-name="assign_reference"]').count() > 0)
    assert.ok(await tab.locator('.pane a.cite-equation[href="#eq-2"]').count() > 0)
  }))

test('files of a question are links where the repository is known', async () => {
  const header = `a[href="${kRepository}/blob/HEAD/${failing.files.header}"]`
  await visit(judged, pageOf(failing), async tab => {
    assert.equal(await tab.locator('.answer').locator(header).count(), 1)
  })
  await visit(whole, pageOf(failing), async tab => {
    assert.equal(await tab.getByText('Benchmark', { exact: true }).count(), 0)
  })
})

test('mistakes are diffs with the claims they break, follow-ups fold', () =>
  visit(whole, pageOf(failing), async tab => {
    const mistake = tab.locator('#mistake-bound_not_lowered')
    await mistake.locator('summary').click()
    assert.match(await mistake.locator('.removed').textContent(), /others\(i\) -= drift/)
    assert.equal(await mistake.locator('.breaks a').getAttribute('href'),
      '#claim-hamerly_takes_lloyds_steps')
    const followUp = tab.locator('.follow-up').first()
    assert.ok(!await followUp.locator('p').first().isVisible())
    await followUp.locator('summary').click()
    assert.ok(await followUp.locator('p').first().isVisible())
  }))

test('an exercise folds code and hints, and its command can be copied', () =>
  visit(whole, pageOf(stale), async (tab, context) => {
    await context.grantPermissions(['clipboard-read', 'clipboard-write'])
    const solution = tab.locator('.pane .solution', { hasText: 'of the solution' })
    assert.equal(await tab.locator('.pane .solution[open]').count(), 0)
    assert.ok(!await solution.locator('pre').isVisible())
    assert.equal(await tab.locator('details.hint[open]').count(), 0)
    assert.equal(await tab.locator('details.hint').count(), stale.front.hints.length)
    await tab.locator('.practice .copy').click()
    assert.equal(await tab.evaluate(() => navigator.clipboard.readText()), './wb start coding/softmax')
    await tab.locator('[data-action="unfold"]').click()
    assert.ok(await solution.locator('pre').isVisible())
  }))

test('dark and light: the system decides, the button overrides and is remembered', () =>
  visit(whole, pageOf(failing), async tab => {
    const paper = () => tab.evaluate(() => getComputedStyle(document.body).backgroundColor)
    const light = await paper()
    await tab.locator('[data-action="theme"]').click()
    const dark = await paper()
    assert.notEqual(dark, light)
    await tab.reload()
    assert.equal(await paper(), dark)
    await visit(whole, pageOf(failing), async other => assert.equal(
      await other.evaluate(() => getComputedStyle(document.body).backgroundColor), dark),
    { colorScheme: 'dark' })
  }, { colorScheme: 'light' }))

test('390 pixels wide nothing sticks out and the code is below the answer', async () => {
  for (const page of ['', 'overview.html', 'claims.html', 'benchmarks.html', pageOf(failing), pageOf(stale)]) {
    await visit(whole, page, async tab => {
      assert.ok(await tab.evaluate(() => document.documentElement.scrollWidth) <= 390, page)
      if (await tab.locator('.pane').count() === 0) return
      const answer = await tab.locator('.answer').boundingBox()
      const pane = await tab.locator('.pane').boundingBox()
      assert.ok(pane.y >= answer.y + answer.height - 1, page)
    }, { viewport: { width: 390, height: 844 } })
  }
})

test('j and k, and the arrows, go from question to question', () =>
  visit(whole, pageOf(failing), async tab => {
    const next = questions[questions.indexOf(failing) + 1]
    await tab.keyboard.press('j')
    await tab.waitForURL(whole.url + pageOf(next))
    await tab.keyboard.press('k')
    await tab.waitForURL(whole.url + pageOf(failing))
    await tab.keyboard.press('ArrowRight')
    await tab.waitForURL(whole.url + pageOf(next))
  }))

test('the claims can be filtered', () =>
  visit(judged, 'claims.html', async tab => {
    const shown = () => tab.locator('.claim-list > li:not([hidden])').count()
    const all = await shown()
    assert.equal(all, failing.claims.length + stale.claims.length + notRun.claims.length)
    await tab.locator('[name="tone"]').selectOption('fails')
    assert.equal(await shown(), 1)
    await tab.locator('[name="tone"]').selectOption('')
    await tab.locator('[name="section"]').selectOption('coding')
    assert.equal(await shown(), stale.claims.length)
    await tab.locator('[name="words"]').fill('temperature')
    assert.equal(await shown(), 1)
  }))

test('the overview counts what was proved', () =>
  visit(judged, 'overview.html', async tab => {
    const row = tab.locator('tr', { has: tab.locator('th', { hasText: 'Algorithms' }) })
    assert.match(await row.textContent(), /20 of 21/)
  }))

test('on paper there is the answer, unfolded, without the bar', () =>
  visit(whole, pageOf(stale), async tab => {
    await tab.emulateMedia({ media: 'print' })
    assert.ok(!await tab.locator('.bar').isVisible())
    await tab.evaluate(() => dispatchEvent(new Event('beforeprint')))
    assert.equal(await tab.locator('details:not([open])').count(), 0)
  }))

test('axe finds nothing, in light and in dark', async () => {
  const pages = [[whole, ''], [whole, 'overview.html'], [judged, 'claims.html'], [judged, 'benchmarks.html'],
    [judged, pageOf(failing)], [judged, pageOf(stale)], [whole, pageOf(notRun)]]
  for (const [site, page] of pages) {
    for (const colorScheme of ['light', 'dark']) {
      await visit(site, page, async tab => {
        await tab.evaluate(() => { for (const fold of document.querySelectorAll('details')) fold.open = true })
        await tab.evaluate(axeSource)
        const { violations } = await tab.evaluate(() => globalThis.axe.run({
          runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice']
        }))
        const found = violations.map(v => `${v.id}: ${v.nodes.length} x ${v.nodes[0].html.slice(0, 160)} ` +
          `${v.nodes[0].failureSummary?.slice(0, 300)}`)
        assert.deepEqual(found, [], `${page || 'index'} ${colorScheme}`)
      }, { colorScheme })
    }
  }
})

test('the verb serves the site until Ctrl-C, which is exit code 130', async () => {
  const verb = startVerb([failing.id])
  const url = await verb.url
  assert.equal((await fetch(url + pageOf(failing))).status, 200)
  assert.equal((await fetch(url + 'nowhere.html')).status, 404)
  verb.interrupt()
  assert.equal(await verb.code, 130)
  await assert.rejects(fetch(url))
})

test('nothing of the site is written into the sources', () => {
  assert.ok(!fs.existsSync(path.join(root, 'questions/.vitepress')))
})
