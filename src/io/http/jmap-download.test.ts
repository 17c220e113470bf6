// Downloads that nobody takes: so many of one person wait, and not for ever.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FalseClock } from '../../../test/support/clock.ts';
import type { BlobSource } from '../../protocol/jmap/contract.ts';
import { Gates } from '../../protocol/jmap/gates.ts';
import type { Entrant, JmapService } from '../../protocol/jmap/service.ts';
import { answerDownload } from './jmap-download.ts';

const size = 1_000_000;
const octets = Uint8Array.from({ length: size }, (_one, at) => at % 251);

function open(read: BlobSource['read'] = async (start, end) => octets.subarray(start, end)) {
  const clock = new FalseClock();
  const source = { type: 'application/pdf', name: 'a.pdf', size, read };
  const service = {
    clock,
    gates: new Gates(),
    accountsOf: () => new Map([['A1', { id: 'A1' }]]),
    blobs: { find: async () => source },
  } as unknown as JmapService;
  const entrant = { principal: { account: 1 } } as unknown as Entrant;
  const ask = (headers: Record<string, string> = {}) =>
    answerDownload(new Request('https://x.test/jmap/download/A1/B1/a.pdf', { headers }), entrant, service);
  return { ask, clock };
}

test('a download whose reader takes nothing is let go', async () => {
  const { ask, clock } = open();
  const answers = await Promise.all(Array.from({ length: 16 }, () => ask()));
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
  assert.equal((await ask()).status, 429);
  const reader = answers[0]!.body!.getReader();
  await reader.read();
  await clock.advance(119_000);
  await reader.read();
  await clock.advance(1_000);
  const again = await Promise.all(Array.from({ length: 16 }, () => ask()));
  assert.deepEqual(
    again.map(({ status }) => status).toSorted(),
    [...Array.from({ length: 15 }, () => 200), 429],
    'all but the one that reads',
  );
  await assert.rejects(answers[1]!.arrayBuffer(), /nobody takes/);
});

test('what is taken comes whole, or the range that was asked for, and gives its place back', async () => {
  const { ask } = open();
  for (let turn = 0; turn < 20; turn++) {
    const answer = await ask(turn % 2 === 0 ? {} : { range: 'bytes=5-600000' });
    const expected = turn % 2 === 0 ? octets : octets.subarray(5, 600_001);
    assert.ok(Buffer.from(await answer.arrayBuffer()).equals(expected));
  }
});

test('a file that cannot be read to its end breaks the answer off, and gives its place back', async () => {
  const { ask } = open(async () => {
    throw new Error('the disk says no');
  });
  for (let turn = 0; turn < 20; turn++) {
    const answer = await ask();
    assert.equal(answer.status, 200);
    await assert.rejects(answer.arrayBuffer(), /the disk says no/);
  }
});
