// Dark or light: VitePress reads the same key before the first paint.
const kKey = 'vitepress-theme-appearance'

export function toggleTheme() {
  const dark = document.documentElement.classList.toggle('dark')
  localStorage.setItem(kKey, dark ? 'dark' : 'light')
}
