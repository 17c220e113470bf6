// Tables for the pieces of a header: fields, encoded words, parameters, dates, ids, base subjects; and their twins.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bytesFromLatin1, bytesFromUtf8, latin1FromBytes } from '../../base/bytes.ts';
import { baseSubject } from './base-subject.ts';
import { formatDate, parseDate, parseSentDate } from './date.ts';
import { decodeHeaderText, decodeWords, encodeText, encodeWord } from './encoded-word.ts';
import { fieldName, fieldValue, firstField, headerFieldRanges, readHeader } from './fields.ts';
import { joinReferences, parseMessageId, parseMessageIds } from './message-id.ts';
import { formatTyped, parameterText, parseTyped } from './parameters.ts';
import { runs } from '../../../test/support/depth.ts';

const headers: readonly (readonly [name: string, text: string, fields: readonly (readonly [string, string])[], length: number])[] = [
  [
    'two fields',
    'A: 1\r\nB: 2\r\n\r\nbody',
    [
      ['a', '1'],
      ['b', '2'],
    ],
    14,
  ],
  [
    'LF alone',
    'A: 1\nB: 2\n\nbody',
    [
      ['a', '1'],
      ['b', '2'],
    ],
    11,
  ],
  ['folded', 'A: 1\r\n 2\r\n\t3\r\n\r\n', [['a', '1 2\t3']], 16],
  ['a fold of white space only', 'A: 1\r\n \r\n 2\r\n\r\n', [['a', '1  2']], 15],
  [
    'no body, no empty line',
    'A: 1\r\nB: 2',
    [
      ['a', '1'],
      ['b', '2'],
    ],
    10,
  ],
  ['nothing', '', [], 0],
  ['empty line first', '\r\nA: 1\r\n', [], 2],
  [
    'mbox line first',
    'From a@b Mon Jan  1 00:00:00 2024\r\nA: 1\r\n\r\n',
    [
      ['', ''],
      ['a', '1'],
    ],
    43,
  ],
  [
    'a line without colon',
    'A: 1\r\nnothing\r\n more\r\nB: 2\r\n\r\n',
    [
      ['a', '1'],
      ['', ''],
      ['b', '2'],
    ],
    30,
  ],
  ['white space before the colon', 'A \t: 1\r\n\r\n', [['a', '1']], 10],
  ['no white space behind the colon', 'A:1\r\n\r\n', [['a', '1']], 7],
  [
    'empty value',
    'A:\r\nB: \r\n\r\n',
    [
      ['a', ''],
      ['b', ''],
    ],
    11,
  ],
  [
    '8-bit name',
    'Ä: 1\r\nB: 2\r\n\r\n',
    [
      ['', ''],
      ['b', '2'],
    ],
    14,
  ],
  ['continuation first', ' x\r\nA: 1\r\n\r\n', [['a', '1']], 12],
  ['stray CR and NUL', 'A: 1\r2\0 3\r\n\r\n', [['a', '1 2 3']], 13],
];
for (const [name, text, fields, length] of headers)
  test(`readHeader: ${name}`, () => {
    const header = readHeader(bytesFromLatin1(text), 0, text.length);
    assert.deepEqual(
      header.fields.map((field) => [fieldName(header, field), fieldName(header, field) === '' ? '' : fieldValue(header, field)]),
      fields,
    );
    assert.equal(header.end, length);
  });

test('readHeader sees the same fields in every cut: what is there stays', () => {
  const text = 'Subject: a\r\n b\r\nTo: c@d\r\n\r\n';
  for (let cut = 0; cut <= text.length; cut++) {
    const header = readHeader(bytesFromLatin1(text), 0, cut);
    assert.equal(header.end, cut);
    if (cut >= 16) assert.equal(firstField(header, 'subject'), 'a b');
  }
});

test('headerFieldRanges covers every octet of the header', () => {
  const text = 'From x\r\nSubject: a\r\n b\r\nnothing\r\nTo : c@d\r\n\r\nbody';
  const { fields, blank, blankEnd } = headerFieldRanges(bytesFromLatin1(text));
  assert.deepEqual(
    fields.map((field) => [field.name, text.slice(field.start, field.end)]),
    [
      ['', 'From x\r\n'],
      ['subject', 'Subject: a\r\n b\r\n'],
      ['', 'nothing\r\n'],
      ['to', 'To : c@d\r\n'],
    ],
  );
  assert.equal(text.slice(blank, blankEnd), '\r\n');
  assert.deepEqual(headerFieldRanges(bytesFromLatin1('A: b')), { fields: [{ name: 'a', start: 0, end: 4 }], blank: 4, blankEnd: 4 });
  assert.deepEqual(headerFieldRanges(bytesFromLatin1('xxA: b\r\n\r\nyy'), 2, 10), {
    fields: [{ name: 'a', start: 2, end: 8 }],
    blank: 8,
    blankEnd: 10,
  });
});

const words: readonly (readonly [text: string, decoded: string])[] = [
  ['plain', 'plain'],
  ['=?us-ascii?Q?a_b?=', 'a b'],
  ['=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=', 'ab'],
  ['=?ISO-8859-1?Q?a?=  =?ISO-8859-1?Q?b?=', 'ab'],
  ['=?ISO-8859-1?Q?a?=\t=?utf-8?Q?b?=', 'ab'],
  ['=?ISO-8859-1?Q?a_b?=', 'a b'],
  ['=?ISO-8859-1?Q?a?= b', 'a b'],
  ['x =?utf-8?q?=E3=81=82?= y', 'x あ y'],
  ['=?utf-8?B?44GC?=', 'あ'],
  ['=?utf-8?b?44GC?=', 'あ'],
  ['=?utf-8?B?44E=?= =?utf-8?B?gg==?=', 'あ'],
  ['=?utf-8?Q?=E3=81?= =?utf-8?B?gg==?=', 'あ'],
  ['=?iso-2022-jp?B?GyRCOzNFRBsoQg==?=', '山田'],
  ['=?ISO-2022-JP?B?GyRCOzMbKEI=?= =?ISO-2022-JP?B?GyRCRUQbKEI=?=', '山田'],
  ['=?shift_jis?B?jlKTYw==?=', '山田'],
  ['=?euc-jp?B?u7PFxA==?=', '山田'],
  ['=?gb2312?B?xOO6ww==?=', '你好'],
  ['=?big5?B?p0Gmbg==?=', '你好'],
  ['=?koi8-r?B?8NLJ18XU?=', 'Привет'],
  ['=?utf-8*ja?Q?a?=', 'a'],
  ['a=?utf-8?Q?b?=c', 'abc'],
  ['=?utf-8?Q?a b?=', 'a b'],
  ['=?utf-8?Q?a=?=', 'a='],
  ['=?utf-8?Q??=', ''],
  ['=?utf-8?X?a?=', '=?utf-8?X?a?='],
  ['=?utf-8?Q?a', '=?utf-8?Q?a'],
  ['=??Q?a?=', '=??Q?a?='],
  ['=?utf-8?Q?open =?utf-8?Q?b?=', '=?utf-8?Q?open b'],
  ['=?x-unknown?Q?caf=C3=A9?=', 'café'],
  ['=?utf-8?Q?=ZZ?=', '=ZZ'],
  ['=?utf-8?B?44GC!!?=', 'あ'],
];
for (const [text, decoded] of words) test(`decodeWords: ${text}`, () => assert.equal(decodeWords(text), decoded));

test('decodeHeaderText: raw UTF-8, raw ISO-2022-JP, raw Shift_JIS by hint, raw Latin 1', () => {
  assert.equal(decodeHeaderText(latin1FromBytes(bytesFromUtf8('件名'))), '件名');
  assert.equal(decodeHeaderText('\x1b$B;3ED\x1b(B'), '山田');
  assert.equal(decodeHeaderText('\x8e\x52\x93\x63', 'shift_jis'), '山田');
  assert.equal(decodeHeaderText('caf\xe9'), 'café');
});

test('decodeWords undoes encodeWord and encodeText; words stay within 75 characters', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (text) => {
      const word = encodeWord(text.toWellFormed());
      assert.equal(decodeWords(word), text.toWellFormed());
      for (const piece of word.split(' ')) assert.ok(piece.length <= 75, piece);
      assert.match(word, /^[\x20-\x7e]*$/);
      assert.equal(decodeWords(encodeText(text.toWellFormed())), text.toWellFormed());
    }),
    { numRuns: runs(500) },
  );
});

const typed: readonly (readonly [text: string, value: string, parameters: Readonly<Record<string, string>>])[] = [
  ['text/plain', 'text/plain', {}],
  ['Text/Plain; Charset=UTF-8', 'text/plain', { charset: 'UTF-8' }],
  ['text/plain; charset=us-ascii (Plain text)', 'text/plain', { charset: 'us-ascii' }],
  ['text/plain (comment); charset="us-ascii"', 'text/plain', { charset: 'us-ascii' }],
  ['text/plain; a=1; a=2', 'text/plain', { a: '1' }],
  ['text/plain; a="x;y"; b=z', 'text/plain', { a: 'x;y', b: 'z' }],
  ['text/plain; a="x\\"y"', 'text/plain', { a: 'x"y' }],
  ['text/plain; a="C:\\temp\\x"', 'text/plain', { a: 'C:\\temp\\x' }],
  ['text/plain; a="open', 'text/plain', { a: 'open' }],
  ['text/plain; a=my file (1).txt', 'text/plain', { a: 'my file' }],
  ['text/plain; a=file(1).txt', 'text/plain', { a: 'file(1).txt' }],
  ['text/plain;; ;a=1;', 'text/plain', { a: '1' }],
  ['text/plain; a', 'text/plain', {}],
  ['text/plain; =x; b=1', 'text/plain', { b: '1' }],
  ["x; title*=us-ascii'en-us'This%20is%20%2A%2A%2Afun%2A%2A%2A", 'x', { title: 'This is ***fun***' }],
  [
    "x; t*0*=us-ascii'en'This%20is%20even%20more%20; t*1*=%2A%2A%2Afun%2A%2A%2A%20; t*2=\"isn't it!\"",
    'x',
    { t: "This is even more ***fun*** isn't it!" },
  ],
  ['x; url*0="ftp://"; url*1="cs.utk.edu/pub"', 'x', { url: 'ftp://cs.utk.edu/pub' }],
  ['x; t*1=b; t*0=a', 'x', { t: 'ab' }],
  ['x; t*0=a; t*2=c', 'x', { t: 'a' }],
  ['x; t*1=b', 'x', {}],
  ["x; t=plain; t*=utf-8''%E3%81%82", 'x', { t: 'あ' }],
  ["x; t*=utf-8''%E3%81%82; t=plain", 'x', { t: 'あ' }],
  ["x; t*=iso-2022-jp''%1B%24B%3B3ED%1B%28B", 'x', { t: '山田' }],
  ["x; t*0*=utf-8''%E3%81; t*1*=%82", 'x', { t: 'あ' }],
  ['x; t*=%E3%81%82', 'x', { t: 'あ' }],
  ['x; t="=?utf-8?B?44GC?="', 'x', { t: 'あ' }],
  ['x; t*x=1; t**=2', 'x', {}],
  ["x; t*=utf-8''100%", 'x', { t: '100%' }],
];
for (const [text, value, parameters] of typed)
  test(`parseTyped: ${text}`, () => {
    const result = parseTyped(text);
    assert.equal(result.value, value);
    assert.deepEqual(Object.fromEntries(result.parameters.map(({ name }) => [name, parameterText(result.parameters, name)])), parameters);
  });

test('parseTyped undoes formatTyped', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z]{1,10}$/), fc.string({ unit: 'grapheme', maxLength: 150 }), (name, raw) => {
      const text = raw.toWellFormed().replace(/[\0-\x1f\x7f]/g, '');
      const line = formatTyped('attachment', [
        [name, text],
        ['z9', 'x'],
      ]);
      assert.match(line, /^[\x20-\x7e]*$/);
      assert.equal(parameterText(parseTyped(line).parameters, name), text);
      assert.equal(parameterText(parseTyped(line).parameters, 'z9'), 'x');
    }),
    { numRuns: runs(500) },
  );
});

const dates: readonly (readonly [text: string, iso: string | null])[] = [
  ['Fri, 21 Nov 1997 09:55:06 -0600', '1997-11-21T15:55:06Z'],
  ['21 Nov 1997 09:55:06 -0600', '1997-11-21T15:55:06Z'],
  ['21 Nov 1997 09:55 -0600', '1997-11-21T15:55:00Z'],
  ['Fri,  21   Nov 1997 09(comment):  55  :  06 -0600', '1997-11-21T00:00:00Z'],
  ['Thu,\t13\tFeb\t1969 23:32 -0330 (Newfoundland Time)', '1969-02-14T03:02:00Z'],
  ['21 Nov 97 09:55:06 GMT', '1997-11-21T09:55:06Z'],
  ['1 Jan 49 00:00:00 +0000', '2049-01-01T00:00:00Z'],
  ['1 Jan 50 00:00:00 +0000', '1950-01-01T00:00:00Z'],
  ['1 Jan 105 00:00:00 +0000', '2005-01-01T00:00:00Z'],
  ['1 Jan 2024 00:00:00 EST', '2024-01-01T05:00:00Z'],
  ['1 Jan 2024 00:00:00 PDT', '2024-01-01T07:00:00Z'],
  ['1 Jan 2024 00:00:00 Z', '2024-01-01T00:00:00Z'],
  ['1 Jan 2024 00:00:00 A', '2024-01-01T00:00:00Z'],
  ['1 Jan 2024 00:00:00 XYZ', '2024-01-01T00:00:00Z'],
  ['1 Jan 2024 00:00:00 constructor', '2024-01-01T00:00:00Z'],
  ['1 Jan 2024 00:00:00', '2024-01-01T00:00:00Z'],
  ['1 Jan 2024 00:00:00 -9999', '2024-01-01T00:00:00Z'],
  ['1 Jan 2024 00:00:00 GMT+0900', '2023-12-31T15:00:00Z'],
  ['1 Jan 2024 00:00:00+0900', '2023-12-31T15:00:00Z'],
  ['1 Jan 2024 25:00:00 +0000', '2024-01-01T00:00:00Z'],
  ['1 Jan 2024 12.30.15 +0000', '2024-01-01T12:30:15Z'],
  ['1 Jan 2024 23:59:60 +0000', '2024-01-01T23:59:59Z'],
  ['1 Jan 2024', '2024-01-01T00:00:00Z'],
  ['Mon Jan  1 12:30:15 2024', '2024-01-01T12:30:15Z'],
  ['Mon Jan  1 12:30:15 JST 2024', '2024-01-01T03:30:15Z'],
  ['2024-01-02 03:04:05 +0900', '2024-01-01T18:04:05Z'],
  ['2024-01-02T03:04:05Z', '2024-01-02T03:04:05Z'],
  ['1-Jan-2024 00:00:00 +0000', '2024-01-01T00:00:00Z'],
  ['Monday, 1 January 2024 00:00:00 +0000', '2024-01-01T00:00:00Z'],
  ['29 Feb 2024 00:00:00 +0000', '2024-02-29T00:00:00Z'],
  ['29 Feb 2023 00:00:00 +0000', null],
  ['30 Feb 2024 00:00:00 +0000', null],
  ['1 Foo 2024 00:00:00 +0000', null],
  ['1 Jan 99999 00:00:00 +0000', null],
  ['0 Jan 2024 00:00:00 +0000', null],
  ['Jan 2024', null],
  ['', null],
  ['yesterday', null],
  ['(', null],
];
for (const [text, iso] of dates)
  test(`parseDate: ${text}`, () => {
    const time = parseDate(text);
    assert.equal(time === null ? null : new Date(time).toISOString().replace('.000', ''), iso);
  });

test('parseDate undoes formatDate', () => {
  fc.assert(
    fc.property(fc.integer({ min: -2_000_000_000, max: 250_000_000_000 }), fc.integer({ min: -720, max: 840 }), (seconds, zone) => {
      assert.deepEqual(parseSentDate(formatDate(seconds * 1000, zone)), { time: seconds * 1000, zone });
    }),
  );
  assert.equal(formatDate(Date.UTC(2026, 10, 23, 3, 4, 5), 540), 'Mon, 23 Nov 2026 12:04:05 +0900');
});

for (const [text, ids] of [
  ['<a@b>', ['a@b']],
  ['<a@b><c@d> , <e@f>', ['a@b', 'c@d', 'e@f']],
  ['text <a\r\n @b> (comment)', ['a@b']],
  ['<a <b@c>', ['b@c']],
  ['<>', []],
  ['<open', []],
] as const)
  test(`parseMessageIds: ${JSON.stringify(text)}`, () => assert.deepEqual(parseMessageIds(text), ids));

test('parseMessageId without brackets, and joinReferences without doubles', () => {
  assert.equal(parseMessageId('a@b'), 'a@b');
  assert.equal(parseMessageId('<a@b> x'), 'a@b');
  assert.equal(parseMessageId(''), '');
  assert.deepEqual(joinReferences('<a> <b> <a>', '<b> <c>'), ['a', 'b', 'c']);
});

/** RFC 5256 §2.1, §5. */
const subjects: readonly (readonly [text: string, base: string])[] = [
  ['test', 'test'],
  ['Re: test', 'test'],
  ['re:test', 'test'],
  ['RE : test', 'test'],
  ['Fw: test', 'test'],
  ['FWD: test', 'test'],
  ['Re: Fwd: Re: test', 'test'],
  ['Re[2]: test', 'test'],
  ['Re [2] : test', 'test'],
  ['[list] test', 'test'],
  ['[a] [b] test', 'test'],
  ['[list] Re: test', 'test'],
  ['Re: [list] test', 'test'],
  ['[list]', '[list]'],
  ['[a] [b]', '[b]'],
  ['Re: [list]', '[list]'],
  ['test (fwd)', 'test'],
  ['test (fwd) (FWD) ', 'test'],
  ['[fwd: test]', 'test'],
  ['[Fwd: Re: test]', 'test'],
  ['[fwd: [fwd: test]]', 'test'],
  ['[fwd: test', '[fwd: test'],
  ['[fwd: test] x', 'x'],
  ['  a   b\tc  ', 'a b c'],
  ['Regarding: test', 'Regarding: test'],
  ['Re test', 'Re test'],
  ['Re:', ''],
  ['', ''],
  ['(fwd)', ''],
  ['回: test', '回: test'],
];
for (const [text, base] of subjects) test(`baseSubject: ${JSON.stringify(text)}`, () => assert.equal(baseSubject(text), base));

test('baseSubject of a base subject is itself', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('re', ':', '[', ']', 'fwd', ' ', '(fwd)', 'x', '[fwd:'), { maxLength: 12 }), (pieces) => {
      const base = baseSubject(pieces.join(''));
      assert.equal(baseSubject(base), base);
    }),
    { numRuns: runs(2000) },
  );
});
