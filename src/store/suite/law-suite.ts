// The store suite: what must hold while many work at once. UID and MODSEQ laws (reliability D-10, D-11), listeners, snapshots.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AccountChange, MailStore, ModSeq, Uid } from '../contract.ts';
import type { MailboxState } from '../mailbox-state.ts';
import { ADA, BEN, acceptOf, append, lettersIn, mailboxOf, toInbox, uidsOf, verifies, withStore, type OpenStore } from './stand-suite.ts';

export function lawSuite(open: OpenStore): void {
  concurrency(open);
  listening(open);
  snapshots(open);
}

/** Looks at a mailbox again and again; a UID or MODSEQ that comes late is a fault. */
class Watcher {
  readonly faults: string[] = [];
  #known = new Map<Uid, ModSeq>();
  #uidNext: Uid = 1;
  #modSeq: ModSeq = 0;

  look(state: MailboxState): void {
    const now = new Map<Uid, ModSeq>();
    for (let at = 0; at < state.count; at++) now.set(state.uids[at]!, state.modSeqs[at]!);
    for (const [uid, modSeq] of now) {
      const before = this.#known.get(uid);
      if (before === undefined && uid < this.#uidNext) this.faults.push(`UID ${uid} came after UIDNEXT ${this.#uidNext} was told`);
      if (before !== modSeq && modSeq <= this.#modSeq)
        this.faults.push(`UID ${uid} changed at MODSEQ ${modSeq} after ${this.#modSeq} was told`);
    }
    if (state.uidNext < this.#uidNext) this.faults.push(`UIDNEXT went from ${this.#uidNext} to ${state.uidNext}`);
    if (state.highestModSeq < this.#modSeq) this.faults.push(`HIGHESTMODSEQ went from ${this.#modSeq} to ${state.highestModSeq}`);
    for (const [uid, modSeq] of now) {
      if (uid >= state.uidNext) this.faults.push(`UID ${uid} is not below UIDNEXT ${state.uidNext}`);
      if (modSeq > state.highestModSeq) this.faults.push(`UID ${uid} has MODSEQ ${modSeq} above HIGHESTMODSEQ ${state.highestModSeq}`);
    }
    this.#known = now;
    this.#uidNext = state.uidNext;
    this.#modSeq = state.highestModSeq;
  }
}

function concurrency(open: OpenStore): void {
  test('16 parallel deliveries: no watcher ever sees a late UID or MODSEQ, every letter is there once', () =>
    withStore(open, async (store) => {
      const { id } = await mailboxOf(store, ADA, 'INBOX');
      const state = await store.openMailbox(ADA, id);
      const watchers = [new Watcher(), new Watcher()];
      state.listen(() => watchers[0]!.look(state));
      const work = { ended: false };
      const watching = (async () => {
        while (!work.ended) {
          watchers[1]!.look(state);
          const told = await mailboxOf(store, ADA, 'INBOX');
          assert.ok(told.highestModSeq <= state.highestModSeq && told.uidNext <= state.uidNext);
          await nextTurn();
        }
      })();
      const uids: Uid[] = [];
      const deliver = async (deliverer: number): Promise<void> => {
        for (let letter = 0; letter < 12; letter++) {
          const name = `d${deliverer}n${letter}`;
          if (letter % 3 === 0) {
            uids.push(...(await append(store, ADA, id, name)));
          } else {
            const { letters } = await store.commit({ letters: [await acceptOf(store, name, [toInbox(ADA), toInbox(BEN)])] });
            const { uid } = letters[0]!.placed[0]!;
            uids.push(uid);
            assert.ok(state.indexOf(uid) >= 0, 'a letter that was told can be read');
            await store.setFlags(ADA, id, [uid], { how: 'add', flags: ['\\Seen'] });
          }
        }
      };
      await Promise.all(Array.from({ length: 16 }, (_, deliverer) => deliver(deliverer)));
      work.ended = true;
      await watching;
      for (const watcher of watchers) assert.deepEqual(watcher.faults, []);
      assert.equal(uids.length, 192);
      assert.deepEqual(
        await uidsOf(store, ADA, 'INBOX'),
        uids.sort((a, b) => a - b),
      );
      const subjects = (await lettersIn(store, ADA, 'INBOX')).map(({ subject }) => subject);
      assert.equal(new Set(subjects).size, 192);
      state.release();
      await verifies(store);
    }));

  test('each writing call of one account has a MODSEQ of its own', () =>
    withStore(open, async (store) => {
      const { id } = await mailboxOf(store, ADA, 'INBOX');
      await append(store, ADA, id, ...Array.from({ length: 20 }, (_, at) => `n${at}`));
      const results = await Promise.all(
        Array.from({ length: 20 }, (_, at) => store.setFlags(ADA, id, [at + 1], { how: 'add', flags: ['\\Seen'] })),
      );
      assert.equal(new Set(results.map(({ modSeq }) => modSeq)).size, 20);
      const letters = await lettersIn(store, ADA, 'INBOX');
      assert.deepEqual(
        letters.map(({ modSeq }) => modSeq),
        results.map(({ modSeq }) => modSeq),
      );
    }));

  test('many moving, flagging and expunging the same letters at once leave each letter in one place', () =>
    withStore(open, async (store) => {
      const [inbox, trash] = [(await mailboxOf(store, ADA, 'INBOX')).id, (await mailboxOf(store, ADA, 'Trash')).id];
      const uids = await append(store, ADA, inbox, ...Array.from({ length: 30 }, (_, at) => `n${at}`));
      const moves = Array.from({ length: 4 }, () => store.copy(ADA, inbox, uids.slice(0, 20), trash, { move: true, quota: null }));
      const flags = Array.from({ length: 4 }, () => store.setFlags(ADA, inbox, uids, { how: 'add', flags: ['\\Flagged'] }));
      const expunged = await Promise.all([
        store.expunge(ADA, inbox, uids.slice(15), false),
        store.expunge(ADA, inbox, uids.slice(15), false),
      ]);
      const moved = await Promise.all(moves);
      await Promise.all(flags);
      assert.equal(moved.flatMap(({ from }) => from).length + expunged.flatMap((one) => one.uids).length, 30);
      assert.deepEqual(await uidsOf(store, ADA, 'INBOX'), []);
      assert.equal((await store.usage(ADA)).messages, moved.flatMap(({ to }) => to).length);
      await verifies(store);
    }));

  test('a mailbox deleted while letters go into it: each letter is refused or rests', () =>
    withStore(open, async (store) => {
      const made = await store.createMailbox(ADA, 'Work', null);
      const outcomes = await Promise.allSettled([
        append(store, ADA, made.id, 'a'),
        append(store, ADA, made.id, 'b'),
        store.deleteMailbox(ADA, made.id),
        append(store, ADA, made.id, 'c'),
      ]);
      const stored = outcomes.filter(({ status }) => status === 'fulfilled').length - 1;
      assert.equal(outcomes[2]!.status, 'fulfilled');
      assert.equal((await store.resting(ADA, 10)).length, stored);
      assert.equal((await store.usage(ADA)).messages, 0);
      await verifies(store);
    }));

  test('the same mailbox name made twice at once is made once', () =>
    withStore(open, async (store) => {
      const outcomes = await Promise.allSettled(Array.from({ length: 4 }, () => store.createMailbox(ADA, 'Same', null)));
      assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
      assert.equal((await store.mailboxes(ADA)).filter(({ name }) => name === 'Same').length, 1);
    }));
}

function listening(open: OpenStore): void {
  const works: readonly (readonly [string, (store: MailStore, inbox: number, trash: number) => Promise<unknown>, readonly string[]])[] = [
    ['append', (store, inbox) => append(store, ADA, inbox, 'new'), ['INBOX']],
    ['a delivery', async (store) => store.commit({ letters: [await acceptOf(store, 'new', [toInbox(ADA)])] }), ['INBOX']],
    ['setFlags', (store, inbox) => store.setFlags(ADA, inbox, [1], { how: 'add', flags: ['\\Seen'] }), ['INBOX']],
    ['expunge', (store, inbox) => store.expunge(ADA, inbox, [1], false), ['INBOX']],
    ['copy', (store, inbox, trash) => store.copy(ADA, inbox, [1], trash, { move: false, quota: null }), ['Trash']],
    ['move', (store, inbox, trash) => store.copy(ADA, inbox, [1], trash, { move: true, quota: null }), ['INBOX', 'Trash']],
  ];
  for (const [name, work, changed] of works) {
    test(`${name} is heard once, after it can be read`, () =>
      withStore(open, async (store) => {
        const [inbox, trash] = [(await mailboxOf(store, ADA, 'INBOX')).id, (await mailboxOf(store, ADA, 'Trash')).id];
        await append(store, ADA, inbox, 'one', 'two');
        const open = { INBOX: await store.openMailbox(ADA, inbox), Trash: await store.openMailbox(ADA, trash) };
        const heard: AccountChange[] = [];
        const seen: Promise<unknown>[] = [];
        const stop = store.subscribe(ADA, (change) => {
          heard.push(change);
          for (const state of Object.values(open)) {
            if (!change.mailboxes.includes(state.mailbox)) continue;
            assert.equal(state.highestModSeq, change.modSeq);
            seen.push(
              store
                .readFacts(ADA, state.messages.slice(0, state.count), ['subject'])
                .then(({ subject }) => assert.ok(!subject.includes(undefined))),
            );
          }
        });
        const stopOther = store.subscribe(BEN, () => assert.fail('another account heard of it'));
        await work(store, inbox, trash);
        await Promise.all(seen);
        assert.equal(heard.length, 1);
        assert.equal(heard[0]!.account, ADA);
        const names = (await store.mailboxes(ADA)).filter(({ id }) => heard[0]!.mailboxes.includes(id)).map((mailbox) => mailbox.name);
        assert.deepEqual(names, changed);
        stop();
        stopOther();
        await append(store, ADA, inbox, 'three');
        assert.equal(heard.length, 1);
        for (const state of Object.values(open)) state.release();
      }));
  }

  test('a call that changes nothing is not heard', () =>
    withStore(open, async (store) => {
      const { id } = await mailboxOf(store, ADA, 'INBOX');
      await append(store, ADA, id, 'one');
      const stop = store.subscribe(ADA, () => assert.fail('nothing has changed'));
      await store.setFlags(ADA, id, [1], { how: 'remove', flags: ['\\Seen'] });
      await store.setFlags(ADA, id, [9], { how: 'add', flags: ['\\Seen'] });
      await store.expunge(ADA, id, null, true);
      await store.copy(ADA, id, [9], id, { move: true, quota: null });
      stop();
    }));

  test('mailboxes made, renamed and removed are heard of', () =>
    withStore(open, async (store) => {
      let heard = 0;
      const stop = store.subscribe(ADA, () => heard++);
      const { id } = await store.createMailbox(ADA, 'a', null);
      assert.equal(heard, 1);
      await store.renameMailbox(ADA, id, 'b');
      assert.equal(heard, 2);
      await store.deleteMailbox(ADA, id);
      assert.equal(heard, 3);
      stop();
    }));
}

function snapshots(open: OpenStore): void {
  test('arrays kept with their count stay a picture of that time', () =>
    withStore(open, async (store) => {
      const { id } = await mailboxOf(store, ADA, 'INBOX');
      await append(store, ADA, id, 'a', 'b', 'c');
      const state = await store.openMailbox(ADA, id);
      const { uids, messages, count } = state;
      const before = [[...uids.subarray(0, count)], [...messages.subarray(0, count)]];
      await append(store, ADA, id, 'd');
      await store.expunge(ADA, id, [1, 2], false);
      await append(store, ADA, id, 'e', 'f');
      assert.deepEqual([[...uids.subarray(0, count)], [...messages.subarray(0, count)]], before);
      assert.deepEqual([...state.uids.subarray(0, state.count)], [3, 4, 5, 6]);
      state.release();
    }));

  test('changedSince and expungedSince of an open mailbox tell what happened since', () =>
    withStore(open, async (store) => {
      const { id } = await mailboxOf(store, ADA, 'INBOX');
      await append(store, ADA, id, 'a', 'b', 'c', 'd');
      const state = await store.openMailbox(ADA, id);
      const since = state.highestModSeq;
      assert.deepEqual([[...state.changedSince(since)], [...state.expungedSince(since)!]], [[], []]);
      await store.setFlags(ADA, id, [3], { how: 'add', flags: ['\\Seen'] });
      await store.expunge(ADA, id, [2], false);
      await append(store, ADA, id, 'e');
      assert.deepEqual(
        [...state.changedSince(since)].map((at) => state.uids[at]),
        [3, 5],
      );
      assert.deepEqual([...state.expungedSince(since)!], [2]);
      assert.deepEqual([state.unseen, state.deleted, state.flagsAt(state.indexOf(3)).text], [3, 0, '(\\Seen)']);
      state.release();
    }));
}
