// The certificate authority: what it makes is accepted by TLS for each of its names, kept between starts, and renewed in time.
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { connect, createServer } from 'node:tls';
import { silentLog } from '../base/log.ts';
import { systemClock } from '../io/clock.ts';
import { addressOctets } from './ca-making.ts';
import { ensureOwnCertificates, machineNames } from './ca.ts';

const names = ['mail.tayori.test', 'tayori.test', 'localhost', '127.0.0.1', '::1', '192.168.7.9'];

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'tayori-ca-'));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('ensureOwnCertificates: a client that trusts the root accepts every name, and no other', () =>
  inFolder(async (folder) => {
    const made = await ensureOwnCertificates(folder, names, systemClock, silentLog);
    const ca = await readFile(made.ca);
    const server = createServer({ key: await readFile(made.key), cert: await readFile(made.certificate) }, (socket) => socket.end('hello'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const tryName = (name: string, trust: Buffer) =>
      new Promise<string>((resolve) => {
        const isName = /[a-z]/.test(name) && !name.includes(':');
        const socket = connect({
          host: '127.0.0.1',
          port,
          ca: [trust],
          ...(isName && { servername: name }),
          checkServerIdentity: (_host, certificate) => {
            const x509 = new X509Certificate(certificate.raw);
            return (isName ? x509.checkHost(name) : x509.checkIP(name)) === undefined ? new Error(`${name} is not in it`) : undefined;
          },
        });
        socket.on('error', (error) => resolve(error.message));
        socket.on('secureConnect', () => {
          resolve('accepted');
          socket.destroy();
        });
      });
    for (const name of names) assert.equal(await tryName(name, ca), 'accepted', name);
    assert.equal(await tryName('other.test', ca), 'other.test is not in it');
    server.close();
  }));

test('ensureOwnCertificates: keys are for the owner only, and the root may sign no authority', () =>
  inFolder(async (folder) => {
    const made = await ensureOwnCertificates(folder, names, systemClock, silentLog);
    assert.equal((await stat(made.key)).mode & 0o777, 0o600);
    assert.equal((await stat(join(folder, 'tls', 'ca-key.pem'))).mode & 0o777, 0o600);
    const root = new X509Certificate(await readFile(made.ca));
    const leaf = new X509Certificate(await readFile(made.certificate));
    assert.equal(root.ca, true);
    assert.equal(leaf.ca, false);
    assert.equal(root.checkIssued(root), true);
    assert.equal(leaf.verify(root.publicKey), true);
    assert.deepEqual(leaf.keyUsage, ['1.3.6.1.5.5.7.3.1']);
    const days = (Date.parse(leaf.validTo) - Date.parse(leaf.validFrom)) / 86_400_000;
    assert.ok(days < 398, `${days} days`);
  }));

test('ensureOwnCertificates: kept while good; the leaf is made again for a new name, near its end, or when damaged; the root stays', () =>
  inFolder(async (folder) => {
    const read = async () => ({
      root: await readFile(join(folder, 'ca.pem'), 'utf8'),
      leaf: await readFile(join(folder, 'tls', 'server.pem'), 'utf8'),
    });
    await ensureOwnCertificates(folder, names, systemClock, silentLog);
    const first = await read();
    await ensureOwnCertificates(folder, names.slice(1), systemClock, silentLog);
    assert.deepEqual(await read(), first);
    await ensureOwnCertificates(folder, [...names, 'new.test'], systemClock, silentLog);
    const second = await read();
    assert.equal(second.root, first.root);
    assert.notEqual(second.leaf, first.leaf);
    const later = { ...systemClock, now: () => Date.now() + 380 * 86_400_000 };
    await ensureOwnCertificates(folder, names, later, silentLog);
    const third = await read();
    assert.equal(third.root, first.root);
    assert.notEqual(third.leaf, second.leaf);
    await rm(join(folder, 'tls', 'ca-key.pem'));
    await ensureOwnCertificates(folder, names, later, silentLog);
    assert.notEqual((await read()).root, first.root);
  }));

test('machineNames: localhost first, no wildcard address, the interfaces behind one, no link-local', () => {
  const interfaces = { eth0: [{ address: '10.0.0.5' }, { address: 'fe80::1' }] } as unknown as Parameters<typeof machineNames>[1];
  const all = machineNames(['0.0.0.0'], interfaces);
  assert.deepEqual(all.slice(0, 3), ['localhost', '127.0.0.1', '::1']);
  assert.ok(all.includes('10.0.0.5'));
  assert.ok(!all.some((name) => name === '0.0.0.0' || name.startsWith('fe80')));
  assert.ok(!machineNames(['127.0.0.1'], interfaces).includes('10.0.0.5'));
});

for (const [text, hex] of [
  ['127.0.0.1', '7f000001'],
  ['::1', '00000000000000000000000000000001'],
  ['2001:db8::8:800:200c:417a', '20010db80000000000080800200c417a'],
  ['fe80::', 'fe800000000000000000000000000000'],
] as const)
  test(`addressOctets: ${text}`, () => assert.equal(Buffer.from(addressOctets(text)).toString('hex'), hex));
