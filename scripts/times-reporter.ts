// Writes how long the tests of each file took, as JSON: for a process that runs many files (scripts/kept-times.ts).
import { relative } from 'node:path';
import type { TestEvent } from 'node:test/reporters';

export default async function* report(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const seconds: Record<string, number> = {};
  let file = '';
  for await (const { type, data } of events) {
    if ((type !== 'test:pass' && type !== 'test:fail') || data.nesting !== 0) continue;
    // A test that a file takes from elsewhere (the suite of a contract) counts for the file before it.
    if (data.file?.endsWith('.test.ts') === true) file = relative(process.cwd(), data.file);
    seconds[file] = (seconds[file] ?? 0) + data.details.duration_ms / 1000;
  }
  yield JSON.stringify(seconds);
}
