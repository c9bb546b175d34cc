// What the pages are made with, without a browser.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { definitions, equationRanges, stripMarkers, testCase } from '../lib/cpp.js'
import { fingerprint } from '../lib/evidence.js'
import { diffBlock, highlightLines } from '../lib/highlight.js'
import { seriesFigure } from '../lib/plot.js'
import { itemsOf, partsOf, splitPage } from '../lib/questions.js'

const header = `// Symbols: x, Eq. (9)
#pragma once

namespace a::b {

/// Doubles, Eq. (2).
template <class T>
T twice(T x, T factor = {2}) {
  // solution:begin
  return factor * x;
  // solution:end
}

struct Box {
  int side = 0;
  int area() const { return side * side; }  // Eq. (3)
};

}  // namespace a::b
`

test('markers go, and what stood between them is known', () => {
  const { lines, solution } = stripMarkers(header)
  assert.ok(!lines.join('\n').includes('solution'))
  assert.deepEqual([...solution].map(n => lines[n - 1].trim()), ['return factor * x;'])
})

test('definitions are found with the comment above them', () => {
  const { lines } = stripMarkers(header)
  const found = definitions(lines).map(({ name, first, last }) => [name, first, last])
  assert.deepEqual(found, [['twice', 6, 10], ['Box', 12, 15], ['area', 14, 14]])
})

test('an equation leads to the definition it belongs to', () => {
  const { lines } = stripMarkers(header)
  assert.deepEqual(equationRanges(lines, definitions(lines)), { 2: [6, 10], 3: [14, 14] })
})

test('a test case is cut out whole', () => {
  const text = 'TEST_SUITE("s") {\n  TEST_CASE("a") {\n    {\n    }\n  }\n  TEST_CASE("b") {\n  }\n}\n'
  assert.equal(testCase(text, 'a'), 'TEST_CASE("a") {\n  {\n  }\n}')
  assert.equal(testCase(text, 'c'), '')
})

test('fingerprints are FNV-1a, as the companion writes them', () => {
  assert.equal(fingerprint(Buffer.from('')), 'cbf29ce484222325')
  assert.equal(fingerprint(Buffer.from('a')), 'af63dc4c8601ec8c')
})

test('code that spans lines is highlighted line by line', () => {
  const [first, second] = highlightLines('/* one\ntwo */ int x;')
  assert.equal(first, '<span class="hljs-comment">/* one</span>')
  assert.match(second, /^<span class="hljs-comment">two \*\/<\/span>/)
})

test('a diff says what was added and removed, not by colour alone', () => {
  const html = diffBlock('--- a/x\n+++ b/x\n@@ -3,2 +3,2 @@\n int a;\n-int b;\n+int c;')
  assert.match(html, /from line 3/)
  assert.match(html, /removed: .*added: /s)
})

test('a page is taken apart', () => {
  const { front, body } = splitPage('---\ntitle: T\n---\n\n## Claims\n\n1. **a_b**: one\n   two.\n2. **c**: three\n', 'x.md')
  assert.equal(front.title, 'T')
  assert.deepEqual(itemsOf(partsOf(body).Claims), [
    { id: 'a_b', number: 1, sentence: 'one two.' }, { id: 'c', number: 2, sentence: 'three' }])
  assert.throws(() => splitPage('no front', 'x.md'), /x\.md: there is no front matter/)
})

test('a plot has axes, a name and words for what it shows', () => {
  const html = seriesFigure('gap for k = 1, 2, 10', [4, 3, 1])
  assert.match(html, /aria-label="gap for k = 1, 2, 10: 3 values from 4 to 1, falling overall/)
  const labels = [...html.matchAll(/<text[^>]*>([^<]*)/g)].map(match => match[1])
  for (const label of ['↑ gap', 'k →', '1', '2', '10']) assert.ok(labels.includes(label), label)
  assert.match(seriesFigure('x', [1, 'inf', 2]), /1 not finite, not drawn/)
  assert.equal(seriesFigure('x', [1]), '')
})

test('a wide range is drawn on a logarithmic scale', () => {
  assert.match(seriesFigure('x', [1, 10, 5000]), /log scale/)
  assert.doesNotMatch(seriesFigure('x', [1, 10, 500]), /log scale/)
})
