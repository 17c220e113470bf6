// The mail app's every day in Chromium against the running program: signing in, reading, putting in order, and what another app or another server does
// meanwhile; without a network and back; by keyboard, on a phone, in both languages. Writing, accounts, order and reading in depth: the files beside this.
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { ImapFlow } from 'imapflow';
import { createTransport } from 'nodemailer';
import type { Browser, Page } from 'playwright-core';
import { skipWithout } from '../../scripts/debian-packages.ts';
import { totpCode, totpStepMs } from '../../src/journey/account/totp.ts';
import { findBarriers, isTooWide, looks, openBrowser, openPage } from '../pages/browser.ts';
import { jmapAsker } from '../support/jmap.ts';
import { ensureMailApp } from '../support/mail-app.ts';
import { startTayori, type Person, type Tayori } from '../support/tayori.ts';
import { inboxPage, onDesk, onPhone, shoot, signedInPage, until, type AppPage } from './app-page.ts';

const texts: readonly (readonly [from: string, subject: string, text: string])[] = [
  ['ren@far.example', '来週の打ち合わせ', 'お世話になっております。\n来週の打ち合わせは火曜日の十時からでお願いします。'],
  ['shop@far.example', 'Your order 1182', 'It is on its way.\nhttps://far.example/orders/1182'],
  ['mika@far.example', 'Photos of the garden', 'The camellias are out.'],
  ['ren@far.example', '議事録', '議事録をお送りします。ご確認ください。'],
  ['list@far.example', 'Weekly report', 'Nothing has happened, and it was lovely.'],
  ['aoi@far.example', '写真ありがとう', 'とてもきれいでした。'],
];

suite('the mail app, every day', { skip: skipWithout('chromium') }, () => {
  let tayori: Tayori;
  let browser: Browser;
  let origin: string;
  let hanako: Person;
  let taro: Person;

  before(async () => {
    ensureMailApp();
    tayori = await startTayori();
    [hanako, taro] = tayori.people as [Person, Person];
    origin = `http://localhost:${tayori.ports.http}`;
    for (const [from, subject, text] of texts) await arrive(hanako, subject, from, text);
    browser = await openBrowser();
  });
  after(async () => {
    await browser?.close();
    await tayori?.stop();
  });

  /** A letter as another server brings it, at port 25. */
  async function arrive(to: Person, subject: string, from = 'somebody@far.example', text = subject): Promise<void> {
    const transport = createTransport({ host: '127.0.0.1', port: tayori.ports.smtp, ignoreTLS: true, name: 'far.example' });
    await transport.sendMail({ from, to: to.address, subject, text });
    transport.close();
  }

  async function byImap<T>(person: Person, work: (client: ImapFlow) => Promise<T>): Promise<T> {
    const client = new ImapFlow({
      host: '127.0.0.1',
      port: tayori.ports.imaps,
      secure: true,
      tls: { rejectUnauthorized: false },
      auth: { user: person.login, pass: person.password },
      logger: false,
    });
    await client.connect();
    await client.mailboxOpen('INBOX');
    try {
      return await work(client);
    } finally {
      await client.logout();
    }
  }

  const row = (subject: string): string => `[role=row]:has(.subject:text-is(${JSON.stringify(subject)}))`;
  const hasRow = (subject: string): string =>
    `[...document.querySelectorAll('[role=row] .subject')].some((one) => one.textContent === ${JSON.stringify(subject)})`;
  const classOf = (subject: string, name: string): string =>
    `[...document.querySelectorAll('[role=row]')].some((one) => one.querySelector('.subject')?.textContent === ${JSON.stringify(subject)} && one.querySelector(${JSON.stringify(name)}))`;

  /** Nothing that the page's policy refused, no error of a script. A refused sign-in is said aloud by the browser; it is how the page learns of it. */
  async function end({ page, faults, close }: AppPage, expected = /^$/): Promise<void> {
    assert.deepEqual(
      faults.filter((fault) => !expected.test(fault)),
      [],
    );
    assert.equal(await isTooWide(page), false);
    await close();
  }
  const notSignedIn = /status of 40[13]/;
  const noNetwork = /ERR_CONNECTION|ERR_NETWORK|WebSocket connection|Failed to load resource/;

  async function signIn(page: Page, login: string, password: string): Promise<void> {
    await page.fill('input[name=login]', login);
    await page.fill('input[name=password]', password);
    await page.keyboard.press('Enter');
  }

  for (const [look, wrong] of [
    [onDesk, 'The address or the password is not right.'],
    [onPhone, 'アドレスかパスワードが違います。'],
  ] as const)
    test(`signing in, ${look.language}: a wrong password is said in words and nothing is lost, the right one opens the inbox, signing out closes it`, async () => {
      const { page, faults } = await openPage(browser, look);
      const opened = { page, faults, close: () => page.context().close() };
      await page.goto(origin);
      await page.waitForSelector('form');
      await signIn(page, hanako.login, 'not this one');
      assert.equal((await page.textContent('[role=alert]'))?.trim(), wrong);
      assert.equal(await page.inputValue('input[name=login]'), hanako.login);
      await shoot(page, `sign-in-wrong-${look.language}`);
      assert.deepEqual(await findBarriers(page), []);
      await page.fill('input[name=password]', hanako.password);
      await page.keyboard.press('Enter');
      await page.waitForSelector('[role=row] .who');
      await page.reload();
      await page.waitForSelector('[role=row] .who');
      await page.goto(`${origin}/settings`);
      await page.getByRole('button', { name: look.language === 'ja' ? 'サインアウト' : 'Sign out' }).click();
      await page.waitForSelector('input[name=login]');
      await page.reload();
      await page.waitForSelector('input[name=login]');
      assert.equal(await page.evaluate('document.querySelectorAll("[role=row]").length'), 0);
      await end(opened, notSignedIn);
    });

  test('what was left on screen is there before the worker speaks; of somebody who has signed out nothing is, for nobody who comes after', async () => {
    await arrive(taro, 'For Taro alone');
    const { page, faults } = await openPage(browser, onDesk);
    // A worker that never speaks: what is drawn is what the page has kept by itself.
    await page.addInitScript('if (sessionStorage.silent) window.Worker = class extends EventTarget { postMessage() {} }');
    const reload = async (isSilent: boolean): Promise<string> => {
      await page.evaluate(`sessionStorage.silent = ${isSilent ? "'1'" : "''"}`);
      await page.goto(`${origin}/`);
      await page.waitForSelector('#app > *', { state: 'attached' });
      await until(page, 'document.fonts.status === "loaded"');
      return (await page.evaluate('document.body.textContent + JSON.stringify(Object.values(localStorage))')) as string;
    };
    const hers = /議事録|Weekly report|hanako/;
    await page.goto(origin);
    await page.waitForSelector('form');
    await signIn(page, hanako.login, hanako.password);
    await page.waitForSelector('[role=row] .who');
    await page.keyboard.press('/');
    await page.keyboard.type('Weekly report');
    await until(page, `document.querySelector('[role=grid]')?.getAttribute('aria-rowcount') === '1'`);
    await page.keyboard.press('Enter');
    await until(page, `localStorage.getItem('tayori.likes')?.includes('Weekly report')`);
    await page.goto(`${origin}/`);
    await page.waitForSelector('[role=row] .who');
    await reload(true);
    await page.waitForSelector('[role=row] .subject:has-text("議事録")');
    await reload(false);
    await page.waitForSelector('[role=row] .who');
    // Her letters are kept for times without a network; past the service worker, as after a reload with the shift key, they go as well.
    const keptLetters = (wanted: boolean): Promise<unknown> =>
      page.evaluate(`(async () => {
        for (const end = Date.now() + 20000; Date.now() < end; await new Promise(requestAnimationFrame)) {
          const names = await caches.keys();
          const found = (await Promise.all(names.map(async (name) => (await caches.open(name)).keys()))).flat();
          if (found.some(({ url }) => new URL(url).pathname.startsWith('/letter/')) === ${wanted}) return;
        }
        throw new Error('letters kept: not ${wanted} in time');
      })()`);
    await page.goto(`${origin}/settings`);
    await page.evaluate(
      "navigator.serviceWorker.ready.then(() => caches.open('letters')).then((cache) => cache.put('/letter/A1/M1', new Response('hers')))",
    );
    await keptLetters(true);
    const session = await page.context().newCDPSession(page);
    await session.send('Page.reload', { ignoreCache: true });
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForSelector('input[name=login]');
    await keptLetters(false);
    assert.doesNotMatch(await reload(true), hers, 'nobody is here');
    await reload(false);
    await page.waitForSelector('form');
    await signIn(page, taro.login, taro.password);
    await page.waitForSelector('[role=row] .who');
    assert.doesNotMatch(await reload(true), hers, 'somebody else is here');
    await page.waitForSelector('[role=row] .subject:has-text("For Taro alone")');
    await end({ page, faults, close: () => page.context().close() }, notSignedIn);
  });

  test('without its worker the app says that it could not begin, and begins when it is loaded again', async () => {
    const { page, faults } = await openPage(browser, onDesk);
    await page.route('**/assets/worker-*.js', (route) => route.abort());
    await page.goto(origin);
    await page.getByText('Tayori could not be started.').waitFor();
    assert.deepEqual(await findBarriers(page), []);
    await shoot(page, 'no-worker');
    await page.unroute('**/assets/worker-*.js');
    await page.getByRole('button', { name: 'Reload' }).click();
    await page.waitForSelector('input[name=login]');
    await end({ page, faults, close: () => page.context().close() }, /status of 40[13]|ERR_FAILED/);
  });

  test('somebody else signs in from another window: this one is theirs, and nothing that lay open stays', async () => {
    await arrive(taro, 'For Taro, later');
    const { page, faults } = await openPage(browser, onDesk);
    await page.goto(origin);
    await signIn(page, hanako.login, hanako.password);
    await page.waitForSelector('[role=row] .who');
    await page.keyboard.press('c');
    await page.waitForSelector('.composer input[id$=subject]');
    await page.fill('.composer input[id$=subject]', 'Between us');
    await until(page, `document.querySelector('.composer .state')?.textContent === 'Saved'`);
    const answer = await page.context().request.post(`${origin}/auth/login`, {
      data: { login: taro.login, password: taro.password },
      headers: { origin },
    });
    assert.equal(answer.status(), 200);
    await page.evaluate(`dispatchEvent(new Event('online'))`);
    await page.waitForSelector('[role=row] .subject:has-text("For Taro, later")');
    assert.equal(await page.locator('.composer').count(), 0);
    await page.click('a:has-text("Drafts")');
    await page.waitForSelector('h1:has-text("Drafts")');
    await until(page, `document.querySelector('[role=grid]').getAttribute('aria-busy') === 'false'`);
    assert.equal(await page.locator('[role=row]').count(), 0);
    await byImap(hanako, async (client) => {
      await client.mailboxOpen('Drafts');
      const [draft] = await client.fetchAll('1:*', { envelope: true });
      assert.equal(draft?.envelope?.subject, 'Between us', 'hers is with her');
      await client.messageDelete('1:*');
    });
    await end({ page, faults, close: () => page.context().close() }, notSignedIn);
  });

  test('signing in with a second factor: the code of an authenticator after the password', async () => {
    const first = await signedInPage(browser, origin, taro);
    const post = async (path: string, data: object): Promise<Record<string, string>> => {
      const answer = await first.page.context().request.post(`${origin}${path}`, { data, headers: { origin } });
      assert.ok(answer.ok(), `${path}: ${answer.status()} ${await answer.text()}`);
      return (await answer.json()) as Record<string, string>;
    };
    const begun = await post('/auth/totp/begin', { password: taro.password });
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
    const bits = [...begun['secret']!.replaceAll(/[\s=]/g, '')].map((one) => letters.indexOf(one).toString(2).padStart(5, '0')).join('');
    const secret = Uint8Array.from({ length: Math.floor(bits.length / 8) }, (_, at) => Number.parseInt(bits.slice(at * 8, at * 8 + 8), 2));
    const step = Math.floor(Date.now() / totpStepMs);
    await post('/auth/totp/confirm', { ticket: begun['ticket'], code: totpCode(secret, step) });
    await first.close();

    const { page, faults } = await openPage(browser, onDesk);
    await page.goto(origin);
    await page.waitForSelector('form');
    await signIn(page, taro.login, taro.password);
    await page.waitForSelector('input[name=code]');
    await page.fill('input[name=code]', '000000');
    await page.keyboard.press('Enter');
    assert.equal((await page.textContent('[role=alert]'))?.trim(), 'That code is not right, or it is too old.');
    await shoot(page, 'sign-in-second');
    assert.deepEqual(await findBarriers(page), []);
    // A code is good once: the next one is taken.
    await page.fill('input[name=code]', totpCode(secret, step + 1));
    await page.keyboard.press('Enter');
    await page.waitForSelector('.list');
    await end({ page, faults, close: () => page.context().close() }, notSignedIn);
  });

  test('a letter is read, starred, archived and fetched back, marked unread; the server knows it all', async () => {
    const opened = await inboxPage(browser, origin, hanako);
    const { page } = opened;
    await page.click(`${row('Your order 1182')} .words`);
    await page.waitForSelector('.letter.open .text');
    assert.match((await page.textContent('.letter.open .text')) ?? '', /on its way/);
    assert.equal(await page.getAttribute('.letter.open .text a', 'href'), 'https://far.example/orders/1182');
    await until(page, `!(${classOf('Your order 1182', '.dot')})`);
    await page.keyboard.press('s');
    await until(page, classOf('Your order 1182', '.starred'));
    await page.keyboard.press('e');
    await until(page, `!(${hasRow('Your order 1182')})`);
    await shoot(page, 'archived-toast');
    await page.keyboard.press('z');
    await until(page, hasRow('Your order 1182'));
    // Rows change places while undone things come back: what is clicked then may be another letter.
    const open = async (): Promise<boolean> => {
      await page.click(`${row('Your order 1182')} .words`);
      return page.waitForSelector(`${row('Your order 1182')}.open`, { timeout: 5000 }).then(
        () => true,
        () => false,
      );
    };
    for (let tries = 0; !(await open()); tries++) assert.ok(tries < 5, 'it is opened');
    await page.waitForSelector('.letter.open .text');
    await page.keyboard.press('Shift+U');
    await until(page, classOf('Your order 1182', '.dot'));
    const asker = jmapAsker(origin, hanako.login, hanako.password);
    const session = await asker.session();
    const accountId = session['primaryAccounts']['urn:ietf:params:jmap:mail'] as string;
    const told = async (): Promise<Record<string, any>> =>
      (
        await asker.call([
          ['Email/query', { accountId, filter: { subject: 'order 1182' } }, 'q'],
          ['Email/get', { accountId, '#ids': { resultOf: 'q', name: 'Email/query', path: '/ids' }, properties: ['keywords'] }, 'g'],
        ])
      )[1]![1]['list'][0].keywords as Record<string, boolean>;
    let keywords = await told();
    for (let tries = 0; tries < 100 && keywords['$seen'] === true; tries++) keywords = await told();
    assert.deepEqual(keywords, { $flagged: true });
    await end(opened);
  });

  test('what another app does by IMAP shows within a second, and the other way round', async () => {
    const opened = await inboxPage(browser, origin, hanako);
    const { page } = opened;
    await byImap(hanako, async (client) => {
      const uidOf = async (subject: string): Promise<number> =>
        ((await client.search({ header: { subject } }, { uid: true })) as number[])[0]!;
      const uid = String(await uidOf('Weekly report'));
      const began = performance.now();
      await client.messageFlagsAdd(uid, ['\\Flagged', '\\Seen'], { uid: true });
      await until(page, classOf('Weekly report', '.starred'));
      await until(page, `!(${classOf('Weekly report', '.dot')})`);
      const took = performance.now() - began;
      await client.messageMove(uid, 'Archive', { uid: true });
      await until(page, `!(${hasRow('Weekly report')})`);
      // What is shown within a second on a quiet machine is given more here, where much goes on at once.
      assert.ok(took < 5000, `${took} ms`);

      const garden = await uidOf('Photos of the garden');
      const told = new Promise<void>((resolve) => {
        client.on('flags', ({ uid: of, flags }: { uid?: number; flags: Set<string> }) => {
          if ((of === garden || of === undefined) && flags.has('\\Flagged')) resolve();
        });
      });
      await client.noop();
      await page.locator(row('Photos of the garden')).hover();
      await page.click(`${row('Photos of the garden')} .last button`);
      await told;
    });
    await end(opened);
  });

  test('a letter that arrives is there at once, and is read where it lies', async () => {
    const opened = await inboxPage(browser, origin, hanako);
    const { page } = opened;
    await arrive(hanako, 'Just now', 'aoi@far.example', 'Here I am.');
    await until(page, `document.querySelector('[aria-rowindex="1"] .subject')?.textContent === 'Just now'`);
    await shoot(page, 'live-delivery');
    await page.click(`${row('Just now')} .words`);
    await page.waitForSelector('.letter.open .text');
    await end(opened);
  });

  test('the server goes: said quietly, what was read is there, what is done waits; it comes back and all is told', async () => {
    const opened = await inboxPage(browser, origin, hanako);
    const { page } = opened;
    await page.click(`${row('議事録')} .words`);
    await page.waitForSelector('.letter.open .text');
    await page.evaluate('navigator.serviceWorker.ready.then(() => null)');
    // The server goes for a moment, and comes back where it was.
    const back = tayori.restart();
    await page.waitForSelector('[role=status].shown');
    await page.keyboard.press('s');
    await until(page, classOf('議事録', '.starred'));
    await shoot(page, 'offline');
    await back;
    await page.waitForSelector('[role=status].shown', { state: 'detached' });
    const isTold = async (client: ImapFlow): Promise<boolean> =>
      ((await client.search({ flagged: true, header: { subject: '議事録' } }, { uid: true })) as number[]).length === 1;
    await byImap(hanako, async (client) => {
      let told = false;
      for (let tries = 0; tries < 200 && !told; tries++) {
        await client.noop();
        told = await isTold(client);
      }
      assert.ok(told);
    });
    await end(opened, noNetwork);
  });

  test('by keyboard alone: into the list, down, open, archive, back, the sheet of keys', async () => {
    const opened = await inboxPage(browser, origin, hanako);
    const { page } = opened;
    const subjectOf = (index: number): Promise<string | null> => page.textContent(`[aria-rowindex="${index}"] .subject`);
    const second = await subjectOf(2);
    for (let tabs = 0; tabs < 40 && (await page.evaluate(`document.activeElement?.getAttribute('role')`)) !== 'grid'; tabs++)
      await page.keyboard.press('Tab');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.letter.open .text');
    assert.equal(await page.textContent('#thread-subject'), second);
    await page.keyboard.press('e');
    await until(page, `document.querySelector('[aria-rowindex="2"] .subject')?.textContent !== ${JSON.stringify(second)}`);
    await page.keyboard.press('z');
    await until(page, `document.querySelector('[aria-rowindex="2"] .subject')?.textContent === ${JSON.stringify(second)}`);
    await page.keyboard.press('?');
    await page.waitForSelector('dialog[open] kbd');
    await shoot(page, 'keys');
    await page.keyboard.press('Escape');
    await page.waitForSelector('dialog[open]', { state: 'detached' });
    await end(opened);
  });

  test('on a phone: the list, a letter, back by the button of the browser, the mailboxes, each a page of its own', async () => {
    const opened = await inboxPage(browser, origin, hanako, onPhone);
    const { page } = opened;
    await page.click(`${row('来週の打ち合わせ')} .words`);
    await page.waitForSelector('.letter.open .text');
    await shoot(page, 'phone-letter');
    await page.goBack();
    await page.waitForSelector(row('来週の打ち合わせ'));
    await page.click('nav a[href="/folders"]');
    await page.getByText('アーカイブ').first().waitFor();
    await shoot(page, 'phone-folders');
    assert.deepEqual(await findBarriers(page), []);
    await end(opened);
  });

  for (const look of looks) {
    const name = `${look.width}-${look.language}-${look.scheme}`;
    test(`no barriers on any page at ${name}`, async () => {
      const opened = await inboxPage(browser, origin, hanako, look);
      const { page } = opened;
      const barriers: string[] = [];
      const check = async (what: string): Promise<void> => {
        await shoot(page, `${name}-${what}`);
        barriers.push(...(await findBarriers(page)).map((barrier) => `${what}: ${barrier}`));
        if (await isTooWide(page)) barriers.push(`${what}: sticks out`);
      };
      await check('list');
      await page.click(`${row('写真ありがとう')} .words`);
      await page.waitForSelector('.letter.open .text');
      await check('letter');
      await page.goto(`${origin}/settings/look`);
      await page.waitForSelector('[role=switch], [role=tab], [role=radio]');
      await check('settings');
      await page.goto(`${origin}/mail/all/drafts`);
      await page.waitForSelector('.empty');
      await check('empty');
      assert.deepEqual(barriers, []);
      await end(opened);
    });
  }
});
