// What a person's letters lead to is looked up at each of them: contacts are read and folded once, as long as they stay.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ItemStore } from '../../../store/items-contract.ts';
import type { Asker, JmapAccount } from '../contract.ts';
import { suggestMethod } from './suggest.ts';

function open(count: number) {
  const there = { state: 1, lists: 0, history: [{ name: '', email: 'p3@x.test', uses: 2 }] };
  const contacts = Array.from({ length: count }, (_one, at) => ({
    id: at + 1,
    value: { name: `Person ${at}`, kind: 'person', addresses: [{ email: `p${at}@x.test`, label: '' }] },
  }));
  const items = {
    state: async () => there.state,
    list: async () => {
      there.lists += 1;
      return contacts;
    },
  } as unknown as ItemStore;
  const suggest = suggestMethod({ items, contacts: { history: async () => there.history } });
  const ask = async (text: string, account = 1): Promise<readonly string[]> => {
    const mine = { account, id: `A${account}`, kind: 'own' } as unknown as JmapAccount;
    const asker = { accounts: new Map([[mine.id, mine]]) } as unknown as Asker;
    const { response } = await suggest({ accountId: mine.id, text }, asker);
    return (response['list'] as readonly { readonly email: string; readonly uses: number }[]).map(({ email, uses }) => `${email} ${uses}`);
  };
  return { there, contacts, ask };
}

test('contacts are read at the first letter typed, and again when they have changed', async () => {
  const { there, contacts, ask } = open(5);
  assert.deepEqual(await ask('p'), ['p3@x.test 2', 'p0@x.test 0', 'p1@x.test 0', 'p2@x.test 0', 'p4@x.test 0']);
  assert.deepEqual(await ask('p4'), ['p4@x.test 0']);
  assert.equal(there.lists, 1);
  contacts[4]!.value = { ...contacts[4]!.value, name: 'Yamada' };
  there.state = 2;
  assert.deepEqual(await ask('yama'), ['p4@x.test 0']);
  assert.equal(there.lists, 2);
});

test('a letter that was sent counts at once', async () => {
  const { there, ask } = open(5);
  assert.deepEqual(await ask('p4'), ['p4@x.test 0']);
  there.history = [{ name: '', email: 'P4@x.test', uses: 3 }];
  assert.deepEqual(await ask('p4'), ['p4@x.test 3']);
});

test('those of so many people are kept who asked last', async () => {
  const { there, ask } = open(1000);
  for (let account = 1; account <= 100; account++) await ask('p', account);
  await ask('p', 1);
  await ask('p', 101);
  assert.equal(there.lists, 101);
  await ask('p', 1);
  assert.equal(there.lists, 101);
  await ask('p', 2);
  assert.equal(there.lists, 102);
});
