// Small helpers for text.

export const escapeHtml = text => String(text)
  .replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')
  .replace(/"/g, '&quot;')

/// "k_means_plus_plus" as words: "k means plus plus".
export const words = slug => slug.replace(/_/g, ' ')

export const plural = (n, one, many = one + 's') =>
  `${n} ${n === 1 ? one : many}`

/// A number as a reader wants it: six digits, no noise.
export function figure(value) {
  if (typeof value !== 'number') return String(value)
  if (Number.isInteger(value) && Math.abs(value) < 1e15) {
    return value.toLocaleString('en')
  }
  const size = Math.abs(value)
  if (size !== 0 && (size < 1e-4 || size >= 1e7)) {
    return value.toExponential(3).replace(/\.?0+e/, 'e').replace('e+', 'e')
  }
  return String(Number(value.toPrecision(6)))
}

/// Seconds in the unit that gives one to three digits before the point.
export function duration(seconds) {
  for (const [unit, size] of [['s', 1], ['ms', 1e-3], ['µs', 1e-6]]) {
    if (seconds >= size) return `${Number((seconds / size).toPrecision(3))} ${unit}`
  }
  return `${Number((seconds / 1e-9).toPrecision(3))} ns`
}
