// The embedded engine passes the store suite, with one shard and every statement failing in turn, and with three.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'node:test';
import { silentLog } from '../../base/log.ts';
import { silentMeter } from '../../base/meter.ts';
import { runStoreSuite, type OpenedStore } from '../../store/contract-suite.ts';
import { deliverySuite } from '../../store/suite/delivery-suite.ts';
import { lettersSuite } from '../../store/suite/letters-suite.ts';
import { systemChance, systemClock } from '../clock.ts';
import { openEmbeddedStore, type EmbeddedStore } from './embedded.ts';

async function openForTest(shards: number, threads: boolean, faults: boolean): Promise<OpenedStore> {
  const dir = await mkdtemp(join(tmpdir(), 'tayori-store-'));
  // Wall time that runs evenly: the laws under test speak of days, and a machine that sets its clock in the middle would have its say.
  const began = Date.now() - systemClock.monotonic();
  let ahead = 0;
  const clock = { ...systemClock, now: () => Math.floor(began + systemClock.monotonic()) + ahead };
  const open = (): Promise<EmbeddedStore> =>
    openEmbeddedStore({
      dir,
      shards,
      threads,
      clock,
      chance: systemChance,
      log: silentLog,
      meter: silentMeter,
      room: { minFree: 0, minFreeShare: 0, ballast: 0 },
    });
  let store = await open();
  return {
    store,
    async reopen() {
      await store.close();
      store = await open();
      return store;
    },
    async end() {
      await store.close();
      await rm(dir, { recursive: true, force: true });
    },
    advance(ms) {
      ahead += ms;
    },
    ...(faults ? { failAt: (n: number) => store.shards.forEach((shard) => shard.writer.failIn(n)) } : {}),
  };
}

runStoreSuite('embedded, one shard', () => openForTest(1, false, true));
runStoreSuite('embedded, three shards', () => openForTest(3, false, false));

// What differs in a thread is the way there: the jobs with octets and those with rows are enough to see it.
suite('store: embedded, one shard in a thread', () => {
  lettersSuite(() => openForTest(1, true, false));
  deliverySuite(() => openForTest(1, true, false));
});
