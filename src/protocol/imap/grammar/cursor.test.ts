import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesFromLatin1, bytesFromUtf8, latin1FromBytes } from '../../../base/bytes.ts';
import { SyntaxTrouble } from '../../../base/trouble.ts';
import { Cursor } from './cursor.ts';

type Reading = (cursor: Cursor) => unknown;
const readings: Record<string, Reading> = {
  atom: (cursor) => cursor.atom(),
  word: (cursor) => cursor.word(),
  number: (cursor) => cursor.number(),
  nz: (cursor) => cursor.nzNumber(),
  modseq: (cursor) => cursor.modSeq(),
  astring: (cursor) => cursor.astring(),
  string: (cursor) => cursor.string(),
  nstring: (cursor) => cursor.nstring(),
  list: (cursor) => cursor.list(() => cursor.atom()),
  empty: (cursor) => cursor.list(() => cursor.atom(), true),
  binary: (cursor) => latin1FromBytes(cursor.rawString().bytes),
};

const good: [reading: string, text: string, value: unknown][] = [
  ['atom', 'abc', 'abc'],
  ['atom', 'a+b[1', 'a+b[1'],
  ['word', 'Fetch', 'FETCH'],
  ['number', '0', 0],
  ['number', '4294967295', 4_294_967_295],
  ['nz', '1', 1],
  ['modseq', '0', 0],
  ['modseq', '720162338', 720_162_338],
  ['modseq', '9223372036854775807', Number.MAX_SAFE_INTEGER],
  ['astring', 'a]b', 'a]b'],
  ['astring', '""', ''],
  ['astring', '"a\\"b\\\\c"', 'a"b\\c'],
  ['astring', '{3}\r\na"b', 'a"b'],
  ['astring', '{0+}\r\n', ''],
  ['astring', '日本', '日本'],
  ['string', '"日本"', '日本'],
  ['string', '{5+}\r\n(\r\n) ', '(\r\n) '],
  ['nstring', 'NIL', null],
  ['nstring', 'nil', null],
  ['nstring', '"NIL"', 'NIL'],
  ['list', '(a)', ['a']],
  ['list', '(a b c)', ['a', 'b', 'c']],
  ['empty', '()', []],
  ['binary', '~{3}\r\na\0b', 'a\0b'],
];

const bad: [reading: string, text: string, offset: number][] = [
  ['atom', '', 0],
  ['atom', '(', 0],
  ['atom', '%', 0],
  ['number', '', 0],
  ['number', '-1', 0],
  ['number', '4294967296', 0],
  ['number', '99999999999999999999999999', 0],
  ['nz', '0', 0],
  ['modseq', '9223372036854775808', 0],
  ['astring', '', 0],
  ['astring', '"abc', 0],
  ['astring', '"a\\b"', 2],
  ['astring', '"a\0b"', 2],
  ['astring', '{3}\r\nab', 0],
  ['astring', '{3}abc', 2],
  ['astring', '{3\r\nabc', 2],
  ['astring', '{-1}\r\n', 1],
  ['astring', '{1}\r\n\0', 0],
  ['astring', '~{3}\r\na\0b', 0],
  ['nstring', 'abc', 0],
  ['string', 'NIL', 0],
  ['list', '()', 1],
  ['list', '(a  b)', 3],
  ['list', '(a b', 4],
  ['list', 'a', 0],
];

for (const [reading, text, value] of good)
  test(`cursor: ${reading} ${JSON.stringify(text)}`, () => {
    const cursor = new Cursor(bytesFromUtf8(text));
    assert.deepEqual(readings[reading]!(cursor), value);
    assert.ok(cursor.atEnd);
  });

for (const [reading, text, offset] of bad)
  test(`cursor: not ${reading} ${JSON.stringify(text)}`, () => {
    assert.throws(
      () => readings[reading]!(new Cursor(bytesFromUtf8(text))),
      (trouble) => trouble instanceof SyntaxTrouble && trouble.offset === offset,
    );
  });

test('cursor: octets that are not UTF-8 are no text', () => {
  assert.throws(() => new Cursor(bytesFromLatin1('"\xff"')).astring(), /not UTF-8/);
  // U+FFFD itself is text.
  assert.equal(new Cursor(bytesFromUtf8('"\ufffd"')).astring(), '\ufffd');
});

test('cursor: parentheses have a limit (B-043)', () => {
  const cursor = new Cursor(bytesFromLatin1('('.repeat(100)));
  const nest = (): unknown => cursor.list(nest);
  assert.throws(nest, (trouble) => trouble instanceof SyntaxTrouble && trouble.offset === 51);
});
