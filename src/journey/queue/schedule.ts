// When to try again. Knows times; knows no letter and no server.
import type { Chance } from '../../base/clock.ts';

const minute = 60_000;
/** After the first, second … failed attempt: soon at first, for greylisting (RFC 6647) and short outages, then every two hours. */
const steps = [2, 5, 10, 15, 30, 60, 120].map((minutes) => minutes * minute);

/** RFC 3464 `delayed`: the sender is told once that the letter is still on its way. */
export const tellDelayAfterMs = 4 * 60 * minute;

/** Milliseconds until the next attempt after `attempts` failed ones (1 or more), ± 15 % so that letters do not march in step. */
export function retryDelay(attempts: number, chance: Chance): number {
  const step = steps[Math.min(attempts, steps.length) - 1]!;
  return Math.round(step * (0.85 + 0.3 * chance.fraction()));
}

/** How long a domain that nobody answers for is left alone, after `failures` attempts in a row. */
export function restDelay(failures: number, chance: Chance): number {
  return Math.round(Math.min(5 * minute * 2 ** (failures - 1), 67 * minute) * (0.85 + 0.3 * chance.fraction()));
}
