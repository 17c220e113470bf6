import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Unavailable } from '../../base/trouble.ts';
import type { Answer, RecordType, Resolver } from '../../protocol/dns/contract.ts';
import { isGlobalAddress } from '../../base/address-range.ts';
import { openRouter } from './route.ts';

type Table = Record<string, readonly string[] | 'nxdomain' | 'trouble'>;

/** `MX example.test` → `10 mx.example.test`. */
function resolverOf(table: Table): Resolver {
  return {
    resolve<T extends RecordType>(name: string, type: T): Promise<Answer<T>> {
      const rows = table[`${type} ${name}`];
      if (rows === 'trouble') return Promise.reject(new Unavailable('dns', 'SERVFAIL'));
      const none = rows === 'nxdomain' ? 'nxdomain' : 'nodata';
      if (rows === undefined || rows === 'nxdomain') return Promise.resolve({ kind: 'none', reason: none, authentic: false, ttl: 1 });
      const records = rows.map((row) => {
        const [first = '', second = ''] = row.split(' ');
        return type === 'MX' ? { preference: Number(first), exchange: second } : { address: first };
      });
      return Promise.resolve({ kind: 'found', records, authentic: false, ttl: 1 } as unknown as Answer<T>);
    },
  };
}

const rows: [name: string, table: Table, expected: string][] = [
  [
    'hosts by preference, IPv6 first',
    { 'MX d.test': ['20 b.d.test', '10 a.d.test'], 'A a.d.test': ['8.8.8.1'], 'AAAA a.d.test': ['2600::1'], 'A b.d.test': ['8.8.8.2'] },
    'a.d.test 2600::1 8.8.8.1 | b.d.test 8.8.8.2',
  ],
  ['no MX: the domain itself', { 'A d.test': ['8.8.8.1'] }, 'd.test 8.8.8.1'],
  ['no such domain', { 'MX d.test': 'nxdomain' }, 'never 5.1.2'],
  ['neither MX nor address', {}, 'never 5.1.2'],
  ['null MX (RFC 7505)', { 'MX d.test': ['0 '] }, 'never 5.1.10'],
  ['DNS trouble is later', { 'MX d.test': 'trouble' }, 'later'],
  ['trouble with the address of the only host is later', { 'MX d.test': ['10 a.d.test'], 'A a.d.test': 'trouble' }, 'later'],
  [
    'trouble with one family does not hide the other',
    { 'MX d.test': ['10 a.d.test'], 'AAAA a.d.test': 'trouble', 'A a.d.test': ['8.8.8.1'] },
    'a.d.test 8.8.8.1',
  ],
  ['MX without any address is later', { 'MX d.test': ['10 a.d.test'] }, 'later'],
  [
    'only hosts preferred to ourselves',
    { 'MX d.test': ['10 a.d.test', '20 us.test', '30 c.d.test'], 'A a.d.test': ['8.8.8.1'], 'A c.d.test': ['8.8.8.3'] },
    'a.d.test 8.8.8.1',
  ],
  [
    'we are the best MX of a domain that is not ours',
    { 'MX d.test': ['10 us.test', '20 b.d.test'], 'A b.d.test': ['8.8.8.1'] },
    'never 5.4.6',
  ],
  ['MX on loopback', { 'MX d.test': ['10 a.d.test'], 'A a.d.test': ['127.0.0.1'], 'AAAA a.d.test': ['::1'] }, 'never 5.4.6'],
  ['private addresses are passed over', { 'MX d.test': ['10 a.d.test'], 'A a.d.test': ['10.0.0.1', '8.8.8.1'] }, 'a.d.test 8.8.8.1'],
];

const parts = {
  chance: { bytes: (length: number) => new Uint8Array(length), fraction: () => 0 },
  ownNames: ['us.test'],
  privateAddresses: false,
  port: 25,
  smarthost: null,
};

for (const [name, table, expected] of rows)
  test(`route: ${name}`, async () => {
    const route = await openRouter({ ...parts, resolver: resolverOf(table) })
      .route('d.test')
      .catch((trouble: unknown) => {
        assert.ok(trouble instanceof Unavailable);
        return null;
      });
    const told =
      route === null
        ? 'later'
        : route.kind === 'never'
          ? `never ${route.status}`
          : route.hosts.map((host) => [host.name, ...host.addresses].join(' ')).join(' | ');
    assert.equal(told, expected);
  });

test('route: address literals and the smarthost', async () => {
  const router = openRouter({ ...parts, resolver: resolverOf({}) });
  assert.deepEqual((await router.route('[127.0.0.1]')).kind, 'never');
  const literal = await router.route('[IPv6:2600::1]');
  assert.ok(literal.kind === 'hosts' && literal.hosts[0]!.addresses[0] === '2600::1');
  const relay = openRouter({
    ...parts,
    resolver: resolverOf({ 'A relay.test': ['10.0.0.5'] }),
    smarthost: { name: 'relay.test', port: 465, implicitTls: true, login: null, security: 'verified' },
  });
  const through = await relay.route('d.test');
  assert.ok(through.kind === 'hosts' && through.hosts[0]!.addresses[0] === '10.0.0.5' && through.hosts[0]!.port === 465);
});

// Reliability B-131 and RFC 6890.
for (const address of [
  '0.0.0.0',
  '10.1.2.3',
  '100.64.0.1',
  '127.0.0.1',
  '169.254.169.254',
  '172.31.0.1',
  '192.0.2.1',
  '192.168.1.1',
  '198.18.0.1',
  '224.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  'fe80::1',
  'fc00::1',
  'fd12::1',
  'ff02::1',
  '2001:db8::1',
  '::ffff:127.0.0.1',
  '::ffff:7f00:1',
  '64:ff9b::7f00:1',
  '2002:7f00:1::',
  '2001::1',
  '0x7f000001',
  '127.1',
  '2130706433',
  '0177.0.0.1',
  '',
  'a.test',
  '1.2.3.4.5',
  ':::',
  '1::2::3',
])
  test(`isGlobalAddress: ${address || 'nothing'} is not`, () => assert.equal(isGlobalAddress(address), false));
for (const address of ['8.8.8.8', '100.63.0.1', '172.32.0.1', '2606:4700::1111', '::ffff:8.8.8.8', '64:ff9b::808:808', '2002:808:808::'])
  test(`isGlobalAddress: ${address} is`, () => assert.equal(isGlobalAddress(address), true));
