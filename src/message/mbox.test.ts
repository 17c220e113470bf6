// mbox: From_ lines, quoting by both rules, line ends, every cut, and the way there and back.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bytesFromLatin1, concatBytes, latin1FromBytes, type Bytes } from '../base/bytes.ts';
import { formatStatus, parseStatus } from './mbox-status.ts';
import { formatMboxLetter, formatSeparator, MboxReader, parseSeparator, type MboxQuoting } from './mbox.ts';
import { runs } from '../../test/support/depth.ts';

interface Read {
  readonly from: string;
  readonly at: number | null;
  readonly text: string;
  readonly status: readonly string[];
  readonly begin: number;
  readonly end: number;
}

function read(chunks: readonly Bytes[], quoting: MboxQuoting = 'rd', offset = 0): Read[] {
  const reader = new MboxReader(quoting, offset);
  const letters: Read[] = [];
  let open: { from: string; at: number | null; begin: number; pieces: Bytes[] } | null = null;
  for (const piece of [...chunks.flatMap((chunk) => reader.read(chunk)), ...reader.end()]) {
    if (piece.kind === 'begin') open = { from: piece.separator.sender, at: piece.separator.at, begin: piece.offset, pieces: [] };
    else if (piece.kind === 'data') open!.pieces.push(piece.bytes);
    else {
      const { from, begin, pieces } = open!;
      const text = latin1FromBytes(concatBytes(pieces.length === 0 ? [bytesFromLatin1('')] : pieces));
      letters.push({ from, at: piece.mark?.at ?? open!.at, begin, text, status: piece.status, end: piece.offset });
      open = null;
    }
  }
  return letters;
}

const texts = (mbox: string, quoting?: MboxQuoting) => read([bytesFromLatin1(mbox)], quoting).map((letter) => letter.text);

const goodSeparators: readonly [string, string, string][] = [
  ['From a@b.example Mon Nov 23 05:36:28 2026', 'a@b.example', '2026-11-23T05:36:28Z'],
  ['From a@b.example  Mon Nov  2 05:36:28 2026', 'a@b.example', '2026-11-02T05:36:28Z'],
  ['From - Mon Nov 23 05:36:28 2026', '-', '2026-11-23T05:36:28Z'],
  ['From 17@xxx Mon Nov 23 05:36:28 +0900 2026', '17@xxx', '2026-11-22T20:36:28Z'],
  ['From a Mon Nov 23 05:36 EST 2026', 'a', '2026-11-23T10:36:00Z'],
  ['From a Mon Nov 23 05:36:28 2026 -0100', 'a', '2026-11-23T06:36:28Z'],
  ['From a Mon Nov 23 05:36:28 2026 remote from relay', 'a', '2026-11-23T05:36:28Z'],
  ['From "a b"@c Mon Nov 23 05:36:28 2026', '"a b"@c', '2026-11-23T05:36:28Z'],
  ['From a Mon, 23 Nov 2026 05:36:28 +0000', 'a', '2026-11-23T05:36:28Z'],
  ['From Mon Nov 23 05:36:28 2026', '', '2026-11-23T05:36:28Z'],
];
for (const [line, sender, date] of goodSeparators)
  test(`From_ line: ${line}`, () => assert.deepEqual(parseSeparator(line), { sender, at: Date.parse(date) }));

for (const line of [
  'From now on',
  'From Monday on',
  'From a@b Mon Nov 23',
  'From: a Mon Nov 23 05:36:28 2026',
  '>From a Mon Nov 23 05:36:28 2026',
])
  test(`no From_ line: ${line}`, () => assert.equal(parseSeparator(line), null));

test('From_ line: there and back', () => {
  fc.assert(
    fc.property(fc.integer({ min: -1_000_000_000, max: 4_000_000_000 }), (seconds) => {
      const separator = { sender: 'a@b.example', at: seconds * 1000 };
      assert.deepEqual(parseSeparator(formatSeparator(separator)), separator);
    }),
  );
});

const from = 'From a@b Mon Nov 23 05:36:28 2026';
const tables: readonly [string, string, readonly string[], (readonly string[])?][] = [
  ['two letters', `${from}\nA: 1\n\none\n\n${from}\nA: 2\n\ntwo\n\n`, ['A: 1\r\n\r\none\r\n', 'A: 2\r\n\r\ntwo\r\n']],
  ['CRLF file', `${from}\r\nA: 1\r\n\r\none\r\n\r\n${from}\r\nA: 2\r\n\r\n\r\n`, ['A: 1\r\n\r\none\r\n', 'A: 2\r\n\r\n']],
  ['no empty line at the end', `${from}\nA: 1\n\none`, ['A: 1\r\n\r\none']],
  ['empty lines at the end of a text stay', `${from}\nA: 1\n\none\n\n\n\n${from}\nA: 2\n\n`, ['A: 1\r\n\r\none\r\n\r\n\r\n', 'A: 2\r\n']],
  ['empty lines before the first letter', `\n\n${from}\nA: 1\n\n`, ['A: 1\r\n']],
  ['From within a paragraph is text', `${from}\nA: 1\n\none\n${from}\ntwo\n\n`, [`A: 1\r\n\r\none\r\n${from}\r\ntwo\r\n`]],
  ['From without a date is text', `${from}\nA: 1\n\n\nFrom here on\n\n`, ['A: 1\r\n\r\n\r\nFrom here on\r\n']],
  [
    'quoted lines',
    `${from}\nA: 1\n\n>From x\n>>From y\n> From z\n>Fro\n`,
    ['A: 1\r\n\r\nFrom x\r\n>From y\r\n> From z\r\n>Fro\r\n'],
    ['A: 1\r\n\r\nFrom x\r\n>>From y\r\n> From z\r\n>Fro\r\n'],
  ],
  ['bare CR and 8-bit stay', `${from}\nA: \xe9\n\na\rb\r\nc\n`, ['A: \xe9\r\n\r\na\rb\r\nc\r\n']],
  ['a letter of nothing', `${from}\n\n${from}\nA: 2\n\n`, ['', 'A: 2\r\n']],
];
for (const [name, mbox, wanted, wantedOld = wanted] of tables)
  test(`mbox: ${name}, whole and in every cut`, () => {
    assert.deepEqual(texts(mbox), wanted);
    assert.deepEqual(texts(mbox, 'o'), wantedOld);
    const bytes = bytesFromLatin1(mbox);
    const whole = read([bytes]);
    for (let cut = 0; cut <= bytes.length; cut++) assert.deepEqual(read([bytes.subarray(0, cut), bytes.subarray(cut)]), whole);
    assert.deepEqual(read(Array.from(bytes, (_, at) => bytes.subarray(at, at + 1))), whole);
    // From the offset of any letter on, the same letters come.
    for (const [index, letter] of whole.entries())
      assert.deepEqual(read([bytes.subarray(letter.begin)], 'rd', letter.begin), whole.slice(index));
  });

test('mbox: a file without a From_ line is none', () => {
  for (const text of ['Subject: a\n\nb\n', 'x'.repeat(5000), `\ufeff${from}`])
    assert.throws(() => read([bytesFromLatin1(text)]), /begins with a line/);
  assert.deepEqual(read([bytesFromLatin1('')]), []);
});

test('mbox: lines of any length, with quotes without end', () => {
  for (const line of [
    '>'.repeat(5000),
    `${'>'.repeat(5000)}From x`,
    'F'.repeat(5000),
    `From ${'x'.repeat(5000)}`,
    `>From ${'x'.repeat(5000)}`,
  ]) {
    const letter = bytesFromLatin1(`A: 1\r\n\r\n${line}\r\n`);
    const mbox = formatMboxLetter(letter, 0, []);
    for (const size of [1, 7, 1000, 1023, 1024, 1025, 100_000]) {
      const chunks = Array.from({ length: Math.ceil(mbox.length / size) }, (_, at) => mbox.subarray(at * size, (at + 1) * size));
      assert.equal(read(chunks)[0]!.text, latin1FromBytes(letter), `pieces of ${size}`);
    }
  }
});

const oddText = fc
  .array(
    fc.constantFrom(
      '\r\n',
      '\n',
      '\r',
      'From ',
      'From x',
      from,
      '>',
      'a',
      '\r\n\r\n',
      'Status: RO\r\n',
      'A: b\r\n',
      '\0',
      '\xff',
      `\r\n\r\n${from}\r\n`,
    ),
    { minLength: 1, maxLength: 12 },
  )
  .map((words) => words.join(''));

test('mbox: every letter comes back octet for octet, however odd, with its date and flags', () => {
  fc.assert(
    fc.property(
      fc.array(oddText, { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 0, max: 4e12 }),
      fc.integer({ min: 1, max: 60 }),
      (letters, at, size) => {
        const status = formatStatus(['\\Seen', 'work']);
        const mbox = concatBytes(letters.map((text) => formatMboxLetter(bytesFromLatin1(text), at, status)));
        const chunks = Array.from({ length: Math.ceil(mbox.length / size) }, (_, index) => mbox.subarray(index * size, (index + 1) * size));
        const back = read(chunks);
        assert.deepEqual(
          back.map((letter) => [letter.text, letter.at, letter.status]),
          letters.map((text) => [text, at, status]),
        );
      },
    ),
    { numRuns: runs(500) },
  );
});

test('mbox: a letter that somebody changed is taken as it is now', () => {
  const mbox = latin1FromBytes(formatMboxLetter(bytesFromLatin1('A: 1\r\n\r\none\r\n'), 0, ['Status: O']));
  assert.deepEqual(texts(mbox.replace('one', 'one and more')), ['A: 1\r\n\r\none and more\r\n']);
  const [letter] = read([bytesFromLatin1(mbox.replace('Status: O', 'Status: RO\nX-Status: F'))]);
  assert.deepEqual(letter!.status, ['Status: RO']);
});

const statusRows: readonly [readonly string[], readonly string[]][] = [
  [['Status: RO'], ['\\Seen']],
  [['Status: O'], []],
  [
    ['status: R', 'X-STATUS: AFTD'],
    ['\\Seen', '\\Answered', '\\Flagged', '\\Draft', '\\Deleted'],
  ],
  [
    ['X-Mozilla-Status: 1007', 'X-Mozilla-Keys: $label1 NonJunk  '],
    ['\\Seen', '\\Answered', '\\Flagged', '$Forwarded', '$label1', 'NonJunk'],
  ],
  [['X-Keywords: a (b) "c" \\Seen d'], ['a', 'd']],
  [['X-Mozilla-Status: wrong'], []],
];
for (const [fields, flags] of statusRows) test(`status: ${fields.join(' | ')}`, () => assert.deepEqual(parseStatus(fields).flags, flags));

test('status: removed letters and bookkeeping of other programs', () => {
  assert.equal(parseStatus(['X-Mozilla-Status: 0009']).expunged, true);
  assert.equal(parseStatus(['X-IMAP: 1 2']).bookkeeping, true);
});

test('status: there and back', () => {
  const flags = fc.uniqueArray(
    fc.constantFrom('\\Seen', '\\Answered', '\\Flagged', '\\Draft', '\\Deleted', '$Forwarded', 'a', 'b'.repeat(128)),
  );
  fc.assert(fc.property(flags, (given) => assert.deepEqual(parseStatus(formatStatus(given)).flags.toSorted(), given.toSorted())));
});
