// The mail app in Chromium against the running program, for every test under test/app: the app built once, a signed-in page, waiting by frames,
// pictures kept under test/app/shots. Knows playwright and the program's own way in; knows no screen.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { openPage, type Look } from '../pages/browser.ts';

const shots = join(import.meta.dirname, 'shots');

export const onDesk: Look = { width: 1280, language: 'en', scheme: 'light' };
export const onPhone: Look = { width: 390, language: 'ja', scheme: 'light' };

/** Who signs in: a login and its password. */
export interface Person {
  readonly login: string;
  readonly password: string;
}

export interface AppPage {
  readonly page: Page;
  /** Script errors, and what the page's policy refused. Expected to be empty at the end of each test. */
  readonly faults: string[];
  close(): Promise<void>;
}

/** A browser of its own that has the person's session cookie, as after a sign-in; nothing is loaded yet. */
export async function signedInPage(browser: Browser, origin: string, person: Person, look: Look = onDesk): Promise<AppPage> {
  const { page, faults } = await openPage(browser, look);
  const { login, password } = person;
  const answer = await page.context().request.post(`${origin}/auth/login`, { data: { login, password }, headers: { origin } });
  if (!answer.ok()) throw new Error(`${login} was not let in: ${answer.status()} ${await answer.text()}`);
  return { page, faults, close: () => page.context().close() };
}

/** As `signedInPage`, and the inbox is on screen: its first row, or the words that it is empty. */
export async function inboxPage(browser: Browser, origin: string, person: Person, look: Look = onDesk): Promise<AppPage> {
  const opened = await signedInPage(browser, origin, person, look);
  await opened.page.goto(origin);
  await opened.page.waitForSelector('[role=row] .who, .list .empty');
  return opened;
}

/** Looks at each frame until the expression holds. `waitForFunction` would need what the page's policy forbids. */
export async function until(page: Page, expression: string, ms = 20_000): Promise<void> {
  await page.evaluate(
    `new Promise((resolve, reject) => { const end = performance.now() + ${ms}; const look = () => ((${expression}) ? resolve() : performance.now() > end ? reject(new Error(${JSON.stringify(
      `not so in time: ${expression}`,
    )})) : requestAnimationFrame(look)); look(); })`,
  );
}

/** Keeps a picture of the page as test/app/shots/NAME.png. */
export async function shoot(page: Page, name: string): Promise<void> {
  mkdirSync(shots, { recursive: true });
  await page.screenshot({ path: join(shots, `${name}.png`) });
}
