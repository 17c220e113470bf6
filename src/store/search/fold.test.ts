import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fold } from './fold.ts';

const rows: readonly (readonly [string, string])[] = [
  ['Hello World', 'hello world'],
  ['a\r\n\tb  c', 'a b c'],
  ['ＡＢＣ１２３', 'abc123'],
  ['ｶﾞｲﾄﾞ', 'がいど'],
  ['ガイド', 'がいど'],
  ['ヴァイオリン', 'ゔぁいおりん'],
  ['サーバー', 'さーばー'],
  ['が', 'が'],
  ['①㈱', '1(株)'],
  ['Straße ÅNGSTRÖM', 'straße ångström'],
  ['ΟΔΟΣ οδος', 'οδοσ οδοσ'],
  ['İ', 'i̇'],
  ['J\u030c \u01f0', '\u01f0 \u01f0'],
  ['日本　語', '日本 語'],
  ['bad\ud800end', 'bad\ufffdend'],
  ['ﬁle', 'file'],
];
for (const [text, folded] of rows) test(`fold ${JSON.stringify(text)}`, () => assert.equal(fold(text), folded));

test('fold of a folded text changes nothing', () => {
  for (const [, folded] of rows) assert.equal(fold(folded), folded);
});
