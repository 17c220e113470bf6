// The mail app as a person sees it, in Chromium under the policy that the server sends, over an office in memory: a phone and a desk, Japanese and
// English, light and dark; by keyboard alone; without a network and back; 100,000 letters. With the running program: test/pages/mail.test.ts.
// TAYORI_PAGES=DIR keeps a picture of each page there.
import assert from 'node:assert/strict';
import { globSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { Browser, Page } from 'playwright-core';
import { skipWithout } from '../../scripts/debian-packages.ts';
import { letterOf } from '../../web/demo/letters.ts';
import { serveDemo, type DemoServer } from '../../web/demo/serve.ts';
import { findBarriers, isTooWide, looks, openBrowser, openPage, type Look } from './browser.ts';

const dist = join(import.meta.dirname, '../../web/dist');
const pictures = process.env['TAYORI_PAGES'];
const desk: Look = { width: 1280, language: 'en', scheme: 'light' };

/** Looks at each frame until it is so. `waitForFunction` would need what the page's policy forbids. */
async function until(page: Page, expression: string): Promise<void> {
  await page.evaluate(
    `new Promise((resolve, reject) => { const end = performance.now() + 20000; const look = () => ((${expression}) ? resolve() : performance.now() > end ? reject(new Error('not so in time')) : requestAnimationFrame(look)); look(); })`,
  );
}

async function shoot(page: Page, name: string): Promise<void> {
  if (pictures === undefined) return;
  mkdirSync(pictures, { recursive: true });
  await page.screenshot({ path: join(pictures, `app-${name}.png`) });
}

test('what a start needs is 120 kB at most, packed', () => {
  const page = readFileSync(join(dist, 'index.html'), 'utf8');
  const named = [...page.matchAll(/(?:src|href)="\/(assets\/[^"]+)"/g)].map(([, file = '']) => file);
  const worker = globSync('assets/worker-*.js', { cwd: dist });
  assert.ok(named.length >= 2 && worker.length === 1);
  // The worker is among those named, since the page asks for it ahead.
  const octets = [...new Set(['index.html', ...named, ...worker])].reduce(
    (sum, file) => sum + gzipSync(readFileSync(join(dist, file))).length,
    0,
  );
  assert.ok(octets <= 120_000, `${octets} octets`);
});

suite('the mail app', { skip: skipWithout('chromium') }, () => {
  let browser: Browser;
  let demo: DemoServer;
  before(async () => {
    browser = await openBrowser();
    demo = await serveDemo(3000);
  });
  after(async () => {
    await browser?.close();
    await demo?.close();
  });

  async function open(look: Look = desk, at = demo): Promise<{ readonly page: Page; readonly faults: string[] }> {
    at.signedIn = true;
    const opened = await openPage(browser, look);
    await opened.page.goto(at.address);
    await opened.page.waitForSelector('[role=row] .who');
    return opened;
  }
  const firstSubject = (page: Page): Promise<string | null> => page.textContent('[aria-rowindex="1"] .subject');

  for (const look of looks) {
    const name = `${look.width}-${look.language}-${look.scheme}`;
    test(`every page at ${name}: nothing is refused by the policy, nothing sticks out, axe finds no barrier`, async () => {
      demo.signedIn = false;
      const { page, faults } = await openPage(browser, look);
      await page.goto(demo.address);
      await page.waitForSelector('form');
      const barriers: string[] = [];
      const check = async (what: string): Promise<void> => {
        await shoot(page, `${name}-${what}`);
        barriers.push(...(await findBarriers(page)).map((barrier) => `${what}: ${barrier}`));
        if (await isTooWide(page)) barriers.push(`${what}: too wide`);
      };
      await check('sign-in');
      await page.fill('input[name=login]', 'hana@example.jp');
      await page.fill('input[name=password]', 'wrong');
      await page.keyboard.press('Enter');
      await page.waitForSelector('[role=alert]');
      await page.fill('input[name=password]', 'right');
      await page.keyboard.press('Enter');
      await page.waitForSelector('[role=row] .who');
      await check('list');
      await page.click('[aria-rowindex="2"] .words');
      await page.waitForSelector('.letter.open .text');
      await check('thread');
      await page.goto(`${demo.address}/settings/look`);
      await page.waitForSelector('[role=switch], [role=tab], [role=radio]');
      await check('settings');
      await page.goto(`${demo.address}/mail/A1/F9`);
      await page.waitForSelector('.empty');
      await check('empty');
      assert.deepEqual(barriers, []);
      // The browser says a 401 aloud; it is how the page learns that nobody is signed in.
      assert.deepEqual(
        faults.filter((fault) => !fault.includes('401')),
        [],
      );
      await page.context().close();
    });
  }

  test('by keyboard alone: down, open, archive, back by undo, the sheet of keys', async () => {
    const { page, faults } = await open();
    const first = await firstSubject(page);
    await page.keyboard.press('j');
    await page.keyboard.press('k');
    await page.keyboard.press('o');
    await page.waitForSelector('.letter.open');
    await page.keyboard.press('e');
    await until(page, `document.querySelector('[aria-rowindex="1"] .subject')?.textContent !== ${JSON.stringify(first)}`);
    await page.keyboard.press('z');
    await until(page, `document.querySelector('[aria-rowindex="1"] .subject')?.textContent === ${JSON.stringify(first)}`);
    await page.keyboard.press('?');
    await page.waitForSelector('dialog[open] kbd');
    await page.keyboard.press('Escape');
    await page.waitForSelector('dialog[open]', { state: 'detached' });
    assert.deepEqual(faults, []);
    await page.context().close();
  });

  test('a letter that arrives while one reads far below moves nothing', async () => {
    const own = await serveDemo(1000);
    const { page } = await open(desk, own);
    await page.evaluate(`document.querySelector('.scroller').scrollTop = 76 * 500`);
    await page.waitForSelector('[aria-rowindex="503"] .who');
    const eye = (): Promise<unknown> =>
      page.evaluate(
        `(() => { const box = document.querySelector('.scroller').getBoundingClientRect(); const row = document.elementFromPoint(box.x + 80, box.y + 200).closest('[role=row]'); return [row.querySelector('.subject').textContent, row.querySelector('time').dateTime, Math.round(row.getBoundingClientRect().y)]; })()`,
      );
    const before_ = await eye();
    own.office.add(letterOf(1, 'F1', { id: 'M70001', threadId: 'T70001', receivedAt: '2026-11-27T20:00:00.000Z' }));
    own.office.announce();
    await until(page, `document.querySelector('[role=grid]').getAttribute('aria-rowcount') === '1001'`);
    await page.waitForSelector('[aria-rowindex="504"] .who');
    await page.evaluate('new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))');
    assert.deepEqual(await eye(), before_);
    await page.context().close();
    await own.close();
  });

  test('without a network what was read is there, what is done waits and goes out later', async () => {
    const own = await serveDemo(50);
    const { page } = await open(desk, own);
    await page.click('[aria-rowindex="3"] .words');
    await page.waitForSelector('.letter.open .text');
    own.isThere = false;
    await page.keyboard.press('s');
    await until(page, `document.querySelector('[aria-rowindex="3"] .starred') !== null`);
    await page.waitForSelector('[role=status].shown');
    assert.equal(own.office.letters.get('M3')?.keywords['$flagged'], undefined);
    own.isThere = true;
    await page.evaluate(`dispatchEvent(new Event('online'))`);
    await page.waitForSelector('[role=status].shown', { state: 'detached' });
    const told = (): boolean => own.office.letters.get('M3')?.keywords['$flagged'] === true;
    for (let tries = 0; tries < 200 && !told(); tries++) await page.evaluate('new Promise((resolve) => requestAnimationFrame(resolve))');
    assert.ok(told());
    await page.context().close();
    await own.close();
  });

  test('100,000 letters: the end is one jump away, and only what is in sight is drawn', async () => {
    const large = await serveDemo(100_000);
    const { page } = await open(desk, large);
    await page.focus('[role=grid]');
    await page.keyboard.press('End');
    await page.waitForSelector('[aria-rowindex="100000"] .who');
    assert.equal(await page.evaluate(`document.querySelector('[role=grid]').offsetHeight`), 7_600_000);
    assert.ok(Number(await page.evaluate(`document.querySelectorAll('[role=row]').length`)) < 60);
    await page.context().close();
    await large.close();
  });
});
