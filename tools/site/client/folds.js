// Folded parts: opened for a deep link, for "show everything" and for paper.
const folds = () => document.querySelectorAll('details.spoiler, details.solution, details.hint')

export function unfoldAll(button) {
  const open = button.getAttribute('aria-pressed') !== 'true'
  button.setAttribute('aria-pressed', open)
  button.textContent = open ? 'fold again' : 'show everything'
  for (const fold of folds()) fold.open = open
}

function openAround(element) {
  for (let fold = element?.closest('details'); fold;
    fold = fold.parentElement.closest('details')) fold.open = true
}

function openHash() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)))
  if (!target) return
  openAround(target)
  target.scrollIntoView({ block: 'start' })
}

export function openTarget() {
  if (location.hash) openHash()
  addEventListener('hashchange', openHash)
}

export function unfoldForPrint() {
  let opened = []
  addEventListener('beforeprint', () => {
    opened = [...document.querySelectorAll('details:not([open])')]
    for (const fold of opened) fold.open = true
  })
  addEventListener('afterprint', () => {
    for (const fold of opened) fold.open = false
  })
}
