// What must hold before a commit: types, layers, RFC index, format, lint, unit tests. Runs them side by side as far
// as the machine has cores, prints what failed, and the time of each.
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { keptTimes } from './kept-times.ts';
import { quickFolder } from './quick-folder.ts';
import { type Job, sideBySide } from './side-by-side.ts';
import { noteUnitTimes, unitJobs } from './unit-tests.ts';

const bin = (name: string): string => `node_modules/.bin/${name}`;
const sources = ['src', 'test', 'scripts', 'bench', 'web'].filter((folder) => existsSync(folder));
const times = keptTimes('short');
const jobs: readonly Job[] = [
  ...unitJobs(times),
  // What was found last time is kept in .cache: only what changed since is looked at again.
  { name: 'types', line: [bin('tsc'), '-p', '.', '--incremental', '--tsBuildInfoFile', '.cache/types.tsbuildinfo'] },
  { name: 'mail app', line: [process.execPath, 'scripts/check-web.ts'] },
  { name: 'layers', line: [process.execPath, 'scripts/check-layers.ts'] },
  { name: 'rfc index', line: [process.execPath, 'scripts/check-rfc.ts'] },
  { name: 'format', line: [bin('oxfmt'), '--check', ...sources] },
  { name: 'lint', line: [bin('oxlint'), ...sources] },
];

/** Programs of node_modules/.bin run on the Node that runs this. */
const path = `${process.execPath.slice(0, process.execPath.lastIndexOf('/'))}${delimiter}${process.env['PATH'] ?? ''}`;

/** Random tests with fewer lives (test/support/depth.ts), no module compiled twice, and no waiting for a disk. */
const environment = {
  ...process.env,
  ...quickFolder(2),
  PATH: path,
  TAYORI_TEST_SHORT: '1',
  NODE_COMPILE_CACHE: join(process.cwd(), '.cache/compiled'),
};

const longestFirst = jobs.toSorted((a, b) => times.of(b.name) - times.of(a.name));
const outcomes = await sideBySide(longestFirst, environment, ({ job: { name }, isGood, seconds, said }) => {
  times.note(name, seconds);
  console.log(`${isGood ? 'ok  ' : 'BAD '} ${name} (${seconds.toFixed(1)} s)`);
  // Of tests that passed nothing needs to be said.
  if (!isGood) console.log(said.replaceAll(/^ {2}ok .*\n/gm, ''));
});
noteUnitTimes(times);
times.save();
const bad = outcomes.filter(({ isGood }) => !isGood).length;
console.log(bad === 0 ? 'all is well' : `${bad} of ${jobs.length} failed`);
process.exitCode = bad === 0 ? 0 : 1;
