// Letters under way, as the one who sent them is told of them: all of one's own, and none whose journey would not be shown.
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { bytesFromUtf8, noBytes } from '../base/bytes.ts';
import { openAddressBook } from '../journey/account/addresses.ts';
import type { AcceptLetter, AccountId } from '../store/contract.ts';
import { openMemoryDirectory } from '../store/memory/directory.ts';
import { openMemoryStore } from '../store/memory/store.ts';
import { waitingDomain, type QueueRecipient } from '../store/queue-contract.ts';
import { outsideRow } from '../../test/support/outside-row.ts';
import { openJourneyDesk } from './own-capability-journey.ts';

let world: Awaited<ReturnType<typeof openWorld>>;
beforeEach(async () => void (world = await openWorld()));

async function openWorld() {
  let sent = 0;
  const clock = { now: () => sent, monotonic: () => 0, after: () => () => {} };
  const store = openMemoryStore({ clock, chance: { bytes: (length) => new Uint8Array(length), fraction: () => 0.5 } });
  const directory = openMemoryDirectory();
  await directory.putDomain({ name: 'here.test', catchAll: null, subaddress: '+' });
  const add = async (name: string): Promise<AccountId> => {
    const rest = { name, passwordHash: '', scram: {}, quota: null, createdAt: 0, closedAt: null };
    return (await directory.addAccount({ address: `${name}@here.test`, ...rest })).id;
  };
  const [hanako, taro] = [await add('hanako'), await add('taro')];
  await directory.putAlias({ address: 'shop@here.test', targets: ['hanako@here.test', 'taro@here.test'] });
  const outside = (await directory.addOutsideAccount(outsideRow(hanako, 'hanako@provider.test'), noBytes)).id;
  const desk = openJourneyDesk({ store, directory, addresses: openAddressBook(directory) });
  const rowsRead: QueueRecipient[] = [];
  const { list } = store.queue;
  store.queue.list = async (filter) => {
    const rows = await list.call(store.queue, filter);
    rowsRead.push(...rows);
    return rows;
  };
  return {
    hanako,
    taro,
    outside,
    desk,
    rowsRead,
    /** A letter that waits; `by`: who handed it in, null: nothing is written down about it. */
    async send(letter: string, reversePath: string, by: AccountId | null, more: { via?: AccountId; domain?: string; rows?: number } = {}) {
      const { via = null, domain = 'far.test', rows = 1 } = more;
      const spool = store.spool(1000);
      await spool.add(bytesFromUtf8('Subject: x\r\n\r\n'));
      const row = { domain, dueAt: 0, expiresAt: 1e15, notify: [], originalRecipient: null, via };
      const queue = Array.from({ length: rows }, (_, at) => ({ ...row, recipient: `${at}@far.test` }));
      const accepted: AcceptLetter = { letter, spool, prefix: noBytes(), receivedAt: ++sent, reversePath, placements: [], queue };
      const told = { letter, at: 0, station: 'submission', result: 'done', recipient: null, account: by, facts: {} } as const;
      await store.commit({ letters: [accepted], events: by === null ? [] : [told] });
    },
    /** What is told to be under way can be looked at, as a letter that is. */
    async underWay(account: AccountId, seenBy: readonly AccountId[] = [account], limit = 500) {
      const letters = await desk.underWay(account, limit);
      for (const letter of letters) {
        const journey = await desk.look(seenBy, letter, 'en');
        assert.deepEqual([journey?.['direction'], journey?.['state']], ['sent', 'underWay'], letter);
      }
      return letters;
    },
  };
}

test('letters of one’s own addresses, subaddresses and aliases, newest first, and of no one else', async () => {
  const { hanako, taro } = world;
  await world.send('one', 'hanako@here.test', hanako);
  await world.send('two', 'Hanako+books@here.test', hanako);
  await world.send('three', 'shop@here.test', hanako);
  await world.send('theirs', 'taro@here.test', taro);
  await world.send('report', '', null);
  assert.deepEqual(await world.underWay(hanako), ['three', 'two', 'one']);
  assert.deepEqual(await world.underWay(taro), ['theirs']);
});

test('a letter that is held for its hour has no journey yet, and takes no place from those that have', async () => {
  const { hanako } = world;
  await world.send('one', 'hanako@here.test', hanako);
  for (const held of ['held1', 'held2', 'held3']) await world.send(held, 'hanako@here.test', null, { domain: waitingDomain });
  assert.deepEqual(await world.underWay(hanako, [hanako], 2), ['one']);
});

test('of an address that two people have, each is told of the letters that they wrote', async () => {
  const { hanako, taro } = world;
  await world.send('hers', 'shop@here.test', hanako);
  await world.send('his', 'shop@here.test', taro);
  assert.deepEqual(await world.underWay(hanako), ['hers']);
  assert.deepEqual(await world.underWay(taro), ['his']);
});

test('many thousand rows of others are neither read nor in the way', async () => {
  const { hanako, taro } = world;
  await world.send('many', 'taro@here.test', taro, { rows: 10_001 });
  await world.send('one', 'hanako@here.test', hanako);
  assert.deepEqual(await world.underWay(hanako), ['one']);
  assert.ok(world.rowsRead.every(({ reversePath }) => reversePath === 'hanako@here.test'));
});

test('letters of an account at another provider are those that it carries, whoever of the two handed them in', async () => {
  const { hanako, outside } = world;
  await world.send('own', 'hanako@here.test', hanako);
  await world.send('person', 'hanako@provider.test', hanako, { via: outside });
  await world.send('itself', 'hanako@provider.test', outside, { via: outside });
  assert.deepEqual(await world.underWay(outside, [hanako, outside]), ['itself', 'person']);
});
