import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OwnedRows } from './owned-rows.ts';

interface Row {
  readonly id: number;
  readonly owner: number;
  readonly key: string | null;
}

function open(...rows: readonly Row[]): OwnedRows<Row> {
  const made = new OwnedRows<Row>(
    ({ owner }) => owner,
    ({ key }) => key,
  );
  for (const row of rows) made.keep(row);
  return made;
}

const [a, b, c]: [Row, Row, Row] = [
  { id: 1, owner: 7, key: 'a' },
  { id: 2, owner: 8, key: null },
  { id: 3, owner: 7, key: 'c' },
];

test('rows are found by number, key and owner; each owner has its own, in the order in which they came', () => {
  const rows = open(a, b, c);
  assert.deepEqual([rows.get(2), rows.get(9), rows.byKey('c'), rows.byKey('b')], [b, null, c, null]);
  assert.deepEqual([rows.list(7), rows.list(8), rows.list(9), rows.list()], [[a, c], [b], [], [a, b, c]]);
});

test('a row that is kept again stays in its place, and is found by its new key only', () => {
  const rows = open(a, b, c);
  const after = { ...a, key: 'x' };
  rows.keep(after);
  assert.deepEqual([rows.list(7), rows.byKey('a'), rows.byKey('x'), rows.get(1)], [[after, c], null, after, after]);
});

test('what is dropped is found in no way, and once', () => {
  const rows = open(a, b, c);
  assert.deepEqual([rows.drop(1), rows.drop(1), rows.drop(2)], [true, false, true]);
  assert.deepEqual([rows.get(1), rows.byKey('a'), rows.list(7), rows.list(8), rows.list()], [null, null, [c], [], [c]]);
  rows.clear();
  assert.deepEqual([rows.list(), rows.list(7), rows.byKey('c')], [[], [], null]);
});

test('a list is nobody else’s: who goes through it may drop its rows', () => {
  const rows = open(a, b, c);
  for (const { id } of rows.list(7)) rows.drop(id);
  assert.deepEqual(rows.list(), [b]);
});
