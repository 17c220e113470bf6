// What all engines refuse alike.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Refusal } from '../base/trouble.ts';
import {
  accountOfItems,
  checkItem,
  checkItemCount,
  checkUploadRoom,
  formatItem,
  mayBeDue,
  uploadOctetsMax,
  uploadsMax,
} from './item-rules.ts';
import { itemOctetsMax, itemsMax } from './items-contract.ts';

const write = (ifModSeq?: number) => ({ kind: 'note', id: 1, ifModSeq });

const refused: readonly (readonly [string, string | null, () => unknown])[] = [
  ['an upload more than there may be', 'limit', () => checkUploadRoom(uploadsMax, 0, 0)],
  ['the last upload there may be', null, () => checkUploadRoom(uploadsMax - 1, 0, 0)],
  ['an octet more than there may be', 'limit', () => checkUploadRoom(1, uploadOctetsMax - 1, 2)],
  ['the last octet there may be', null, () => checkUploadRoom(1, uploadOctetsMax - 1, 1)],
  ['an item more than there may be', 'limit', () => checkItemCount(itemsMax)],
  ['the last item there may be', null, () => checkItemCount(itemsMax - 1)],
  ['an item that is not there', 'nonexistent', () => checkItem(null, write())],
  ['an item that has gone since', 'changed', () => checkItem(null, write(5))],
  ['an item that has changed since', 'changed', () => checkItem({ modSeq: 6 }, write(5))],
  ['an item that is as it was', null, () => checkItem({ modSeq: 5 }, write(5))],
  ['a value of as many octets as may be', null, () => formatItem('é'.repeat(itemOctetsMax / 2 - 1))],
  ['a value of two octets more', 'too-big', () => formatItem('é'.repeat(itemOctetsMax / 2))],
  [
    'items of two accounts in one commit',
    'cannot',
    () => accountOfItems([1, 2].map((account) => ({ account, write: { kind: 'note', add: 1 } }))),
  ],
];

for (const [name, code, run] of refused)
  test(`${name}: ${code ?? 'taken'}`, () => {
    if (code === null) run();
    else assert.throws(run, (trouble) => trouble instanceof Refusal && trouble.code === code);
  });

test('nothing at all is kept as null', () => assert.equal(formatItem(undefined), 'null'));

test('only writes that set a due time make somebody look', () => {
  assert.equal(
    mayBeDue([
      { kind: 'note', add: 1 },
      { kind: 'note', id: 1, remove: true },
      { kind: 'note', id: 1, put: 1, dueAt: null },
    ]),
    false,
  );
  assert.equal(mayBeDue([{ kind: 'note', id: 1, put: 1, dueAt: 0 }]), true);
});
