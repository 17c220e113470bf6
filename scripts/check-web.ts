// Types and barriers of the mail app: svelte-check over its components and modules, where a warning is a fault. It brings its own TypeScript, that of the
// last line which programs can be built on (web/package.json). What was found right and has not changed since is not looked at again (.cache).
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const root = join(import.meta.dirname, '..');
const stamp = join(root, '.cache/web-is-right');

/** Of all that the app's types depend on. */
function digestOfSources(): string {
  const hash = createHash('sha256');
  const pattern =
    '{package-lock.json,tsconfig.json,scripts/check-web.ts,web/*.*,web/{src,demo}/**,src/{base,message}/**/*.ts,src/protocol/jmap/**/*.ts}';
  for (const file of globSync(pattern, { cwd: root }).toSorted()) {
    const path = join(root, file);
    if (statSync(path).isFile()) hash.update(file).update('\0').update(readFileSync(path)).update('\0');
  }
  return hash.digest('hex');
}

const digest = digestOfSources();
if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) {
  console.log('the mail app has not changed since it was found right');
} else {
  const folder = dirname(createRequire(join(root, 'web/package.json')).resolve('svelte-check/package.json'));
  const words = [
    '--workspace',
    join(root, 'web'),
    '--tsconfig',
    './tsconfig.json',
    '--fail-on-warnings',
    '--output',
    'human',
    '--incremental',
  ];
  const { status } = spawnSync(process.execPath, [join(folder, 'bin/svelte-check'), ...words], { stdio: 'inherit' });
  process.exitCode = status ?? 1;
  if (status === 0) {
    mkdirSync(dirname(stamp), { recursive: true });
    writeFileSync(stamp, digest);
  }
}
