// Builds the mail app into web/dist. Runs after every `npm ci` ("prepare"): quick when nothing changed, quiet when Vite is not installed
// (a production install takes a web/dist that was built elsewhere, or has no app). `--force` builds in any case.
import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'web/dist');
const stamp = join(dist, '.sources');

function hasVite(): boolean {
  try {
    createRequire(join(root, 'web/package.json')).resolve('vite');
    return true;
  } catch {
    return false;
  }
}

/** Of everything that goes into the app, the lock file included. */
function digestOfSources(): string {
  const hash = createHash('sha256');
  const files = globSync(
    '{package-lock.json,scripts/build-web.ts,web/*.*,web/public/**,web/src/**,src/base/**,src/message/**,src/protocol/jmap/contract.ts}',
    {
      cwd: root,
    },
  );
  for (const file of files.toSorted()) {
    const path = join(root, file);
    if (file.endsWith('.test.ts') || !statSync(path).isFile()) continue;
    hash.update(file).update('\0').update(readFileSync(path)).update('\0');
  }
  return hash.digest('hex');
}

async function build(digest: string): Promise<void> {
  const began = performance.now();
  const { build: vite } = await import('vite');
  const { appBuild, serviceWorkerBuild } = await import('../web/build.ts');
  await vite(appBuild(dist));
  const files = globSync('**/*', { cwd: dist })
    .filter((file) => statSync(join(dist, file)).isFile() && !file.endsWith('.map'))
    .toSorted();
  const version = createHash('sha256');
  for (const file of files) version.update(file).update(readFileSync(join(dist, file)));
  const kept = ['/', ...files.filter((file) => file !== 'index.html').map((file) => `/${file}`)];
  await vite(serviceWorkerBuild(dist, kept, version.digest('hex').slice(0, 16)));
  // Packed here once, as well as it can be done: the server has it at hand from its first request on.
  for (const file of globSync('**/*.{html,js,css,svg,webmanifest}', { cwd: dist })) {
    const octets = readFileSync(join(dist, file));
    for (const [name, packed] of [
      [`${file}.br`, brotliCompressSync(octets)],
      [`${file}.gz`, gzipSync(octets, { level: 9 })],
    ] as const) {
      // Whole or not at all: a server may be looking on.
      writeFileSync(join(dist, `${name}.part`), packed);
      renameSync(join(dist, `${name}.part`), join(dist, name));
    }
  }
  writeFileSync(stamp, digest);
  const start = files
    .filter((file) => /\.(js|css|html)$/.test(file))
    .reduce((sum, file) => sum + gzipSync(readFileSync(join(dist, file))).length, 0);
  console.log(
    `web/dist: ${files.length} files, ${(start / 1024).toFixed(1)} kB gzip, ${((performance.now() - began) / 1000).toFixed(1)} s`,
  );
}

const digest = digestOfSources();
const isForced = process.argv.includes('--force');
if (!isForced && existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) {
  if (process.env['npm_lifecycle_event'] !== 'prepare') console.log('web/dist is up to date');
} else if (hasVite()) {
  await build(digest);
} else if (!existsSync(join(dist, 'index.html'))) {
  console.log(
    'The mail app is not built: Vite is not installed here (npm ci without --omit=dev builds it). The start page stands in its place.',
  );
}
