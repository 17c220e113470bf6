import assert from 'node:assert/strict';
import { Socket } from 'node:dgram';
import { test } from 'node:test';
import { silentLog } from '../../base/log.ts';
import { Unavailable } from '../../base/trouble.ts';
import { openDnsServer, type Zone } from '../../../test/support/dns-server.ts';
import { openResolver } from './resolver.ts';

const zone: Zone = {
  'example.test': [
    { type: 'MX', preference: 10, value: 'mx1.example.test' },
    { type: 'MX', preference: 20, value: 'mx2.example.test' },
    { type: 'TXT', value: 'x'.repeat(300) },
  ],
  'mx1.example.test': [
    { type: 'A', value: '192.0.2.1' },
    { type: 'AAAA', value: '2001:db8::1' },
  ],
  'alias.test': [{ type: 'CNAME', value: 'mx1.example.test' }],
  'nothing.test': [],
  'quick.test': [{ type: 'A', value: '192.0.2.9', ttl: 0 }],
  ...Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`c${at}.test`, [{ type: 'CNAME', value: `c${at + 1}.test` }]])),
};

test('resolver: answers, aliases, none, cache and every fault', async (t) => {
  const server = await openDnsServer(zone);
  t.after(() => server.close());
  const open = (timeoutMs = 100) => openResolver({ servers: [server.address], log: silentLog, timeoutMs });
  const resolver = open();

  await t.test('MX records', async () => {
    const answer = await resolver.resolve('Example.test', 'MX');
    assert.ok(answer.kind === 'found');
    assert.deepEqual(answer.records, [
      { preference: 10, exchange: 'mx1.example.test' },
      { preference: 20, exchange: 'mx2.example.test' },
    ]);
  });
  await t.test('the strings of a TXT record are joined', async () => {
    const answer = await resolver.resolve('example.test', 'TXT');
    assert.ok(answer.kind === 'found' && answer.records[0]!.text === 'x'.repeat(300));
  });
  await t.test('an alias is followed', async () => {
    const answer = await resolver.resolve('alias.test', 'AAAA');
    assert.ok(answer.kind === 'found');
    assert.deepEqual(answer.records, [{ address: '2001:db8::1' }]);
  });
  await t.test('too many aliases are no answer', () => assert.rejects(resolver.resolve('c0.test', 'A'), Unavailable));
  await t.test('nodata and nxdomain are told apart', async () => {
    assert.deepEqual(
      { ...(await resolver.resolve('nothing.test', 'A')), ttl: 0 },
      { kind: 'none', reason: 'nodata', authentic: false, ttl: 0 },
    );
    assert.deepEqual(
      { ...(await resolver.resolve('nobody.test', 'A')), ttl: 0 },
      { kind: 'none', reason: 'nxdomain', authentic: false, ttl: 0 },
    );
  });
  await t.test('what is known is not asked again, and parallel questions are asked once', async () => {
    const fresh = open();
    server.asked.length = 0;
    await Promise.all([fresh.resolve('example.test', 'MX'), fresh.resolve('EXAMPLE.test', 'MX')]);
    await fresh.resolve('example.test', 'MX');
    assert.deepEqual(server.asked, ['MX example.test']);
  });
  await t.test('a TTL of zero is asked again', async () => {
    const fresh = open();
    server.asked.length = 0;
    await fresh.resolve('quick.test', 'A');
    await fresh.resolve('quick.test', 'A');
    assert.equal(server.asked.length, 2);
  });
  await t.test('a truncated answer comes by TCP', async () => {
    server.faults.set('example.test', 'truncate');
    const answer = await open().resolve('example.test', 'MX');
    assert.ok(answer.kind === 'found' && answer.records.length === 2);
  });
  for (const fault of ['servfail', 'refused', 'silence', 'garbage', 'wrong-id', 'loop'] as const)
    await t.test(`${fault} is "not now", never "none"`, async () => {
      server.faults.set('example.test', fault);
      await assert.rejects(open(40).resolve('example.test', 'MX'), Unavailable);
      server.faults.delete('example.test');
    });
  await t.test('the next server is asked when the first is silent', async () => {
    const answer = await openResolver({ servers: ['127.0.0.1:1', server.address], log: silentLog, timeoutMs: 100 }).resolve(
      'mx1.example.test',
      'A',
    );
    assert.ok(answer.kind === 'found');
  });
  await t.test('a name that is none is refused without a question', async () => {
    server.asked.length = 0;
    await assert.rejects(open().resolve('a\0b.test', 'A'), Unavailable);
    assert.deepEqual(server.asked, []);
  });
});

test('resolver: a name server that has gone is told twice by the socket, and ends nothing', async (t) => {
  const server = await openDnsServer({});
  await server.close();
  const { emit } = Socket.prototype;
  let told = 0;
  t.mock.method(Socket.prototype, 'emit', function (this: Socket, name: string, ...facts: unknown[]) {
    if (name === 'error') told += 2;
    return emit.call(this, name, ...facts) && (name !== 'error' || emit.call(this, name, ...facts));
  });
  const resolver = openResolver({ servers: [server.address], log: silentLog, timeoutMs: 1000 });
  await assert.rejects(resolver.resolve('example.test', 'A'), /ECONNREFUSED/);
  assert.ok(told >= 2);
});
