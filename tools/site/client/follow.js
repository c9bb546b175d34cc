// The code follows the reading position: the last equation or name above the
// reading line decides which lines of the header are shown and marked.
const kReadingLine = 0.38  // of the window's height

function citations({ names, equations }) {
  return [...document.querySelectorAll('.answer [data-equation], .answer [data-name]')]
    .map(element => {
      const { equation, name } = element.dataset
      return { element, range: equation ? equations[equation] : names[name] }
    })
    .filter(({ element, range }) => range && !element.closest('.claim, .mistake'))
}

const line = number => document.getElementById(`L${number}`)

function mark([first, last]) {
  for (const old of document.querySelectorAll('.line.is-cited')) old.classList.remove('is-cited')
  for (let n = first; n <= last; ++n) line(n)?.classList.add('is-cited')
}

/// Scrolls the pane, and only the pane, to the range.
function reveal(pane, [first, last]) {
  const top = line(first)
  const bottom = line(last)
  if (!top?.offsetParent || !bottom) return
  const box = pane.getBoundingClientRect()
  const from = top.getBoundingClientRect().top - box.top + pane.scrollTop
  const height = bottom.getBoundingClientRect().bottom - top.getBoundingClientRect().top
  const margin = Math.max(24, (pane.clientHeight - height) / 3)
  const calm = matchMedia('(prefers-reduced-motion: reduce)').matches
  pane.scrollTo({ top: from - margin, behavior: calm ? 'auto' : 'smooth' })
}

export function followReading() {
  const pane = document.querySelector('.pane-body')
  if (!pane) return
  const cited = citations(JSON.parse(pane.closest('.pane').dataset.follow))
  let current = null

  const show = range => {
    if (String(range) === String(current)) return
    current = range
    mark(range)
    const beside = getComputedStyle(pane).overflowY !== 'visible'
    if (beside) reveal(pane, range)
  }
  const update = () => {
    const reading = innerHeight * kReadingLine
    const above = cited.filter(({ element }) =>
      element.offsetParent && element.getBoundingClientRect().top <= reading)
    if (above.length > 0) show(above.at(-1).range)
  }
  let waiting = false
  addEventListener('scroll', () => {
    if (waiting) return
    waiting = true
    requestAnimationFrame(() => { waiting = false; update() })
  }, { passive: true })
  // A name that is clicked is shown beside the text, which stays where it is.
  document.addEventListener('click', event => {
    const name = event.target.closest('.answer [data-name]')
    const entry = name && cited.find(({ element }) => element === name)
    if (!entry || getComputedStyle(pane).overflowY === 'visible') return
    event.preventDefault()
    show(entry.range)
  })
  update()
}
