// TeX to HTML and MathML while the site is built: readers run no script for it.
import katex from 'katex'

const render = (tex, options) =>
  katex.renderToString(tex, { throwOnError: true, strict: 'ignore', ...options })

/// A displayed equation; its \tag{n} becomes the anchor eq-n.
export function displayMaths(tex, attributes = '') {
  const tag = /\\tag\{(\w+)\}/.exec(tex)?.[1]
  const id = tag ? ` id="eq-${tag}" data-equation="${tag}"` : ''
  const html = render(tex, { displayMode: true })
  return `<div class="equation"${id}${attributes} tabindex="0" role="group"` +
    ` aria-label="equation${tag ? ' ' + tag : ''}">${html}</div>\n`
}

export const inlineMaths = tex => render(tex, { displayMode: false })

/// MathML alone: a tenth of the size, for lists of many sentences.
export const plainMaths = tex => render(tex, { output: 'mathml' })

/// Inline Markdown of a sentence (maths, code, emphasis) as compact HTML.
export function sentenceHtml(md, sentence) {
  return md.renderInline(sentence, { compactMaths: true })
}
