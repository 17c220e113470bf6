// What JMAP asks of an account with many letters, without a socket: the list of a mailbox (Email/query + Email/get of 50 + Thread/get in one request) at
// any position, a text search as it is typed, queryChanges after one new letter. In the embedded store.
//   node bench/jmap.ts [letters] [directory]
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { bytesFromUtf8, type Bytes } from '../src/base/bytes.ts';
import { silentLog } from '../src/base/log.ts';
import { silentMeter } from '../src/base/meter.ts';
import { systemChance as chance, systemClock as clock } from '../src/io/clock.ts';
import { openEmbeddedStore } from '../src/io/store/embedded.ts';
import { openSearchIndex } from '../src/io/store/search.ts';
import { openBlobs } from '../src/protocol/jmap/blobs.ts';
import type { Asker, Json, JsonObject } from '../src/protocol/jmap/contract.ts';
import { coreGroup } from '../src/protocol/jmap/core-methods.ts';
import { openDispatcher } from '../src/protocol/jmap/dispatch.ts';
import { mailCapability, mailGroup } from '../src/protocol/jmap/mail/group.ts';

const words = process.argv.slice(2);
const count = Number(words.find((word) => /^\d+$/.test(word)) ?? 100_000);
const base = words.find((word) => !/^\d+$/.test(word)) ?? new URL('../', import.meta.url).pathname;
const dir = await mkdtemp(join(base, '.bench-jmap-'));
const subjects = [
  '打ち合わせの日程について',
  'Invoice for November',
  'ご注文ありがとうございます',
  'Re: Travel plans',
  '資料の送付',
  'Weekly report',
];
const encoded = subjects.map((subject) => `=?utf-8?B?${Buffer.from(subject).toString('base64')}?=`);
const texts = [
  'お世話になっております。来週の会議の資料をお送りします。ご確認ください。',
  'Please find the numbers of this week below, and tell me what you think of them.',
  '商品を発送しました。到着まで今しばらくお待ちください。',
  'Shall we take the morning train to Kamakura and walk along the sea?',
];

function letter(n: number): Bytes {
  const answers = n % 3 !== 0 && n > 40 ? `References: <bench.${n - (n % 3) * 7 - 1}@example.org>\r\n` : '';
  return bytesFromUtf8(
    `Received: from mx.example.org by mail.example.com; Mon, 23 Nov 2026 04:00:00 +0000\r\n` +
      `From: =?utf-8?B?${Buffer.from(`差出人 ${n % 300}`).toString('base64')}?= <sender${n % 300}@example.org>\r\n` +
      `To: Hana <hana@example.com>, taro${n % 7}@example.com\r\nSubject: ${encoded[n % 6]} ${n % 1000}\r\n` +
      `Date: Mon, 23 Nov 2026 0${n % 10}:00:00 +0900\r\nMessage-ID: <bench.${n}@example.org>\r\n${answers}MIME-Version: 1.0\r\n` +
      `Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n${texts[n % 4]}\r\n${texts[(n * 7) % 4]}\r\n` +
      `${n % 5000 === 17 ? '珍しい言葉: 鎌倉彫\r\n' : ''}`,
  );
}

const store = await openEmbeddedStore({
  dir,
  shards: 1,
  clock,
  chance,
  log: silentLog,
  meter: silentMeter,
  search: openSearchIndex({ dir, log: silentLog }),
});

async function add(from: number, to: number): Promise<void> {
  const letters = [];
  for (let n = from; n < to; n++) {
    const spool = store.spool(1 << 20);
    await spool.add(letter(n));
    letters.push({ spool, flags: n % 4 === 0 ? [] : ['\\Seen'], receivedAt: Date.UTC(2024, 0, 1) + n * 600_000 });
  }
  const inbox = (await store.mailboxes(1)).find(({ name }) => name === 'INBOX')!.id;
  await store.append(1, inbox, letters, null);
}

const account = { account: 1, id: 'A1', name: 'hana', isPersonal: true, isReadOnly: false, quota: null, kind: 'own' } as const;
const who: Omit<Asker, 'using' | 'createdIds'> = {
  principal: { account: 1, login: 'hana', name: 'Hana', quota: null, appPassword: null },
  accounts: new Map([['A1', account]]),
  remoteAddress: '127.0.0.1',
  session: null,
  inPerson: true,
  signal: new AbortController().signal,
};
const dispatcher = openDispatcher({
  groups: [coreGroup(), mailGroup({ store, blobs: openBlobs(store), maxSizeAttachmentsPerEmail: 50_000_000 })],
  defect: (_method, thrown) => {
    throw thrown;
  },
});

type Answer = readonly (readonly [string, JsonObject, string])[];

async function ask(calls: readonly Json[]): Promise<string> {
  const body = bytesFromUtf8(JSON.stringify({ using: ['urn:ietf:params:jmap:core', mailCapability], methodCalls: calls }));
  return dispatcher.answer(dispatcher.read(body), who, '1');
}

async function read(calls: readonly Json[]): Promise<Answer> {
  return (JSON.parse(await ask(calls)) as { methodResponses: Answer }).methodResponses;
}

const newestFirst = [{ property: 'receivedAt', isAscending: false }];
const listed = ['id', 'threadId', 'mailboxIds', 'keywords', 'from', 'to', 'subject', 'receivedAt', 'preview', 'hasAttachment', 'size'];

function list(position: number, filter: JsonObject = { inMailbox: 'F1' }): Json[] {
  return [
    ['Email/query', { accountId: 'A1', filter, sort: newestFirst, collapseThreads: true, position, limit: 50, calculateTotal: true }, '0'],
    ['Email/get', { accountId: 'A1', '#ids': { resultOf: '0', name: 'Email/query', path: '/ids' }, properties: listed }, '1'],
    ['Thread/get', { accountId: 'A1', '#ids': { resultOf: '1', name: 'Email/get', path: '/list/*/threadId' } }, '2'],
  ];
}

async function measure(
  what: string,
  rounds: number,
  work: (round: number) => Promise<unknown>,
  before?: (round: number) => Promise<unknown>,
): Promise<void> {
  const times: number[] = [];
  let cpu = 0;
  for (let round = 0; round < rounds; round++) {
    await before?.(round);
    const used = process.threadCpuUsage();
    const began = performance.now();
    await work(round);
    times.push(performance.now() - began);
    const { user, system } = process.threadCpuUsage(used);
    cpu += (user + system) / 1000;
  }
  times.sort((a, b) => a - b);
  const at = (part: number): string => times[Math.min(times.length - 1, Math.floor(times.length * part))]!.toFixed(1);
  console.log(`${what.padEnd(62)} p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, CPU ${(cpu / rounds).toFixed(1)} ms each`);
}

try {
  await store.createAccount(1, [
    { name: 'Archive', role: 'archive' },
    { name: 'Trash', role: 'trash' },
  ]);
  for (let from = 0; from < count; from += 500) await add(from, Math.min(count, from + 500));
  console.log(`${count} letters`);
  await measure('first list after the start', 1, () => ask(list(0)));
  const [[, first]] = (await read(list(0))) as [[string, JsonObject, string]];
  const total = Number(first['total']);
  await measure('list of 50 at any position', 300, (round) => ask(list((round * 7919) % total)));
  let state = String(first['queryState']);
  await measure(
    'list of 50 after one new letter',
    50,
    () => ask(list(0)),
    (round) => add(count + round, count + round + 1),
  );
  await measure(
    'Email/queryChanges after one new letter',
    50,
    async () => {
      const changes = {
        filter: { inMailbox: 'F1' },
        sort: newestFirst,
        collapseThreads: true,
        sinceQueryState: state,
        calculateTotal: true,
      };
      const [[, answer]] = (await read([['Email/queryChanges', { accountId: 'A1', ...changes }, '0']])) as [[string, JsonObject, string]];
      state = String(answer['newQueryState']);
    },
    async (round) => {
      const [[, answer]] = (await read(list(0))) as [[string, JsonObject, string]];
      state = String(answer['queryState']);
      await add(count + 100 + round, count + 101 + round);
    },
  );
  const search = (text: string): Json[] => [
    ['Email/query', { accountId: 'A1', filter: { text }, sort: newestFirst, collapseThreads: true, limit: 30 }, '0'],
    ['Email/get', { accountId: 'A1', '#ids': { resultOf: '0', name: 'Email/query', path: '/ids' }, properties: listed }, '1'],
    ['SearchSnippet/get', { accountId: 'A1', filter: { text }, '#emailIds': { resultOf: '0', name: 'Email/query', path: '/ids' } }, '2'],
  ];
  while (await store.upkeep());
  for (const [what, text] of [
    ['often', '会議'],
    ['two letters', 'se'],
    ['rare', '鎌倉彫'],
    ['nowhere', 'zzyzx'],
  ] as const) {
    await measure(`search for a text that is there: ${what}, first`, 1, () => ask(search(text)));
    await measure(
      `search for a text that is there: ${what}, again after a new letter`,
      10,
      () => ask(search(text)),
      (round) => add(count + 1000 + round, count + 1001 + round),
    );
  }
  await measure('Email/query by subject, first', 1, () =>
    ask([['Email/query', { accountId: 'A1', sort: [{ property: 'subject' }], limit: 50 }, '0']]),
  );
  await measure(
    'Email/query by subject, after a new letter',
    5,
    () => ask([['Email/query', { accountId: 'A1', sort: [{ property: 'subject' }], limit: 50 }, '0']]),
    (round) => add(count + 2000 + round, count + 2001 + round),
  );
} finally {
  await store.close();
  await rm(dir, { recursive: true, force: true });
}
