// Accounts, devices and settings in Chromium against the running program: the wizard to the letter that came back and on providers with a fault,
// devices, second factors, settings seen in a second browser. Providers are scripted servers that a name server leads to.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { after, before, suite, test } from 'node:test';
import { ImapFlow } from 'imapflow';
import { createTransport } from 'nodemailer';
import type { Browser, Page } from 'playwright-core';
import { skipWithout } from '../../scripts/debian-packages.ts';
import { findBarriers, openBrowser, openPage, type Look } from '../pages/browser.ts';
import { holdsSecret } from '../support/scripted-provider.ts';
import { openWorld, secret, shoot, signedIn, sticksOut, type Change, type Person, type World } from './accounts-world.ts';

const desk: Look = { width: 1280, language: 'en', scheme: 'light' };
const phone: Look = { width: 390, language: 'ja', scheme: 'dark' };

suite('accounts in Chromium', { skip: skipWithout('chromium') }, () => {
  let world: World;
  let browser: Browser;
  /** Those of the account that is set up first. */
  let hanako: Person;
  let address: string;
  before(async () => {
    [world, browser] = await Promise.all([openWorld(), openBrowser()]);
    hanako = await world.person();
  });
  after(async () => {
    await browser?.close();
    await world?.close();
  });

  const title = (page: Page) => page.locator('main h2').first();
  async function close(page: Page, faults: readonly string[]): Promise<void> {
    assert.deepEqual(faults, []);
    await page.context().close();
  }
  async function lookUp(page: Page, typed: string): Promise<void> {
    await page.locator('[name=address]').fill(typed);
    await page.keyboard.press('Enter');
  }
  /** From what was found to the end of the proof. */
  async function goOn(page: Page, typed = secret): Promise<void> {
    await page.getByRole('button', { name: /^(?:Continue|次へ|Use these)$/ }).click();
    await page.locator('[name=secret]').fill(typed);
    await page.keyboard.press('Enter');
  }
  const ticks = (page: Page, state: string) => page.locator(`li[data-state=${state}]`).count();

  test('the wizard with the keyboard alone: from the address to the letter that came back', async () => {
    const { imap, smtp, address: own } = await world.provide();
    address = own;
    const { page, faults } = await signedIn(browser, world, hanako, desk, '/accounts/new');
    await page.locator('[name=address]').waitFor();
    // Full-width letters are what Japanese input methods leave behind.
    await page.keyboard.type(address.replace('hana@', 'ｈａｎａ＠'));
    await page.keyboard.press('Enter');
    await page.getByText('answers').nth(1).waitFor();
    assert.equal(await page.locator('p.address').textContent(), address);
    for (const term of ['server', 'port', 'SSL/TLS', 'user name'])
      assert.ok((await page.getByRole('button', { name: term, exact: true }).count()) >= 2, term);
    const next = page.getByRole('button', { name: 'Continue' });
    await next.focus();
    await page.keyboard.press('Enter');
    // The field for the secret has the focus, and says where it goes.
    assert.match((await page.locator('.kept').textContent()) ?? '', /encrypted on this server.*mail\.provider\.test alone/s);
    await page.keyboard.type(secret);
    await page.keyboard.press('Enter');
    await page.locator('.postmark').waitFor({ timeout: 60_000 });
    // The letter that came back stands there a moment before the rest follows it.
    await title(page)
      .filter({ hasText: /is ready|使えるようになりました/ })
      .waitFor();
    assert.equal(await ticks(page, 'passed'), 16);
    assert.match((await title(page).textContent()) ?? '', /^hana@p1\.provider\.test is ready$/);
    assert.equal(world.letters.length, 1, 'one letter, to oneself');
    assert.ok(!holdsSecret(imap.clear(), secret) && !holdsSecret(smtp.clear(), secret), 'nothing secret in the clear');
    assert.ok(!world.tayori.log().includes(secret));
    await shoot(page, 'wizard-done');
    // The app has one account more without being loaded again.
    await page.getByRole('heading', { level: 2, name: address, exact: true }).waitFor();
    await close(page, faults);
  });

  test('its card: taken away with a way back, brought back from the list', async () => {
    const { page, faults } = await signedIn(browser, world, hanako, desk, '/accounts');
    await page.getByRole('link', { name: new RegExp(address) }).click();
    await page.getByRole('button', { name: 'Take away' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Take away' }).click();
    await page.getByText('Comes back at a tap').waitFor();
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByText('Comes back at a tap').waitFor({ state: 'detached' });
    await page.getByRole('link', { name: new RegExp(address) }).waitFor();
    await page.getByRole('link', { name: new RegExp(address) }).click();
    await page.getByRole('switch', { name: /Pause/ }).click();
    await page.getByRole('heading', { level: 2, name: 'Paused' }).waitFor();
    await page.getByRole('button', { name: 'Take away' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Take away' }).click();
    await page.getByRole('button', { name: 'Bring back' }).click();
    await page.getByRole('link', { name: new RegExp(address) }).waitFor();
    await close(page, faults);
  });

  const refusal = { imap: 'NO [ALERT] Application-specific password required', pop3: '-ERR [AUTH] Application-specific password required' };
  const faulty: readonly (readonly [
    name: string,
    change: Partial<Record<'imap' | 'pop3' | 'smtp', Change>>,
    sentence: RegExp,
    next: RegExp,
    tries: number,
  ])[] = [
    // Two forms of the login name, and no more.
    ['a wrong password', { imap: { password: 'another' } }, /password/i, /password|again/i, 2],
    ['an app password is wanted', { imap: { refusal: refusal.imap } }, /app password/i, /app password|make/i, 1],
    ['a certificate that is over', { imap: { certificate: 'expired' }, pop3: { certificate: 'expired' } }, /expired|certificate/i, /./, 0],
    ['a certificate of another', { imap: { certificate: 'otherName' }, pop3: { certificate: 'otherName' } }, /certificate|name/i, /./, 0],
    [
      'a seal that is not offered',
      { imap: { security: 'starttls', offersStartTls: false }, pop3: { security: 'starttls', offersStartTls: false } },
      /seal|encrypt|STARTTLS/i,
      /./,
      0,
    ],
    [
      'another kind of server',
      { imap: { greeting: '+OK POP3 here' }, pop3: { greeting: '220 smtp here' } },
      /kind|IMAP|POP|server/i,
      /./,
      0,
    ],
  ];
  for (const [name, change, sentence, next, tries] of faulty)
    test(`the wizard says whose fault it is and what to do: ${name}`, async () => {
      const { address: typed, ...providers } = await world.provide(change);
      const { page, faults } = await signedIn(browser, world, await world.person(), desk, '/accounts/new');
      await lookUp(page, typed);
      // What could not be reached is said where it was found; it can be tried all the same.
      await page.getByRole('button', { name: 'Continue' }).waitFor();
      await page.getByText('Trying the servers').first().waitFor({ state: 'detached' });
      if (!(await page.getByRole('button', { name: 'Continue' }).isVisible()))
        await page.getByRole('button', { name: 'Type it in yourself' }).click();
      await goOn(page);
      const card = page.locator('.failure');
      await card.waitFor({ timeout: 60_000 });
      assert.match((await card.locator('.sentence').textContent()) ?? '', sentence);
      assert.match((await card.locator('.next').textContent()) ?? '', next);
      assert.match((await card.locator('.whose').textContent()) ?? '', /\S+: \S+/);
      await card.getByText('What the server said').click();
      assert.ok(await card.locator('pre').isVisible());
      for (const provider of Object.values(providers)) assert.ok(!holdsSecret(provider.clear(), secret), 'a secret before a verified seal');
      assert.equal(
        Object.values(providers).reduce((sum, { failures }) => sum + failures.count, 0),
        tries,
      );
      assert.equal(world.letters.length, 0);
      // By hand is always open, and filled.
      await card.getByRole('button', { name: 'Change the servers' }).click();
      assert.equal(await page.locator('[name=receive-host]').inputValue(), 'mail.provider.test');
      await shoot(page, `fault-${name.replaceAll(' ', '-')}`);
      await close(page, faults);
    });

  test('a near miss is asked about and mended by one tap', async () => {
    const { page, faults } = await signedIn(browser, world, await world.person(), phone, '/accounts/new');
    await lookUp(page, 'hanako@gamil.com');
    await page.getByText('hanako@gmail.com のことですか').waitFor();
    await page.getByRole('button', { name: 'はい、そちらです' }).click();
    await page.getByRole('heading', { name: /Gmail.*への道がわかりました/ }).waitFor();
    await page.getByRole('button', { name: '次へ' }).click();
    await page.getByRole('link', { name: /の画面を開く/ }).waitFor();
    assert.ok((await page.locator('ol li').count()) > 4, 'steps to the secret');
    assert.deepEqual([await findBarriers(page), await sticksOut(page)], [[], false]);
    await shoot(page, 'secret-gmail');
    await close(page, faults);
  });

  test('what is no address, and what is here already', async () => {
    const { page, faults } = await signedIn(browser, world, hanako, desk, '/accounts/new');
    await lookUp(page, 'hanako');
    await page.getByText('does not look like a mail address').waitFor();
    await lookUp(page, hanako.login);
    await page.getByText('This address is here already').waitFor();
    await close(page, faults);
  });

  test('take it home or look at it there, by looking: a letter thrown away on one device', async () => {
    const { address: typed } = await world.provide();
    const { page, faults } = await signedIn(browser, world, await world.person(), phone, '/accounts/new');
    await lookUp(page, typed);
    await page.getByText('小さな二台で試す').click();
    const letters = (device: string) => page.locator(`.${device} .letter`).count();
    // With a finger: drawn into the bin.
    const [from, bin] = await Promise.all([page.locator('.here .letter').first().boundingBox(), page.locator('.here .bin').boundingBox()]);
    await page.mouse.move(from!.x + 20, from!.y + 10);
    await page.mouse.down();
    await page.mouse.move(bin!.x + 30, bin!.y + 15, { steps: 5 });
    await page.mouse.up();
    await page.getByText('両方から消えました').waitFor();
    assert.deepEqual([await letters('here'), await letters('there')], [2, 2]);
    await page.getByRole('radio', { name: /持ち帰る/ }).check();
    await page.locator('.here .letter').first().press('Enter');
    await page.getByText('ここからだけ消えました').waitFor();
    assert.deepEqual([await letters('here'), await letters('there')], [2, 3]);
    assert.deepEqual([await findBarriers(page), await sticksOut(page)], [[], false]);
    await shoot(page, 'two-devices');
    // Of an answer that was not given yet the keyboard reaches the first.
    const answers = page.locator('.ask [role=radio]');
    assert.deepEqual(await Promise.all([0, 1].map((at) => answers.nth(at).getAttribute('tabindex'))), ['0', '-1']);
    await goOn(page);
    await page.locator('.postmark').waitFor({ timeout: 60_000 });
    // The letter that came back stands there a moment before the rest follows it.
    await title(page)
      .filter({ hasText: /is ready|使えるようになりました/ })
      .waitFor();
    assert.equal(await ticks(page, 'passed'), 16);
    await close(page, faults);
  });

  test('a phone: the link opened there, its first sign-in for reading and sending turns the page here green; used twice it says so', async () => {
    const person = await world.person();
    const { page, faults } = await signedIn(browser, world, person, desk, '/accounts/phone');
    await page.getByRole('button', { name: 'Android' }).click();
    await page.getByRole('img', { name: /QR/ }).waitFor();
    const link = (await page.locator('section code').first().textContent()) ?? '';
    await page.getByText('Waiting for the page to be opened there').waitFor();
    const there = await openPage(browser, phone);
    await there.page.goto(link);
    await there.page.check('#android', { force: true });
    await there.page.click('button[type=submit]');
    await page.getByText('The page is open there.').waitFor();
    await shoot(page, 'phone-opened');
    await there.page.click('[data-copy=secret]');
    await there.page.getByText('コピーしました').first().waitFor();
    const auth = { user: person.login, pass: String(await there.page.evaluate('navigator.clipboard.readText()')) };
    const tls = { rejectUnauthorized: false };
    const app = new ImapFlow({ host: '127.0.0.1', port: world.tayori.ports.imaps, secure: true, auth, tls, logger: false });
    await app.connect();
    await app.logout();
    await page.locator('section.green').waitFor();
    const out = createTransport({ host: '127.0.0.1', port: world.tayori.ports.submissions, secure: true, auth, tls });
    await out.sendMail({ from: person.login, to: person.login, subject: 'x', text: 'x' });
    await page.getByText('It has signed in (IMAP, SMTP). All done.').waitFor();
    await there.page.getByText('準備ができました').waitFor();
    assert.deepEqual(await findBarriers(page), []);
    await shoot(page, 'phone-green');
    await shoot(there.page, 'phone-there');
    await there.page.context().close();
    // Another browser, the same link.
    const thief = await openPage(browser, { ...phone, language: 'en' });
    assert.equal((await thief.page.goto(link))?.status(), 410);
    await thief.page.getByRole('heading', { name: 'This link has been used already' }).waitFor();
    await thief.page.context().close();
    await close(page, faults);
  });

  test('a device: a key to copy, green at its first sign-in, last use told, taken back', async () => {
    const { page, faults } = await signedIn(browser, world, hanako, desk, '/accounts/phone');
    await page.getByRole('button', { name: 'iPhone, iPad' }).click();
    await page.getByRole('img', { name: /QR/ }).waitFor();
    assert.match((await page.locator('section code').first().textContent()) ?? '', /^https?:\/\/\S+\/setup\/\S+$/);
    await page.getByRole('button', { name: 'Something else' }).click();
    await page.getByLabel('What shall we call it?').fill('Tablet');
    await page.getByRole('button', { name: 'Make a key for it' }).click();
    const row = (name: string) => page.locator(`[data-row=${name}] code`).textContent();
    const [login, key, host] = await Promise.all([row('login'), row('secret'), row('imap')]);
    assert.equal(host, 'localhost');
    const client = new ImapFlow({
      host: '127.0.0.1',
      servername: 'localhost',
      port: world.tayori.ports.imaps,
      secure: true,
      auth: { user: login!, pass: key! },
      tls: { ca: readFileSync(world.tayori.ca) },
      logger: false,
    });
    await client.connect();
    await client.logout();
    await page.getByText('It has signed in (IMAP). All done.').waitFor();
    await page.locator('section.green').waitFor();
    await page.getByText(/last used/).waitFor();
    await shoot(page, 'device-green');
    await page.getByRole('button', { name: 'Remove Tablet' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    await page.getByText('“Tablet” can no longer sign in').first().waitFor();
    await page.getByText('No device has a key').waitFor();
    await close(page, faults);
  });

  test('what is chosen in one browser holds in another within a second', async () => {
    const [one, other] = await Promise.all([
      signedIn(browser, world, hanako, desk, '/settings/look'),
      signedIn(browser, world, hanako, desk, '/'),
    ]);
    await one.page.getByRole('radio', { name: 'Dark' }).waitFor();
    await other.page.locator('.panes').waitFor();
    // Both have their line to the server open.
    await other.page.waitForTimeout(1500);
    const seen = other.page.evaluate(
      `new Promise((resolve) => { const look = () => document.documentElement.dataset.theme === 'dark' ? resolve(performance.now()) : requestAnimationFrame(look); look(); })`,
    ) as Promise<number>;
    const began = (await other.page.evaluate('performance.now()')) as number;
    await one.page.getByRole('radio', { name: 'Dark' }).click();
    assert.ok((await seen) - began < 1000, `${(await seen) - began} ms`);
    await one.page.getByRole('radio', { name: '日本語' }).click();
    await other.page.getByText('受信箱').first().waitFor();
    await one.page
      .getByRole('radio', { name: 'Close' })
      .or(one.page.getByRole('radio', { name: '詰める' }))
      .click();
    await other.page.locator('html[data-density=compact]').waitFor();
    for (const name of ['明るい', 'English']) await one.page.getByRole('radio', { name }).click();
    await one.page.getByRole('radio', { name: 'Roomy' }).click();
    await other.page.locator('html[data-density=comfortable]').waitFor();
    await Promise.all([close(one.page, one.faults), close(other.page, other.faults)]);
  });

  test('a vacation reply is kept, and shown as others will get it', async () => {
    const { page, faults } = await signedIn(browser, world, hanako, desk, '/settings/vacation');
    await page.getByRole('switch').click();
    await page.getByLabel('From', { exact: true }).fill('2027-01-01T09:00');
    await page.getByLabel('Until').fill('2026-12-01T09:00');
    await page.getByText('It ends before it begins').waitFor();
    await page.getByLabel('Until').fill('2027-01-08T09:00');
    await page.getByLabel('Text').fill('In Kyoto until the eighth.');
    await page.locator('.letter', { hasText: 'In Kyoto until the eighth.' }).waitFor();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved', { exact: true }).first().waitFor();
    await page.reload();
    await page.locator('.letter', { hasText: 'In Kyoto' }).waitFor();
    assert.equal(await page.getByLabel('From', { exact: true }).inputValue(), '2027-01-01T09:00');
    assert.deepEqual(await findBarriers(page), []);
    await page.getByRole('switch').click();
    await page.getByRole('button', { name: 'Save' }).click();
    await close(page, faults);
  });

  /** RFC 6238 with the usual choices. */
  function codeOf(key: string, now = Date.now()): string {
    const bits = [...key].map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')).join('');
    const octets = Buffer.from((bits.match(/.{8}/g) ?? []).map((octet) => Number.parseInt(octet, 2)));
    const counter = Buffer.alloc(8);
    counter.writeBigUInt64BE(BigInt(Math.floor(now / 30_000)));
    const hash = createHmac('sha1', octets).update(counter).digest();
    const at = hash.at(-1)! & 15;
    return String((hash.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0');
  }

  test('an authenticator app and a passkey: set up, recovery codes once, asked for at the next sign-in; other browsers ended', async () => {
    const person = await world.person();
    const before = await signedIn(browser, world, person, desk);
    await before.page.locator('.panes, .welcome').first().waitFor();
    const { page, faults } = await signedIn(browser, world, person, desk, '/settings/security');
    await page.getByRole('button', { name: 'Set up an authenticator app' }).click();
    await page.getByRole('dialog').getByText('It signs all other browsers out').waitFor();
    await page.getByRole('dialog').getByRole('img', { name: 'QR' }).waitFor();
    const key = ((await page.getByRole('dialog').locator('code').textContent()) ?? '').replaceAll(' ', '');
    await page.locator('[name=totp]').fill('000000');
    await page.keyboard.press('Enter');
    await page.getByText('That code is not right').waitFor();
    assert.deepEqual(await findBarriers(page), []);
    await page.locator('[name=totp]').fill(codeOf(key));
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Your recovery codes' }).waitFor();
    await page.getByText('One other browser was signed out.').first().waitFor();
    // Where the password was enough it is not any more, at once and without being loaded again.
    await before.page.locator('[name=login]').waitFor();
    await before.page.context().close();
    assert.equal(await page.getByRole('dialog').locator('li code').count(), 10);
    await shoot(page, 'recovery-codes');
    await page.getByRole('button', { name: 'I have kept them' }).click();
    assert.equal(await page.getByRole('dialog').locator('li code').count(), 0, 'shown once');

    const session = await page.context().newCDPSession(page);
    await session.send('WebAuthn.enable');
    const options = {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    } as const;
    await session.send('WebAuthn.addVirtualAuthenticator', { options });
    await page.getByRole('button', { name: 'Make a passkey' }).click();
    await page.getByRole('dialog').getByLabel('What shall we call it?').fill('My laptop');
    await page.getByRole('dialog').getByRole('button', { name: 'Make a passkey' }).click();
    await page.getByText('My laptop').first().waitFor();
    await shoot(page, 'security');

    const other = await openPage(browser, desk);
    await other.page.goto(world.origin);
    await other.page.locator('[name=login]').fill(person.login);
    await other.page.locator('[name=password]').fill(person.password);
    await other.page.keyboard.press('Enter');
    await other.page.locator('[name=code]').waitFor();
    // The next code: this one has been used.
    await other.page.locator('[name=code]').fill(codeOf(key, Date.now() + 30_000));
    await other.page.keyboard.press('Enter');
    await other.page.locator('.panes').waitFor();
    await page.reload();
    await page.getByRole('button', { name: 'Sign out all others' }).click();
    await page.getByText('Signed out', { exact: true }).first().waitFor();
    await other.page.reload();
    await other.page.locator('[name=login]').waitFor();
    await other.page.context().close();
    for (const name of ['My laptop', '']) {
      await page
        .getByRole('button', { name: name === '' ? /^Remove/ : `Remove ${name}` })
        .first()
        .click();
      await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
      await page.getByText('Removed', { exact: true }).first().waitFor();
    }
    await page.getByRole('button', { name: 'Set up an authenticator app' }).waitFor();
    await close(page, faults);
  });

  test('the password is changed, with the one until now; this browser stays signed in', async () => {
    const person = await world.person();
    const { page, faults } = await signedIn(browser, world, person, desk, '/settings/security');
    await page.getByRole('button', { name: 'Change' }).click();
    const type = async (before: string): Promise<void> => {
      await page.getByLabel('Password until now').fill(before);
      await page.getByLabel('New password').fill('momiji no nagare');
      await page.keyboard.press('Enter');
    };
    await type('not it at all');
    await page.getByText('That is not your password.').waitFor();
    await type(person.password);
    await page.getByText('Your password is changed. No other browser was signed in.').first().waitFor();
    await page.reload();
    await page.getByText('this one').waitFor();
    // A wrong password is a 401, which Chromium writes into its console.
    assert.deepEqual(
      faults.filter((fault) => !fault.includes('401')),
      [],
    );
    await page.context().close();
  });

  test('who begins is welcomed, and led to an account, a phone, a letter', async () => {
    const person = await world.person();
    for (const look of [phone, desk]) {
      const { page, faults } = await signedIn(browser, world, person, look);
      await page.locator('.welcome').waitFor();
      const ways = await page.locator('.welcome li a').evaluateAll((links) => links.map((link) => link.getAttribute('href')));
      assert.deepEqual(ways, ['/accounts/new', '/accounts/phone', `/write/new?to=${encodeURIComponent(person.login)}`, '/words']);
      assert.deepEqual([await findBarriers(page), await sticksOut(page)], [[], false]);
      await shoot(page, `welcome-${look.width}`);
      await page.locator('.welcome li a').first().click();
      await page.locator('[name=address]').waitFor();
      await close(page, faults);
    }
  });

  test('no barriers, nothing sticks out: all pages at both widths, in both languages', async () => {
    const paths = [
      '/accounts',
      '/accounts/new',
      '/accounts/phone',
      ...['', '/look', '/reading', '/writing', '/notifications', '/vacation', '/security', '/storage'].map((part) => `/settings${part}`),
    ];
    const looks: readonly (readonly [Look, readonly string[]])[] = [
      [phone, paths],
      [desk, paths],
      [{ width: 390, language: 'en', scheme: 'light' }, ['/accounts', '/settings/reading']],
      [{ width: 1280, language: 'ja', scheme: 'dark' }, ['/accounts/phone', '/settings/security']],
    ];
    for (const [look, some] of looks) {
      const { page, faults } = await signedIn(browser, world, hanako, look);
      for (const path of some) {
        await page.goto(`${world.origin}${path}`);
        await page.locator('main h1').waitFor();
        await page.locator('main section, main form').first().waitFor();
        assert.deepEqual([path, await findBarriers(page), await sticksOut(page)], [path, [], false]);
        await shoot(page, `${look.width}-${look.language}-${look.scheme}${path.replaceAll('/', '-')}`);
      }
      await close(page, faults);
    }
  });
});
