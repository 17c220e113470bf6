// Letters for several shards over several starts of the store: every one arrives, also when hand-overs are numbered from one again.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { bytesFromLatin1, noBytes } from '../../base/bytes.ts';
import { silentLog } from '../../base/log.ts';
import { silentMeter } from '../../base/meter.ts';
import { systemChance, systemClock } from '../clock.ts';
import { openEmbeddedStore, type EmbeddedStore } from './embedded.ts';

async function deliver(store: EmbeddedStore, id: string): Promise<void> {
  const spool = store.spool(1 << 20);
  await spool.add(bytesFromLatin1(`Subject: ${id}\r\n\r\n${id}\r\n`));
  const placements = [1, 2].map((account) => ({ account, mailbox: 'inbox' as const, flags: [] }));
  await store.commit({
    letters: [{ letter: id, prefix: noBytes(), spool, receivedAt: 0, reversePath: 'ada@example.test', placements, queue: [] }],
  });
}

test('after a restart a letter for two shards arrives in both, as before it', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'tayori-hand-over-'));
  const room = { minFree: 0, minFreeShare: 0, ballast: 0 };
  const plain = { dir, shards: 2, threads: false, room, clock: systemClock, chance: systemChance, log: silentLog, meter: silentMeter };
  try {
    for (const round of [1, 2, 3]) {
      const store = await openEmbeddedStore(plain);
      if (round === 1) for (const account of [1, 2]) await store.createAccount(account, []);
      await deliver(store, `letter${round}`);
      const counts = await Promise.all([1, 2].map(async (account) => (await store.usage(account)).messages));
      await store.close();
      assert.deepEqual(counts, [round, round]);
    }
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});
