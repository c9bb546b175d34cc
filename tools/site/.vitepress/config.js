import fs from 'node:fs'
import path from 'node:path'
import katexModule from '@vscode/markdown-it-katex'
import { defineConfig } from 'vitepress'
import {
  benchData, benchmarksData, claimsData, loadModel, overviewData, questionData,
  showcaseData
} from '../lib/model.js'
import { pagePlugin } from '../lib/page-plugin.js'
import { base, outFolder, questionsFolder, root } from '../lib/paths.js'
import { unwantedPages } from '../lib/questions.js'
import { searchIndex } from '../lib/search.js'
import { fillSlots } from '../lib/slots.js'

const katexPlugin = katexModule.default ?? katexModule
const model = loadModel()
let markdown

/// What a page of front matter `view` shows beside its words.
const views = {
  home: front => ({ ...overviewData(model), showcase: showcaseData(model, front, markdown) }),
  overview: () => overviewData(model),
  claims: () => claimsData(model, markdown),
  benchmarks: () => benchmarksData(model)
}

function dataOf(pageData) {
  const entry = model.entries.get(pageData.relativePath)
  if (entry) {
    return {
      view: 'question',
      data: { ...questionData(model, entry, markdown), bench: benchData(entry) }
    }
  }
  const { view } = pageData.frontmatter
  return views[view] ? { view, data: views[view](pageData.frontmatter) } : { view: 'page' }
}

export default defineConfig({
  title: 'whiteboard',
  description: 'Machine-learning interview answers that run.',
  lang: 'en',
  base,
  mpa: true,  // every page is finished HTML: no framework runs at the reader's
  srcDir: path.relative(path.join(root, 'tools/site'), questionsFolder),
  srcExclude: unwantedPages(),
  outDir: outFolder,
  cacheDir: path.join(root, 'build/site-cache'),
  head: [
    ['link', { rel: 'icon', href: `${base}icon.svg`, type: 'image/svg+xml' }],
    ['script', { type: 'module', src: `${base}site.js` }]
  ],
  vite: {
    logLevel: 'warn',
    // The pages lie outside of this folder, where nothing is installed.
    build: { rollupOptions: { external: ['vue', 'vue/server-renderer'] } }
  },
  markdown: {
    highlight: code => code,  // lib/highlight.js does it
    attrs: { disable: true },  // {k} at the end of a line is a set
    linkify: false,
    config(md) {
      markdown = md
      md.use(katexPlugin, { throwOnError: true, strict: 'ignore' })
      md.use(pagePlugin, { find: page => model.entries.get(page) })
    }
  },
  transformPageData(pageData) {
    pageData.shown = dataOf(pageData)
  },
  transformHtml: page => fillSlots(page),
  buildEnd() {
    fs.writeFileSync(path.join(outFolder, 'search.json'), searchIndex(model))
  }
})
