// C++ and diffs highlighted at build time; the palette is the style sheet's.
import { createCssVariablesTheme, createHighlighter } from 'shiki'
import { escapeHtml } from './text.js'

export const theme = createCssVariablesTheme({
  name: 'whiteboard', variablePrefix: '--code-', fontStyle: false
})

const highlighter = await createHighlighter({ themes: [theme], langs: ['cpp'] })

/// The lines of C++ as HTML, tokens as <span class="tok-...">.
export function highlightLines(code) {
  const tokens = highlighter.codeToTokensBase(code, { lang: 'cpp', theme: theme.name })
  return tokens.map(line => line.map(tokenHtml).join(''))
}

// The theme of variables files these under functions.
const control = /^\s*(?:return|if|else|for|while|do|switch|case|break|continue|throw|try|catch)\s*$/

function tokenHtml({ content, color }) {
  const named = /--code-token-([\w-]+)/.exec(color ?? '')?.[1]
  const kind = control.test(content) ? 'keyword' : named
  const text = escapeHtml(content)
  return kind && content.trim() ? `<span class="tok-${kind}">${text}</span>` : text
}

/// A block of C++ without line numbers.
export const codeBlock = code =>
  `<pre class="code" tabindex="0"><code>${highlightLines(code).join('\n')}</code></pre>`

/// The hunks of a unified diff, each line marked as added, removed or kept.
export function diffBlock(diff) {
  const lines = diff.split('\n').filter(line => !/^(---|\+\+\+) /.test(line))
  const isHunk = line => line.startsWith('@@')
  const html = highlightLines(lines.map(l => isHunk(l) ? '' : l.slice(1)).join('\n'))
  const rows = lines.map((line, i) => {
    if (isHunk(line)) {
      const at = /\+(\d+)/.exec(line)?.[1] ?? ''
      return `<span class="hunk">from line ${at}</span>`
    }
    const [kind, said] = { '+': ['added', 'added: '], '-': ['removed', 'removed: '] }[line[0]] ?? ['kept', '']
    const sign = `<span class="sign" aria-hidden="true">${escapeHtml(line[0] ?? ' ')}</span>`
    const spoken = said && `<span class="visually-hidden">${said}</span>`
    return `<span class="diff-line ${kind}">${sign}${spoken}${html[i]}</span>`
  })
  return `<pre class="code diff" tabindex="0"><code>${rows.join('')}</code></pre>`
}
