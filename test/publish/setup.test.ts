// The set-up page as a browser's requests see it: what is sent with each answer, what a link allows to whom, the profile with its
// signature, and the bounds. How it looks is test/pages.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, suite, test } from 'node:test';
import { skipWithout } from '../../scripts/debian-packages.ts';
import { parseAppleProfile } from '../../src/protocol/autoconfig/apple-profile.ts';
import { domains, hostName, openHouse, type Answered, type House } from './house.ts';

const domain = domains[0]!;
const base = `https://${hostName}`;

suite('set-up page', () => {
  let house: House;
  before(async () => {
    house = await openHouse();
    house.dns.zone = house.fullZone(domain);
    await house.people.add({ address: `hanako@${domain}`, name: '花子 <b>&' });
  });
  after(() => house.close());
  afterEach(async () => {
    for (const { name } of house.people.appPasswords('hanako@example.test'))
      await house.people.removeAppPassword('hanako@example.test', name);
  });

  const make = async (): Promise<string> => `/setup/${(await house.links.make(`hanako@${domain}`, null, 3)).token}`;
  const get = async (path: string, cookie = '', method = 'GET'): Promise<Answered> =>
    (await house.ask(base + path, { method, headers: { cookie, 'accept-language': 'en' } }))!;
  const post = async (path: string, form: string, cookie = ''): Promise<Answered> =>
    (await house.ask(base + path, {
      method: 'POST',
      headers: { cookie, 'content-type': 'application/x-www-form-urlencoded', 'accept-language': 'en' },
      body: form,
    }))!;
  const cookieOf = ({ headers }: Answered): string => headers['set-cookie']![0]!.split(';')[0]!;
  const keys = () => house.people.appPasswords(`hanako@${domain}`);

  test('every answer keeps the link to itself, and lets nothing run but our own script', async () => {
    const path = await make();
    for (const answer of [
      await get(path),
      await get(path, '', 'HEAD'),
      await get(`/setup/${'x'.repeat(22)}`),
      await get(`${path}/state`),
    ]) {
      assert.equal(answer.headers['referrer-policy'], 'no-referrer');
      assert.equal(answer.headers['cache-control'], 'no-store');
      assert.equal(answer.headers['x-robots-tag'], 'noindex');
      assert.match(
        answer.headers['content-security-policy'] as string,
        /^default-src 'none'; style-src 'sha256-\S+'; script-src 'sha256-\S+'; connect-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/,
      );
    }
    const page = (await get(path)).body.toString();
    assert.ok(page.includes('花子 &lt;b&gt;&amp;'));
    assert.ok(!page.includes('花子 <b>'));
    assert.equal(keys().length, 0);
  });

  test('one use: the key is in that answer alone; the browser that used it sees how far it is, no other does', async () => {
    const path = await make();
    const used = await post(path, 'device=iphone&receive=pop3');
    const cookie = cookieOf(used);
    assert.match(used.headers['set-cookie']![0]!, new RegExp(`; Path=${path}; HttpOnly; Secure; SameSite=Lax$`));
    const secret = /<code id="secret">\s*([a-z-]{34})\s*<\/code\s*>/.exec(used.body.toString())![1]!;
    assert.deepEqual(
      keys().map((key) => [key.name, key.protocols]),
      [['iPhone', ['pop3', 'smtp']]],
    );
    const again = await get(path, cookie);
    assert.ok(again.status === 200 && !again.body.toString().includes(secret));
    const sentTwice = await post(path, 'device=iphone&receive=pop3', cookie);
    assert.ok(sentTwice.status === 200 && !sentTwice.body.toString().includes(secret));
    for (const answer of [await get(path), await post(path, 'device=other&receive=imap'), await post(`${path}/take-back`, '')]) {
      assert.equal(answer.status, 410);
      assert.match(answer.body.toString(), /This link has been used already/);
    }
    assert.deepEqual(JSON.parse((await get(`${path}/state`)).body.toString()), { gone: true });
    assert.equal(keys().length, 1);

    const state = async () => JSON.parse((await get(`${path}/state`, cookie)).body.toString());
    assert.deepEqual([(await state()).receive.done, (await state()).send.done], [false, false]);
    // A use by IMAP is none by POP3: the page waits for what was chosen.
    house.directory.touchAppPassword(keys()[0]!.id, Date.now(), '192.0.2.1', 'imap');
    assert.equal((await state()).receive.done, false);
    house.directory.touchAppPassword(keys()[0]!.id, Date.now(), '198.51.100.7', 'smtp');
    const later = await state();
    assert.deepEqual([later.receive.done, later.send.done, later.all], [false, true, '']);
    assert.match(later.send.seen, /198\.51\.100\.7/);

    assert.equal((await post(`${path}/take-back`, '', cookie)).status, 303);
    assert.equal(keys().length, 0);
    assert.match((await get(path, cookie)).body.toString(), /The spare key is taken back/);
    assert.deepEqual(await state(), { gone: true });
  });

  test('the profile is signed by the certificate of the site, and says what was chosen', { skip: skipWithout('openssl') }, async () => {
    const path = await make();
    assert.equal((await get(`${path}/profile.mobileconfig`)).status, 404);
    await post(path, 'device=iphone&receive=imap');
    // The phone that scans the code has no cookie.
    const answer = await get(`${path}/profile.mobileconfig`);
    assert.equal(answer.headers['content-type'], 'application/x-apple-aspen-config');
    const file = join(house.ca, '..', 'signed.mobileconfig');
    writeFileSync(file, answer.body);
    const verified = spawnSync('openssl', [
      'cms',
      '-verify',
      '-inform',
      'DER',
      '-in',
      file,
      '-CAfile',
      house.ca,
      '-purpose',
      'any',
      '-binary',
    ]);
    assert.equal(verified.status, 0, verified.stderr.toString());
    const { account } = parseAppleProfile(verified.stdout.toString());
    const server = { host: hostName, security: 'tls', login: `hanako@${domain}`, signIn: ['password'] };
    assert.deepEqual(account.incoming, { ...server, service: 'imap', port: 993 });
    assert.deepEqual(account.outgoing, { ...server, service: 'smtp', port: 465 });
    assert.equal(account.name, '花子 <b>&');
  });

  test('languages: what the address says, else what the browser prefers', async () => {
    const path = await make();
    const title = async (query: string, accept: string) =>
      /<html lang="(..)"/.exec((await house.ask(base + path + query, { headers: { 'accept-language': accept } }))!.body.toString())![1];
    assert.equal(await title('?lang=ja', 'en'), 'ja');
    assert.equal(await title('?lang=xx', 'fr;q=0.9, ja;q=0.8, en;q=0.7'), 'ja');
    assert.equal(await title('', 'fr'), 'en');
    assert.equal(await title('', ''), 'ja');
  });

  // The last one: this network is not heard any more for a while.
  test('bounds: a long form, nonsense in it, and a network that tries many links', async () => {
    const path = await make();
    assert.equal((await post(path, `device=${'x'.repeat(3000)}`)).status, 413);
    assert.equal(keys().length, 0);
    const odd = await post(path, 'device=__proto__&receive=%00');
    assert.equal(odd.status, 200);
    assert.deepEqual(keys()[0]!.protocols, ['imap', 'smtp']);
    const statuses = [];
    for (let i = 0; i < 32; i++) statuses.push((await get(`/setup/${String(i).padStart(22, 'a')}`)).status);
    // Others before this test have counted too.
    const heard = statuses.indexOf(429);
    assert.ok(heard > 20 && heard <= 30, String(heard));
    assert.ok(statuses.slice(heard).every((status) => status === 429));
    // Now a right one has to wait too: a wrong and a right guess are told alike.
    assert.equal((await get(await make())).status, 429);
  });
});
