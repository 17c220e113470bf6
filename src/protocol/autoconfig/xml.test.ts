import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { bytesFromUtf8 } from '../../base/bytes.ts';
import { SyntaxTrouble } from '../../base/trouble.ts';
import { anyWords, assertOnlySyntaxTrouble } from './dialects-suite.ts';
import { formatXml, parseXml, xmlElement, type XmlElement } from './xml.ts';
import { effort } from '../../../test/support/effort.ts';

/** `name{attribute=value}[children]text`, for tables. */
const draw = ({ name, attributes, children, text }: XmlElement): string =>
  `${name}${Object.entries(attributes)
    .map(([key, value]) => `{${key}=${value}}`)
    .join('')}${children.length > 0 ? `[${children.map(draw).join(' ')}]` : ''}${text === '' ? '' : `"${text}"`}`;

const good: readonly [string, string][] = [
  ['<a/>', 'a'],
  ['<a></a>', 'a'],
  ['\ufeff<?xml version="1.0" encoding="utf-8"?>\n<!-- hello -->\n<a/>\n<!-- bye -->', 'a'],
  ['<a x="1" y=\'2 "two"\'>t</a>', 'a{x=1}{y=2 "two"}"t"'],
  ['<a ><b\n/><c>x</c\n></a>', 'a[b c"x"]'],
  ['<n:a xmlns:n="urn:x"><n:b>1</n:b></n:a>', 'a{xmlns:n=urn:x}[b"1"]'],
  ['<a>&lt;b&gt; &amp;&quot;&apos; &#x4e2d;&#65;</a>', 'a"<b> &"\' 中A"'],
  ['<a><![CDATA[<b>&amp;]]></a>', 'a"<b>&amp;"'],
  ['<a>  x <!-- y --> z  </a>', 'a"x  z"'],
  ['<a b="&#10;"/>', 'a{b=\n}'],
];
const bad: readonly string[] = [
  '',
  '   ',
  'hello',
  '<a>',
  '<a></b>',
  '<a/><b/>',
  '<a/>text',
  '</a>',
  '<a b=1/>',
  '<a b="1" b="2"/>',
  '<a b="<"/>',
  '<a b="1"c="2"/>',
  '< a/>',
  '<a',
  '<a b="1',
  '<a>&nbsp;</a>',
  '<a>&lt</a>',
  '<a>& b</a>',
  '<a>&#0;</a>',
  '<a>&#xd800;</a>',
  '<a>&#x110000;</a>',
  '<a>&toString;</a>',
  '<!DOCTYPE a><a/>',
  '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
  '<a><!-- b</a>',
  '<a><![CDATA[ b</a>',
  '<?xml version="1.0"',
  '<!DOCTYPE html><html><body>Not found<br></body></html>',
  '<html><head><meta charset="utf-8"></head></html>',
  '<a>'.repeat(17) + '</a>'.repeat(17),
  `<a>${'<b/>'.repeat(2_000)}</a>`,
  `<a ${Array.from({ length: 17 }, (_, at) => `x${at}=""`).join(' ')}/>`,
  `<${'a'.repeat(101)}/>`,
  `<a>${'x'.repeat(256 * 1024)}</a>`,
];

describe('parseXml', () => {
  for (const [text, drawn] of good)
    test(JSON.stringify(text), () => {
      assert.equal(draw(parseXml(text)), drawn);
      assert.equal(draw(parseXml(bytesFromUtf8(text))), drawn);
    });
  for (const text of bad) test(`not: ${JSON.stringify(text.slice(0, 60))}`, () => assert.throws(() => parseXml(text), SyntaxTrouble));

  test('bounds are just met', () => {
    parseXml('<a>'.repeat(16) + '</a>'.repeat(16));
    parseXml(`<a>${'<b/>'.repeat(1_999)}</a>`);
  });
  test('names of Object are names like others', () =>
    assert.deepEqual({ ...parseXml('<a constructor="1" __proto__="2"/>').attributes }, { ['constructor']: '1', ['__proto__']: '2' }));
  test('long runs of anything are read in no time', () => {
    const before = effort();
    for (const piece of ['<', '&', '<!--', '<a ', '<a b="', '<![CDATA[', '<?', ' ', '"', '</a>', '&lt;', '-->'])
      assert.throws(() => parseXml(piece.repeat(Math.floor((200 * 1024) / piece.length))), SyntaxTrouble);
    assert.ok(effort() - before < 2_000);
  });
  test('nothing but SyntaxTrouble escapes', () =>
    assertOnlySyntaxTrouble(
      parseXml,
      good.map(([text]) => text),
    ));
});

test('what is written is read again', () => {
  const { tree } = fc.letrec<{ tree: XmlElement }>((tie) => ({
    tree: fc
      .tuple(
        fc.stringMatching(/^[A-Za-z_][A-Za-z0-9._-]{0,8}$/),
        fc.dictionary(fc.stringMatching(/^[A-Za-z_][A-Za-z0-9]{0,5}$/), fc.oneof(anyWords, fc.constant('a\tb\n')), { maxKeys: 3 }),
        fc.oneof({ maxDepth: 4 }, fc.oneof(anyWords, fc.constant('')), fc.array(tie('tree'), { maxLength: 3 })),
      )
      .map(([name, attributes, inside]) => xmlElement(name, attributes, inside)),
  }));
  fc.assert(fc.property(tree, (root) => assert.equal(draw(parseXml(formatXml(root))), draw(root))));
});
