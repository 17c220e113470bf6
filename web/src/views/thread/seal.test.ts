// What may be said of a letter's sender: what was seen, what a provider has written, and nothing that nobody checked.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sealOf } from './seal.ts';

const brought = (facts: object) => [
  { station: 'reception', facts: { protocol: 'smtp', peer: 'mx.far.test', peerAddress: '192.0.2.1', ...facts } },
];
const fetched = (peer: string) => [{ station: 'collection', facts: { peer, tls: 'TLSv1.3 X' } }];

test('brought by another server: sealed or not, the same domain or not', () => {
  const seal = sealOf(brought({ tls: 'TLSv1.3 X', from: 'bounce@mail.far.test' }), 'A@FAR.test', []);
  assert.deepEqual([seal.kind, seal.isSealed, seal.sameDomain, seal.provider], ['brought', true, true, null]);
  const open = sealOf(brought({ from: 'x@other.test' }), 'a@far.test', []);
  assert.deepEqual([open.isSealed, open.sameDomain], [false, false]);
  assert.equal(sealOf(brought({ from: '' }), 'a@far.test', []).sameDomain, null);
});

test('nobody here believes results that somebody else has written', () => {
  const forged = ['mx.far.test; dkim=pass header.d=bank.test'];
  assert.equal(sealOf(brought({}), 'a@bank.test', forged).provider, null);
  assert.equal(sealOf(fetched('imap.gmail.com'), 'a@bank.test', ['mx.evil.test; dkim=pass']).provider, null);
  assert.equal(sealOf(fetched('imap.gmail.com'), 'a@bank.test', ['mx.evil.test; dkim=fail', 'mx.google.com; dkim=pass']).provider, null);
  assert.equal(sealOf(fetched('imap.far.test'), 'a@bank.test', ['(mx.far.test;) evil.test; dkim=pass']).provider, null);
});

test("a provider's own results", () => {
  const { provider } = sealOf(fetched('imap.gmail.com'), 'a@bank.test', [
    'mx.google.com;\r\n dkim=fail header.d=x.test; dkim=pass header.i=@bank.test; spf=softfail (google.com: domain; dmarc=pass) smtp.mailfrom=a@bank.test; dmarc=pass (p=REJECT)',
  ]);
  assert.deepEqual(provider, { name: 'mx.google.com', results: { dkim: 'pass', spf: 'softfail', dmarc: 'pass' } });
  assert.equal(sealOf(fetched('pop.far.test'), 'a@b.test', ['mail.far.test; none']).provider, null);
});

test('of a letter without a journey nothing is said', () => {
  assert.equal(sealOf([], 'a@b.test', ['b.test; dkim=pass']).kind, 'unknown');
});
