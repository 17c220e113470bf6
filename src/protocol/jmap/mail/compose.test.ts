// Letters that a client describes, read back by our own reader and by two others; and what the book forbids.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { simpleParser } from 'mailparser';
import PostalMime from 'postal-mime';
import fc from 'fast-check';
import { bytesFromUtf8, concatBytes, latin1FromBytes, utf8FromBytes, type Bytes } from '../../../base/bytes.ts';
import { writeLetter } from '../../../message/build/outline.ts';
import { parseTree, type Part } from '../../../message/mime/tree.ts';
import { fileName, partText } from '../../../message/text.ts';
import { decodeTransfer } from '../../../message/transfer.ts';
import type { BlobSource, JsonObject } from '../contract.ts';
import { compose } from './compose.ts';
import { convenienceProperties, parseHeaderProperty } from './header-property.ts';
import { readHeaderProperties } from './header-value.ts';
import { runs } from '../../../../test/support/depth.ts';

const blobs: Readonly<Record<string, Bytes>> = {
  U1: Uint8Array.from({ length: 300_000 }, (_, index) => (index * 7) & 255),
  U2: bytesFromUtf8('<p>日本</p>'),
  U3: bytesFromUtf8('From: a@b.c\r\nSubject: inner\r\n\r\nbody\r\n'),
  U4: bytesFromUtf8('Subject: bare\n\nline ends\n'),
  U5: bytesFromUtf8('name,number\r\nfor,1\r\n'),
};

function source(bytes: Bytes): BlobSource {
  return { size: bytes.length, type: '', name: '', read: async (start, end) => bytes.subarray(start, end) };
}

async function write(email: JsonObject): Promise<Bytes> {
  const composed = await compose(email, {
    findBlob: async (id) => (blobs[id] === undefined ? null : source(blobs[id])),
    at: Date.UTC(2026, 10, 23, 12),
    makeMessageId: (domain) => `made@${domain ?? 'host.test'}`,
  });
  if ('type' in composed) throw new Error(JSON.stringify(composed));
  const pieces: Bytes[] = [];
  await writeLetter(composed.header, composed.body, 'ABC123', (bytes) => void pieces.push(bytes));
  const letter = concatBytes(pieces);
  checkLines(letter);
  return letter;
}

/** RFC 5322 §2.1.1, §2.3. */
function checkLines(bytes: Bytes): void {
  const text = latin1FromBytes(bytes);
  assert.doesNotMatch(text, /\r(?!\n)|(?<!\r)\n|\0/);
  for (const line of text.split('\r\n')) assert.ok(line.length <= 998, `${line.length}`);
}

/** A property as Email/get gives it. */
function read(letter: Bytes, property: string): unknown {
  const { header } = parseTree(letter);
  const wanted = convenienceProperties.get(property) ?? parseHeaderProperty(property)!;
  return JSON.parse(JSON.stringify(readHeaderProperties(header, [wanted], '')[wanted.property]));
}

const properties: [property: string, value: JsonObject[string], written?: RegExp][] = [
  ['subject', '件名 and more'],
  ['subject', 'a  b '],
  ['subject', `${'長い'.repeat(200)}`],
  ['from', [{ name: '花子', email: 'hanako@local.test' }]],
  [
    'to',
    [
      { name: 'O"Brien, Pat', email: 'pat@example.com' },
      { name: null, email: 'x@y.z' },
    ],
    /"O\\"Brien, Pat"/,
  ],
  ['to', [{ name: null, email: '"a b"@y.z' }]],
  ['cc', [{ name: null, email: '日本@日本.test' }]],
  ['messageId', ['one@x.y']],
  ['references', ['one@x.y', 'two@x.y']],
  ['sentAt', '2026-11-23T21:00:00+09:00', /Date: Mon, 23 Nov 2026 21:00:00 \+0900/],
  ['header:X-Thing', ' raw value', /X-Thing: raw value\r\n/],
  ['header:X-Thing', ' folded\r\n value'],
  ['header:X-Thing:asText', 'こんにちは'],
  ['header:X-Thing:asText:all', ['one', 'two']],
  ['header:X-Who:asAddresses', [{ name: 'A', email: 'a@b.c' }]],
  [
    'header:To:asGroupedAddresses',
    [
      { name: 'Friends', addresses: [{ name: null, email: 'a@b.c' }] },
      { name: null, addresses: [{ name: 'D', email: 'd@e.f' }] },
    ],
    /To: Friends: a@b.c;, D <d@e.f>/,
  ],
  ['header:List-Unsubscribe:asURLs', ['mailto:a@b.c', 'https://x.test/u'], /<mailto:a@b.c>, <https:\/\/x.test\/u>/],
  ['header:Resent-Date:asDate', '2026-11-23T12:00:00Z'],
];
for (const [property, value, written] of properties)
  test(`${property} ${JSON.stringify(value).slice(0, 60)} reads back as it was set`, async () => {
    const letter = await write({ [property]: value });
    assert.deepEqual(read(letter, property), value);
    if (written !== undefined) assert.match(latin1FromBytes(letter), written);
  });

test('an empty draft has Date, Message-ID and an empty text', async () => {
  const text = latin1FromBytes(await write({ from: [{ email: 'a@b.c' }] }));
  assert.match(text, /^Date: Mon, 23 Nov 2026 12:00:00 \+0000\r\nFrom: a@b\.c\r\nMessage-ID: <made@b\.c>\r\nMIME-Version: 1\.0\r\n/);
  assert.match(text, /\r\n\r\n$/);
});

test('half an address of a draft stays one address', async () => {
  const letter = await write({ to: [{ email: 'evil@x.y>, <other@z.w' }, { email: 'ta' }] });
  assert.equal((read(letter, 'to') as unknown[]).length, 2);
});

function shape(part: Part): string {
  if (part.type === 'multipart') return `${part.subtype}(${part.children.map(shape).join(' ')})`;
  const name = fileName(part);
  return `${part.type}/${part.subtype}${name === null ? '' : `:${name}`}${part.disposition === null ? '' : `;${part.disposition.value}`}`;
}

const bodyValues = { t: { value: 'plain\n' }, h: { value: '<p>html</p>' } };
const text = [{ partId: 't' }];
const html = [{ partId: 'h' }];
const picture = { blobId: 'U1', type: 'image/png', name: 'p.png', disposition: 'inline', cid: 'pic@x' };
const file = { blobId: 'U1', type: 'application/pdf', name: '見積書 final.pdf' };
const shapes: [name: string, email: JsonObject, shape: string][] = [
  ['text', { textBody: text, bodyValues }, 'text/plain'],
  ['html', { htmlBody: html, bodyValues }, 'text/html'],
  ['both', { textBody: text, htmlBody: html, bodyValues }, 'alternative(text/plain text/html)'],
  [
    'a picture in the page',
    { textBody: text, htmlBody: html, attachments: [picture], bodyValues },
    'alternative(text/plain related(text/html image/png:p.png;inline))',
  ],
  [
    'everything',
    { textBody: text, htmlBody: html, attachments: [picture, file], bodyValues },
    'mixed(alternative(text/plain related(text/html image/png:p.png;inline)) application/pdf:見積書 final.pdf;attachment)',
  ],
  ['a file alone', { attachments: [file] }, 'application/pdf:見積書 final.pdf;attachment'],
  [
    'a letter in it',
    { textBody: text, attachments: [{ blobId: 'U3', type: 'message/rfc822' }], bodyValues },
    'mixed(text/plain message/rfc822;attachment)',
  ],
  [
    'a letter that no wire takes',
    { textBody: text, attachments: [{ blobId: 'U4', type: 'message/rfc822', name: 'old.eml' }], bodyValues },
    'mixed(text/plain application/octet-stream:old.eml;attachment)',
  ],
  [
    'a structure',
    {
      bodyStructure: {
        type: 'multipart/mixed',
        subParts: [
          { partId: 't', type: 'text/plain' },
          { type: 'multipart/parallel', subParts: [file, { partId: 'h', type: 'text/html' }] },
        ],
      },
      bodyValues,
    },
    'mixed(text/plain parallel(application/pdf:見積書 final.pdf;attachment text/html))',
  ],
];
for (const [name, email, expected] of shapes)
  test(`shape: ${name}`, async () => assert.equal(shape(parseTree(await write(email))), expected));

test('what was put in comes out: by our reader, by postal-mime, by mailparser', async () => {
  const letter = await write({
    from: [{ name: '花子', email: 'hanako@local.test' }],
    to: [{ name: 'Zoë', email: 'zoe@example.com' }],
    subject: '見積書の件 — résumé',
    textBody: text,
    htmlBody: html,
    attachments: [picture, file, { blobId: 'U5', type: 'text/csv', charset: 'us-ascii', name: 'a.csv' }],
    bodyValues: { t: { value: `日本語の本文\n${'長い行'.repeat(500)}\nFrom here\n.\n` }, h: { value: '<p>日本語</p>' } },
  });
  const [postal, parser] = await Promise.all([new PostalMime().parse(letter), simpleParser(Buffer.from(letter))]);
  for (const [subject, plain, names] of [
    [postal.subject, postal.text, postal.attachments.map(({ filename }) => filename)],
    [parser.subject, parser.text, parser.attachments.map(({ filename }) => filename)],
  ] as const) {
    assert.equal(subject, '見積書の件 — résumé');
    assert.match((plain ?? '').replaceAll('\r\n', '\n'), /日本語の本文\n(?:長い行){500}\nFrom here\n\.\n/);
    assert.deepEqual(names, ['p.png', '見積書 final.pdf', 'a.csv']);
  }
  assert.deepEqual(new Uint8Array(parser.attachments[1]!.content), blobs['U1']);
  assert.equal(parser.from?.value[0]?.name, '花子');
  const tree = parseTree(letter);
  const last = tree.children[2]!;
  assert.equal(utf8FromBytes(decodeTransfer(last.encoding, letter.subarray(last.bodyStart, last.bodyEnd))), 'name,number\r\nfor,1\r\n');
});

test('flowed text keeps its parameters, and the server chooses charset and encoding', async () => {
  const letter = await write({
    bodyStructure: { partId: 't', 'header:Content-Type': ' text/plain; format=flowed; delsp=yes; charset=x' },
    bodyValues: { t: { value: 'a \nb\n' } },
  });
  assert.match(latin1FromBytes(letter), /Content-Type: text\/plain; charset=us-ascii; format=flowed; delsp=yes/);
  // The last parameter is not the field's line end as well.
  const short = await write({
    bodyStructure: { partId: 't', 'header:Content-Type': ' text/plain; format=flowed' },
    bodyValues: { t: { value: 'a \nb\n' } },
  });
  assert.match(latin1FromBytes(short), /Content-Type: text\/plain; charset=us-ascii; format=flowed\r\n/);
});

const refused: [why: string, email: JsonObject, type: string, properties: string[]][] = [
  ['headers', { headers: [] }, 'invalidProperties', ['headers']],
  ['a field twice', { subject: 'a', 'header:Subject:asText': 'b' }, 'invalidProperties', ['subject', 'header:Subject:asText']],
  ['a form that is not the field’s', { 'header:Subject:asDate': '2026-11-23T12:00:00Z' }, 'invalidProperties', ['header:Subject:asDate']],
  ['Content-* on the letter', { 'header:Content-Language': ' ja' }, 'invalidProperties', ['header:Content-Language']],
  ['both ways of a body', { bodyStructure: { partId: 't' }, textBody: text, bodyValues }, 'invalidProperties', ['textBody']],
  ['two texts', { textBody: [...text, ...text], bodyValues }, 'invalidProperties', ['textBody']],
  ['a text that is html', { textBody: [{ partId: 'h', type: 'text/html' }], bodyValues }, 'invalidProperties', ['textBody']],
  ['partId and blobId', { textBody: [{ partId: 't', blobId: 'U1' }], bodyValues }, 'invalidProperties', ['textBody/0/blobId']],
  ['a partId without value', { textBody: [{ partId: 'x' }], bodyValues }, 'invalidProperties', ['textBody/0/partId']],
  [
    'a partId named like a method of objects',
    { textBody: [{ partId: 'constructor' }], bodyValues },
    'invalidProperties',
    ['textBody/0/partId'],
  ],
  ['charset with partId', { textBody: [{ partId: 't', charset: 'utf-8' }], bodyValues }, 'invalidProperties', ['textBody/0/charset']],
  ['size with partId', { textBody: [{ partId: 't', size: 1 }], bodyValues }, 'invalidProperties', ['textBody/0/size']],
  [
    'an encoding',
    { textBody: [{ partId: 't', 'header:Content-Transfer-Encoding': ' 8bit' }], bodyValues },
    'invalidProperties',
    ['textBody/0/header:Content-Transfer-Encoding'],
  ],
  ['a cut value', { textBody: text, bodyValues: { t: { value: 'a', isTruncated: true } } }, 'invalidProperties', ['bodyValues/t']],
  [
    'a value that was not read whole',
    { textBody: text, bodyValues: { t: { value: 'a', isEncodingProblem: true } } },
    'invalidProperties',
    ['bodyValues/t'],
  ],
  [
    'a field of the letter on its body',
    { subject: 'a', bodyStructure: { partId: 't', 'header:Subject': ' b' }, bodyValues },
    'invalidProperties',
    ['bodyStructure/header:Subject'],
  ],
  [
    'blobs that are not there',
    { attachments: [{ blobId: 'U8' }, { blobId: 'U1' }, { blobId: 'U9' }], textBody: text, bodyValues },
    'blobNotFound',
    ['U8', 'U9'],
  ],
  ['a line end in a subject', { subject: 'a\r\nBcc: x@y.z' }, 'invalidProperties', ['subject']],
  ['a line end in a raw field', { 'header:X-A': ' a\r\nBcc: x@y.z' }, 'invalidProperties', ['header:X-A']],
  ['a line end in a name', { to: [{ name: 'a\nb', email: 'a@b.c' }] }, 'invalidProperties', ['to']],
  ['a line end in a file name', { attachments: [{ blobId: 'U1', name: 'a\r\nb' }] }, 'invalidProperties', ['attachments/0/disposition']],
  ['a cid with brackets', { attachments: [{ blobId: 'U1', cid: 'a> <b' }] }, 'invalidProperties', ['attachments/0/cid']],
  ['a type that is none', { attachments: [{ blobId: 'U1', type: 'image' }] }, 'invalidProperties', ['attachments/0/type']],
  ['what the server sets', { id: 'M1', size: 3, hasAttachment: true }, 'invalidProperties', ['id', 'size', 'hasAttachment']],
  [
    'a multipart without parts',
    { bodyStructure: { type: 'multipart/mixed', subParts: [] } },
    'invalidProperties',
    ['bodyStructure/subParts'],
  ],
];
for (const [why, email, type, wrong] of refused)
  test(`refused: ${why}`, async () => {
    const found = await compose(email, {
      findBlob: async (id) => (blobs[id] === undefined ? null : source(blobs[id])),
      at: 0,
      makeMessageId: () => 'x@y',
    });
    assert.ok('type' in found && typeof found.type === 'string', 'it was taken');
    assert.equal(found.type, type);
    assert.deepEqual([...((found['notFound'] ?? found['properties']) as string[])], wrong);
  });

test('any text and subject read back as they were (RFC 8621 §4.1.4: with LF)', async () => {
  const words = fc.string({
    unit: fc.constantFrom('a', ' ', '\n', '=', '.', 'From ', '日', 'é', '🙂', '\t', '?', '_', '-'.repeat(80), 'x'.repeat(500)),
    maxLength: 40,
  });
  await fc.assert(
    fc.asyncProperty(words, words, async (value, subject) => {
      const clean = subject.replace(/[\n\t]/g, ' ').trim();
      const letter = await write({ subject: clean, textBody: text, bodyValues: { t: { value } } });
      assert.equal(read(letter, 'subject'), clean === '' ? '' : clean.normalize('NFC'));
      assert.equal(partText(letter, parseTree(letter), 1_000_000).replaceAll('\r\n', '\n'), value);
    }),
    { numRuns: runs(150) },
  );
});
