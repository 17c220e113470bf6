// The wizard by a provider's own sign-in page (OAuth 2 with PKCE), in Chromium, against a provider that checks everything and Debian's Dovecot and
// Postfix that take its tokens: a yes, a no, a wrong state, a page closed half-way, and a token that is taken back later.
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { Page } from 'playwright-core';
import { skipWithout } from '../../scripts/debian-packages.ts';
import { findBarriers } from '../pages/browser.ts';
import { foreignOfficeMissing } from '../support/foreign-office.ts';
import { domain, onDesk, onPhone, openOutsideWorld, shoot, type OutsideWorld } from './outside-world.ts';

suite('signing in at the page of a provider, in Chromium', { skip: skipWithout('chromium') || foreignOfficeMissing }, () => {
  let world: OutsideWorld;
  before(async () => void (world = await openOutsideWorld({ signIn: true })));
  after(() => world?.close());

  /** From the address to the press that leads out; gives the provider's page. */
  async function leadOut(page: Page, address: string, words: { next: string | RegExp; signIn: string | RegExp }): Promise<Page> {
    await page.locator('[name=address]').fill(address);
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: words.next }).click();
    await page.getByRole('button', { name: words.signIn }).waitFor();
    await shoot(page, `sign-in-key-${address}`);
    const out = page.context().waitForEvent('page');
    await page.getByRole('button', { name: words.signIn }).click();
    return out;
  }
  const english = { next: 'Continue', signIn: 'Sign in with Foreign' };
  const japanese = { next: '次へ', signIn: 'Foreign でサインイン' };

  test('a no, then closed half-way, then a wrong state, then a yes: the letter comes back', async () => {
    const { page, faults } = await world.open('hanako', onDesk, '/accounts/new');
    const address = `goro@${domain}`;
    const first = await leadOut(page, address, english);
    await first.getByRole('heading', { name: 'Provider' }).waitFor();
    assert.equal(new URL(first.url()).searchParams.get('login_hint'), address);
    await page.getByText('Their page is open in another window.').waitFor();
    assert.deepEqual(await findBarriers(page), []);
    await shoot(page, 'sign-in-open');
    await first.getByRole('link', { name: 'no' }).click();
    await first.getByText('The sign-in was not allowed. Nothing has changed.').waitFor();
    await shoot(first, 'sign-in-refused-page');
    await first.close();
    const card = page.locator('.failure');
    await card.waitFor();
    assert.match((await card.locator('.sentence').textContent()) ?? '', /^The sign-in at Foreign was not finished, or not allowed\.$/);
    await shoot(page, 'sign-in-no');

    // Once more; this time the page is closed half-way, and opened again.
    const second = page.context().waitForEvent('page');
    await card.getByRole('button', { name: 'Try again' }).click();
    const closed = await second;
    await closed.getByRole('heading', { name: 'Provider' }).waitFor();
    const state = new URL(closed.url()).searchParams.get('state')!;
    await closed.close();
    await page.evaluate(`dispatchEvent(new Event('focus'))`);
    await page.getByText('You are not signed in yet.').waitFor();
    await shoot(page, 'sign-in-back');

    // An answer that nobody asked for changes nothing, and the sign-in that is under way goes on.
    const forged = await page.context().newPage();
    const wrong = await forged.goto(`https://localhost/oauth/callback?code=stolen&state=${'x'.repeat(43)}`);
    assert.equal(wrong?.status(), 400);
    await forged.getByText('This sign-in is over already.').waitFor();
    await forged.close();
    await page.getByText('You are not signed in yet.').waitFor();

    const third = page.context().waitForEvent('page');
    await page.getByRole('link', { name: 'Open the page of Foreign again' }).click();
    const opened = await third;
    await opened.getByRole('heading', { name: 'Provider' }).waitFor();
    assert.equal(new URL(opened.url()).searchParams.get('state'), state, 'the same sign-in');
    await opened.getByRole('link', { name: 'yes' }).click();
    await opened.getByText('You are signed in. You can close this page.').waitFor();
    await shoot(opened, 'sign-in-yes-page');
    await opened.close();
    await page.locator('.postmark').waitFor({ timeout: 60_000 });
    await page.getByRole('heading', { level: 2, name: `${address} is ready` }).waitFor();
    await shoot(page, 'sign-in-done');
    assert.deepEqual(faults, []);
    await page.context().close();
  });

  test('taken back at the provider: the card says so in a sentence, and signing in again mends it', async () => {
    const { page, faults } = await world.open('hanako', onDesk, '/accounts');
    world.provider.withdraw(`goro@${domain}`);
    await page.getByRole('link', { name: new RegExp(`goro@${domain}`) }).click();
    await page.getByRole('button', { name: 'Look now' }).click();
    const card = page.locator('section.bad');
    await card.waitFor({ timeout: 60_000 });
    assert.match((await card.textContent()) ?? '', /Foreign|foreign/);
    assert.match((await card.textContent()) ?? '', /sign in again/i);
    assert.deepEqual(await findBarriers(page), []);
    await shoot(page, 'sign-in-taken-back');
    for (const answer of ['no', 'yes'] as const) {
      const out = page.context().waitForEvent('page');
      await (answer === 'no' ? card : page.getByRole('dialog').locator('.failure')).getByRole('button', { name: 'Sign in again' }).click();
      const opened = await out;
      await opened.getByRole('link', { name: answer }).click();
      await opened.getByText(answer === 'no' ? 'was not allowed' : 'You are signed in').waitFor();
      await opened.close();
      if (answer === 'no') await page.getByRole('dialog').locator('.failure').waitFor();
      await shoot(page, `sign-in-again-${answer}`);
    }
    await page.getByText('You are signed in again, and it works.').first().waitFor({ timeout: 60_000 });
    await page.locator('section.good').waitFor();
    assert.deepEqual(faults, []);
    await page.context().close();
  });

  test('on a phone in Japanese', async () => {
    const { page, faults } = await world.open('taro', onPhone, '/accounts/new');
    const out = await leadOut(page, `jiro@${domain}`, japanese);
    await page.getByText('会社の画面を別の窓で開きました。').waitFor();
    assert.deepEqual(await findBarriers(page), []);
    // The page scrolls, never the window under it.
    assert.equal(await page.evaluate('document.scrollingElement.scrollHeight - document.scrollingElement.clientHeight'), 0);
    await shoot(page, 'sign-in-phone-open');
    await out.getByRole('link', { name: 'yes' }).click();
    await out.getByText('サインインできました').waitFor();
    await shoot(out, 'sign-in-phone-page');
    await out.close();
    await page.locator('.postmark').waitFor({ timeout: 60_000 });
    await shoot(page, 'sign-in-phone-done');
    assert.deepEqual(faults, []);
    await page.context().close();
  });
});
