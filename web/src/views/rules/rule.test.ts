// Rules as filters for the letters that are there, and what they lack.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { actionsOfRule, filterOfRule, lackOf, newRule, type Condition } from './rule.ts';

test('conditions as a filter of the inbox', () => {
  const rows: readonly (readonly [Condition, object])[] = [
    [{ field: 'from', has: 'shop@example.jp' }, { from: '"shop@example.jp"' }],
    [
      { field: 'subject', has: 'It\'s "new"', not: true },
      { operator: 'NOT', conditions: [{ subject: String.raw`"It\'s \"new\""` }] },
    ],
    [{ field: 'list', has: 'dev' }, { header: ['List-Id', 'dev'] }],
    [{ field: 'attachment', has: false }, { hasAttachment: false }],
    [{ field: 'size', over: 1000 }, { minSize: 1001 }],
    [{ field: 'size', under: 1000 }, { maxSize: 1000 }],
  ];
  for (const [condition, filter] of rows)
    assert.deepEqual(filterOfRule({ match: 'any', conditions: [condition] }, 'F1'), {
      operator: 'AND',
      conditions: [{ inMailbox: 'F1' }, { operator: 'OR', conditions: [filter] }],
    });
});

test('what is done, and what is missing', () => {
  const rule = newRule('a@example.jp', 'x', 3);
  assert.equal(lackOf(rule), 'action');
  assert.equal(lackOf({ ...rule, actions: [{ do: 'seen' }] }), null);
  assert.equal(lackOf({ conditions: [{ field: 'to', has: ' ' }], actions: [{ do: 'seen' }] }), 'condition');
  assert.deepEqual(newRule('', 'Offers', 0).conditions, [{ field: 'subject', has: 'Offers' }]);
  assert.deepEqual(actionsOfRule({ actions: [{ do: 'move', mailboxId: 'F5' }, { do: 'seen' }, { do: 'keyword', keyword: 'x' }] }, 'F1'), [
    { name: 'move', to: 'F5', from: 'F1' },
    { name: 'read' },
  ]);
});
