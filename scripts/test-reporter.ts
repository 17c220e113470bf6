// What the test runner says: each failure in full at once, so that a log that was cut still has it; then one line per file, what was left
// out and why, the names of what failed, and how many passed.
// Knows the events of node:test.
import { relative } from 'node:path';
import { inspect } from 'node:util';
import type { TestEvent } from 'node:test/reporters';

interface Count {
  passed: number;
  failed: number;
  ms: number;
}

export default async function* report(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const files = new Map<string, Count>();
  const skipped: string[] = [];
  const failures: string[] = [];
  let passed = 0;
  let failed = 0;
  for await (const event of events) {
    // What a test left behind and what then went wrong: the run has failed, and node says so nowhere else.
    if (event.type === 'test:diagnostic' && event.data.message.startsWith('Error: ')) {
      failed++;
      failures.push(`FAILED ${event.data.message}\n`);
    }
    if (event.type !== 'test:pass' && event.type !== 'test:fail') continue;
    const { name, file, skip, nesting, details } = event.data;
    const where = file === undefined ? '' : relative(process.cwd(), file);
    const count = files.get(where) ?? { passed: 0, failed: 0, ms: 0 };
    // Whatever stands at the top is all of the time: a suite with its hooks, and a test in none.
    if (nesting === 0 && name !== file && skip === undefined) {
      files.set(where, count);
      count.ms += details.duration_ms;
    }
    // A suite counts by its tests, and a file too, but for what goes wrong in neither of them: a hook, a file that cannot be read.
    if ((details.type === 'suite' || name === file) && (event.type === 'test:pass' || isOfItsTests(event.data.details.error))) continue;
    if (skip !== undefined) {
      skipped.push(`${where}: ${name}${typeof skip === 'string' && skip !== '' ? ` (${skip})` : ''}`);
      continue;
    }
    files.set(where, count);
    if (event.type === 'test:pass') {
      passed++;
      count.passed++;
      continue;
    }
    failed++;
    count.failed++;
    const error = 'error' in details ? details.error : null;
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    failures.push(`FAILED ${where}: ${name}\n`);
    yield `\nFAILED ${where}: ${name}\n${typeof cause === 'string' ? cause : inspect(cause, { depth: 4 })}\n\n`;
  }
  for (const [file, { passed: good, failed: bad, ms }] of [...files].toSorted(([a], [b]) => (a < b ? -1 : 1)))
    yield `  ${bad === 0 ? 'ok    ' : 'FAILED'} ${file} (${good}${bad > 0 ? `, ${bad} failed` : ''}, ${(ms / 1000).toFixed(1)} s)\n`;
  for (const line of skipped) yield `  not run: ${line}\n`;
  yield* failures;
  yield `${passed} passed, ${failed} failed, ${skipped.length} skipped\n`;
}

function isOfItsTests(error: unknown): boolean {
  return error instanceof Error && 'failureType' in error && error.failureType === 'subtestsFailed';
}
