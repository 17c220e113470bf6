import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesFromUtf8 } from '../../../base/bytes.ts';
import { Refusal } from '../../../base/trouble.ts';
import { imapLimits } from '../limits.ts';
import { Cursor } from './cursor.ts';
import { canonicalName, checkNewName, decodeUtf7, encodeUtf7, formatMailboxName, parentNames, parseMailboxName } from './mailbox-name.ts';

const utf7: [name: string, coded: string][] = [
  ['Sent', 'Sent'],
  ['a & b', 'a &- b'],
  ['日本語', '&ZeVnLIqe-'],
  ['~peter/mail/台北/日本語', '~peter/mail/&U,BTFw-/&ZeVnLIqe-'], // RFC 3501 §5.1.3
  ['☺!', '&Jjo-!'],
  ['😀', '&2D3eAA-'],
  ['é&é', '&AOk-&-&AOk-'],
];
for (const [name, coded] of utf7)
  test(`modified UTF-7: ${name}`, () => {
    assert.equal(encodeUtf7(name), coded);
    assert.equal(decodeUtf7(coded), name);
  });

for (const coded of ['&', '&ZeV', '&ZeV-', '&AGE-', '&ZeU!-', '&2D0-', '&3gA-', '&ZeU-&ZyyKng-', '&ZeVnLIqf-x&', '&A-', '&ZeVnLIqe=-'])
  test(`not modified UTF-7: ${coded}`, () =>
    assert.throws(
      () => decodeUtf7(coded),
      (trouble) => trouble instanceof Refusal && trouble.code === 'cannot',
    ));

test('every name comes back from the wire, in both forms', () => {
  const alphabet = ['a', 'Z', ' ', '&', '-', '/', '"', '\\', ',', '+', 'é', '日', '語', '😀', '\u00a0', '.', '(', '%'];
  let seed = 7;
  const chance = (below: number): number => (seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fff_ffff) % below;
  for (let i = 0; i < 3000; i++) {
    const name = canonicalName(Array.from({ length: 1 + chance(12) }, () => alphabet[chance(alphabet.length)]).join(''));
    for (const utf8 of [false, true]) {
      const wire = formatMailboxName(name, utf8);
      const cursor = new Cursor(bytesFromUtf8(wire), utf8);
      assert.equal(parseMailboxName(cursor), name, wire);
      assert.ok(cursor.atEnd);
      if (!utf8) assert.match(wire, /^[\x20-\x7e]*$/);
    }
  }
});

const canonical: [from: string, to: string][] = [
  ['inbox', 'INBOX'],
  ['InBox/sub', 'INBOX/sub'],
  ['Inboxes', 'Inboxes'],
  ['e\u0301', 'é'],
];
for (const [from, to] of canonical) test(`the name ${from}`, () => assert.equal(canonicalName(from), to));

const illegal: [name: string, code: string][] = [
  ['', 'cannot'],
  ['/', 'cannot'],
  ['a//b', 'cannot'],
  ['/a', 'cannot'],
  ['a/', 'cannot'],
  ['..', 'cannot'],
  ['a/../b', 'cannot'],
  ['.', 'cannot'],
  ['a\0b', 'cannot'],
  ['a\nb', 'cannot'],
  ['a\u0085', 'cannot'],
  ['a\u2028b', 'cannot'],
  ['*', 'cannot'],
  ['50%', 'cannot'],
  ['a\\b', 'cannot'],
  [' a', 'cannot'],
  ['#news', 'cannot'],
  ['\ud800', 'cannot'],
  ['x'.repeat(256), 'limit'],
  ['日'.repeat(86), 'limit'],
  [Array.from({ length: 51 }, () => 'a').join('/'), 'limit'],
];
for (const [name, code] of illegal)
  test(`no new mailbox ${JSON.stringify(name.slice(0, 20))}`, () =>
    assert.throws(
      () => checkNewName(name, imapLimits),
      (trouble) => trouble instanceof Refusal && trouble.code === code,
    ));
for (const name of ['a', 'INBOX/x', '日'.repeat(85), 'a.b', 'Re: "hello" (2)', '~', 'x'.repeat(255)])
  test(`a new mailbox ${JSON.stringify(name.slice(0, 20))}`, () => checkNewName(name, imapLimits));

test('parent names', () => assert.deepEqual(parentNames('a/b/c'), ['a', 'a/b']));
