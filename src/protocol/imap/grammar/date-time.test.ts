import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesFromLatin1 } from '../../../base/bytes.ts';
import { SyntaxTrouble } from '../../../base/trouble.ts';
import { Cursor } from './cursor.ts';
import { formatDateTime, parseDateTime } from './date-time.ts';

const good: [text: string, iso: string][] = [
  ['"17-Jul-1996 02:44:25 -0700"', '1996-07-17T09:44:25.000Z'],
  ['" 1-Jan-2026 00:00:00 +0900"', '2025-12-31T15:00:00.000Z'],
  ['"1-jan-2026 00:00:00 +0000"', '2026-01-01T00:00:00.000Z'],
  ['"29-Feb-2024 23:59:59 +0000"', '2024-02-29T23:59:59.000Z'],
];
for (const [text, iso] of good)
  test(`date-time ${text}`, () => assert.equal(new Date(parseDateTime(new Cursor(bytesFromLatin1(text)))).toISOString(), iso));

for (const text of [
  '"32-Feb-9999 00:00:00 +0000"',
  '"29-Feb-2023 00:00:00 +0000"',
  '"00-Jan-2026 00:00:00 +0000"',
  '"17-Foo-1996 02:44:25 -0700"',
  '"17-Jul-1996 24:00:00 -0700"',
  '"17-Jul-1996 02:44:25"',
  '"17-Jul-96 02:44:25 -0700"',
  '""',
])
  test(`no date-time ${text}`, () => assert.throws(() => parseDateTime(new Cursor(bytesFromLatin1(text))), SyntaxTrouble));

test('date-time comes back', () => {
  for (let at = 0; at < 4e12; at += 86_399_999_000) {
    const whole = Math.floor(at / 1000) * 1000;
    assert.equal(parseDateTime(new Cursor(bytesFromLatin1(formatDateTime(whole)))), whole);
  }
});
