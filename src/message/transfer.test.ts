// Tables and twins of the transfer encodings.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bytesFromLatin1, bytesFromUtf8, equalBytes, latin1FromBytes } from '../base/bytes.ts';
import { decodeTransfer, encodeBase64, encodeQuotedPrintable, knownEncoding } from './transfer.ts';
import { runs } from '../../test/support/depth.ts';

const rows: readonly (readonly [encoding: string, text: string, decoded: string])[] = [
  ['base64', 'aGVsbG8=', 'hello'],
  ['base64', 'aGVs\r\nbG8=\r\n', 'hello'],
  ['base64', 'aGVsbG8', 'hello'],
  ['base64', 'aGVsb', 'hel'],
  ['base64', 'aGVsbG8=aGVsbG8=', 'hellohello'],
  ['base64', '!!aG Vs*bG8=junk', 'hello\x8e\xe9\xe4'],
  ['base64', '====', ''],
  ['base64', '', ''],
  ['quoted-printable', 'a=3Db', 'a=b'],
  ['quoted-printable', 'a=3db', 'a=b'],
  ['quoted-printable', 'a=\r\nb', 'ab'],
  ['quoted-printable', 'a=\nb', 'ab'],
  ['quoted-printable', 'a=  \r\nb', 'ab'],
  ['quoted-printable', 'a \t\r\nb', 'a\r\nb'],
  ['quoted-printable', 'a =\r\n b', 'a  b'],
  ['quoted-printable', 'a=20\r\nb', 'a \r\nb'],
  ['quoted-printable', 'a=', 'a'],
  ['quoted-printable', 'a=\0b', 'a=\0b'],
  ['quoted-printable', 'a=zzb=4', 'a=zzb=4'],
  ['quoted-printable', 'caf\xe9', 'caf\xe9'],
  ['7bit', 'a=3D', 'a=3D'],
  ['x-y', 'a=3D', 'a=3D'],
];
for (const [encoding, text, decoded] of rows)
  test(`decodeTransfer ${encoding}: ${JSON.stringify(text)}`, () =>
    assert.equal(latin1FromBytes(decodeTransfer(encoding, bytesFromLatin1(text))), decoded));

test('decodeTransfer ends at the length asked for, with the octets it would have had', () => {
  for (const encoding of ['base64', 'quoted-printable', '8bit'])
    for (let max = 0; max < 12; max++) {
      const bytes = bytesFromLatin1('aGVsbG8gd29ybGQ=');
      assert.deepEqual([...decodeTransfer(encoding, bytes, max)], [...decodeTransfer(encoding, bytes).subarray(0, max)]);
    }
});

test('decoding undoes encoding; lines are at most 76', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      for (const [encoding, text] of [
        ['base64', encodeBase64(bytes)],
        ['quoted-printable', encodeQuotedPrintable(bytes)],
      ] as const) {
        assert.ok(equalBytes(decodeTransfer(encoding, bytesFromLatin1(text)), bytes), encoding);
        for (const line of text.split('\r\n')) assert.ok(line.length <= 76, line);
        assert.match(text, /^[\x20-\x7e\r\n\t]*$/);
      }
    }),
    { numRuns: runs(500) },
  );
  fc.assert(
    fc.property(fc.array(fc.constantFrom('a', ' ', '=', '\r\n', '.', 'From ', 'あ', '\t'), { maxLength: 120 }), (pieces) => {
      const bytes = bytesFromUtf8(pieces.join(''));
      const text = encodeQuotedPrintable(bytes);
      assert.ok(equalBytes(decodeTransfer('quoted-printable', bytesFromLatin1(text)), bytes));
      assert.doesNotMatch(text, /[ \t]\r\n|^\.|^From /m);
    }),
    { numRuns: runs(500) },
  );
});

test('knownEncoding', () => {
  assert.equal(knownEncoding('base64'), 'base64');
  assert.equal(knownEncoding('x-uuencode'), null);
});
