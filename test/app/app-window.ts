// The mail app of a running Tayori in Chromium, for tests of its screens: signed in as somebody, with JMAP at hand to prepare and to look behind.
// Knows the pages from outside.
import { mkdirSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { openPage, type Look } from '../pages/browser.ts';
import type { Person, Tayori } from '../support/tayori.ts';

const pictures = process.env['TAYORI_PAGES'];

export interface AppWindow {
  readonly page: Page;
  /** What went wrong in the page, or was refused by its policy. */
  readonly faults: readonly string[];
  readonly person: Person;
  /** Answers by call, through the page's own session. */
  jmap(calls: readonly (readonly [string, object])[], using?: readonly string[]): Promise<readonly Answer[]>;
  /** Looks at each frame until it is so. */
  until(expression: string): Promise<void>;
  shoot(name: string): Promise<void>;
}

// oxlint-disable-next-line no-explicit-any -- what a server answers is looked at, and a wrong look fails the test
export type Answer = any;

const capabilities = ['core', 'mail', 'submission', 'mdn', 'blob'].map((name) => `urn:ietf:params:jmap:${name}`);
export const own = 'urn:tayori:params:jmap:tayori';

export interface Road {
  readonly port: number;
  /** Everything on it ends, and nothing gets through until it is mended. */
  cut(): void;
  mend(): void;
  close(): Promise<void>;
}

/** A way to the server that can be cut: the network of a page and of its worker at once. */
export async function openRoad(to: number): Promise<Road> {
  const sockets = new Set<Socket>();
  let isCut = false;
  const server = createServer((near) => {
    if (isCut) return void near.destroy();
    const far = connect(to, '127.0.0.1');
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.pipe(other);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const end = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    cut() {
      isCut = true;
      end();
    },
    mend: () => void (isCut = false),
    async close() {
      end();
      await new Promise<void>((done) => server.close(() => done()));
    },
  };
}

export async function openApp(
  browser: Browser,
  tayori: Tayori,
  person: Person,
  look: Look,
  path = '/',
  port = tayori.ports.https,
): Promise<AppWindow> {
  const opened = await openPage(browser, look);
  const { page } = opened;
  page.setDefaultTimeout(90_000);
  const origin = `https://localhost:${port}`;
  await page.goto(origin + path);
  await page.fill('input[name=login]', person.login);
  await page.fill('input[name=password]', person.password);
  await page.keyboard.press('Enter');
  await page.waitForSelector('[role=grid]', { state: 'attached' });
  const until = async (expression: string): Promise<void> => {
    await page.evaluate(
      `new Promise((resolve, reject) => { const end = performance.now() + 90000; const look = () => ((${expression}) ? resolve() : performance.now() > end ? reject(new Error('not so in time: ' + ${JSON.stringify(expression)})) : requestAnimationFrame(look)); look(); })`,
    );
  };
  return {
    page,
    // A service worker wants a certificate that the browser knows by itself.
    get faults() {
      return opened.faults.filter(
        (fault) => !/fetching the script|ERR_CONNECTION|ERR_EMPTY_RESPONSE|ERR_SSL|ERR_FAILED|WebSocket connection/.test(fault),
      );
    },
    person,
    async jmap(calls, using = []) {
      const accountId = String(
        await page.evaluate(`fetch('/jmap/session').then((r) => r.json()).then((s) => s.primaryAccounts['urn:ietf:params:jmap:mail'])`),
      );
      const body = {
        using: [...capabilities, ...using],
        methodCalls: calls.map(([name, args], index) => [name, { accountId, ...args }, String(index)]),
      };
      const text = await page.evaluate(
        `fetch('/jmap/api', { method: 'POST', headers: { 'content-type': 'application/json' }, body: ${JSON.stringify(JSON.stringify(body))} }).then((r) => r.text())`,
      );
      const { methodResponses } = JSON.parse(String(text)) as { methodResponses: [string, Answer, string][] };
      return methodResponses.map(([name, answer]) => {
        if (name === 'error') throw new Error(JSON.stringify(answer));
        return answer;
      });
    },
    until,
    async shoot(name) {
      if (pictures === undefined) return;
      mkdirSync(pictures, { recursive: true });
      await page.screenshot({ path: join(pictures, `${name}.png`) });
    },
  };
}
