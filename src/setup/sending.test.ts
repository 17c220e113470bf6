// What is told of letters that were sent, from the telling to the end of the program: a report on its way in is noted before the store closes, nobody waits
// for long, and a part that cannot be loaded ends nothing.
import assert from 'node:assert/strict';
import { registerHooks } from 'node:module';
import { afterEach, test } from 'node:test';
import { FalseClock } from '../../test/support/clock.ts';
import { bytesFromUtf8 } from '../base/bytes.ts';
import { silentLog } from '../base/log.ts';
import { systemChance } from '../io/clock.ts';
import { openAddressBook } from '../journey/account/addresses.ts';
import { openRecipientLists } from '../journey/account/recipients.ts';
import { openMemoryDirectory } from '../store/memory/directory.ts';
import { openMemoryStore } from '../store/memory/store.ts';
import type { Office } from './office.ts';
import { openSending } from './sending.ts';

const report = [
  'From: MAILER-DAEMON@remote.test',
  'Content-Type: multipart/report; report-type=delivery-status; boundary=b',
  '',
  '--b',
  'Content-Type: message/delivery-status',
  '',
  'Reporting-MTA: dns; mx.remote.test',
  '',
  'Final-Recipient: rfc822; a@one.test',
  'Action: failed',
  '',
  '--b',
  'Content-Type: text/rfc822-headers',
  '',
  'Message-ID: <hello@local.test>',
  '',
  '--b--',
  '',
].join('\r\n');

const submission = {
  envelope: { mailFrom: { email: 'hanako@local.test', parameters: null }, rcptTo: [{ email: 'a@one.test', parameters: null }] },
  sendAt: 0,
  undoStatus: 'final',
  held: null,
  letter: 'l1',
  messageId: 'hello@local.test',
  failure: null,
};

async function openWorld() {
  const clock = new FalseClock();
  const lines: string[] = [];
  const log = { ...silentLog, warn: (event: string) => void lines.push(event) };
  const directory = openMemoryDirectory();
  const store = openMemoryStore({ clock, chance: systemChance });
  await store.createAccount(1, []);
  await store.items.write(1, [{ kind: 'submission', add: submission }]);
  const addresses = openAddressBook(directory);
  const recipients = openRecipientLists({ addresses, directory, store, clock, queueLifetime: 86_400_000 });
  const office = { store, directory, addresses, recipients, settings: {}, clock, chance: systemChance, log } as unknown as Office;
  const sending = openSending(office, { hostName: 'mail.local.test', domain: 'local.test' });
  const octets = bytesFromUtf8(report);
  /** As reception does. */
  const receive = async (): Promise<void> => {
    const inboxes = [{ account: 1, mailbox: 'inbox', flags: [] } as const];
    const about = { letter: 'r', at: clock.now(), reversePath: '', octets };
    const placements = (await sending.arrivals.arrive(about, inboxes))?.placements ?? inboxes;
    const spool = store.spool(10_000);
    await spool.add(octets);
    const letter = { letter: 'r', prefix: new Uint8Array(0), spool, receivedAt: clock.now(), reversePath: '', placements, queue: [] };
    const work = { letters: [letter] };
    sending.news.committed(work, await store.commit(work));
  };
  const noted = async (): Promise<unknown> => ((await store.items.list(1, 'submission'))[0]!.value as { dsn?: unknown }).dsn;
  return { clock, store, sending, receive, noted, lines };
}

const turn = (): Promise<void> => new Promise((done) => setImmediate(done));

let hooks: ReturnType<typeof registerHooks> | null = null;
afterEach(() => {
  hooks?.deregister();
  hooks = null;
});

/** First of all: what was loaded once is there. */
test('a part that cannot be loaded ends nothing: a line tells it, and it is tried again', async () => {
  const rejections: unknown[] = [];
  const hear = (thrown: unknown): void => void rejections.push(thrown);
  process.on('unhandledRejection', hear);
  const { sending, receive, noted, lines } = await openWorld();
  hooks = registerHooks({
    resolve(specifier, context, next) {
      if (specifier.endsWith('/follow-up.ts')) throw new Error('the file cannot be read');
      return next(specifier, context);
    },
  });
  await receive();
  await sending.arrivals.sort(1, [1]);
  await turn();
  await turn();
  process.off('unhandledRejection', hear);
  assert.deepEqual([rejections, lines.length], [[], 2]);
  hooks.deregister();
  await receive();
  await sending.close();
  assert.deepEqual(await noted(), [2]);
});

test('what was told is noted before the end', async () => {
  const { store, sending, receive, noted } = await openWorld();
  const { write } = store.items;
  let isClosed = false;
  store.items.write = async (...from) => {
    for (let turns = 0; turns < 10; turns++) await turn();
    assert.ok(!isClosed);
    return write.apply(store.items, from);
  };
  await receive();
  await sending.close();
  isClosed = true;
  assert.deepEqual(await noted(), [1]);
});

test('a disk that does not answer keeps the program for four seconds', async () => {
  const { clock, store, sending, receive } = await openWorld();
  store.items.write = () => new Promise(() => {});
  await receive();
  let isClosed = false;
  const closing = sending.close().then(() => (isClosed = true));
  await clock.advance(3_900, turn);
  assert.equal(isClosed, false);
  await clock.advance(200, turn);
  assert.equal(isClosed, true);
  await closing;
});

test('where nothing was told the end is there at once', async () => {
  const { sending } = await openWorld();
  await sending.close();
});
