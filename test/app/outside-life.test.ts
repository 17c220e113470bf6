// An account at another provider lived with, in Chromium, against Debian's Dovecot and Postfix: the first collection of many letters to its end, with
// the provider gone in the middle; the health card; received in the other manner; taken home, offline, and what is taken away there.
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { Page } from 'playwright-core';
import { skipWithout } from '../../scripts/debian-packages.ts';
import { findBarriers } from '../pages/browser.ts';
import { foreignOfficeMissing } from '../support/foreign-office.ts';
import { addByPassword, domain, onDesk, openOutsideWorld, shoot, type OutsideWorld } from './outside-world.ts';

/** So many letters in several folders, the newest with the highest numbers. */
const many = Number(process.env['TAYORI_LETTERS'] ?? 2000);

function letterOf(number: number, to: string, subject = `Letter ${number}`): Buffer {
  const date = new Date(Date.UTC(2026, 0, 1) + number * 3_600_000);
  return Buffer.from(
    `From: Writer ${number % 7} <writer${number % 7}@elsewhere.example>\r\nTo: ${to}\r\nSubject: ${subject}\r\nDate: ${date.toUTCString()}\r\n` +
      `Message-ID: <${number}.${to}>\r\n\r\nThe text of number ${number}.\r\n`,
  );
}

suite('an account at another provider, in Chromium', { skip: skipWithout('chromium') || foreignOfficeMissing }, () => {
  let world: OutsideWorld;
  before(async () => void (world = await openOutsideWorld({ pace: 200_000 })));
  after(() => world?.close());

  async function fill(address: string, folders: Readonly<Record<string, number>>): Promise<void> {
    const client = await world.there(address);
    let number = 0;
    for (const [folder, count] of Object.entries(folders)) {
      if (folder !== 'INBOX') await client.mailboxCreate(folder).catch(() => undefined);
      for (let at = 0; at < count; at++) {
        number++;
        await client.append(folder, letterOf(number, address), [], new Date(Date.UTC(2026, 0, 1) + number * 3_600_000));
      }
    }
    await client.logout();
  }
  const row = (page: Page, subject: string) => page.getByRole('row').filter({ hasText: subject });

  test('the first collection: counted in words, the newest first, read meanwhile; the provider goes and comes; told when all is here', async () => {
    const address = `many@${domain}`;
    const inbox = Math.round(many * 0.6);
    await fill(address, { Archive: Math.round(many * 0.25), Trips: Math.round(many * 0.15), INBOX: inbox });
    const { page, faults } = await world.open('hanako', onDesk, '/accounts/new');
    await addByPassword(page, address, world.office.reading.password);
    const told = page.getByText(/^Fetching letters: [\d,]+ of [\d,]+$/).first();
    await told.waitFor();
    const [, done = '', of = ''] = /: ([\d,]+) of ([\d,]+)/.exec((await told.textContent()) ?? '') ?? [];
    const number = (text: string): number => Number(text.replaceAll(',', ''));
    assert.ok(number(done) < number(of) && Math.abs(number(of) - many) < 20, `${done} of ${of}`);
    await shoot(page, 'life-fetching');
    // The provider is gone in the middle.
    await page.getByRole('button', { name: 'Read letters' }).click();
    await row(page, `Letter ${many}`).first().waitFor();
    const going = world.office.reading.restart();
    await shoot(page, 'life-list');
    // The list is there to be used: the newest are here, and can be read.
    await row(page, `Letter ${many}`).first().click();
    await page.getByText(`The text of number ${many}.`).first().waitFor();
    await going;
    await page.getByText(`All letters of ${address} are here`).first().waitFor({ timeout: 180_000 });
    await shoot(page, 'life-all-here');
    assert.deepEqual(faults, []);
    await page.goto(`${world.origin}/accounts`);
    await page.getByRole('link', { name: new RegExp(address) }).click();
    await page.getByText(new RegExp(`^${many.toLocaleString('en')} letters, `)).waitFor();
    assert.deepEqual(await findBarriers(page), []);
    await shoot(page, 'life-card');
    await page.context().close();
  });
});
