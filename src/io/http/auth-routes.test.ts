// Signing in by page, with and without second factors, on a directory in memory and a clock that is turned by hand; B-127 and B-128 as rows.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { FalseClock } from '../../../test/support/clock.ts';
import { assertion, makePasskey, register } from '../../../test/support/passkey.ts';
import { bytesFromUtf8, utf8FromBytes } from '../../base/bytes.ts';
import { silentLog } from '../../base/log.ts';
import { silentMeter } from '../../base/meter.ts';
import { openAuthenticator } from '../../journey/account/authenticate.ts';
import { openPeople } from '../../journey/account/people.ts';
import { openSecondFactors } from '../../journey/account/second-factors.ts';
import { totpCode } from '../../journey/account/totp.ts';
import { openWebLogin } from '../../journey/account/web-login.ts';
import { deviceWords, idleMs, lifeMs, mostSessions, openWebSessions } from '../../journey/account/web-sessions.ts';
import type { Vault } from '../../journey/outside/contract.ts';
import { openMemoryDirectory } from '../../store/memory/directory.ts';
import { openMemoryStore } from '../../store/memory/store.ts';
import { systemChance } from '../clock.ts';
import { authRoutes } from './auth-routes.ts';
import { openWebDoor } from './web-door.ts';

const origin = 'https://mail.tayori.test';
const password = 'sakura saku';
const place = { origin, relyingParty: 'mail.tayori.test' };

interface Answer {
  readonly status: number;
  readonly cookie: string | null;
  readonly headers: Headers;
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly json: any;
}

/** Turns a text about: enough to see that what is kept is not what was given. */
const vault: Pick<Vault, 'sealText' | 'openText'> = {
  sealText: (text, bound) => bytesFromUtf8(`${bound}|${[...text].toReversed().join('')}`),
  openText: (sealed, bound) =>
    Array.from(utf8FromBytes(sealed).slice(bound.length + 1))
      .toReversed()
      .join(''),
};

async function open(secure = true) {
  const clock = new FalseClock();
  const directory = openMemoryDirectory();
  const parts = { directory, clock, chance: systemChance, log: silentLog, meter: silentMeter };
  const hasher = {
    decoy: 'hash of \0',
    hash: async (text: string) => `hash of ${text}`,
    verify: async (text: string, hash: string) => hash === `hash of ${text}`,
  };
  const people = openPeople({ ...parts, store: openMemoryStore(parts), hasher });
  await people.putDomain('tayori.test');
  await people.add({ address: 'hanako@tayori.test', name: '花子', password });
  await people.add({ address: 'taro@tayori.test', name: '太郎', password: 'momiji momiji' });
  const authenticator = openAuthenticator({ ...parts, hasher });
  const sessions = openWebSessions(parts);
  const factors = openSecondFactors({ ...parts, vault: vault as Vault });
  const login = openWebLogin({ ...parts, authenticator, factors });
  const door = openWebDoor({ authenticator, sessions, secure, isOurName: (name) => name === 'mail.tayori.test' });
  const routes = authRoutes({ door, login, sessions, factors, directory, people, clock, secure, qr: (text) => `<svg>${text}</svg>` });

  async function send(method: string, path: string, body: unknown, headers: Record<string, string>, from = '192.0.2.1'): Promise<Answer> {
    const request = new Request(path.startsWith('http') ? path : `${origin}${path}`, {
      method,
      headers,
      ...(body !== null && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const response = await routes.fetch(request, { remoteAddress: from });
    const text = await response.text();
    const cookie = /^([^;]*)/.exec(response.headers.get('set-cookie') ?? '')?.[1] ?? null;
    return {
      status: response.status,
      cookie: cookie === '' ? null : cookie,
      headers: response.headers,
      json: text.startsWith('{') ? JSON.parse(text) : null,
    };
  }
  const usual = {
    origin,
    'content-type': 'application/json',
    'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  };
  const post = (path: string, body: unknown = {}, cookie: string | null = null, more: Record<string, string> = {}, from?: string) =>
    send('POST', path, body, { ...usual, ...(cookie !== null && { cookie }), ...more }, from);
  const get = (path: string, cookie: string | null, more: Record<string, string> = {}) =>
    send('GET', path, null, { ...(cookie !== null && { cookie }), ...more });
  const signIn = async (more: Record<string, unknown> = {}): Promise<string> => {
    const { cookie, status } = await post('/auth/login', { login: 'hanako@tayori.test', password, ...more });
    assert.equal(status, 200);
    return cookie!;
  };
  return { clock, directory, people, door, sessions, factors, authenticator, send, post, get, signIn, usual };
}

suite('the door', () => {
  test('in by name and password, seen by its cookie, out again', async () => {
    const { post, get, directory } = await open();
    const { status, cookie, json, headers } = await post('/auth/login', { login: 'Hanako', password });
    assert.equal(status, 200);
    assert.deepEqual(json, { state: 'in', account: { id: 'A1', address: 'hanako@tayori.test', name: '花子' } });
    assert.match(headers.get('set-cookie')!, /^__Host-tayori=[\w-]{32}; Path=\/; Max-Age=2592000; HttpOnly; SameSite=Lax; Secure$/);
    const me = await get('/auth/me', cookie);
    assert.deepEqual([me.status, me.json.account.id, me.json.secondFactor], [200, 'A1', []]);
    assert.ok(!JSON.stringify(directory.webSessions(1)).includes(cookie!.split('=')[1]!), 'the token is kept nowhere');
    const out = await post('/auth/logout', {}, cookie);
    assert.match(out.headers.get('set-cookie')!, /Max-Age=0/);
    assert.equal((await get('/auth/me', cookie)).status, 401);
  });

  test('a wrong password, an unknown person and a closed one hear the same', async () => {
    const { post, people } = await open();
    await people.close('taro');
    const answers = [];
    for (const [login, word] of [
      ['hanako', 'wrong wrong'],
      ['nobody', 'wrong wrong'],
      ['taro', 'momiji momiji'],
      ['hanako', ''],
    ]) {
      const { status, json, cookie } = await post('/auth/login', { login, password: word });
      answers.push({ status, json, cookie });
    }
    assert.equal(answers[0]!.status, 401);
    for (const answer of answers) assert.deepEqual(answer, answers[0]);
  });

  test('guesses wait longer and longer, by name and network; at home hardly', async () => {
    const { post } = await open();
    const guess = (n: number) => post('/auth/login', { login: 'hanako', password: `guess number ${n}` });
    const statuses = [];
    for (let n = 0; n < 8; n++) statuses.push((await guess(n)).status);
    assert.deepEqual(statuses, [401, 401, 401, 401, 429, 429, 429, 429]);
    const late = await guess(9);
    assert.match(late.headers.get('retry-after')!, /^\d+$/);
  });

  const foreign: readonly (readonly [title: string, headers: Record<string, string>, status: number])[] = [
    ['another origin', { origin: 'https://evil.test' }, 403],
    ['an origin that only begins like ours', { origin: `${origin}.evil.test` }, 403],
    ['another port of ours', { origin: `${origin}:8443` }, 403],
    ['origin null', { origin: 'null' }, 403],
    ['no origin, from another site', { origin: '', 'sec-fetch-site': 'cross-site' }, 403],
    ['no origin, from a sister site', { origin: '', 'sec-fetch-site': 'same-site' }, 403],
    ['neither', { origin: '' }, 403],
    ['no origin, but from the same', { origin: '', 'sec-fetch-site': 'same-origin' }, 200],
    ['JSON as text', { 'content-type': 'text/plain' }, 415],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
    ['JSON by its name', { 'content-type': 'application/json; charset=utf-8' }, 200],
  ];
  for (const [title, headers, status] of foreign)
    test(`B-127: ${title}: ${status}`, async () => {
      const { send, signIn, usual } = await open();
      const cookie = await signIn();
      const given = Object.fromEntries(Object.entries({ ...usual, cookie, ...headers }).filter(([, value]) => value !== ''));
      for (const path of ['/auth/sessions/end', '/auth/logout']) {
        const answer = await send('POST', path, { others: true }, given);
        assert.equal(answer.status, status, path);
        if (status !== 200) assert.equal((await send('GET', '/auth/me', null, { cookie })).status, 200);
      }
    });

  test('B-127: nothing changes by GET, and a body that is none is said to be none', async () => {
    const { send, post, signIn, usual } = await open();
    const cookie = await signIn();
    for (const path of ['/auth/logout', '/auth/sessions/end', '/auth/login', '/auth/totp/begin'])
      assert.equal((await send('GET', path, null, { cookie })).status, 404, path);
    for (const body of ['', '[]', '"x"', '{', 'null']) assert.equal((await send('POST', '/auth/login', body, usual)).status, 400, body);
    assert.equal((await post('/auth/login', 'x'.repeat(70_000))).status, 413);
  });

  test('B-128: a cookie that somebody else has put there is worth nothing; each login makes a new one and ends the old one', async () => {
    const { post, get } = await open();
    const put = `__Host-tayori=${'a'.repeat(32)}`;
    const { cookie } = await post('/auth/login', { login: 'hanako', password }, put);
    assert.notEqual(cookie, put);
    assert.equal((await get('/auth/me', put)).status, 401);
    const second = await post('/auth/login', { login: 'taro', password: 'momiji momiji' }, cookie);
    assert.equal((await get('/auth/me', cookie)).status, 401);
    assert.equal((await get('/auth/me', second.cookie)).json.account.address, 'taro@tayori.test');
    assert.equal((await get('/auth/me', `${second.cookie}; ${second.cookie}`)).status, 401, 'twice');
  });

  test('a changed password: only with the one until now; this browser stays, all others are out', async () => {
    const { post, get, signIn } = await open();
    const [first, other] = [await signIn(), await signIn()];
    const wrong = await post('/auth/password', { password: 'no such password', newPassword: 'another password' }, first);
    assert.equal(wrong.status, 401);
    const weak = await post('/auth/password', { password, newPassword: 'x' }, first);
    assert.deepEqual([weak.status, weak.json.code], [400, 'policy']);
    assert.equal((await get('/auth/me', other)).status, 200);
    const changed = await post('/auth/password', { password, newPassword: 'another password' }, first);
    assert.deepEqual([changed.status, changed.json.state], [200, 'in']);
    assert.equal((await get('/auth/me', changed.cookie)).status, 200);
    for (const gone of [first, other]) assert.equal((await get('/auth/me', gone)).status, 401);
    assert.equal((await post('/auth/login', { login: 'hanako', password })).status, 401);
    assert.equal((await post('/auth/login', { login: 'hanako', password: 'another password' })).status, 200);
    assert.equal((await post('/auth/password', { password, newPassword: 'another password' })).status, 401, 'nobody is there');
  });

  test('B-128: a session ends with a changed password, a closed account, a week of silence, a month of life', async () => {
    const { people, get, signIn, clock, directory } = await open();
    const first = await signIn();
    await people.setPassword('hanako', password);
    await people.setPassword('hanako', 'another password');
    assert.equal((await get('/auth/me', first)).status, 401);
    await people.setPassword('hanako', password);
    const second = await signIn();
    await clock.advance(idleMs - 1);
    assert.equal((await get('/auth/me', second)).status, 200);
    await clock.advance(idleMs);
    assert.equal((await get('/auth/me', second)).status, 401);
    const third = await signIn();
    for (let at = 0; at < lifeMs - 2 * 86_400_000; at += 86_400_000) {
      await clock.advance(86_400_000);
      assert.equal((await get('/auth/me', third)).status, 200);
    }
    await clock.advance(2 * 86_400_000);
    assert.equal((await get('/auth/me', third)).status, 401);
    const fourth = await signIn();
    await people.close('hanako');
    assert.equal((await get('/auth/me', fourth)).status, 401);
    assert.equal(directory.webSessions(1).length, 1, 'what was over was cleared away');
  });

  test("sessions are listed, ended one by one or all the others, never another person's, and bounded", async () => {
    const { post, get, signIn, sessions } = await open();
    const [mine, other] = [await signIn(), await signIn()];
    const taros = (await post('/auth/login', { login: 'taro', password: 'momiji momiji' })).cookie;
    const { sessions: rows } = (await get('/auth/sessions', mine)).json;
    assert.deepEqual(
      rows.map((row: { device: string; isThis: boolean; how: string }) => [row.device, row.isThis, row.how]),
      [
        ['Firefox, Linux', false, 'password'],
        ['Firefox, Linux', true, 'password'],
      ],
    );
    assert.equal((await post('/auth/sessions/end', { session: rows[0].id }, taros)).status, 404);
    assert.equal((await post('/auth/sessions/end', { session: rows[0].id }, mine)).status, 200);
    assert.equal((await get('/auth/me', other)).status, 401);
    await signIn();
    assert.deepEqual((await post('/auth/sessions/end', { others: true }, mine)).json, { ended: 1 });
    assert.equal((await get('/auth/me', mine)).status, 200);
    for (let n = 0; n < mostSessions + 3; n++) await signIn();
    assert.equal(sessions.list(1).length, mostSessions);
    assert.equal((await get('/auth/me', mine)).status, 401, 'the oldest made room');
  });

  test('only over TLS or inside this computer, and only under our name (B-129)', async () => {
    const { send, usual } = await open();
    assert.equal((await send('POST', 'https://evil.test/auth/login', {}, { ...usual, origin: 'https://evil.test' })).status, 421);
    assert.equal((await send('GET', 'https://evil.test/auth/me', null, {})).status, 421);
    const plain = await open(false);
    const body = { login: 'hanako', password };
    assert.equal((await plain.send('POST', '/auth/login', body, plain.usual)).status, 403);
    const local = await plain.send(
      'POST',
      'http://localhost:8080/auth/login',
      body,
      { ...plain.usual, origin: 'http://localhost:8080' },
      '127.0.0.1',
    );
    assert.match(local.headers.get('set-cookie')!, /^tayori-here=[\w-]{32}; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Lax$/);
  });

  test('X-Forwarded-For from a stranger changes nothing', async () => {
    const { post, directory } = await open();
    await post('/auth/login', { login: 'hanako', password }, null, { 'x-forwarded-for': '203.0.113.9', forwarded: 'for=203.0.113.9' });
    assert.equal(directory.webSessions(1)[0]!.lastUsedFrom, '192.0.2.1');
  });
});

suite('keys of apps', () => {
  const ask = (headers: Record<string, string>) => new Request(`${origin}/jmap/api`, { method: 'POST', headers });
  const there = { remoteAddress: '192.0.2.1' };
  test('Bearer and Basic with an app password for jmap; not for another protocol, not at the login page', async () => {
    const { people, door, post } = await open();
    const { secret } = await people.addAppPassword('hanako', 'script', ['jmap']);
    const imap = await people.addAppPassword('hanako', 'phone', ['imap']);
    const basic = (login: string, word: string) => ({ authorization: `Basic ${Buffer.from(`${login}:${word}`).toString('base64')}` });
    const bearer = await door.identify(ask({ authorization: `Bearer ${secret}` }), there);
    assert.ok(!(bearer instanceof Response) && bearer.via === 'bearer' && bearer.principal.account === 1 && bearer.session === null);
    const byName = await door.identify(ask(basic('hanako', secret)), there);
    assert.ok(!(byName instanceof Response) && byName.via === 'basic' && byName.principal.appPassword === 'script');
    const own = await door.identify(ask(basic('hanako@tayori.test', password)), there);
    assert.ok(!(own instanceof Response) && own.principal.appPassword === null);
    for (const headers of [{ authorization: `Bearer ${imap.secret}` }, basic('hanako', imap.secret)]) {
      const refused = await door.identify(ask(headers), there);
      assert.equal(refused instanceof Response && refused.status, 403);
    }
    assert.equal((await post('/auth/login', { login: 'hanako', password: secret })).status, 403);
    // A key has no say in what opens the door.
    assert.equal((await post('/auth/recovery-codes', {}, null, { authorization: `Bearer ${secret}` })).status, 403);
  });

  test('what is no credential is told how to be one; a browser is not asked by a window', async () => {
    const { door } = await open();
    for (const authorization of ['Bearer x', 'Basic !', 'Basic eA==', 'Digest x', 'Bearer ', `Bearer ${'a'.repeat(28)}`]) {
      const answer = await door.identify(ask({ authorization }), there);
      assert.ok(answer instanceof Response && answer.status === 401, authorization);
      assert.match(answer.headers.get('www-authenticate')!, /^Basic/);
    }
    const browser = await door.identify(ask({ 'sec-fetch-site': 'same-origin', origin }), there);
    assert.ok(browser instanceof Response && !browser.headers.get('www-authenticate')!.includes('Basic'));
  });
});

suite('second factors', () => {
  /** Of base32. */
  function secretOf(text: string): Uint8Array {
    const bits = [...text].map((one) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(one).toString(2).padStart(5, '0')).join('');
    return Uint8Array.from(bits.match(/.{8}/g)!.map((octet) => Number.parseInt(octet, 2)));
  }

  async function withTotp() {
    const house = await open();
    const cookie = await house.signIn();
    const begun = await house.post('/auth/totp/begin', {}, cookie);
    assert.match(begun.json.qr, /^<svg>otpauth:/);
    const secret = secretOf(begun.json.secret);
    const code = (): string => totpCode(secret, Math.floor(house.clock.now() / 30_000));
    assert.equal((await house.post('/auth/totp/confirm', { ticket: begun.json.ticket, code: '000000' }, cookie)).status, 401);
    const confirmed = await house.post('/auth/totp/confirm', { ticket: begun.json.ticket, code: code() }, cookie);
    assert.equal(confirmed.status, 200);
    assert.equal(confirmed.json.recoveryCodes.length, 10);
    const firstStep = () => house.post('/auth/login', { login: 'hanako', password });
    return { ...house, cookie, code, secret, recoveryCodes: confirmed.json.recoveryCodes as string[], firstStep };
  }

  test('a new second step and a new password sign every other browser out, and say how many; this one stays', async () => {
    const { post, get, signIn, cookie, clock, people } = await (async () => {
      const house = await open();
      return { ...house, cookie: await house.signIn() };
    })();
    const isIn = async (one: string | null): Promise<boolean> => (await get('/auth/me', one)).status === 200;
    const key = await people.addAppPassword('hanako', 'phone', ['imap']);
    const [a, b] = [await signIn(), await signIn()];
    const taros = (await post('/auth/login', { login: 'taro', password: 'momiji momiji' })).cookie;
    const { ticket, secret } = (await post('/auth/totp/begin', {}, cookie)).json;
    const code = (): string => totpCode(secretOf(secret), Math.floor(clock.now() / 30_000));
    assert.equal((await post('/auth/totp/confirm', { ticket, code: '000000' }, cookie)).status, 401);
    assert.ok((await isIn(a)) && (await isIn(b)), 'what was not set changes nothing');
    assert.equal((await post('/auth/totp/confirm', { ticket, code: code() }, cookie)).json.ended, 2);
    assert.deepEqual([await isIn(cookie), await isIn(a), await isIn(b), await isIn(taros)], [true, false, false, true]);

    const again = async (): Promise<string | null> => {
      await clock.advance(60_000);
      const step = (await post('/auth/login', { login: 'hanako', password })).json;
      return (await post('/auth/second', { ticket: step.ticket, code: code() })).cookie;
    };
    const c = await again();
    const { options } = (await post('/auth/passkeys/begin', { password }, cookie)).json;
    const added = await post('/auth/passkeys/add', { passkey: register(makePasskey(), options.challenge, place), name: '' }, cookie);
    assert.deepEqual([added.status, added.json.ended, await isIn(c), await isIn(cookie)], [200, 1, false, true]);

    const d = await again();
    const changed = await post('/auth/password', { password, newPassword: 'kiku kiku kiku' }, cookie);
    assert.deepEqual([changed.status, changed.json.ended], [200, 1]);
    assert.deepEqual([await isIn(d), await isIn(cookie), await isIn(changed.cookie), await isIn(taros)], [false, false, true, true]);
    assert.deepEqual(
      people.appPasswords('hanako').map(({ id }) => id),
      [key.row.id],
      'keys of devices stay',
    );
  });

  test('a code after the password; the same code never again; the secret is kept sealed', async () => {
    const { firstStep, post, get, code, clock, directory, secret } = await withTotp();
    await clock.advance(60_000);
    const step = await firstStep();
    assert.deepEqual([step.json.state, step.json.methods, step.json.passkey, step.cookie], ['second', ['totp'], null, null]);
    const used = code();
    const done = await post('/auth/second', { ticket: step.json.ticket, code: used });
    assert.deepEqual([done.status, done.json.state], [200, 'in']);
    assert.equal((await get('/auth/me', done.cookie)).json.secondFactor[0], 'totp');
    assert.equal((await post('/auth/second', { ticket: step.json.ticket, code: used })).status, 410, 'a ticket is good once');
    assert.equal((await post('/auth/second', { ticket: (await firstStep()).json.ticket, code: used })).status, 401, 'replayed');
    assert.ok(!JSON.stringify(directory.factors(1)).includes(Buffer.from(secret).toString('hex')));
  });

  test('two at once with one code: one is in', async () => {
    const { firstStep, post, code, clock } = await withTotp();
    await clock.advance(60_000);
    const [a, b] = [await firstStep(), await firstStep()];
    const both = await Promise.all([a, b].map((step) => post('/auth/second', { ticket: step.json.ticket, code: code() })));
    assert.deepEqual(both.map((one) => one.status).toSorted(), [200, 401]);
  });

  test('guesses at codes wait, whatever networks they come from, and a right password does not help', async () => {
    const { post, clock } = await withTotp();
    await clock.advance(3_600_000);
    const statuses = [];
    for (let n = 0; n < 8; n++) {
      const from = `198.51.${n}.1`;
      const { json } = await post('/auth/login', { login: 'hanako', password }, null, {}, from);
      statuses.push((await post('/auth/second', { ticket: json.ticket, code: String(100_000 + n) }, null, {}, from)).status);
    }
    assert.deepEqual(statuses, [401, 401, 401, 401, 429, 429, 429, 429]);
  });

  test('a recovery code is good once, new ones end the old ones, and they are kept hashed', async () => {
    const { firstStep, post, get, recoveryCodes, directory } = await withTotp();
    for (const code of recoveryCodes) assert.ok(!JSON.stringify(directory.factors(1)).includes(code.replaceAll('-', '')));
    const done = await post('/auth/second', { ticket: (await firstStep()).json.ticket, code: recoveryCodes[0]!.toUpperCase() });
    assert.equal(done.status, 200);
    assert.equal((await get('/auth/factors', done.cookie)).json.recoveryCodes, 9);
    assert.equal((await post('/auth/second', { ticket: (await firstStep()).json.ticket, code: recoveryCodes[0] })).status, 401);
    const renewed = await post('/auth/recovery-codes', {}, done.cookie);
    assert.equal(renewed.json.recoveryCodes.length, 10);
    assert.equal((await post('/auth/second', { ticket: (await firstStep()).json.ticket, code: recoveryCodes[1] })).status, 401);
    assert.equal(
      (await post('/auth/second', { ticket: (await firstStep()).json.ticket, code: renewed.json.recoveryCodes[0] })).status,
      200,
    );
  });

  test('a ticket ends after five minutes and with a changed password', async () => {
    const { firstStep, post, people, recoveryCodes, clock } = await withTotp();
    const [old, late] = [await firstStep(), await firstStep()];
    await people.setPassword('hanako', 'another password');
    assert.equal((await post('/auth/second', { ticket: old.json.ticket, code: recoveryCodes[0] })).status, 410);
    await clock.advance(5 * 60_000);
    assert.equal((await post('/auth/second', { ticket: late.json.ticket, code: recoveryCodes[0] })).status, 410);
  });

  test('with a second factor the password alone opens nothing; app passwords do', async () => {
    const { door, people, authenticator } = await withTotp();
    const basic = (word: string) =>
      new Request(`${origin}/jmap/session`, { headers: { authorization: `Basic ${Buffer.from(`hanako:${word}`).toString('base64')}` } });
    const own = await door.identify(basic(password), { remoteAddress: '192.0.2.1' });
    assert.equal(own instanceof Response && own.status, 403);
    const { secret } = await people.addAppPassword('hanako', 'script');
    assert.ok(!((await door.identify(basic(secret), { remoteAddress: '192.0.2.1' })) instanceof Response));
    const context = { protocol: 'imap', remoteAddress: '192.0.2.1', tls: true, connection: 'c' } as const;
    await assert.rejects(authenticator.checkPassword('hanako', password, context), /app password/);
    await assert.rejects(authenticator.scramPassed('hanako', context), /app password/);
    assert.equal((await authenticator.checkPassword('hanako', secret, context)).appPassword, 'script');
  });

  test('an old session is asked for the password before the ways in are changed', async () => {
    const { post, clock, cookie, directory } = await withTotp();
    await clock.advance(11 * 60_000);
    const factor = directory.factors(1).find((row) => row.proof.kind === 'totp')!.id;
    assert.deepEqual([(await post('/auth/factors/remove', { factor }, cookie)).json.code], ['privacy-required']);
    assert.equal((await post('/auth/factors/remove', { factor, password: 'wrong wrong' }, cookie)).status, 401);
    assert.equal((await post('/auth/factors/remove', { factor, password }, cookie)).status, 200);
    assert.equal(directory.factors(1).length, 0, 'the recovery codes went along');
    assert.equal((await post('/auth/login', { login: 'hanako', password })).json.state, 'in');
  });

  test('a passkey: made, asked for after the password, and enough alone where it has looked who is there', async () => {
    const { post, signIn, sessions } = await open();
    const cookie = await signIn();
    const key = makePasskey();
    const { options } = (await post('/auth/passkeys/begin', {}, cookie)).json;
    assert.deepEqual([options.rp.id, options.attestation, options.excludeCredentials], ['mail.tayori.test', 'none', []]);
    const answer = register(key, options.challenge, place);
    const added = await post('/auth/passkeys/add', { passkey: answer, name: '鍵' }, cookie);
    assert.deepEqual([added.status, added.json.factor.name, added.json.recoveryCodes.length], [200, '鍵', 10]);
    assert.equal((await post('/auth/passkeys/add', { passkey: answer, name: '鍵' }, cookie)).status, 410, 'a challenge is good once');
    const step = (await post('/auth/login', { login: 'hanako', password })).json;
    assert.deepEqual([step.methods, step.passkey.allowCredentials[0].id], [['passkey'], key.id]);
    key.count = 1;
    const proof = assertion(key, step.passkey.challenge, place, { flags: 1 });
    assert.equal((await post('/auth/second', { ticket: step.ticket, passkey: proof })).status, 200);
    assert.equal((await post('/auth/second', { ticket: step.ticket, passkey: proof })).status, 410);

    const ask = async () => (await post('/auth/passkey/ask')).json.options as { challenge: string; userVerification: string };
    const asked = await ask();
    assert.equal(asked.userVerification, 'required');
    key.count = 2;
    assert.equal(
      (await post('/auth/passkey/login', { passkey: assertion(key, asked.challenge, place, { flags: 1 }) })).status,
      401,
      'nobody was verified',
    );
    key.count = 3;
    const alone = assertion(key, (await ask()).challenge, place);
    const done = await post('/auth/passkey/login', { passkey: alone });
    assert.deepEqual([done.status, done.json.account.id, sessions.list(1)[0]!.how], [200, 'A1', 'passkey']);
    assert.equal((await post('/auth/passkey/login', { passkey: alone })).status, 401, 'replayed');
    assert.equal(
      (await post('/auth/passkey/login', { passkey: assertion(makePasskey(), (await ask()).challenge, place) })).status,
      401,
      'unknown',
    );
    assert.equal(
      (await post('/auth/passkey/login', { passkey: assertion(key, step.passkey.challenge, place) })).status,
      401,
      'of another question',
    );
  });

  test('a passkey that does not count, as most of those do that are kept in step between devices: a challenge of ours all the same, once', async () => {
    const { post, signIn, clock } = await open();
    const cookie = await signIn();
    const key = makePasskey();
    const { challenge } = (await post('/auth/passkeys/begin', {}, cookie)).json.options;
    await post('/auth/passkeys/add', { passkey: register(key, challenge, place), name: '' }, cookie);
    const ask = async () => (await post('/auth/passkey/ask')).json.options.challenge as string;
    const login = async (passkey: unknown) => (await post('/auth/passkey/login', { passkey })).status;
    const alone = assertion(key, await ask(), place);
    assert.equal(await login(alone), 200);
    assert.equal(await login(alone), 401, 'replayed');
    assert.equal(await login(assertion(key, 'a-challenge-that-nobody-gave', place)), 401, 'made up');
    const late = await ask();
    await clock.advance(11 * 60_000);
    assert.equal(await login(assertion(key, late, place)), 401, 'too late');
  });

  test("nobody's passkey opens another's account", async () => {
    const { post, signIn } = await open();
    const hers = await signIn();
    const key = makePasskey();
    await post(
      '/auth/passkeys/add',
      { passkey: register(key, (await post('/auth/passkeys/begin', {}, hers)).json.options.challenge, place), name: '' },
      hers,
    );
    const his = (await post('/auth/login', { login: 'taro', password: 'momiji momiji' })).cookie;
    const taros = makePasskey();
    await post(
      '/auth/passkeys/add',
      { passkey: register(taros, (await post('/auth/passkeys/begin', {}, his)).json.options.challenge, place), name: '' },
      his,
    );
    const step = (await post('/auth/login', { login: 'taro', password: 'momiji momiji' })).json;
    key.count = 1;
    assert.equal((await post('/auth/second', { ticket: step.ticket, passkey: assertion(key, step.passkey.challenge, place) })).status, 401);
    // Nor can a challenge that was made for one be answered by the other's registration.
    const { challenge } = (await post('/auth/passkeys/begin', {}, hers)).json.options;
    assert.equal((await post('/auth/passkeys/add', { passkey: register(makePasskey(), challenge, place), name: '' }, his)).status, 410);
  });
});

suite('what browsers say of themselves', () => {
  const rows: readonly (readonly [string, string])[] = [
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 26_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Mobile/15E148 Safari/604.1',
      'Safari, iPhone',
    ],
    [
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36 Edg/143.0.0.0',
      'Edge, Windows',
    ],
    ['Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Mobile Safari/537.36', 'Chrome, Android'],
    ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:145.0) Gecko/20100101 Firefox/145.0', 'Firefox, macOS'],
    ['curl/8', ''],
    ['', ''],
  ];
  for (const [agent, words] of rows) test(words === '' ? `nothing: ${agent}` : words, () => assert.equal(deviceWords(agent), words));
});
