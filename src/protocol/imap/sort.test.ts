import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesFromLatin1 } from '../../base/bytes.ts';
import { Cursor } from './grammar/cursor.ts';
import { parseSortCriteria } from './grammar/sort-thread.ts';
import { collationKey, sortLetters, type SortColumns } from './sort.ts';
import { effort } from '../../../test/support/effort.ts';

const columns: SortColumns = {
  count: 5,
  receivedAt: [50, 10, 40, 20, 30],
  sizes: [3, 1, 3, 2, 1],
  facts: {
    sentAt: [5, null, 4, 25, 1],
    baseSubject: ['b', 'A', '', 'a', 'ä'],
    sortFrom: ['zoe', 'Adam', 'adam', '', 'bob'],
    sortTo: ['x', undefined, 'x', 'x', 'a'],
    sortCc: ['', '', '', '', ''],
    displayFrom: ['Zoë', 'adam@x', 'Adam', '', 'Bob'],
    displayTo: ['', '', '', '', 'x'],
  },
};
const rows: readonly (readonly [criteria: string, order: string])[] = [
  ['(ARRIVAL)', '2 4 5 3 1'],
  ['(REVERSE ARRIVAL)', '1 3 5 4 2'],
  ['(SIZE)', '2 5 4 1 3'],
  ['(REVERSE SIZE)', '1 3 4 2 5'],
  ['(SIZE REVERSE ARRIVAL)', '5 2 4 1 3'],
  // RFC 5256 §2.2: letter 2 has no date, its INTERNALDATE is 10.
  ['(DATE)', '5 3 1 2 4'],
  ['(SUBJECT)', '3 2 4 5 1'],
  ['(REVERSE SUBJECT DATE)', '1 5 2 4 3'],
  ['(FROM)', '4 2 3 5 1'],
  ['(TO)', '2 5 1 3 4'],
  ['(CC REVERSE SIZE)', '1 3 4 2 5'],
  ['(DISPLAYFROM)', '4 3 2 5 1'],
  ['(DISPLAYTO)', '1 2 3 4 5'],
];
for (const [criteria, order] of rows)
  test(`sortLetters ${criteria}`, () => {
    const sorted = sortLetters(parseSortCriteria(new Cursor(bytesFromLatin1(criteria))), columns);
    assert.equal(Array.from(sorted, (i) => i + 1).join(' '), order);
  });

test('sortLetters of nothing', () =>
  assert.equal(sortLetters([{ key: 'SUBJECT', reverse: false }], { count: 0, receivedAt: [], sizes: [], facts: {} }).length, 0));

// RFC 5051 §2
for (const [a, b, same] of [
  ['Tea', 'tEA', true],
  ['é', 'E\u0301', true],
  ['ＡＢ', 'ab', true],
  ['straße', 'STRASSE', false],
  ['ß', 'ß', true],
  ['か', 'カ', false],
] as const)
  test(`collationKey ${a} ${same ? 'is' : 'is not'} ${b}`, () => assert.equal(collationKey(a) === collationKey(b), same));

test('a million letters are sorted in time, and stay in the order of numbers where they are equal', () => {
  const count = 1_000_000;
  const sizes = Uint32Array.from({ length: count }, (_, i) => (i * 7919) % 1000);
  const begin = effort();
  const order = sortLetters([{ key: 'SIZE', reverse: true }], { count, receivedAt: sizes, sizes, facts: {} });
  const took = effort() - begin;
  for (let i = 1; i < count; i++) {
    const difference = sizes[order[i - 1]!]! - sizes[order[i]!]!;
    assert.ok(difference > 0 || (difference === 0 && order[i - 1]! < order[i]!));
  }
  assert.ok(took < 3000, `${took} ms`);
});
