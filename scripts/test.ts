// npm test: the unit tests in one process, then the suites under test/, each file in a process of its own. Says by name what was not run
// for want of a Debian package; with TAYORI_TEST_ALL=1 that is a failure.
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { everythingMustRun, missingPrograms } from './debian-packages.ts';

const missing = missingPrograms();
if (missing.length > 0 && everythingMustRun) {
  console.error(
    `TAYORI_TEST_ALL=1, but these Debian packages are missing (npm run test:setup): ${missing.map((program) => program.package).join(', ')}`,
  );
  process.exit(1);
}

const reporter = new URL('test-reporter.ts', import.meta.url).href;
let failed = 0;
function round(name: string, words: readonly string[]): void {
  console.log(`\n${name}`);
  const began = performance.now();
  const { status } = spawnSync(process.execPath, ['--test', `--test-reporter=${reporter}`, ...words], { stdio: 'inherit' });
  console.log(`${name}: ${status === 0 ? 'passed' : 'FAILED'} (${((performance.now() - began) / 1000).toFixed(1)} s)`);
  if (status !== 0) failed++;
}

round('unit tests', ['--test-isolation=none', 'src/**/*.test.ts', 'web/src/**/*.test.ts']);
const suites = globSync('test/**/*.test.ts').toSorted();
// One after the other: they start servers and measure times.
if (suites.length > 0) round('suites', ['--test-concurrency=1', ...suites]);

if (missing.length > 0) {
  console.log('\nNot run, because a Debian package is missing (npm run test:setup installs them):');
  for (const program of missing) console.log(`  ${program.tests} (${program.package})`);
}
process.exitCode = failed === 0 ? 0 : 1;
