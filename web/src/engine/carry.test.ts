import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { backOf, carryOf, carryOver } from './carry.ts';
import { JmapClient } from './jmap/client.ts';
import type { EmailHead } from './jmap/objects.ts';

const head = (id: string, ...mailboxes: string[]): EmailHead =>
  ({ id, mailboxIds: Object.fromEntries(mailboxes.map((one) => [one, true])) }) as unknown as EmailHead;
const there = { toAccountId: 'B', to: 'B1', keeps: false };

suite('letters that go to another account', () => {
  test('out of the mailbox that they are looked at in; out of the account where they lie in no other', () => {
    const heads = [head('M1', 'F1'), head('M2', 'F1', 'F2'), head('M3', 'F9')];
    const { change, inverse, count } = carryOf('A', heads, { ...there, from: 'F1' })!;
    assert.deepEqual(change, {
      accountId: 'A',
      update: { M2: { 'mailboxIds/F1': null } },
      destroy: ['M1'],
      carry: { toAccountId: 'B', places: { M1: ['B1'], M2: ['B1'] } },
    });
    assert.equal(count, 2);
    // The way back knows them by their names there.
    assert.deepEqual(
      backOf(
        inverse,
        new Map([
          ['M1', 'N1'],
          ['M2', 'N2'],
        ]),
      ),
      [
        { accountId: 'A', update: { M2: { 'mailboxIds/F1': true } }, destroy: [] },
        { accountId: 'B', update: {}, destroy: ['N1'], carry: { toAccountId: 'A', places: { N1: ['F1'] } } },
        { accountId: 'B', update: {}, destroy: ['N2'] },
      ],
    );
    // Of what never got there nothing is taken back.
    assert.deepEqual(backOf({ ...inverse, update: {} }, new Map()), []);
    assert.equal(carryOf('A', heads, { ...there, from: 'F7' }), null);
  });

  test('a copy takes nothing away, and its undo takes the copy', () => {
    const { change, inverse } = carryOf('A', [head('M1', 'F1')], { ...there, from: 'F1', keeps: true })!;
    assert.deepEqual([change.update, change.destroy], [{}, []]);
    assert.deepEqual(backOf(inverse, new Map([['M1', 'N1']])), [{ accountId: 'B', update: {}, destroy: ['N1'] }]);
  });

  interface Asked {
    readonly accountId: string;
    readonly ids: readonly string[];
    readonly filter: { readonly conditions: readonly [{ readonly header: readonly string[] }] };
    readonly create: Readonly<Record<string, unknown>>;
  }
  /** A server that answers as told; each call is noted. */
  function clientOf(answers: (name: string, args: Asked) => object): { client: JmapClient; asked: string[] } {
    const asked: string[] = [];
    const client = Object.create(JmapClient.prototype) as JmapClient;
    client.request = (async (calls: readonly [string, Asked, string][]) => {
      const responses = calls.map(([name, args, id]) => (asked.push(name), [name, answers(name, args), id] as const));
      const find = (name: string, id: string) => responses.find(([one, , key]) => one === name && key === id)?.[1];
      return { responses, find, get: find };
    }) as never;
    return { client, asked };
  }
  const carry = { toAccountId: 'B', places: { M1: ['B1'], M2: ['B1'], M3: ['B1'] } };

  test('what cannot go stays; one that is gone here is passed over', async () => {
    const { client } = clientOf(() => ({
      created: { M1: { id: 'N1' } },
      notCreated: { M2: { type: 'overQuota' }, M3: { type: 'notFound' } },
    }));
    const { made, problem, refused } = await carryOver(client, 'A', carry, false);
    assert.deepEqual([[...made], problem?.type, refused], [[['M1', 'N1']], 'overQuota', 1]);
  });

  test('told again after a lost answer: what is there already is found, and not made twice', async () => {
    const copied: string[] = [];
    const { client, asked } = clientOf((name, args) => {
      // M2 has a Message-ID that is a part of another's; N9 is another letter of the same name, such as a list's.
      const there = [
        { id: 'N9', messageId: ['a@x'], size: 9 },
        { id: 'N1', messageId: ['a@x'], size: 1 },
        { id: 'N8', messageId: ['bb@x'], size: 2 },
      ];
      const here = [
        { id: 'M1', messageId: ['a@x'], size: 1 },
        { id: 'M2', messageId: ['b@x'], size: 2 },
        { id: 'M3', messageId: null, size: 3 },
      ];
      if (name === 'Email/get') return { list: args.accountId === 'A' ? here : there.filter(({ id }) => args.ids.includes(id)) };
      if (name === 'Email/query')
        return { ids: there.flatMap(({ id, messageId: [known] }) => (known!.includes(args.filter.conditions[0].header[1]!) ? [id] : [])) };
      copied.push(...Object.keys(args.create));
      return { created: Object.fromEntries(Object.keys(args.create).map((id) => [id, { id: `N${id.slice(1)}` }])) };
    });
    const { made } = await carryOver(client, 'A', carry, true);
    assert.deepEqual(copied, ['M2', 'M3']);
    assert.deepEqual(
      [...made],
      [
        ['M1', 'N1'],
        ['M2', 'N2'],
        ['M3', 'N3'],
      ],
    );
    assert.deepEqual(asked, ['Email/get', 'Email/query', 'Email/query', 'Email/get', 'Email/copy']);
  });
});
