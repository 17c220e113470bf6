// What is known of the suites under test/ that no file can tell by its size: which need the machine for themselves, and which take long though they are short.

/** They judge memory or time of the whole machine. What waits for a server counts fairly beside others, too (test/support/fair-wait.ts). */
const alone: ReadonlySet<string> = new Set(['test/faults/disk.test.ts']);

/** A browser takes both cores by itself: two at once take as long as one after the other, and their waiting is judged by the clock. */
export function isAlone(file: string): boolean {
  return alone.has(file) || file.startsWith('test/app/');
}

/** Seconds on two cores, for a machine that has never run them: what is above half a minute. Afterwards their own times are known (kept-times.ts). */
export const roughSeconds: Readonly<Record<string, number>> = {
  'test/app/accounts.test.ts': 60,
  'test/app/compose.test.ts': 60,
  'test/app/order.test.ts': 90,
  'test/app/reading.test.ts': 80,
  'test/clients/fetchers.test.ts': 30,
  'test/collection/imap-model.test.ts': 15,
  'test/faults/crash.test.ts': 60,
  'test/faults/disk.test.ts': 45,
  'test/faults/hostile.test.ts': 40,
  'test/move.test.ts': 50,
  'test/outside/adding.test.ts': 40,
  'test/pages/app.test.ts': 60,
};
