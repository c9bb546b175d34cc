// What a page does in the reader's browser. Everything is readable without it.
import { copyOnClick } from './copy.js'
import { filterClaims } from './filter.js'
import { openTarget, unfoldAll, unfoldForPrint } from './folds.js'
import { followReading } from './follow.js'
import { listenToKeys } from './keys.js'
import { openSearch, prepareSearch } from './search.js'
import { toggleTheme } from './theme.js'

const actions = { search: openSearch, theme: toggleTheme, unfold: unfoldAll }

document.addEventListener('click', event => {
  const button = event.target.closest('[data-action]')
  if (button) actions[button.dataset.action](button)
})
copyOnClick()
prepareSearch()
listenToKeys({ search: openSearch })
openTarget()
unfoldForPrint()
followReading()
filterClaims()
