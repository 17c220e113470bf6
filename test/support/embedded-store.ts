// The embedded store for the store's suites: in a folder that goes afterwards, with a clock that can be put forward.
import { mkdtempSync, rmSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '../../src/base/log.ts';
import { silentMeter } from '../../src/base/meter.ts';
import type { OpenedStore } from '../../src/store/contract-suite.ts';
import { systemChance, systemClock } from '../../src/io/clock.ts';
import { openSearchIndex } from '../../src/io/store/search.ts';
import { openEmbeddedStore, type EmbeddedStore } from '../../src/io/store/embedded.ts';

const nothing = { minFree: 0, minFreeShare: 0, ballast: 0 };
/** Folders of empty stores, by their number of shards. */
const empty = new Map<number, Promise<string>>();

/** A store without accounts, made once: to make one takes longer than most tests do. */
async function emptyStore(shards: number): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), 'tayori-store-empty-'));
  process.once('exit', () => rmSync(dir, { recursive: true, force: true }));
  const store = await openEmbeddedStore({
    dir,
    shards,
    threads: false,
    clock: systemClock,
    chance: systemChance,
    log: silentLog,
    meter: silentMeter,
    room: nothing,
  });
  await store.close();
  return dir;
}

/** `faults`: with `failAt`, which lets the n-th statement from now on fail. */
export async function openForTest(shards: number, threads: boolean, faults: boolean, indexed = false): Promise<OpenedStore> {
  const dir = await mkdtemp(join(tmpdir(), 'tayori-store-'));
  const template = empty.get(shards) ?? emptyStore(shards);
  empty.set(shards, template);
  await cp(await template, dir, { recursive: true });
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
      room: nothing,
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
