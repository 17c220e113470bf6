// What is known of the suites under test/ that no file can tell by its size: which need the machine for themselves, and which take long though they are short.

/** They judge memory or time of the whole machine, or change what all of it shares. */
const alone: ReadonlySet<string> = new Set(['test/faults/disk.test.ts']);

export function isAlone(file: string): boolean {
  return alone.has(file);
}

/** Seconds on two cores, for a machine that has never run them: what is above half a minute. Afterwards their own times are known (kept-times.ts). */
export const roughSeconds: Readonly<Record<string, number>> = {
  'test/move.test.ts': 86,
};
