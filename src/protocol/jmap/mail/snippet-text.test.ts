// Marks in texts and where they are cut (RFC 8621 §5), words that are typed (§4.4.1), and values of bodies (§4.1.4).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bytesFromLatin1, bytesFromUtf8 } from '../../../base/bytes.ts';
import { parseTree } from '../../../message/mime/tree.ts';
import { fold } from '../../../store/search/fold.ts';
import { bodyValue, cutText } from './body-value.ts';
import { parseTerms } from './search-terms.ts';
import { findHits, markAll, snippet } from './snippet-text.ts';
import { runs } from '../../../../test/support/depth.ts';
import { anyCharacter } from '../../../../test/support/any-character.ts';

for (const [text, terms, marked] of [
  ['The Foosball', ['foo'], 'The <mark>Foo</mark>sball'],
  ['a <b> & c', ['<b>'], 'a <mark>&lt;b&gt;</mark> &amp; c'],
  ['ﾗｰﾒﾝとラーメン', ['らーめん'], '<mark>ﾗｰﾒﾝ</mark>と<mark>ラーメン</mark>'],
  ['ｶﾞｲﾄﾞ', ['ガイド'], '<mark>ｶﾞｲﾄﾞ</mark>'],
  ['か\u3099いど', ['がい'], '<mark>か\u3099い</mark>ど'],
  ['①番', ['1番'], '<mark>①番</mark>'],
  ['ﬁle', ['fi'], '<mark>ﬁ</mark>le'],
  ['two  words', ['two words'], '<mark>two  words</mark>'],
  ['aaa', ['aa', 'a'], '<mark>aa</mark><mark>a</mark>'],
  ['none', ['x', ''], 'none'],
] as const)
  test(`markAll ${text} ${terms.join()}`, () => assert.equal(markAll(text, findHits(text, terms)), marked));

test('snippet: a little before the first hit, whole words, not too long', () => {
  const text = `${'before the place where it stands there is much to read '.repeat(5)}the needle & more ${'and after it the letter goes on for a while '.repeat(9)}`;
  const shown = snippet(text, findHits(text, ['needle']), 255);
  assert.match(shown, /^…\w[\w ]* the <mark>needle<\/mark> &amp; more [\w ]*\w…$/);
  assert.ok(new TextEncoder().encode(shown).length <= 255);
  const japanese = `${'前に長い文があります。'.repeat(20)}鎌倉彫を見に行きます。${'後にも長い文があります。'.repeat(20)}`;
  const other = snippet(japanese, findHits(japanese, ['鎌倉']), 255);
  assert.match(other, /^…前に.*<mark>鎌倉<\/mark>彫を見に行きます。後.*…$/);
});

test('snippet: the stretch with the most different words', () => {
  const text = `one ${'x '.repeat(100)} two and one`;
  assert.match(snippet(text, findHits(text, ['one', 'two']), 120), /<mark>two<\/mark> and <mark>one<\/mark>$/);
});

test('snippet and marks of any text: bounded, and without the marks a piece of it', () => {
  const piece = fc
    .array(fc.constantFrom('a', 'ア', 'ｱﾞ', '𠮷', '&', '<', '>', ' ', '\n', 'é', 'e\u0301', '。'), { maxLength: 200 })
    .map((list) => list.join(''));
  fc.assert(
    fc.property(piece, fc.array(fc.constantFrom('a', 'あ', '𠮷', '<', 'é', '& '), { minLength: 1, maxLength: 3 }), (text, terms) => {
      const hits = findHits(text, terms);
      const plain = (marked: string): string =>
        marked
          .replaceAll(/<\/?mark>/g, '')
          .replaceAll('&lt;', '<')
          .replaceAll('&gt;', '>')
          .replaceAll('&amp;', '&');
      assert.equal(plain(markAll(text, hits)), text);
      for (const { start, end, term } of hits) assert.ok(fold(text.slice(start, end)).includes(fold(terms[term]!)));
      const shown = snippet(text, hits, 255);
      assert.ok(new TextEncoder().encode(shown).length <= 255);
      assert.ok(text.includes(plain(shown).replace(/^…/, '').replace(/…$/, '')));
      assert.ok(hits.length === 0 || shown.includes('<mark>'));
    }),
    { numRuns: runs(2000) },
  );
});

for (const [text, terms] of [
  ['', []],
  ['foo bar', ['foo', 'bar']],
  ['会議　資料', ['会議', '資料']],
  ['"foo bar" baz', ['foo bar', 'baz']],
  ["'foo bar'", ['foo bar']],
  ["don't stop", ["don't", 'stop']],
  ["'tis the season", ["'tis", 'the', 'season']],
  ['5" x 7"', ['5"', 'x', '7"']],
  ['"a \\" b"', ['a " b']],
  ['"open end', ['"open', 'end']],
  ['foo foo', ['foo']],
  ['""', []],
] as const)
  test(`parseTerms ${text}`, () => assert.deepEqual(parseTerms(text), terms));

for (const [text, octets, html, cut] of [
  ['abc', 3, false, 'abc'],
  ['abc', 2, false, 'ab'],
  ['会議', 5, false, '会'],
  ['𠮷𠮷', 7, false, '𠮷'],
  ['é', 1, false, ''],
  ['<p>a</p>', 6, true, '<p>a'],
  ['<p>a</p>', 4, true, '<p>a'],
  ['<a href="x">', 5, true, '<a hr'],
  ['x<a href="x">', 5, true, 'x'],
  ['1 < 2 and more', 8, true, '1 < 2 an'],
] as const)
  test(`cutText ${text} to ${octets}${html ? ' as HTML' : ''}`, () => assert.equal(cutText(text, octets, html), cut));

for (const [header, body, value, problem] of [
  ['', 'a\r\nb\r\n', 'a\nb\n', false],
  ['Content-Type: text/plain; charset=utf-8', '\xe4\xbc\x9a', '会', false],
  ['Content-Type: text/plain; charset=utf-8', 'a\xff', 'a\ufffd', true],
  ['Content-Type: text/plain; charset=nonsense', 'a', 'a', true],
  ['Content-Type: text/plain; charset=us-ascii', '\xe4\xbc\x9a', '会', false],
  ['Content-Type: text/plain; charset=us-ascii', '\xe9t\xe9', 'été', true],
  ['Content-Transfer-Encoding: x-uuencode', 'a', 'a', true],
  ['Content-Transfer-Encoding: base64', '5Lya', '会', false],
  ['Content-Type: text/plain; charset=iso-2022-jp', '\x1b$B2q5D\x1b(B', '会議', false],
] as const)
  test(`bodyValue ${header} ${JSON.stringify(body)}`, () => {
    const bytes = bytesFromLatin1(`${header}${header === '' ? '' : '\r\n'}\r\n${body}`);
    assert.deepEqual(bodyValue(bytes, parseTree(bytes), 0), { value, isEncodingProblem: problem, isTruncated: false });
  });

test('bodyValue cut: never more octets than asked for, always the beginning of the text', () => {
  fc.assert(
    fc.property(fc.string({ unit: anyCharacter, maxLength: 60 }), fc.integer({ min: 1, max: 80 }), fc.boolean(), (text, max, html) => {
      const cut = cutText(text.toWellFormed(), max, html);
      assert.ok(bytesFromUtf8(cut).length <= max && text.toWellFormed().startsWith(cut) && cut.isWellFormed());
    }),
  );
});
