// Pieces of a search: which become chips while typing, and that nothing typed is lost.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { join, lastPiece, split, withoutLast } from './chips.ts';

test('operators become chips when they are done, words stay', () => {
  const rows: readonly (readonly [text: string, isDone: boolean, chips: readonly string[], rest: string])[] = [
    ['from:ha', false, [], 'from:ha'],
    ['from:hana ', false, ['from:hana'], ''],
    ['from:hana', true, ['from:hana'], ''],
    ['会議 差出人:花子 資', false, ['差出人:花子'], '会議 資'],
    ['会議 is:unread ', false, ['is:unread'], '会議 '],
    ['from:"山田 花子" x', false, ['from:"山田 花子"'], 'x'],
    ['is:unread OR is:starred', true, [], 'is:unread OR is:starred'],
    ['is:unread is:unread 会議', true, ['is:unread'], '会議'],
    ['会議 ', false, [], '会議 '],
    ['', true, [], ''],
  ];
  for (const [text, isDone, chips, rest] of rows) {
    const typed = split(text, isDone);
    assert.deepEqual(typed, { chips, rest }, text);
    assert.equal(join(split(join(typed), true)), join(typed));
  }
  assert.equal(lastPiece('a from:h'), 'from:h');
  assert.equal(lastPiece('a '), '');
  assert.equal(withoutLast('a b'), 'a');
});
