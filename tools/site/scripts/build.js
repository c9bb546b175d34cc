// Builds the site: the pages with VitePress, the reader's script with Vite.
import fs from 'node:fs'
import path from 'node:path'
import { build as bundle } from 'vite'
import { build } from 'vitepress'
import { outFolder, root, siteFolder } from '../lib/paths.js'

const kMark = '.whiteboard-site'  // a folder with it is ours to empty

/// Empties the folder of the last build; refuses one that holds anything else.
function clearOutFolder() {
  fs.mkdirSync(outFolder, { recursive: true })
  const inside = fs.readdirSync(outFolder)
  const ours = inside.length === 0 || inside.includes(kMark)
  if (!ours || root.startsWith(outFolder)) {
    throw new Error(`${outFolder} holds other files; choose an empty folder`)
  }
  for (const name of inside) fs.rmSync(path.join(outFolder, name), { recursive: true })
  fs.writeFileSync(path.join(outFolder, kMark), '')
}

/// Two builds at once must not write over each other's half-made pages.
function useOwnFolder(config) {
  config.tempDir = path.join(siteFolder, '.vitepress', `.temp-${process.pid}`)
}

async function bundleScript() {
  await bundle({
    configFile: false,
    logLevel: 'warn',
    publicDir: false,
    build: {
      outDir: outFolder,
      emptyOutDir: false,
      lib: {
        entry: path.join(siteFolder, 'client/main.js'),
        formats: ['es'],
        fileName: () => 'site.js'
      }
    }
  })
}

try {
  clearOutFolder()
  await build(siteFolder, { onAfterConfigResolve: useOwnFolder })
  await bundleScript()
  fs.copyFileSync(path.join(siteFolder, 'icon.svg'), path.join(outFolder, 'icon.svg'))
  process.exit(0)  // VitePress keeps its highlighter alive
} catch (error) {
  console.error(`site: ${error.message}`)
  process.exit(1)
}
