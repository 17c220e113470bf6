// What tayori check finds, in sentences.
import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { silentLog } from '../base/log.ts';
import { Unavailable } from '../base/trouble.ts';
import { systemClock } from '../io/clock.ts';
import type { RecordData, RecordType, Resolver } from '../protocol/dns/contract.ts';
import { ensureOwnCertificates } from './ca.ts';
import { checkAll, checkNode, type Finding } from './check.ts';
import { readSettings, type Settings } from './settings.ts';

type Zone = Readonly<Record<string, readonly RecordData[RecordType][]>>;

/** Answers from a table: `MX a.example` → records. */
function resolverOf(zone: Zone): Resolver {
  return {
    async resolve(name, type) {
      const records = zone[`${type} ${name}`];
      return records === undefined
        ? { kind: 'none', reason: 'nodata', authentic: false, ttl: 60 }
        : { kind: 'found', records: records as never, authentic: false, ttl: 60 };
    },
  };
}

async function withSettings(text: string, work: (settings: Settings, folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'tayori-check-'));
  try {
    // Ports that nobody is asked for: these tests are about other things.
    const none = 'smtp submission submissions pop3 pop3s imap imaps http https metrics'.replaceAll(/(\w+)/g, '$1=off');
    const { settings } = readSettings({ name: 'tayori.toml', text }, { TAYORI_PORTS: none }, { data: join(folder, 'data') });
    await work(settings, folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

const bad = (findings: readonly Finding[]): string[] => findings.filter((finding) => finding.how === 'bad').map((finding) => finding.what);

test('check: a demo before its first start needs nothing done', () =>
  withSettings('', async (settings) => {
    const findings = await checkAll(settings, { dns: true });
    assert.deepEqual(bad(findings), []);
    assert.ok(findings.some(({ what }) => what.startsWith('no domain is set: this is the local demo')));
    assert.ok(findings.some(({ what }) => /the data folder .* is not there yet/.test(what)));
  }));

test('check: a data folder that others can read, and one that is a file', () =>
  withSettings('', async (settings) => {
    await mkdir(settings.data);
    await chmod(settings.data, 0o755);
    assert.match(bad(await checkAll(settings, { dns: false }))[0]!, /^others on this machine can look into .*; chmod 700 /);
    await rm(settings.data, { recursive: true });
    await writeFile(settings.data, '');
    assert.match(bad(await checkAll(settings, { dns: false }))[0]!, /is not a folder; choose another/);
  }));

test('check: a port that is taken', () =>
  withSettings('', async (settings) => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const findings = await checkAll({ ...settings, ports: { ...settings.ports, imap: port } }, { dns: false });
    server.close();
    assert.deepEqual(bad(findings), [
      `imap cannot listen: port ${port} is taken by another program; choose another by the setting ports = { imap = N }, or end what is there`,
    ]);
  }));

test('check: certificates that end, do not hold the name, or do not fit their key', () =>
  withSettings('domain = "a.example"', async (settings, folder) => {
    const made = await ensureOwnCertificates(folder, ['mail.b.example'], systemClock, silentLog);
    const own = { ...settings, certificate: made.certificate, key: made.key };
    assert.match(bad(await checkAll(own, { dns: false })).join(), /does not hold the name mail\.a\.example; mail apps will refuse it/);
    assert.deepEqual(bad(await checkAll({ ...own, hostname: 'mail.b.example' }, { dns: false })), []);
    const stranger = { ...own, hostname: 'mail.b.example', key: join(folder, 'tls', 'ca-key.pem') };
    assert.match(bad(await checkAll(stranger, { dns: false })).join(), /the key .* does not belong to the certificate/);
    const missing = { ...own, certificate: join(folder, 'none.pem') };
    assert.match(bad(await checkAll(missing, { dns: false })).join(), /^cannot read the certificate .*none\.pem/);
  }));

test('check: the DNS of a domain, from nothing to all in place', () =>
  withSettings('domain = "a.example"', async (settings) => {
    const look = async (zone: Zone): Promise<readonly Finding[]> => checkAll(settings, { dns: true, resolver: resolverOf(zone) });
    assert.deepEqual(bad(await look({})), [
      'a.example has no MX record, so nobody finds this server; add: a.example. MX 10 mail.a.example.',
      'mail.a.example has no address; add an A or AAAA record with the address of this machine',
    ]);
    const wrong = await look({
      'MX a.example': [{ preference: 10, exchange: 'mx.b.example' }],
      'A mail.a.example': [{ address: '192.0.2.1' }],
    });
    assert.match(bad(wrong).join(), /the MX of a\.example is mx\.b\.example, not mail\.a\.example/);
    assert.ok(wrong.some(({ how, what }) => how === 'note' && what.startsWith('the address 192.0.2.1 is called nothing in the DNS')));
    const whole = await look({
      'MX a.example': [{ preference: 10, exchange: 'mail.a.example' }],
      'A mail.a.example': [{ address: '192.0.2.1' }],
      'AAAA mail.a.example': [{ address: '2001:db8::1' }],
      'PTR 1.2.0.192.in-addr.arpa': [{ target: 'mail.a.example' }],
      'PTR 1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa': [{ target: 'mail.a.example' }],
      'TXT a.example': [{ text: 'v=spf1 mx -all' }],
      'TXT _dmarc.a.example': [{ text: 'v=DMARC1; p=none' }],
    });
    assert.deepEqual(bad(whole), []);
    assert.equal(whole.filter(({ what }) => what.endsWith('and mail.a.example lead to each other')).length, 2);
    const silent: Resolver = { resolve: () => Promise.reject(new Unavailable('dns', 'no name server answered')) };
    assert.match(
      bad(await checkAll(settings, { dns: true, resolver: silent })).join(),
      /^the DNS does not answer: no name server answered; /,
    );
  }));

for (const [version, how] of [
  ['26.10.0', 'note'],
  ['26.12.0', 'note'],
  ['26.12.1', 'good'],
  ['26.13.0', 'good'],
  ['27.0.0', 'good'],
  ['24.22.1', 'note'],
] as const)
  test(`checkNode: ${version}`, () => assert.equal(checkNode(version).how, how));

test('check: what mail apps find, with the lines that are missing; every one gone once they are there', () =>
  withSettings('domain = "a.example"', async (settings) => {
    const home = [{ address: '192.0.2.1' }];
    const before = { 'A mail.a.example': home };
    const open = { ...settings, ports: { ...settings.ports, imaps: 993, submissions: 465 } };
    const apps = async (zone: Zone): Promise<string[]> =>
      (await checkAll(open, { dns: true, resolver: resolverOf(zone) }))
        .filter(({ how, what }) => how === 'note' && what.includes('our settings'))
        .map(({ what }) => what);
    const told = await apps(before);
    assert.deepEqual(
      told.map((what) => what.split(' (')[0]),
      [
        'iPhone and Mac Mail: our settings are not found by the address alone',
        'Outlook: our settings are not found by the address alone',
        'Thunderbird: our settings are not found by the address alone',
        'FairEmail: our settings are not found by the address alone',
        'Delta Chat: our settings are not found by the address alone',
        'Apps that follow the standards: our settings are not found by the address alone',
      ],
    );
    const zone: Record<string, readonly RecordData[RecordType][]> = { ...before };
    for (const [, name, type, data] of told.join('; ').matchAll(/add: (\S+)\. (CNAME|SRV|TXT) ("[^"]*"|[^;]*)/g)) {
      if (type === 'CNAME') zone[`A ${name}`] = home;
      else if (type === 'TXT') zone[`TXT ${name}`] = [{ text: data!.slice(1, -1) }];
      else {
        const [priority, weight, port, target] = data!.split(' ');
        zone[`SRV ${name}`] = [
          { priority: Number(priority), weight: Number(weight), port: Number(port), target: target!.replace(/\.$/, '') },
        ];
      }
    }
    assert.deepEqual(await apps(zone), []);
    delete zone['SRV _imaps._tcp.a.example'];
    assert.deepEqual(await apps(zone), [
      'FairEmail: our settings are found by the second way only (IMAP); add: _imaps._tcp.a.example. SRV 0 1 993 mail.a.example.',
      'Apps that follow the standards: our settings are not found by the address alone (IMAP); add: _imaps._tcp.a.example. SRV 0 1 993 mail.a.example.',
    ]);
  }));
