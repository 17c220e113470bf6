// Letters moved and copied between one's own account and one at another provider, in Chromium, against Debian's Dovecot: by the pointer, by the sheet,
// undone, and with our server killed in the middle. What lies at the provider is looked at there.
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { ImapFlow } from 'imapflow';
import type { Locator, Page } from 'playwright-core';
import { skipWithout } from '../../scripts/debian-packages.ts';
import { foreignOfficeMissing } from '../support/foreign-office.ts';
import { addByPassword, domain, onDesk, openOutsideWorld, password, shoot, type OutsideWorld } from './outside-world.ts';

suite('between accounts, in Chromium', { skip: skipWithout('chromium') || foreignOfficeMissing }, () => {
  let world: OutsideWorld;
  const address = `carry@${domain}`;
  before(async () => void (world = await openOutsideWorld()));
  after(() => world?.close());

  async function here(): Promise<ImapFlow> {
    const client = new ImapFlow({
      host: 'localhost',
      port: world.tayori.ports.imaps,
      secure: true,
      auth: { user: 'hanako@example.test', pass: password },
      logger: false,
      tls: { rejectUnauthorized: false },
    });
    await client.connect();
    return client;
  }
  /** Subjects in a mailbox, sorted. */
  async function subjects(client: ImapFlow, mailbox: string): Promise<string[]> {
    await client.mailboxOpen(mailbox);
    const found: string[] = [];
    for await (const { envelope } of client.fetch('1:*', { envelope: true })) found.push(envelope?.subject ?? '');
    return found.toSorted();
  }
  async function until(what: string, look: () => Promise<unknown>, wanted: unknown): Promise<void> {
    const end = Date.now() + 60_000;
    for (;;) {
      const seen = await look();
      if (JSON.stringify(seen) === JSON.stringify(wanted)) return;
      assert.ok(Date.now() < end, `${what}: ${JSON.stringify(seen)}`);
      await new Promise((done) => setTimeout(done, 200));
    }
  }
  const letter = (name: string): string =>
    `From: ${name} <w@elsewhere.example>\r\nTo: hanako@example.test\r\nSubject: ${name}\r\nDate: Fri, 27 Nov 2026 10:00:00 +0900\r\nMessage-ID: <${name}@x>\r\n\r\nText of ${name}.\r\n`;
  const row = (page: Page, subject: string): Locator => page.getByRole('row').filter({ hasText: subject });
  /** A folder in the column on the left: of which account, and its name. */
  const folder = (page: Page, account: string, name: string): Locator =>
    page
      .locator('.all .scroll h2', { hasText: account })
      .locator('xpath=ancestor::div[1]/following-sibling::ul[1]')
      .getByRole('link', { name });

  test('by the pointer to the provider and back by undo; by the sheet; a copy; nothing is lost when the server dies between', async () => {
    const mine = await here();
    for (const name of ['alpha', 'beta', 'gamma', 'delta']) await mine.append('INBOX', letter(name), name === 'alpha' ? ['\\Flagged'] : []);
    await mine.logout();
    const { page, faults } = await world.open('hanako', onDesk, '/accounts/new');
    await addByPassword(page, address, world.office.reading.password);
    await page.getByRole('button', { name: 'Read letters' }).click();
    await row(page, 'alpha').first().waitFor();
    const provider = await world.there(address);
    const there = (): Promise<string[]> => subjects(provider, 'INBOX');

    await row(page, 'alpha')
      .first()
      .dragTo(folder(page, address, 'Inbox'));
    await page.getByText(`Moved to ${address}`).first().waitFor();
    await until('moved there', there, ['alpha']);
    await shoot(page, 'carry-moved');
    await provider.mailboxOpen('INBOX');
    assert.ok(((await provider.fetchOne('1', { flags: true })) as { flags: Set<string> }).flags.has('\\Flagged'), 'its star goes along');
    await page.getByRole('button', { name: 'Undo' }).click();
    await until('back again', there, []);
    const own = await here();
    await until('here again', () => subjects(own, 'INBOX'), ['alpha', 'beta', 'delta', 'gamma']);

    // By the sheet, found by the account's name.
    await row(page, 'beta').first().click();
    await page.getByText('Text of beta.').first().waitFor();
    await page.keyboard.press('v');
    await page.getByPlaceholder('Name of the folder').fill(`archive ${address}`);
    await shoot(page, 'carry-sheet');
    await page.keyboard.press('Enter');
    await until('in the archive there', () => subjects(provider, 'Archive').catch(() => null), ['beta']);

    // A copy: with the key that means one.
    await page.keyboard.down('Control');
    await row(page, 'gamma')
      .first()
      .dragTo(folder(page, address, 'Inbox'));
    await page.keyboard.up('Control');
    await page.getByText(`Copied to ${address}`).first().waitFor();
    await until('a copy there', there, ['gamma']);
    await until('and here', () => subjects(own, 'INBOX'), ['alpha', 'delta', 'gamma']);
    await own.logout();

    // The server dies as soon as it is done here; the app tells it again when it is back, and nothing is there twice.
    await row(page, 'delta')
      .first()
      .dragTo(folder(page, address, 'Inbox'));
    await world.tayori.restart('kill');
    const later = await here();
    await until('there once', there, ['delta', 'gamma']);
    await until('and not here', () => subjects(later, 'INBOX'), ['alpha', 'gamma']);
    await later.logout();
    await provider.logout();
    assert.deepEqual(
      faults.filter((fault) => !/ERR_|WebSocket|Failed to load/.test(fault)),
      [],
    );
    await page.context().close();
  });
});
