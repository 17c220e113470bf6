// Whose shelves are ready after a start: of those who were here lately, the last one first, and as many letters as are kept.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FalseClock } from '../../test/support/clock.ts';
import { silentLog } from '../base/log.ts';
import { silentMeter } from '../base/meter.ts';
import { Unavailable } from '../base/trouble.ts';
import { systemChance } from '../io/clock.ts';
import { openPeople } from '../journey/account/people.ts';
import { openWebSessions } from '../journey/account/web-sessions.ts';
import { openMemoryDirectory } from '../store/memory/directory.ts';
import { openMemoryStore } from '../store/memory/store.ts';
import { readyShelves } from './ready-shelves.ts';

const dayMs = 86_400_000;

async function openWorld() {
  const clock = new FalseClock();
  const directory = openMemoryDirectory();
  const parts = { directory, clock, chance: systemChance, log: silentLog, meter: silentMeter };
  const hasher = { decoy: '', hash: async (text: string) => text, verify: async () => true };
  const store = openMemoryStore(parts);
  const people = openPeople({ ...parts, store, hasher });
  await people.putDomain('tayori.test');
  const webSessions = openWebSessions(parts);
  const add = (name: string) => people.add({ address: `${name}@tayori.test`, name, password: 'sakura saku' });
  const accountOf = (name: string) => directory.accountByAddress(`${name}@tayori.test`)!;
  const begin = (name: string) => webSessions.begin(accountOf(name), { device: '', address: '', how: 'password' });
  return { clock, directory, store, webSessions, add, accountOf, begin };
}

test("the shelves of those who were here lately, the last one first; nobody else's", async () => {
  const { clock, directory, store, webSessions, add, accountOf, begin } = await openWorld();
  for (const name of ['long-ago', 'yesterday', 'never', 'today', 'closed']) await add(name);
  for (const [name, after] of [
    ['long-ago', 4 * dayMs],
    ['yesterday', dayMs],
    ['today', 60_000],
    ['closed', 60_000],
  ] as const) {
    await begin(name);
    await clock.advance(after);
  }
  await directory.updateAccount(accountOf('closed').id, { closedAt: clock.now() });
  const opened: number[] = [];
  let held = 0;
  const ready = readyShelves({
    directory,
    webSessions,
    clock,
    openShelf: async (account) => {
      opened.push(account);
      held += 1;
      const shelf = await store.openShelf(account);
      const release = shelf.release.bind(shelf);
      shelf.release = () => {
        held -= 1;
        release();
      };
      return shelf;
    },
  });
  await clock.advance(10_000);
  await ready.close();
  assert.deepEqual(opened, [accountOf('today').id, accountOf('yesterday').id]);
  assert.equal(held, 0);
});

test('a shelf that cannot be opened keeps nobody else from theirs', async () => {
  const { clock, directory, store, webSessions, add, accountOf, begin } = await openWorld();
  for (const name of ['first', 'broken', 'last']) {
    await add(name);
    await begin(name);
    await clock.advance(1000);
  }
  const opened: number[] = [];
  const ready = readyShelves({
    directory,
    webSessions,
    clock,
    openShelf: async (account) => {
      if (account === accountOf('broken').id) throw new Unavailable('store-stopped', 'its rows cannot be read');
      opened.push(account);
      return store.openShelf(account);
    },
  });
  await clock.advance(10_000);
  await ready.close();
  assert.deepEqual(opened, [accountOf('last').id, accountOf('first').id]);
});

test('only those who have sessions are looked at, however many accounts there are', async () => {
  const { clock, directory, webSessions, add, accountOf, begin } = await openWorld();
  for (let number = 0; number < 50; number++) await add(`p${number}`);
  await begin('p7');
  const looked: number[] = [];
  const list = (account: number) => {
    looked.push(account);
    return webSessions.list(account);
  };
  const openShelf = async (): Promise<never> => {
    throw new Unavailable('busy', 'not asked about');
  };
  const ready = readyShelves({ directory, webSessions: { list }, clock, openShelf });
  await clock.advance(10_000);
  await ready.close();
  assert.deepEqual(looked, [accountOf('p7').id]);
});
