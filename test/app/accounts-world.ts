// A running Tayori, and beside it a provider of scripted servers that its DNS leads to: for the tests of the wizard, the cards and the settings in
// Chromium. Knows the programs from outside; knows no screen.
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import { makeAuthority, type TestAuthority } from '../support/certificates.ts';
import { openDnsServer, type DnsServer } from '../support/dns-server.ts';
import { ensureMailApp } from '../support/mail-app.ts';
import { openProvider, type Provider, type Script, type Service } from '../support/scripted-provider.ts';
import { launcher } from '../support/program.ts';
import { startTayori, type Tayori } from '../support/tayori.ts';
import { openPage, type Look } from '../pages/browser.ts';

const run = promisify(execFile);
export const host = 'mail.provider.test';
export const secret = 'S3cret-Octets-42';

export type Change = Partial<Script> & { readonly certificate?: Exclude<keyof TestAuthority, 'root'> };

export interface Person {
  readonly login: string;
  readonly password: string;
}

export interface World {
  readonly tayori: Tayori;
  readonly dns: DnsServer;
  readonly origin: string;
  readonly letters: string[];
  /** The provider anew: polite, but for what is changed of a service. */
  provide(changes?: Partial<Record<Service, Change>>): Promise<Readonly<Record<Service, Provider>> & { readonly address: string }>;
  /** Somebody new, so that the look-ups of one test are not counted for another. */
  person(): Promise<Person>;
  close(): Promise<void>;
}

export async function openWorld(): Promise<World> {
  ensureMailApp();
  const [authority, dns] = await Promise.all([makeAuthority(host), openDnsServer({})]);
  const folder = mkdtempSync(join(tmpdir(), 'accounts-world-'));
  writeFileSync(join(folder, 'authority.pem'), authority.root);
  const tayori = await startTayori({
    settings: `resolvers = ["${dns.address}"]\noutside-authority = "${join(folder, 'authority.pem')}"\n`,
  });
  const letters: string[] = [];
  let open: Provider[] = [];
  let [domains, people] = [0, 0];
  const shut = (): Promise<unknown> => Promise.all(open.map((one) => one.close()));
  return {
    tayori,
    dns,
    letters,
    origin: `http://localhost:${tayori.ports.http}`,
    async provide(changes = {}) {
      await shut();
      letters.length = 0;
      // Another each time: what a name server has said once is remembered.
      const domain = `p${++domains}.provider.test`;
      const address = `hana@${domain}`;
      const make = (service: Service): Promise<Provider> => {
        const { certificate = 'good', ...change } = changes[service] ?? {};
        const { certificate: cert, key } = authority[certificate];
        return openProvider({
          service,
          security: 'tls',
          tls: { cert, key },
          login: address,
          password: secret,
          letters,
          ...(service === 'smtp' ? { onLetter: (letter: string) => void letters.push(letter) } : {}),
          ...change,
        });
      };
      const [imap, pop3, smtp] = (await Promise.all((['imap', 'pop3', 'smtp'] as const).map(make))) as [Provider, Provider, Provider];
      open = [imap, pop3, smtp];
      const at = (provider: Provider) => [{ type: 'SRV', priority: 0, weight: 1, port: provider.port, value: host }] as const;
      const name = (service: Service): string => {
        const isPlain = (changes[service]?.security ?? 'tls') !== 'tls';
        return { imap: isPlain ? '_imap' : '_imaps', pop3: isPlain ? '_pop3' : '_pop3s', smtp: isPlain ? '_submission' : '_submissions' }[
          service
        ];
      };
      dns.zone = {
        [domain]: [],
        [host]: [{ type: 'A', value: '127.0.0.1' }],
        [`${name('imap')}._tcp.${domain}`]: at(imap),
        [`${name('pop3')}._tcp.${domain}`]: at(pop3),
        [`${name('smtp')}._tcp.${domain}`]: at(smtp),
      };
      return { imap, pop3, smtp, address };
    },
    async person() {
      const login = `person${++people}@tayori.test`;
      const password = 'sakura saku sakura';
      await run(
        launcher,
        ['account', 'add', login, '--password', password, '--data', tayori.data, '--settings', join(tayori.folder, 'tayori.toml')],
        {
          env: { PATH: process.env['PATH'] },
        },
      );
      return { login, password };
    },
    async close() {
      await tayori.stop();
      await Promise.all([shut(), dns.close()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export interface Opened {
  readonly page: Page;
  readonly faults: string[];
}

/** A browser of its own, signed in, at an address of the app. */
export async function signedIn(browser: Browser, { origin }: World, { login, password }: Person, look: Look, path = '/'): Promise<Opened> {
  const opened = await openPage(browser, look);
  const answer = await opened.page.context().request.post(`${origin}/auth/login`, { data: { login, password }, headers: { origin } });
  if (!answer.ok()) throw new Error(`${login} was not let in: ${answer.status()} ${await answer.text()}`);
  await opened.page.goto(`${origin}${path}`);
  return opened;
}

/** Does anything stick out to the side, of the window or of the page in it that scrolls? */
export async function sticksOut(page: Page): Promise<boolean> {
  const wide =
    "[document.documentElement, ...document.querySelectorAll('.page .content')].some((one) => one.scrollWidth > one.clientWidth)";
  return (await page.evaluate(wide)) === true;
}

/** Kept where SHOTS says; nowhere without it. */
export async function shoot(page: Page, name: string): Promise<void> {
  const folder = process.env['SHOTS'];
  if (folder === undefined) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`) });
}
