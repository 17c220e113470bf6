import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hideSecret, withoutSecret } from './without-secret.ts';

const told = { login: 'taro@far.example', secret: 'pa"ss wörd-7' };
const base64 = (text: string): string => Buffer.from(text).toString('base64');

test('no form in which a secret is told stays in the words', () => {
  const forms = [
    told.secret,
    String.raw`pa\"ss wörd-7`,
    base64(told.secret),
    base64(`\0${told.login}\0${told.secret}`),
    ...['', 'a', 'ab', 'abc'].map((before) => base64(`${before}\x01auth=Bearer ${told.secret}\x01\x01`)),
  ];
  for (const form of forms) {
    const clean = withoutSecret(`535 5.7.8 no: ${form} (try again)`, told.secret);
    assert.match(clean, /^535 5\.7\.8 no: .*…/, form);
    assert.match(clean, /\(try again\)$/);
    // Not a longer piece of it either.
    const raw = Buffer.from(/no: (\S+)/.exec(clean)![1]!.replaceAll('…', ''), 'base64').toString('latin1');
    assert.ok(!raw.includes(Buffer.from('ss wö').toString('latin1')), clean);
  }
  assert.equal(withoutSecret('535 no', told.secret), '535 no');
  for (const secret of ['', 'n', 'no']) assert.equal(withoutSecret('535 no', secret), '535 no');
});

test('a trouble is told without it, with all that caused it', () => {
  const inner = new Error(`BAD LOGIN taro ${told.secret}`);
  const refused = Object.assign(new Error(`refused: ${told.secret}`, { cause: inner }), {
    words: `NO ${told.secret}`,
    why: 'wrong-password',
  });
  const trouble = hideSecret(refused, told.secret);
  for (const text of [trouble.message, trouble.words, trouble.stack!, inner.message, inner.stack!])
    assert.ok(!text.includes(told.secret), text);
  assert.deepEqual([trouble.why, trouble.words], ['wrong-password', 'NO …']);
  assert.equal(hideSecret('no error', told.secret), 'no error');
});

for (const secret of ['hunter2', 'correct horse', '合言葉です', 'abcd', 'ya29.a0AfH6SMBx-_longtoken'])
  for (const login of ['', 't', 'ta', 'tar', 'taro@far.example'])
    test(`${secret} of ${login === '' ? 'nobody' : login} is in no words of a server that repeats what it was told`, () => {
      const lines = [secret, base64(secret), base64(`\0${login}\0${secret}`), base64(`user=${login}\x01auth=Bearer ${secret}\x01\x01`)];
      for (const line of lines) assert.equal(withoutSecret(`500 5.5.1 "${line}" is not known`, secret), '500 5.5.1 "…" is not known');
    });

test('other words stay as they are, and nothing is hidden for want of a secret', () => {
  for (const secret of ['', 'ok', 'hunter2'])
    assert.equal(withoutSecret('535 ok, AUTH failed for dGFybw==', secret), '535 ok, AUTH failed for dGFybw==');
});
