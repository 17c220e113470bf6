// What JMAP asks of an account with many letters, without a socket: the list of a mailbox (Email/query + Email/get of 50 + Thread/get in one request) at
// any position, a text search as it is typed, queryChanges after one new letter, and a whole list moved while others' letters come. In the embedded store.
//   node bench/jmap.ts [letters] [directory]
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { bytesFromUtf8 } from '../src/base/bytes.ts';
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
import { writeMethods } from '../src/protocol/jmap/mail/write-methods.ts';
import { addLetters, spread } from './support/letters.ts';

const words = process.argv.slice(2);
const count = Number(words.find((word) => /^\d+$/.test(word)) ?? 100_000);
const base = words.find((word) => !/^\d+$/.test(word)) ?? new URL('../', import.meta.url).pathname;
const dir = await mkdtemp(join(base, '.bench-jmap-'));
const store = await openEmbeddedStore({
  dir,
  shards: 1,
  clock,
  chance,
  log: silentLog,
  meter: silentMeter,
  search: openSearchIndex({ dir, log: silentLog }),
});

const add = (from: number, to: number): Promise<void> => addLetters(store, 1, from, to);

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
  groups: [
    coreGroup(),
    mailGroup({ store, blobs: openBlobs(store), maxSizeAttachmentsPerEmail: 50_000_000 }),
    {
      capability: mailCapability,
      methods: writeMethods({ store, blobs: openBlobs(store), clock, chance, hostName: 'bench.example', letterMax: 50_000_000 }),
      session: () => ({}),
      account: () => ({}),
    },
  ],
  defect: (_method, thrown) => {
    throw thrown;
  },
});

/** Letters that are moved in all, and in one Email/set. */
const moved = 20_000;
const movedAtOnce = 500;

/** A list is archived, 500 letters a call; meanwhile somebody else's letters come, each waited for. All threads' CPU counts. */
async function moveAll(): Promise<void> {
  const shelf = await store.openShelf(1);
  const ids = Array.from(shelf.messages.subarray(0, Math.min(moved, shelf.count)), (message) => `M${message}`);
  shelf.release();
  const waits: number[] = [];
  let moving = true;
  const others = (async () => {
    for (let n = 0; moving; n++) {
      const began = performance.now();
      await addLetters(store, 2, n, n + 1);
      waits.push(performance.now() - began);
    }
  })();
  const used = process.cpuUsage();
  for (let at = 0; at < ids.length; at += movedAtOnce) {
    const patch = { 'mailboxIds/F1': null, 'mailboxIds/F2': true };
    const update = Object.fromEntries(ids.slice(at, at + movedAtOnce).map((id) => [id, patch]));
    await read([['Email/set', { accountId: 'A1', update }, '0']]);
  }
  const { user, system } = process.cpuUsage(used);
  moving = false;
  await others;
  const seconds = ((user + system) / 1e6).toFixed(1);
  console.log(`${`${ids.length} letters moved by Email/set, ${movedAtOnce} at once`.padEnd(62)} CPU ${seconds} s in all`);
  console.log(`${'a letter for somebody else meanwhile'.padEnd(62)} ${spread(waits)} (${waits.length} letters)`);
}

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
  console.log(`${what.padEnd(62)} ${spread(times)}, CPU ${(cpu / rounds).toFixed(1)} ms each`);
}

try {
  await store.createAccount(1, [
    { name: 'Archive', role: 'archive' },
    { name: 'Trash', role: 'trash' },
  ]);
  await add(0, count);
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
  await store.createAccount(2, []);
  await moveAll();
} finally {
  await store.close();
  await rm(dir, { recursive: true, force: true });
}
