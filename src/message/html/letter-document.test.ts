// Letters as documents: which parts are read, in which charset, and that none reaches into another.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { bytesFromLatin1, bytesFromUtf8, type Bytes } from '../../base/bytes.ts';
import { hostileLetters } from '../../../test/support/hostile-letters.ts';
import { effort } from '../../../test/support/effort.ts';
import { attachedLetter, inlinePart, letterDocument, type DocumentOptions } from './letter-document.ts';
import { readAgain } from './clean.ts';
import { formatMarkup, textOf } from './tree.ts';
import { runs } from '../../../test/support/depth.ts';

const options: DocumentOptions = {
  partAddress: (part) => `/letter/A1/M2/part/${part}`,
  remotePicture: () => null,
  theme: 'light',
  plain: false,
  language: 'en',
};

function bodyOf(html: string): string {
  return /<body>(.*)<\/body><\/html>$/s.exec(html)![1]!;
}

function shown(letter: string | Bytes, more: Partial<DocumentOptions> = {}) {
  const octets = typeof letter === 'string' ? bytesFromUtf8(letter.replaceAll('\n', '\r\n')) : letter;
  const document = letterDocument(octets, { ...options, ...more });
  return { ...document, body: bodyOf(document.html), text: textOf(readAgain(bodyOf(document.html))) };
}

const two = `Content-Type: multipart/alternative; boundary=b

--b
Content-Type: text/plain; charset=utf-8

plain form
--b
Content-Type: multipart/related; boundary=c

--c
Content-Type: text/html; charset=utf-8

<p>html form <img src="cid:logo%40x" alt="L">
--c
Content-Type: image/png
Content-ID: <logo@x>
Content-Transfer-Encoding: base64

iVBORw0KGgo=
--c--
--b--
`;

suite('a letter as a document', () => {
  test('of two forms the HTML is shown, the other on demand; a picture of the letter by its part', () => {
    const html = shown(two);
    assert.deepEqual([html.form, html.hasOther], ['html', true]);
    assert.match(html.body, /html form <img src="\/letter\/A1\/M2\/part\/2\.2" alt="L">/);
    assert.doesNotMatch(html.body, /plain form/);
    const plain = shown(two, { plain: true });
    assert.deepEqual([plain.form, plain.hasOther, plain.text], ['plain', true, 'plain form']);
    assert.equal(inlinePart(bytesFromUtf8(two.replaceAll('\n', '\r\n')), '2.2')?.length, 8);
    for (const none of ['2', '2.3', '9', '1.1']) assert.equal(inlinePart(bytesFromUtf8(two.replaceAll('\n', '\r\n')), none), null, none);
  });

  test('B-126: what begins in one part does not end in another', () => {
    const { body, remote } = shown(`Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/html

<img src="https://canary.test/
--b
Content-Type: text/plain

the secret
--b
Content-Type: text/html

">
--b--
`);
    assert.doesNotMatch(body, /canary/);
    assert.match(body, /the secret/);
    assert.equal(remote, 0);
  });

  test('all texts are shown in their order, pictures between them too', () => {
    const { body } = shown(`Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/html

<b>one</b>
--b
Content-Type: image/png; name="a&quot;.png"

x
--b
Content-Type: text/html

three
--b
Content-Type: text/plain

footer of a list
--b--
`);
    assert.match(body, /one<\/b>.*<img src="\/letter\/A1\/M2\/part\/2".*three.*footer of a list/s);
  });

  const charsets: readonly (readonly [title: string, type: string, octets: string])[] = [
    ['named in the header', 'text/html; charset=iso-2022-jp', '<p>\x1b$B$3$s$K$A$O\x1b(B'],
    [
      'named in the document',
      'text/html',
      '<html><head><meta http-equiv="Content-Type" content="text/html; charset=Shift_JIS"></head><body>\x82\xb1\x82\xf1\x82\xc9\x82\xbf\x82\xcd',
    ],
    ['named in the document, the short way', 'text/html', '<meta charset=euc-jp><p>\xa4\xb3\xa4\xf3\xa4\xcb\xa4\xc1\xa4\xcf'],
    ['named nowhere', 'text/html', '<p>\xe3\x81\x93\xe3\x82\x93\xe3\x81\xab\xe3\x81\xa1\xe3\x81\xaf'],
  ];
  for (const [title, type, octets] of charsets)
    test(`charset ${title}`, () =>
      assert.equal(shown(bytesFromLatin1(`Content-Type: ${type}\r\n\r\n${octets}`)).text.trim(), 'こんにちは'));

  test('UTF-7 brings no markup in that was not there (B-125)', () => {
    const { body } = shown(bytesFromLatin1('Content-Type: text/html; charset=utf-7\r\n\r\n+ADw-script+AD4-top.ran=1+ADw-/script+AD4-'));
    assert.doesNotMatch(body, /script>/);
  });

  test('B-124: plain text is text', () => {
    const { body } = shown(
      'Content-Type: text/plain\n\n"><img src=x onerror=top.ran=1> <script>1</script> https://a.test/"onmouseover="x javascript:x\n',
    );
    assert.doesNotMatch(body, /<img|<script|href="javascript/);
    assert.match(body, /<a href="https:\/\/a.test\/" target="_blank" rel="noopener noreferrer nofollow">/);
  });

  test('what is too large or too deep is shown as text, with a sentence', () => {
    const { form, body } = shown(`Content-Type: text/html\n\n${'<div>'.repeat(600)}still here`);
    assert.equal(form, 'html');
    assert.match(body, /too large or too tangled.*still here/s);
  });

  test('nothing at all is said to be nothing, in the language of the reader', () => {
    assert.equal(shown('Subject: x\n\n').text, 'This letter has no text.');
    assert.equal(shown('Subject: x\n\n', { language: 'ja' }).text, 'この手紙には本文がありません。');
  });

  test("the document is what a browser reads: our style, then the letter's, then its text", () => {
    const { html } = shown('Content-Type: text/html\n\n<style>p{color:red}@import url(x)</style><p style="color:#000">x', {
      theme: 'dark',
    });
    assert.match(html, /^<!doctype html><html lang="en" class="tayori-dark"><head><meta charset="utf-8">/);
    assert.match(html, /<style>p\{color:#[0-9a-f]{6}\}<\/style><\/head><body><p style="color:#[0-9a-f]{6}">x<\/p><\/body><\/html>$/);
  });

  for (const { name, octets } of hostileLetters())
    test(`shown within bounds, whatever it is: ${name}`, () => {
      const before = effort();
      const { body } = shown(octets);
      assert.ok(formatMarkup(readAgain(body)) === body, 'read as another tree');
      assert.ok(effort() - before < 8_000);
    });

  test('whatever octets come, a document is made', () =>
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.constantFrom('text/html', 'text/plain; format=flowed', 'multipart/mixed; boundary=b', 'text/html; charset=utf-16'),
        (octets, type) => {
          const { body } = shown(Buffer.concat([Buffer.from(`Content-Type: ${type}\r\n\r\n`), octets]));
          assert.ok(formatMarkup(readAgain(body)) === body, body);
        },
      ),
      { numRuns: runs(500) },
    ));
});

const nested = bytesFromUtf8(
  [
    'Content-Type: multipart/mixed; boundary=a',
    '',
    '--a',
    '',
    'outer',
    '--a',
    'Content-Type: message/rfc822',
    '',
    'Subject: The middle one',
    'From: Anna <anna@far.test>',
    'Content-Type: multipart/mixed; boundary=b',
    '',
    '--b',
    'Content-Type: text/html',
    '',
    '<p>middle <img src="cid:x">',
    '--b',
    'Content-Type: message/rfc822',
    'Content-Disposition: attachment; filename="<in>.eml"',
    '',
    'Subject: The innermost',
    '',
    'innermost text',
    '--b',
    'Content-Type: image/png',
    'Content-ID: <x>',
    '',
    'png',
    '--b--',
    '--a--',
    '',
  ].join('\r\n'),
);

suite('letters within letters', () => {
  test('by the numbers of their parts, each with its envelope and what lies in it', () => {
    const middle = attachedLetter(nested, ['2'])!;
    const document = letterDocument(middle, {
      ...options,
      partAddress: (part) => `/letter/A1/M2/part/${part}?in=2`,
      letterAddress: (part) => `/letter/A1/M2?in=2~${part}`,
      print: { timeZone: 'UTC' },
    });
    assert.match(
      document.html,
      /<h1 class="tayori-subject">The middle one<\/h1>.*anna@far\.test.*middle <img src="\/letter\/A1\/M2\/part\/3\?in=2"/s,
    );
    assert.match(document.html, /<a href="\/letter\/A1\/M2\?in=2~2">[^<]*in[^<]*\.eml<\/a>/);
    assert.match(shown(attachedLetter(nested, ['2', '2'])!).text, /innermost text/);
  });
  test('where there is none', () => {
    for (const path of [['1'], ['3'], ['2', '1'], ['2', '2', '1'], Array.from({ length: 11 }, () => '2')])
      assert.equal(attachedLetter(nested, path), null);
  });
});
