// Line ends: a bare LF gets its CR, nothing else changes, and what has only CRLF comes back.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bytesFromLatin1, latin1FromBytes } from '../base/bytes.ts';
import { hasOnlyCrlf, toCrlf, toLf } from './line-ends.ts';

const rows: readonly [string, string, boolean][] = [
  ['', '', true],
  ['a', 'a', true],
  ['a\n', 'a\r\n', false],
  ['a\r\n', 'a\r\n', true],
  ['\n\n', '\r\n\r\n', false],
  ['a\rb\r', 'a\rb\r', false],
  ['\r\r\n\n', '\r\r\n\r\n', false],
];
for (const [before, after, only] of rows)
  test(`line ends: ${JSON.stringify(before)}`, () => {
    assert.equal(latin1FromBytes(toCrlf(bytesFromLatin1(before))), after);
    assert.equal(hasOnlyCrlf(bytesFromLatin1(before)), only);
  });

test('line ends: there and back', () => {
  const text = fc.array(fc.constantFrom('\r\n', 'a', 'bc', '>')).map((words) => words.join(''));
  fc.assert(
    fc.property(text, (given) => {
      const letter = bytesFromLatin1(given);
      assert.equal(latin1FromBytes(toLf(letter)), given.replaceAll('\r\n', '\n'));
      assert.equal(latin1FromBytes(toCrlf(toLf(letter))), given);
    }),
  );
});
