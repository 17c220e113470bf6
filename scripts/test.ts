// npm test: the unit tests, then the suites under test/, each file in a process of its own, in two lanes. Says by name what was not run for want of a
// Debian package; with TAYORI_TEST_ALL=1 that is a failure. With words behind it, only the files whose path has one of them.
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { everythingMustRun, missingPrograms } from './debian-packages.ts';
import { keptTimes, longestFirst } from './kept-times.ts';
import { quickFolder } from './quick-folder.ts';
import { type Job, type Outcome, sideBySide } from './side-by-side.ts';
import { isAlone, roughSeconds } from './suites.ts';
import { noteUnitTimes, unitJobs } from './unit-tests.ts';

const words = process.argv.slice(2);
if (words.includes('--help') || words.includes('-h')) {
  console.log(`npm test              everything: the unit tests, then the suites under test/ in two lanes
npm test -- WORD …    only the test files whose path has one of these words in it: a file, a folder, a part of a name

TAYORI_TEST_ALL=1     what cannot run for want of a Debian package is a failure (npm run test:setup installs them)
TAYORI_LOOKS=all      screens in all eight looks, not in four
TAYORI_TEST_SHORT=1   random tests with fewer lives, as in npm run ok`);
  process.exit(0);
}

const missing = missingPrograms();
if (missing.length > 0 && everythingMustRun) {
  console.error(
    `TAYORI_TEST_ALL=1, but these Debian packages are missing (npm run test:setup): ${missing.map((program) => program.package).join(', ')}`,
  );
  process.exit(1);
}

const reporter = new URL('test-reporter.ts', import.meta.url).href;
/** No module is compiled twice, and nobody waits for a disk but those that are about disks. */
const environment = { ...process.env, ...quickFolder(6), NODE_COMPILE_CACHE: join(process.cwd(), '.cache/compiled') };
const nodeTest = (...more: readonly string[]): readonly [string, ...string[]] => [
  process.execPath,
  '--test',
  `--test-reporter=${reporter}`,
  ...more,
];

if (words.length > 0) runSome();
else await runAll();

/** One after the other, and what they say as they say it. */
function runSome(): void {
  const wanted = words.map((word) => word.replace(/^\.\//, ''));
  const files = globSync(['src/**/*.test.ts', 'web/src/**/*.test.ts', 'test/**/*.test.ts'])
    .filter((file) => wanted.some((word) => file.includes(word)))
    .toSorted();
  if (files.length === 0) {
    console.error(`no test file has ${words.join(' or ')} in its path`);
    process.exitCode = 1;
    return;
  }
  const [program, ...line] = nodeTest('--test-concurrency=1', ...files);
  process.exitCode = spawnSync(program, line, { stdio: 'inherit', env: environment }).status ?? 1;
}

async function runAll(): Promise<void> {
  const times = keptTimes('whole', roughSeconds);
  // Built once, before the suites that show it would build it each for itself.
  const built = spawnSync(process.execPath, ['scripts/build-web.ts'], { stdio: 'inherit' }).status === 0;
  if (!built) console.error('FAILED: the mail app does not build');

  const units = unitJobs(times);
  const suites: readonly Job[] = longestFirst(globSync('test/**/*.test.ts'), times).map((file) => ({
    name: file,
    line: nodeTest('--test-isolation=none', file),
    alone: isAlone(file),
  }));
  const jobs = [...units, ...suites];
  const began = performance.now();
  const since = (): string =>
    `${Math.floor((performance.now() - began) / 60_000)} min ${Math.floor(((performance.now() - began) / 1000) % 60)} s`;

  const outcomes = await sideBySide(jobs, environment, ({ job, isGood, seconds, said }, left) => {
    if (suites.includes(job)) times.note(job.name, seconds);
    // What has failed is in what it said, in full.
    console.log(`\n${isGood ? 'passed' : 'FAILED'}: ${job.name} (${seconds.toFixed(1)} s)\n${said.trimEnd()}`);
    console.log(`-- ${jobs.length - left.length} of ${jobs.length} after ${since()}`);
  });
  noteUnitTimes(times);
  times.save();
  tellTheEnd(outcomes, since());
  process.exitCode = built && outcomes.every(({ isGood }) => isGood) ? 0 : 1;
}

function tellTheEnd(outcomes: readonly Outcome[], took: string): void {
  console.log('\nThe longest:');
  for (const { job, seconds } of outcomes.toSorted((a, b) => b.seconds - a.seconds).slice(0, 8))
    console.log(`  ${seconds.toFixed(1).padStart(6)} s  ${job.name}`);
  if (missing.length > 0) {
    console.log('\nNot run, because a Debian package is missing (npm run test:setup installs them):');
    for (const program of missing) console.log(`  ${program.tests} (${program.package})`);
  }
  const bad = outcomes.filter(({ isGood }) => !isGood);
  for (const { job, said } of bad) {
    console.log(`\nFAILED: ${job.name}`);
    // The names once more; the whole of it stands above.
    for (const [line] of said.matchAll(/^FAILED .*$/gm)) console.log(`  ${line}`);
  }
  console.log(`\n${bad.length === 0 ? 'all passed' : `${bad.length} of ${outcomes.length} FAILED`} (${took})`);
}
