// The page of all claims: words, section and verdict narrow it down.
export function filterClaims() {
  const form = document.querySelector('[data-filter="claims"]')
  if (!form) return
  const rows = [...document.querySelectorAll('.claim-list > li')].map(element => ({
    element, text: element.textContent.toLowerCase().replace(/_/g, ' ')
  }))
  const apply = () => {
    const words = form.words.value.toLowerCase().replace(/_/g, ' ').split(/\s+/).filter(Boolean)
    let count = 0
    for (const { element, text } of rows) {
      const { section, tone } = element.dataset
      const shown = (!form.section.value || section === form.section.value) &&
        (!form.tone.value || tone === form.tone.value) &&
        words.every(word => text.includes(word))
      element.hidden = !shown
      count += shown
    }
    form.count.value = `${count} ${count === 1 ? 'claim' : 'claims'}`
  }
  form.addEventListener('input', apply)
  apply()
}
