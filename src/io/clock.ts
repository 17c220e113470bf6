// The clock and the chance of this machine. Knows time and randomness; knows nothing of who asks.
import { randomBytes } from 'node:crypto';
import type { Chance, Clock } from '../base/clock.ts';

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, wake) {
    // Above 2^31 - 1 setTimeout fires at once; a longer wait is cut to that, about 24 days.
    const timer = setTimeout(wake, Math.min(Math.max(0, ms), 0x7f_ff_ff_ff));
    return () => clearTimeout(timer);
  },
};

/** Small pieces are cut from octets that were fetched together: each fetch costs as much as making a few thousand octets. Each is given out once. */
const fetched = 4096;
let pool = randomBytes(fetched);
let used = 0;

export const systemChance: Chance = {
  bytes(length) {
    if (length > 64) return randomBytes(length);
    if (used + length > fetched) {
      pool = randomBytes(fetched);
      used = 0;
    }
    used += length;
    return pool.subarray(used - length, used);
  },
  fraction: () => Math.random(),
};
