// An account at another provider and its card, in Chromium, against Debian's Dovecot and Postfix: taken home by POP3 with a rule for what stays there,
// read without a network, received in the other manner and back, answered from, and a password that was changed at the provider.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import type { Page } from 'playwright-core';
import { skipWithout } from '../../scripts/debian-packages.ts';
import { findBarriers } from '../pages/browser.ts';
import { foreignOfficeMissing } from '../support/foreign-office.ts';
import { domain, onDesk, openOutsideWorld, shoot, type OutsideWorld } from './outside-world.ts';

const address = `home@${domain}`;
const count = 12;
/** Of one length: none is found in another. */
const name = (number: number): string => String(number).padStart(2, '0');

suite('an account taken home, in Chromium', { skip: skipWithout('chromium') || foreignOfficeMissing }, () => {
  let world: OutsideWorld;
  let page: Page;
  let faults: string[];
  before(async () => {
    world = await openOutsideWorld();
    const client = await world.there(address);
    for (let number = 1; number <= count; number++)
      await client.append(
        'INBOX',
        `From: Writer <writer@${domain}>\r\nTo: ${address}\r\nSubject: Letter ${name(number)}\r\nDate: Fri, 27 Nov 2026 10:${10 + number}:00 +0900\r\n` +
          `Message-ID: <${number}.home@x>\r\n\r\nThe text of number ${name(number)}.\r\n`,
      );
    await client.logout();
    ({ page, faults } = await world.open('hanako', onDesk, '/accounts/new'));
    page.setDefaultTimeout(60_000);
  });
  after(async () => {
    await page?.context().close();
    await world?.close();
  });

  const row = (subject: string) => page.getByRole('row').filter({ hasText: subject }).first();
  async function thereOf(who: string, mailbox = 'INBOX'): Promise<number> {
    const client = await world.there(who);
    try {
      const status = await client.status(mailbox, { messages: true });
      return status === false ? 0 : (status.messages ?? 0);
    } finally {
      await client.logout();
    }
  }
  async function until(what: string, look: () => Promise<unknown>, wanted: unknown): Promise<void> {
    const end = Date.now() + 60_000;
    for (let seen = await look(); seen !== wanted; seen = await look()) {
      assert.ok(Date.now() < end, `${what}: ${String(seen)}`);
      await new Promise((done) => setTimeout(done, 300));
    }
  }
  async function card(): Promise<void> {
    await page.goto(`${world.origin}/accounts`);
    await page.getByRole('link', { name: new RegExp(address) }).click();
    await page.getByRole('button', { name: 'Look now' }).waitFor();
  }
  const letters = (number: number) => page.getByText(new RegExp(`^${number} letters, `));

  test('taken home with a rule chosen in pictures; every letter is there without a network', async () => {
    await page.locator('[name=address]').fill(address);
    await page.keyboard.press('Enter');
    await page.locator('input[name=service][value=pop3]').check();
    await page.getByRole('radio', { name: /Leave them for some days/ }).check();
    await page.getByLabel('For how many days?').fill('0');
    await page.getByLabel('For how many days?').blur();
    await page.getByText('A whole number from 1 to 3650.').waitFor();
    await page.getByLabel('For how many days?').fill('7');
    await page.getByLabel('For how many days?').blur();
    assert.deepEqual(await findBarriers(page), []);
    await shoot(page, 'card-leaving-pictures');
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.locator('[name=secret]').fill(world.office.reading.password);
    await page.keyboard.press('Enter');
    await page.locator('.postmark').waitFor();
    await page.getByRole('button', { name: 'Read letters' }).click();
    await row(`Letter ${name(count)}`).waitFor();
    await row('Letter 01').waitFor();
    // What is kept at hand is brought in the background; then nobody is needed for letters that were never opened.
    await page.reload();
    await row(`Letter ${name(count)}`).waitFor();
    for (let number = 1, tries = 0; number <= count;) {
      await page.context().setOffline(true);
      await row(`Letter ${name(number)}`).click();
      const isThere = await page
        .getByText(`The text of number ${name(number)}.`)
        .nth(1)
        .or(page.locator('.letter.open .body', { hasText: `The text of number ${name(number)}.` }))
        .first()
        .waitFor({ timeout: 5000 })
        .then(() => true)
        .catch(() => false);
      if (isThere) number++;
      else {
        assert.ok(++tries < 6, `letter ${number} is not there without a network`);
        await page.context().setOffline(false);
        await new Promise((done) => setTimeout(done, 5000));
      }
    }
    await shoot(page, 'card-offline');
    await page.context().setOffline(false);
    assert.ok((await thereOf(address)) >= count, 'the rule has time: nothing has left the provider');
  });

  test('the other manner and back: every letter stays; then they are taken away there, after a yes', async () => {
    await card();
    await letters(count).waitFor();
    await page.getByRole('button', { name: 'Look at it there instead' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Do it' }).click();
    await page.getByText('Done. All letters are here as before.').first().waitFor();
    await page.getByText('At the provider; this server keeps a copy').waitFor();
    await letters(count).waitFor();
    await page.getByRole('button', { name: 'Take it home instead' }).click();
    await page
      .getByRole('dialog')
      .getByRole('radio', { name: /Leave the letters there/ })
      .waitFor();
    await shoot(page, 'card-switch');
    assert.deepEqual(await findBarriers(page), []);
    await page.getByRole('dialog').getByRole('button', { name: 'Do it' }).click();
    await page.getByText('Here: taken home from the provider.').waitFor();
    await letters(count).waitFor();
    const before = await thereOf(address);
    assert.ok(before >= count);
    await page.getByRole('radio', { name: /Take them away at once/ }).click();
    await page.getByRole('dialog').getByText('here they stay').waitFor();
    await shoot(page, 'card-leaving-asked');
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
    assert.equal(await page.getByRole('radio', { name: /Leave the letters there/ }).isChecked(), true, 'a no changes nothing');
    assert.equal(await thereOf(address), before);
    await page.getByRole('radio', { name: /Take them away at once/ }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Take them away there' }).click();
    await until('taken away there', () => thereOf(address), 0);
    await letters(count).waitFor();
  });

  test('answered from the account that it came to, through its provider', async () => {
    await page.goto(`${world.origin}/`);
    await row('Letter 03').click();
    await page.getByText('The text of number 03.').first().waitFor();
    await page.keyboard.press('r');
    const from = page.locator('.composer select').first();
    await from.waitFor();
    assert.match((await from.locator('option:checked').textContent()) ?? '', new RegExp(address));
    await page.keyboard.type('Thank you for three.');
    await page.keyboard.press('Control+Enter');
    await until('it arrives at the provider', () => thereOf(`writer@${domain}`), 1);
    const client = await world.there(`writer@${domain}`);
    await client.mailboxOpen('INBOX');
    const { source } = (await client.fetchOne('1', { source: true })) as { source: Buffer };
    await client.logout();
    assert.match(source.toString(), new RegExp(`^From: .*<?${address}>?`, 'm'));
    assert.match(source.toString(), /with ESMTPSA/, 'through the provider, signed in');
    await page.getByRole('heading', { level: 2, name: address }).waitFor();
    await page.goto(`${world.origin}/journey`);
    await page.locator('main h1').waitFor();
    await shoot(page, 'card-journey');
  });

  test('another password at the provider: the card says so, what is written waits, and the new one mends both', async () => {
    const conf = join(world.office.reading.folder, 'dovecot.conf');
    writeFileSync(conf, readFileSync(conf, 'utf8').replace('args = password=taros-own', 'args = password=another-one'));
    await world.office.reading.restart();
    await page.goto(`${world.origin}/`);
    await row('Letter 04').click();
    await page.getByText('The text of number 04.').first().waitFor();
    await page.keyboard.press('r');
    await page.locator('.composer select').first().waitFor();
    await page.keyboard.type('Thank you for four.');
    await page.keyboard.press('Control+Enter');
    await page.locator('.composer').waitFor({ state: 'detached' });
    await card();
    await page.getByRole('button', { name: 'Look now' }).click();
    const bad = page.locator('section.bad');
    await bad.waitFor();
    assert.match((await bad.textContent()) ?? '', /password/);
    await shoot(page, 'card-password');
    // Beside its name too, wherever one is.
    await page.getByRole('link', { name: 'Needs you: see why' }).waitFor();
    await bad.getByRole('button', { name: 'New password' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.locator('input[type=password]').fill('not this one');
    await page.keyboard.press('Enter');
    await dialog.locator('.failure').waitFor();
    await shoot(page, 'card-password-wrong');
    await dialog.locator('input[type=password]').fill('another-one');
    await dialog.getByRole('button', { name: 'Try it' }).click();
    await page.getByText('The new password works.').first().waitFor();
    await page.locator('section.good').waitFor();
    // `there` signs in with the password of before.
    await until(
      'what waited has gone',
      async () => world.office.reading.doveadm('mailbox', 'status', '-u', `writer@${domain}`, 'messages', 'INBOX').includes('messages=2'),
      true,
    );
    assert.deepEqual(
      faults.filter((fault) => !/ERR_INTERNET|ERR_FAILED|Failed to load|WebSocket|ERR_NETWORK/.test(fault)),
      [],
    );
  });
});
