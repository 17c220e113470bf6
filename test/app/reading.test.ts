// Reading in the app, in Chromium, against the running program: hostile letters, pictures, long conversations, attachments, invitations, lists, look-alikes,
// paper, journeys, times without a network, notices; by keyboard, with axe, on a phone and on a desk, in Japanese and English.
// TAYORI_PAGES=DIR keeps a picture of each page there.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, afterEach, before, suite, test } from 'node:test';
import { createTransport } from 'nodemailer';
import type { Page } from 'playwright-core';
import { skipWithout } from '../../scripts/debian-packages.ts';
import { hostileMarkup } from '../../src/message/html/hostile-markup.ts';
import { findBarriers, isTooWide, looks } from '../pages/browser.ts';
import { openReadingOffice, password, png, shoot, until, type Opened, type ReadingOffice } from './reading-office.ts';

const word = (text: string): string => `=?utf-8?B?${Buffer.from(text).toString('base64')}?=`;
const head = (subject: string, more = '', from = 'Anna Berg <anna@far.test>'): string =>
  `From: ${from}\r\nTo: hanako@example.test\r\nSubject: ${word(subject)}\r\nDate: Fri, 27 Nov 2026 09:00:00 +0900\r\n${more}MIME-Version: 1.0\r\n`;
const part = (type: string, body: string, more = ''): string => `--b\r\nContent-Type: ${type}\r\n${more}\r\n${body}\r\n`;
const mixed = (...parts: readonly string[]): string => `Content-Type: multipart/mixed; boundary=b\r\n\r\n${parts.join('')}--b--\r\n`;
const html = (body: string): string => `Content-Type: text/html; charset=utf-8\r\n\r\n${body}\r\n`;
const file = (type: string, name: string, octets: Buffer): string =>
  part(
    `${type}; name="${name}"`,
    octets.toString('base64'),
    `Content-Disposition: attachment; filename="${name}"\r\nContent-Transfer-Encoding: base64\r\n`,
  );

const invitation =
  'BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART;TZID=Europe/Berlin:20261201T180000\r\nDTEND;TZID=Europe/Berlin:20261201T193000\r\nSUMMARY:Planning the fair\r\nLOCATION:Haus 3\\, Room 12\r\nORGANIZER;CN=Anna Berg:mailto:anna@far.test\r\nATTENDEE;CN=Hanako;PARTSTAT=NEEDS-ACTION:mailto:hanako@example.test\r\nRRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=TU;COUNT=6\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n';

suite('reading', { skip: skipWithout('chromium') }, () => {
  let office: ReadingOffice;
  let open: Opened[] = [];
  before(async () => {
    office = await openReadingOffice();
    await office.put(`${head('First of all')}\r\nHello.\r\n`, ['\\Seen']);
  });
  after(() => office?.close());
  // Of a test that failed.
  afterEach(async () => {
    for (const { context } of open) await context.close();
    open = [];
  });

  /** What every page has to keep to. */
  async function finish(...known: readonly RegExp[]): Promise<void> {
    for (const { context, faults, foreign } of open) {
      assert.deepEqual(foreign, []);
      assert.deepEqual(
        faults.filter((fault) => !known.some((pattern) => pattern.test(fault))),
        [],
      );
      await context.close();
    }
    open = [];
    assert.equal(office.canary(), 0);
  }
  async function begin(look: Parameters<ReadingOffice['open']>[0] = {}): Promise<Page> {
    const opened = await office.open(look);
    open.push(opened);
    return opened.page;
  }
  async function waitUntil(isSo: () => boolean | Promise<boolean>): Promise<void> {
    const end = Date.now() + 30_000;
    while (!(await isSo())) {
      if (Date.now() > end) throw new Error('not so in time');
      await new Promise((done) => setTimeout(done, 50));
    }
  }
  const frameThere = (page: Page): Promise<unknown> => page.waitForSelector('iframe:not(.coming)');
  async function menu(page: Page, label: string): Promise<void> {
    await page
      .locator('.letter.open .tools button:is([aria-label="この手紙のその他の操作"], [aria-label="More about this letter"])')
      .last()
      .click();
    await page.locator('[role=menuitem]:visible', { hasText: label }).click();
  }
  async function call(name: string, args: object): Promise<Record<string, unknown>> {
    const { context } = open.at(-1)!;
    const answer = await context.request.post(`${office.origin}/jmap/api`, {
      headers: { origin: office.origin },
      data: {
        using: ['urn:ietf:params:jmap:core', 'urn:ietf:params:jmap:mail', 'urn:tayori:params:jmap:tayori'],
        methodCalls: [[name, { accountId: 'A1', ...args }, 'c']],
      },
    });
    return ((await answer.json()) as { methodResponses: [string, Record<string, unknown>][] }).methodResponses[0]![1];
  }

  test('hostile letters: no script runs, nobody is asked, pictures wanted or not, light and dark', async () => {
    const all = hostileMarkup.map(([, markup]) => markup);
    await office.put(head('Hostile whole') + html(all.join('\n')));
    await office.put(head('Hostile parts') + mixed(...all.map((markup) => part('text/html; charset=utf-8', markup))));
    for (const scheme of ['light', 'dark'] as const) {
      const page = await begin({ scheme });
      const dialogs: string[] = [];
      page.on('dialog', (dialog) => {
        dialogs.push(dialog.message());
        void dialog.dismiss();
      });
      for (const subject of ['Hostile whole', 'Hostile parts']) {
        await office.read(page, subject);
        await frameThere(page);
        const show = page.locator('.notice button').first();
        if (await show.isVisible()) await show.click();
        await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))');
        const state = await page.evaluate(
          "({ ran: window.ran, inner: [...document.querySelectorAll('iframe')].map(({ contentWindow }) => [contentWindow.ran, contentWindow.location.pathname.slice(0, 8)]) })",
        );
        assert.deepEqual(state, { ran: undefined, inner: [[undefined, '/letter/']] }, `${subject} ${scheme}`);
      }
      assert.deepEqual(dialogs, []);
    }
    // Pictures that cannot be had are said by the browser.
    await finish(/502|404|403/);
  });

  test('pictures from elsewhere: none until the press, then by our server alone; a sender is remembered', async () => {
    const at = `https://web.test:${office.web.port}`;
    const from = `${word('みどり 書店')} <news@shop.far.test>`;
    await office.put(
      head('Pictures one', '', from) + html(`<p>x</p><img src="${at}/picture-one.png"><img src="${at}/pixel" width=1 height=1>`),
    );
    await office.put(head('Pictures two', '', from) + html(`<p>x</p><img src="${at}/picture-two.png">`));
    const page = await begin();
    await office.read(page, 'Pictures one');
    await page.locator('.notice', { hasText: 'よその画像 1 枚' }).waitFor();
    await page.locator('.notice', { hasText: '隠し画像 1 枚を取りのぞきました' }).waitFor();
    assert.equal(office.web.seen.length, 0);
    await page.getByRole('button', { name: 'この手紙で表示' }).click();
    await until(page, "document.querySelector('iframe:not(.coming)')?.contentDocument?.images[0]?.naturalWidth === 1");
    assert.deepEqual(
      office.web.seen.map((line) => line.split(' ')[2]),
      ['/picture-one.png'],
    );
    await office.read(page, 'Pictures two');
    await page.getByRole('button', { name: 'この差出人はいつも表示' }).click();
    await until(page, "document.querySelector('iframe:not(.coming)')?.contentDocument?.images[0]?.naturalWidth === 1");
    // In another window too.
    const again = await begin({ language: 'en' });
    await office.read(again, 'Pictures one');
    await until(again, "document.querySelector('iframe:not(.coming)')?.contentDocument?.images[0]?.naturalWidth === 1");
    const { list } = await call('Settings/get', { ids: null });
    assert.deepEqual((list as { imageSenders: object }[])[0]!.imageSenders, { 'news@shop.far.test': true });
    await finish();
  });

  test('a conversation of thirty letters: read ones folded, the newest open, all by a key, letter by letter', async () => {
    for (let number = 1; number <= 30; number++) {
      const references = number === 1 ? '' : 'References: <c1@far.test>\r\nIn-Reply-To: <c1@far.test>\r\n';
      await office.put(
        `${head(`${number === 1 ? '' : 'Re: '}Thirty`, `Message-ID: <c${number}@far.test>\r\n${references}`)}\r\nLetter ${number}.\r\n\r\nOn Monday A wrote:\r\n> Letter ${number - 1}.\r\n`,
        number < 29 ? ['\\Seen'] : [],
      );
    }
    const page = await begin({ language: 'en' });
    await office.read(page, 'Thirty');
    await page.locator('.letter.open p', { hasText: 'Letter 30.' }).waitFor();
    assert.deepEqual([await page.locator('.letter.open').count(), await page.locator('.letter').count()], [2, 3]);
    assert.equal(await page.locator('.letter.open p', { hasText: 'Letter 29.' }).isVisible(), true);
    // The quotation is folded.
    assert.equal(await page.locator('.letter.open blockquote').last().isVisible(), false);
    // Read is what was in sight for a moment.
    const unread = async (): Promise<number> =>
      ((await call('Email/query', { filter: { subject: 'Thirty', notKeyword: '$seen' } }))['ids'] as string[]).length;
    for (let tries = 0; (await unread()) > 0 && tries < 50; tries++) await page.evaluate('new Promise((done) => setTimeout(done, 100))');
    assert.equal(await unread(), 0);
    await page.keyboard.press(';');
    await until(page, "document.querySelectorAll('.letter.open').length === 30");
    await page.keyboard.press('p');
    await page.keyboard.press('p');
    await until(page, "document.activeElement?.closest('.letter') !== null");
    const here = await page.evaluate("[...document.querySelectorAll('.letter')].indexOf(document.activeElement.closest('.letter'))");
    assert.ok(Number(here) >= 20 && Number(here) < 29, String(here));
    await page.keyboard.press(';');
    await until(page, "document.querySelectorAll('.letter.open').length === 1");
    await shoot(page, 'thirty');
    await finish();
  });

  test('attachments: looked at, played, opened, all saved in one', async () => {
    const wave = Buffer.concat([
      Buffer.from(
        'RIFF\x24\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x40\x1f\x00\x00\x01\x00\x08\x00data\x00\x00\x00\x00',
        'latin1',
      ),
    ]);
    await office.put(
      head('Enclosed') +
        mixed(
          part('text/plain', 'See enclosed.'),
          file('image/png', 'sakura.png', png),
          file('text/plain; charset=shift_jis', 'memo.txt', Buffer.from([0x83, 0x81, 0x83, 0x82])),
          file('application/pdf', 'a.pdf', Buffer.from('%PDF-1.4\n')),
          file('audio/wav', 'voice.wav', wave),
          part(
            'message/rfc822',
            `${head('Inside', '', 'Ben <ben@far.test>')}${html('<p>The <b>inner</b> letter.</p><script>top.ran=1</script>')}`,
          ),
          file('text/html', 'page.html', Buffer.from('<script>top.ran=1</script>')),
        ),
    );
    const page = await begin();
    await office.read(page, 'Enclosed');
    await page.getByRole('button', { name: /^sakura\.png/ }).click();
    await until(page, "document.querySelector('dialog img')?.naturalWidth === 1");
    await page.keyboard.press('ArrowRight');
    await page.locator('dialog pre', { hasText: 'メモ' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: /^voice\.wav/ }).click();
    await page.locator('dialog audio').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: /^手紙/ }).click();
    const inner = page.frameLocator('dialog iframe');
    await inner.locator('h1', { hasText: 'Inside' }).waitFor();
    assert.match(await inner.locator('body').innerText(), /Ben <ben@far\.test>[\s\S]*The inner letter\./);
    assert.equal(await page.evaluate('window.ran'), undefined);
    await page.keyboard.press('Escape');
    const pdf = page.locator('a.file', { hasText: 'a.pdf' });
    assert.equal(await pdf.getAttribute('target'), '_blank');
    const address = await pdf.getAttribute('href');
    const headers = (await page.context().request.get(`${office.origin}${address}`)).headers();
    assert.deepEqual([headers['content-type'], headers['x-content-type-options']], ['application/pdf', 'nosniff']);
    // HTML is only ever saved.
    const hostile = await page.locator('a.file', { hasText: 'page.html' }).getAttribute('href');
    assert.match((await page.context().request.get(`${office.origin}${hostile}`)).headers()['content-disposition']!, /^attachment/);
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'すべて保存' }).click();
    const saved = await (await download).path();
    const listed = execFileSync(
      'python3',
      ['-c', 'import zipfile,sys;z=zipfile.ZipFile(sys.argv[1]);assert z.testzip() is None;print(",".join(z.namelist()))', saved],
      { encoding: 'utf8' },
    );
    assert.equal(listed.trim(), 'sakura.png,memo.txt,a.pdf,voice.wav,letter.eml,page.html');
    await finish();
  });

  test('an invitation from Berlin, read in Tokyo', async () => {
    await office.put(
      head('Invited') + mixed(part('text/plain', 'Please come.'), part('text/calendar; method=REQUEST; charset=utf-8', invitation)),
    );
    const page = await begin();
    await office.read(page, 'Invited');
    const card = page.locator('section', { hasText: 'Planning the fair' }).last();
    await card.waitFor();
    const said = (await card.innerText()).replaceAll(/\s+/g, ' ');
    for (const expected of [
      '2026年12月2日(水) 2:00 〜 3:30',
      'Asia/Tokyo',
      '2 週間ごとの水曜日、全 6 回',
      'Haus 3, Room 12',
      'Anna Berg',
      'Hanako まだ返事をしていません',
    ])
      assert.ok(said.includes(expected), `${expected} in ${said}`);
    // Answered in place: the organiser's office gets what calendars take, and the answer stays marked, in another window too.
    await card.getByRole('button', { name: 'たぶん' }).click();
    await card.getByText('「たぶん参加する」と返事をしました。').waitFor();
    await waitUntil(() => office.peer.letters.some(({ to }) => to.includes('anna@far.test')));
    const { octets } = office.peer.letters.find(({ to }) => to.includes('anna@far.test'))!;
    assert.match(octets, /Content-Type: text\/calendar;(?=[^\r]*method=REPLY)/);
    assert.match(octets, /ATTENDEE;PARTSTAT=(?:3D)?TENTATIVE;CN=(?:3D)?"Hanako":mailto:hanako@example\.test/);
    assert.match(octets, /UID:1\r/);
    const { list } = await call('Email/get', {
      ids: ((await call('Email/query', { filter: { from: 'hanako@example.test', to: 'anna@far.test' } }))['ids'] as string[]).slice(0, 1),
      properties: ['keywords', 'mailboxIds'],
    });
    assert.deepEqual((list as { keywords: object }[])[0]!.keywords, { $seen: true });
    const again = await begin({ language: 'en' });
    await office.read(again, 'Invited');
    await again.locator('.answer button[aria-pressed=true]', { hasText: 'Perhaps' }).waitFor();
    await finish();
  });

  test('a letter that cannot be drawn is said to be one, with its source; everything else goes on', async () => {
    // Two people without an address, as calendars write them: they are two.
    const nobody = 'ATTENDEE;CN=Room 1:invalid:nomail\r\nATTENDEE;CN=Room 2:invalid:nomail\r\n';
    const text = invitation.replace('RRULE', `${nobody}RRULE`).replace('UID:1', 'UID:2');
    await office.put(
      head('Two rooms') + mixed(part('text/plain', 'Please come.'), part('text/calendar; method=REQUEST; charset=utf-8', text)),
    );
    const page = await begin();
    // A fault of our own is not to be had, so one is planted: what words are made of throws.
    await page.addInitScript(
      `const Right = Intl.DateTimeFormat; Intl.DateTimeFormat = function (tags, options) { if (options?.timeZone && sessionStorage.planted) throw new RangeError('planted'); return new Right(tags, options); };`,
    );
    await page.evaluate(`sessionStorage.planted = 'yes'`);
    await page.goto(`${office.origin}/`);
    await page.locator('[role=row]', { hasText: 'Two rooms' }).locator('.words').click();
    const fault = page.locator('article article', { hasText: 'ここは表示できません。' });
    await fault.waitFor();
    await fault.getByRole('button', { name: 'ソースを見る' }).click();
    await page.locator('dialog pre', { hasText: 'BEGIN:VCALENDAR' }).waitFor();
    await page.keyboard.press('Escape');
    assert.deepEqual(await findBarriers(page), []);
    await page.locator('[role=row]', { hasText: 'First of all' }).locator('.words').click();
    await page.locator('.letter.open', { hasText: 'Hello.' }).waitFor();
    await page.locator('[role=row]', { hasText: 'Two rooms' }).locator('.words').click();
    await fault.waitFor();
    await page.evaluate(`delete sessionStorage.planted`);
    await fault.getByRole('button', { name: 'もう一度試す' }).click();
    const card = page.locator('section', { hasText: 'Planning the fair' }).last();
    assert.match(await card.innerText(), /Room 1[\s\S]*Room 2/);
    await finish(/planted/);
  });

  test('a link that shows another place: said where it stands, asked before it is followed, by mouse and by keyboard', async () => {
    const at = `http://127.0.0.1:${office.web.port}`;
    await office.put(
      head('Account locked') +
        html(
          `<p><a id=a href="${at}/stolen">https://www.bank.example/login</a></p><p><a href="https://shop.test/?id=1&utm_source=mail">Books</a></p>`,
        ),
    );
    const page = await begin();
    await office.read(page, 'Account locked');
    await frameThere(page);
    await page.locator('[role=alert]', { hasText: '見た目とはちがう場所につながるリンクが 1 件' }).waitFor();
    await page.getByText('リンク 1 件から、あなたを追うしるしを外しました').waitFor();
    const frame = page.frameLocator('iframe');
    assert.match(await frame.locator('body').innerText(), /login（行き先は 127\.0\.0\.1）/);
    assert.equal(await frame.getByText('Books').getAttribute('href'), 'https://shop.test/?id=1');
    // Where a link leads is to be seen before it is pressed.
    await frame.getByText('Books').hover();
    await page.locator('.target', { hasText: 'https://shop.test/?id=1' }).waitFor();
    const link = frame.getByText('https://www.bank.example/login');
    for (const press of [() => link.click(), () => link.press('Enter'), () => link.click({ button: 'middle' })]) {
      await press();
      const dialog = page.locator('dialog[open]');
      await dialog.locator('.host', { hasText: '127.0.0.1' }).waitFor();
      assert.match(await dialog.innerText(), /https:\/\/www\.bank\.example\/login/);
      await dialog.getByRole('button', { name: 'やめる' }).click();
      await dialog.waitFor({ state: 'detached' });
    }
    assert.deepEqual([open.at(-1)!.context.pages().length, office.web.seen.some((line) => line.includes('/stolen'))], [1, false]);
    await finish();
  });

  test('a conversation of three hundred letters: two texts are brought, the others when they are opened', async () => {
    for (let number = 1; number <= 300; number++)
      await office.put(
        `${head(number === 1 ? 'Three hundred' : 'Re: Three hundred', `Message-ID: <h${number}@far.test>\r\n${number === 1 ? '' : 'References: <h1@far.test>\r\nIn-Reply-To: <h1@far.test>\r\n'}`)}\r\nText of letter ${number}.\r\n`,
        number < 299 ? ['\\Seen'] : [],
      );
    const opened = await office.open();
    open.push(opened);
    const { page } = opened;
    await office.read(page, 'Three hundred');
    await page.locator('.letter.open', { hasText: 'Text of letter 300.' }).waitFor();
    assert.equal(await page.locator('.letter.open').count(), 2);
    await page.locator('.earlier', { hasText: '297' }).click();
    await until(page, "document.querySelectorAll('.letter').length === 300");
    assert.equal(await page.locator('.letter .text').count(), 2);
    await page.locator('.letter').nth(149).locator('button.fold').click();
    await page.locator('.letter.open', { hasText: 'Text of letter 150.' }).waitFor();
    await finish();
  });

  test('a list is left with one press, by the server, without a cookie; without the post by a letter', async () => {
    const { port } = office.web;
    const post = 'List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n';
    await office.put(
      `${head('Listed', `List-Id: Midori News <news.far.test>\r\nList-Unsubscribe: <https://web.test:${port}/leave?x=1>, <mailto:leave@far.test>\r\n${post}`)}\r\nNews.\r\n`,
    );
    await office.put(
      `${head('By letter', `List-Unsubscribe: <mailto:leave@far.test?subject=out>, <https://web.test:${port}/leave?x=2>\r\n`)}\r\nNews.\r\n`,
    );
    const page = await begin();
    await office.read(page, 'Listed');
    await page.locator('.notice', { hasText: 'Midori News' }).getByRole('button', { name: '配信をやめる' }).click();
    assert.equal(office.bodies.filter((line) => line.includes('/leave')).length, 0);
    await page.locator('dialog').getByRole('button', { name: '配信をやめる' }).click();
    await page.getByText('が受け付けました').first().waitFor();
    assert.deepEqual(
      office.bodies.filter((line) => line.includes('/leave')),
      ['POST /leave?x=1 application/x-www-form-urlencoded List-Unsubscribe=One-Click'],
    );
    // By the method too nothing goes out that the letter does not name so.
    const { ids } = await call('Email/query', { filter: { subject: 'By letter' } });
    assert.equal((await call('Letter/unsubscribe', { emailId: (ids as string[])[0] }))['type'], 'forbidden');
    assert.equal((await call('Letter/unsubscribe', { emailId: 'M99999' }))['type'], 'invalidArguments');
    assert.equal(office.bodies.filter((line) => line.includes('/leave')).length, 1);
    await finish();
  });

  test('who only seems to be somebody one knows', async () => {
    const page = await begin();
    await call('Contact/set', {
      create: { c: { name: '鈴木 一郎', addresses: [{ email: 'ichiro@suzuki.example', label: '' }], note: '' } },
    });
    await office.put(
      `${head('Alike', '', 'ichiro@suzukі.example').replace('suzukі', new URL('http://suzukі.example').hostname.split('.')[0]!)}\r\nHello.\r\n`,
    );
    await office.put(`${head('Borrowed', 'Reply-To: other@evil.example\r\n', `${word('鈴木 一郎')} <x@free.example>`)}\r\nHello.\r\n`);
    await office.put(`${head('In the name', '', '"info@mybank.example" <x@free.example>')}\r\nHello.\r\n`);
    for (const [subject, ...sentences] of [
      ['Alike', '種類のちがう文字', 'ichiro@suzuki.example によく似た'],
      ['Borrowed', '鈴木 一郎 さんは ichiro@suzuki.example としてご存じ', 'other@evil.example に届きます'],
      ['In the name', '名前には info@mybank.example とありますが、手紙は x@free.example からです'],
    ] as const) {
      await office.read(page, subject);
      for (const sentence of sentences) await page.locator('.notice.warn', { hasText: sentence }).waitFor();
    }
    await office.read(page, 'First of all');
    assert.equal(await page.locator('.notice.warn').count(), 0);
    await finish();
  });

  test('what was seen of its way, and that no signature was checked', async () => {
    await office.bring(
      `${head('Brought', 'Message-ID: <brought@far.test>\r\nAuthentication-Results: mx.example.test; dkim=pass\r\n')}\r\nHello.\r\n`,
      'bounce@other.test',
    );
    const page = await begin();
    await office.read(page, 'Brought');
    await page.locator('.seal', { hasText: 'mx.far.test から、封をせずに届きました' }).waitFor();
    await page.locator('.seal button').first().click();
    const said = await page.locator('.seal').innerText();
    assert.match(said, /other\.test で、上のアドレスとはちがいます/);
    assert.match(said, /署名（SPF・DKIM）は確かめていません/);
    assert.doesNotMatch(said, /確か。/);
    await finish();
  });

  test('source, details, another form, paper', async () => {
    await office.put(
      `${head('All forms', 'Message-ID: <forms@far.test>\r\nX-Odd: <b>&amp;</b>\r\n')}Content-Type: multipart/alternative; boundary=b\r\n\r\n${part('text/plain', 'Plain words.')}${part('text/html', '<p><b>Rich</b> words.</p><div class=gmail_quote>On Monday A wrote:<blockquote>Old words</blockquote></div>')}--b--\r\n`,
    );
    const page = await begin({ language: 'en' });
    await office.read(page, 'All forms');
    await frameThere(page);
    await menu(page, 'As plain text');
    await page.locator('.letter.open', { hasText: 'Plain words.' }).waitFor();
    await menu(page, 'Source');
    const source = page.locator('dialog pre');
    await source.waitFor();
    assert.match(await source.innerText(), /X-Odd: <b>&amp;<\/b>[^]*Plain words\./);
    await page.keyboard.press('Escape');
    await menu(page, 'Details');
    await page.locator('dd', { hasText: 'forms@far.test' }).waitFor();
    // The browser's dialogue would wait for somebody: what it is asked to print is looked at instead.
    await page.evaluate(
      "Object.defineProperty(HTMLIFrameElement.prototype, 'contentWindow', { get() { window.printed = (window.printed ?? 0); return { addEventListener() {}, focus() {}, print() { window.printed++; } }; } })",
    );
    await menu(page, 'Print');
    await until(page, 'window.printed === 1');
    const address = await page.locator('iframe[data-print]').getAttribute('src');
    const paper = await page.context().newPage();
    const answer = await paper.goto(`${office.origin}${address}`);
    assert.match(answer!.headers()['content-security-policy']!, /default-src 'none'.*sandbox allow-same-origin[^;]* allow-modals$/);
    const text = await paper.innerText('body');
    for (const expected of ['All forms', 'Anna Berg <anna@far.test>', '27 November 2026', '09:00', 'Rich words.', 'Old words'])
      assert.ok(text.includes(expected), `${expected} in ${text}`);
    await finish();
  });

  test('the journey of a letter between two people here, and of one to another office that first cannot take it', async () => {
    office.peer.script = { rcpt: '450 4.2.0 the box is being emptied' };
    const transport = createTransport({
      host: 'localhost',
      port: office.tayori.ports.submissions,
      secure: true,
      auth: { user: 'hanako@example.test', pass: password },
      tls: { rejectUnauthorized: false },
    });
    await transport.sendMail({
      from: 'hanako@example.test',
      to: ['taro@example.test', 'far@far.test'],
      subject: 'On its way',
      text: 'Hello',
      messageId: '<way@example.test>',
    });
    transport.close();
    const page = await begin();
    await page.goto(`${office.origin}/journey`);
    await page.locator('main a', { hasText: 'far@far.test' }).click();
    await page.locator('.waits', { hasText: '450 4.2.0 the box is being emptied' }).first().waitFor();
    const there = await page.locator('section', { hasText: 'far@far.test あて' }).innerText();
    assert.match(there, /次に試すのは/);
    assert.match(there, /1 回試しました/);
    await page.locator('section', { hasText: 'taro@example.test あて 到着' }).waitFor();
    await shoot(page, 'journey-waits');
    // A stop opens its proof: in words and as it was written down.
    await page.locator('li.done button').first().click();
    await page.locator('.proof:visible', { hasText: 'TLSv1.3' }).waitFor();
    assert.equal(await page.locator('li.done .seal:not(.open)').first().isVisible(), true);
    // Of a letter that was brought: nothing is invented before our door.
    const { ids } = await call('Email/query', { filter: { subject: 'Brought' } });
    await page.goto(`${office.origin}/journey/A1/${(ids as string[])[0]}`);
    await page.locator('li.unknown', { hasText: 'それより前' }).waitFor();
    await page.locator('li.done', { hasText: 'mx.far.test' }).waitFor();
    // What comes back is a letter of this office's own, and leads to the road of the one that it is about.
    office.peer.script = {
      rcpt: (address) => (address.includes('nobody') ? '550 5.1.1 nobody of that name' : '450 4.2.0 the box is being emptied'),
    };
    const again = createTransport({
      host: 'localhost',
      port: office.tayori.ports.submissions,
      secure: true,
      auth: { user: 'hanako@example.test', pass: password },
      tls: { rejectUnauthorized: false },
    });
    await again.sendMail({ from: 'hanako@example.test', to: 'nobody@far.test', subject: 'In vain', text: 'Hello' });
    again.close();
    let report = '';
    await waitUntil(async () => {
      const found = (await call('Email/query', { filter: { from: 'postmaster@example.test', body: 'nobody@far.test' } }))[
        'ids'
      ] as string[];
      report = found[0] ?? '';
      return report !== '';
    });
    await page.goto(`${office.origin}/journey/A1/${report}`);
    await page.locator('li.done button').first().click();
    await page.locator('.proof:visible', { hasText: '別の手紙がどうなったか' }).waitFor();
    await page.locator('.proof:visible a', { hasText: 'もとの手紙の道のり' }).click();
    await page.locator('li.failed').first().waitFor();
    await page.goto(`${office.origin}/journey/A1/M99999`);
    await page.getByText('この手紙はここにありません').waitFor();
    await finish();
  });

  test('a name and where it leads; a term where it stands, and the word list', async () => {
    const page = await begin();
    await page.goto(`${office.origin}/domain`);
    await page.getByLabel('ドメイン・メールアドレス・IP アドレス').fill('someone@far.test');
    await page.keyboard.press('Enter');
    await page.locator('.tree', { hasText: 'たがいに指しあっています' }).waitFor();
    await page.getByRole('button', { name: 'すべてコピー' }).click();
    await until(
      page,
      "navigator.clipboard.readText().then((text) => text.includes('far.test  MX  10 mx.far.test') && text.includes('127.0.0.1  PTR  mx.far.test'))",
    );
    await page.locator('.tree button', { hasText: '手紙を受け取る局' }).click();
    await page.locator('[popover]:popover-open a').click();
    await page.locator('.word.wanted', { hasText: 'MX' }).waitFor();
    await page.getByLabel('ことばをさがす').fill('封');
    assert.ok((await page.locator('.word').count()) < 20);
    await finish();
  });

  test('without a network: the app opens, letters that were never opened are read, and back', async () => {
    await office.put(
      head('Kept rich') +
        `Content-Type: multipart/related; boundary=b\r\n\r\n${part('text/html', '<p id=k>Kept words.</p><img src="cid:p@x">')}${part('image/png', png.toString('base64'), 'Content-ID: <p@x>\r\nContent-Transfer-Encoding: base64\r\n')}--b--\r\n`,
    );
    await office.put(`${head('Kept plain')}\r\nKept plain words.\r\n`);
    const page = await begin();
    const count =
      "caches.open('letters').then((cache) => cache.keys()).then((keys) => keys.filter(({ url }) => url.includes('/part/')).length)";
    await until(page, `${count}.then((parts) => parts > 0)`, 60_000);
    await until(page, "navigator.serviceWorker.ready.then(({ active }) => active?.state === 'activated')");
    await page.reload();
    await page.waitForSelector('[role=row] .who');
    await page.context().setOffline(true);
    await page.reload();
    await office.read(page, 'Kept rich');
    await frameThere(page);
    const shown = (await page.evaluate(
      "(() => { const inside = document.querySelector('iframe').contentDocument; return [inside.body.innerText.trim(), inside.images[0].naturalWidth]; })()",
    )) as [string, number];
    assert.deepEqual(shown, ['Kept words.', 1]);
    // In another look it is the same letter; a letter within it is another one, and was never kept.
    const asked = (search: string): Promise<unknown> =>
      page.evaluate(`fetch(document.querySelector('iframe').src.split('?')[0] + '?${search}').then(() => 'there', () => 'not there')`);
    assert.deepEqual([await asked('images=1&theme=dark&lang=en'), await asked('in=2&theme=light&lang=ja')], ['there', 'not there']);
    await menu(page, '印刷');
    await page.locator('.toast', { hasText: 'ネットがないと手に入りません。' }).waitFor();
    assert.equal(await page.locator('iframe[data-print]').count(), 0);
    await office.read(page, 'Kept plain');
    await page.locator('.letter.open', { hasText: 'Kept plain words.' }).waitFor();
    await shoot(page, 'offline');
    await page.context().setOffline(false);
    await office.put(`${head('After')}\r\nAfter.\r\n`);
    await page.locator('[role=row]', { hasText: 'After' }).waitFor({ timeout: 60_000 });
    await finish(/ERR_INTERNET_DISCONNECTED|WebSocket|Failed to (?:load|fetch)/);
  });

  test('a notice of a new letter, told by a push, opens it', async () => {
    const page = await begin({ language: 'en' });
    await until(page, "navigator.serviceWorker.ready.then(({ active }) => active?.state === 'activated')");
    await office.put(`${head('Pushed')}\r\nPushed words.\r\n`);
    // Nobody is looking at the app.
    await page.goto('about:blank');
    const other = await page.context().newPage();
    await other.goto(`${office.origin}/icon.svg`);
    const session = await page.context().newCDPSession(other);
    const registrations = new Promise<string>((resolve) => {
      session.on('ServiceWorker.workerRegistrationUpdated', ({ registrations: list }) => {
        const found = list.find(({ scopeURL }) => scopeURL.startsWith(office.origin));
        if (found) resolve(found.registrationId);
      });
    });
    await session.send('ServiceWorker.enable');
    const registrationId = await registrations;
    await other.goto('about:blank');
    const [worker] = page.context().serviceWorkers();
    // Asked in the service worker: a page that is looked at would keep the notice away, and one that was left is gone a moment later.
    const lookedAt = (): Promise<number> =>
      worker!.evaluate(
        "self.clients.matchAll({ type: 'window' }).then((list) => list.filter(({ visibilityState }) => visibilityState === 'visible').length)",
      );
    const end = performance.now() + 60_000;
    while ((await lookedAt()) > 0 && performance.now() < end);
    await session.send('ServiceWorker.deliverPushMessage', {
      origin: office.origin,
      registrationId,
      data: JSON.stringify({ '@type': 'StateChange', changed: { A1: { EmailDelivery: 'x' } } }),
    });
    const noticed = (): Promise<[string, string, string][]> =>
      worker!.evaluate(
        'self.registration.getNotifications().then((list) => list.map(({ title, body, data }) => [title, body, data.address]))',
      );
    while ((await noticed()).length === 0 && performance.now() < end);
    const [[title, body, url]] = (await noticed()) as [[string, string, string]];
    assert.deepEqual([title, body], ['Anna Berg', 'Pushed']);
    await page.goto(`${office.origin}${url}`);
    await page.locator('#thread-subject', { hasText: 'Pushed' }).waitFor();
    await finish();
  });

  for (const look of looks) {
    const name = `${look.width}-${look.language}-${look.scheme}`;
    test(`every page of reading at ${name}: nothing sticks out, axe finds no barrier`, async () => {
      const page = await begin(look);
      const barriers: string[] = [];
      const check = async (what: string): Promise<void> => {
        await shoot(page, `${name}-${what}`);
        barriers.push(...(await findBarriers(page)).map((barrier) => `${what}: ${barrier}`));
        if (await isTooWide(page)) barriers.push(`${what}: too wide`);
      };
      for (const subject of ['Pictures two', 'Enclosed', 'Invited', 'Borrowed', 'Listed', 'Thirty']) {
        await office.read(page, subject);
        if (subject.startsWith('Pictures')) await frameThere(page);
        await check(subject.replace(' ', '-'));
      }
      await office.read(page, 'Brought');
      await page.locator('.seal button').first().click();
      await check('seal');
      await page.locator('button.who').first().click();
      await check('card');
      await page.keyboard.press('Escape');
      const { ids } = await call('Email/query', { filter: { subject: 'Brought' } });
      await page.goto(`${office.origin}/journey/A1/${(ids as string[])[0]}`);
      await page.locator('li.done button').first().click();
      await check('journey');
      await page.goto(`${office.origin}/journey`);
      await page.locator('main a').first().waitFor();
      await check('under-way');
      await page.goto(`${office.origin}/words?of=tls`);
      await page.waitForSelector('.word.wanted');
      await check('words');
      assert.deepEqual(barriers, []);
      await finish();
    });
  }

  test('by keyboard alone: from the list into a letter, its sender, its menu, its journey, and back', async () => {
    const page = await begin({ language: 'en' });
    await page.keyboard.press('j');
    await page.keyboard.press('o');
    await page.waitForSelector('.letter.open');
    for (let tries = 0; tries < 40; tries++) {
      await page.keyboard.press('Tab');
      if (await page.evaluate("document.activeElement?.classList.contains('who')")) break;
    }
    await page.keyboard.press('Enter');
    await page.waitForSelector('[popover][role=dialog]:popover-open');
    await page.keyboard.press('Escape');
    for (let tries = 0; tries < 10; tries++) {
      await page.keyboard.press('Tab');
      if (await page.evaluate("document.activeElement?.getAttribute('aria-label') === 'More about this letter'")) break;
    }
    await page.keyboard.press('Enter');
    await page.waitForSelector('[role=menu]:popover-open');
    for (let tries = 0; tries < 10; tries++) {
      if (await page.evaluate("document.activeElement?.textContent?.includes('Its journey')")) break;
      await page.keyboard.press('ArrowDown');
    }
    await page.keyboard.press('Enter');
    await page.locator('h1', { hasText: 'The journey of a letter' }).waitFor();
    assert.match(page.url(), /\/journey\/A1\/M\d+$/);
    await finish();
  });
});
