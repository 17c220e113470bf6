// Hostile letters in Chromium (reliability B-113 … B-126), in the frame that the app shows them in and opened by their own address: no script runs,
// nothing is asked of anybody else. A canary counts every connection to it; the rows are src/message/html/hostile-markup.ts.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { ImapFlow } from 'imapflow';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { skipWithout } from '../../scripts/debian-packages.ts';
import { hostileMarkup } from '../../src/message/html/hostile-markup.ts';
import { openDnsServer, type DnsServer } from '../support/dns-server.ts';
import { launcher } from '../support/program.ts';
import { startTayori, type Tayori } from '../support/tayori.ts';
import { openWebServer, type WebServer } from '../support/web-server.ts';
import { openBrowser } from './browser.ts';

const sandbox = 'allow-same-origin allow-popups allow-popups-to-escape-sandbox';
const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
const usual = 'From: Mallory <m@evil.test>\r\nTo: hanako@example.test\r\nSubject: x\r\nMIME-Version: 1.0\r\n';

suite('letters in Chromium', { skip: skipWithout('chromium') }, () => {
  let tayori: Tayori;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let dns: DnsServer;
  let canary: Server;
  let pictures: WebServer;
  let origin: string;
  let connections = 0;
  let client: ImapFlow | null = null;
  /** What the browser has asked for, other than of us. */
  const foreign: string[] = [];
  const dialogs: string[] = [];

  before(async () => {
    canary = createServer((socket) => {
      connections++;
      socket.destroy();
    });
    await new Promise<void>((done) => canary.listen(0, '127.0.0.1', done));
    pictures = await openWebServer((request, response) => {
      if (request.url?.startsWith('/picture')) response.writeHead(200, { 'content-type': 'text/html', 'set-cookie': 'a=b' }).end(png);
      else
        response
          .writeHead(200, { 'content-type': 'image/png' })
          .end('<svg xmlns="http://www.w3.org/2000/svg"><script>top.ran=1</script></svg>');
    }, null);
    dns = await openDnsServer({ 'pictures.test': [{ type: 'A', value: '127.0.0.1' }] });
    tayori = await startTayori({
      settings: `domain = "example.test"\nhostname = "localhost"\nlisten = ["127.0.0.1"]\ndelivery = "off"\nresolvers = ["${dns.address}"]\noutside-private = true\n`,
    });
    origin = `https://localhost:${tayori.ports.https}`;
    execFileSync(
      launcher,
      [
        'account',
        'add',
        'hanako@example.test',
        '--name',
        '花子',
        '--password',
        'sakura saku sakura',
        '--data',
        tayori.data,
        '--settings',
        join(tayori.folder, 'tayori.toml'),
      ],
      { env: { PATH: process.env['PATH'] }, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    const { port } = canary.address() as AddressInfo;
    // Not every name: Chromium asks for things of its own.
    browser = await openBrowser(`MAP *.test 127.0.0.1:${port}`);
    context = await browser.newContext({ ignoreHTTPSErrors: true });
    page = await context.newPage();
    context.on('request', (request) => {
      const { protocol, origin: of } = new URL(request.url());
      if (protocol !== 'data:' && of !== origin && request.url() !== 'about:blank') foreign.push(request.url());
    });
    page.on('dialog', (dialog) => {
      dialogs.push(dialog.message());
      void dialog.dismiss();
    });
    // A page of ours around the frame; the app itself is not under test here.
    await page.route(`${origin}/around*`, (route) => {
      const frames = new URL(route.request().url()).searchParams
        .getAll('src')
        .map((src) => `<iframe sandbox="${sandbox}" src="${src.replaceAll('&', '&amp;')}" width=800 height=600></iframe>`);
      return route.fulfill({ contentType: 'text/html', body: `<!doctype html>${frames.join('')}` });
    });
    const login = await context.request.post(`${origin}/auth/login`, {
      headers: { origin },
      data: { login: 'hanako', password: 'sakura saku sakura' },
    });
    assert.equal(login.status(), 200, await login.text());
  });
  after(async () => {
    await browser?.close();
    await client?.logout();
    await tayori?.stop();
    await dns?.close();
    await pictures?.close();
    canary?.close();
  });

  async function put(letter: string): Promise<string> {
    if (client === null) {
      client = new ImapFlow({
        host: 'localhost',
        port: tayori.ports.imaps,
        secure: true,
        auth: { user: 'hanako@example.test', pass: 'sakura saku sakura' },
        logger: false,
        tls: { rejectUnauthorized: false },
      });
      await client.connect();
    }
    const added = await client.append('INBOX', Buffer.from(letter));
    assert.ok(added !== false && added.uid !== undefined);
    await client.mailboxOpen('INBOX');
    const found = await client.fetchOne(String(added.uid), { uid: true }, { uid: true });
    assert.ok(found !== false && found.emailId !== undefined);
    return `/letter/A${account}/${found.emailId}`;
  }
  /** The first account of the house. */
  const account = 1;

  async function open(...addresses: readonly string[]): Promise<void> {
    const query = new URLSearchParams(addresses.map((address) => ['src', address]));
    await page.goto(`${origin}/around?${query}`, { waitUntil: 'load' });
    await page.waitForFunction(
      "[...document.querySelectorAll('iframe')].every((frame) => frame.contentDocument?.readyState === 'complete')",
    );
  }

  /** What runs late, such as an animation or a refresh, has had its time when two frames were drawn. */
  async function judge(titles: readonly string[]): Promise<void> {
    await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))');
    const state = (await page.evaluate(`({
      ran: window.ran,
      inner: [...document.querySelectorAll('iframe')].map(({ contentWindow }) => ({ ran: contentWindow.ran, path: contentWindow.location.pathname })),
    })`)) as { ran?: number; inner: readonly { ran?: number; path: string }[] };
    assert.equal(state.inner.length, titles.length);
    for (const [index, { ran, path }] of state.inner.entries()) {
      assert.ok(ran === undefined, titles[index]!);
      assert.match(path, /^\/letter\//, `${titles[index]}: the frame stays where it is`);
    }
    assert.deepEqual([state.ran, dialogs, foreign, connections], [undefined, [], [], 0]);
  }

  test('the policy and what else stands around the document', async () => {
    const address = await put(`${usual}Content-Type: text/html\r\n\r\n<p>x</p>`);
    const answer = await context.request.get(`${origin}${address}`);
    const headers = answer.headers();
    assert.match(
      headers['content-security-policy']!,
      /^default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:;.*sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox$/,
    );
    assert.deepEqual(
      [headers['x-content-type-options'], headers['referrer-policy'], headers['cross-origin-resource-policy'], headers['x-tayori-remote']],
      ['nosniff', 'no-referrer', 'same-origin', '0'],
    );
    const again = await context.request.get(`${origin}${address}`, { headers: { 'if-none-match': headers['etag']! } });
    assert.equal(again.status(), 304);
    assert.notEqual((await context.request.get(`${origin}${address}?theme=dark`)).headers()['etag'], headers['etag']);
    for (const path of [`${address}9999`, '/letter/A2/M1', '/letter/A1/M0', '/letter/A1/M1x', '/letter/A1/M1/part/..'])
      assert.ok([404, 400].includes((await context.request.get(`${origin}${path}`)).status()), path);
    const stranger = await browser.newContext({ ignoreHTTPSErrors: true });
    assert.equal((await stranger.request.get(`${origin}${address}`)).status(), 401);
    await stranger.close();
  });

  test('every row: no script runs, nobody is asked, light and dark, with pictures wanted and without', async () => {
    const addresses: string[] = [];
    for (const [, html] of hostileMarkup) addresses.push(await put(`${usual}Content-Type: text/html; charset=utf-8\r\n\r\n${html}`));
    for (const query of ['images=0&theme=light', 'images=1&theme=dark']) {
      await open(...addresses.map((address) => `${address}?${query}`));
      await judge(hostileMarkup.map(([title]) => `${title} (${query})`));
    }
  });

  test('all rows in one letter, and in several parts', async () => {
    const all = hostileMarkup.map(([, html]) => html);
    const parts = all.map((html) => `--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n${html}\r\n`).join('');
    for (const letter of [
      `Content-Type: text/html; charset=utf-8\r\n\r\n${all.join('\n')}`,
      `Content-Type: multipart/mixed; boundary=b\r\n\r\n${parts}--b--\r\n`,
    ]) {
      const address = `${await put(`${usual}${letter}`)}?images=1`;
      await open(address);
      await judge(['all']);
      // By its own address too, where no frame is around it.
      await page.goto(`${origin}${address}`, { waitUntil: 'load' });
      assert.equal(await page.evaluate('window.ran'), undefined);
      assert.deepEqual([dialogs, foreign, connections], [[], [], 0]);
    }
  });

  test('a picture in the letter is shown; what calls itself one and is none is not', async () => {
    const related = (type: string, octets: string): string =>
      `${usual}Content-Type: multipart/related; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n<img src="cid:p@x">\r\n--b\r\nContent-Type: ${type}\r\nContent-ID: <p@x>\r\nContent-Transfer-Encoding: base64\r\n\r\n${octets}\r\n--b--\r\n`;
    const width = (): Promise<unknown> =>
      page.evaluate("document.querySelector('iframe')?.contentDocument?.querySelector('img')?.naturalWidth");
    const good = await put(related('application/octet-stream', png.toString('base64')));
    await open(good);
    assert.equal(await width(), 1);
    const part = await context.request.get(`${origin}${good}/part/2`);
    assert.deepEqual([part.headers()['content-type'], part.headers()['x-content-type-options']], ['image/png', 'nosniff']);
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>top.ran=1</script></svg>').toString(
      'base64',
    );
    const bad = await put(related('image/svg+xml', svg));
    await open(bad);
    assert.equal(await width(), 0);
    assert.equal((await context.request.get(`${origin}${bad}/part/2`)).status(), 404);
    await judge(['svg by cid']);
  });

  test('pictures elsewhere: none until wanted, then by us alone, without cookies, and only those that are pictures', async () => {
    const at = `http://pictures.test:${pictures.port}`;
    const address = await put(
      `${usual}Content-Type: text/html\r\n\r\n<img id=a src="${at}/picture.png"><img id=b src="${at}/svg"><img src="${at}/pixel" width=1 height=1><img id=c src="http://127.0.0.1:${pictures.port}/picture">`,
    );
    await open(address);
    assert.equal(pictures.seen.length, 0);
    const counted = await context.request.get(`${origin}${address}`);
    assert.deepEqual([counted.headers()['x-tayori-remote'], counted.headers()['x-tayori-trackers']], ['4', '1']);
    await open(`${address}?images=1`);
    const widths = await page.evaluate(
      "[...document.querySelector('iframe').contentDocument.querySelectorAll('img')].map((one) => one.naturalWidth)",
    );
    assert.deepEqual((widths as number[]).slice(0, 2), [1, 0]);
    assert.deepEqual(
      pictures.seen.filter((line) => line.includes('pixel')),
      [],
    );
    assert.ok(pictures.seen.some((line) => line.startsWith(`GET pictures.test:${pictures.port} /picture.png`)));
    assert.deepEqual(foreign, []);
    // Nobody may have us ask what no letter of theirs has named.
    for (const query of [
      '',
      `?u=${encodeURIComponent(`${at}/picture`)}`,
      `?u=${encodeURIComponent(`${at}/picture`)}&s=AAAAAAAAAAAAAAAAAAAAAA`,
    ])
      assert.equal((await context.request.get(`${origin}/image-proxy${query}`)).status(), 403, query);
  });

  test('a quotation is folded and opens without a script; a link in a letter leads out in a window of its own', async () => {
    const address = await put(
      `${usual}Content-Type: text/html\r\n\r\n<div>Yes</div><div class=gmail_quote>On Monday A wrote:<blockquote id=old>Old words</blockquote></div>`,
    );
    await open(address);
    const frame = page.frameLocator('iframe');
    assert.equal(await frame.getByText('Old words').isVisible(), false);
    await frame.locator('summary').click();
    assert.equal(await frame.getByText('Old words').isVisible(), true);
  });

  test('the canary does hear: a letter that nobody has cleaned is told on', async () => {
    const other = await context.newPage();
    await other.setContent(hostileMarkup.map(([, html]) => html).join('\n')).catch(() => {});
    await other.waitForFunction('document.images.length > 0');
    assert.ok(connections > 0 && foreign.length > 0);
    await other.close();
  });
});
