// The mail app as a person feels it: the running program with a full mailbox, the production build, headless Chromium. What a start loads, the first
// list cold and warm, opening a letter, scrolling, live delivery, JMAP over HTTP, memory. The wishes stand in issue "The mail app" under Speed.
//   node bench/app.ts [letters] [directory]     a directory that is named is kept, and used again as it is
// Beside the clock the processor time is told: on a machine that does other things too, only that says something.
import { globSync, existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { createTransport } from 'nodemailer';
import type { Browser, CDPSession, Page } from 'playwright-core';
import { silentLog } from '../src/base/log.ts';
import { silentMeter } from '../src/base/meter.ts';
import { openOffice } from '../src/setup/office.ts';
import { readSettings } from '../src/setup/settings.ts';
import { ensureApp, onDesk, signedInPage, until, type AppPage, type Person } from '../test/app/app-page.ts';
import { openBrowser } from '../test/pages/browser.ts';
import { start, type Started } from '../test/support/program.ts';
import { addLetters, spread } from './support/letters.ts';
import { longestTasks } from './support/trace.ts';

const words = process.argv.slice(2);
const count = Number(words.find((word) => /^\d+$/.test(word)) ?? 100_000);
const named = words.find((word) => !/^\d+$/.test(word));
const folder = named ?? (await mkdtemp(join(tmpdir(), 'tayori-bench-app-')));
const data = join(folder, 'data');
const dist = new URL('../web/dist/', import.meta.url).pathname;

function tell(what: string, figures: string, wish = ''): void {
  console.log(`${what.padEnd(58)} ${figures}${wish === '' ? '' : `   (wanted: ${wish})`}`);
}

/** Index page, what it names, and the worker: all that comes before anything is opened. */
function tellSize(): void {
  const page = readFileSync(join(dist, 'index.html'), 'utf8');
  const start = [...new Set([...page.matchAll(/(?:src|href)="\/(assets\/[^"]+)"/g)].map(([, file = '']) => file))];
  const files = new Set(['index.html', ...start, ...globSync('assets/worker-*.js', { cwd: dist })]);
  const octets = [...files].reduce((sum, file) => sum + gzipSync(readFileSync(join(dist, file))).length, 0);
  const all = globSync('assets/*.{js,css}', { cwd: dist }).reduce((sum, file) => sum + gzipSync(readFileSync(join(dist, file))).length, 0);
  tell('start, packed', `${(octets / 1000).toFixed(1)} kB in ${files.size} files; everything ${(all / 1000).toFixed(1)} kB`, '≤ 120 kB');
}

async function fill(server: Started): Promise<void> {
  const { address } = server.listening.people[0]!;
  await server.stop();
  const began = performance.now();
  const { settings } = readSettings(null, {}, { data });
  const office = await openOffice(settings, silentLog, silentMeter);
  try {
    const account = office.directory.accountByAddress(address)!.id;
    await addLetters(office.store, account, 0, count);
    while (await office.store.upkeep());
  } finally {
    await office.close();
  }
  console.log(`${count} letters in ${((performance.now() - began) / 1000).toFixed(0)} s`);
}

/** Processor seconds of a process and where it is known: user and system (proc(5), fields 14 and 15). */
function processorMs(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) * 10;
  } catch {
    return 0;
  }
}

function residentMegabytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
}

// --- the page ---------------------------------------------------------------------------------------------------------

/** Runs before the page's own scripts, past its policy: notes when the first row was painted. */
const noteFirstRow = `
  globalThis.painted = (selector) => new Promise((resolve) => {
    const look = () => {
      if (document.querySelector(selector) === null) return false;
      requestAnimationFrame(() => { const { port1, port2 } = new MessageChannel(); port1.onmessage = () => resolve(performance.now()); port2.postMessage(0); });
      return true;
    };
    const observer = new MutationObserver(() => { if (look()) observer.disconnect(); });
    if (!look()) observer.observe(document, { childList: true, subtree: true, attributes: true });
  });
  globalThis.firstRow = painted('[role=row]:not(.waiting) .who');
`;

async function rendererOf(browser: Browser, known: ReadonlySet<number>): Promise<number> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  return processInfo.filter(({ type, id }) => type === 'renderer' && !known.has(id)).at(-1)?.id ?? 0;
}

async function renderers(browser: Browser): Promise<Set<number>> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  return new Set(processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => id));
}

const server = await (async () => {
  await mkdir(folder, { recursive: true });
  ensureApp();
  tellSize();
  const isFilled = existsSync(join(data, 'demo.json'));
  if (!isFilled) await fill(await start(data));
  return start(data);
})();
const origin = `http://localhost:${server.portOf('http')}`;
const person: Person = server.listening.people[0]!;
let browser: Browser | null = null;

try {
  browser = await openBrowser();
  const opened = await measureStart(browser);
  const { page } = opened;
  await measureOpening(page);
  await measureScrolling(page);
  await measureDelivery(page);
  await measureTyping(page);
  await tellMemory(opened);
  await measureJmap(page);
  if (opened.faults.length > 0) {
    console.log(`the page complained: ${opened.faults.join('; ')}`);
    process.exitCode = 1;
  }
} finally {
  await browser?.close();
  const { code, err } = await server.stop();
  if (code !== 0 || err.includes('"level":"error"')) {
    console.error(err);
    process.exitCode = 1;
  }
  if (named === undefined) await rm(folder, { recursive: true, force: true });
}

async function measureStart(browser: Browser): Promise<AppPage & { readonly pid: number }> {
  const cold: number[] = [];
  const coldServer: number[] = [];
  const coldPage: number[] = [];
  let last: (AppPage & { readonly pid: number }) | null = null;
  for (let round = 0; round < 5; round++) {
    await last?.close();
    const known = await renderers(browser);
    const opened = await signedInPage(browser, origin, person, onDesk);
    await opened.page.addInitScript(noteFirstRow);
    const used = processorMs(server.child.pid!);
    await opened.page.goto(origin, { waitUntil: 'commit' });
    cold.push(Number(await opened.page.evaluate('firstRow')));
    coldServer.push(processorMs(server.child.pid!) - used);
    const pid = await rendererOf(browser, known);
    coldPage.push(processorMs(pid));
    last = { ...opened, pid };
  }
  tell('first list, cold (new profile, signed in)', spread(cold), '≤ 1000 ms');
  tell('  of the server / of the page, processor', `${spread(coldServer)} / ${spread(coldPage)}`);
  const { page, pid } = last!;
  await page.evaluate('navigator.serviceWorker.ready.then(() => null)');
  const warm: number[] = [];
  const warmPage: number[] = [];
  for (let round = 0; round < 7; round++) {
    const used = processorMs(pid);
    await page.reload({ waitUntil: 'commit' });
    warm.push(Number(await page.evaluate('firstRow')));
    warmPage.push(processorMs(pid) - used);
  }
  tell('first list, warm (again in the same profile)', spread(warm), '≤ 300 ms');
  tell('  of the page, processor', spread(warmPage));
  return last!;
}

/** From the press to the frame with the letter's words in it. */
async function openLetter(page: Page, index: number): Promise<number> {
  const at = (await page.locator(`[aria-rowindex="${index}"]`).boundingBox())!;
  await page.evaluate(`void (globalThis.opened = new Promise((resolve, reject) => {
    let pressed = 0;
    for (const letter of document.querySelectorAll('.letter')) letter.dataset.former = '';
    setTimeout(() => reject(new Error('row ${index} did not open')), 20000);
    addEventListener('pointerdown', (event) => { pressed = event.timeStamp; }, { capture: true, once: true });
    const look = () => {
      if (pressed === 0 || !document.querySelector('.letter.open:not([data-former]) .text')) return;
      observer.disconnect();
      requestAnimationFrame(() => { const { port1, port2 } = new MessageChannel(); port1.onmessage = () => resolve(performance.now() - pressed); port2.postMessage(0); });
    };
    const observer = new MutationObserver(look);
    observer.observe(document, { childList: true, subtree: true, attributes: true, characterData: true });
  }))`);
  await page.mouse.click(at.x + at.width / 2, at.y + at.height / 2);
  return Number(await page.evaluate('opened'));
}

async function measureOpening(page: Page): Promise<void> {
  const fresh: number[] = [];
  const again: number[] = [];
  for (let index = 2; index <= 9; index++) fresh.push(await openLetter(page, index));
  for (let round = 0; round < 3; round++) for (let index = 2; index <= 9; index++) again.push(await openLetter(page, index));
  tell('opening a letter for the first time (from the server)', spread(fresh));
  tell('opening a letter, warm', spread(again), '≤ 100 ms');
}

async function measureScrolling(page: Page): Promise<void> {
  const rows = Number(await page.getAttribute('[role=grid]', 'aria-rowcount'));
  const box = (await page.locator('.scroller').boundingBox())!;
  const ways: readonly (readonly [string, (session: CDPSession) => Promise<unknown>])[] = [
    [
      `jumping through ${rows} rows`,
      () =>
        page.evaluate(`new Promise((resolve) => {
          const scroller = document.querySelector('.scroller');
          let jumps = 0;
          const jump = () => { if (jumps === 60) { resolve(); return; } jumps += 1; scroller.scrollTop = (scroller.scrollHeight * (jumps * 37 % 60)) / 60; let wait = 6; const rest = () => (--wait > 0 ? requestAnimationFrame(rest) : jump()); requestAnimationFrame(rest); };
          jump();
        })`),
    ],
    [
      'the wheel, 200 turns of 400 pixels',
      async () => {
        await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
        for (let turn = 0; turn < 200; turn++) await page.mouse.wheel(0, 400);
      },
    ],
    [
      'the bar drawn from top to bottom',
      () =>
        page.evaluate(`new Promise((resolve) => {
          const scroller = document.querySelector('.scroller');
          let frame = 0;
          const draw = () => { if (frame === 240) { resolve(); return; } frame += 1; scroller.scrollTop = ((scroller.scrollHeight - scroller.clientHeight) * frame) / 240; requestAnimationFrame(draw); };
          draw();
        })`),
    ],
  ];
  for (const [name, move] of ways) {
    await page.evaluate(`{ document.querySelector('.scroller').scrollTop = 0; globalThis.frames = []; globalThis.isNoting = true; let last = performance.now();
      const note = (now) => { frames.push(now - last); last = now; if (isNoting) requestAnimationFrame(note); }; requestAnimationFrame((now) => { last = now; requestAnimationFrame(note); }); }`);
    const { tasks, ended } = await longestTasks(page, move);
    const frames = JSON.parse(String(await page.evaluate('isNoting = false, JSON.stringify(frames)'))) as number[];
    const over = frames.filter((ms) => ms > 50).length;
    tell(
      `scrolling: ${name}`,
      `longest frame ${Math.max(...frames).toFixed(0)} ms, ${over} of ${frames.length} above 50 ms; longest task ${(tasks[0] ?? 0).toFixed(1)} ms of processor, p95 ${(tasks[Math.floor(tasks.length * 0.05)] ?? 0).toFixed(1)}, ${ended} tasks`,
      'none above 50 ms',
    );
  }
  await until(page, `document.querySelectorAll('[role=row] .who').length > 5`);
  await page.evaluate(`document.querySelector('.scroller').scrollTop = 0`);
  await page.waitForSelector('[aria-rowindex="1"] .who');
}

/** From the server's 250 to the row on screen. */
async function measureDelivery(page: Page): Promise<void> {
  const transport = createTransport({ host: '127.0.0.1', port: server.portOf('smtp'), secure: false, ignoreTLS: true, pool: true });
  const times: number[] = [];
  for (let round = 0; round < 15; round++) {
    const subject = `arrives ${Date.now()} ${round}`;
    await page.evaluate(`void (globalThis.seen = new Promise((resolve, reject) => {
      setTimeout(() => reject(new Error('it did not come')), 20000);
      const look = () => {
        if (![...document.querySelectorAll('[role=row] .subject')].some((one) => one.textContent === ${JSON.stringify(subject)})) return;
        observer.disconnect();
        requestAnimationFrame(() => { const { port1, port2 } = new MessageChannel(); port1.onmessage = () => resolve(performance.timeOrigin + performance.now()); port2.postMessage(0); });
      };
      const observer = new MutationObserver(look);
      observer.observe(document, { childList: true, subtree: true, characterData: true });
    }))`);
    await transport.sendMail({ from: 'somebody@example.org', to: person.login, subject, text: 'just now' });
    const taken = performance.timeOrigin + performance.now();
    times.push(Number(await page.evaluate('seen')) - taken);
  }
  transport.close();
  tell('live: from the 250 of SMTP to the row on screen', spread(times), '≤ 500 ms');
}

/** In the composer, when the app has one: from the key to the frame with its character. */
async function measureTyping(page: Page): Promise<void> {
  await page.goto(`${origin}/write`);
  const field = page.locator('[contenteditable=true]').first();
  if (
    !(await field.waitFor({ timeout: 5000 }).then(
      () => true,
      () => false,
    ))
  ) {
    tell('typing in the composer', 'there is no composer yet', '≤ 16 ms');
    await page.goto(origin);
    return;
  }
  await field.click();
  await page.evaluate(`{ globalThis.typed = []; addEventListener('keydown', (event) => { const at = event.timeStamp;
    requestAnimationFrame(() => { const { port1, port2 } = new MessageChannel(); port1.onmessage = () => typed.push(performance.now() - at); port2.postMessage(0); }); }, { capture: true }); }`);
  const { tasks } = await longestTasks(page, () =>
    page.keyboard.type('The quick brown fox jumps over the lazy dog. '.repeat(6), { delay: 20 }),
  );
  const times = JSON.parse(String(await page.evaluate('JSON.stringify(typed)'))) as number[];
  tell('typing in the composer: key to frame', `${spread(times)}; longest task ${(tasks[0] ?? 0).toFixed(1)} ms of processor`, '≤ 16 ms');
  await page.goto(origin);
}

async function tellMemory({ page, pid }: { readonly page: Page; readonly pid: number }): Promise<void> {
  await page.waitForSelector('[role=row] .who');
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  await session.detach();
  tell(
    'memory',
    `page ${(usedSize / 1e6).toFixed(1)} MB of objects, its process ${residentMegabytes(pid).toFixed(0)} MB, server ${residentMegabytes(server.child.pid!).toFixed(0)} MB`,
  );
}

async function measureJmap(page: Page): Promise<void> {
  const cookie = (await page.context().cookies(origin)).map(({ name, value }) => `${name}=${value}`).join('; ');
  const headers = { cookie, origin, 'content-type': 'application/json' };
  const using = ['urn:ietf:params:jmap:core', 'urn:ietf:params:jmap:mail'];
  const ask = async (methodCalls: unknown): Promise<any> =>
    (await fetch(`${origin}/jmap/api`, { method: 'POST', headers, body: JSON.stringify({ using, methodCalls }) })).json();
  const session = (await (await fetch(`${origin}/jmap/session`, { headers })).json()) as {
    readonly primaryAccounts: Record<string, string>;
  };
  const accountId = session.primaryAccounts[using[1]!];
  const boxes = await ask([['Mailbox/get', { accountId, ids: null, properties: ['role', 'totalEmails'] }, '0']]);
  const inbox = (boxes.methodResponses[0][1].list as { id: string; role: string; totalEmails: number }[]).find(
    ({ role }) => role === 'inbox',
  )!;
  const properties = [
    'id',
    'threadId',
    'mailboxIds',
    'keywords',
    'from',
    'to',
    'subject',
    'receivedAt',
    'size',
    'preview',
    'hasAttachment',
  ];
  const times: number[] = [];
  const used = processorMs(server.child.pid!);
  const rounds = 300;
  for (let round = 0; round < rounds; round++) {
    const position = (round * 7919) % Math.max(1, inbox.totalEmails - 50);
    const filter = { inMailbox: inbox.id };
    const began = performance.now();
    await ask([
      [
        'Email/query',
        {
          accountId,
          filter,
          sort: [{ property: 'receivedAt', isAscending: false }],
          collapseThreads: true,
          position,
          limit: 50,
          calculateTotal: true,
        },
        'q',
      ],
      ['Email/get', { accountId, '#ids': { resultOf: 'q', name: 'Email/query', path: '/ids' }, properties }, 'h'],
      ['Thread/get', { accountId, '#ids': { resultOf: 'h', name: 'Email/get', path: '/list/*/threadId' } }, 't'],
    ]);
    times.push(performance.now() - began);
  }
  const cpu = (processorMs(server.child.pid!) - used) / rounds;
  tell(
    `JMAP over HTTP: query + get of 50 + threads, ${inbox.totalEmails} letters`,
    `${spread(times)}, ${cpu.toFixed(1)} ms of processor each`,
    'p95 ≤ 20 ms',
  );
}
