// Which parts are text and which attachments: the example of RFC 8621 §4.1.4, and letters as programs write them.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { bytesFromLatin1 } from '../../base/bytes.ts';
import { bodyParts, hasAttachment, numberParts } from './body-parts.ts';
import { parseTree, type Part } from './tree.ts';

interface Sketch {
  readonly type: string;
  /** The name of a leaf in the table; it is its body. */
  readonly is?: string;
  readonly fields?: string;
  readonly parts?: readonly Sketch[];
}

let boundaries = 0;
function write({ type, is = '', fields = '', parts }: Sketch): string {
  if (parts === undefined) return `Content-Type: ${type}\n${fields}\n${is}`;
  const boundary = `b${boundaries++}`;
  return `Content-Type: ${type}; boundary=${boundary}\n${fields}\n${parts.map((part) => `--${boundary}\n${write(part)}\n`).join('')}--${boundary}--`;
}

const attached = 'Content-Disposition: attachment\n';
const inline = 'Content-Disposition: inline\n';
const leaf = (type: string, is: string, fields = ''): Sketch => ({ type, is, fields });
const many = (type: string, ...parts: readonly Sketch[]): Sketch => ({ type: `multipart/${type}`, parts });

const rows: readonly (readonly [what: string, letter: Sketch, text: string, html: string, attachments: string, has: boolean])[] = [
  ['plain text', leaf('text/plain', 'A'), 'A', 'A', '', false],
  ['HTML alone', leaf('text/html', 'A'), 'A', 'A', '', false],
  ['a picture alone', leaf('image/png', 'A'), 'A', 'A', '', false],
  ['a PDF alone', leaf('application/pdf', 'A'), '', '', 'A', true],
  [
    'the example of the book',
    many(
      'mixed',
      leaf('text/plain', 'A', inline),
      many(
        'mixed',
        many(
          'alternative',
          many('mixed', leaf('text/plain', 'B', inline), leaf('image/jpeg', 'C', inline), leaf('text/plain', 'D', inline)),
          many('related', leaf('text/html', 'E'), leaf('image/jpeg', 'F')),
        ),
        leaf('image/jpeg', 'G', attached),
        leaf('application/x-excel', 'H'),
        leaf('message/rfc822', 'Subject: J'),
      ),
      leaf('text/plain', 'K', inline),
    ),
    'A B C D K',
    'A E K',
    'C F G H J',
    true,
  ],
  ['alternatives', many('alternative', leaf('text/plain', 'A'), leaf('text/html', 'B')), 'A', 'B', '', false],
  ['only HTML among alternatives', many('alternative', leaf('text/html', 'B')), 'B', 'B', '', false],
  ['only plain text among alternatives', many('alternative', leaf('text/plain', 'A')), 'A', 'A', '', false],
  ['an invitation', many('alternative', leaf('text/plain', 'A'), leaf('text/html', 'B'), leaf('text/calendar', 'C')), 'A', 'B', 'C', true],
  ['a text file behind the text', many('mixed', leaf('text/plain', 'A'), leaf('text/plain; name=b.txt', 'B')), 'A', 'A', 'B', true],
  ['a footer behind the text', many('mixed', leaf('text/plain', 'A'), leaf('text/plain', 'B')), 'A B', 'A B', '', false],
  ['a picture in HTML', many('related', leaf('text/html', 'A'), leaf('image/png', 'B', 'Content-ID: <b>\n')), 'A', 'A', 'B', false],
  ['a picture beside HTML', many('mixed', leaf('text/html', 'A'), leaf('image/png', 'B', attached)), 'A', 'A', 'B', true],
  ['a signed letter', many('signed', leaf('text/plain', 'A'), leaf('application/pgp-signature', 'B')), 'A', 'A', 'B', false],
  ['a forwarded letter', many('mixed', leaf('text/plain', 'A'), leaf('message/rfc822', 'Subject: B')), 'A', 'A', 'B', true],
  [
    'an attachment that calls itself inline',
    many('mixed', leaf('text/plain', 'A'), leaf('application/pdf', 'B', inline)),
    'A',
    'A',
    'B',
    false,
  ],
];
for (const [what, letter, text, html, attachments, has] of rows) {
  test(`bodyParts: ${what}`, () => {
    const octets = write(letter);
    const tree = parseTree(bytesFromLatin1(octets));
    const show = (parts: readonly Part[]): string =>
      parts.map((part) => octets.slice(part.bodyStart, part.bodyEnd).replace('Subject: ', '').trim()).join(' ');
    const sorted = bodyParts(tree);
    assert.deepEqual([show(sorted.textBody), show(sorted.htmlBody), show(sorted.attachments)], [text, html, attachments]);
    assert.equal(hasAttachment(tree), has);
  });
}

test('numberParts counts as IMAP does', () => {
  const letter = many(
    'mixed',
    leaf('text/plain', 'A'),
    many('alternative', leaf('text/plain', 'B'), leaf('text/html', 'C')),
    leaf('message/rfc822', 'D: e'),
  );
  const numbers = numberParts(parseTree(bytesFromLatin1(write(letter))));
  assert.deepEqual(
    [...numbers.values()].map((path) => path.join('.')),
    ['1', '2.1', '2.2', '3'],
  );
});

const folder = new URL('../../../test/corpus/letters/', import.meta.url);

test('every part of every letter of the corpus is text or attachment', () => {
  for (const file of readdirSync(folder)) {
    if (!file.endsWith('.eml')) continue;
    const tree = parseTree(readFileSync(new URL(file, folder)));
    const { textBody, htmlBody, attachments } = bodyParts(tree);
    const shown = new Set([...textBody, ...htmlBody, ...attachments]);
    for (const part of numberParts(tree).keys()) if (part.type !== 'multipart') assert.ok(shown.has(part), `${file}: a part is nowhere`);
  }
});
