import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesFromUtf8, latin1FromBytes } from '../../base/bytes.ts';
import { chooseOAuth, formatOAuthBearer, formatXOAuth2, oauthClient, parseOAuthFault, type OAuthFault } from './oauth.ts';

const credentials = {
  login: 'user@example.com',
  token: 'vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==',
  host: 'server.example.com',
  port: 143,
};

test('OAUTHBEARER: the example of RFC 7628 §4.1', () => {
  assert.equal(
    formatOAuthBearer(credentials),
    'n,a=user@example.com,\x01host=server.example.com\x01port=143\x01auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\x01\x01',
  );
  assert.match(formatOAuthBearer({ ...credentials, login: 'a=b,c' }), /^n,a=a=3Db=2Cc,/);
});

test('XOAUTH2: the form that Google documents', () => {
  assert.equal(
    formatXOAuth2({ login: 'someuser@example.com', token: 'ya29.v' }),
    'user=someuser@example.com\x01auth=Bearer ya29.v\x01\x01',
  );
});

const choices: [offered: string, mechanism: string | undefined][] = [
  ['PLAIN XOAUTH2 OAUTHBEARER', 'OAUTHBEARER'],
  ['plain xoauth2', 'XOAUTH2'],
  ['PLAIN LOGIN', undefined],
  ['', undefined],
];
for (const [offered, mechanism] of choices)
  test(`chooseOAuth from ${JSON.stringify(offered)}`, () =>
    assert.equal(chooseOAuth(offered.split(' '), credentials)?.mechanism, mechanism));

test('a token with control characters goes nowhere', () => {
  for (const bad of ['a\x01auth=Bearer x', 'a\r\nb', 'a\0'])
    for (const mechanism of ['OAUTHBEARER', 'XOAUTH2'] as const) {
      assert.throws(() => oauthClient(mechanism, { ...credentials, token: bad }), RangeError);
      assert.throws(() => oauthClient(mechanism, { ...credentials, login: bad }), RangeError);
    }
});

test('a refused token: the fault is kept, the answer is the one the server waits for', async () => {
  const bearer = oauthClient('OAUTHBEARER', credentials);
  assert.equal(bearer.fault, null);
  const challenge = bytesFromUtf8('{"status":"invalid_token","scope":"example_scope"}');
  assert.equal(latin1FromBytes(await bearer.respond(challenge)), '\x01');
  assert.deepEqual(bearer.fault, { status: 'invalid_token', scope: 'example_scope' });
  assert.equal((await oauthClient('XOAUTH2', credentials).respond(challenge)).length, 0);
});

const faults: [challenge: string, fault: OAuthFault][] = [
  ['{"status":"401","schemes":"bearer mac","scope":"https://mail.google.com/"}', { status: '401', scope: 'https://mail.google.com/' }],
  ['{"status":400}', { status: '400', scope: '' }],
  ['{"__proto__":{"status":"x"}}', { status: '', scope: '' }],
  ['[]', { status: '', scope: '' }],
  ['null', { status: '', scope: '' }],
  ['not json', { status: '', scope: '' }],
];
for (const [challenge, fault] of faults)
  test(`parseOAuthFault ${challenge}`, () => assert.deepEqual(parseOAuthFault(bytesFromUtf8(challenge)), fault));
