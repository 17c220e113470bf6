import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SyntaxTrouble } from '../../../base/trouble.ts';
import { eachRange, formatNumbers, formatSequenceSet, parseSequenceSet, setHas, STAR } from './sequence-set.ts';
import { effort } from '../../../../test/support/effort.ts';

const good: readonly (readonly [text: string, canonical: string])[] = [
  ['1', '1'],
  ['4294967295', '4294967295'],
  ['*', '*'],
  ['*:*', '*'],
  ['1:*', '1:*'],
  ['*:1', '1:*'],
  ['5,*:3,4', '4:5,3:*'],
  ['7:3', '3:7'],
  ['1,2,3', '1:3'],
  ['3,2,1', '1:3'],
  ['1:5,3:9,9,11', '1:9,11'],
  ['10,1:5,6:9', '1:10'],
  ['5:7,1,6:8', '1,5:8'],
  ['$', '$'],
];
for (const [text, canonical] of good)
  test(`parseSequenceSet ${text}`, () => {
    const set = parseSequenceSet(text);
    assert.equal(formatSequenceSet(set), canonical);
    assert.deepEqual(parseSequenceSet(canonical), set);
  });

const bad = [
  '',
  '0',
  '1:0',
  '01',
  '1,',
  ',1',
  '1:',
  ':1',
  '1:2:3',
  '4294967296',
  '99999999999',
  '1 2',
  'a',
  '-1',
  '$,1',
  '1,$',
  '1::2',
  '**',
  '*1',
];
for (const text of bad) test(`parseSequenceSet refuses "${text}"`, () => assert.throws(() => parseSequenceSet(text), SyntaxTrouble));

/** All numbers up to `last` that the RFC says are in the set, and those beyond it that the ranges reach, by brute force. */
function members(text: string, last: number, upTo: number): number[] {
  const found: number[] = [];
  for (let n = 1; n <= upTo; n++)
    if (
      text.split(',').some((part) => {
        const [a = 0, b = a] = part.split(':').map((half) => (half === '*' ? last : Number(half)));
        return n >= Math.min(a, b) && n <= Math.max(a, b);
      })
    )
      found.push(n);
  return found;
}

const half = fc.oneof({ weight: 5, arbitrary: fc.integer({ min: 1, max: 30 }).map(String) }, fc.constant('*'));
const setText = fc
  .array(
    fc.oneof(
      half,
      fc.tuple(half, half).map(([a, b]) => `${a}:${b}`),
    ),
    { minLength: 1, maxLength: 12 },
  )
  .map((parts) => parts.join(','));

test('a set holds what the RFC says, in each of its forms', () =>
  fc.assert(
    fc.property(setText, fc.integer({ min: 1, max: 25 }), (text, last) => {
      const set = parseSequenceSet(text);
      const wanted = members(text, last, last);
      const ranged: number[] = [];
      let end = 0;
      eachRange(set, last, (low, high) => {
        assert.ok(low > end, 'ranges are ascending and apart');
        end = high;
        for (let n = low; n <= Math.min(high, last); n++) ranged.push(n);
      });
      assert.deepEqual(ranged, wanted);
      for (let n = 1; n <= last; n++) assert.equal(setHas(set, last, n), wanted.includes(n), `${n}`);
      assert.deepEqual(parseSequenceSet(formatSequenceSet(set)), set);
    }),
  ));

test('formatNumbers is the shortest set of the numbers', () =>
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { minLength: 1 }), (numbers) => {
      numbers.sort((a, b) => a - b);
      const text = formatNumbers(numbers);
      assert.equal(text, formatSequenceSet(parseSequenceSet(numbers.join(','))));
      for (let n = 1; n <= 60; n++) assert.equal(setHas(parseSequenceSet(text), 60, n), numbers.includes(n));
    }),
  ));

test('formatNumbers keeps an order that is no order of numbers', () => assert.equal(formatNumbers([3, 2, 5, 6, 7, 1]), '3,2,5:7,1'));
test('nothing is in an empty mailbox, not even *', () => eachRange(parseSequenceSet('*,3:*'), 0, () => assert.fail('a range')));
test('a * is above every number', () => assert.equal(parseSequenceSet('*').toStar, STAR));

// Reliability B-051.
for (const [name, make] of [
  ['ascending', (i: number) => `${2 * i + 1}`],
  ['descending', (i: number) => `${400_000 - 2 * i}`],
  ['shuffled', (i: number) => `${((i * 7919) % 100_003) * 3 + 1}:${((i * 7919) % 100_003) * 3 + 2}`],
  ['the same', () => '7:9'],
] as const)
  test(`100,000 ranges, ${name}, are parsed in 50 ms`, () => {
    const text = Array.from({ length: 100_000 }, (_, i) => make(i)).join(',');
    const begin = effort();
    parseSequenceSet(text);
    const took = effort() - begin;
    assert.ok(took < 250, `${took} ms`);
  });

test('whatever the text, only SyntaxTrouble comes out', () =>
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'0123456789:,*$ ') })), (text) => {
      try {
        parseSequenceSet(text);
      } catch (trouble) {
        assert.ok(trouble instanceof SyntaxTrouble);
      }
    }),
  ));
