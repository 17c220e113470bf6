import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Row } from '../engine/contract.ts';
import { positionNow, Selection } from './selection.svelte.ts';

const rowOf = (emailId: string, threadId = `T${emailId}`): Row => ({ accountId: 'A1', emailId, threadId }) as Row;
const listOf = (...rows: readonly Row[]): ReadonlyMap<number, Row> => new Map(rows.entries());
const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((id) => rowOf(id)) as [Row, Row, Row, Row];

test('positionNow: by letter, else by conversation, else nowhere', () => {
  assert.equal(positionNow(listOf(a, b, c), c), 2);
  assert.equal(positionNow(listOf(rowOf('new'), a, b, c), b), 2);
  assert.equal(positionNow(listOf(rowOf('answer', 'Tb'), a, c), b), 0, 'a newer letter stands for it');
  assert.equal(positionNow(listOf(rowOf('answer', 'Tb'), b), b), 1, 'letters one by one');
  assert.equal(positionNow(listOf(a), { ...a, accountId: 'A2' }), null);
});

test('a range begins at the row that was toggled, wherever it has gone since', () => {
  const selection = new Selection();
  selection.toggle(b, 1);
  selection.extend(3, listOf(rowOf('new'), a, b, c, d));
  assert.deepEqual(
    selection.rows.map(({ emailId }) => emailId),
    ['b', 'c'],
  );
  // Gone from what is here: where it was.
  selection.clear();
  selection.toggle(b, 1);
  selection.extend(0, listOf(a, c));
  assert.deepEqual(
    selection.rows.map(({ emailId }) => emailId),
    ['b', 'a', 'c'],
  );
});
