import '@fontsource-variable/source-serif-4/wght.css'
import '@fontsource-variable/source-serif-4/wght-italic.css'
import '@fontsource-variable/source-sans-3/wght.css'
import '@fontsource-variable/source-code-pro/wght.css'
import 'katex/dist/katex.min.css'
import './base.css'
import './question.css'
import './lists.css'
import Layout from './Layout.vue'

export default { Layout }
