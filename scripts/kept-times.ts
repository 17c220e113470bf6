// How long each file of tests took last time, so that the longest begin first and shares weigh alike. Kept in .cache/times.json, by depth; of a file that
// has never run here its size is the first guess. Knows no process.
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

const path = '.cache/times.json';

/** `short` is what `npm run ok` runs. */
export type Depth = 'short' | 'whole';
type Kept = Partial<Record<Depth, Record<string, number>>>;

export interface KeptTimes {
  /** Seconds; 0 of what is no file and was never timed. */
  of(file: string): number;
  note(file: string, seconds: number): void;
  save(): void;
}

/** Seconds for a kilobyte of tests that nobody has timed: what starts programs takes longer. */
const secondsPerKilobyte = (file: string): number => (file.startsWith('test/') ? 1.5 : 0.05);

/** `rough`: what is known of some before they have run. */
export function keptTimes(depth: Depth, rough: Readonly<Record<string, number>> = {}): KeptTimes {
  const fresh: Record<string, number> = {};
  const known = read()[depth] ?? {};
  return {
    of: (file) => known[file] ?? rough[file] ?? (existsSync(file) ? (statSync(file).size / 1024) * secondsPerKilobyte(file) : 0),
    note: (file, seconds) => void (fresh[file] = Number(seconds.toFixed(2))),
    save() {
      const all = read();
      // Another run beside this one may have noted others meanwhile.
      all[depth] = { ...all[depth], ...fresh };
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, `${JSON.stringify(all, null, 1)}\n`);
    },
  };
}

/** Nothing depends on what is kept: what cannot be read is as good as none. */
function read(): Kept {
  try {
    return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Kept) : {};
  } catch {
    return {};
  }
}

/** So many shares of about the same weight, the heaviest file first in each. */
export function shared(files: readonly string[], shares: number, times: KeptTimes): readonly (readonly string[])[] {
  const piles = Array.from({ length: shares }, () => ({ files: [] as string[], seconds: 0 }));
  for (const file of longestFirst(files, times)) {
    const lightest = piles.reduce((a, b) => (b.seconds < a.seconds ? b : a));
    lightest.files.push(file);
    lightest.seconds += times.of(file);
  }
  return piles.map((pile) => pile.files);
}

export function longestFirst(files: readonly string[], times: KeptTimes): readonly string[] {
  return files.toSorted((a, b) => times.of(b) - times.of(a) || (a < b ? -1 : 1));
}
