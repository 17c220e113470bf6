// The vectors of the books: RFC 4226 Appendix D, RFC 6238 Appendix B (SHA-1, last six digits), RFC 4648 §10.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { bytesFromUtf8 } from '../../base/bytes.ts';
import { base32FromBytes, findStep, totpCode, totpUri } from './totp.ts';

const secret = bytesFromUtf8('12345678901234567890');

suite('codes by time', () => {
  const counted = ['755224', '287082', '359152', '969429', '338314', '254676', '287922', '162583', '399871', '520489'];
  for (const [step, code] of counted.entries()) test(`RFC 4226: step ${step}`, () => assert.equal(totpCode(secret, step), code));
  const timed: readonly (readonly [number, string])[] = [
    [59, '287082'],
    [1111111109, '081804'],
    [1111111111, '050471'],
    [1234567890, '005924'],
    [2000000000, '279037'],
    [20000000000, '353130'],
  ];
  for (const [seconds, code] of timed)
    test(`RFC 6238: ${seconds} s`, () => assert.equal(findStep(secret, code, seconds * 1000, 0), Math.floor(seconds / 30)));

  test('one step aside is taken, two are not; a step is taken once; wide digits and spaces are read', () => {
    const now = 1_000_000 * 30_000;
    const code = (step: number): string => totpCode(secret, 1_000_000 + step);
    for (const step of [-1, 0, 1]) assert.equal(findStep(secret, code(step), now, 0), 1_000_000 + step);
    for (const step of [-2, 2]) assert.equal(findStep(secret, code(step), now, 0), null);
    assert.equal(findStep(secret, code(0), now, 1_000_000), null);
    assert.equal(findStep(secret, code(1), now, 1_000_000), 1_000_001);
    const wide = code(0).replace(/\d/g, (digit) => String.fromCharCode(digit.charCodeAt(0) + 0xfee0));
    assert.equal(findStep(secret, `${wide.slice(0, 3)} ${wide.slice(3)}`, now, 0), 1_000_000);
    for (const bad of ['', '12345', '1234567', 'abcdef', '12345x']) assert.equal(findStep(secret, bad, now, 0), null);
  });

  for (const [plain, coded] of [
    ['', ''],
    ['f', 'MY'],
    ['fo', 'MZXQ'],
    ['foo', 'MZXW6'],
    ['foob', 'MZXW6YQ'],
    ['fooba', 'MZXW6YTB'],
    ['foobar', 'MZXW6YTBOI'],
  ] as const)
    test(`base32 of "${plain}"`, () => assert.equal(base32FromBytes(bytesFromUtf8(plain)), coded));

  test('the text of the QR code', () =>
    assert.equal(
      totpUri(secret, 'hanako@example.test', 'Tayori'),
      'otpauth://totp/Tayori:hanako%40example.test?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Tayori',
    ));
});
