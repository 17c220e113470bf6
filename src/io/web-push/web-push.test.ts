import assert from 'node:assert/strict';
import { createPublicKey, verify } from 'node:crypto';
import { describe, test } from 'node:test';
import { base64FromBytes, bytesFromBase64, bytesFromUtf8, utf8FromBytes } from '../../base/bytes.ts';
import { systemClock } from '../clock.ts';
import { encryptPush, pushTextMax } from './encrypt.ts';
import { openVapid } from './vapid.ts';

const url = (text: Uint8Array) => base64FromBytes(text).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');

describe('RFC 8291 appendix A', () => {
  const keys = {
    p256dh: 'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4',
    auth: 'BTBZMqHH6r4Tts7J_aSIgg',
  };
  test('the message of the book', () =>
    assert.equal(
      url(
        encryptPush('When I grow up, I want to be a watermelon', keys, {
          privateKey: bytesFromBase64('yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw'),
          salt: bytesFromBase64('DGv6ra1nlYgDCS1FRnbzlw'),
        }),
      ),
      'DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN',
    ));
  test('two messages have nothing in common', () =>
    assert.notEqual(url(encryptPush('a', keys)).slice(0, 20), url(encryptPush('a', keys)).slice(0, 20)));
  test('as much as a service takes, and no more', () => {
    assert.equal(encryptPush('x'.repeat(pushTextMax), keys).length, 4096);
    assert.throws(() => encryptPush('x'.repeat(pushTextMax + 1), keys), RangeError);
  });
});

describe('VAPID', () => {
  const values = new Map<string, string>();
  const parts = {
    // A vault of glass: what is looked at here is what is put into it.
    vault: {
      sealText: (text: string, bound: string) => bytesFromUtf8(`${bound}|${text}`),
      openText: (sealed: Uint8Array) => utf8FromBytes(sealed).split('|')[1]!,
    },
    directory: {
      value: (name: string) => values.get(name) ?? null,
      putValue: async (name: string, value: string) => void values.set(name, value),
    },
    clock: systemClock,
    contact: 'mailto:postmaster@example.test',
  };
  test('RFC 8292 §2: a token for the service alone, that our public key proves', async () => {
    const vapid = await openVapid(parts);
    const match = /^vapid t=([\w-]+)\.([\w-]+)\.([\w-]+), k=([\w-]+)$/.exec(vapid.authorization('https://push.example.test:8443/a/b?c'));
    assert.ok(match);
    const [, head = '', body = '', signature = '', key = ''] = match;
    assert.equal(key, vapid.publicKey);
    assert.deepEqual(JSON.parse(utf8FromBytes(bytesFromBase64(head))), { typ: 'JWT', alg: 'ES256' });
    const claims = JSON.parse(utf8FromBytes(bytesFromBase64(body)));
    assert.equal(claims.aud, 'https://push.example.test:8443');
    assert.equal(claims.sub, 'mailto:postmaster@example.test');
    assert.ok(claims.exp * 1000 > Date.now() && claims.exp * 1000 <= Date.now() + 24 * 3_600_000);
    const point = bytesFromBase64(key);
    const proof = createPublicKey({
      format: 'jwk',
      key: { kty: 'EC', crv: 'P-256', x: url(point.subarray(1, 33)), y: url(point.subarray(33)) },
    });
    assert.ok(verify('sha256', bytesFromUtf8(`${head}.${body}`), { key: proof, dsaEncoding: 'ieee-p1363' }, bytesFromBase64(signature)));
  });
  test('the key stays the same', async () => assert.equal((await openVapid(parts)).publicKey, (await openVapid(parts)).publicKey));
});
