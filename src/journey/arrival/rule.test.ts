import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inRuleOrder, readRule, RuleTrouble, type Rule } from './rule.ts';

const whole: Rule = {
  name: '会社の手紙',
  enabled: true,
  match: 'any',
  conditions: [
    { field: 'from', has: '@work.example' },
    { field: 'subject', has: '請求', not: true },
    { field: 'attachment', has: true },
    { field: 'size', over: 1_000_000 },
    { field: 'size', under: 5_000_000 },
    { field: 'list', has: 'dev.lists.example' },
  ],
  actions: [{ do: 'move', mailbox: 7 }, { do: 'seen' }, { do: 'flagged' }, { do: 'keyword', keyword: 'work' }],
  stop: true,
  order: 3,
};

test('a rule is read as it was kept', () => {
  assert.deepEqual(readRule(JSON.parse(JSON.stringify(whole))), whole);
});

test('what may be missing is filled in', () => {
  assert.deepEqual(readRule({ conditions: [{ field: 'to', has: 'x' }], actions: [{ do: 'trash' }] }), {
    name: '',
    enabled: true,
    match: 'all',
    conditions: [{ field: 'to', has: 'x' }],
    actions: [{ do: 'trash' }],
    stop: false,
    order: 0,
  });
});

const bad: readonly [string, Record<string, unknown>, keyof Rule][] = [
  ['no condition', { conditions: [] }, 'conditions'],
  ['no action', { actions: [] }, 'actions'],
  ['a name that nobody knows', { colour: 'red' }, 'colour' as keyof Rule],
  ['two lines in a name', { name: 'a\nb' }, 'name'],
  ['a word for enabled', { enabled: 'yes' }, 'enabled'],
  ['another match', { match: 'none' }, 'match'],
  ['a number for stop', { stop: 1 }, 'stop'],
  ['an order below zero', { order: -1 }, 'order'],
  ['an order with a fraction', { order: 1.5 }, 'order'],
  ['an unknown field', { conditions: [{ field: 'body', has: 'x' }] }, 'conditions'],
  ['an empty text', { conditions: [{ field: 'from', has: ' ' }] }, 'conditions'],
  ['more in a condition', { conditions: [{ field: 'from', has: 'x', regex: true }] }, 'conditions'],
  ['a size in words', { conditions: [{ field: 'size', over: '1 MB' }] }, 'conditions'],
  ['both sizes at once', { conditions: [{ field: 'size', over: 1, under: 2 }] }, 'conditions'],
  ['too many conditions', { conditions: Array.from({ length: 51 }, () => ({ field: 'from', has: 'x' })) }, 'conditions'],
  ['an unknown action', { actions: [{ do: 'forward' }] }, 'actions'],
  ['two places', { actions: [{ do: 'move', mailbox: 1 }, { do: 'trash' }] }, 'actions'],
  ['a mailbox that is none', { actions: [{ do: 'move', mailbox: 0 }] }, 'actions'],
  ['a keyword of the system', { actions: [{ do: 'keyword', keyword: '$seen' }] }, 'actions'],
  ['a keyword that IMAP cannot say', { actions: [{ do: 'keyword', keyword: 'a(b' }] }, 'actions'],
];

for (const [name, change, property] of bad)
  test(`refused: ${name}`, () => {
    assert.throws(
      () => readRule({ ...whole, ...change }),
      (trouble: unknown) => trouble instanceof RuleTrouble && trouble.property === property,
    );
  });

test('order, then age', () => {
  const of = (id: number, order: number) => ({ id, rule: { ...whole, order } });
  assert.deepEqual(
    inRuleOrder([of(3, 1), of(1, 2), of(2, 1)]).map(({ id }) => id),
    [2, 3, 1],
  );
});
