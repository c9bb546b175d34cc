// Takes the pictures of the README from the site as it was last built.
import path from 'node:path'
import { outFolder, siteFolder } from '../lib/paths.js'
import { openBrowser, serveSite } from '../test/site-under-test.js'

const pictures = [
  { name: 'answer', page: 'algorithms/k_means.html', at: '#why-it-stops-and-where', scheme: 'light' },
  { name: 'claims', page: 'algorithms/k_means.html', at: '#claims', scheme: 'light' },
  { name: 'practice', page: 'coding/softmax.html', at: '.bar', scheme: 'dark' }
]

const site = await serveSite(outFolder)
const browser = await openBrowser()
for (const { name, page, at, scheme } of pictures) {
  const tab = await browser.newPage({ viewport: { width: 1440, height: 860 }, colorScheme: scheme })
  await tab.goto(site.url + page, { waitUntil: 'networkidle' })
  await tab.locator(at).first().evaluate(element => element.scrollIntoView())
  await tab.waitForTimeout(1500)  // the code pane scrolls smoothly
  await tab.screenshot({ path: path.join(siteFolder, 'pictures', `${name}.png`) })
  await tab.close()
}
await browser.close()
site.stop()
