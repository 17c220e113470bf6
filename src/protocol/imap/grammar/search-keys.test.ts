// Loose equality where values are compared: fast-check makes records without a prototype.
import { deepEqual } from 'node:assert';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bytesFromLatin1 } from '../../../base/bytes.ts';
import { Refusal, SyntaxTrouble } from '../../../base/trouble.ts';
import { Cursor } from './cursor.ts';
import {
  formatDay,
  formatReturnOptions,
  formatSearchProgram,
  parseDay,
  parseReturnOptions,
  parseSearchProgram,
  type SearchKey,
  type SearchProgram,
} from './search-keys.ts';
import { formatNumbers, parseSequenceSet } from './sequence-set.ts';
import { runs } from '../../../../test/support/depth.ts';

const cursorOf = (text: string): Cursor => new Cursor(bytesFromLatin1(text));
const parse = (text: string): SearchProgram => parseSearchProgram(cursorOf(text), 'optional');

const good: readonly (readonly [text: string, canonical: string])[] = [
  ['all', 'ALL'],
  ['UNSEEN flagged', 'UNSEEN FLAGGED'],
  ['(SEEN)', 'SEEN'],
  ['((SEEN) (1 2))', 'SEEN (1 2)'],
  ['NOT NOT SEEN', 'SEEN'],
  ['NOT NOT NOT SEEN', 'NOT SEEN'],
  ['OR SEEN OR DELETED OR 1 2', 'OR SEEN OR DELETED OR 1 2'],
  ['OR OR SEEN DRAFT DELETED', 'OR OR SEEN DRAFT DELETED'],
  ['charset utf-8 subject {3}\r\nabc', 'CHARSET UTF-8 SUBJECT "abc"'],
  ['KEYWORD $Junk UNKEYWORD x', 'KEYWORD $Junk UNKEYWORD x'],
  ['SINCE 01-feb-1994 BEFORE "3-Mar-2000"', 'SINCE 1-Feb-1994 BEFORE 3-Mar-2000'],
  ['SENTON 29-Feb-2024 SAVEDSINCE 31-Dec-1999', 'SENTON 29-Feb-2024 SAVEDSINCE 31-Dec-1999'],
  ['OLDER 5 YOUNGER 4294967295', 'OLDER 5 YOUNGER 4294967295'],
  ['LARGER 0 SMALLER 9007199254740991', 'LARGER 0 SMALLER 9007199254740991'],
  ['HEADER X-Spam "" HEADER "a b" c', 'HEADER "X-Spam" "" HEADER "a b" "c"'],
  ['UID 5:*,1 3,2', 'UID 1,5:* 2:3'],
  ['$ UID $', '$ UID $'],
  ['MODSEQ 7', 'MODSEQ 7'],
  ['MODSEQ "/flags/\\\\Draft" all 0', 'MODSEQ 0'],
  ['EMAILID M12 THREADID T-a_9', 'EMAILID M12 THREADID T-a_9'],
  ['OR RECENT OLD', 'OR NOT ALL ALL'],
  ['SEEN ', 'SEEN'],
];
for (const [text, canonical] of good)
  test(`parseSearchProgram ${JSON.stringify(text)}`, () => assert.equal(formatSearchProgram(parse(text), 'optional'), canonical));

const bad = [
  '',
  '()',
  '(',
  'SEEN)',
  '(SEEN',
  'SEEN  DELETED',
  'NOT',
  'NOT ',
  'OR SEEN',
  'OR SEEN ',
  'UNALL',
  'UNSUBJECT a',
  'SUBJECT',
  'SUBJECT "a',
  'HEADER a',
  'KEYWORD',
  'KEYWORD \\Seen',
  'SINCE 30-Feb-2000',
  'SINCE 1-1-2000',
  'SINCE 1-Feb-20000',
  'OLDER 0',
  'OLDER -1',
  'LARGER x',
  'LARGER 9007199254740992',
  'UID',
  'UID 0',
  'UID a',
  '0',
  '1:',
  '$,1',
  'MODSEQ',
  'MODSEQ "flags" all 1',
  'MODSEQ "/flags/x" some 1',
  'EMAILID',
  'EMAILID a+b',
  'CHARSET',
  'CHARSET UTF-8',
  'RETURN (ALL) SEEN',
];
for (const text of bad) test(`parseSearchProgram refuses ${JSON.stringify(text)}`, () => assert.throws(() => parse(text), SyntaxTrouble));

// Reliability S-06, B-050.
const isLimit = (trouble: unknown): boolean => trouble instanceof Refusal && trouble.code === 'limit';
for (const [name, text] of [
  ['10,000 NOT', `${'NOT '.repeat(10_000)}SEEN`],
  ['10,000 OR to the right', `${'OR SEEN '.repeat(10_000)}SEEN`],
  ['10,000 OR to the left', `${'OR '.repeat(10_000)}${'SEEN '.repeat(10_001)}`],
  ['10,000 parentheses', `${'('.repeat(10_000)}SEEN${')'.repeat(10_000)}`],
  ['10,000 keys', 'SEEN '.repeat(10_000)],
  ['OR and NOT in turn', `${'OR NOT '.repeat(5000)}SEEN`],
] as const)
  test(`${name} are too much`, () => assert.throws(() => parse(text), isLimit));
test('an OR of 400 senders is not', () => {
  const { key } = parse(`${'OR FROM a '.repeat(399)}FROM b`);
  assert.equal(key.kind === 'or' && key.keys.length, 400);
});
test('parseDay and formatDay', () =>
  fc.assert(
    fc.property(fc.integer({ min: -700_000, max: 2_900_000 }), (day) => {
      assert.equal(parseDay(cursorOf(formatDay(day))), day);
      assert.equal(parseDay(cursorOf(`"${formatDay(day).toUpperCase()}"`)), day);
    }),
  ));

test('parseReturnOptions', () => {
  for (const text of ['(MIN)', '(MIN MAX ALL COUNT SAVE)', '(SAVE)', '(COUNT SAVE)'])
    assert.equal(formatReturnOptions(parseReturnOptions(cursorOf(text))), text);
  assert.equal(formatReturnOptions(parseReturnOptions(cursorOf('()'))), '(ALL)');
  for (const text of ['', 'ALL', '(NOSUCH)', '(ALL', '(MIN  MAX)']) assert.throws(() => parseReturnOptions(cursorOf(text)), SyntaxTrouble);
});

const text = fc.string({ unit: fc.constantFrom(...'abc "\\()\x80\xff{}%*'), maxLength: 6 }).map(bytesFromLatin1);
const set = fc
  .uniqueArray(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 6 })
  .map((numbers) => parseSequenceSet(formatNumbers(numbers.sort((a, b) => a - b))));
const leaf: fc.Arbitrary<SearchKey> = fc.oneof(
  fc.constant({ kind: 'all' } as const),
  fc.record({
    kind: fc.constant('flag' as const),
    flag: fc.constantFrom('SEEN' as const, 'DRAFT' as const, { keyword: '$Work' }),
    set: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant('date' as const),
    of: fc.constantFrom('internal' as const, 'sent' as const, 'saved' as const),
    how: fc.constantFrom('before' as const, 'on' as const, 'since' as const),
    day: fc.integer({ min: 0, max: 40_000 }),
  }),
  fc.record({ kind: fc.constant('size' as const), how: fc.constantFrom('larger' as const, 'smaller' as const), octets: fc.maxSafeNat() }),
  fc.record({ kind: fc.constant('text' as const), field: fc.constantFrom('subject' as const, 'body' as const, 'text' as const), text }),
  fc.record({ kind: fc.constant('header' as const), name: fc.constantFrom('X-A', 'b c', ''), text }),
  fc.record({ kind: fc.constant('numbers' as const), set }),
  fc.record({ kind: fc.constant('uids' as const), set }),
  fc.record({ kind: fc.constant('modseq' as const), from: fc.maxSafeNat() }),
);
/** Trees as the parser makes them: no NOT of NOT, no OR as the last of an OR, no list of one. */
const tree = fc.letrec<{ key: SearchKey }>((tie) => {
  const key = tie('key');
  const several = fc.array(key, { minLength: 2, maxLength: 3 });
  return {
    key: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      leaf,
      key.filter((one) => one.kind !== 'not').map((one) => ({ kind: 'not', key: one }) as const),
      several.map((keys) => ({ kind: 'and', keys }) as const),
      several.filter((keys) => keys.at(-1)!.kind !== 'or').map((keys) => ({ kind: 'or', keys }) as const),
    ),
  };
}).key;

test('programs come back as they were written', () =>
  fc.assert(
    fc.property(tree, fc.constantFrom(null, 'UTF-8', 'ISO-2022-JP'), (key, charset) => {
      let back: SearchProgram;
      try {
        back = parse(formatSearchProgram({ charset, key }, 'optional'));
      } catch (trouble) {
        assert.ok(isLimit(trouble), String(trouble));
        return;
      }
      deepEqual(back, { charset, key });
    }),
  ));

test('whatever the octets, only SyntaxTrouble or the limit comes out', () => {
  const words = [
    'NOT',
    'OR',
    '(',
    ')',
    ' ',
    ' ',
    'SEEN',
    'UID',
    '1:*',
    '$',
    '"',
    '\\',
    '{2}\r\n',
    'SUBJECT',
    'HEADER',
    'CHARSET',
    'SINCE',
    '1-Feb-1994',
    'MODSEQ',
    '0',
    'x',
    '\0',
    '\xff',
  ];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...words), { maxLength: 30 }), (pieces) => {
      try {
        parse(pieces.join(''));
      } catch (trouble) {
        assert.ok(trouble instanceof SyntaxTrouble || isLimit(trouble), String(trouble));
      }
    }),
    { numRuns: runs(3000) },
  );
});
