// Orders by text while letters come: the same as if all were sorted anew each time.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { effort } from '../../../../test/support/effort.ts';
import type { JsonObject } from '../contract.ts';
import { openMailWorld } from './mail-world-suite.ts';

test('letters that come one after the other stand where a fresh sort puts them', async () => {
  const world = await openMailWorld();
  const subjects = new Map<string, string>();
  // Each new one between the two before: the numbers between neighbours run out, and all are put in order anew.
  for (let number = 0; number < 70; number++) {
    const subject = number === 0 ? 'm' : number % 2 === 0 ? `m${'a'.repeat(number)}` : `m${'a'.repeat(number)}z`;
    await world.append('INBOX', `Subject: ${subject}\nFrom: Person ${number % 7} <p@x.example>\n\n`, [], number * 1000);
    subjects.set(`M${number + 1}`, subject.toUpperCase());
    const { ids } = await world.ask('Email/query', { sort: [{ property: 'subject' }] });
    const wanted = [...subjects.keys()].sort((a, b) => (subjects.get(a)! < subjects.get(b)! ? -1 : 1));
    assert.deepEqual(ids, wanted);
  }
  const { ids } = await world.ask('Email/query', {
    sort: [{ property: 'from', isAscending: false }, { property: 'receivedAt' }],
    limit: 3,
  });
  assert.deepEqual(ids, ['M7', 'M14', 'M21']);
});

test('letters with a keyword before all others, each part newest first', async () => {
  const world = await openMailWorld();
  for (let number = 1; number <= 6; number++)
    await world.append(
      'INBOX',
      `Subject: s\nMessage-ID: <${number}@x>\n\nx\n`,
      number === 2 || number === 5 ? ['$back'] : [],
      number * 1000,
    );
  const sort = [
    { property: 'hasKeyword', keyword: '$back', isAscending: false },
    { property: 'receivedAt', isAscending: false },
  ];
  assert.deepEqual((await world.ask('Email/query', { sort })).ids, ['M5', 'M2', 'M6', 'M4', 'M3', 'M1']);
  assert.deepEqual((await world.ask('Email/query', { sort, filter: { notKeyword: '$back' } })).ids, ['M6', 'M4', 'M3', 'M1']);
});

test('a search that stops early goes on where it stopped, and counts all when it is asked to', async () => {
  const world = await openMailWorld();
  for (let number = 0; number < 1300; number++) {
    const word = number % 10 === 0 ? 'needle' : 'hay';
    await world.append('INBOX', `Subject: s\nMessage-ID: <${number}@x>\n\n${word}\n`, [], number * 1000);
  }
  const query = { filter: { body: 'needle' } };
  const first = await world.ask('Email/query', { ...query, limit: 3 });
  assert.deepEqual(first.ids, ['M1291', 'M1281', 'M1271']);
  const last = await world.ask('Email/query', { ...query, position: 128, limit: 10 });
  assert.deepEqual(last.ids, ['M11', 'M1']);
  const all = await world.ask('Email/query', { ...query, limit: 1, calculateTotal: true, anchor: 'M1', anchorOffset: -1 });
  assert.deepEqual([all.ids, all.total, all.position], [['M11'], 130, 128]);
});

test('a filter that asks more than a walk may is refused before it is asked; with few letters it is not', async () => {
  const world = await openMailWorld();
  const filter = {
    operator: 'OR',
    conditions: Array.from({ length: 400 }, (_, index) => ({
      someInThreadHaveKeyword: `a${index}`,
      allInThreadHaveKeyword: `b${index}`,
      minSize: index,
    })),
  };
  for (let number = 0; number < 900; number++) await world.append('INBOX', `Subject: s\nMessage-ID: <${number}@x>\n\n\n`, [], number);
  const refusal = async (name: string, args: JsonObject) => (await world.call(name, args))[1]['type'];
  const before = effort();
  assert.equal(await refusal('Email/query', { filter }), 'unsupportedFilter');
  assert.equal(await refusal('Email/queryChanges', { filter, sinceQueryState: '1' }), 'unsupportedFilter');
  assert.ok(effort() - before < 500);
  assert.deepEqual((await world.ask('Email/query', { filter: { ...filter, conditions: filter.conditions.slice(0, 300) } })).ids, []);
  const mailboxes = Array.from({ length: 10_001 }, (_, index) => `F${index + 1}`);
  assert.equal(await refusal('Email/query', { filter: { inMailboxOtherThan: mailboxes } }), 'unsupportedFilter');
});
