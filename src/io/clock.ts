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

export const systemChance: Chance = {
  bytes: (length) => randomBytes(length),
  fraction: () => Math.random(),
};
