// What the programs of the crash tests share: what is said goes out at once, and the store is one that does today what a real one does in a month.
import { writeSync } from 'node:fs';
import { silentLog } from '../../../base/log.ts';
import { silentMeter } from '../../../base/meter.ts';
import { systemChance, systemClock } from '../../clock.ts';
import { openEmbeddedStore, type EmbeddedStore } from '../embedded.ts';

/** To standard output, before anything else happens. */
export function say(...words: (string | number)[]): void {
  writeSync(1, `${words.join(' ')}\n`);
}

export function openTrialStore(dir: string, shards: number): Promise<EmbeddedStore> {
  return openEmbeddedStore({
    dir,
    shards,
    clock: systemClock,
    chance: systemChance,
    log: silentLog,
    meter: silentMeter,
    segmentSize: 64 * 1024,
    restingTime: 0,
    room: { minFree: 0, minFreeShare: 0, ballast: 0 },
  });
}
