import assert from 'node:assert/strict';
import { test } from 'node:test';
import { base64FromBytes, bytesFromUtf8 } from './bytes.ts';
import { withoutSecret } from './without-secret.ts';

const base64 = (text: string): string => base64FromBytes(bytesFromUtf8(text));

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
