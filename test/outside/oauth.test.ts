// Signing in at a provider's own page, against a provider that checks everything: the link, the answer, tokens that end, rotate, are
// revoked; and what becomes of them when the disk is full.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { Chance } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { Refusal, Unavailable } from '../../src/base/trouble.ts';
import { openVault } from '../../src/io/vault.ts';
import { callbackPath, oauthCallback, signInCookie } from '../../src/io/http/oauth-callback.ts';
import { openWebClient } from '../../src/io/http/web-client.ts';
import { CauseTrouble, type Cause } from '../../src/journey/outside/causes.ts';
import { boundTo } from '../../src/journey/outside/contract.ts';
import type { OAuthClient } from '../../src/journey/outside/oauth.ts';
import { openSignInFlow, openSignInKeeper, revokeTokens } from '../../src/journey/outside/tokens.ts';
import { openMemoryDirectory } from '../../src/store/memory/directory.ts';
import { FalseClock } from '../support/clock.ts';
import { openOAuthProvider } from '../support/oauth-provider.ts';
import { outsideRow } from '../support/outside-row.ts';
import { makeAuthority } from '../support/web-server.ts';

const chance: Chance = { bytes: (length) => randomBytes(length), fraction: () => 0.5 };
const redirectUri = 'https://mail.here.test/oauth/callback';
const minute = 60_000;
const authority = await makeAuthority();
const certificate = await authority.issue(['provider.test']);

const cause =
  (why: Cause) =>
  (trouble: unknown): boolean =>
    trouble instanceof CauseTrouble && trouble.why === why;

async function openWorld(t: TestContext, more: { lifetime?: number; rotates?: boolean; secret?: string | null } = {}) {
  const clock = new FalseClock();
  const secret = more.secret === undefined ? 'the client secret' : more.secret;
  const provider = await openOAuthProvider({
    certificate,
    client: { id: 'tayori', secret },
    redirects: [redirectUri, 'http://127.0.0.1/oauth/callback'],
    now: () => clock.now(),
    lifetime: more.lifetime ?? 3600,
    rotates: more.rotates ?? true,
  });
  t.after(() => provider.close());
  const client: OAuthClient = {
    provider: {
      name: 'provider',
      title: 'Provider',
      issuer: 'https://provider.test',
      authorizationUrl: 'https://provider.test/authorize',
      tokenUrl: 'https://provider.test/token',
      revocationUrl: 'https://provider.test/revoke',
      scopes: ['mail'],
      extra: {},
    },
    id: 'tayori',
    secret,
  };
  const web = openWebClient({
    guard: { addressesOf: async () => ['127.0.0.1'] },
    authorities: [authority.root.certificate],
    ports: { https: provider.port },
  });
  const folder = mkdtempSync(join(tmpdir(), 'oauth-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const directory = openMemoryDirectory();
  await directory.putDomain({ name: 'here.test', catchAll: null, subaddress: null });
  const owner = await directory.addAccount({
    address: 'hanako@here.test',
    name: '',
    passwordHash: '',
    scram: {},
    quota: null,
    createdAt: 0,
    closedAt: null,
  });
  const vault = openVault({ path: join(folder, 'data.key'), sealed: () => directory.outsideAccounts().map((row) => row.secret) });
  const flow = openSignInFlow({ web, clock, chance });
  const clients = new Map([[client.provider.issuer, client]]);
  const keeper = openSignInKeeper({ directory, vault, web, client: (name) => clients.get(name) ?? null, clock, chance, log: silentLog });
  const begin = (browser: string | null = null) =>
    flow.begin({ client, owner: owner.id, address: 'taro@provider.test', redirectUri, browser });
  const answerOf = (url: string) => {
    const query = new URL(url).searchParams;
    return { state: query.get('state')!, code: query.get('code'), error: query.get('error'), issuer: null };
  };
  return {
    clock,
    provider,
    client,
    clients,
    web,
    directory,
    vault,
    flow,
    keeper,
    begin,
    answerOf,
    /** Signed in, with a row. */
    async signedIn() {
      const { secret: tokens } = await flow.finish(answerOf(await provider.visit(begin().url)), null);
      return directory.addOutsideAccount(outsideRow(owner.id, 'taro@provider.test', { auth: 'oauth2' }), (id) =>
        vault.seal(tokens, boundTo({ id, owner: owner.id })),
      );
    },
  };
}

test('a sign-in gives tokens that open the mail of the one who signed in, with and without a client secret', async (t) => {
  for (const secret of ['the client secret', null]) {
    const world = await openWorld(t, { secret });
    const { url, done } = world.begin();
    const signedIn = await world.flow.finish(world.answerOf(await world.provider.visit(url)), null);
    assert.deepEqual(await done, signedIn);
    assert.equal(world.provider.addressOf(signedIn.secret.accessToken), 'taro@provider.test');
    assert.equal(signedIn.secret.expiresAt, world.clock.now() + 3_600_000);
  }
});

test('an answer counts once, within ten minutes, and in the browser that began', async (t) => {
  const world = await openWorld(t);
  const gone = (trouble: unknown): boolean => trouble instanceof Refusal && trouble.code === 'expired';
  const first = world.answerOf(await world.provider.visit(world.begin().url));
  await world.flow.finish(first, null);
  await assert.rejects(world.flow.finish(first, null), gone);
  await assert.rejects(world.flow.finish({ ...first, state: 'guessed' }, null), gone);

  const bound = world.answerOf(await world.provider.visit(world.begin('cookie').url));
  await assert.rejects(world.flow.finish(bound, null), gone);
  await assert.rejects(world.flow.finish(bound, 'other'), gone);
  await world.flow.finish(bound, 'cookie');

  const slow = world.begin();
  const late = world.answerOf(await world.provider.visit(slow.url));
  await world.clock.advance(10 * minute + 1);
  await assert.rejects(slow.done, gone);
  await assert.rejects(world.flow.finish(late, null), gone);
});

test('no, a wrong verifier, a code of somebody else, another provider: each ends with its cause', async (t) => {
  const world = await openWorld(t);
  const no = world.answerOf(await world.provider.visit(world.begin().url, 'no'));
  await assert.rejects(world.flow.finish(no, null), cause('sign-in-refused'));

  // The code of one flow put into another: its verifier does not fit (RFC 7636 §4.6).
  const [one, two] = [world.begin(), world.begin()];
  const stolen = world.answerOf(await world.provider.visit(one.url));
  const mine = world.answerOf(await world.provider.visit(two.url));
  await assert.rejects(world.flow.finish({ ...mine, code: stolen.code }, null), cause('sign-in-expired'));
  await assert.rejects(two.done, cause('sign-in-expired'));

  const mixed = world.answerOf(await world.provider.visit(world.begin().url));
  await assert.rejects(world.flow.finish({ ...mixed, issuer: 'https://evil.test' }, null), cause('sign-in-refused'));
});

test('an access token that ends is replaced, once for all who ask; the rotated refresh token is kept', async (t) => {
  const world = await openWorld(t);
  const row = await world.signedIn();
  const first = await world.keeper.credentialsOf(row.id, 'receive');
  assert.deepEqual([first.kind, first.login], ['oauth2', 'login']);
  assert.deepEqual(await world.keeper.credentialsOf(row.id, 'send'), first);
  assert.deepEqual(world.provider.grants, ['authorization_code']);
  for (let round = 0; round < 3; round++) {
    await world.clock.advance(60 * minute);
    const all = await Promise.all([1, 2, 3].map(() => world.keeper.credentialsOf(row.id, 'receive')));
    assert.equal(new Set(all.map(({ secret }) => secret)).size, 1);
    assert.equal(world.provider.addressOf(all[0]!.secret), 'taro@provider.test');
  }
  assert.deepEqual(world.provider.grants.slice(1), ['refresh_token', 'refresh_token', 'refresh_token']);
});

test('a token is replaced before it ends, and when a server refuses it', async (t) => {
  const world = await openWorld(t, { lifetime: 300 });
  const row = await world.signedIn();
  const first = await world.keeper.credentialsOf(row.id, 'receive');
  await world.clock.advance(250_000);
  const second = await world.keeper.credentialsOf(row.id, 'receive');
  assert.notEqual(second.secret, first.secret);
  world.keeper.refused(row.id, second.secret);
  const third = await world.keeper.credentialsOf(row.id, 'receive');
  assert.notEqual(third.secret, second.secret);
  assert.deepEqual(await world.keeper.credentialsOf(row.id, 'receive'), third);
});

test('what was taken back at the provider is told as such, and the provider is not asked again and again', async (t) => {
  const world = await openWorld(t);
  const row = await world.signedIn();
  world.provider.withdraw('taro@provider.test');
  await world.clock.advance(61 * minute);
  for (let i = 0; i < 3; i++) await assert.rejects(world.keeper.credentialsOf(row.id, 'receive'), cause('sign-in-expired'));
  assert.deepEqual(world.provider.grants, ['authorization_code', 'refresh_token']);
  // Signing in again mends it.
  const { secret } = await world.flow.finish(world.answerOf(await world.provider.visit(world.begin().url)), null);
  await world.directory.updateOutsideAccount(row.id, { secret: world.vault.seal(secret, boundTo(row)) });
  assert.equal((await world.keeper.credentialsOf(row.id, 'receive')).secret, secret.accessToken);
});

test('revocation reaches the provider', async (t) => {
  const world = await openWorld(t);
  const row = await world.signedIn();
  const secret = world.vault.open(row.secret, boundTo(row));
  assert.equal(secret.kind, 'oauth2');
  if (secret.kind === 'oauth2') await revokeTokens(world.web, world.client, secret);
  assert.equal(world.provider.addressOf((await world.keeper.credentialsOf(row.id, 'receive')).secret), null);
});

test('an outage, an answer that is none, and a client id that is gone are told apart; no secret is in what is thrown', async (t) => {
  const world = await openWorld(t);
  const row = await world.signedIn();
  await world.clock.advance(61 * minute);
  const outages: readonly (readonly [number, string, Cause])[] = [
    [503, '', 'sign-in-unavailable'],
    [200, '<html>hello</html>', 'sign-in-unavailable'],
    [200, '{"access_token":"a b","token_type":"Bearer"}', 'sign-in-unavailable'],
    [200, `{"access_token":"${'x'.repeat(20_000)}","token_type":"Bearer"}`, 'sign-in-unavailable'],
    [200, 'x'.repeat(100_000), 'sign-in-unavailable'],
    [400, '{"error":"temporarily_unavailable"}', 'sign-in-unavailable'],
    [401, '{"error":"invalid_client","error_description":"no"}', 'client-id-missing'],
    [302, '', 'sign-in-unavailable'],
  ];
  for (const [status, body, why] of outages) {
    world.provider.outage = { status, body };
    await assert.rejects(world.keeper.credentialsOf(row.id, 'receive'), cause(why), `${status} ${body.slice(0, 40)}`);
  }
  // A provider that repeats what it was told.
  const tokens = world.vault.open(row.secret, boundTo(row));
  assert.ok(tokens.kind === 'oauth2');
  world.provider.outage = {
    status: 400,
    body: JSON.stringify({ error: 'odd', error_description: `not ${tokens.refreshToken}, the client secret` }),
  };
  await assert.rejects(world.keeper.credentialsOf(row.id, 'receive'), (trouble) => {
    const all = `${String(trouble)} ${(trouble as CauseTrouble).words} ${(trouble as Error).stack} ${JSON.stringify(trouble)}`;
    assert.ok(![tokens.refreshToken, 'the client secret'].some((secret) => all.includes(secret)), all);
    return cause('sign-in-refused')(trouble);
  });
  world.provider.outage = null;
  world.clients.clear();
  await assert.rejects(world.keeper.credentialsOf(row.id, 'receive'), cause('client-id-missing'));
});

test('tokens that could not be written are used all the same, and are not lost with the rotation', async (t) => {
  const world = await openWorld(t);
  const row = await world.signedIn();
  const { updateOutsideAccount } = world.directory;
  let isFull = true;
  world.directory.updateOutsideAccount = (id, change) =>
    isFull ? Promise.reject(new Unavailable('disk-full', 'full')) : updateOutsideAccount.call(world.directory, id, change);
  const works = async (): Promise<void> =>
    assert.equal(world.provider.addressOf((await world.keeper.credentialsOf(row.id, 'receive')).secret), 'taro@provider.test');
  await world.clock.advance(61 * minute);
  await works();
  await world.clock.advance(61 * minute);
  await works();
  isFull = false;
  await world.clock.advance(61 * minute);
  await works();
  const kept = world.vault.open(world.directory.outsideAccount(row.id)!.secret, boundTo(row));
  assert.ok(kept.kind === 'oauth2' && world.provider.addressOf(kept.accessToken) === 'taro@provider.test');
});

test('the page of the answer tells how it went in both languages, sends nobody on, and hides its address', async (t) => {
  const world = await openWorld(t);
  const page = oauthCallback({ flow: world.flow, failed: (trouble) => assert.fail(String(trouble)) });
  const get = (path: string, cookie = '') => page.fetch(new Request(`https://mail.here.test${path}`, { headers: { cookie } }));
  const good = await world.provider.visit(world.begin('b').url);
  const { pathname, search } = new URL(good);
  assert.equal(pathname, callbackPath);
  assert.equal((await get(pathname + search)).status, 400);
  const done = await get(pathname + search, `a=1; ${signInCookie}=b`);
  assert.equal(done.status, 200);
  assert.deepEqual(
    ['location', 'cache-control', 'referrer-policy'].map((name) => done.headers.get(name)),
    [null, 'no-store', 'no-referrer'],
  );
  assert.match(await done.text(), /サインインできました[\s\S]*You are signed in/);
  assert.equal((await get(pathname + search, `${signInCookie}=b`)).status, 400);
  for (const odd of ['', '?state=x', '?state=x&code=1&code=2', '?code=1', `?state=${'x'.repeat(5000)}&code=1`, '?state=x&code=1&error=y'])
    assert.equal((await get(callbackPath + odd)).status, 400, odd);
  const no = new URL(await world.provider.visit(world.begin().url, 'no'));
  const refused = await get(`${no.pathname}${no.search}&next=https://evil.test/`);
  assert.deepEqual([refused.status, refused.headers.get('location')], [403, null]);
});
