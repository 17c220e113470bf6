// The embedded store for the store's suites: in a folder that goes afterwards, with a clock that can be put forward.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '../../src/base/log.ts';
import { silentMeter } from '../../src/base/meter.ts';
import type { OpenedStore } from '../../src/store/contract-suite.ts';
import { systemChance, systemClock } from '../../src/io/clock.ts';
import { openSearchIndex } from '../../src/io/store/search.ts';
import { openEmbeddedStore, type EmbeddedStore } from '../../src/io/store/embedded.ts';

/** `faults`: with `failAt`, which lets the n-th statement from now on fail. */
export async function openForTest(shards: number, threads: boolean, faults: boolean, indexed = false): Promise<OpenedStore> {
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
      ...(indexed ? { search: openSearchIndex({ dir, log: silentLog }) } : {}),
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
