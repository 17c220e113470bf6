// Letters that were built read back as what they were built from, keep the rules of lines, and let nothing break out of a field.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bytesFromLatin1, bytesFromUtf8, equalBytes, latin1FromBytes, type Bytes } from '../../base/bytes.ts';
import { SyntaxTrouble } from '../../base/trouble.ts';
import type { Address, Mailbox } from '../address/address-list.ts';
import { decodeWords } from '../header/encoded-word.ts';
import { firstField } from '../header/fields.ts';
import { parseTree, type Part } from '../mime/tree.ts';
import { readFacts } from '../read-facts.ts';
import { fileName, partText } from '../text.ts';
import { decodeTransfer } from '../transfer.ts';
import { readEnvelope } from '../wire/envelope.ts';
import { arrangeBody, reportBody, withCrlf, type Body } from './body.ts';
import { formatField, formatTextField } from './field.ts';
import { buildLetter, type OutgoingLetter } from './letter.ts';
import { runs } from '../../../test/support/depth.ts';

function mailbox(local: string, domain: string, name: string | null = null): Mailbox {
  return { kind: 'mailbox', name, route: null, local, domain };
}
const plain: Body = { kind: 'text', subtype: 'plain', text: 'Hello\n' };
function letterOf(more: Partial<OutgoingLetter>): OutgoingLetter {
  return { date: { time: 0 }, from: [mailbox('a', 'b.c')], messageId: 'm@b.c', body: plain, ...more };
}

/** RFC 5322 §2.1.1, §2.3. */
function checkLines(bytes: Bytes): void {
  const text = latin1FromBytes(bytes);
  assert.doesNotMatch(text, /\r(?!\n)|(?<!\r)\n|\0/);
  for (const line of text.split('\r\n')) assert.ok(line.length <= 998, `${line.length}`);
}

test('buildLetter: the whole of a small letter', () => {
  const bytes = buildLetter(
    letterOf({
      fields: [['Auto-Submitted', 'auto-replied']],
      date: { time: Date.UTC(2026, 10, 23), zone: 540 },
      from: [mailbox('hanako', 'example.jp', '花子')],
      to: [mailbox('taro', 'example.jp'), { kind: 'group', name: 'G', members: [] }],
      subject: '件名 and more',
      inReplyTo: ['p@x'],
      references: ['o@x', 'p@x'],
    }),
  );
  assert.equal(
    latin1FromBytes(bytes),
    [
      'Auto-Submitted: auto-replied',
      'Date: Mon, 23 Nov 2026 09:00:00 +0900',
      'From: =?utf-8?B?6Iqx5a2Q?= <hanako@example.jp>',
      'To: taro@example.jp, G: ;',
      'Subject: =?utf-8?B?5Lu25ZCN?= and more',
      'Message-ID: <m@b.c>',
      'In-Reply-To: <p@x>',
      'References: <o@x> <p@x>',
      'MIME-Version: 1.0',
      'Content-Type: text/plain; charset=us-ascii',
      'Content-Transfer-Encoding: 7bit',
      '',
      'Hello',
      '',
    ].join('\r\n'),
  );
});

for (const value of ['a\r\nBcc: x@y', 'a\nb', 'a\rb', 'a\0b']) {
  const shown = JSON.stringify(value);
  const bad: readonly (readonly [string, () => unknown])[] = [
    ['formatField', () => formatField('X', value)],
    ['formatTextField', () => formatTextField('Subject', value)],
    ['formatTextField, not ASCII', () => formatTextField('Subject', `あ${value}`)],
    ['field name', () => formatField(value, 'x')],
    ['subject', () => buildLetter(letterOf({ subject: value }))],
    ['name', () => buildLetter(letterOf({ to: [mailbox('a', 'b', value)] }))],
    ['name, not ASCII', () => buildLetter(letterOf({ to: [mailbox('a', 'b', `あ${value}`)] }))],
    ['local part', () => buildLetter(letterOf({ to: [mailbox(value, 'b')] }))],
    ['domain', () => buildLetter(letterOf({ to: [mailbox('a', value)] }))],
    ['group', () => buildLetter(letterOf({ to: [{ kind: 'group', name: value, members: [] }] }))],
    ['message id', () => buildLetter(letterOf({ messageId: value }))],
    ['references', () => buildLetter(letterOf({ references: [value] }))],
    ['file name', () => buildLetter(letterOf({ body: { kind: 'file', type: 'image/png', bytes: bytesFromLatin1('x'), fileName: value } }))],
    [
      'content id',
      () => buildLetter(letterOf({ body: { kind: 'file', type: 'image/png', bytes: bytesFromLatin1('x'), contentId: value } })),
    ],
    ['type', () => buildLetter(letterOf({ body: { kind: 'file', type: `image/${value}`, bytes: bytesFromLatin1('x') } }))],
    ['subtype', () => buildLetter(letterOf({ body: { kind: 'text', subtype: value, text: 'x' } }))],
    ['report field', () => buildLetter(letterOf({ body: { kind: 'fields', type: 'message/delivery-status', groups: [[['A', value]]] } }))],
  ];
  for (const [what, build] of bad) test(`no line end or NUL gets through: ${what} ${shown}`, () => assert.throws(build, SyntaxTrouble));
}

for (const domain of ['b>, <evil@x', 'b, c@d', 'b c', '', '"b"', '[1]x'])
  test(`a domain cannot become another address: ${JSON.stringify(domain)}`, () =>
    assert.throws(() => buildLetter(letterOf({ to: [mailbox('a', domain)] })), SyntaxTrouble));

test('formatField folds at spaces, and no line is of white space alone', () => {
  const text = formatField('References', Array.from({ length: 30 }, (_, index) => `<${index}@example.com>`).join(' '));
  for (const line of text.split('\r\n')) assert.ok(line.length <= 78);
  assert.equal(text.replaceAll('\r\n', ''), `References: ${Array.from({ length: 30 }, (_, index) => `<${index}@example.com>`).join(' ')}`);
  assert.throws(() => formatField('X', 'x'.repeat(1000)), SyntaxTrouble);
});

const subjectText = fc.string({ unit: 'grapheme', maxLength: 200 }).map((text) => text.toWellFormed().replace(/[\r\n\0]/g, ''));

test('subjects read back as they were', () => {
  fc.assert(
    fc.property(fc.oneof(subjectText, fc.stringMatching(/^[ -~]{0,300}$/)), (subject) => {
      const bytes = buildLetter(letterOf({ subject }));
      checkLines(bytes);
      const raw = firstField(parseTree(bytes).header, 'subject') ?? '';
      assert.equal(decodeWords(raw), subject);
      for (const line of latin1FromBytes(bytes).split('\r\n')) assert.ok(line.length <= 78 || !line.slice(1).includes(' '), line);
    }),
    { numRuns: runs(500) },
  );
});

const anyMailbox: fc.Arbitrary<Mailbox> = fc.record(
  {
    kind: fc.constant('mailbox' as const),
    name: fc.oneof(
      fc.constant(null),
      subjectText.filter((text) => text.trim() === text && text !== '' && !text.includes('=?')),
    ),
    route: fc.constant(null),
    local: fc.stringMatching(/^[ -~]{1,30}$/),
    domain: fc.domain(),
  },
  { noNullPrototype: true },
);

test('addresses read back as they were', () => {
  fc.assert(
    fc.property(fc.array(anyMailbox, { minLength: 1, maxLength: 20 }), (to) => {
      const bytes = buildLetter(letterOf({ to }));
      checkLines(bytes);
      const read = readEnvelope(parseTree(bytes).header).to as readonly Mailbox[];
      assert.deepEqual(
        read.map(({ local, domain, name }) => mailbox(local, domain ?? '', name === null ? null : decodeWords(name))),
        to,
      );
    }),
    { numRuns: runs(300) },
  );
});

/** What was read, in the form of what was built. */
function readBack(bytes: Bytes, part: Part): unknown {
  if (part.type === 'multipart') return { kind: part.subtype, parts: part.children.map((child) => readBack(bytes, child)) };
  const body = decodeTransfer(part.encoding, bytes.subarray(part.bodyStart, part.bodyEnd));
  if (part.type === 'text' && part.disposition === null)
    return { kind: 'text', text: partText(bytes, { ...part, subtype: 'plain' }, 1_000_000) };
  return { kind: 'file', type: `${part.type}/${part.subtype}`, octets: [...body], fileName: fileName(part) };
}

const anyText = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 300 }),
  fc.array(fc.constantFrom('a', ' ', '\n', '\r\n', '.', 'From ', '=', 'あ', '--=_m'), { maxLength: 200 }).map((list) => list.join('')),
);
const anyFile = fc.record({
  bytes: fc.uint8Array({ maxLength: 200 }),
  name: subjectText.map((text) => text.replace(/[\0-\x1f\x7f]/g, '')),
});

/** What is left of a text: line ends are CRLF, and a mark of byte order at the beginning is not text. */
function kept(value: string): string {
  return withCrlf(value.toWellFormed()).replace(/^\ufeff/, '');
}

test('bodies read back as they were', () => {
  fc.assert(
    fc.property(anyText, anyText, fc.array(anyFile, { maxLength: 3 }), fc.boolean(), (text, html, files, withHtml) => {
      const attachments = files.map((file) => ({
        kind: 'file' as const,
        type: 'image/png',
        bytes: file.bytes,
        ...(file.name === '' ? {} : { fileName: file.name }),
      }));
      const bytes = buildLetter(letterOf({ body: arrangeBody({ text, ...(withHtml ? { html } : {}), attachments }) }));
      checkLines(bytes);
      const shown = withHtml
        ? {
            kind: 'alternative',
            parts: [
              { kind: 'text', text: kept(text) },
              { kind: 'text', text: kept(html) },
            ],
          }
        : { kind: 'text', text: kept(text) };
      const expected =
        files.length === 0
          ? shown
          : {
              kind: 'mixed',
              parts: [
                shown,
                ...files.map((file) => ({
                  kind: 'file',
                  type: 'image/png',
                  octets: [...file.bytes],
                  fileName: file.name === '' ? null : file.name,
                })),
              ],
            };
      assert.deepEqual(readBack(bytes, parseTree(bytes)), expected);
    }),
    { numRuns: runs(300) },
  );
});

test('pictures of the HTML go with it', () => {
  const picture = { kind: 'file' as const, type: 'image/png', bytes: bytesFromLatin1('x'), contentId: 'p@x' };
  const tree = parseTree(buildLetter(letterOf({ body: arrangeBody({ text: 't', html: '<img src="cid:p@x">', inline: [picture] }) })));
  assert.equal(tree.subtype, 'alternative');
  assert.equal(tree.children[1]?.subtype, 'related');
  assert.equal(tree.children[1]?.children[1]?.id, '<p@x>');
  assert.equal(tree.children[1]?.children[1]?.disposition?.value, 'inline');
});

test('reports: words, fields, and the letter or its header (RFC 6522)', () => {
  const original = bytesFromUtf8('Subject: あ\r\nTo: a@b\r\n\r\nbody あ\r\n');
  const groups = [
    [['Reporting-MTA', 'dns; mx.example.com']],
    [
      ['Final-Recipient', 'rfc822; a@b'],
      ['Action', 'failed'],
      ['Status', '5.1.1'],
    ],
  ] as const;
  for (const headersOnly of [false, true]) {
    const bytes = buildLetter(
      letterOf({
        body: reportBody({
          reportType: 'delivery-status',
          text: 'Sorry.',
          groups,
          original: { kind: 'message', bytes: original, headersOnly },
        }),
      }),
    );
    checkLines(bytes);
    const tree = parseTree(bytes);
    assert.deepEqual(
      tree.children.map((part) => `${part.type}/${part.subtype}`),
      ['text/plain', 'message/delivery-status', headersOnly ? 'text/rfc822-headers' : 'message/rfc822'],
    );
    const status = tree.children[1]!;
    assert.equal(
      latin1FromBytes(bytes, status.bodyStart, status.bodyEnd),
      'Reporting-MTA: dns; mx.example.com\r\n\r\nFinal-Recipient: rfc822; a@b\r\nAction: failed\r\nStatus: 5.1.1\r\n',
    );
    const enclosed = tree.children[2]!;
    const whole = bytes.subarray(enclosed.bodyStart, enclosed.bodyEnd);
    assert.ok(equalBytes(whole, headersOnly ? original.subarray(0, original.length - bytesFromUtf8('\r\nbody あ\r\n').length) : original));
    assert.equal(enclosed.encoding, '8bit');
    assert.equal(tree.encoding, '8bit');
  }
});

test('an enclosed message that no server would take goes as a file', () => {
  for (const text of ['Subject: a\n\nb', `Subject: a\r\n\r\n${'x'.repeat(2000)}\r\n`, 'Subject: a\0\r\n\r\n']) {
    const bytes = buildLetter(
      letterOf({ body: { kind: 'multipart', subtype: 'mixed', parts: [{ kind: 'message', bytes: bytesFromLatin1(text) }] } }),
    );
    checkLines(bytes);
    const part = parseTree(bytes).children[0]!;
    assert.equal(fileName(part), 'message.eml');
    assert.equal(latin1FromBytes(decodeTransfer(part.encoding, bytes.subarray(part.bodyStart, part.bodyEnd))), text);
  }
});

test('a boundary is never in what it divides', () => {
  const first = buildLetter(letterOf({ body: arrangeBody({ text: 'a', html: 'b' }) }));
  const outer = buildLetter(
    letterOf({
      body: {
        kind: 'multipart',
        subtype: 'mixed',
        parts: [
          { kind: 'message', bytes: first },
          { kind: 'message', bytes: first },
        ],
      },
    }),
  );
  assert.deepEqual(
    parseTree(outer).children.map((part) => part.children[0]?.children.length),
    [2, 2],
  );
});

test('facts of a built letter', () => {
  const to: Address[] = [mailbox('t', 'x.y', '太郎')];
  const facts = readFacts(
    buildLetter(letterOf({ to, subject: 'Re: 件名', references: ['1@x'], body: arrangeBody({ text: 'こんにちは' }) })),
  );
  assert.deepEqual(
    [facts.subject, facts.baseSubject, facts.to, facts.preview, facts.references, facts.sentAt],
    ['Re: 件名', '件名', '太郎 <t@x.y>', 'こんにちは', ['1@x'], 0],
  );
});
