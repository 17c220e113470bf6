import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { blocksOf, piecesOf } from './text-lines.ts';

suite('text of a letter', () => {
  const rows: readonly (readonly [text: string, links: readonly string[]])[] = [
    ['see https://example.jp/a?b=1.', ['https://example.jp/a?b=1']],
    ['(https://example.jp/a)', ['https://example.jp/a']],
    ['https://ja.wikipedia.org/wiki/Foo_(bar)', ['https://ja.wikipedia.org/wiki/Foo_(bar)']],
    ['「https://example.jp」です。', ['https://example.jp']],
    ['javascript:alert(1)', []],
    ['ask hana@example.jp, please', ['/write/new?to=hana%40example.jp']],
  ];
  for (const [text, links] of rows)
    test(text, () => {
      const pieces = piecesOf(text);
      assert.deepEqual(
        pieces.flatMap((piece) => (piece.kind === 'link' ? [piece.href] : [])),
        links,
      );
      assert.equal(pieces.map((piece) => piece.text).join(''), text);
    });

  test('what was quoted is a block of its own, without its marks', () => {
    const blocks = blocksOf('はい。\n\n> 10時でどうでしょう\n> > 何時に\n\nでは。\n');
    assert.deepEqual(
      blocks.map(({ kind, pieces }) => [kind, pieces.map(({ text }) => text).join('')]),
      [
        ['text', 'はい。'],
        ['quoted', '10時でどうでしょう\n> 何時に'],
        ['text', 'では。'],
      ],
    );
  });
});
