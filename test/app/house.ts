// A running Tayori with Hanako and Taro, letters in their mailboxes, and pages that are signed in: for tests that play the mail app in Chromium.
// Knows the program from outside only.
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ImapFlow } from 'imapflow';
import type { Browser, Page } from 'playwright-core';
import { ensureMailApp } from '../support/mail-app.ts';
import { launcher } from '../support/program.ts';
import { startTayori, type Tayori } from '../support/tayori.ts';
import { openPage, type Look } from '../pages/browser.ts';

const password = 'sakura saku sakura';

export interface House {
  readonly tayori: Tayori;
  readonly origin: string;
  put(letters: readonly (readonly [mailbox: string, letter: string, flags?: readonly string[], date?: Date])[]): Promise<void>;
  open(browser: Browser, look: Look, path?: string): Promise<{ readonly page: Page; readonly faults: string[] }>;
  close(): Promise<void>;
}

export async function openHouse(): Promise<House> {
  ensureMailApp();
  const tayori = await startTayori({
    settings: 'domain = "example.test"\nhostname = "localhost"\nlisten = ["127.0.0.1"]\ndelivery = "off"\n',
  });
  const words = ['--password', password, '--data', tayori.data, '--settings', join(tayori.folder, 'tayori.toml')];
  for (const [address, name] of [
    ['hanako@example.test', '花子'],
    ['taro@example.test', '太郎'],
  ] as const)
    execFileSync(launcher, ['account', 'add', address, '--name', name, ...words], {
      env: { PATH: process.env['PATH'] },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  const origin = `https://localhost:${tayori.ports.https}`;
  return {
    tayori,
    origin,
    async put(letters) {
      const client = new ImapFlow({
        host: 'localhost',
        port: tayori.ports.imaps,
        secure: true,
        auth: { user: 'hanako@example.test', pass: password },
        logger: false,
        tls: { rejectUnauthorized: false },
      });
      await client.connect();
      for (const [mailbox, letter, flags = [], date] of letters) await client.append(mailbox, Buffer.from(letter), [...flags], date);
      await client.logout();
    },
    async open(browser, look, path = '/') {
      const opened = await openPage(browser, look);
      const login = await opened.page.context().request.post(`${origin}/auth/login`, {
        headers: { origin },
        data: { login: 'hanako', password },
      });
      if (login.status() !== 200) throw new Error(await login.text());
      opened.page.setDefaultTimeout(120_000);
      await opened.page.goto(`${origin}${path}`, { timeout: 120_000 });
      return opened;
    },
    close: () => tayori.stop(),
  };
}

export function letter(from: string, subject: string, text: string, more = ''): string {
  const word = (value: string): string => `=?utf-8?B?${Buffer.from(value).toString('base64')}?=`;
  const [, name = '', address = from] = /^(.*) <(.*)>$/u.exec(from) ?? [];
  return (
    `From: ${word(name)} <${address}>\r\nTo: hanako@example.test\r\nSubject: ${word(subject)}\r\nDate: Fri, 27 Nov 2026 10:00:00 +0900\r\n` +
    `Message-ID: <${crypto.randomUUID()}@example.org>\r\nMIME-Version: 1.0\r\n${more}Content-Type: text/plain; charset=utf-8\r\n\r\n${text}\r\n`
  );
}

/** Looks at each frame until it is so. `waitForFunction` would need what the page's policy forbids. */
export async function until(page: Page, expression: string, what = expression, ms = 60_000): Promise<void> {
  await page.evaluate(
    `new Promise((resolve, reject) => { const end = performance.now() + ${ms}; const look = () => ((${expression}) ? resolve() : performance.now() > end ? reject(new Error('not so in time: ' + ${JSON.stringify(what)})) : requestAnimationFrame(look)); look(); })`,
  );
}

const pictures = process.env['TAYORI_PAGES'];
export async function shoot(page: Page, name: string): Promise<void> {
  if (pictures === undefined) return;
  mkdirSync(pictures, { recursive: true });
  await page.screenshot({ path: join(pictures, `${name}.png`) });
}
