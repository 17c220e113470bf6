import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { silentLog } from '../../base/log.ts';
import { silentMeter } from '../../base/meter.ts';
import { Unavailable } from '../../base/trouble.ts';
import type { AccountId, MailStore, MessageId, TextQuery } from '../../store/contract.ts';
import { openMemoryStore } from '../../store/memory/store.ts';
import { spoolOf } from '../../store/suite/stand-suite.ts';
import { systemChance, systemClock } from '../clock.ts';
import { openEmbeddedStore } from './embedded.ts';
import { openSearchIndex } from './search.ts';

const ADA: AccountId = 1;
const INBOX = 1;

function openIn(dir: string, advance: () => number = () => 0, indexed = true): Promise<MailStore> {
  return openEmbeddedStore({
    threads: false,
    dir,
    shards: 2,
    clock: { ...systemClock, now: () => Date.now() + advance() },
    chance: systemChance,
    log: silentLog,
    meter: silentMeter,
    room: { minFree: 0, minFreeShare: 0, ballast: 0 },
    ...(indexed ? { search: openSearchIndex({ dir, log: silentLog }) } : {}),
  });
}

const openFolder = (): Promise<string> => mkdtemp(join(tmpdir(), 'search-'));
const indexOf = (dir: string): string => join(dir, 'shard-1', 'search.sqlite');

async function inFolder(run: (dir: string) => Promise<void>): Promise<void> {
  const dir = await openFolder();
  try {
    await run(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function add(store: MailStore, ...texts: string[]): Promise<void> {
  const letters = [];
  for (const text of texts) letters.push({ spool: await spoolOf(store, text), flags: [] });
  await store.append(ADA, INBOX, letters, null);
}

async function messagesOf(store: MailStore): Promise<MessageId[]> {
  const state = await store.openMailbox(ADA, INBOX);
  const messages = [...state.messages.subarray(0, state.count)].sort((a, b) => a - b);
  state.release();
  return messages;
}

async function find(store: MailStore, field: TextQuery['field'], text: string, among?: readonly MessageId[]): Promise<MessageId[]> {
  return [...(await store.search(ADA, { field, text }, among ?? (await messagesOf(store))))].sort((a, b) => a - b);
}

function letter(subject: string, body: string, more: readonly string[] = []): string {
  const header = ['From: =?utf-8?B?5bGx55Sw?= <yamada@example.test>', 'To: Ben <ben@far.test>', `Subject: ${subject}`, ...more];
  return [...header, 'MIME-Version: 1.0', 'Content-Type: text/plain; charset=utf-8', 'Content-Transfer-Encoding: 8bit', '', body, ''].join(
    '\r\n',
  );
}

/** Real kinds of letters: encoded words, ISO-2022-JP, base64, HTML, attachments. */
const letters: readonly string[] = [
  letter('Quarterly report', 'The numbers are attached.\r\nBest regards'),
  letter('=?ISO-2022-JP?B?GyRCMnE1RBsoQg==?=', '明日の会議は十時からです。'),
  letter('=?utf-8?Q?Caf=C3=A9_=E2=82=AC5?=', 'ＦＵＬＬ　ＷＩＤＴＨ ﾊﾝｶｸ ガイド', ['Cc: Carol <carol@near.test>']),
  [
    'From: a@b.test',
    'Subject: encoded',
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: base64',
    '',
    Buffer.from('hidden treasure 宝物').toString('base64'),
    '',
  ].join('\r\n'),
  [
    'From: a@b.test',
    'Subject: page',
    'MIME-Version: 1.0',
    'Content-Type: text/html; charset=utf-8',
    '',
    '<p>Hello <b>wor</b>ld &amp; friends</p><script>secretscript</script>',
    '',
  ].join('\r\n'),
  `X-Token: ${'0123456789abcdef'.repeat(12)}\r\nSubject: long word\r\n\r\n${'x'.repeat(500)}needle${'y'.repeat(500)}\r\n`,
  '',
  'no header at all\r\n',
];

const queries: readonly (readonly [TextQuery['field'], string])[] = [
  ['subject', 'report'],
  ['subject', 'ORT'],
  ['subject', '会議'],
  ['subject', 'café €'],
  ['from', '山田'],
  ['from', 'yamada@example'],
  ['from', '@'],
  ['to', 'ben'],
  ['cc', 'carol'],
  ['bcc', 'carol'],
  ['body', '会議'],
  ['body', '会'],
  ['body', '明日の会議'],
  ['body', '議会'],
  ['body', 'full width'],
  ['body', 'ﾊﾝｶｸ'],
  ['body', 'はんかく'],
  ['body', 'ガイ'],
  ['body', 'easur'],
  ['body', 'treasure 宝'],
  ['body', 'world & fr'],
  ['body', 'secretscript'],
  ['body', 'xxxneedleyyy'],
  ['body', `${'x'.repeat(60)}needle${'y'.repeat(60)}`],
  ['body', 'attached. best'],
  ['body', '.'],
  ['text', 'quarterly'],
  ['text', '9abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef'],
  ['text', 'content-type: text/html'],
  ['text', 'no header'],
  ['text', 'nowhere to be found'],
  ['text', 'zzzzzz'],
];

test('the index finds what reading every letter finds', () =>
  inFolder(async (dir) => {
    const [store, oracle] = [await openIn(dir), openMemoryStore({ clock: systemClock, chance: systemChance })];
    for (const one of [store, oracle]) {
      await one.createAccount(ADA, []);
      for (const text of letters) await add(one, text);
    }
    for (const [field, text] of queries)
      assert.deepEqual(await find(store, field, text), await find(oracle, field, text), `${field} ${text}`);
    assert.deepEqual(await find(store, 'from', 'yamada', [2, 3, 4711]), [2, 3]);
    assert.deepEqual(await find(store, 'text', 'a', []), []);
    await store.close();
  }));

test('letters are found at once after they came, however many there are, and also when they came in any order of batches', () =>
  inFolder(async (dir) => {
    const store = await openIn(dir);
    await store.createAccount(ADA, []);
    const expected: MessageId[] = [];
    let count = 0;
    for (const size of [1, 3, 1, 300, 1, 1, 40, 1, 1, 1, 600, 1]) {
      await add(store, ...Array.from({ length: size }, (_, at) => letter(`n${count + at}`, at === 0 ? 'the marked one' : `plain ${at}`)));
      expected.push(count + 1);
      count += size;
      assert.deepEqual(await find(store, 'body', 'marked'), expected);
    }
    assert.deepEqual(await find(store, 'subject', 'n95'), [96, 951]);
    await store.close();
  }));

test('letters that are expunged, moved and gone for good are not found, those left are', () =>
  inFolder(async (dir) => {
    let ahead = 0;
    const store = await openIn(dir, () => ahead);
    await store.createAccount(ADA, []);
    await add(store, ...Array.from({ length: 20 }, (_, at) => letter(`n${at}`, 'common')));
    const all = await messagesOf(store);
    assert.deepEqual(await find(store, 'body', 'common'), all);
    await store.expunge(
      ADA,
      INBOX,
      Array.from({ length: 15 }, (_, at) => at + 1),
      false,
    );
    assert.deepEqual(await find(store, 'body', 'common'), all.slice(15));
    ahead = 31 * 86_400_000;
    await store.upkeep();
    await store.upkeep();
    assert.deepEqual(await find(store, 'body', 'common', all), all.slice(15));
    await add(store, letter('new', 'common'));
    assert.deepEqual(await find(store, 'body', 'common'), [...all.slice(15), 21]);
    await store.close();
  }));

test('after a restart the index goes on; letters that came while it was away are found', () =>
  inFolder(async (dir) => {
    let store = await openIn(dir);
    await store.createAccount(ADA, []);
    await add(store, letter('one', 'common'));
    await store.upkeep();
    assert.ok(existsSync(indexOf(dir)));
    await store.close();
    store = await openIn(dir, () => 0, false);
    await add(store, letter('two', 'common'));
    await store.close();
    store = await openIn(dir);
    assert.deepEqual(await find(store, 'body', 'common'), [1, 2]);
    await store.close();
  }));

const damages: readonly (readonly [string, (path: string) => Promise<void>])[] = [
  ['deleted', (path) => rm(path)],
  ['emptied', (path) => truncate(path, 0)],
  ['no database', (path) => writeFile(path, 'not a database, but long enough to be read as one: '.repeat(200))],
  ['cut in the middle', (path) => truncate(path, 8192)],
];
for (const [name, damage] of damages) {
  test(`an index file that is ${name} is made again`, () =>
    inFolder(async (dir) => {
      let store = await openIn(dir);
      await store.createAccount(ADA, []);
      await add(store, ...Array.from({ length: 100 }, (_, at) => letter(`n${at}`, `common ${'word '.repeat(50)} w${at}`)));
      await store.upkeep();
      await store.close();
      await damage(indexOf(dir));
      store = await openIn(dir);
      assert.equal((await find(store, 'body', 'common')).length, 100);
      assert.deepEqual(await find(store, 'body', 'w42'), [43]);
      await store.close();
    }));
}

test('many small segments are merged, and nothing is lost by it', () =>
  inFolder(async (dir) => {
    const store = await openIn(dir);
    await store.createAccount(ADA, []);
    for (let at = 0; at < 70; at++) {
      await add(store, letter(`n${at}`, `common w${at}`));
      assert.deepEqual(await find(store, 'body', `w${at}`), [at + 1]);
    }
    await store.upkeep();
    assert.equal((await find(store, 'body', 'common')).length, 70);
    assert.deepEqual(await find(store, 'subject', 'n42'), [43]);
    await store.close();
    const db = new DatabaseSync(indexOf(dir));
    const { segments, letters } = db.prepare('select count(*) as segments, sum(count) as letters from segment').get() as Record<
      string,
      number
    >;
    db.close();
    assert.ok(segments! < 16, `${segments} segments`);
    assert.equal(letters, 70);
  }));

test('an account that is removed is found no more, another one stays', () =>
  inFolder(async (dir) => {
    const store = await openIn(dir);
    for (const account of [ADA, 3]) {
      await store.createAccount(account, []);
      await store.append(account, INBOX, [{ spool: await spoolOf(store, letter('x', 'common')), flags: [] }], null);
    }
    assert.deepEqual(await find(store, 'body', 'common'), [1]);
    await store.removeAccount(ADA);
    assert.deepEqual([...(await store.search(3, { field: 'body', text: 'common' }, [1]))], [1]);
    await store.close();
  }));

test('searches at the same time, and a close among them, all end', () =>
  inFolder(async (dir) => {
    const store = await openIn(dir);
    await store.createAccount(ADA, []);
    await add(store, ...Array.from({ length: 200 }, (_, at) => letter(`n${at}`, `common w${at}`)));
    const all = await messagesOf(store);
    const searches = Array.from({ length: 10 }, (_, at) => find(store, 'body', `common w${at + 100}`, all));
    assert.deepEqual(
      await Promise.all(searches),
      Array.from({ length: 10 }, (_, at) => [at + 101]),
    );
    const late = Promise.allSettled(Array.from({ length: 5 }, () => find(store, 'body', 'common', all)));
    await store.close();
    for (const outcome of await late) assert.ok(outcome.status === 'fulfilled' || outcome.reason instanceof Unavailable);
    await assert.rejects(find(store, 'body', 'common', all), Unavailable);
  }));

test('when the thread cannot work, searches are told to come again, and closing ends', () =>
  inFolder(async (dir) => {
    const index = openSearchIndex({ dir: join(dir, 'missing'), log: silentLog });
    await index.open({ shards: 1, shardOf: () => 0, messagesAfter: () => [], accounts: () => [], readLetters: async () => [] });
    for (let round = 0; round < 2; round++) await assert.rejects(index.search(ADA, { field: 'text', text: 'a' }, [1]), Unavailable);
    index.added(ADA, [1]);
    await index.close();
    await index.close();
  }));
