// What only the embedded store can do wrong with an account as a whole: data of an older version, what is forgotten, shelves let go.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { silentLog } from '../../base/log.ts';
import { silentMeter } from '../../base/meter.ts';
import { keptGone } from '../../store/limits.ts';
import { PackedShelf } from '../../store/packed-shelf.ts';
import { checkShelf, Follower } from '../../store/suite/shelf-picture-suite.ts';
import { append, letterOf, mailboxOf, makeAccount, verifies } from '../../store/suite/stand-suite.ts';
import { systemChance, systemClock } from '../clock.ts';
import { openEmbeddedStore, type EmbeddedStore } from './embedded.ts';
import { OpenShelves } from './open-shelves.ts';

const day = 24 * 3_600_000;

async function withData(
  work: (open: (ahead?: number, threads?: boolean) => Promise<EmbeddedStore>, database: string) => Promise<void>,
): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'tayori-shelf-'));
  const open = (ahead = 0, threads = false): Promise<EmbeddedStore> =>
    openEmbeddedStore({
      dir,
      shards: 1,
      threads,
      clock: { ...systemClock, now: () => systemClock.now() + ahead },
      chance: systemChance,
      log: silentLog,
      meter: silentMeter,
      room: { minFree: 0, minFreeShare: 0, ballast: 0 },
    });
  try {
    await work(open, join(dir, 'shard-0', 'mail.sqlite'));
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** Letters that came, were marked, copied and expunged. */
async function fill(store: EmbeddedStore): Promise<void> {
  await makeAccount(store, 1);
  const { id } = await mailboxOf(store, 1, 'INBOX');
  await append(store, 1, id, 'one', 'two', 'three', 'four');
  await store.copy(1, id, [1, 2], (await mailboxOf(store, 1, 'Sent')).id, { move: false, quota: null });
  await store.setFlags(1, id, [1, 3], { how: 'add', flags: ['\\Deleted'] });
  await store.expunge(1, id, [4], false);
}

test('data of an older version are brought up to date: letters are in sight or not, and what was before is not remembered', () =>
  withData(async (open, path) => {
    const before = await open();
    await fill(before);
    await before.close();
    const db = new DatabaseSync(path);
    db.exec('alter table letter drop column envelope_marks');
    db.exec('drop table gone_letter; drop table gone_mailbox; alter table account drop column gone_floor');
    for (const column of ['hidden', 'created', 'changed']) db.exec(`alter table message drop column ${column}`);
    for (const column of ['sort_order', 'created', 'changed']) db.exec(`alter table mailbox drop column ${column}`);
    db.exec('pragma user_version = 3');
    db.close();
    const store = await open();
    await verifies(store);
    const picture = await checkShelf(store, 1);
    assert.deepEqual([...picture.emails.keys()], [1, 2]);
    const follower = await Follower.begin(store, 1);
    assert.equal(await store.changesSince(1, follower.state - 1), null);
    await store.setFlags(1, (await mailboxOf(store, 1, 'INBOX')).id, [3], { how: 'remove', flags: ['\\Deleted'] });
    assert.deepEqual((await follower.follow(await checkShelf(store, 1)))!.emails.created, [3]);
    await store.close();
  }));

test('where letters have changed their thread in an older version, apps are told to look anew, and nowhere else', () =>
  withData(async (open, path) => {
    const before = await open();
    await fill(before);
    await makeAccount(before, 2);
    await append(before, 2, 1, 'calm');
    const { state } = await Follower.begin(before, 1);
    const calm = await Follower.begin(before, 2);
    await before.close();
    const db = new DatabaseSync(path);
    db.exec('alter table message add column joined integer not null default 0');
    db.exec('alter table gone_letter add column joined integer not null default 1');
    db.exec('alter table gone_letter add column moved integer not null default 0');
    // As two threads that became one left it.
    db.exec(`update message set thread = 1, changed = ${state}, joined = ${state} where account = 1 and id = 2`);
    db.exec(
      `insert into gone_letter (account, modseq, message, thread, created, at, joined, moved) values (1, ${state}, 2, 2, 2, 0, 2, 1)`,
    );
    db.exec('pragma user_version = 5');
    db.close();
    const store = await open();
    await verifies(store);
    assert.equal(await store.changesSince(1, state - 1), null);
    const follower = await Follower.begin(store, 1);
    assert.deepEqual((await checkShelf(store, 1)).threads.get(1), [1, 2]);
    await store.setFlags(1, 1, [2], { how: 'add', flags: ['Kw'] });
    await follower.follow(await checkShelf(store, 1));
    assert.deepEqual((await store.changesSince(2, calm.state - 1))?.emails.created, [1]);
    await store.close();
  }));

test('what went long ago is forgotten where it is much, and who asks from before it is told so', () =>
  withData(async (open, path) => {
    const before = await open();
    await fill(before);
    const follower = await Follower.begin(before, 1);
    await before.close();
    const db = new DatabaseSync(path);
    // Letters that came, one commit each, after what the follower knows, and went later.
    const { state } = follower;
    const last = state + keptGone + 10;
    const insert = db.prepare('insert into gone_letter values (1, ?, ?, ?, ?, ?)');
    db.exec('begin');
    for (let modSeq = state + 1; modSeq <= last; modSeq++) insert.run(modSeq, modSeq + 1000, modSeq + 1000, modSeq, Date.now());
    db.exec(`update account set modseq = ${last}, next_message = ${last + 2000}`);
    db.exec('commit');
    db.close();
    const young = await open();
    await young.upkeep();
    assert.notEqual(await young.changesSince(1, state), null, 'young ones stay');
    await young.close();
    const old = await open(31 * day);
    await old.upkeep();
    assert.equal(await old.changesSince(1, state), null);
    assert.equal(await old.changesSince(1, state + 9), null);
    assert.deepEqual((await old.changesSince(1, state + 12))?.emails.destroyed, []);
    await verifies(old);
    await old.close();
  }));

test('after a restore from a backup no state of before is known', () =>
  withData(async (open) => {
    const before = await open();
    await fill(before);
    const { state } = await Follower.begin(before, 1);
    for (const shard of before.shards) await shard.writer.send<'newValidity'>({ kind: 'newValidity' });
    await before.close();
    const store = await open();
    assert.equal(await store.changesSince(1, state), null);
    assert.equal(await store.changesSince(1, state + 1), null);
    const follower = await Follower.begin(store, 1);
    assert.ok(follower.state > state + 1000);
    await store.addLetters(1, [{ ...(await letterOf(store, 'five')), mailboxes: [1] }], null);
    await follower.follow(await checkShelf(store, 1));
    await verifies(store);
    await store.close();
  }));

test('a shelf that is opened while letters come misses none and has none twice', () =>
  withData(async (open) => {
    const store = await open(0, true);
    for (let account = 1; account <= 8; account++) {
      await makeAccount(store, account);
      const work: Promise<unknown>[] = [];
      for (let round = 0; round < 12; round++) {
        const letters = [{ ...(await letterOf(store, `n${round}`)), mailboxes: [1, 2] }];
        work.push(store.addLetters(account, letters, null));
        work.push(store.setFlags(account, 1, [round - 1], { how: 'add', flags: round % 3 === 0 ? ['\\Deleted'] : ['\\Seen'] }));
        work.push(store.revise(account, [{ message: round - 2, destroy: round % 2 === 0, flags: { how: 'add', flags: ['Kw'] } }], null));
        // In this very moment some of it is committed, and of that some has been told.
        if (round === account) work.push(store.openShelf(account));
      }
      await Promise.all(work);
      await checkShelf(store, account);
    }
    await verifies(store);
    await store.close();
  }));

test('shelves that nobody needs are let go, those in use never', () => {
  let now = 0;
  let loaded = 0;
  const shelves = new OpenShelves(
    () => ({
      loadShelf(account, released) {
        loaded++;
        // Half of what is kept.
        const count = account === 9 ? 1 : 250_000;
        return new PackedShelf(
          {
            account,
            modSeq: 1,
            count,
            readLetters(take) {
              for (let id = 1; id <= count; id++) take(id, id, 1, 0);
            },
            readPlaces(take) {
              for (let id = 1; id <= count; id++) take(1, id, id, 0, '', 1, 1, id);
            },
            mailboxes: [],
            lastGone: { letter: 1, mailbox: 1 },
            goneOf: [],
          },
          released,
        );
      },
    }),
    () => now,
  );
  const use = (account: number): void => shelves.open(account)!.release();
  const held = shelves.open(1)!;
  for (const account of [2, 3, 9]) use(account);
  assert.deepEqual(
    [1, 2, 3, 9].map((account) => shelves.find(account) !== null),
    [true, false, true, true],
    'the one let go longest ago goes where there is too much',
  );
  now += 11 * 60_000;
  shelves.trim();
  assert.deepEqual(
    [1, 3, 9].map((account) => shelves.find(account) !== null),
    [true, false, false],
  );
  assert.equal(shelves.open(1), held);
  assert.equal(loaded, 4);
});
