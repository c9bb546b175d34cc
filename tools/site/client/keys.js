// j, k and the arrows go from question to question, / searches.
const isTyping = target => target.closest('input, textarea, select, dialog, [contenteditable]')

/// Arrows scroll a table or code sideways: there they keep that meaning.
const scrollsSideways = target => {
  const box = target.closest('[tabindex="0"]')
  return box && box.scrollWidth > box.clientWidth
}

function go(direction) {
  const url = document.querySelector('.question')?.dataset[direction]
  if (url) location.href = url
}

export function listenToKeys({ search }) {
  document.addEventListener('keydown', event => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return
    const arrow = event.key.startsWith('Arrow') && !scrollsSideways(event.target)
    if (event.key === '/') {
      event.preventDefault()
      search()
    } else if (event.key === 'j' || (arrow && event.key === 'ArrowRight')) {
      go('next')
    } else if (event.key === 'k' || (arrow && event.key === 'ArrowLeft')) {
      go('previous')
    }
  })
}
