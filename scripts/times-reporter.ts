// Writes how long the tests of each file took, as JSON: for a process that runs many files, whose names it was started with (scripts/unit-tests.ts).
import { relative } from 'node:path';
import type { TestEvent } from 'node:test/reporters';

export default async function* report(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  // As the runner takes them.
  const files = process.argv.filter((word) => word.endsWith('.test.ts')).toSorted();
  const seconds: Record<string, number> = {};
  const add = (file: string, more: number): void => void (seconds[file] = (seconds[file] ?? 0) + more);
  let at = -1;
  let foreign = 0;
  /** Tests that a file takes from elsewhere (the suite of a contract) count for the files that have shown none of their own meanwhile, or for the one before. */
  const share = (next: number): void => {
    const silent = files.slice(at + 1, next);
    for (const file of silent) add(file, foreign / silent.length);
    if (silent.length === 0 && at >= 0) add(files[at]!, foreign);
    foreign = 0;
  };
  for await (const { type, data } of events) {
    if ((type !== 'test:pass' && type !== 'test:fail') || data.nesting !== 0) continue;
    const took = data.details.duration_ms / 1000;
    const index = data.file === undefined ? -1 : files.indexOf(relative(process.cwd(), data.file));
    if (index < 0) {
      foreign += took;
      continue;
    }
    if (index !== at) share(index);
    at = index;
    add(files[at]!, took);
  }
  share(files.length);
  yield JSON.stringify(seconds);
}
