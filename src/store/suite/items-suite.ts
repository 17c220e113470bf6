// The store suite: items. What two who decide about the same thing may rely on, what an app that was away gets told, what is due.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Refusal } from '../../base/trouble.ts';
import type { AccountChange, MailStore, ModSeq } from '../contract.ts';
import { itemOctetsMax, itemsMax, type Item, type ItemWrite } from '../items-contract.ts';
import { keptItemTombstones, keptTombstoneTime } from '../limits.ts';
import {
  ADA,
  BEN,
  acceptOf,
  append,
  mailboxOf,
  recipient,
  refuses,
  spoolOf,
  toInbox,
  uidsOf,
  verifies,
  wholePicture,
  withStore,
  type OpenStore,
} from './stand-suite.ts';
import { textOf } from './uploads-suite.ts';

export function itemsSuite(open: OpenStore): void {
  writing(open);
  racing(open);
  committing(open);
  noting(open);
  changing(open);
  coming(open);
  bounds(open);
}

export const add = (value: unknown, dueAt: number | null = null, kind = 'note'): ItemWrite => ({ kind, add: value, dueAt });

async function addOne(store: MailStore, value: unknown, dueAt: number | null = null): Promise<Item> {
  const { ids } = await store.items.write(ADA, [add(value, dueAt)]);
  return (await store.items.get(ADA, 'note', ids))[0]!;
}

async function valuesOf(store: MailStore, kind = 'note', account = ADA): Promise<unknown[]> {
  return (await store.items.list(account, kind)).map(({ value }) => value);
}

/** All of both accounts: letters, items of the kinds used here, uploads with their octets. */
export async function everything(store: MailStore): Promise<unknown> {
  const items = [];
  for (const account of [ADA, BEN]) {
    for (const kind of ['note', 'other']) {
      const list = await store.items.list(account, kind).catch(() => 'none');
      items.push(typeof list === 'string' ? list : list.map(({ id, dueAt, value }) => ({ id, dueAt, value })));
    }
    for (const id of [1, 2, 3]) {
      const upload = await store.uploads.find(account, id).catch(() => null);
      items.push(upload === null ? null : await textOf(store, account, id));
    }
  }
  return { letters: await wholePicture(store), items };
}

function writing(open: OpenStore): void {
  test('items come, change and go; ids of each kind and account are their own and never used again', () =>
    withStore(open, async (store) => {
      const first = await store.items.write(ADA, [add('a'), add({ b: [1, null, 'ü'] }, 5), add('o', null, 'other')]);
      assert.deepEqual(first.ids, [1, 2, 1]);
      const { modSeq } = first;
      assert.deepEqual(await store.items.list(ADA, 'note'), [
        { kind: 'note', id: 1, createdModSeq: modSeq, modSeq, dueAt: null, value: 'a' },
        { kind: 'note', id: 2, createdModSeq: modSeq, modSeq, dueAt: 5, value: { b: [1, null, 'ü'] } },
      ]);
      const second = await store.items.write(ADA, [
        { kind: 'note', id: 2, put: 'b2' },
        { kind: 'note', id: 1, put: 'a2', dueAt: 9 },
        { kind: 'other', id: 1, remove: true },
      ]);
      assert.deepEqual(second.ids, [2, 1, 1]);
      assert.ok(second.modSeq > modSeq);
      const got = await store.items.get(ADA, 'note', [2, 7, 1]);
      assert.deepEqual(
        got.map((item) => item && [item.value, item.dueAt, item.createdModSeq, item.modSeq]),
        [['b2', 5, modSeq, second.modSeq], null, ['a2', 9, modSeq, second.modSeq]],
      );
      await store.items.write(ADA, [{ kind: 'note', id: 2, put: 'b3', dueAt: null }]);
      assert.equal((await store.items.get(ADA, 'note', [2]))[0]!.dueAt, null);
      assert.deepEqual((await store.items.write(ADA, [add('o2', null, 'other')])).ids, [2]);
      assert.deepEqual(await store.items.list(BEN, 'note'), []);
      assert.deepEqual((await store.items.write(BEN, [add('ben')])).ids, [1]);
      await verifies(store);
    }));

  test('one call may add, change and remove the same item, and all its writes have one MODSEQ', () =>
    withStore(open, async (store) => {
      const { ids, modSeq } = await store.items.write(ADA, [
        add('x'),
        { kind: 'note', id: 1, put: 'y' },
        add('z'),
        { kind: 'note', id: 2, remove: true },
      ]);
      assert.deepEqual(ids, [1, 1, 2, 2]);
      assert.deepEqual(await store.items.list(ADA, 'note'), [
        { kind: 'note', id: 1, createdModSeq: modSeq, modSeq, dueAt: null, value: 'y' },
      ]);
      assert.deepEqual(await store.items.changes(ADA, 'note', 1), { created: [1], updated: [], destroyed: [] });
      await verifies(store);
    }));

  test('nothing written is nothing changed', () =>
    withStore(open, async (store) => {
      const { modSeq } = await store.items.write(ADA, [add('a')]);
      assert.deepEqual(await store.items.write(ADA, []), { ids: [], modSeq });
    }));

  test('what is refused leaves everything as it was, also the writes before it', () =>
    withStore(open, async (store) => {
      const item = await addOne(store, 'a');
      const before = await everything(store);
      const bad: readonly (readonly [string, ItemWrite])[] = [
        ['nonexistent', { kind: 'note', id: 9, put: 1 }],
        ['nonexistent', { kind: 'other', id: 1, remove: true }],
        ['changed', { kind: 'note', id: 1, remove: true, ifModSeq: item.modSeq - 1 }],
        ['too-big', { kind: 'note', id: 1, put: 'x'.repeat(itemOctetsMax) }],
      ];
      for (const [code, write] of bad) {
        await refuses(code as 'changed', () => store.items.write(ADA, [add('new'), { kind: 'note', id: 1, put: 'b' }, write]));
        await refuses(code as 'changed', () => store.items.write(ADA, [write]));
      }
      await refuses('nonexistent', () => store.items.write(99, [add('a')]));
      await refuses('nonexistent', () => store.items.list(99, 'note'));
      assert.deepEqual(await everything(store), before);
      assert.equal((await store.items.write(ADA, [add('next')])).modSeq, item.modSeq + 1);
      await verifies(store);
    }));

  test('an account that is removed takes its items and uploads along', () =>
    withStore(open, async (store) => {
      await store.items.write(BEN, [add('a', 5)]);
      await store.uploads.add(BEN, await spoolOf(store, 'octets'), 'text/plain');
      await store.removeAccount(BEN);
      await refuses('nonexistent', () => store.items.list(BEN, 'note'));
      await refuses('nonexistent', () => store.uploads.find(BEN, 1));
      assert.deepEqual(await store.items.due(10, 10), []);
      await verifies(store);
    }));

  test('listeners of the account hear which kinds changed, when they can be read', () =>
    withStore(open, async (store) => {
      const heard: AccountChange[] = [];
      const seen: Promise<unknown[]>[] = [];
      const stop = store.subscribe(ADA, (change) => {
        heard.push(change);
        seen.push(valuesOf(store));
      });
      const { modSeq } = await store.items.write(ADA, [add('a'), add('b', null, 'other')]);
      await store.items.write(BEN, [add('ben')]);
      stop();
      assert.deepEqual(
        heard.map((change) => ({ ...change, items: [...change.items].sort() })),
        [{ account: ADA, modSeq, mailboxes: [], items: ['note', 'other'] }],
      );
      assert.deepEqual(await seen[0], ['a']);
    }));
}

function racing(open: OpenStore): void {
  test('of two who decide about the same item one wins, and both know', () =>
    withStore(open, async (store) => {
      for (let round = 0; round < 20; round++) {
        const item = await addOne(store, 'waits');
        const decide = (put: string): Promise<unknown> =>
          store.items.write(ADA, [{ kind: 'note', id: item.id, put, ifModSeq: item.modSeq }, add(put, null, 'other')]);
        const settled = await Promise.allSettled([decide('sent'), decide('called back'), decide('third')]);
        const won = settled.flatMap(({ status }, at) => (status === 'fulfilled' ? [['sent', 'called back', 'third'][at]] : []));
        assert.equal(won.length, 1);
        for (const one of settled)
          if (one.status === 'rejected') assert.ok(one.reason instanceof Refusal && one.reason.code === 'changed', String(one.reason));
        assert.equal((await store.items.get(ADA, 'note', [item.id]))[0]!.value, won[0]);
        assert.equal((await valuesOf(store, 'other')).length, round + 1);
      }
      await verifies(store);
    }));

  test('an item that was not changed since then is as it was at any MODSEQ since', () =>
    withStore(open, async (store) => {
      const item = await addOne(store, 'a');
      await addOne(store, 'another');
      const state = await store.items.state(ADA, 'note');
      await store.items.write(ADA, [{ kind: 'note', id: item.id, put: 'b', ifModSeq: state }]);
      await refuses('changed', () => store.items.write(ADA, [{ kind: 'note', id: item.id, put: 'c', ifModSeq: state }]));
      await store.items.write(ADA, [{ kind: 'note', id: item.id, remove: true }]);
      await refuses('changed', () => store.items.write(ADA, [{ kind: 'note', id: item.id, put: 'c', ifModSeq: state + 1 }]));
      await refuses('nonexistent', () => store.items.write(ADA, [{ kind: 'note', id: item.id, put: 'c' }]));
    }));
}

function committing(open: OpenStore): void {
  test('letters and the item are one decision: with one MODSEQ, and known to listeners at once', () =>
    withStore(open, async (store) => {
      const item = await addOne(store, 'waits', 5);
      const heard: AccountChange[] = [];
      store.subscribe(ADA, (change) => heard.push(change));
      const done = await store.commit({
        letters: [await acceptOf(store, 'n', [toInbox(ADA), toInbox(BEN)], { queue: [recipient('x@far.test')] })],
        items: [
          { account: ADA, write: { kind: 'note', id: item.id, put: 'sent', dueAt: null, ifModSeq: item.modSeq } },
          { account: ADA, write: add('trail', null, 'other') },
        ],
      });
      assert.deepEqual(done.items, [item.id, 1]);
      const [after] = await store.items.get(ADA, 'note', [item.id]);
      assert.deepEqual([after!.value, after!.dueAt], ['sent', null]);
      const inbox = await mailboxOf(store, ADA, 'INBOX');
      assert.equal(after!.modSeq, inbox.highestModSeq);
      assert.deepEqual([await uidsOf(store, ADA, 'INBOX'), await uidsOf(store, BEN, 'INBOX')], [[1], [1]]);
      assert.deepEqual(
        heard.map(({ mailboxes, items }) => [mailboxes, [...items].sort()]),
        [[[inbox.id], ['note', 'other']]],
      );
      assert.equal((await store.queue.count()).ready, 1);
      await verifies(store);
    }));

  test('letters whose recipients live elsewhere go with an item of any account, in one decision', () =>
    withStore(open, async (store) => {
      for (const account of [3, 4, 5]) await store.createAccount(account, []);
      for (const account of [ADA, BEN, 3, 4, 5]) {
        const others = [ADA, BEN, 3, 4, 5].filter((other) => other !== account);
        const { ids } = await store.items.write(account, [add('waits')]);
        const work = async (ifModSeq: ModSeq) => ({
          letters: [
            await acceptOf(
              store,
              `from ${account}`,
              others.map((other) => toInbox(other)),
            ),
          ],
          items: [{ account, write: { kind: 'note', id: ids[0]!, remove: true, ifModSeq } as const }],
        });
        const late = await work(0);
        await refuses('changed', () => store.commit(late));
        await store.commit(await work(Number.MAX_SAFE_INTEGER));
        assert.deepEqual(await valuesOf(store, 'note', account), []);
      }
      for (const account of [ADA, BEN, 3, 4, 5]) assert.equal((await store.usage(account)).messages, 4);
      await verifies(store);
    }));

  test('a commit that comes too late for its item places no letter, ends no queue row and writes no journey', () =>
    withStore(open, async (store) => {
      const item = await addOne(store, 'waits');
      await store.commit({ letters: [await acceptOf(store, 'q', [], { queue: [recipient('x@far.test')] })] });
      const [row] = await store.queue.take(5000, 1000, 1, []);
      await store.items.write(ADA, [{ kind: 'note', id: item.id, put: 'called back' }]);
      const before = await everything(store);
      const letters = [await acceptOf(store, 'n', [toInbox(ADA), toInbox(BEN)], { queue: [recipient('y@far.test')] })];
      const events = [{ letter: 'idn', at: 5, station: 'submission', result: 'done', recipient: null, account: null, facts: {} } as const];
      const queue = [{ id: row!.id, leaseEpoch: row!.leaseEpoch, done: 'delivered' } as const];
      const items = [
        { account: ADA, write: add('trail', null, 'other') },
        { account: ADA, write: { kind: 'note', id: item.id, remove: true, ifModSeq: item.modSeq } as const },
      ];
      await refuses('changed', () => store.commit({ letters, events, queue, items }));
      assert.deepEqual(await everything(store), before);
      assert.deepEqual(await store.trace.ofLetter('idn'), []);
      await refuses('cannot', () =>
        store.commit({
          items: [
            { account: ADA, write: add('a') },
            { account: BEN, write: add('b') },
          ],
        }),
      );
      await refuses('nonexistent', () => store.commit({ items: [{ account: 99, write: add('a') }] }));
      assert.deepEqual(await everything(store), before);
      await verifies(store);
    }));
}

/** Numbers that look like chance and can be had again. */
function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
}

function noting(open: OpenStore): void {
  test('a letter is moved and noted in one commit, or neither', () =>
    withStore(open, async (store) => {
      const [inbox, sent] = [await mailboxOf(store, ADA, 'INBOX'), await mailboxOf(store, ADA, 'Sent')];
      await append(store, ADA, inbox.id, 'one');
      const item = await addOne(store, 'a');
      const away = { message: 1, mailboxes: { add: [sent.id], remove: [inbox.id] } };
      const heard: AccountChange[] = [];
      const stop = store.subscribe(ADA, (change) => heard.push(change));
      const { items, modSeq } = await store.reviseNoting(ADA, away, [
        add('b', 5),
        { kind: 'note', id: item.id, put: 'c', ifModSeq: item.modSeq },
      ]);
      stop();
      assert.deepEqual(items, [2, 1]);
      assert.deepEqual(
        heard.map((one) => [one.modSeq, one.items, [...one.mailboxes].sort()]),
        [[modSeq, ['note'], [inbox.id, sent.id].sort()]],
      );
      assert.equal((await store.items.due(5, 1))[0]?.id, 2);
      const before = JSON.stringify(await everything(store));
      const back = { message: 1, mailboxes: { add: [inbox.id], remove: [sent.id] } };
      const keywords = Array.from({ length: 201 }, (_, at) => `k${at}`);
      const drop: ItemWrite = { kind: 'note', id: 2, remove: true };
      await refuses('changed', () => store.reviseNoting(ADA, back, [{ ...drop, id: 1, ifModSeq: item.modSeq }]));
      await refuses('nonexistent', () => store.reviseNoting(ADA, { ...back, message: 4711 }, [drop]));
      await refuses('nonexistent', () => store.reviseNoting(ADA, { message: 1, mailboxes: { set: [4711] } }, [drop]));
      await refuses('cannot', () => store.reviseNoting(ADA, { message: 1, mailboxes: { set: [] } }, [drop]));
      await refuses('limit', () => store.reviseNoting(ADA, { message: 1, flags: { how: 'add', flags: keywords } }, [drop]));
      await refuses('nonexistent', () => store.reviseNoting(4711, back, [drop]));
      assert.equal(JSON.stringify(await everything(store)), before);
      // A letter that is already as it should be is no reason not to note it.
      await store.reviseNoting(ADA, { message: 1 }, [drop]);
      assert.deepEqual(await valuesOf(store), ['c']);
      await verifies(store);
    }));
}

function changing(open: OpenStore): void {
  test('state and changes of a kind nobody has used', () =>
    withStore(open, async (store) => {
      const state = await store.items.state(ADA, 'note');
      assert.deepEqual(await store.items.changes(ADA, 'note', state), { created: [], updated: [], destroyed: [] });
      await store.items.write(ADA, [add('x', null, 'other')]);
      assert.equal(await store.items.state(ADA, 'note'), state);
      assert.equal(await store.items.changes(ADA, 'note', Number.MAX_SAFE_INTEGER), null);
      await refuses('nonexistent', () => store.items.state(99, 'note'));
      await refuses('nonexistent', () => store.items.changes(99, 'note', 1));
    }));

  const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
  test(`whoever knew any state and is told the changes knows how it is now (SEED=${seed})`, () =>
    withStore(open, async (store) => {
      const roll = dice(seed);
      const known = new Map<ModSeq, Map<number, string>>([[await store.items.state(ADA, 'note'), new Map()]]);
      for (let step = 0; step < 60; step++) {
        const there = await store.items.list(ADA, 'note');
        const writes: ItemWrite[] = [];
        const free = [...there];
        for (let count = 1 + roll(4); count > 0; count--) {
          const what = roll(4);
          const [item] = what === 0 || free.length === 0 ? [] : free.splice(roll(free.length), 1);
          if (item === undefined) writes.push(add(`new ${step} ${count}`));
          else if (what === 1) writes.push({ kind: 'note', id: item.id, remove: true });
          else writes.push({ kind: 'note', id: item.id, put: `put ${step} ${count}` });
        }
        if (roll(5) === 0) await store.items.write(ADA, [add('beside', null, 'other')]);
        await store.items.write(ADA, writes);
        const now = await store.items.list(ADA, 'note');
        known.set(await store.items.state(ADA, 'note'), new Map(now.map(({ id, value }) => [id, String(value)])));
      }
      const now = [...known.values()].at(-1)!;
      for (const [since, before] of known) {
        const changes = await store.items.changes(ADA, 'note', since);
        assert.ok(changes !== null);
        const told = new Map(before);
        for (const id of changes.destroyed) assert.ok(told.delete(id), `state ${since}: ${id} is destroyed, but was not there`);
        for (const id of changes.updated) {
          assert.ok(before.has(id) && now.get(id) !== before.get(id), `state ${since}: ${id} is updated`);
          told.set(id, now.get(id)!);
        }
        for (const id of changes.created) {
          assert.ok(!before.has(id), `state ${since}: ${id} is created, but was there`);
          told.set(id, now.get(id)!);
        }
        assert.deepEqual([...told].sort(), [...now].sort(), `state ${since}`);
      }
      await verifies(store);
    }));

  test('changes are told in the order in which they happened', () =>
    withStore(open, async (store) => {
      await store.items.write(ADA, [add('1'), add('2'), add('3'), add('4')]);
      const since = await store.items.state(ADA, 'note');
      for (const id of [3, 1]) await store.items.write(ADA, [{ kind: 'note', id, put: 'x' }]);
      for (const id of [4, 2]) await store.items.write(ADA, [{ kind: 'note', id, remove: true }]);
      for (const value of ['5', '6']) await store.items.write(ADA, [add(value)]);
      await store.items.write(ADA, [{ kind: 'note', id: 5, put: 'later' }]);
      assert.deepEqual(await store.items.changes(ADA, 'note', since), { created: [5, 6], updated: [3, 1], destroyed: [4, 2] });
    }));

  test('when too much has gone, old states are not known any more, and young ones are', () =>
    withStore(open, async (store, { advance }) => {
      if (advance === undefined) return;
      const first = await store.items.state(ADA, 'note');
      const portion = 3000;
      let young = first;
      for (let gone = 0; gone <= keptItemTombstones; gone += portion) {
        const { ids } = await store.items.write(
          ADA,
          Array.from({ length: portion }, () => add(0)),
        );
        young = (
          await store.items.write(
            ADA,
            ids.map((id) => ({ kind: 'note', id, remove: true })),
          )
        ).modSeq;
      }
      advance(keptTombstoneTime + 1000);
      while (await store.upkeep());
      assert.equal(await store.items.changes(ADA, 'note', first), null);
      await store.items.write(ADA, [add('last')]);
      assert.equal((await store.items.changes(ADA, 'note', young))?.created.length, 1);
      await verifies(store);
    }));
}

function coming(open: OpenStore): void {
  test('what is due comes from all accounts, the longest due first, as far as it was asked for', () =>
    withStore(open, async (store) => {
      assert.equal(await store.items.nextDue(), null);
      await store.items.write(ADA, [add('late', 30), add('never'), add('soon', 10)]);
      await store.items.write(BEN, [add('middle', 20), add('far', 1000)]);
      assert.equal(await store.items.nextDue(), 10);
      assert.deepEqual(await store.items.due(9, 10), []);
      assert.deepEqual(
        (await store.items.due(30, 10)).map(({ account, value }) => [account, value]),
        [
          [ADA, 'soon'],
          [BEN, 'middle'],
          [ADA, 'late'],
        ],
      );
      assert.deepEqual(
        (await store.items.due(30, 2)).map(({ value }) => value),
        ['soon', 'middle'],
      );
      await store.items.write(ADA, [
        { kind: 'note', id: 3, put: 'soon', dueAt: null },
        { kind: 'note', id: 1, remove: true },
      ]);
      assert.equal(await store.items.nextDue(), 20);
    }));

  test('who waits for the next hears when one may be due sooner, and no more when he has stopped', () =>
    withStore(open, async (store) => {
      let heard = 0;
      const next: (number | null)[] = [];
      const asked: Promise<unknown>[] = [];
      const stop = store.items.onDue(() => {
        heard++;
        asked.push(store.items.nextDue().then((at) => next.push(at)));
      });
      await store.items.write(ADA, [add('never')]);
      assert.equal(heard, 0);
      await store.items.write(ADA, [add('a', 50)]);
      await store.items.write(ADA, [{ kind: 'note', id: 1, put: 'now', dueAt: 40 }]);
      await store.commit({ items: [{ account: BEN, write: add('b', 30) }] });
      await Promise.all(asked);
      assert.deepEqual([heard, next], [3, [50, 40, 30]]);
      stop();
      await store.items.write(ADA, [add('c', 1)]);
      assert.equal(heard, 3);
    }));
}

function bounds(open: OpenStore): void {
  test('a value has 256 KiB at most, counted in octets', () =>
    withStore(open, async (store) => {
      await store.items.write(ADA, [add('x'.repeat(itemOctetsMax - 2))]);
      await refuses('too-big', () => store.items.write(ADA, [add('x'.repeat(itemOctetsMax - 1))]));
      await store.items.write(ADA, [add('あ'.repeat(Math.floor((itemOctetsMax - 2) / 3)))]);
      await refuses('too-big', () => store.items.write(ADA, [add('あ'.repeat(Math.floor(itemOctetsMax / 3)))]));
      await refuses('too-big', () =>
        store.commit({ items: [{ account: ADA, write: { kind: 'note', id: 1, put: 'x'.repeat(itemOctetsMax) } }] }),
      );
    }));

  test('a kind has 10,000 items at most, others beside it', () =>
    withStore(open, async (store) => {
      await store.items.write(
        ADA,
        Array.from({ length: itemsMax }, (_, at) => add(at)),
      );
      await refuses('limit', () => store.items.write(ADA, [add('one more')]));
      await store.items.write(ADA, [add('other', null, 'other')]);
      await store.items.write(ADA, [{ kind: 'note', id: 1, remove: true }, add('in its place')]);
      assert.equal((await store.items.list(ADA, 'note')).length, itemsMax);
      assert.deepEqual(
        [await store.items.count(ADA, 'note'), await store.items.count(ADA, 'other'), await store.items.count(BEN, 'note')],
        [itemsMax, 1, 0],
      );
      await verifies(store);
    }));
}
