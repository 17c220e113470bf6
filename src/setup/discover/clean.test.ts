import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { CauseTrouble } from '../../journey/outside/causes.ts';
import { cleanAddress } from './clean.ts';

const good: readonly [typed: string, address: string][] = [
  ['taro@example.com', 'taro@example.com'],
  ['  taro@Example.COM \n', 'taro@example.com'],
  ['Taro.Y+x@EXAMPLE.com', 'Taro.Y+x@example.com'],
  ['taro@example.com', 'taro@example.com'],
  ['ｔａｒｏ＠ｅｘａｍｐｌｅ．ｃｏｍ', 'taro@example.com'],
  ['ＴＡＲＯ＠ＥＸＡＭＰＬＥ．ＣＯＭ', 'TARO@example.com'],
  ['\u3000ｔａｒｏ１＠ｄｏｃｏｍｏ．ｎｅ．ｊｐ\u3000', 'taro1@docomo.ne.jp'],
  [' taro@docomo。ne。jp ', 'taro@docomo.ne.jp'],
  ['taro@docomo。ne.jp', 'taro@docomo.ne.jp'],
  ['taro@会社.jp', 'taro@xn--6oq404h.jp'],
  ['太郎@会社.jp', '太郎@xn--6oq404h.jp'],
  ['mailto:taro@example.com', 'taro@example.com'],
  ['山田太郎 <taro@example.com>', 'taro@example.com'],
  ['taro@example.com.', 'taro@example.com'],
  ['taro@example.com、', 'taro@example.com'],
  ['ta\u200bro@exam\u00adple.com', 'taro@example.com'],
  ['taro..x.@docomo.ne.jp', 'taro..x.@docomo.ne.jp'],
  ['hanako@localhost', 'hanako@localhost'],
];
const bad = [
  '',
  'taro',
  '@',
  '@example.com',
  'taro@',
  'taro@com',
  'taro@exa mple.com',
  'ta ro@example.com',
  'taro@example..com',
  'a@b@example.com',
  'taro@[192.0.2.1]',
  'taro@-example.com',
  `${'x'.repeat(300)}@example.com`,
  'x'.repeat(2000),
  'taro@example.com/path',
  '"ta ro"@example.com',
];

describe('cleanAddress', () => {
  for (const [typed, address] of good) test(JSON.stringify(typed), () => assert.equal(cleanAddress(typed).address, address));
  for (const typed of bad)
    test(`not: ${JSON.stringify(typed.slice(0, 40))}`, () =>
      assert.throws(
        () => cleanAddress(typed),
        (trouble: unknown) => trouble instanceof CauseTrouble && trouble.why === 'not-an-address',
      ));
  test('whatever is typed, it is an address or not one, and cleaning twice changes nothing', () =>
    fc.assert(
      fc.property(
        fc.string({ unit: fc.oneof(fc.constantFrom(...'a@.@。 <>'), fc.string({ minLength: 1, maxLength: 1 })), maxLength: 30 }),
        (typed) => {
          try {
            const { address } = cleanAddress(typed);
            assert.equal(cleanAddress(address).address, address);
          } catch (trouble) {
            assert.ok(trouble instanceof CauseTrouble, String(trouble));
          }
        },
      ),
    ));
});

describe('near misses', () => {
  const rows: readonly [domain: string, meant: string | null][] = [
    ['gamil.com', 'gmail.com'],
    ['gmial.com', 'gmail.com'],
    ['gmai.com', 'gmail.com'],
    ['gmaill.com', 'gmail.com'],
    ['gmail.con', 'gmail.com'],
    ['gmail.co', 'gmail.com'],
    ['gmail.co.jp', 'gmail.com'],
    ['docomo.co.jp', 'docomo.ne.jp'],
    ['dokomo.ne.jp', 'docomo.ne.jp'],
    ['docomo.ne.jo', 'docomo.ne.jp'],
    ['ezweb.co.jp', 'ezweb.ne.jp'],
    ['yaho.co.jp', 'yahoo.co.jp'],
    ['yahoo.co.jo', 'yahoo.co.jp'],
    ['hotmail.co', 'hotmail.com'],
    ['iclod.com', 'icloud.com'],
    ['outlok.com', 'outlook.com'],
    ['gmail.com', null],
    ['yahoo.co.jp', null],
    ['yahoo.com', null],
    ['ymail.com', null],
    ['email.com', null],
    ['live.com', null],
    ['au.com', null],
    ['example.com', null],
    ['mail.example.jp', null],
  ];
  for (const [domain, meant] of rows)
    test(`${domain}: ${meant ?? 'as it is'}`, () => {
      const { address, suggestion } = cleanAddress(`taro@${domain}`);
      assert.deepEqual([address, suggestion], [`taro@${domain}`, meant && `taro@${meant}`]);
    });
});
