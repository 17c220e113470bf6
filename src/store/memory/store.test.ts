import { runStoreSuite } from '../contract-suite.ts';
import { openMemoryStore } from './store.ts';

runStoreSuite('memory', async () => {
  let now = 1_800_000_000_000;
  let random = 0;
  const clock = { now: () => now, monotonic: () => now, after: () => () => {} };
  const chance = { bytes: (length: number) => new Uint8Array(length).map(() => (random = (random * 29 + 7) & 0xff)), fraction: () => 0.5 };
  const store = openMemoryStore({ clock, chance });
  return { store, end: () => store.close(), advance: (ms) => void (now += ms) };
});
