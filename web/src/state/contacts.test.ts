import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readContacts, type AskCalls } from './contacts.ts';
import { EngineTrouble } from '../engine/contract.ts';

/** A server of so many contacts that gives a thousand at a time (RFC 8620 §5.1, §5.5). */
function office(count: number) {
  const there = { ids: Array.from({ length: count }, (_one, index) => `V${index + 1}`), state: 1, asked: 0, heard: () => {} };
  const ask: AskCalls = async ([query, get]) => {
    there.asked += 1;
    assert.deepEqual(get![1]['#ids'], { resultOf: query![2], name: query![0], path: '/ids' });
    const { ids, state } = there;
    const position = Number(query![1]['position']);
    const page = ids.slice(position, position + 1000);
    there.heard();
    return [
      ['Contact/query', { queryState: String(state), position, total: ids.length, ids: page }, query![2]],
      ['Contact/get', { list: page.map((id) => ({ id })) }, get![2]],
    ];
  };
  return { there, ask };
}
const idsOf = (list: readonly object[]): readonly unknown[] => list.map((one) => (one as { readonly id: string }).id);

for (const [count, requests] of [
  [0, 1],
  [1000, 1],
  [1001, 2],
  [5000, 5],
] as const)
  test(`${count} contacts are read, each once, in ${requests} requests`, async () => {
    const { there, ask } = office(count);
    assert.deepEqual(idsOf(await readContacts(ask, 'A1')), there.ids);
    assert.equal(there.asked, requests);
  });

test('one that is removed meanwhile hides no other', async () => {
  const { there, ask } = office(1200);
  there.heard = () => {
    there.heard = () => {};
    there.ids = there.ids.slice(1);
    there.state = 2;
  };
  assert.deepEqual(idsOf(await readContacts(ask, 'A1')), there.ids);
});

test('a server that says no is heard', async () => {
  const refused: AskCalls = async () => [['error', { type: 'accountNotFound' }, 'q']];
  await assert.rejects(readContacts(refused, 'A9'), EngineTrouble);
});
