// What must hold before a commit: types, layers, RFC index, format, lint, unit tests. Runs them side by side as far
// as the machine has cores, prints what failed, and the time of each.
import { spawn } from 'node:child_process';
import { existsSync, globSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { delimiter, join } from 'node:path';

interface Job {
  readonly name: string;
  readonly line: readonly [string, ...string[]];
}

const bin = (name: string): string => `node_modules/.bin/${name}`;
const sources = ['src', 'test', 'scripts', 'bench', 'web'].filter((folder) => existsSync(folder));
const jobs: readonly Job[] = [
  ...unitTests(),
  // What was found last time is kept in .cache: only what changed since is looked at again.
  { name: 'types', line: [bin('tsc'), '-p', '.', '--incremental', '--tsBuildInfoFile', '.cache/types.tsbuildinfo'] },
  { name: 'mail app', line: [process.execPath, 'scripts/check-web.ts'] },
  { name: 'layers', line: [process.execPath, 'scripts/check-layers.ts'] },
  { name: 'rfc index', line: [process.execPath, 'scripts/check-rfc.ts'] },
  { name: 'format', line: [bin('oxfmt'), '--check', ...sources] },
  { name: 'lint', line: [bin('oxlint'), ...sources] },
];

/** A few processes, each with its share of the files, so that no core waits long for the other: many small ones would cost more than the tests themselves. */
function unitTests(): Job[] {
  const shares = availableParallelism() > 1 ? 4 : 1;
  const files = [...globSync('src/**/*.test.ts'), ...globSync('web/src/**/*.test.ts')].toSorted(
    (a, b) => statSync(b).size - statSync(a).size,
  );
  return Array.from({ length: shares }, (_, share) => ({
    name: `unit tests ${share + 1} of ${shares}`,
    line: [
      process.execPath,
      '--test',
      '--test-isolation=none',
      '--test-reporter=dot',
      ...files.filter((_file, index) => index % shares === share),
    ],
  }));
}

/** Programs of node_modules/.bin run on the Node that runs this. */
const path = `${process.execPath.slice(0, process.execPath.lastIndexOf('/'))}${delimiter}${process.env['PATH'] ?? ''}`;

/** Random tests with fewer lives (test/support/depth.ts), and no module compiled twice. */
const environment = {
  ...process.env,
  PATH: path,
  TAYORI_TEST_SHORT: '1',
  NODE_COMPILE_CACHE: join(process.cwd(), '.cache/compiled'),
};

async function run({ name, line: [program, ...words] }: Job): Promise<boolean> {
  const began = performance.now();
  const pieces: Buffer[] = [];
  const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'], env: environment });
  child.stdout.on('data', (chunk: Buffer) => pieces.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => pieces.push(chunk));
  const code = await new Promise<number | null>((resolve) => {
    child.on('error', (error) => {
      pieces.push(Buffer.from(`${error.message}\n`));
      resolve(1);
    });
    child.on('close', resolve);
  });
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(`${code === 0 ? 'ok  ' : 'BAD '} ${name} (${seconds} s)`);
  // The dots of the tests that passed say nothing.
  if (code !== 0)
    console.log(
      Buffer.concat(pieces)
        .toString()
        .replaceAll(/^[.X]+\n/gm, ''),
    );
  return code === 0;
}

const waiting = [...jobs];
const results: boolean[] = [];
async function lane(): Promise<void> {
  for (let job = waiting.shift(); job; job = waiting.shift()) results.push(await run(job));
}
await Promise.all(Array.from({ length: Math.min(availableParallelism(), jobs.length) }, lane));
const bad = results.filter((good) => !good).length;
console.log(bad === 0 ? 'all is well' : `${bad} of ${jobs.length} failed`);
process.exitCode = bad === 0 ? 0 : 1;
