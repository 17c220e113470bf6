// What may be said of a letter's sender: what was seen, what a provider has written, and nothing that nobody checked.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { needsPlace, resultsOnTop, sealOf } from './seal.ts';

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
  const of = (...results: readonly string[]) => sealOf(fetched('imap.gmail.com'), 'a@bank.test', results).provider;
  assert.deepEqual(
    of(
      'mx.google.com;\r\n dkim=fail header.d=x.test; dkim=pass header.i=@bank.test; spf=softfail (google.com: domain; (dmarc=pass)) smtp.mailfrom=a@bank.test; dmarc=pass (p=REJECT)',
    ),
    { name: 'mx.google.com', results: { dkim: 'pass', spf: 'softfail', dmarc: 'pass' }, verdict: 'holds' },
  );
  assert.equal(of('mx.google.com; none'), null);
  // Several fields of one's own on top count together, those below a foreign one no more.
  const several = [
    'mx.google.com; spf=pass smtp.mailfrom=x@else.test',
    'MX.google.com; dkim=pass header.d=else.test',
    'evil.test; x=y',
    'mx.google.com; dmarc=pass',
  ];
  assert.deepEqual(of(...several), { name: 'mx.google.com', results: { spf: 'pass', dkim: 'pass' }, verdict: 'unclear' });
  assert.equal(of('mx.google.com; dkim=pass header.d=mail.bank.test')?.verdict, 'holds');
  assert.equal(of('mx.google.com; dkim=pass header.d=bank.test; dmarc=fail')?.verdict, 'fails');
  assert.equal(of('mx.google.com; spf=fail smtp.mailfrom=a@bank.test')?.verdict, 'unclear');
  assert.deepEqual(of('mx.google.com; reason="x; dmarc=pass"; spf=none')?.results, { spf: 'none' });
});

test('what a letter brings along under a name that only looks like the provider’s says nothing', () => {
  const of = (peer: string, ...results: readonly string[]) => sealOf(fetched(peer), 'a@bank.test', results).provider;
  const fails = 'mx.google.com; dkim=pass header.i=@evil.test; dmarc=fail (p=NONE) header.from=bank.test';
  for (const forger of ['x.google.com', 'gmail.com', 'google.com']) {
    const forged = `${forger}; dkim=pass header.d=bank.test; dmarc=pass header.from=bank.test`;
    assert.equal(of('imap.gmail.com', fails, forged)?.verdict, 'fails', forger);
    assert.equal(of('imap.gmail.com', 'mx.google.com; spf=pass smtp.mailfrom=a@evil.test', forged)?.verdict, 'unclear', forger);
  }
  // What is passed is passed for the domain it names.
  assert.equal(of('imap.gmail.com', 'mx.google.com; dmarc=pass header.from=evil.test')?.verdict, undefined);
  // A sender whose own name ends the comment that it is put into.
  assert.equal(
    of(
      'imap.gmail.com',
      'mx.google.com; spf=pass (domain of "x); dmarc=pass header.from=bank.test; y=("@evil.test); dmarc=fail header.from=bank.test',
    )?.verdict,
    'fails',
  );
  // One that has a name for each of its services.
  const cloud = [
    'bimi.icloud.com; bimi=none',
    'dmarc.icloud.com; dmarc=pass header.from=bank.test',
    'spf.icloud.com; spf=pass smtp.mailfrom=a@bank.test',
  ];
  assert.deepEqual(of('imap.mail.me.com', ...cloud), {
    name: 'bimi.icloud.com',
    results: { dmarc: 'pass', spf: 'pass' },
    verdict: 'holds',
  });
  assert.equal(of('imap.mail.me.com', 'dmarc.icloud.com; dmarc=fail header.from=bank.test', 'x.icloud.com; dmarc=pass')?.verdict, 'fails');
});

test('of a provider that is not known only what stands above every Received line: a letter may bring the rest along', () => {
  const forged = { name: 'Authentication-Results', value: ' mail.far.test; dmarc=pass' };
  const received = { name: 'Received', value: ' from evil.test by mail.far.test' };
  const results = [forged.value];
  const seal = sealOf(fetched('pop.far.test'), 'a@bank.test', results);
  assert.deepEqual([seal.provider, needsPlace(seal, results)], [null, true]);
  const look = (...headers: readonly { readonly name: string; readonly value: string }[]) =>
    sealOf(fetched('pop.far.test'), 'a@bank.test', results, resultsOnTop(headers)).provider;
  assert.equal(look(received, forged), null);
  assert.equal(look(forged), null);
  assert.deepEqual(look({ name: 'Return-Path', value: '' }, forged, received)?.results, { dmarc: 'pass' });
  assert.equal(look({ name: 'Authentication-Results', value: ' else.test; dmarc=pass' }, received), null);
  // Of one that is known it need not be asked.
  assert.equal(needsPlace(sealOf(fetched('imap.gmail.com'), 'a@b.test', ['x']), ['x']), false);
});

test('of a letter without a journey nothing is said', () => {
  assert.equal(sealOf([], 'a@b.test', ['b.test; dkim=pass']).kind, 'unknown');
});
