// The store suite: items and uploads when something breaks. Each work is whole or not at all, and what was kept outlives the store.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Unavailable } from '../../base/trouble.ts';
import type { MailStore } from '../contract.ts';
import { add, everything } from './items-suite.ts';
import { ADA, acceptOf, append, mailboxOf, recipient, spoolOf, toInbox, verifies, withStore, type OpenStore } from './stand-suite.ts';

const works: readonly (readonly [string, (store: MailStore) => Promise<unknown>])[] = [
  [
    'items.write',
    (store) =>
      store.items.write(ADA, [
        add('new', 8),
        { kind: 'note', id: 1, put: 'changed', dueAt: 9 },
        { kind: 'note', id: 2, remove: true },
        add('o', null, 'other'),
      ]),
  ],
  [
    'commit of a letter with an item',
    async (store) =>
      store.commit({
        letters: [await acceptOf(store, 'n', [toInbox(ADA)], { queue: [recipient('z@far.test')] })],
        items: [{ account: ADA, write: { kind: 'note', id: 1, remove: true, ifModSeq: 1_000_000 } }],
      }),
  ],
  [
    'reviseNoting',
    async (store) => {
      const mailboxes = { add: [(await mailboxOf(store, ADA, 'Sent')).id], remove: [(await mailboxOf(store, ADA, 'INBOX')).id] };
      return store.reviseNoting(ADA, { message: 1, mailboxes, flags: { how: 'add', flags: ['Kw'] } }, [
        add('away', 8),
        { kind: 'note', id: 2, remove: true },
      ]);
    },
  ],
  ['uploads.add', async (store) => store.uploads.add(ADA, await spoolOf(store, 'another'), 'text/plain')],
  ['uploads.remove', (store) => store.uploads.remove(ADA, 1)],
  ['removeAccount', (store) => store.removeAccount(ADA)],
];

async function prepare(store: MailStore): Promise<void> {
  await append(store, ADA, (await mailboxOf(store, ADA, 'INBOX')).id, 'one');
  await store.items.write(ADA, [add('a', 5), add('b')]);
  await store.uploads.add(ADA, await spoolOf(store, 'octets'), 'text/plain');
}

export function itemFaultsSuite(open: OpenStore): void {
  test('items and uploads outlive the store, with their states, numbers and due times', () =>
    withStore(open, async (store, { reopen }) => {
      if (reopen === undefined) return;
      await store.items.write(ADA, [add('a', 7), add('b')]);
      const since = await store.items.state(ADA, 'note');
      await store.items.write(ADA, [{ kind: 'note', id: 2, remove: true }]);
      await store.uploads.add(ADA, await spoolOf(store, 'octets'), 'text/plain');
      const state = await store.items.state(ADA, 'note');
      const before = await everything(store);
      const again = await reopen();
      assert.deepEqual(await everything(again), before);
      assert.equal(await again.items.state(ADA, 'note'), state);
      assert.deepEqual(await again.items.changes(ADA, 'note', since), { created: [], updated: [], destroyed: [2] });
      assert.equal(await again.items.nextDue(), 7);
      assert.deepEqual((await again.items.write(ADA, [add('c')])).ids, [3]);
      assert.equal((await again.uploads.add(ADA, await spoolOf(again, 'more'), 'text/plain')).id, 2);
      await verifies(again);
    }));

  for (const [name, work] of works) {
    test(`${name} is whole or not at all, whichever statement fails`, async () => {
      let wanted: unknown;
      await withStore(open, async (store) => {
        await prepare(store);
        await work(store);
        wanted = await everything(store);
      });
      let met = 0;
      for (let n = 1, over = false; !over; n++) {
        await withStore(open, async (store, { failAt, reopen }) => {
          over = failAt === undefined;
          if (failAt === undefined) return;
          await prepare(store);
          const before = await everything(store);
          failAt(n);
          let outcome = 'done';
          try {
            await work(store);
          } catch (trouble) {
            assert.ok(trouble instanceof Unavailable, `statement ${n}: ${String(trouble)}`);
            outcome = trouble.code;
          }
          failAt(0);
          if (outcome !== 'done') met++;
          // While a file is on its way to the disk the writer rests, and what it does then uses up statements too: the call's own come later.
          over = outcome === 'done' && (met > 3 || n >= 30);
          const after = reopen === undefined ? store : await reopen();
          const found = JSON.stringify(await everything(after));
          const right = outcome === 'done' ? [wanted] : outcome === 'unknown-outcome' ? [before, wanted] : [before];
          assert.ok(
            right.some((one) => JSON.stringify(one) === found),
            `statement ${n}: ${outcome}, ${found}`,
          );
          await verifies(after);
        });
        assert.ok(n < 200);
      }
      await withStore(open, async (_, { failAt }) => assert.ok(failAt === undefined || met > 3, `only ${met} statements failed`));
    });
  }
}
