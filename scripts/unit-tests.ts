// The unit tests as a few jobs of about the same weight: each file in a process of its own would cost more than the tests themselves.
// Knows how node runs tests, and where their times are kept.
import { globSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { type KeptTimes, shared } from './kept-times.ts';
import type { Job } from './side-by-side.ts';

const folder = '.cache/shares';
const timesOf = (share: number): string => `${folder}/${process.pid}-${share}.json`;
const reporter = (name: string): string => new URL(name, import.meta.url).href;

/** Two for each core: where one waits the other goes on, and they end at about the same time. */
const shares = availableParallelism() > 1 ? 2 * availableParallelism() : 1;

export function unitJobs(times: KeptTimes): readonly Job[] {
  mkdirSync(folder, { recursive: true });
  const files = [...globSync('src/**/*.test.ts'), ...globSync('web/src/**/*.test.ts')];
  return shared(files, shares, times).map((some, share) => ({
    name: `unit tests ${share + 1} of ${shares}`,
    line: [
      process.execPath,
      '--test',
      '--test-isolation=none',
      `--test-reporter=${reporter('test-reporter.ts')}`,
      '--test-reporter-destination=stdout',
      `--test-reporter=${reporter('times-reporter.ts')}`,
      `--test-reporter-destination=${timesOf(share)}`,
      ...some,
    ],
  }));
}

/** Takes what the shares have noted; a share that was killed has noted nothing. */
export function noteUnitTimes(times: KeptTimes): void {
  for (let share = 0; share < shares; share++) {
    try {
      const noted = JSON.parse(readFileSync(timesOf(share), 'utf8')) as Record<string, number>;
      rmSync(timesOf(share));
      for (const [file, seconds] of Object.entries(noted)) if (file !== '') times.note(file, seconds);
    } catch {
      // Its files keep the times that they have.
    }
  }
}
