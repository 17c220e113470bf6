import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesFromLatin1 } from '../../base/bytes.ts';
import { findAnnouncement } from './framing.ts';

const rows: [line: string, announced: string | null][] = [
  ['a LOGIN {5}', '5 at 8'],
  ['a LOGIN {5+}', '5+ at 8'],
  ['a APPEND x ~{5}', '~5 at 11'],
  ['a APPEND x ~{5+}', '~5+ at 11'],
  ['{0}', '0 at 0'],
  ['a {4294967295}', '4294967295 at 2'],
  ['a {99999999999+}', '99999999999+ at 2'],
  ['a {4294967296}', null],
  ['a {-1}', null],
  ['a {1e9}', null],
  ['a { 5}', null],
  ['a {5', null],
  ['a {}', null],
  ['a {+}', null],
  ['a {5 }', null],
  ['a 5}', null],
  ['5}', null],
  ['}', null],
  ['', null],
  ['a "{5}"', null],
  [`a {${'9'.repeat(400)}}`, null],
];
for (const [line, announced] of rows)
  test(`B-042 ${JSON.stringify(line.slice(0, 30))}`, () => {
    const found = findAnnouncement(bytesFromLatin1(line));
    assert.equal(found === null ? null : `${found.binary ? '~' : ''}${found.length}${found.nonSync ? '+' : ''} at ${found.at}`, announced);
  });
