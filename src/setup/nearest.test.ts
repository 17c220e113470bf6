// The nearest known word.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { editDistance, nearestWord } from './nearest.ts';

for (const [a, b, distance] of [
  ['', '', 0],
  ['abc', 'abc', 0],
  ['abc', 'acb', 1],
  ['abc', 'ab', 1],
  ['kitten', 'sitting', 3],
  ['', 'abc', 3],
] as const)
  test(`editDistance: ${a} → ${b}`, () => {
    assert.equal(editDistance(a, b), distance);
    assert.equal(editDistance(b, a), distance);
  });

for (const [word, nearest] of [
  ['acount', 'account'],
  ['accnout', 'account'],
  ['dom', 'domain'],
  ['quue', 'queue'],
  ['xyzzy', null],
  ['a'.repeat(10_000), null],
] as const)
  test(`nearestWord: ${word.slice(0, 20)}`, () => assert.equal(nearestWord(word, ['account', 'domain', 'queue', 'serve']), nearest));
