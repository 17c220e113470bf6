// Whose shelves are ready after a start: of those who were here lately, the last one first, and as many letters as are kept.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FalseClock } from '../../test/support/clock.ts';
import { silentLog } from '../base/log.ts';
import { silentMeter } from '../base/meter.ts';
import { systemChance } from '../io/clock.ts';
import { openPeople } from '../journey/account/people.ts';
import { openWebSessions } from '../journey/account/web-sessions.ts';
import { openMemoryDirectory } from '../store/memory/directory.ts';
import { openMemoryStore } from '../store/memory/store.ts';
import { readyShelves } from './ready-shelves.ts';

const dayMs = 86_400_000;

test("the shelves of those who were here lately, the last one first; nobody else's", async () => {
  const clock = new FalseClock();
  const directory = openMemoryDirectory();
  const parts = { directory, clock, chance: systemChance, log: silentLog, meter: silentMeter };
  const hasher = { decoy: '', hash: async (text: string) => text, verify: async () => true };
  const store = openMemoryStore(parts);
  const people = openPeople({ ...parts, store, hasher });
  await people.putDomain('tayori.test');
  const names = ['long-ago', 'yesterday', 'never', 'today'];
  for (const name of names) await people.add({ address: `${name}@tayori.test`, name, password: 'sakura saku' });
  const accountOf = (name: string) => directory.accountByAddress(`${name}@tayori.test`)!;
  const webSessions = openWebSessions(parts);
  for (const [name, after] of [
    ['long-ago', 4 * dayMs],
    ['yesterday', dayMs],
    ['today', 60_000],
  ] as const) {
    await webSessions.begin(accountOf(name), { device: '', address: '', how: 'password' });
    await clock.advance(after);
  }
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
