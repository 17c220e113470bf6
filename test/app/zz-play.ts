import { openWorld, signedIn, shoot, address, secret } from '/tmp/wt/app-accounts/test/app/accounts-world.ts';
import { openBrowser, findBarriers, isTooWide } from '/tmp/wt/app-accounts/test/pages/browser.ts';
process.env.TAYORI_SHOTS ??= '/tmp/wt/acc-shots';
const world = await openWorld();
const browser = await openBrowser();
const look = { width: Number(process.argv[2] ?? 1280), language: process.argv[3] ?? 'en', scheme: process.argv[4] ?? 'light' } as never;
const tag = process.argv.slice(2, 5).join('-');
try {
  await world.provide();
  const { page, faults } = await signedIn(browser, world, look, '/accounts/new');
  const en = process.argv[3] !== 'ja';
  const axe = async (name: string) => { await shoot(page, `${tag}-${name}`); const b = await findBarriers(page); console.log(name, b.length ? JSON.stringify(b, null, 1).slice(0, 1500) : 'axe ok', (await isTooWide(page)) ? 'TOO WIDE' : ''); };
  try {
    await page.locator('[name=address]').waitFor({ timeout: 8000 });
    await axe('1-address');
    await page.locator('[name=address]').fill(address);
    await page.keyboard.press('Enter');
    await page.locator('dl').first().waitFor({ timeout: 15000 });
    await page.waitForTimeout(800);
    await axe('2-found');
    await page.getByRole('button', { name: en ? 'Type it in yourself' : '自分で入れる' }).click();
    await axe('2b-manual');
    await page.getByRole('button', { name: en ? 'Back to what we found' : '見つけたものに戻る' }).click();
    await page.getByRole('button', { name: en ? 'Continue' : '次へ' }).click();
    await page.locator('[name=secret]').fill(secret);
    await axe('3-secret');
    await page.keyboard.press('Enter');
    await page.locator('.postmark').waitFor({ timeout: 30000 });
    await page.waitForTimeout(600);
    await axe('4-proof');
    await page.goto(world.origin + '/accounts'); await page.locator('.row').first().waitFor(); await page.waitForTimeout(500);
    await axe('5-accounts');
    await page.locator('.row a').nth(1).click(); await page.locator('section.good, section.bad, section.waits').waitFor({timeout: 5000}); await page.waitForTimeout(300);
    await axe('6-card');
    await page.goto(world.origin + '/accounts/phone'); await page.locator('.kinds button').first().waitFor();
    await page.locator('.kinds button').nth(1).click(); await page.locator('img').waitFor(); await page.waitForTimeout(300);
    await axe('7-phone');
    await page.locator('.kinds button').nth(3).click(); await page.locator('form button[type=submit]').click(); await page.locator('dl').waitFor();
    await axe('7b-copy');
    for (const s of ['look','reading','writing','notifications','vacation','security','storage']) { await page.goto(world.origin + '/settings/' + s); await page.locator('section').first().waitFor(); await page.waitForTimeout(500); await axe('8-' + s); }
    await page.goto(world.origin + '/settings'); await page.waitForTimeout(600); await axe('9-settings');
  } catch (e) { console.log('STOPPED', String(e).slice(0, 600)); await shoot(page, `${tag}-stopped`); }
  console.log('faults', faults);
} finally { await browser.close(); await world.close().catch((e) => console.log(String(e).slice(0, 2000))); }
