// The app's files from a folder that is made here: headers, codings, tags; no build, a build while the server runs, a new build.
import assert from 'node:assert/strict';
import { mkdtemp, mkdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { brotliCompressSync, brotliDecompressSync, gunzipSync } from 'node:zlib';
import { openAppFiles } from './app-files.ts';

const script = `export const a = ${JSON.stringify('x'.repeat(4000))};\n`;

async function withBuild(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'app-files-'));
  try {
    await run(join(folder, 'dist'));
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function build(folder: string, title = 'one'): Promise<void> {
  await mkdir(join(folder, 'assets'), { recursive: true });
  await writeFile(join(folder, 'assets', 'index-Cx81a2Bz.js'), script);
  await writeFile(join(folder, 'assets', 'index-Cx81a2Bz.js.map'), '{}');
  await writeFile(join(folder, 'sw.js'), '/* worker */');
  await writeFile(join(folder, 'manifest.webmanifest'), '{}');
  await writeFile(join(folder, '.secret.txt'), 'x');
  await writeFile(join(folder, 'index.html'), `<!doctype html><title>${title}</title>`);
}

const page = { accept: 'text/html,application/xhtml+xml' };
const ask = (files: ReturnType<typeof openAppFiles>, path: string, headers: Record<string, string> = {}, method = 'GET') =>
  files.answer(new Request(`https://mail.test${path}`, { headers, method }));

suite("the app's files", () => {
  test('without a build there is no app; with one there is, and a new one is seen', () =>
    withBuild(async (folder) => {
      const files = openAppFiles(folder);
      assert.deepEqual([await files.isBuilt(), await ask(files, '/', page)], [false, null]);
      await build(folder);
      assert.match(await (await ask(files, '/', page))!.text(), /one/);
      await build(folder, 'two');
      await utimes(join(folder, 'index.html'), new Date(), new Date(Date.now() + 5_000));
      assert.match(await (await ask(files, '/', page))!.text(), /two/);
    }));

  test('every address of the app is its page; what looks like a file is one or is nothing', () =>
    withBuild(async (folder) => {
      await build(folder);
      const files = openAppFiles(folder);
      for (const path of ['/', '/mail/inbox', '/settings', '/?x=1'])
        assert.match((await ask(files, path, page))!.headers.get('content-type')!, /html/, path);
      for (const path of [
        '/favicon.ico',
        '/assets/none-Cx81a2Bz.js',
        '/assets/index-Cx81a2Bz.js.map',
        '/.secret.txt',
        '/../package.json',
        '/%2e%2e/package.json',
      ])
        assert.equal(await ask(files, path, page), null, path);
      assert.equal(await ask(files, '/mail/inbox', { accept: '*/*' }), null, 'not for what wants no page');
      assert.equal(await ask(files, '/', page, 'POST'), null);
    }));

  test('headers: a strict page, assets for ever, a worker with its reach', () =>
    withBuild(async (folder) => {
      await build(folder);
      const files = openAppFiles(folder);
      const { headers } = (await ask(files, '/', page))!;
      const policy = headers.get('content-security-policy')!;
      for (const part of [
        "default-src 'none'",
        "script-src 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
      ])
        assert.ok(policy.includes(part), part);
      assert.doesNotMatch(policy, /unsafe|\*|http/);
      assert.deepEqual(
        ['cross-origin-opener-policy', 'cross-origin-resource-policy', 'referrer-policy', 'x-content-type-options', 'cache-control'].map(
          (name) => headers.get(name),
        ),
        ['same-origin', 'same-origin', 'no-referrer', 'nosniff', 'no-cache'],
      );
      assert.equal((await ask(files, '/assets/index-Cx81a2Bz.js'))!.headers.get('cache-control'), 'public, max-age=31536000, immutable');
      const worker = (await ask(files, '/sw.js'))!;
      assert.deepEqual([worker.headers.get('service-worker-allowed'), worker.headers.get('cache-control')], ['/', 'no-cache']);
      assert.equal((await ask(files, '/manifest.webmanifest'))!.headers.get('cache-control'), 'no-cache');
    }));

  test('codings, lengths, tags, HEAD', () =>
    withBuild(async (folder) => {
      await build(folder);
      const files = openAppFiles(folder);
      const path = '/assets/index-Cx81a2Bz.js';
      const decoders = { br: brotliDecompressSync, gzip: gunzipSync, identity: (octets: Buffer) => octets };
      const rows: readonly (readonly [accepts: string, coding: keyof typeof decoders])[] = [
        ['gzip, deflate, br, zstd', 'br'],
        ['gzip', 'gzip'],
        ['br;q=0, gzip', 'gzip'],
        ['identity', 'identity'],
        ['', 'identity'],
      ];
      for (const [accepts, coding] of rows) {
        const answer = (await ask(files, path, accepts === '' ? {} : { 'accept-encoding': accepts }))!;
        const octets = Buffer.from(await answer.arrayBuffer());
        assert.equal(answer.headers.get('content-encoding') ?? 'identity', coding, accepts);
        assert.equal(answer.headers.get('content-length'), String(octets.length));
        assert.equal(decoders[coding](octets).toString(), script);
        const again = (await ask(files, path, { 'accept-encoding': accepts, 'if-none-match': `"x", W/${answer.headers.get('etag')}` }))!;
        assert.deepEqual([again.status, await again.text()], [304, '']);
      }
      const head = (await ask(files, path, {}, 'HEAD'))!;
      assert.deepEqual([head.headers.get('content-length'), await head.text()], [String(script.length), '']);
    }));

  test('what the build has packed is sent as it lies there, and is no file of its own', () =>
    withBuild(async (folder) => {
      await build(folder);
      const packed = brotliCompressSync(`${script}// packed by the build`);
      await writeFile(join(folder, 'assets', 'index-Cx81a2Bz.js.br'), packed);
      const files = openAppFiles(folder);
      const answer = await ask(files, '/assets/index-Cx81a2Bz.js', { 'accept-encoding': 'gzip, br' });
      assert.equal(answer?.headers.get('content-encoding'), 'br');
      assert.deepEqual(Buffer.from(await answer!.arrayBuffer()), packed);
      const gzip = await ask(files, '/assets/index-Cx81a2Bz.js', { 'accept-encoding': 'gzip' });
      assert.equal(gunzipSync(await gzip!.arrayBuffer()).toString(), script);
      assert.equal(await ask(files, '/assets/index-Cx81a2Bz.js.br'), null);
    }));
});
