// Files and rows of uploads that do not agree, and items in copies of a store.
import assert from 'node:assert/strict';
import { appendFile, mkdtemp, readdir, rm, truncate, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { bytesFromLatin1 } from '../../base/bytes.ts';
import { silentLog } from '../../base/log.ts';
import { silentMeter } from '../../base/meter.ts';
import { Refusal, Unavailable } from '../../base/trouble.ts';
import { uploadsMax } from '../../store/item-rules.ts';
import { systemChance, systemClock } from '../clock.ts';
import { backupTo, restoreFrom } from './backup.ts';
import { openEmbeddedStore, type EmbeddedStore } from './embedded.ts';

const room = { minFree: 0, minFreeShare: 0, ballast: 0 };
const plain = { shards: 2, threads: false, room, clock: systemClock, chance: systemChance, log: silentLog, meter: silentMeter };

async function inFolder(work: (dir: string) => Promise<void>): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'tayori-uploads-'));
  try {
    await work(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function withStore(dir: string, work: (store: EmbeddedStore) => Promise<void>): Promise<void> {
  const store = await openEmbeddedStore({ dir, ...plain });
  try {
    for (const account of [1, 2]) await store.createAccount(account, []);
    await work(store);
  } finally {
    await store.close();
  }
}

async function upload(store: EmbeddedStore, account: number, size: number): Promise<number> {
  const spool = store.spool(1 << 24);
  for (let left = size; left > 0; left -= 65_536) await spool.add(bytesFromLatin1('x'.repeat(Math.min(left, 65_536))));
  return (await store.uploads.add(account, spool, 'text/plain')).id;
}

async function findingsOf(store: EmbeddedStore, quick = false): Promise<string[]> {
  const findings: string[] = [];
  for await (const { what } of store.verify({ quick })) findings.push(what);
  return findings;
}

test('at the start files that no row speaks of go, and rows whose files are not there', () =>
  inFolder(async (dir) => {
    const uploads = join(dir, 'uploads');
    await withStore(dir, async (store) => {
      for (const account of [1, 2]) for (const size of [10, 1_200_000]) await upload(store, account, size);
    });
    const files = await readdir(uploads);
    assert.equal(files.length, 4);
    const lost = files.find((name) => name.startsWith('1-'))!;
    await unlink(join(uploads, lost));
    await writeFile(join(uploads, '1-left'), 'left behind');
    await withStore(dir, async (store) => {
      const found = await Promise.all([1, 2].flatMap((account) => [1, 2].map((id) => store.uploads.find(account, id))));
      assert.equal(found.filter((one) => one !== null).length, 3);
      assert.deepEqual((await readdir(uploads)).sort(), files.filter((name) => name !== lost).sort());
      assert.deepEqual(await findingsOf(store), []);
      // Not the number of the one that was lost.
      assert.equal(await upload(store, 1, 10), 3);
    });
  }));

test('what is refused, removed, or belonged to an account that is gone leaves no file', () =>
  inFolder(async (dir) => {
    const uploads = join(dir, 'uploads');
    await withStore(dir, async (store) => {
      await assert.rejects(upload(store, 9, 10), Refusal);
      await upload(store, 1, 10);
      await upload(store, 1, 1_200_000);
      await store.uploads.remove(1, 1);
      assert.equal((await readdir(uploads)).length, 1);
      store.shards[1]!.writer.failIn(2, 13);
      await assert.rejects(upload(store, 1, 10), Unavailable);
      assert.equal((await readdir(uploads)).length, 1);
      await upload(store, 2, 10);
      await store.removeAccount(1);
      assert.deepEqual(
        (await readdir(uploads)).map((name) => name.slice(0, 2)),
        ['2-'],
      );
      assert.deepEqual(await readdir(join(dir, 'spool')), []);
    });
  }));

test('of several who hand in the last upload there may be, one succeeds, and the others leave no file', () =>
  inFolder(async (dir) => {
    await withStore(dir, async (store) => {
      const db = new DatabaseSync(join(dir, 'shard-1', 'mail.sqlite'));
      db.exec(`with recursive n(id) as (select 1 union all select id + 1 from n where id < ${uploadsMax - 1})
        insert into upload select 1, id, 1, 'text/plain', '', ${Date.now()}, 'none-' || id, 0 from n;
        insert into upload_next values (1, ${uploadsMax})`);
      db.close();
      const settled = await Promise.allSettled([1, 2, 3, 4].map(() => upload(store, 1, 10)));
      assert.deepEqual(
        settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])),
        [uploadsMax],
      );
      for (const one of settled)
        if (one.status === 'rejected') assert.ok(one.reason instanceof Refusal && one.reason.code === 'limit', String(one.reason));
      assert.equal((await readdir(join(dir, 'uploads'))).length, 1);
    });
  }));

test('an upload whose octets have gone bad is named by verify, and what it lacks is not made up', () =>
  inFolder(async (dir) => {
    await withStore(dir, async (store) => {
      const id = await upload(store, 1, 5000);
      const path = join(dir, 'uploads', (await readdir(join(dir, 'uploads')))[0]!);
      const opened = await store.uploads.open(1, id);
      await truncate(path, 4000);
      await assert.rejects(async () => opened.read(0, 5000), Unavailable);
      const named = ['account 1: upload 1: its octets are not those that were handed in'];
      assert.deepEqual(await findingsOf(store, true), named);
      await appendFile(path, 'y'.repeat(1000));
      assert.deepEqual([await findingsOf(store, true), await findingsOf(store)], [[], named]);
      // Removed while somebody was reading it.
      await store.uploads.remove(1, id);
      await assert.rejects(
        async () => opened.read(0, 10),
        (trouble) => trouble instanceof Refusal && trouble.code === 'nonexistent',
      );
    });
  }));

test('rows of items that do not agree are named by verify', () =>
  inFolder(async (dir) => {
    await withStore(dir, async (store) => {
      const note = (value: string) => ({ kind: 'note', add: value });
      await store.items.write(2, [note('a'), note('b'), note('c'), { kind: 'other', add: 1 }]);
      await store.items.write(2, [{ kind: 'note', id: 1, remove: true }]);
    });
    const db = new DatabaseSync(join(dir, 'shard-0', 'mail.sqlite'));
    db.exec(`
      update item_kind set items = 7, next_id = 2, gone = 4 where kind = 'note';
      update item set value = 'no JSON', created_modseq = 99 where kind = 'note' and id = 2;
      insert into item_gone values (2, 'note', 3, 3, 2, 0);
      update item_kind set modseq = 1000, floor = 50 where kind = 'other';
      insert into item_gone values (2, 'other', 3, 9, 2, 0);
      insert into item values (77, 'note', 1, 1, 1, null, '1');
    `);
    db.close();
    await withStore(dir, async (store) => {
      const findings = await findingsOf(store);
      const wanted = [
        /counts 7 items of kind note, but has 2/,
        /counts 4 tombstones of kind note, but has 2/,
        /counts 0 tombstones of kind other, but has 1/,
        /would give the number 2 of kind note a second time/,
        /item note 2 was changed after its kind/,
        /the value of item note 2 cannot be read/,
        /item note 3 is there and removed at once/,
        /kind other has a MODSEQ above its account's/,
        /the tombstone of item other 9 should have been forgotten/,
        /account 77 is gone, but has rows in item/,
      ];
      for (const words of wanted)
        assert.ok(
          findings.some((what) => words.test(what)),
          `${words} in\n${findings.join('\n')}`,
        );
    });
  }));

test('a copy holds items, not uploads, and states of after the copy are not known to what was made from it', () =>
  inFolder(async (base) => {
    const dir = join(base, 'data');
    let late = 0;
    await withStore(dir, async (store) => {
      await store.items.write(1, [{ kind: 'note', add: 'kept', dueAt: 5 }]);
      await upload(store, 1, 1_200_000);
      await backupTo(store, join(base, 'copy'));
      await store.items.write(1, [
        { kind: 'note', add: 'after the copy' },
        { kind: 'other', add: 'after the copy' },
      ]);
      late = await store.items.state(1, 'note');
    });
    const { shards: _shards, ...options } = plain;
    await restoreFrom(join(base, 'copy'), { dir: join(base, 'again'), ...options });
    await withStore(join(base, 'again'), async (store) => {
      assert.deepEqual(
        (await store.items.list(1, 'note')).map(({ id, value, dueAt }) => [id, value, dueAt]),
        [[1, 'kept', 5]],
      );
      assert.equal(await store.uploads.find(1, 1), null);
      assert.deepEqual(await findingsOf(store), []);
      for (const kind of ['note', 'other']) {
        assert.equal(await store.items.changes(1, kind, late), null);
        const state = await store.items.state(1, kind);
        assert.ok(state > late);
        const { ids } = await store.items.write(1, [{ kind, add: 'new' }]);
        assert.ok(ids[0]! > 2);
        assert.deepEqual(await store.items.changes(1, kind, state), { created: ids, updated: [], destroyed: [] });
      }
      assert.ok((await upload(store, 1, 10)) > 1);
      assert.deepEqual(await findingsOf(store), []);
    });
  }));
