// Answers that nobody takes: so many of one person wait, and not for ever.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FalseClock } from '../../../test/support/clock.ts';
import { Gates } from '../../protocol/jmap/gates.ts';
import { coreLimits } from '../../protocol/jmap/limits.ts';
import type { JmapService } from '../../protocol/jmap/service.ts';
import { jmapRoutes } from './jmap-routes.ts';
import type { WebDoor } from './web-door.ts';

const most = coreLimits.maxConcurrentRequests;

function open(text: string) {
  const clock = new FalseClock();
  const service = {
    clock,
    gates: new Gates(),
    prepare: async () => {},
    dispatcher: { read: () => ({}) },
    answer: async () => text,
  } as unknown as JmapService;
  const principal = { account: 1, login: '', name: '', quota: null, appPassword: null };
  const door = { identify: async () => ({ principal, session: null, via: 'basic' }) } as unknown as WebDoor;
  const routes = jmapRoutes({ service, door, secure: true });
  const ask = async () =>
    routes.fetch(new Request('https://x.test/jmap/api', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' }), {
      remoteAddress: '192.0.2.1',
    });
  return { ask, clock };
}

const long = `"${'手紙𠮷'.repeat(300_000)}"`;

test('a long answer counts until it is taken, whole and as it was written', async () => {
  const { ask } = open(long);
  const answers = await Promise.all(Array.from({ length: most }, ask));
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
  assert.equal((await ask()).status, 429);
  assert.equal(await answers[0]!.text(), long);
  const next = await ask();
  assert.equal(next.status, 200);
  await answers[1]!.body!.cancel();
  assert.equal((await ask()).status, 200, 'given up');
  assert.equal((await ask()).status, 429);
});

test('who takes nothing for half a minute is let go', async () => {
  const { ask, clock } = open(long);
  const answers = await Promise.all(Array.from({ length: most }, ask));
  const readers = answers.map(({ body }) => body!.getReader());
  for (const reader of readers) await reader.read();
  assert.equal((await ask()).status, 429);
  await clock.advance(30_000);
  assert.equal((await ask()).status, 200);
  await assert.rejects(readers[0]!.read(), /nobody takes/);
});

test('a short answer is done with when it is handed over', async () => {
  const { ask } = open('{}');
  for (let number = 0; number < 2 * most; number++) assert.equal((await ask()).status, 200);
});
