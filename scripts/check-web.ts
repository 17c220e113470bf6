// Types and barriers of the mail app: svelte-check over its components and modules, where a warning is a fault. It brings its own TypeScript, that of the
// last line which programs can be built on (web/package.json).
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const root = join(import.meta.dirname, '..');
const folder = dirname(createRequire(join(root, 'web/package.json')).resolve('svelte-check/package.json'));
const words = ['--workspace', join(root, 'web'), '--tsconfig', './tsconfig.json', '--fail-on-warnings', '--output', 'human'];
const { status } = spawnSync(process.execPath, [join(folder, 'bin/svelte-check'), ...words], { stdio: 'inherit' });
process.exitCode = status ?? 1;
