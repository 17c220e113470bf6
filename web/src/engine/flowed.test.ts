import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { flow, flowedBy, unflow } from './flowed.ts';

const long = 'The mason can come on the fourteenth. He thinks the lower part can stay as it is, which would save us a good deal.';

suite('format=flowed (RFC 3676)', () => {
  const rows: readonly (readonly [text: string, flowed: string])[] = [
    ['short', 'short'],
    [long, 'The mason can come on the fourteenth. He thinks the lower part can stay as \nit is, which would save us a good deal.'],
    ['  indented', '   indented'],
    ['From here on', ' From here on'],
    ['a  \nb', 'a\nb'],
    ['a\n-- \nHana', 'a\n-- \nHana'],
    ['> quoted line\n>> older', '> quoted line\n>> older'],
    ['あ'.repeat(120), 'あ'.repeat(120)],
    [`x ${'y'.repeat(200)} z`, `x \n${'y'.repeat(200)} \nz`],
  ];
  for (const [text, flowed] of rows) test(JSON.stringify(text.slice(0, 30)), () => assert.equal(flow(text), flowed));

  test('what was written comes back, line by line', () => {
    const word = fc.stringMatching(/^[a-z「」あい.]{1,14}$/);
    const line = fc.oneof(
      fc.array(word, { maxLength: 40 }).map((words) => words.join(' ')),
      fc.constantFrom('', '-- ', 'From x', '  deep', '> quoted', '>> twice', '> a > b'),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
        const text = lines.join('\n');
        const flowed = flow(text);
        assert.equal(unflow(flowed, false), text);
        for (const one of flowed.split('\n')) assert.ok(one.length <= 78 || !/\S \S/.test(one), one);
      }),
    );
  });

  test('quoted paragraphs of another app, and DelSp', () => {
    assert.equal(unflow('> one two \n> three\n>> older \n>> words\nmine', false), '> one two three\n>> older words\nmine');
    assert.equal(unflow('こんに \nちは', true), 'こんにちは');
    assert.equal(unflow('a \n-- \nHana', false), 'a \n-- \nHana');
  });

  test('told by the field', () => {
    assert.deepEqual(flowedBy(' text/plain; charset=utf-8; Format="Flowed"; delsp=yes'), { delSp: true });
    assert.deepEqual(flowedBy('text/plain;format=flowed'), { delSp: false });
    assert.equal(flowedBy('text/plain; charset=utf-8'), null);
  });
});
