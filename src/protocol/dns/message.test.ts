import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesFromHex, hexFromBytes } from '../../base/bytes.ts';
import { SyntaxTrouble } from '../../base/trouble.ts';
import { formatIpv6, formatQuestion, parseMessage } from './message.ts';

// An answer as a server gives it, name compression included: MX of example.test, two records, one A in another section left out.
const answer =
  '123481800001000200000000' +
  '076578616d706c65047465737400000f0001' +
  'c00c000f00010000003c0009000a046d61696cc00c' +
  'c00c000f00010000000a0003001400';

test('formatQuestion: header, name, type and EDNS', () => {
  assert.equal(
    hexFromBytes(formatQuestion({ id: 0x1234, name: 'Example.test.', type: 'MX' })),
    ['123401200001000000000001', '074578616d706c65047465737400', '000f0001', '00002904d0000080000000'].join(''),
  );
});

for (const [what, name] of [
  ['an empty label', 'a..b'],
  ['a NUL', 'a\0b.test'],
  ['a long label', `${'a'.repeat(64)}.test`],
  ['a long name', 'abcdefgh.'.repeat(40)],
  ['a space', 'a b'],
  ['Unicode', '日本.test'],
] as const)
  test(`formatQuestion: refuses ${what}`, () => assert.throws(() => formatQuestion({ id: 1, name, type: 'A' }), SyntaxTrouble));

test('parseMessage: records with compressed names', () => {
  const message = parseMessage(bytesFromHex(answer));
  assert.equal(message.id, 0x1234);
  assert.deepEqual(message.question, { name: 'example.test', type: 15 });
  assert.deepEqual(message.answers, [
    { name: 'example.test', type: 'MX', ttl: 60, data: { preference: 10, exchange: 'mail.example.test' } },
    { name: 'example.test', type: 'MX', ttl: 10, data: { preference: 20, exchange: '' } },
  ]);
});

test('parseMessage: every cut of an answer is told as syntax trouble, never anything else', () => {
  const whole = bytesFromHex(answer);
  for (let length = 0; length < whole.length; length++)
    assert.throws(() => parseMessage(whole.subarray(0, length)), SyntaxTrouble, `${length} octets`);
});

test('parseMessage: names that point to themselves or forward are refused', () => {
  for (const pointer of ['c00c', 'c010', 'c0ff'])
    assert.throws(() => parseMessage(bytesFromHex(`123481800001000000000000${pointer}000f0001`)), SyntaxTrouble);
});

test('parseMessage: random octets never end in anything but syntax trouble', () => {
  let state = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
  const seed = state;
  const random = () => (state = (state * 1_103_515_245 + 12_345) & 0x7fff_ffff) / 0x7fff_ffff;
  const whole = bytesFromHex(answer);
  for (let round = 0; round < 20_000; round++) {
    const bytes = whole.slice(0, 12 + Math.floor(random() * whole.length));
    for (let change = 0; change < 4; change++) bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
    try {
      parseMessage(bytes);
    } catch (trouble) {
      assert.ok(trouble instanceof SyntaxTrouble, `seed ${seed}: ${String(trouble)}`);
    }
  }
});

for (const [hex, text] of [
  ['20010db8000000000000000000000001', '2001:db8::1'],
  ['00000000000000000000000000000001', '::1'],
  ['00000000000000000000000000000000', '::'],
  ['20010db8000000010000000000000000', '2001:db8:0:1::'],
  ['20010db8000100000001000000010001', '2001:db8:1:0:1:0:1:1'],
  ['20010db8000100010001000100010001', '2001:db8:1:1:1:1:1:1'],
  ['00000000000100000000000000000001', '0:0:1::1'],
] as const)
  test(`formatIpv6: ${text} (RFC 5952)`, () => assert.equal(formatIpv6(bytesFromHex(hex)), text));
