import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Station, TraceEvent, TraceResult } from '../../store/trace-contract.ts';
import { describeJourney, describeStep } from './describe.ts';

const stations: readonly Station[] = ['submission', 'reception', 'queue', 'routing', 'delivery', 'mailbox', 'collection', 'read', 'report'];
const event = (change: Partial<TraceEvent>): TraceEvent => ({
  letter: 'a',
  at: 0,
  station: 'queue',
  result: 'done',
  recipient: null,
  account: null,
  facts: {},
  ...change,
});

test('describeStep: every station, result and language has a sentence, with or without facts', () => {
  for (const language of ['en', 'ja'] as const)
    for (const station of stations)
      for (const result of ['done', 'later', 'failed'] satisfies TraceResult[])
        for (const recipient of [null, 'hanako@example.test']) {
          const { sentence } = describeStep(event({ station, result, recipient }), language);
          assert.ok(sentence.length > 5);
          assert.doesNotMatch(sentence, /undefined|NaN|null/);
        }
});

test('describeJourney: a letter that went through in words', () => {
  const facts = {
    peer: 'mx.example.test',
    peerAddress: '192.0.2.1',
    reply: '250 2.0.0 ok',
    tls: 'TLSv1.3 TLS_AES_128_GCM_SHA256',
    tlsVerified: 'yes',
  };
  assert.deepEqual(describeJourney([event({ station: 'delivery', recipient: 'a@example.test', facts })], 'en'), [
    '● 1970-01-01 00:00:00 UTC  mx.example.test took the letter for a@example.test (delivery).',
    '      address: 192.0.2.1',
    '      in words: 250 2.0.0 ok',
    '      encryption: TLSv1.3 TLS_AES_128_GCM_SHA256',
    '      identity proven: yes',
  ]);
  assert.equal(
    describeJourney(
      [event({ station: 'queue', result: 'later', recipient: 'a@example.test', facts: { attempt: 1, nextAt: 60_000 } })],
      'ja',
    )[0],
    '○ 1970-01-01 00:00:00 UTC  a@example.test あての手紙はまだ届けられていません。1 回目は届かず、1970-01-01 00:01:00 UTC にもう一度試します（キュー）。',
  );
});
