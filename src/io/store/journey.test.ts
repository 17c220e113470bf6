// Events of journeys are found at once, while their keys are still being written, and after.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { silentLog } from '../../base/log.ts';
import { silentMeter } from '../../base/meter.ts';
import type { TraceEvent } from '../../store/trace-contract.ts';
import { systemChance, systemClock } from '../clock.ts';
import { openEmbeddedStore } from './embedded.ts';
import { unkeyedLimit } from './writer/journey.ts';

test('whether their keys are written or not, events are found by letter, address and Message-ID', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'tayori-journey-'));
  const plain = { dir, shards: 1, clock: systemClock, chance: systemChance, log: silentLog, meter: silentMeter, threads: false };
  const store = await openEmbeddedStore(plain);
  try {
    const event = (index: number): TraceEvent => ({
      letter: `letter${index}`,
      at: index,
      station: 'reception',
      result: 'done',
      recipient: `To${index % 7}@Example.test`,
      account: null,
      facts: { from: `from${index}@example.test`, messageId: `<Id.${index}@example.test>` },
    });
    const count = unkeyedLimit * 2;
    for (let at = 0; at < count; at += 500) {
      await store.commit({ events: Array.from({ length: 500 }, (_, index) => event(at + index)) });
      const newest = at + 499;
      assert.deepEqual(await store.trace.find(`<id.${newest}@example.test>`, 5), [`letter${newest}`]);
      assert.equal((await store.trace.ofLetter(`letter${newest}`)).length, 1);
    }
    for (const index of [0, 777, count - 1]) {
      assert.deepEqual(await store.trace.find(`FROM${index}@example.test`, 5), [`letter${index}`]);
      assert.deepEqual(await store.trace.find(`letter${index}`, 5), [`letter${index}`]);
      assert.deepEqual(await store.trace.ofLetter(`letter${index}`), [event(index)]);
    }
    const last = await store.trace.find('to1@example.test', 3);
    const newestOfOne = Math.floor((count - 2) / 7) * 7 + 1;
    assert.deepEqual(last, [`letter${newestOfOne}`, `letter${newestOfOne - 7}`, `letter${newestOfOne - 14}`]);
    let portions = 1;
    for (; await store.upkeep(); portions++);
    assert.ok(portions > 1, 'one portion is less than all of them');
    assert.deepEqual(await store.trace.find('letter0', 5), [], 'events of 1970 are older than is kept');
    assert.equal(store.shards[0]!.reader.row('select count(*) from event')![0], 0);
  } finally {
    await store.close();
    await rm(dir, { recursive: true, force: true });
  }
});
