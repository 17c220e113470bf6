import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bytesFromLatin1, concatBytes, latin1FromBytes, type Bytes } from '../../../base/bytes.ts';
import { Refusal } from '../../../base/trouble.ts';
import { readFacts } from '../../../message/read-facts.ts';
import { Cursor } from '../grammar/cursor.ts';
import { parseFetchItems } from '../grammar/fetch-items.ts';
import { planFetch, type OctetItem } from './plan.ts';
import { cutOctets, locate, locator } from './section.ts';
import { runs } from '../../../../test/support/depth.ts';

const letter = bytesFromLatin1(
  [
    'From: a@example.org',
    'Subject: folded',
    '\tsubject',
    'X-A: 1',
    'x-a: 2',
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary=o',
    '',
    'before',
    '--o',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: quoted-printable',
    '',
    'caf=C3=A9 =',
    'au lait',
    '--o',
    'Content-Type: message/rfc822',
    '',
    'Subject: inner',
    'From: b@example.org',
    'Content-Type: multipart/alternative; boundary=i',
    '',
    '--i',
    '',
    'plain',
    '--i',
    'Content-Type: text/html',
    '',
    '<p>html</p>',
    '--i--',
    '--o',
    'Content-Type: application/octet-stream',
    'Content-Transfer-Encoding: base64',
    '',
    'AAECAwA=',
    '--o',
    'Content-Type: application/x-odd',
    'Content-Transfer-Encoding: x-odd',
    '',
    'odd',
    '--o--',
    '',
  ].join('\r\n'),
);
const facts = readFacts(letter);

/** The answer to one item, as it would stand on the wire. With `window`, only what `locate` asks for is there. */
function fetch(item: string, bytes: Bytes = letter, known = facts, window = false): string {
  const [planned] = planFetch(parseFetchItems(new Cursor(bytesFromLatin1(item))), { byUid: false, modSeq: false, utf8: false }).items;
  const octets = planned as OctetItem;
  const wanted = locate(octets, locator({ parts: [known.parts], headerLength: [known.headerLength] }, 0, bytes.length));
  if (wanted === null) return `${octets.label}NIL`;
  const cut = window ? cutOctets(octets, wanted, bytes.slice(wanted.start, wanted.end), wanted.start) : cutOctets(octets, wanted, bytes, 0);
  if (typeof cut === 'number') return octets.label + cut;
  const text = latin1FromBytes(concatBytes([...cut.pieces, new Uint8Array(0)]));
  assert.equal(text.length, cut.length);
  return `${octets.label}${cut.binary ? '~' : ''}${text}`;
}

const inner = 'Subject: inner\r\nFrom: b@example.org\r\nContent-Type: multipart/alternative; boundary=i\r\n\r\n';
const rows: readonly (readonly [item: string, answer: string])[] = [
  ['BODY[]<0.9>', 'BODY[]<0> From: a@e'],
  ['BODY[HEADER]<20.16>', 'BODY[HEADER]<20> \nSubject: folded'],
  ['BODY[TEXT]<0.8>', 'BODY[TEXT]<0> before\r\n'],
  ['BODY[HEADER.FIELDS (subject)]', 'BODY[HEADER.FIELDS (subject)] Subject: folded\r\n\tsubject\r\n\r\n'],
  ['BODY[HEADER.FIELDS (X-A From)]', 'BODY[HEADER.FIELDS (X-A From)] From: a@example.org\r\nX-A: 1\r\nx-a: 2\r\n\r\n'],
  ['BODY[HEADER.FIELDS (X-A)]<2.10>', 'BODY[HEADER.FIELDS (X-A)]<2> A: 1\r\nx-a:'],
  ['BODY[HEADER.FIELDS (X-A)]<17.9>', 'BODY[HEADER.FIELDS (X-A)]<17> \n'],
  ['BODY[HEADER.FIELDS (X-A)]<18.9>', 'BODY[HEADER.FIELDS (X-A)]<18> '],
  [
    'BODY[HEADER.FIELDS.NOT (from subject content-type mime-version)]',
    'BODY[HEADER.FIELDS.NOT (from subject content-type mime-version)] X-A: 1\r\nx-a: 2\r\n\r\n',
  ],
  ['BODY[1]', 'BODY[1] caf=C3=A9 =\r\nau lait'],
  ['BODY[1.MIME]', 'BODY[1.MIME] Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n'],
  ['BODY[1.HEADER]', 'BODY[1.HEADER] NIL'],
  ['BODY[1.TEXT]', 'BODY[1.TEXT] NIL'],
  ['BODY[1.1]', 'BODY[1.1] NIL'],
  ['BODY[2]<0.14>', 'BODY[2]<0> Subject: inner'],
  ['BODY[2.HEADER]', `BODY[2.HEADER] ${inner}`],
  ['BODY[2.HEADER.FIELDS (FROM)]', 'BODY[2.HEADER.FIELDS (FROM)] From: b@example.org\r\n\r\n'],
  ['BODY[2.TEXT]<0.3>', 'BODY[2.TEXT]<0> --i'],
  ['BODY[2.MIME]', 'BODY[2.MIME] Content-Type: message/rfc822\r\n\r\n'],
  ['BODY[2.1]', 'BODY[2.1] plain'],
  ['BODY[2.1.MIME]', 'BODY[2.1.MIME] \r\n'],
  ['BODY[2.2]', 'BODY[2.2] <p>html</p>'],
  ['BODY[2.3]', 'BODY[2.3] NIL'],
  ['BODY[5]', 'BODY[5] NIL'],
  ['BODY[4294967295]', 'BODY[4294967295] NIL'],
  [`BODY[${'1.'.repeat(100)}1]`, `BODY[${'1.'.repeat(100)}1] NIL`],
  ['BODY[3]<4294967295.4294967295>', 'BODY[3]<4294967295> '],
  ['RFC822.TEXT', `RFC822.TEXT ${latin1FromBytes(letter, facts.headerLength)}`],
  // RFC 3516
  ['BINARY[1]', 'BINARY[1] caf\xc3\xa9 au lait'],
  ['BINARY[1]<3.4>', 'BINARY[1]<3> \xc3\xa9 a'],
  ['BINARY[1]<99.4>', 'BINARY[1]<99> '],
  ['BINARY.SIZE[1]', 'BINARY.SIZE[1] 13'],
  ['BINARY[3]', 'BINARY[3] ~\0\x01\x02\x03\0'],
  ['BINARY[3]<1.2>', 'BINARY[3]<1> \x01\x02'],
  ['BINARY.SIZE[3]', 'BINARY.SIZE[3] 5'],
  ['BINARY[2.1]', 'BINARY[2.1] plain'],
  ['BINARY.SIZE[2.1]', 'BINARY.SIZE[2.1] 5'],
  ['BINARY[9]', 'BINARY[9] NIL'],
  ['BINARY[]<0.4>', 'BINARY[]<0> From'],
  ['BINARY.SIZE[]', `BINARY.SIZE[] ${letter.length}`],
];
for (const [item, answer] of rows)
  test(`FETCH ${item.slice(0, 80)}`, () => {
    assert.equal(fetch(item), answer);
    assert.equal(fetch(item, letter, facts, true), answer, 'cut from what was asked for alone');
  });

for (const item of ['BINARY[4]', 'BINARY.PEEK[4]<0.1>', 'BINARY.SIZE[4]'])
  test(`FETCH ${item}: RFC 3516 §4.3, an encoding that nobody knows`, () =>
    assert.throws(
      () => fetch(item),
      (trouble) => trouble instanceof Refusal && trouble.code === 'unknown-cte',
    ));

const plain = bytesFromLatin1('Subject: x\r\n\r\nbody\r\n');
for (const [item, answer] of [
  ['BODY[1]', 'BODY[1] body\r\n'],
  ['BODY[1.MIME]', 'BODY[1.MIME] Subject: x\r\n\r\n'],
  ['BODY[2]', 'BODY[2] NIL'],
  ['BINARY[1]', 'BINARY[1] body\r\n'],
] as const)
  test(`FETCH ${item} of a letter without parts`, () => assert.equal(fetch(item, plain, readFacts(plain)), answer));

const headOnly = bytesFromLatin1('Subject: x\r\nFrom: y\r\n');
test('a letter that is all header', () => {
  const known = readFacts(headOnly);
  assert.equal(fetch('BODY[TEXT]', headOnly, known), 'BODY[TEXT] ');
  assert.equal(fetch('BODY[HEADER.FIELDS (FROM)]', headOnly, known), 'BODY[HEADER.FIELDS (FROM)] From: y\r\n\r\n');
});

test('whatever the octets, every section is cut from within the letter', () => {
  const lines = [
    'From: a',
    'Content-Type: multipart/mixed; boundary=b',
    'Content-Type: message/rfc822',
    'Content-Transfer-Encoding: base64',
    '',
    '--b',
    '--b--',
    'AAA=',
    '\0',
    ' x',
  ];
  const items = [
    'BODY[]',
    'BODY[HEADER]',
    'BODY[TEXT]',
    'BODY[1]',
    'BODY[1.1]',
    'BODY[2.MIME]',
    'BODY[1.HEADER]',
    'BODY[1.TEXT]',
    'BODY[HEADER.FIELDS (from)]',
    'BODY[1.HEADER.FIELDS.NOT (from)]',
    'BINARY[1]',
    'BINARY.SIZE[2]',
  ];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...lines), { maxLength: 25 }), fc.constantFrom(...items), (text, item) => {
      const bytes = bytesFromLatin1(text.join('\r\n'));
      const known = readFacts(bytes);
      assert.equal(fetch(item, bytes, known), fetch(item, bytes, known, true));
    }),
    { numRuns: runs(1000) },
  );
});
