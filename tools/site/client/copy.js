// Buttons that copy a command.
async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text)
  // Pages from a plain http address have no clipboard of the newer kind.
  const field = Object.assign(document.createElement('textarea'), { value: text })
  document.body.append(field)
  field.select()
  document.execCommand('copy')
  field.remove()
}

export function copyOnClick() {
  document.addEventListener('click', async event => {
    const button = event.target.closest('.copy')
    if (!button) return
    await copy(button.dataset.copy)
    button.textContent = 'copied'
    setTimeout(() => { button.textContent = 'copy' }, 1500)
  })
}
