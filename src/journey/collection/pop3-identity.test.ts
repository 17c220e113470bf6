import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesFromLatin1 } from '../../base/bytes.ts';
import { headerDigest, LetterEye, longestHeader, seeLetter, storyOf } from './pop3-identity.ts';

const letter = 'Received: by x; Mon, 23 Nov 2026 10:00:00 +0900\r\nFrom: a@b.test\r\nMessage-ID: <m@b.test>\r\n\r\nbody\r\n\r\nmore\r\n';

test('LetterEye: the same whatever the pieces', () => {
  for (const text of [letter, '\r\nno header\r\n', '\nno header', 'Subject: only\r\n', '', 'A: b\n\nbare\n'] as const) {
    const whole = seeLetter(bytesFromLatin1(text));
    assert.equal(whole.length, text.length);
    for (let cut = 0; cut <= text.length; cut++) {
      const eye = new LetterEye();
      eye.add(bytesFromLatin1(text.slice(0, cut)));
      eye.add(bytesFromLatin1(text.slice(cut)));
      assert.deepEqual(eye.end(), whole, `${JSON.stringify(text)} cut at ${cut}`);
    }
    const octets = new LetterEye();
    for (const octet of bytesFromLatin1(text)) octets.add(new Uint8Array([octet]));
    assert.deepEqual(octets.end(), whole);
  }
});

test('headerDigest: what TOP gives is what the letter has, and fields that programs change do not count', () => {
  const seen = seeLetter(bytesFromLatin1(letter));
  const top = letter.slice(0, letter.indexOf('\r\n\r\n') + 4);
  assert.equal(headerDigest(bytesFromLatin1(top)), seen.header);
  assert.equal(headerDigest(bytesFromLatin1(top.trimEnd() + '\r\n')), seen.header);
  const touched = letter.replace('From:', 'Status: RO\r\nX-UIDL: abc\r\n def\r\nFrom:');
  assert.equal(seeLetter(bytesFromLatin1(touched)).header, seen.header);
  assert.equal(seeLetter(bytesFromLatin1(touched)).digest, seen.digest);
});

test('LetterEye: another body, another digest; a field is never taken for a line of the body', () => {
  const seen = seeLetter(bytesFromLatin1(letter));
  const other = seeLetter(bytesFromLatin1(letter.replace('more', 'less')));
  assert.equal(other.header, seen.header);
  assert.notEqual(other.digest, seen.digest);
  assert.notEqual(seeLetter(bytesFromLatin1('A: b\r\n\r\nC: d\r\n')).digest, seeLetter(bytesFromLatin1('A: b\r\nC: d\r\n\r\n')).digest);
});

test('LetterEye: a header without end is not held', () => {
  const eye = new LetterEye();
  for (let count = 0; count < 40; count++) eye.add(bytesFromLatin1('x'.repeat(longestHeader / 8)));
  const seen = eye.end();
  assert.equal(seen.header, '');
  assert.ok(seen.headerOctets.length <= longestHeader);
  assert.equal(seen.length, longestHeader * 5);
});

const now = Date.UTC(2026, 10, 27);
const stories: [header: string, receivedAt: number, reversePath: string][] = [
  [letter, Date.UTC(2026, 10, 23, 1), ''],
  ['Return-Path: <a@b.test>\r\nDate: Tue, 1 Sep 2026 00:00:00 +0000\r\n\r\n', Date.UTC(2026, 8, 1), 'a@b.test'],
  ['Return-Path: <>\r\nReceived: nonsense\r\nDate: Tue, 1 Sep 2026 00:00:00 +0000\r\n\r\n', Date.UTC(2026, 8, 1), ''],
  ['Received: by x; Mon, 23 Nov 2099 10:00:00 +0000\r\n\r\n', now, ''],
  ['\r\n', now, ''],
];
for (const [header, receivedAt, reversePath] of stories)
  test(`storyOf ${JSON.stringify(header).slice(0, 60)}`, () => {
    const story = storyOf(bytesFromLatin1(header), now);
    assert.deepEqual([story.receivedAt, story.reversePath], [receivedAt, reversePath]);
  });
