import assert from 'node:assert/strict';
import { test } from 'node:test';
import { JmapClient } from './jmap/client.ts';
import { tellChange } from './tell-changes.ts';

interface Told {
  readonly update: Readonly<Record<string, unknown>>;
  readonly destroy: readonly string[];
}

test('changed and destroyed letters are counted together against what one request may hold, and each is told once', async () => {
  const told: Told[] = [];
  const client = Object.create(JmapClient.prototype) as JmapClient;
  Object.defineProperty(client, 'session', { value: { capabilities: { 'urn:ietf:params:jmap:core': { maxObjectsInSet: 3 } } } });
  client.request = (async ([[, args]]: readonly [readonly [string, Told]]) => (told.push(args), { get: () => ({}) })) as never;
  const patch = { 'keywords/$seen': true };
  const change = { accountId: 'A', update: { M1: patch, M2: patch }, destroy: ['M3', 'M4', 'M5'] };
  await tellChange({ client, news: () => undefined }, { kind: 'change', id: 1, what: 'carry', count: 5, since: 0, ...change });
  assert.deepEqual(
    told.map(({ update, destroy }) => [Object.keys(update), destroy]),
    [
      [['M1', 'M2'], ['M3']],
      [[], ['M4', 'M5']],
    ],
  );
});
