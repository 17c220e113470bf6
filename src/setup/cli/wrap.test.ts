import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { widthOf } from './terminal.ts';
import { wrapText } from './wrap.ts';

const rows: readonly [string, number, readonly string[]][] = [
  ['one two three', 8, ['one two', 'three']],
  ['short', 80, ['short']],
  ['', 80, ['']],
  ['https://very.long.example/without/space', 10, ['https://very.long.example/without/space']],
  ['手紙を送ります。', 12, ['手紙を送りま', 'す。']],
  ['手紙を送ります。', 14, ['手紙を送りま', 'す。']],
  ['名前は「太郎」です', 8, ['名前は', '「太郎」', 'です']],
  ['IMAPで受け取る', 8, ['IMAPで受', 'け取る']],
];
for (const [text, columns, lines] of rows) test(`${text} in ${columns}`, () => assert.deepEqual(wrapText(text, columns), lines));

test('with something before the first line and a space before the others', () =>
  assert.deepEqual(wrapText('one two three', 9, '   ', '1. '), ['1. one', '   two', '   three']));

test('nothing is lost, and lines are too long only where there is no place to break', () =>
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'ab あ、。「」ー '), maxLength: 60 }), (text) => {
      const lines = wrapText(text, 20);
      assert.equal(lines.join('').replaceAll(/\s/g, ''), text.replaceAll(/\s/g, ''));
      for (const line of lines) assert.ok(widthOf(line) <= 20 || !/[ あ]{2}/.test(line.slice(1)));
    }),
  ));
