// Finished HTML goes around Vue's compiler, which would only parse it and give
// it back: a page holds a slot, and the slot is filled in the written file.
const contents = []

/// An element that fillSlots() replaces by `html`.
export function slot(html) {
  contents.push(html)
  return `<div data-slot="${contents.length - 1}"></div>`
}

export const fillSlots = page =>
  page.replace(/<div data-slot="(\d+)"><\/div>/g, (_, n) => fillSlots(contents[n]))
