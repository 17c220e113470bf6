// Facts of small letters: ENVELOPE and BODYSTRUCTURE word for word, decoded texts, keys for sorting; and any octets whatever.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bytesFromLatin1, bytesFromUtf8 } from '../base/bytes.ts';
import { parseParts } from './mime/parts.ts';
import { readFacts } from './read-facts.ts';
import { readTexts } from './text.ts';
import { runs } from '../../test/support/depth.ts';

const envelopes: readonly (readonly [name: string, header: string, envelope: string])[] = [
  ['nothing', '', '(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)'],
  [
    'all fields',
    'Date: d\nSubject: s\nFrom: F <f@x>\nSender: s@x\nReply-To: r@x\nTo: t@x\nCc: c@x\nBcc: b@x\nIn-Reply-To: <i@x>\nMessage-ID: <m@x>\n',
    '("d" "s" (("F" NIL "f" "x")) ((NIL NIL "s" "x")) ((NIL NIL "r" "x")) ((NIL NIL "t" "x")) ((NIL NIL "c" "x")) ((NIL NIL "b" "x")) "<i@x>" "<m@x>")',
  ],
  [
    'sender and reply-to from From',
    'From: f@x\n',
    '(NIL NIL ((NIL NIL "f" "x")) ((NIL NIL "f" "x")) ((NIL NIL "f" "x")) NIL NIL NIL NIL NIL)',
  ],
  [
    'empty Sender counts as missing',
    'From: f@x\nSender:\n',
    '(NIL NIL ((NIL NIL "f" "x")) ((NIL NIL "f" "x")) ((NIL NIL "f" "x")) NIL NIL NIL NIL NIL)',
  ],
  ['present but empty', 'Date:\nSubject: \nTo:\nMessage-ID:\n', '("" "" NIL NIL NIL NIL NIL NIL NIL "")'],
  [
    'a group',
    'To: G: a@x, b@x;\n',
    '(NIL NIL NIL NIL NIL ((NIL NIL "G" NIL)(NIL NIL "a" "x")(NIL NIL "b" "x")(NIL NIL NIL NIL)) NIL NIL NIL NIL)',
  ],
  [
    'an empty group',
    'To: undisclosed-recipients:;\n',
    '(NIL NIL NIL NIL NIL ((NIL NIL "undisclosed-recipients" NIL)(NIL NIL NIL NIL)) NIL NIL NIL NIL)',
  ],
  ['a route', 'To: <@r,@s:a@x>\n', '(NIL NIL NIL NIL NIL ((NIL "@r,@s" "a" "x")) NIL NIL NIL NIL)'],
  [
    'quotes and backslashes',
    'Subject: a "b" \\c\nTo: "x \\"y\\"" <a@x>\n',
    '(NIL "a \\"b\\" \\\\c" NIL NIL NIL (("x \\"y\\"" NIL "a" "x")) NIL NIL NIL NIL)',
  ],
  ['encoded words stay', 'Subject: =?utf-8?B?44GC?=\n', '(NIL "=?utf-8?B?44GC?=" NIL NIL NIL NIL NIL NIL NIL NIL)'],
  [
    'raw UTF-8 is encoded',
    'Subject: あ b\nTo: あ <a@x>\n',
    '(NIL "=?utf-8?B?44GC?= b" NIL NIL NIL (("=?utf-8?B?44GC?=" NIL "a" "x")) NIL NIL NIL NIL)',
  ],
  [
    'raw UTF-8 in an address',
    'To: あ@いう.example\n',
    '(NIL NIL NIL NIL NIL ((NIL NIL "=?utf-8?B?44GC?=" "xn--n8je.example")) NIL NIL NIL NIL)',
  ],
  ['folded', 'Subject: a\n b\n', '(NIL "a b" NIL NIL NIL NIL NIL NIL NIL NIL)'],
  [
    'no domain, no address',
    'To: root, Some One\n',
    '(NIL NIL NIL NIL NIL ((NIL NIL "root" "MISSING_DOMAIN")("Some One" NIL "MISSING_MAILBOX" "MISSING_DOMAIN")) NIL NIL NIL NIL)',
  ],
  [
    'two To fields are one list, of two Subjects the first counts',
    'To: a@x\nSubject: 1\nTo: b@x\nSubject: 2\n',
    '(NIL "1" NIL NIL NIL ((NIL NIL "a" "x")(NIL NIL "b" "x")) NIL NIL NIL NIL)',
  ],
];
for (const [name, header, envelope] of envelopes)
  test(`envelope: ${name}`, () => assert.equal(readFacts(bytesFromUtf8(`${header}\n`.replaceAll('\n', '\r\n'))).envelope, envelope));

const structures: readonly (readonly [name: string, text: string, bodyStructure: string])[] = [
  ['nothing', '', '("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 0 0 NIL NIL NIL NIL)'],
  ['text', 'Content-Type: text/plain; charset=utf-8\n\na\nb\n', '("text" "plain" ("charset" "utf-8") NIL NIL "7bit" 6 2 NIL NIL NIL NIL)'],
  ['text without parameters', 'Content-Type: Text/HTML\n\n', '("text" "html" NIL NIL NIL "7bit" 0 0 NIL NIL NIL NIL)'],
  [
    'all fields',
    'Content-Type: image/png; name=a.png\nContent-Transfer-Encoding: BASE64\nContent-ID: <i@x>\nContent-Description: d\nContent-MD5: m==\n' +
      'Content-Disposition: attachment; filename=a.png; size=3\nContent-Language: en, ja\nContent-Location: http://x/\n\nAAAA\n',
    '("image" "png" ("name" "a.png") "<i@x>" "d" "base64" 6 "m==" ("attachment" ("filename" "a.png" "size" "3")) ("en" "ja") "http://x/")',
  ],
  [
    'multipart',
    'Content-Type: multipart/mixed; boundary=b\n\n--b\n\na\n--b\nContent-Type: image/gif\n\n\n--b--\n',
    '(("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 1 0 NIL NIL NIL NIL)("image" "gif" NIL NIL NIL "7bit" 0 NIL NIL NIL NIL) "mixed" ("boundary" "b") NIL NIL NIL)',
  ],
  [
    'message',
    'Content-Type: message/rfc822\n\nSubject: s\nFrom: f@x\n\na\n',
    '("message" "rfc822" NIL NIL NIL "7bit" 28 (NIL "s" ((NIL NIL "f" "x")) ((NIL NIL "f" "x")) ((NIL NIL "f" "x")) NIL NIL NIL NIL NIL) ' +
      '("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 3 1 NIL NIL NIL NIL) 4 NIL NIL NIL NIL)',
  ],
  [
    'RFC 2231 segments',
    "Content-Type: a/b; n*0=x; n*1=y; m*0*=utf-8''%e3%81; m*1*=%82\n\n",
    '("a" "b" ("n" "xy" "m*" "utf-8\'\'%E3%81%82") NIL NIL "7bit" 0 NIL NIL NIL NIL)',
  ],
  [
    'raw UTF-8',
    'Content-Type: a/b; n="あ"\nContent-Description: あ\n\n',
    '("a" "b" ("n" "=?utf-8?B?44GC?=") NIL "=?utf-8?B?44GC?=" "7bit" 0 NIL NIL NIL NIL)',
  ],
  [
    'a disposition without parameters',
    'Content-Type: a/b\nContent-Disposition: inline\n\n',
    '("a" "b" NIL NIL NIL "7bit" 0 NIL ("inline" NIL) NIL NIL)',
  ],
  [
    'an unknown encoding',
    'Content-Transfer-Encoding: X-UU\n\nx',
    '("text" "plain" ("charset" "us-ascii") NIL NIL "x-uu" 1 0 NIL NIL NIL NIL)',
  ],
];
for (const [name, text, bodyStructure] of structures)
  test(`bodyStructure: ${name}`, () => {
    const facts = readFacts(bytesFromUtf8(text.replaceAll('\n', '\r\n')));
    assert.equal(facts.bodyStructure, bodyStructure);
    assert.ok(facts.body.length <= facts.bodyStructure.length);
  });

test('body has no extension data', () => {
  const facts = readFacts(bytesFromLatin1('Content-Type: multipart/mixed; boundary=b\n\n--b\n\na\n--b--\n'));
  assert.equal(facts.body, '(("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 1 0) "mixed")');
});

test('readFacts: what people see, and keys for sorting', () => {
  const facts = readFacts(
    bytesFromUtf8(
      [
        'From: =?iso-2022-jp?B?GyRCOzNFRBsoQg==?= <yamada@example.jp>',
        'To: G: c@d;, x@y',
        'Cc: "Z" <z@y>',
        'Bcc: h@y',
        'Subject: Re: [list]\t=?utf-8?B?5Lu25ZCN?=',
        'Date: Mon, 23 Nov 2026 12:00:00 +0900',
        'Message-ID: <m@x>',
        'References: <1@x> <2@x>',
        'In-Reply-To: <2@x>',
        'Content-Type: multipart/mixed; boundary=b',
        '',
        '--b',
        'Content-Type: text/html; charset=iso-2022-jp',
        '',
        '<style>p{}</style><p>\x1b$B$3$s$K$A$O\x1b(B&nbsp;<b>A</b>&amp;B</p>',
        '--b',
        'Content-Type: application/pdf; name="a.pdf"',
        '',
        'x',
        '--b--',
        '',
      ].join('\r\n'),
    ),
  );
  const { from, to, cc, bcc, subject, baseSubject, sentAt, messageId, references, preview, hasAttachment } = facts;
  assert.deepEqual(
    { from, to, cc, bcc, subject, baseSubject, sentAt, messageId, references, preview, hasAttachment },
    {
      from: '山田 <yamada@example.jp>',
      to: 'G: c@d;, x@y',
      cc: 'Z <z@y>',
      bcc: 'h@y',
      subject: 'Re: [list] 件名',
      baseSubject: '件名',
      sentAt: Date.UTC(2026, 10, 23, 3),
      messageId: 'm@x',
      references: ['1@x', '2@x'],
      preview: 'こんにちは A&B',
      hasAttachment: true,
    },
  );
  assert.deepEqual([facts.sortFrom, facts.sortTo, facts.sortCc, facts.displayFrom, facts.displayTo], ['yamada', 'G', 'z', '山田', 'G']);
});

test('hasAttachment: what is to be saved rather than shown (RFC 8621 §4.1.4)', () => {
  for (const [text, expected] of [
    ['\n', false],
    ['Content-Type: text/plain; name=a.txt\n\n', false],
    ['Content-Disposition: attachment; filename=a.txt\n\n', true],
    ['Content-Disposition: attachment\n\n', true],
    ['Content-Type: image/png\n\n', false],
    ['Content-Type: application/pdf\n\n', true],
    ['Content-Type: message/rfc822\n\n\n', true],
  ] as const)
    assert.equal(readFacts(bytesFromLatin1(text)).hasAttachment, expected, text);
});

test('envelopeMarks: what the envelope alone does not tell', () => {
  for (const [text, expected] of [
    ['From: a@b\nTo: c@d\nSubject: s\n\n', 0],
    ['From: a@b\nSender: a@b\n\n', 1],
    ['From: a@b\nReply-To: c@d\nSender: e@f\n\n', 3],
    ['From: a@b\nFrom: c@d\n\n', 4],
    ['From: a@b\nTo:\n\n', 4],
    ['From: a\n\n', 4],
    ['From: a@b\nSubject: \xe9\n\n', 4],
    ['From: a@b\nX-Other: \xe9\nX-Other: y\n\n', 0],
  ] as const)
    assert.equal(readFacts(bytesFromLatin1(text)).envelopeMarks, expected, text);
});

test('control characters in encoded words do not reach what people see', () => {
  const facts = readFacts(bytesFromLatin1('Subject: =?utf-8?Q?a=0D=0AX-Evil:_b=00?=\nFrom: =?utf-8?Q?a=0Ab?= <a@b>\n\n'));
  assert.equal(facts.subject, 'a X-Evil: b ');
  assert.equal(facts.from, 'a b <a@b>');
});

test('readTexts: fields, parts, messages within, file names', () => {
  const texts = readTexts(
    bytesFromUtf8(
      'Subject: =?utf-8?Q?s=C3=A9?=\nFrom: F <f@x>\nX-Other: v\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Transfer-Encoding: base64\n\nb25l\n' +
        '--b\nContent-Type: message/rfc822\n\nSubject: inner\nFrom: i@x\nContent-Type: text/html\n\n<p>two<script>no</script>\n' +
        "--b\nContent-Type: image/png\nContent-Disposition: attachment; filename*=utf-8''%E3%81%82.png\n\nxx\n--b--\n",
    ),
  );
  assert.equal(texts.subject, 'sé');
  assert.equal(texts.from, 'F <f@x>');
  assert.equal(texts.header, 'Subject: sé\nFrom: F <f@x>\nX-Other: v\nContent-Type: multipart/mixed; boundary=b\n');
  assert.equal(texts.body, 'one\ninner i@x \ntwo\nあ.png');
});

test('readTexts is bounded', () => {
  const texts = readTexts(bytesFromLatin1(`Subject: ${'s'.repeat(200_000)}\n\n${'x'.repeat(5_000_000)}`));
  assert.ok(texts.body.length + texts.header.length <= 1_000_000);
});

/** Quoted strings, literals, atoms and parentheses, balanced: what an IMAP client would have to read. */
function checkImapText(text: string): void {
  assert.match(text, /^[\x01-\x7f]*$/);
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '(') depth++;
    else if (character === ')') {
      depth--;
      if (depth === 0) assert.equal(at, text.length - 1);
    } else if (character === '"') {
      for (at++; text[at] !== '"'; at++) {
        assert.ok(at < text.length && text[at] !== '\r' && text[at] !== '\n');
        if (text[at] === '\\') assert.match(text[++at] ?? '', /["\\]/);
      }
    } else if (character === '{') {
      const literal = /^\{(\d+)\}\r\n/.exec(text.slice(at));
      assert.ok(literal !== null);
      at += literal[0].length + Number(literal[1]) - 1;
    } else assert.match(character ?? '', /[ 0-9NIL]/);
  }
  assert.equal(depth, 0);
}

const pieces = [
  'Content-Type: ',
  'multipart/mixed; boundary=b',
  'message/rfc822',
  'text/html',
  '; name="',
  '; name*=',
  "utf-8''%41",
  '\r\n',
  '\n',
  '\r',
  '\0',
  ' ',
  '\t',
  '--b',
  '--b--',
  '--',
  'Subject: ',
  '=?utf-8?B?44GC?=',
  '=?',
  '?=',
  'From: ',
  'a@b',
  '<',
  '>',
  '"',
  '\\',
  '(',
  ')',
  ':',
  ';',
  ',',
  '[',
  'é',
  '\x1b$B',
  '\x1b(B',
  '\xff',
  'Content-Disposition: attachment',
  'Content-Language: ',
  'Content-Transfer-Encoding: base64',
  '{5}',
  'Date: ',
  '=',
  '<!--',
  '<script>',
  'x',
];

test('readFacts takes any octets, and every text is one that IMAP can send', () => {
  const seed = Number(process.env['FUZZ_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 60 }), (list) => {
      const bytes = bytesFromLatin1(list.join(''));
      const facts = readFacts(bytes);
      checkImapText(facts.envelope);
      checkImapText(facts.body);
      checkImapText(facts.bodyStructure);
      parseParts(facts.parts);
      assert.ok(facts.headerLength <= bytes.length);
      assert.ok(facts.preview.length <= 200);
      assert.doesNotMatch(facts.subject + facts.from + facts.to, /[\0-\x1f]/);
      readTexts(bytes);
    }),
    { numRuns: runs(4000), seed },
  );
});
