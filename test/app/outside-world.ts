// A running Tayori with a domain, and beside it another provider as a whole: Debian's Dovecot and Postfix, its sign-in page, and the name server that
// leads to them. For tests of accounts at other providers in Chromium. Knows the programs from outside; knows no screen.
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ImapFlow } from 'imapflow';
import type { Browser, Page } from 'playwright-core';
import { openBrowser, openPage, type Look } from '../pages/browser.ts';
import { openDnsServer, type DnsServer } from '../support/dns-server.ts';
import { foreignHost } from '../support/dovecot.ts';
import { startForeignOffice, type ForeignOffice } from '../support/foreign-office.ts';
import { ensureMailApp } from '../support/mail-app.ts';
import { openOAuthProvider, type OAuthServer } from '../support/oauth-provider.ts';
import { launcher } from '../support/program.ts';
import { startTayori, type Tayori } from '../support/tayori.ts';
import { answerText, makeAuthority, openWebServer } from '../support/web-server.ts';

const run = promisify(execFile);
const signInHost = 'sso.foreign.example';
export const domain = 'foreign.example';
export const password = 'sakura saku sakura';

export interface OutsideWorld {
  readonly tayori: Tayori;
  readonly office: ForeignOffice;
  readonly dns: DnsServer;
  readonly provider: OAuthServer;
  readonly browser: Browser;
  readonly origin: string;
  /** `tayori …` with the settings and data of the running server; what it wrote. */
  command(words: readonly string[], input?: string): Promise<string>;
  /** A page of somebody's, signed in, with what went wrong in it. */
  open(login: string, look: Look, path?: string): Promise<{ readonly page: Page; readonly faults: string[] }>;
  /** Another mail app of somebody's at the provider. */
  there(address: string): Promise<ImapFlow>;
  close(): Promise<void>;
}

/** A line to a port on which so many octets a second come back: what takes a moment elsewhere is there to be seen here too. */
async function openSlowRoad(to: number, octetsPerSecond: number): Promise<{ readonly port: number; close(): void }> {
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(to, '127.0.0.1');
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        near.destroy();
        far.destroy();
      });
    }
    near.pipe(far);
    far.on('data', (octets: Buffer) => {
      near.write(octets);
      far.pause();
      setTimeout(() => far.resume(), (octets.length / octetsPerSecond) * 1000);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/**
 * `signIn`: the sign-in page of the provider is known to Tayori, by a client id that the operator has entered. `pace`: octets a second that the
 * provider's IMAP gives.
 */
export async function openOutsideWorld(
  options: { readonly signIn?: boolean; readonly settings?: string; readonly pace?: number } = {},
): Promise<OutsideWorld> {
  ensureMailApp();
  const authority = await makeAuthority();
  const provider = await openOAuthProvider({
    certificate: await authority.issue([signInHost]),
    client: { id: 'tayori', secret: 'the secret of this client' },
    redirects: ['https://localhost/oauth/callback'],
    now: () => Date.now(),
    lifetime: 3600,
    rotates: true,
  });
  const introspection = await openWebServer((request, response) => {
    const email = provider.addressOf(new URL(request.url ?? '/', 'http://x').searchParams.get('token') ?? '');
    answerText(response, JSON.stringify(email === null ? { active: false } : { active: true, email }), 200, {
      'content-type': 'application/json',
    });
  }, null);
  const office = await startForeignOffice(
    options.signIn ? { introspection: `http://127.0.0.1:${introspection.port}/introspect?token=` } : {},
  );
  const at = (port: number) => [{ type: 'SRV', priority: 0, weight: 1, port, value: foreignHost }] as const;
  const here = [{ type: 'A', value: '127.0.0.1' }] as const;
  const slow = options.pace === undefined ? null : await openSlowRoad(office.reading.ports.imaps, options.pace);
  const dns = await openDnsServer({
    [domain]: [],
    [foreignHost]: here,
    [signInHost]: here,
    [`_imaps._tcp.${domain}`]: at(slow?.port ?? office.reading.ports.imaps),
    [`_pop3s._tcp.${domain}`]: at(office.reading.ports.pop3s),
    [`_submissions._tcp.${domain}`]: at(office.submissions),
  });
  const authorities = join(office.reading.folder, 'all.pem');
  writeFileSync(authorities, `${office.authorities}\n${authority.root.certificate}`);
  const tayori = await startTayori({
    settings:
      `domain = "example.test"\nhostname = "localhost"\nlisten = ["127.0.0.1"]\ndelivery = "private"\noutside-private = true\n` +
      `resolvers = ["${dns.address}"]\noutside-authority = "${authorities}"\n${options.settings ?? ''}`,
  });
  const settings = ['--data', tayori.data, '--settings', join(tayori.folder, 'tayori.toml')];
  const command = async (words: readonly string[], input = ''): Promise<string> => {
    const ran = run(launcher, [...words, ...settings], { env: { PATH: process.env['PATH'], LANG: 'en_GB.UTF-8' } });
    ran.child.stdin?.end(input);
    return (await ran).stdout;
  };
  for (const [login, name] of [
    ['hanako@example.test', '花子'],
    ['taro@example.test', '太郎'],
  ] as const)
    await command(['account', 'add', login, '--name', name, '--password', password]);
  if (options.signIn) {
    const base = `https://${signInHost}:${provider.port}`;
    const urls = ['--issuer', `https://${signInHost}`, '--authorization-url', `${base}/authorize`, '--token-url', `${base}/token`];
    const more = ['--scopes', 'mail', '--hosts', domain, '--title', 'Foreign'];
    await command(
      ['oauth', 'client', 'add', 'foreign', '--id', 'tayori', ...urls, ...more, '--secret-stdin'],
      'the secret of this client\n',
    );
  }
  // The provider sends browsers back to a host without a port, as for any server with a domain.
  const names = `MAP localhost:443 127.0.0.1:${tayori.ports.https}, MAP ${signInHost} 127.0.0.1`;
  // The certificates are those of tests; a service worker wants one that the browser takes by itself.
  const browser = await openBrowser(names, ['--ignore-certificate-errors']);
  const origin = `https://localhost:${tayori.ports.https}`;
  return {
    tayori,
    office,
    dns,
    provider,
    browser,
    origin,
    command,
    async open(login, look, path = '/') {
      const opened = await openPage(browser, look);
      opened.page.setDefaultTimeout(90_000);
      const answer = await opened.page.context().request.post(`${origin}/auth/login`, { headers: { origin }, data: { login, password } });
      if (answer.status() !== 200) throw new Error(await answer.text());
      await opened.page.goto(`${origin}${path}`);
      return opened;
    },
    async there(address) {
      const client = new ImapFlow({
        host: '127.0.0.1',
        port: office.reading.ports.imaps,
        servername: foreignHost,
        secure: true,
        auth: { user: address, pass: office.reading.password },
        logger: false,
        tls: { rejectUnauthorized: false },
      });
      await client.connect();
      return client;
    },
    async close() {
      await browser.close();
      await tayori.stop();
      slow?.close();
      await Promise.all([office.close(), dns.close(), provider.close(), introspection.close()]);
    },
  };
}

export const onDesk: Look = { width: 1280, language: 'en', scheme: 'light' };
export const onPhone: Look = { width: 390, language: 'ja', scheme: 'dark' };

/** By password, from the address to the letter that came back. */
export async function addByPassword(page: Page, address: string, secret: string, service: 'imap' | 'pop3' = 'imap'): Promise<void> {
  await page.locator('[name=address]').fill(address);
  await page.keyboard.press('Enter');
  if (service === 'pop3') await page.locator('input[name=service][value=pop3]').check({ force: true });
  await page.getByRole('button', { name: /^(?:Continue|次へ)$/ }).click();
  await page.locator('[name=secret]').fill(secret);
  await page.keyboard.press('Enter');
  await page.locator('.postmark').waitFor({ timeout: 60_000 });
}

/** Kept where SHOTS says; nowhere without it. */
export async function shoot(page: Page, name: string): Promise<void> {
  const folder = process.env['SHOTS'];
  if (folder === undefined) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`) });
}
