// A header as the site shows it: without solution markers, with the places of
// its definitions and of the equations it names.

/// { lines, solution }: the code without its marker lines, and the numbers
/// (from 1) of the lines that stood between markers.
export function stripMarkers(text) {
  const lines = []
  const solution = new Set()
  let inside = false
  for (const line of text.replace(/\n+$/, '').split('\n')) {
    const mark = /^\s*\/\/ solution:(begin|end)\s*$/.exec(line)
    if (mark) {
      inside = mark[1] === 'begin'
      continue
    }
    lines.push(line)
    if (inside) solution.add(lines.length)
  }
  return { lines, solution }
}

/// The text with comments, strings and preprocessor lines blanked out.
function blanked(text) {
  const blank = piece => piece.replace(/[^\n]/g, ' ')
  return text.replace(
    /\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])'|^#[^\n]*/gm,
    blank)
}

/// What a "{" opens, from the words before it.
function kindOf(statement) {
  if (/\bnamespace\b/.test(statement)) return { kind: 'namespace' }
  const type = /\b(?:struct|class|enum|union)\s+(?:class\s+)?(\w+)[^()=]*$/.exec(statement)
  if (type) return { kind: 'type', name: type[1] }
  const plain = statement.replace(/\brequires\s*\([^)]*\)/g, '')
  const call = /(?:^|[\s*&:~>])(\w+)\s*\(/.exec(plain)
  if (call) return { kind: 'function', name: call[1] }
  return { kind: 'other' }
}

/// Every type, function and member function that is defined:
/// [{ name, kind, first, last }], lines from 1, with the comment above.
export function definitions(lines) {
  const text = blanked(lines.join('\n'))
  const found = []
  const open = []
  let start = 0
  let round = 0
  const lineAt = offset => text.slice(0, offset).split('\n').length
  for (let i = 0; i < text.length; ++i) {
    const c = text[i]
    if (c === '(') ++round
    if (c === ')') --round
    if (round > 0) continue
    const outside = open.every(o => o.kind === 'namespace' || o.kind === 'type')
    if (c === '{') {
      const statement = text.slice(start, i)
      const what = outside ? kindOf(statement.trim()) : { kind: 'other' }
      const lead = statement.length - statement.trimStart().length
      open.push({ ...what, first: lineAt(start + lead) })
      start = i + 1
    } else if (c === '}') {
      const { kind, name, first } = open.pop() ?? {}
      if (name) {
        found.push({ name, kind, first: withComment(lines, first), last: lineAt(i) })
      }
      start = i + 1
    } else if (c === ';') {
      start = i + 1
    }
  }
  return found.sort((a, b) => a.first - b.first)
}

function withComment(lines, first) {
  while (first > 1 && /^\s*\/\//.test(lines[first - 2])) --first
  return first
}

/// The range that shows what a line is about: its whole definition when the
/// line is in the comment above it or the definition is short, else itself.
function rangeAround(line, lines, all) {
  const around = all.filter(d => d.first <= line && line <= d.last)
    .sort((a, b) => (a.last - a.first) - (b.last - b.first))[0]
  if (!around) return [line, line]
  const above = /^\s*\/\//.test(lines[line - 1])
  return above || around.last - around.first < 12
    ? [around.first, around.last] : [line, line]
}

/// { "2": [first, last] } for each "Eq. (2)" below the opening block.
export function equationRanges(lines, all) {
  const ranges = {}
  const start = lines.findIndex(line => line.startsWith('#pragma once'))
  lines.forEach((line, i) => {
    if (i < start) return
    for (const [, list] of line.matchAll(/Eqs?\.\s*(\(\d+\)(?:(?:,| and)\s*\(\d+\))*)/g)) {
      for (const [, number] of list.matchAll(/\((\d+)\)/g)) {
        ranges[number] ??= rangeAround(i + 1, lines, all)
      }
    }
  })
  return ranges
}

/// { assign: [first, last] } for each name that is defined.
export function nameRanges(all) {
  const ranges = {}
  for (const { name, first, last } of all) ranges[name] ??= [first, last]
  return ranges
}

/// The source of TEST_CASE("name"), from its line to its closing brace.
export function testCase(text, name) {
  const lines = text.split('\n')
  const first = lines.findIndex(line => line.includes(`TEST_CASE("${name}"`))
  if (first < 0) return ''
  const last = lines.findIndex((line, i) => i >= first && /^\s{0,2}\}/.test(line) &&
    indent(line) === indent(lines[first]))
  const body = lines.slice(first, last + 1)
  const margin = indent(body[0] ?? '')
  return body.map(line => line.slice(margin)).join('\n')
}

const indent = line => line.length - line.trimStart().length
