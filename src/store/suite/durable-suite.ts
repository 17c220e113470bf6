// The store suite: what outlives the store, and that each writing call is whole or not at all wherever it is interrupted.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Unavailable } from '../../base/trouble.ts';
import type { MailStore } from '../contract.ts';
import { checkShelf } from './shelf-picture-suite.ts';
import {
  ADA,
  BEN,
  acceptOf,
  append,
  isUnavailable,
  letterOf,
  mailboxOf,
  makeAccount,
  recipient,
  toInbox,
  uidsOf,
  verifies,
  wholePicture,
  withStore,
  type OpenStore,
} from './stand-suite.ts';
import { stride } from '../../../test/support/depth.ts';

export function durableSuite(open: OpenStore): void {
  closing(open);
  reopening(open);
  faults(open);
}

function closing(open: OpenStore): void {
  test('a closed store answers that it is not there', () =>
    withStore(open, async (store) => {
      const letter = await letterOf(store, 'late');
      await store.close();
      await isUnavailable(() => store.append(ADA, 1, [letter], null));
      await isUnavailable(async () => store.commit({}));
      assert.throws(() => store.checkRoom(1), Unavailable);
      await store.close();
    }));

  test('what was asked before close is done', () =>
    withStore(open, async (store, { reopen }) => {
      if (reopen === undefined) return;
      const { id } = await mailboxOf(store, ADA, 'INBOX');
      const letters = await Promise.all(['a', 'b', 'c'].map((name) => letterOf(store, name)));
      const appended = Promise.allSettled(letters.map((letter) => store.append(ADA, id, [letter], null)));
      await store.close();
      const done = (await appended).filter(({ status }) => status === 'fulfilled').length;
      assert.equal((await uidsOf(await reopen(), ADA, 'INBOX')).length, done);
    }));
}

/** A little of everything. */
async function fill(store: MailStore): Promise<void> {
  const { id } = await mailboxOf(store, ADA, 'INBOX');
  await store.append(
    ADA,
    id,
    [await letterOf(store, 'a', ['\\Seen', 'Kw']), await letterOf(store, 'b'), await letterOf(store, 'c', ['\\Deleted'])],
    null,
  );
  const work = await store.createMailbox(ADA, 'Work', 'archive');
  await store.copy(ADA, id, [1, 2], work.id, { move: false, quota: null });
  await store.expunge(ADA, id, null, true);
  await store.setFlags(ADA, id, [2], { how: 'add', flags: ['\\Flagged', 'Other'] });
  await store.setSubscribed(ADA, 'Nowhere', true);
  const letter = await acceptOf(store, 'd', [toInbox(ADA, 'key-1'), toInbox(BEN, 'key-2')], {
    resentUntil: Number.MAX_SAFE_INTEGER,
    queue: [recipient('x@far.test'), recipient('y@far.test', 9000)],
  });
  await store.commit({
    letters: [letter],
    events: [{ letter: 'idd', at: 5, station: 'reception', result: 'done', recipient: null, account: null, facts: { peer: 'p' } }],
  });
}

function reopening(open: OpenStore): void {
  test('everything is there after closing and opening again', () =>
    withStore(open, async (store, { reopen }) => {
      if (reopen === undefined) return;
      await fill(store);
      const before = await wholePicture(store);
      const mailboxes = await store.mailboxes(ADA);
      const { id } = await mailboxOf(store, ADA, 'INBOX');
      const vanished = await store.vanishedSince(ADA, id, 0);
      const trace = await store.trace.ofLetter('idd');
      const again = await reopen();
      assert.deepEqual(await wholePicture(again), before);
      assert.deepEqual(await again.mailboxes(ADA), mailboxes);
      assert.deepEqual(await again.vanishedSince(ADA, id, 0), vanished);
      assert.deepEqual(await again.trace.ofLetter('idd'), trace);
      const state = await again.openMailbox(ADA, id);
      assert.deepEqual([...state.keywords].sort(), ['Kw', 'Other']);
      state.release();
      await verifies(again);
    }));

  test('UIDs, ids, MODSEQs, keys and leases go on where they were', () =>
    withStore(open, async (store, { reopen }) => {
      if (reopen === undefined) return;
      await fill(store);
      const { id, highestModSeq } = await mailboxOf(store, ADA, 'INBOX');
      await store.expunge(ADA, id, [4], false);
      const [taken] = await store.queue.take(2000, 1000, 1, []);
      const removed = await store.createMailbox(ADA, 'Gone', null);
      await store.deleteMailbox(ADA, removed.id);
      const again = await reopen();
      assert.deepEqual(await append(again, ADA, id, 'e'), [5]);
      assert.ok((await mailboxOf(again, ADA, 'INBOX')).highestModSeq > highestModSeq);
      const made = await again.createMailbox(ADA, 'Gone', null);
      assert.ok(made.id > removed.id && made.uidValidity > removed.uidValidity);
      await again.commit({ letters: [await acceptOf(again, 'x', [toInbox(ADA, 'key-1')])] });
      assert.deepEqual(await uidsOf(again, ADA, 'INBOX'), [1, 2, 5]);
      const more = {
        letter: 'later',
        resentUntil: Number.MAX_SAFE_INTEGER,
        queue: [recipient('x@far.test'), recipient('y@far.test', 9000)],
      };
      const resent = await again.commit({ letters: [await acceptOf(again, 'd', [toInbox(ADA), toInbox(BEN)], more)] });
      assert.deepEqual([resent.letters[0]!.resent, resent.letters[0]!.letter], [true, 'idd']);
      assert.deepEqual(await again.queue.take(2500, 1000, 10, []), []);
      await again.commit({ queue: [{ id: taken!.id, leaseEpoch: taken!.leaseEpoch, done: 'delivered' }] });
      assert.deepEqual(await again.queue.count(), { ready: 1, held: 0, letters: 1 });
      await verifies(again);
    }));
}

/** Every writing call, on a store made by `fill`. */
const works: readonly (readonly [string, (store: MailStore) => Promise<unknown>])[] = [
  ['createAccount', (store) => makeAccount(store, 3)],
  ['removeAccount', (store) => store.removeAccount(BEN)],
  ['createMailbox', (store) => store.createMailbox(ADA, 'New', 'junk')],
  ['renameMailbox', async (store) => store.renameMailbox(ADA, (await mailboxOf(store, ADA, 'Work')).id, 'Other')],
  ['renaming INBOX', async (store) => store.renameMailbox(ADA, (await mailboxOf(store, ADA, 'INBOX')).id, 'Old')],
  ['deleteMailbox', async (store) => store.deleteMailbox(ADA, (await mailboxOf(store, ADA, 'Work')).id)],
  ['setSubscribed', (store) => store.setSubscribed(ADA, 'Nowhere', false)],
  [
    'append',
    async (store) => {
      const letters = [await letterOf(store, 'n1', ['New']), await letterOf(store, 'n2')];
      return store.append(ADA, (await mailboxOf(store, ADA, 'INBOX')).id, letters, 100_000);
    },
  ],
  [
    'commit',
    async (store) => {
      const [row] = await store.queue.list({ domain: 'far.test', limit: 1 });
      const letters = [
        await acceptOf(store, 'n1', [toInbox(ADA, 'key-9'), toInbox(BEN)], { queue: [recipient('z@far.test')] }),
        await acceptOf(store, 'n2', [toInbox(BEN)], { resentUntil: Number.MAX_SAFE_INTEGER }),
      ];
      return store.commit({ letters, queue: [{ id: row!.id, leaseEpoch: row!.leaseEpoch, done: 'delivered' }] });
    },
  ],
  [
    'setFlags',
    async (store) =>
      store.setFlags(ADA, (await mailboxOf(store, ADA, 'INBOX')).id, [1, 2, 4], { how: 'add', flags: ['\\Answered', 'Fresh'] }),
  ],
  [
    'setFlags \\Deleted',
    async (store) => store.setFlags(ADA, (await mailboxOf(store, ADA, 'INBOX')).id, [1, 4], { how: 'replace', flags: ['\\Deleted'] }),
  ],
  ['revise', async (store) => reviseAll(store)],
  [
    'addLetters',
    async (store) => {
      const mailboxes = [(await mailboxOf(store, ADA, 'INBOX')).id, (await mailboxOf(store, ADA, 'Work')).id];
      const letters = [await letterOf(store, 'n1', ['New']), await letterOf(store, 'n2')];
      return store.addLetters(
        ADA,
        letters.map((letter) => ({ ...letter, mailboxes })),
        100_000,
      );
    },
  ],
  [
    'reviseMailbox',
    async (store) => {
      const { id } = await mailboxOf(store, ADA, 'Work');
      return store.reviseMailbox(ADA, id, { name: 'Other', role: 'junk', subscribed: true, sortOrder: 3 });
    },
  ],
  ['expunge', async (store) => store.expunge(ADA, (await mailboxOf(store, ADA, 'INBOX')).id, null, false)],
  ['copy', async (store) => copyAll(store, false)],
  ['move', async (store) => copyAll(store, true)],
  [
    'restore',
    async (store) =>
      store.restore(
        ADA,
        (await store.resting(ADA, 10)).map(({ id }) => id),
      ),
  ],
  ['queue.hold', async (store) => store.queue.hold((await store.queue.list({ limit: 10 })).map(({ id }) => id))],
  ['queue.remove', async (store) => store.queue.remove((await store.queue.list({ limit: 10 })).map(({ id }) => id))],
];

async function reviseAll(store: MailStore): Promise<unknown> {
  const [inbox, work] = [await mailboxOf(store, ADA, 'INBOX'), await mailboxOf(store, ADA, 'Work')];
  const state = await store.openMailbox(ADA, inbox.id);
  const [one, two, three] = Array.from(state.messages.subarray(0, state.count)) as [number, number, number];
  state.release();
  const revisions = [
    { message: three, mailboxes: { set: [work.id] }, flags: { how: 'add' as const, flags: ['\\Seen', 'Fresh'] } },
    { message: one, destroy: true },
    { message: two, mailboxes: { add: [], remove: [work.id] }, flags: { how: 'remove' as const, flags: ['\\Flagged'] } },
  ];
  return store.revise(ADA, revisions, null);
}

async function copyAll(store: MailStore, move: boolean): Promise<unknown> {
  const [from, to] = [await mailboxOf(store, ADA, 'INBOX'), await mailboxOf(store, ADA, 'Sent')];
  return store.copy(ADA, from.id, [1, 2, 4], to.id, { move, quota: null });
}

/** No call needs more statements than this on the letters of `fill`; beyond it the fault is never met. */
const statementsAtMost = 400;

function faults(open: OpenStore): void {
  for (const [name, work] of works) {
    test(`${name} is whole or not at all, whichever statement fails`, async () => {
      let wanted: unknown;
      await withStore(open, async (store) => {
        await fill(store);
        await work(store);
        wanted = await wholePicture(store);
      });
      for (let n = 1; n < statementsAtMost && (await failedAt(open, work, n, wanted)); n += stride(7));
    });
  }
}

/** Does the work with a fault at the n-th statement and looks at what is left. False when the fault was not met. */
async function failedAt(open: OpenStore, work: (store: MailStore) => Promise<unknown>, n: number, wanted: unknown): Promise<boolean> {
  let outcome: 'done' | 'not' | 'unknown' = 'done';
  await withStore(open, async (store, { failAt, reopen }) => {
    if (failAt === undefined) return;
    await fill(store);
    const before = await wholePicture(store);
    const shelf = await store.openShelf(ADA);
    failAt(n);
    try {
      await work(store);
    } catch (trouble) {
      assert.ok(trouble instanceof Unavailable, `statement ${n}: ${String(trouble)}`);
      outcome = trouble.code === 'unknown-outcome' ? 'unknown' : 'not';
    }
    failAt(0);
    if (outcome !== 'unknown') await checkShelf(store, ADA);
    shelf.release();
    const after = reopen === undefined ? store : await reopen();
    const found = await wholePicture(after);
    if (outcome === 'done') assert.deepEqual(found, wanted, `statement ${n}`);
    else if (outcome === 'not') assert.deepEqual(found, before, `statement ${n}`);
    else
      assert.ok(
        [before, wanted].some((one) => JSON.stringify(one) === JSON.stringify(found)),
        `statement ${n}: ${JSON.stringify(found)}`,
      );
    await checkShelf(after, ADA);
    await verifies(after);
  });
  return outcome !== 'done';
}
