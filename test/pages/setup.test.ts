// The pages as a person sees them, in Chromium: a phone and a desktop, Japanese and English, light and dark; the way from a link to green
// lamps with a real app; and what a used, an old or a foreign link says.
// TAYORI_PAGES=DIR keeps a picture of each page there.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { ImapFlow } from 'imapflow';
import { createTransport } from 'nodemailer';
import type { Browser, Page } from 'playwright-core';
import { skipWithout } from '../../scripts/debian-packages.ts';
import { openDnsServer, type DnsServer } from '../support/dns-server.ts';
import { launcher } from '../support/program.ts';
import { startTayori, type Tayori } from '../support/tayori.ts';
import { findBarriers, isTooWide, looks, openBrowser, openPage, type Look } from './browser.ts';

const kinds = ['iphone', 'android', 'outlook', 'other', 'computer'];
const pictures = process.env['TAYORI_PAGES'];

async function judge(page: Page, look: Look, name: string): Promise<void> {
  if (pictures !== undefined) {
    mkdirSync(pictures, { recursive: true });
    await page.screenshot({ path: join(pictures, `${name}-${look.width}-${look.language}-${look.scheme}.png`), fullPage: true });
  }
  assert.deepEqual(await findBarriers(page), [], `${name}: axe`);
  assert.equal(await isTooWide(page), false, `${name}: wider than the window`);
  assert.equal(await page.getAttribute('html', 'lang'), name === 'start' ? 'ja' : look.language, name);
}

suite('pages in Chromium', { skip: skipWithout('chromium') }, () => {
  let tayori: Tayori;
  let browser: Browser;
  let origin: string;

  let dns: DnsServer;

  before(async () => {
    // Some of the records are there, one leads elsewhere.
    dns = await openDnsServer({
      localhost: [{ type: 'A', value: '127.0.0.1' }],
      'autoconfig.example.test': [{ type: 'A', value: '127.0.0.1' }],
      'autodiscover.example.test': [{ type: 'A', value: '192.0.2.7' }],
    });
    tayori = await startTayori({
      settings: `domain = "example.test"\nhostname = "localhost"\nlisten = ["127.0.0.1"]\ndelivery = "off"\nresolvers = ["${dns.address}"]\n`,
    });
    origin = `https://localhost:${tayori.ports.https}`;
    command('account', 'add', 'hanako@example.test', '--name', '山田 花子', '--generate');
    browser = await openBrowser();
  });
  after(async () => {
    await browser?.close();
    await tayori?.stop();
    await dns?.close();
  });

  function command(...words: readonly string[]): string {
    return execFileSync(launcher, [...words, '--data', tayori.data, '--settings', join(tayori.folder, 'tayori.toml')], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'] },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  function makeLink(...words: readonly string[]): string {
    return (JSON.parse(command('account', 'setup-link', 'hanako@example.test', '--json', ...words)) as { url: string }).url;
  }

  for (const [index, look] of looks.entries())
    test(`every page at ${look.width} px, ${look.language}, ${look.scheme}: axe finds nothing, nothing sticks out`, async () => {
      const { page, faults } = await openPage(browser, look);
      await page.goto(`${origin}/start`);
      await judge(page, look, 'start');
      await page.goto(`${origin}/apps`);
      await judge(page, look, 'apps');
      await page.goto(`${origin}/apps/oauth`);
      // At this machine it is told how each stands.
      assert.equal(await page.locator('[data-state=missing]').count(), 3);
      await judge(page, look, 'oauth');
      // Each device in one look; all of them where pictures are wanted.
      const devices = pictures === undefined ? kinds.filter((_kind, at) => at % looks.length === index) : kinds;
      for (const device of devices) {
        const link = makeLink();
        await page.goto(link);
        await page.check(`#${device}`, { force: true });
        await judge(page, look, `choose-${device}`);
        if (device === 'other') await page.check('[value=pop3]', { force: true });
        await page.click('button[type=submit]');
        await judge(page, look, device);
        await page.context().clearCookies();
        await page.goto(link);
        await page.getByRole('heading', { name: look.language === 'ja' ? '使われています' : 'has been used' }).waitFor();
        if (look.scheme === 'dark') await judge(page, look, 'used');
      }
      await page.goto(`${origin}/setup/${'x'.repeat(22)}`);
      if (look.scheme === 'light') await judge(page, look, 'unknown');
      // Besides the answers 404 and 410 nothing is told in the console: no script failed, and the policy refused nothing.
      assert.deepEqual(
        faults.filter((fault) => !/status of (404|410)/.test(fault)),
        [],
      );
      await page.context().close();
    });

  test('from a link to two green lamps, with the key that the page copied; then it is taken back', async () => {
    const look: Look = { width: 390, language: 'ja', scheme: 'light' };
    const { page, faults } = await openPage(browser, look);
    const link = makeLink('--device', '花子の電話');
    // A program that shows a preview of the link does not use it up.
    assert.equal((await page.request.get(link)).status(), 200);
    await page.goto(link);
    await page.check('#android', { force: true });
    await page.click('button[type=submit]');
    await page.click('[data-copy=secret]');
    await page.getByText('コピーしました').first().waitFor();
    const secret = String(await page.evaluate('navigator.clipboard.readText()'));
    assert.match(secret, /^[a-z]{4}(-[a-z]{4}){6}$/);
    assert.equal(await page.locator('.step.done').count(), 0);

    const auth = { user: 'hanako@example.test', pass: secret };
    const tls = { rejectUnauthorized: false };
    const app = new ImapFlow({ host: '127.0.0.1', port: tayori.ports.imaps, secure: true, auth, tls, logger: false });
    await app.connect();
    await page.waitForSelector('[data-step=receive].done');
    assert.equal(await page.locator('[data-step=send].done').count(), 0);
    await app.logout();
    const transport = createTransport({ host: '127.0.0.1', port: tayori.ports.submissions, secure: true, auth, tls });
    await transport.sendMail({ from: 'hanako@example.test', to: 'hanako@example.test', subject: 'x', text: 'x' });
    await page.waitForSelector('[data-step=send].done');
    await page.getByText('準備ができました').waitFor();
    assert.match((await page.textContent('[data-step=send] small'))!, /127\.0\.0\.1/);
    await judge(page, look, 'green');

    // Opened once more in the same browser: how far it is, without the key.
    await page.goto(link);
    assert.equal(await page.locator('#secret').count(), 0);
    assert.equal(await page.locator('.step.done').count(), 2);

    await page.click('form.back button');
    await judge(page, look, 'taken-back');
    await assert.rejects(transport.sendMail({ from: 'hanako@example.test', to: 'hanako@example.test', text: 'x' }));
    transport.close();
    assert.deepEqual(faults, []);
    await page.context().close();

    // The token of the link and the key stand nowhere in what was logged.
    assert.ok(!tayori.log().includes(link.slice(-22)) && !tayori.log().includes(secret));
  });

  test('an iPhone is known, and gets its profile by one button', async () => {
    const agent = 'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Version/19.0 Mobile/15E148 Safari/604.1';
    const { page } = await openPage(browser, { width: 390, language: 'en', scheme: 'light' }, agent);
    await page.goto(makeLink());
    assert.equal(await page.isChecked('#iphone'), true);
    await page.click('button[type=submit]');
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('a.press')]);
    assert.equal(download.suggestedFilename(), 'tayori.mobileconfig');
    await page.context().close();
  });
});
