// An account kept equal with Dovecot as another provider: what the model of random lives does not reach. Knows both ends from outside.
import assert from 'node:assert/strict';
import type { CollectionProgress } from '../../src/journey/collection/contract.ts';
import { after, before, test } from 'node:test';
import { silentLog } from '../../src/base/log.ts';
import { systemChance, systemClock } from '../../src/io/clock.ts';
import { firstMailboxes } from '../../src/journey/account/people.ts';
import { openImapCollector } from '../../src/journey/collection/imap.ts';
import { openImapShelf } from '../../src/journey/collection/imap-shelf.ts';
import type { ImapClient } from '../../src/protocol/imap/client.ts';
import type { MailStore } from '../../src/store/contract.ts';
import { openMemoryStore } from '../../src/store/memory/store.ts';
import { dovecotMissing, startDovecot, type ForeignServer } from '../support/dovecot.ts';
import { account, asLines, connect, letter, oneOf, shelfHere, shelfThere, World, type Provider } from './model.ts';

const options = { skip: dovecotMissing, timeout: 240_000 };
let server: ForeignServer;
let next = 0;

before(async () => {
  if (dovecotMissing === false) server = await startDovecot({ settings: 'mail_fsync = never\n' });
});
after(() => server?.close());

async function begin(): Promise<{
  readonly provider: Provider;
  readonly world: World;
  readonly app: ImapClient;
  readonly end: () => Promise<void>;
}> {
  const provider = { ...server, port: server.ports.imaps, login: `case${next++}@foreign.example` };
  const [app, world] = [await connect(provider), await World.open(provider)];
  const end = async () => {
    await app.end();
    await world.close();
  };
  return { provider, world, app, end };
}

async function append(app: ImapClient, name: string, octets: Buffer, flags: readonly string[] = []): Promise<void> {
  await app.append(name, { flags, receivedAt: 1.7e12, length: octets.length }, oneOf(octets));
}

async function assertEqual(world: World, app: ImapClient): Promise<void> {
  assert.deepEqual(asLines(await shelfHere(world.store)), asLines(await shelfThere(app)));
}

async function idOf(store: MailStore, name: string): Promise<number> {
  return (await store.mailboxes(account)).find((box) => box.name === name)!.id;
}

test('another UIDVALIDITY: everything is known again, nothing is fetched or sent twice', options, async () => {
  const { provider, world, app, end } = await begin();
  for (const key of ['a', 'b', 'c']) await append(app, 'INBOX', letter(key), ['\\Flagged']);
  await append(app, 'INBOX', letter('plain', { plain: true }));
  await world.sync();
  assert.equal(world.received, 4);
  await app.select('Trash');
  server.doveadm('mailbox', 'update', '-u', provider.login, '--uid-validity', '77777', 'INBOX');
  const inbox = await idOf(world.store, 'INBOX');
  const state = await world.store.openMailbox(account, inbox);
  const before = Array.from(state.uids.subarray(0, state.count));
  await world.sync();
  assert.deepEqual(Array.from(state.uids.subarray(0, state.count)), before, 'no letter here was touched');
  state.release();
  assert.equal(world.received, 4);
  assert.equal((await app.select('INBOX')).uidNext, 5, 'nothing was sent');
  await assertEqual(world, app);
  assert.equal((await world.ledger.imap.folders(account)).find(({ path }) => path === 'INBOX')!.uidValidity, 77_777);
  await end();
});

test('a letter that is here already, by another road, is not fetched; it is adopted with the flags of both', options, async () => {
  const { world, app, end } = await begin();
  const octets = letter('known');
  await append(app, 'INBOX', octets, ['\\Seen']);
  const spool = world.store.spool(1 << 20);
  await spool.add(octets);
  await world.store.append(account, await idOf(world.store, 'INBOX'), [{ spool, flags: ['\\Flagged'] }], null);
  await world.sync();
  assert.equal(world.received, 0);
  assert.deepEqual((await shelfHere(world.store)).get('INBOX'), ['known (\\Flagged \\Seen)']);
  await assertEqual(world, app);
  await end();
});

test('a move there is a move here: the same letter, no moment without it, nothing fetched', options, async () => {
  const { world, app, end } = await begin();
  await append(app, 'INBOX', letter('moved'));
  await world.sync();
  const counts = new Set<number>();
  const stop = world.store.subscribe(account, async () => {
    let count = 0;
    for (const box of await world.store.mailboxes(account)) count += box.messages;
    counts.add(count);
  });
  await app.select('INBOX');
  await app.copy([1], 'Trash', true);
  await world.sync();
  stop();
  assert.deepEqual([...counts], [1]);
  assert.equal(world.received, 1);
  await assertEqual(world, app);
  await end();
});

test('large letters go through the spool; one above the limit stays there, and its folder is not deleted for it', options, async () => {
  const { world, app, end } = await begin();
  await app.create('Big');
  await append(app, 'Big', letter('large', { octets: 900_000 }));
  await append(app, 'Big', letter('small'));
  await append(app, 'Big', letter('huge', { octets: 3_000_000 }));
  world.letterLimit = 2_000_000;
  await world.sync();
  assert.deepEqual((await shelfHere(world.store)).get('Big'), ['large ()', 'small ()']);
  await world.store.deleteMailbox(account, await idOf(world.store, 'Big'));
  await world.sync();
  assert.deepEqual(
    (await shelfThere(app)).get('Big')?.map((text) => text.split(' ')[0]),
    ['huge'],
  );
  await end();
});

test('letters that a damaged store has lost are not deleted there, and come again', options, async () => {
  const { world, app, end } = await begin();
  for (let at = 0; at < 60; at++) await append(app, 'INBOX', letter(`kept${at}`));
  await world.sync();
  // The same ledger with a store that holds nothing: as if its files had gone.
  const empty = openMemoryStore({ clock: systemClock, chance: systemChance });
  await empty.createAccount(account, firstMailboxes);
  const after = new World(world.provider, empty, world.ledger);
  await after.sync();
  await after.sync();
  assert.equal((await shelfThere(app)).get('INBOX')!.length, 60);
  await assertEqual(after, app);
  assert.equal(after.received, 60);
  await empty.close();
  await end();
});

test('sixty letters deleted here go there too', options, async () => {
  const { world, app, end } = await begin();
  for (let at = 0; at < 60; at++) await append(app, 'INBOX', letter(`gone${at}`));
  await world.sync();
  await world.store.expunge(account, await idOf(world.store, 'INBOX'), null, false);
  await world.sync();
  assert.deepEqual((await shelfThere(app)).get('INBOX'), []);
  await end();
});

test('a folder made after another was removed is another folder, whatever its UIDs', options, async () => {
  const { world, app, end } = await begin();
  const seen = new Set<number>();
  for (const name of ['One', 'Two', 'Three']) {
    await app.create(name);
    await append(app, name, letter(`in${name}`, { plain: true }));
    await world.sync();
    const { folder } = (await world.ledger.imap.folders(account)).find(({ path }) => path === name)!;
    assert.ok(!seen.has(folder), `${folder} was given before`);
    seen.add(folder);
    await assertEqual(world, app);
    await app.delete(name);
    await world.sync();
    await assertEqual(world, app);
  }
  await end();
});

test('live: a new letter is here at once, a change here is there at once; told to stop, it stops', options, async (context) => {
  const { provider, world, app, end } = await begin();
  for (const [folder, name] of [
    ['Sent', 'a'],
    ['Sent', 'b'],
    ['Trash', 'c'],
  ] as const)
    await append(app, folder, letter(name));
  const told: (CollectionProgress | null)[] = [];
  const signal = new AbortController();
  let equal = Promise.withResolvers<void>();
  const collector = openImapCollector({
    account,
    openShelf: async () =>
      openImapShelf({ client: await connect(provider), clock: systemClock, peer: { host: 'provider', address: '', tls: '' } }),
    store: world.store,
    ledger: world.ledger,
    clock: systemClock,
    log: silentLog,
    letterLimit: 1 << 20,
    progress: (one) => void told.push(one),
    well: ({ received }) => received === 0 && equal.resolve(),
  });
  const running = collector.run(signal.signal);
  await equal.promise;
  // Counted over all folders, and over when all is here: a collector that lives on its connection has nothing under way.
  assert.equal(told.at(-1), null);
  assert.deepEqual(
    told.flatMap((one) => (one === null ? [] : `${one.mailbox} ${one.done}/${one.of}`)),
    ['Sent 0/3', 'Sent 2/3', 'Trash 2/3', 'Trash 3/3'],
  );
  const times: number[] = [];
  const inbox = await idOf(world.store, 'INBOX');
  const state = await world.store.openMailbox(account, inbox);
  for (let at = 0; at < 5; at++) {
    equal = Promise.withResolvers();
    const arrived = Promise.withResolvers<void>();
    const stop = state.listen(() => state.count === at + 1 && arrived.resolve());
    const began = performance.now();
    await append(app, 'INBOX', letter(`live${at}`));
    await arrived.promise;
    times.push(performance.now() - began);
    stop();
    await equal.promise;
  }
  context.diagnostic(`a new letter through IDLE: ${times.map((ms) => Math.round(ms)).join(', ')} ms (APPEND included)`);
  assert.ok(Math.min(...times) < 2000);
  await app.select('INBOX');
  await world.store.setFlags(account, inbox, [1], { how: 'add', flags: ['\\Flagged'] });
  const flagged = async (): Promise<boolean> => {
    let found = false;
    await app.fetch([1], 'UID FLAGS', (_uid, { flags }) => void (found ||= flags?.includes('\\Flagged') === true));
    return found;
  };
  while (!(await flagged()));
  state.release();
  // Into a folder that the provider does not have yet: made there at once, not with the next look at everything.
  const spool = world.store.spool(1 << 20);
  await spool.add(letter('first'));
  await world.store.append(account, await idOf(world.store, 'Archive'), [{ spool, flags: [] }], null);
  while ((await app.select('Archive').catch(() => null)) === null || app.exists === 0);
  const began = performance.now();
  signal.abort();
  await running;
  assert.ok(performance.now() - began < 4000);
  await end();
});
