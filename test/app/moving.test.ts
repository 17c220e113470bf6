// Letters brought in and taken along by the mail app, in Chromium against the running program. TAYORI_PAGES=DIR keeps a picture of each page there.
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { skipWithout } from '../../scripts/debian-packages.ts';
import { findBarriers, isTooWide, looks, openBrowser } from '../pages/browser.ts';
import { letter, openHouse, shoot, until, type House } from './house.ts';

const address = '/settings/moving';
const outcome = `(document.querySelector('.outcome')?.textContent ?? '')`;

function mboxOf(count: number): string {
  const letters = Array.from(
    { length: count },
    (_none, index) =>
      `From - Thu Jan  2 03:04:05 2020\nX-Mozilla-Status: 0001\nSubject: old ${index}\nFrom: a@b.example\nMessage-ID: <${index}@old.example>\n\nhello\n\n`,
  );
  return letters.join('');
}

suite('letters in and out by the app', { skip: skipWithout('chromium') }, () => {
  let browser: Browser;
  let house: House;
  before(async () => {
    browser = await openBrowser();
    house = await openHouse();
    await house.put([['INBOX', letter('Anna <anna@work.example>', 'Here already', 'hello')]]);
  });
  after(async () => {
    await browser?.close();
    await house?.close();
  });

  test('a file of another program: a folder of its name, counted; chosen again it is known; everything saved as one file', async () => {
    const { page, faults } = await house.open(browser, { width: 1280, language: 'en', scheme: 'light' }, address);
    const file = join(house.tayori.folder, 'Family.mbox');
    await writeFile(file, mboxOf(130));
    await page.setInputFiles('input[type=file]', file);
    await until(page, `${outcome}.includes('130 letters are now in “Family”.')`);
    await page.setInputFiles('input[type=file]', file);
    await until(page, `${outcome}.includes('“Family.mbox” was brought in on')`);
    await page.click('text=Leave it');
    await until(page, `!${outcome}.includes('Family')`);
    // Several at once: each into a folder of its own name.
    const several = ['Work', 'Club'].map((name) => join(house.tayori.folder, `${name}.mbox`));
    for (const [index, path] of several.entries()) await writeFile(path, mboxOf(index + 2));
    await page.setInputFiles('input[type=file]', several);
    await until(page, `${outcome}.includes('2 letters are now in “Work”.') && ${outcome}.includes('3 letters are now in “Club”.')`);
    await page.waitForSelector('a:has-text("Open “Club”")');
    const nothing = join(house.tayori.folder, 'notes.txt');
    await writeFile(nothing, 'no letter, only notes\n');
    await page.setInputFiles('input[type=file]', nothing);
    await until(page, `${outcome}.includes('These files hold no letters.')`);
    // The empty folder that was made for it is not left behind.
    await until(page, `![...document.querySelectorAll('option')].some(({ textContent }) => textContent === 'notes')`);
    const save = async (name: string): Promise<Buffer> => {
      const [download] = await Promise.all([page.waitForEvent('download'), page.click(`a[aria-label="Save ${name}"]`)]);
      const path = join(house.tayori.folder, download.suggestedFilename());
      await download.saveAs(path);
      return readFile(path);
    };
    const family = (await save('Family')).toString('latin1');
    assert.equal(family.match(/^Subject: old \d+$/gm)?.length, 130);
    const everything = await save('Everything, in one file');
    assert.equal(everything.subarray(0, 4).toString('latin1'), 'PK\x03\x04');
    assert.ok(everything.includes('Family.mbox') && everything.includes('INBOX.mbox'));
    assert.deepEqual(
      faults.filter((fault) => !fault.includes('fetching the script')),
      [],
    );
    await page.context().close();
  });

  test('in all looks, without barriers', async () => {
    for (const look of looks) {
      const { page } = await house.open(browser, look, address);
      await page.waitForSelector('a.save');
      assert.deepEqual(await findBarriers(page), []);
      assert.equal(await isTooWide(page), false);
      await shoot(page, `moving-${look.width}-${look.language}-${look.scheme}`);
      await page.context().close();
    }
  });
});
