// Registration and assertion by three kinds of keys, and everything that must not hold; CBOR that is none.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { bytesFromHex } from '../../base/bytes.ts';
import { SyntaxTrouble } from '../../base/trouble.ts';
import { assertion, makePasskey, register, type KeyKind, type Twist } from '../../../test/support/passkey.ts';
import { parseCbor } from './cbor.ts';
import { challengeOf, checkAssertion, checkRegistration, readAssertion, readRegistration } from './ceremonies.ts';
import { runs } from '../../../test/support/depth.ts';

const place = { origin: 'https://mail.test', relyingParty: 'mail.test' };
const challenge = 'Y2hhbGxlbmdl';
const expected = { ...place, challenge, verified: true };
const isSyntax = (trouble: unknown): boolean => trouble instanceof SyntaxTrouble;

suite('passkeys', () => {
  for (const kind of ['ES256', 'EdDSA', 'RS256'] as const satisfies readonly KeyKind[])
    test(`${kind}: registered, then signed`, async () => {
      const key = makePasskey(kind);
      const made = checkRegistration(readRegistration(register(key, challenge, place)), expected);
      assert.equal(made.credential, key.id);
      key.count = 7;
      const answer = readAssertion(assertion(key, challenge, place));
      assert.equal(challengeOf(answer), challenge);
      assert.equal(await checkAssertion(answer, expected, made), 7);
      // A counter that stands still belongs to a copy.
      await assert.rejects(checkAssertion(answer, expected, { ...made, count: 7 }), isSyntax);
      const other = checkRegistration(readRegistration(register(makePasskey(kind), challenge, place)), expected);
      await assert.rejects(checkAssertion(answer, expected, other), isSyntax);
    });

  const twists: readonly (readonly [title: string, twist: Twist, place: typeof place, challenge: string])[] = [
    ['another origin', {}, { ...place, origin: 'https://evil.test' }, challenge],
    ['another server', {}, { ...place, relyingParty: 'evil.test' }, challenge],
    ['another challenge', {}, place, 'b3RoZXI'],
    ['another ceremony', { type: 'webauthn.other' }, place, challenge],
    ['nobody there', { flags: 0x44 }, place, challenge],
    ['nobody verified', { flags: 0x41 }, place, challenge],
    ['inside another page', { crossOrigin: true }, place, challenge],
  ];
  for (const [title, twist, from, by] of twists)
    test(`refused: ${title}`, async () => {
      const key = makePasskey();
      assert.throws(() => checkRegistration(readRegistration(register(key, by, from, twist)), expected), isSyntax);
      const made = checkRegistration(readRegistration(register(key, challenge, place)), expected);
      await assert.rejects(checkAssertion(readAssertion(assertion(key, by, from, twist)), expected, made), isSyntax);
    });

  test('what is no credential', () => {
    for (const value of [null, 1, {}, { id: 'x', type: 'public-key', response: {} }, { id: '+', type: 'public-key', response: null }])
      for (const read of [readRegistration, readAssertion]) assert.throws(() => read(value), isSyntax);
  });

  test('whatever octets come, they are read or refused', () =>
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (octets) => {
        try {
          parseCbor(octets);
        } catch (trouble) {
          assert.ok(trouble instanceof SyntaxTrouble, String(trouble));
        }
      }),
      { numRuns: runs(2000) },
    ));
});

suite('CBOR', () => {
  // RFC 8949 Appendix A.
  const rows: readonly (readonly [hex: string, value: unknown])[] = [
    ['00', 0],
    ['17', 23],
    ['1818', 24],
    ['1903e8', 1000],
    ['1a000f4240', 1_000_000],
    ['1b000000e8d4a51000', 1_000_000_000_000],
    ['20', -1],
    ['3863', -100],
    ['f4', false],
    ['f5', true],
    ['f6', null],
    ['6449455446', 'IETF'],
    ['83010203', [1, 2, 3]],
    [
      'a201020304',
      new Map([
        [1, 2],
        [3, 4],
      ]),
    ],
    [
      'a26161016162820203',
      new Map<string, unknown>([
        ['a', 1],
        ['b', [2, 3]],
      ]),
    ],
  ];
  for (const [hex, value] of rows) test(hex, () => assert.deepEqual(parseCbor(bytesFromHex(hex)).value, value));
  for (const hex of [
    '',
    '18',
    '5801',
    '1bffffffffffffffff',
    '9f01ff',
    'f97c00',
    'c101',
    'a1',
    'a2010101',
    '818181818181818181818101',
    '9a00ffffff',
    'a1f600',
  ])
    test(`refused: ${hex}`, () => assert.throws(() => parseCbor(bytesFromHex(hex)), isSyntax));
});
