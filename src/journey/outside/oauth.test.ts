import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesFromHex, bytesFromUtf8 } from '../../base/bytes.ts';
import { Refusal } from '../../base/trouble.ts';
import { CauseTrouble } from './causes.ts';
import {
  authorizationUrl,
  base64Url,
  challengeOf,
  checkAudience,
  checkAuthorizationAnswer,
  codeRequest,
  oauthProviders,
  parseAuthorizationAnswer,
  parseTokenAnswer,
  providerOfHost,
  refreshRequest,
  type OAuthClient,
} from './oauth.ts';

const client = (name: string, secret: string | null = 's & s'): OAuthClient => ({
  provider: oauthProviders.find((one) => one.name === name)!,
  id: 'id@here',
  secret,
});

test('challengeOf: RFC 7636 appendix B', () => {
  const octets = bytesFromHex('7418dfb49799e0254ffa607dd8adbbba16d4254d69d6bff05b58055853848d79');
  assert.equal(base64Url(octets), 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk');
  assert.equal(challengeOf('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'), 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM');
});

test('authorizationUrl: every parameter of RFC 6749 §4.1.1 and RFC 7636 §4.3, and what the provider wants beside', () => {
  const url = new URL(
    authorizationUrl(client('google'), { state: 'st', verifier: 'v', redirectUri: 'https://h/oauth/callback', address: 'a+b@gmail.com' }),
  );
  assert.deepEqual(Object.fromEntries(url.searchParams), {
    response_type: 'code',
    client_id: 'id@here',
    redirect_uri: 'https://h/oauth/callback',
    scope: 'https://mail.google.com/',
    state: 'st',
    code_challenge: challengeOf('v'),
    code_challenge_method: 'S256',
    login_hint: 'a+b@gmail.com',
    access_type: 'offline',
    prompt: 'consent',
  });
  assert.ok(!url.href.includes('s & s') && !url.href.includes('s+%26'), 'never the client secret');
});

test('codeRequest and refreshRequest: with the client secret, or without one for a public client', () => {
  assert.deepEqual(Object.fromEntries(new URLSearchParams(codeRequest(client('yahoo'), 'c', 'v', 'https://h/'))), {
    grant_type: 'authorization_code',
    code: 'c',
    code_verifier: 'v',
    redirect_uri: 'https://h/',
    client_id: 'id@here',
    client_secret: 's & s',
  });
  assert.equal(refreshRequest(client('microsoft', null), 'r+1'), 'grant_type=refresh_token&refresh_token=r%2B1&client_id=id%40here');
});

const answers: [query: string, expected: object | null][] = [
  ['state=s&code=c', { state: 's', code: 'c', error: null, issuer: null }],
  ['state=s&error=access_denied&error_description=x', { state: 's', code: null, error: 'access_denied', issuer: null }],
  [
    'state=s&code=c&iss=https%3A%2F%2Faccounts.google.com&scope=x',
    { state: 's', code: 'c', error: null, issuer: 'https://accounts.google.com' },
  ],
  ['', null],
  ['code=c', null],
  ['state=&code=c', null],
  ['state=s', null],
  ['state=s&code=c&error=e', null],
  ['state=s&state=t&code=c', null],
  ['state=s&code=c&code=d', null],
  ['state=s&code=c&iss=a&iss=b', null],
  [`state=s&code=${'c'.repeat(5000)}`, null],
];
for (const [query, expected] of answers)
  test(`parseAuthorizationAnswer: ${query.slice(0, 60)}`, () =>
    assert.deepEqual(parseAuthorizationAnswer(new URLSearchParams(query)), expected));

test('checkAuthorizationAnswer: another issuer is refused (RFC 9207), but not where the provider has one for each firm', () => {
  const answer = { state: 's', code: 'c', error: null, issuer: 'https://evil.test' };
  assert.throws(() => checkAuthorizationAnswer(answer, client('google').provider), CauseTrouble);
  assert.equal(checkAuthorizationAnswer({ ...answer, issuer: 'https://accounts.google.com' }, client('google').provider), 'c');
  const firm = { ...answer, issuer: 'https://login.microsoftonline.com/72f9/v2.0' };
  assert.equal(checkAuthorizationAnswer(firm, client('microsoft').provider), 'c');
});

const good: [body: object, expected: object][] = [
  [
    { access_token: 'a', token_type: 'Bearer', expires_in: 3599, refresh_token: 'r' },
    { accessToken: 'a', lifetime: 3_599_000, refreshToken: 'r' },
  ],
  [
    { access_token: 'a', token_type: 'bearer' },
    { accessToken: 'a', lifetime: 3_600_000, refreshToken: null },
  ],
  [
    { access_token: 'a', token_type: 'Bearer', expires_in: '3600' },
    { accessToken: 'a', lifetime: 3_600_000, refreshToken: null },
  ],
  [
    { access_token: 'a', token_type: 'Bearer', expires_in: 1e12 },
    { accessToken: 'a', lifetime: 86_400_000, refreshToken: null },
  ],
  [
    { access_token: 'a', token_type: 'Bearer', expires_in: -5 },
    { accessToken: 'a', lifetime: 3_600_000, refreshToken: null },
  ],
];
for (const [body, expected] of good)
  test(`parseTokenAnswer: ${JSON.stringify(body)}`, () =>
    assert.deepEqual(parseTokenAnswer(200, bytesFromUtf8(JSON.stringify(body)), []), expected));

const bad: [status: number, body: string, cause: string][] = [
  [200, '', 'sign-in-unavailable'],
  [200, '[]', 'sign-in-unavailable'],
  [200, '{"access_token":"a","token_type":"mac"}', 'sign-in-unavailable'],
  [200, '{"access_token":1,"token_type":"Bearer"}', 'sign-in-unavailable'],
  [200, '{"access_token":"a\\u0001auth=","token_type":"Bearer"}', 'sign-in-unavailable'],
  [200, '{"access_token":"a","token_type":"Bearer","refresh_token":{}}', 'sign-in-unavailable'],
  [400, '{"error":"invalid_grant"}', 'sign-in-expired'],
  [401, '{"error":"invalid_client"}', 'client-id-missing'],
  [400, '{"error":"unauthorized_client"}', 'client-id-missing'],
  [400, '{"error":"invalid_scope"}', 'client-id-missing'],
  [403, '{"error":"access_denied"}', 'sign-in-refused'],
  [400, '{"error":"something new"}', 'sign-in-refused'],
  [429, '{"error":"something new"}', 'sign-in-unavailable'],
  [500, '{"error":"server_error"}', 'sign-in-unavailable'],
  [502, '<html>', 'sign-in-unavailable'],
  [404, '', 'sign-in-unavailable'],
];
for (const [status, body, why] of bad)
  test(`parseTokenAnswer: ${status} ${body} is ${why}`, () =>
    assert.throws(
      () => parseTokenAnswer(status, bytesFromUtf8(body), []),
      (trouble) => trouble instanceof CauseTrouble && trouble.why === why,
    ));

test('tokens go to servers of their own provider alone, and a server tells whose they are', () => {
  const google = 'https://accounts.google.com';
  assert.equal(providerOfHost('imap.gmail.com')?.name, 'google');
  assert.equal(providerOfHost('smtp-mail.outlook.com')?.name, 'microsoft');
  for (const host of ['evilgmail.com', 'gmail.com.evil.example', 'imap.evil.example', '']) {
    assert.equal(providerOfHost(host), null, host);
    assert.throws(() => checkAudience({ issuer: google }, [{ host: 'smtp.gmail.com' }, { host }]), Refusal, host);
  }
  checkAudience({ issuer: google }, [{ host: 'imap.gmail.com' }, { host: 'smtp.gmail.com' }]);
  // Who enters a provider of their own knows its servers.
  const { hosts: _hosts, ...known } = oauthProviders[0]!;
  const company = { ...known, name: 'company', issuer: 'https://sso.company.example' };
  checkAudience(company, [{ host: 'imap.company.example' }]);
  assert.equal(providerOfHost('imap.company.example', [company]), null);
  // Named with its servers, it is offered for them, and its tokens go to no other.
  const named = { ...company, hosts: ['company.example'] };
  checkAudience(named, [{ host: 'imap.company.example' }]);
  assert.throws(() => checkAudience(named, [{ host: 'imap.elsewhere.example' }]), Refusal);
  assert.equal(providerOfHost('imap.company.example', [named])?.name, 'company');
  // Whoever enters one under the name of a known issuer does not widen it.
  assert.throws(() => checkAudience({ ...named, issuer: google }, [{ host: 'imap.company.example' }]), Refusal);
  assert.equal(providerOfHost('imap.gmail.com', [{ ...named, hosts: ['gmail.com'] }])?.name, 'google');
});
