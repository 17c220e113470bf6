// The running program with Hanako and Taro, letters in their boxes, a browser that has signed in: what the tests of reading stand on. Knows the program
// from outside, and how the app's pages are waited for under a policy that forbids what `waitForFunction` needs.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ImapFlow } from 'imapflow';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { openBrowser, type Look } from '../pages/browser.ts';
import { openDnsServer, type DnsServer } from '../support/dns-server.ts';
import { ensureMailApp } from '../support/mail-app.ts';
import { launcher } from '../support/program.ts';
import { openPeer, type Peer } from '../support/smtp-peer.ts';
import { startTayori, type Tayori } from '../support/tayori.ts';
import { makeAuthority, openWebServer, type WebServer } from '../support/web-server.ts';

export const password = 'sakura saku sakura';
export const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

export interface Opened {
  readonly context: BrowserContext;
  readonly page: Page;
  /** What the page did wrong: script errors, what the policy refused. */
  readonly faults: string[];
  /** What the browser asked of anybody but us. */
  readonly foreign: string[];
}

export interface ReadingOffice {
  readonly tayori: Tayori;
  readonly origin: string;
  readonly browser: Browser;
  /** Another office, to which letters for far.test go. */
  readonly peer: Peer;
  readonly dns: DnsServer;
  /** Pictures, and the list that takes unsubscriptions; https at `web.test`. */
  readonly web: WebServer;
  readonly bodies: string[];
  /** Connections to a machine that nobody has any reason to reach. */
  canary(): number;
  /** Puts a letter into Hanako's inbox, tells its id. */
  put(letter: string, flags?: string[]): Promise<string>;
  /** Another server brings a letter to our door. */
  bring(letter: string, from?: string): Promise<void>;
  open(look?: Partial<Look> & { readonly timezone?: string }): Promise<Opened>;
  /** Opens the conversation of a letter by its subject. */
  read(page: Page, subject: string): Promise<void>;
  close(): Promise<void>;
}

/** Looks at each frame until it is so. */
export async function until(page: Page, expression: string, ms = 60_000): Promise<void> {
  await page.evaluate(
    `new Promise((resolve, reject) => { const end = performance.now() + ${ms}; const look = async () => ((await (${expression})) ? resolve() : performance.now() > end ? reject(new Error('not so in time: ' + ${JSON.stringify(expression)})) : setTimeout(look, 30)); look(); })`,
  );
}

export async function shoot(page: Page, name: string): Promise<void> {
  const folder = process.env['TAYORI_PAGES'];
  if (folder === undefined) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `reading-${name}.png`) });
}

export async function openReadingOffice(): Promise<ReadingOffice> {
  ensureMailApp();
  const folder = mkdtempSync(join(tmpdir(), 'tayori-reading-'));
  let connections = 0;
  const canary: Server = createServer((socket) => {
    connections++;
    socket.destroy();
  });
  await new Promise<void>((done) => canary.listen(0, '127.0.0.1', done));
  const peer = await openPeer();
  const authority = await makeAuthority();
  const bodies: string[] = [];
  const web = await openWebServer(
    (request, response) => {
      let body = '';
      request.on('data', (piece: Buffer) => (body += piece.toString()));
      request.on('end', () => {
        bodies.push(`${request.method} ${request.url} ${request.headers['content-type'] ?? ''} ${request.headers['cookie'] ?? ''}${body}`);
        if (request.url?.startsWith('/picture')) response.writeHead(200, { 'content-type': 'image/png' }).end(png);
        else if (request.url?.startsWith('/leave')) response.writeHead(200).end('ok');
        else response.writeHead(404).end();
      });
    },
    await authority.issue(['web.test']),
  );
  const dns = await openDnsServer({
    'web.test': [{ type: 'A', value: '127.0.0.1' }],
    'far.test': [
      { type: 'MX', preference: 10, value: 'mx.far.test' },
      { type: 'TXT', value: 'v=spf1 mx -all' },
    ],
    'mx.far.test': [{ type: 'A', value: '127.0.0.1' }],
    '1.0.0.127.in-addr.arpa': [{ type: 'PTR', value: 'mx.far.test' }],
  });
  await writeFile(join(folder, 'authority.pem'), authority.root.certificate);
  const tayori = await startTayori({
    settings: `domain = "example.test"\nhostname = "localhost"\nlisten = ["127.0.0.1"]\ndelivery = "private"\ndelivery-port = ${peer.port}\nresolvers = ["${dns.address}"]\noutside-private = true\noutside-authority = "${join(folder, 'authority.pem')}"\n`,
  });
  const origin = `https://localhost:${tayori.ports.https}`;
  for (const [address, name] of [
    ['hanako@example.test', '山田 花子'],
    ['taro@example.test', '佐藤 太郎'],
  ] as const)
    execFileSync(
      launcher,
      [
        'account',
        'add',
        address,
        '--name',
        name,
        '--password',
        password,
        '--data',
        tayori.data,
        '--settings',
        join(tayori.folder, 'tayori.toml'),
      ],
      { env: { PATH: process.env['PATH'] }, stdio: ['ignore', 'pipe', 'pipe'] },
    );
  // Not every name: Chromium asks for things of its own.
  // Service workers come from nowhere but under a seal that is believed.
  const browser = await openBrowser(`MAP *.test 127.0.0.1:${(canary.address() as AddressInfo).port}`, ['--ignore-certificate-errors']);
  const client = new ImapFlow({
    host: 'localhost',
    port: tayori.ports.imaps,
    secure: true,
    auth: { user: 'hanako@example.test', pass: password },
    logger: false,
    tls: { rejectUnauthorized: false },
  });
  await client.connect();

  return {
    tayori,
    origin,
    browser,
    peer,
    dns,
    web,
    bodies,
    canary: () => connections,
    async put(letter, flags = []) {
      const added = await client.append('INBOX', Buffer.from(letter), flags);
      if (added === false || added.uid === undefined) throw new Error('not taken');
      await client.mailboxOpen('INBOX');
      const found = await client.fetchOne(String(added.uid), { uid: true }, { uid: true });
      if (found === false || found.emailId === undefined) throw new Error('not there');
      return found.emailId;
    },
    bring: (letter, from = 'sender@far.test') => bring(tayori.ports.smtp, letter, from),
    async open({ width = 1280, language = 'ja', scheme = 'light', timezone = 'Asia/Tokyo' } = {}) {
      const context = await browser.newContext({
        viewport: { width, height: width === 390 ? 844 : 800 },
        locale: language === 'ja' ? 'ja-JP' : 'en-GB',
        colorScheme: scheme,
        timezoneId: timezone,
        ignoreHTTPSErrors: true,
        reducedMotion: 'reduce',
        permissions: ['clipboard-read', 'clipboard-write', 'notifications'],
      });
      const faults: string[] = [];
      const foreign: string[] = [];
      context.on('request', (request) => {
        const { protocol, origin: of } = new URL(request.url());
        if (!['data:', 'blob:'].includes(protocol) && of !== origin && request.url() !== 'about:blank') foreign.push(request.url());
      });
      const page = await context.newPage();
      page.on('pageerror', (error) => faults.push(error.message));
      page.on('console', (message) => {
        if (message.type() === 'error') faults.push(message.text());
      });
      const login = await context.request.post(`${origin}/auth/login`, { headers: { origin }, data: { login: 'hanako', password } });
      if (login.status() !== 200) throw new Error(await login.text());
      await page.goto(origin);
      await page.waitForSelector('[role=row] .who', { timeout: 60_000 }).catch(async (error: unknown) => {
        await shoot(page, 'not-opened');
        throw new Error(`the inbox does not open: ${faults.join(' | ')}`, { cause: error });
      });
      return { context, page, faults, foreign };
    },
    async read(page, subject) {
      await page.goto(`${origin}/`);
      const row = page.locator('[role=row]', { hasText: subject }).first();
      // What has just come is on top in a moment; rows far down are drawn when they are scrolled to.
      await row.waitFor({ timeout: 3_000 }).catch(() => undefined);
      for (const end = Date.now() + 20_000; !(await row.isVisible());) {
        if (Date.now() > end) throw new Error(`no row "${subject}" in the list`);
        await page.evaluate(
          "new Promise((done) => { let box = document.querySelector('[role=grid]'); while (box && box.scrollHeight <= box.clientHeight + 1) box = box.parentElement; if (box) box.scrollTop = box.scrollTop + box.clientHeight >= box.scrollHeight - 2 ? 0 : box.scrollTop + 300; setTimeout(done, 150); })",
        );
      }
      await row.locator('.words').click();
      await page.locator('#thread-subject', { hasText: subject }).waitFor();
      await page.waitForSelector('.letter.open');
    },
    async close() {
      await browser.close();
      await client.logout().catch(() => undefined);
      await tayori.stop();
      await Promise.all([peer.close(), dns.close(), web.close()]);
      canary.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** RFC 5321, as short as it can be. */
async function bring(port: number, letter: string, from: string): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  const lines = [
    'EHLO mx.far.test',
    `MAIL FROM:<${from}>`,
    'RCPT TO:<hanako@example.test>',
    'DATA',
    `${letter.replaceAll(/^\./gm, '..')}\r\n.`,
    'QUIT',
  ];
  let heard = '';
  await new Promise<void>((resolve, reject) => {
    socket.on('error', reject);
    socket.on('close', () => resolve());
    socket.on('data', (piece: Buffer) => {
      heard += piece.toString();
      if (!/^\d{3} .*\r\n$/m.test(heard.slice(heard.lastIndexOf('\n', heard.length - 2) + 1))) return;
      if (/^[45]/m.test(heard)) {
        socket.destroy();
        return reject(new Error(heard));
      }
      const line = lines.shift();
      if (line !== undefined) socket.write(`${line}\r\n`);
    });
  });
}
