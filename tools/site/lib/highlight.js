// C++, diffs and shell lines highlighted at build time; the palette is the
// style sheet's.
import hljs from 'highlight.js/lib/core'
import bash from 'highlight.js/lib/languages/bash'
import cpp from 'highlight.js/lib/languages/cpp'
import { escapeHtml } from './text.js'

hljs.registerLanguage('cpp', cpp)
hljs.registerLanguage('sh', bash)

/// Splits highlighted HTML at line ends; a span that goes on is closed and
/// opened again.
function splitLines(html) {
  const open = []
  return html.split('\n').map(line => {
    const start = open.join('')
    for (const [tag] of line.matchAll(/<span[^>]*>|<\/span>/g)) {
      if (tag === '</span>') open.pop()
      else open.push(tag)
    }
    return start + line + '</span>'.repeat(open.length)
  })
}

/// The lines of code as HTML, tokens as <span class="hljs-...">.
export const highlightLines = (code, language = 'cpp') =>
  splitLines(hljs.highlight(code, { language }).value)

/// A block of code without line numbers.
export function codeBlock(code, language = 'cpp') {
  const html = hljs.getLanguage(language)
    ? highlightLines(code, language).join('\n') : escapeHtml(code)
  return `<pre class="code" tabindex="0"><code>${html}</code></pre>`
}

/// The hunks of a unified diff, each line marked as added, removed or kept.
export function diffBlock(diff) {
  const lines = diff.split('\n').filter(line => !/^(---|\+\+\+) /.test(line))
  const isHunk = line => line.startsWith('@@')
  const html = highlightLines(lines.map(l => isHunk(l) ? '' : l.slice(1)).join('\n'))
  const rows = lines.map((line, i) => isHunk(line) ? hunkRow(line) : diffRow(line, html[i]))
  return `<pre class="code diff" tabindex="0"><code>${rows.join('')}</code></pre>`
}

const hunkRow = line =>
  `<span class="hunk">from line ${/\+(\d+)/.exec(line)?.[1] ?? ''}</span>`

function diffRow(line, html) {
  const kind = { '+': 'added', '-': 'removed' }[line[0]] ?? 'kept'
  const spoken = kind === 'kept' ? '' : `<span class="visually-hidden">${kind}: </span>`
  return `<span class="diff-line ${kind}"><span class="sign" aria-hidden="true">` +
    `${escapeHtml(line[0] ?? ' ')}</span>${spoken}${html}</span>`
}
