// The door as Chromium comes through it, against the running program: the cookie inside this computer and over TLS, a passkey of a virtual
// authenticator, made and used, and what the command line shows and takes away.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { skipWithout } from '../../scripts/debian-packages.ts';
import { launcher } from '../support/program.ts';
import { startTayori, type Tayori } from '../support/tayori.ts';
import { openBrowser } from './browser.ts';

const password = 'sakura saku sakura';

suite('the door in Chromium', { skip: skipWithout('chromium') }, () => {
  let tayori: Tayori;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;

  before(async () => {
    tayori = await startTayori({
      settings: `domain = "example.test"\nhostname = "localhost"\nlisten = ["127.0.0.1"]\ndelivery = "off"\n`,
    });
    command('account', 'add', 'hanako@example.test', '--name', '花子', '--password', password);
    browser = await openBrowser();
    context = await browser.newContext({ ignoreHTTPSErrors: true });
    page = await context.newPage();
  });
  after(async () => {
    await browser?.close();
    await tayori?.stop();
  });

  function command(...words: readonly string[]): string {
    return execFileSync(launcher, [...words, '--data', tayori.data, '--settings', join(tayori.folder, 'tayori.toml')], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'] },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  /** A page of ours that may ask; the app itself is not under test here. */
  async function stand(origin: string): Promise<void> {
    await page.route(`${origin}/stand`, (route) => route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>x</title>' }));
    await page.goto(`${origin}/stand`);
  }

  /** In the page; `source` is the body of an async function there, with `post` at hand. */
  function inPage<T>(source: string): Promise<T> {
    return page.evaluate(`(async () => {
      const post = async (path, body) =>
        (await fetch(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })).json();
      ${source}
    })()`) as Promise<T>;
  }

  function ask(
    path: string,
    body: object | null = null,
  ): Promise<{ status: number; json: { state?: string; account?: { address: string } } }> {
    const init = body === null ? {} : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
    return inPage(
      `const answer = await fetch('${path}', ${JSON.stringify(init)}); return { status: answer.status, json: await answer.json() };`,
    );
  }

  for (const protocol of ['https', 'http'] as const)
    test(`in and out by ${protocol}: the cookie is kept, and no script sees it`, async () => {
      await stand(`${protocol}://localhost:${tayori.ports[protocol]}`);
      assert.equal((await ask('/auth/me')).status, 401);
      assert.equal((await ask('/auth/login', { login: 'hanako', password })).json.state, 'in');
      assert.equal((await ask('/auth/me')).json.account?.address, 'hanako@example.test');
      assert.equal(await page.evaluate('document.cookie'), '');
      const cookie = (await context.cookies()).find(({ name }) => name.includes('tayori'));
      assert.deepEqual([cookie?.httpOnly, cookie?.sameSite, cookie?.secure], [true, 'Lax', protocol === 'https']);
      assert.equal((await ask('/auth/logout', {})).status, 200);
      assert.equal((await ask('/auth/me')).status, 401);
      await context.clearCookies();
    });

  test('a passkey: made, asked for after the password, and enough alone; the command line takes it away', async () => {
    await stand(`http://localhost:${tayori.ports.http}`);
    const session = await context.newCDPSession(page);
    await session.send('WebAuthn.enable');
    await session.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    });
    assert.equal((await ask('/auth/login', { login: 'hanako', password })).json.state, 'in');
    const made = await inPage<{ factor?: { kind: string }; recoveryCodes?: string[] }>(`
      const { options } = await post('/auth/passkeys/begin', {});
      const credential = await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) });
      return post('/auth/passkeys/add', { passkey: credential.toJSON(), name: 'this computer' });`);
    assert.deepEqual([made.factor?.kind, made.recoveryCodes?.length], ['passkey', 10], JSON.stringify(made));
    await ask('/auth/logout', {});
    const ways = await inPage(`
      const sign = async (options) =>
        (await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) })).toJSON();
      const step = await post('/auth/login', { login: 'hanako', password: '${password}' });
      const second = await post('/auth/second', { ticket: step.ticket, passkey: await sign(step.passkey) });
      await post('/auth/logout', {});
      const { options } = await post('/auth/passkey/ask', {});
      const alone = await post('/auth/passkey/login', { passkey: await sign(options) });
      return { step: step.state, second: second.state, alone: alone.state };`);
    assert.deepEqual(ways, { step: 'second', second: 'in', alone: 'in' });

    const factors = JSON.parse(command('account', 'second-factor', 'list', 'hanako', '--json')) as {
      factors: { id: number; kind: string; left: number | null }[];
    };
    assert.deepEqual(
      factors.factors.map(({ kind, left }) => [kind, left]),
      [
        ['passkey', null],
        ['recovery', 10],
      ],
    );
    assert.match(command('account', 'second-factor', 'list', 'hanako'), /passkey +this computer/);
    assert.match(command('account', 'sessions', 'list', 'hanako'), /Chrome, Linux +passkey/);
    assert.match(command('account', 'second-factor', 'remove', 'hanako', '--all'), /The password is enough now/);
    assert.match(command('account', 'second-factor', 'list', 'hanako'), /no second factor/);
    assert.match(command('account', 'sessions', 'end', 'hanako', '--all'), /signed out/);
    assert.equal((await ask('/auth/me')).status, 401);
  });

  test('another site: neither a form nor a script gets in', async () => {
    const here = `https://localhost:${tayori.ports.https}`;
    await stand(here);
    await ask('/auth/login', { login: 'hanako', password });
    const other = `https://127.0.0.1:${tayori.ports.https}`;
    await stand(other);
    await inPage(
      `await fetch('${here}/auth/logout', { method: 'POST', mode: 'no-cors', credentials: 'include', headers: { 'content-type': 'text/plain' }, body: '{}' }).catch(() => {})`,
    );
    await page.setContent(`<form method=post enctype=text/plain action="${here}/auth/logout"><input name='{"a":"' value='"}'></form>`);
    const [answer] = await Promise.all([page.waitForResponse(`${here}/auth/logout`), page.evaluate('document.forms[0].submit()')]);
    assert.equal(answer.status(), 403);
    await page.waitForURL(`${here}/auth/logout`);
    await stand(here);
    assert.equal((await ask('/auth/me')).status, 200);
  });
});
