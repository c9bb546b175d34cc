// Serves the built site on this machine alone:  serve.js [--port N]
import fs from 'node:fs'
import http from 'node:http'
import path from 'node:path'
import { parseArgs } from 'node:util'
import sirv from 'sirv'
import { outFolder } from '../lib/paths.js'

const { values } = parseArgs({ options: { port: { type: 'string', default: '5173' } } })
const port = Number(values.port)

function notFound(request, response) {
  const page = path.join(outFolder, '404.html')
  response.writeHead(404, { 'content-type': 'text/html; charset=utf-8' })
  response.end(fs.existsSync(page) ? fs.readFileSync(page) : 'not found')
}

const files = sirv(outFolder, { dev: true, extensions: ['html'] })
const server = http.createServer((request, response) =>
  files(request, response, () => notFound(request, response)))

server.on('error', error => {
  const why = error.code === 'EADDRINUSE'
    ? `port ${port} is taken; choose another with --port` : error.message
  console.error(`site: ${why}`)
  process.exit(1)
})
server.listen(port, '127.0.0.1', () =>
  console.log(`http://localhost:${server.address().port}/`))
