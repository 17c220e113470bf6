// Loose equality where values are compared: fast-check makes records without a prototype.
import { deepEqual } from 'node:assert';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bytesFromLatin1 } from '../../../base/bytes.ts';
import { SyntaxTrouble } from '../../../base/trouble.ts';
import { Cursor } from './cursor.ts';
import {
  formatFetchItems,
  formatFetchModifiers,
  parseFetchItems,
  parseFetchModifiers,
  type FetchItem,
  type Section,
} from './fetch-items.ts';
import { runs } from '../../../../test/support/depth.ts';

function parse(text: string): { items: FetchItem[]; modifiers: ReturnType<typeof parseFetchModifiers> } {
  const cursor = new Cursor(bytesFromLatin1(text));
  const items = parseFetchItems(cursor);
  const modifiers = parseFetchModifiers(cursor);
  cursor.end();
  return { items, modifiers };
}

const good: readonly (readonly [text: string, canonical: string])[] = [
  ['FAST', '(FLAGS INTERNALDATE RFC822.SIZE)'],
  ['all', '(FLAGS INTERNALDATE RFC822.SIZE ENVELOPE)'],
  ['Full', '(FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODY)'],
  ['flags', '(FLAGS)'],
  ['(uid BODY BodyStructure)', '(UID BODY BODYSTRUCTURE)'],
  ['BODY[]', '(BODY[])'],
  ['body.peek[]<0.2048>', '(BODY.PEEK[]<0.2048>)'],
  ['BODY[header]', '(BODY[HEADER])'],
  ['BODY[1.2.3]', '(BODY[1.2.3])'],
  ['BODY[1.2.text]<10.5>', '(BODY[1.2.TEXT]<10.5>)'],
  ['BODY[4.mime]', '(BODY[4.MIME])'],
  ['BODY.PEEK[HEADER.FIELDS (From "To" {2}\r\nCC)]', '(BODY.PEEK[HEADER.FIELDS (From To CC)])'],
  ['BODY[1.HEADER.FIELDS.NOT ("X-[a]" "a%b")]', '(BODY[1.HEADER.FIELDS.NOT ("X-[a]" "a%b")])'],
  ['(BINARY[1] BINARY.PEEK[2.3]<1.2> BINARY.SIZE[4])', '(BINARY[1] BINARY.PEEK[2.3]<1.2> BINARY.SIZE[4])'],
  ['BINARY[]', '(BINARY[])'],
  ['(RFC822 RFC822.HEADER RFC822.TEXT RFC822.SIZE)', '(RFC822 RFC822.HEADER RFC822.TEXT RFC822.SIZE)'],
  ['(PREVIEW)', '(PREVIEW)'],
  ['(PREVIEW (LAZY) UID)', '(PREVIEW (LAZY) UID)'],
  ['PREVIEW (LAZY)', '(PREVIEW (LAZY))'],
  ['(MODSEQ EMAILID THREADID SAVEDATE)', '(MODSEQ EMAILID THREADID SAVEDATE)'],
  ['BODY[]<4294967295.4294967295>', '(BODY[]<4294967295.4294967295>)'],
];
for (const [text, canonical] of good)
  test(`parseFetchItems ${JSON.stringify(text)}`, () => assert.equal(formatFetchItems(parse(text).items), canonical));

const bad = [
  '',
  '()',
  '(FLAGS',
  '(FLAGS)x',
  '( FLAGS)',
  'NOSUCH',
  'FAST[1]',
  'FLAGS[]',
  '(FAST)',
  'BODY[',
  'BODY[0]',
  'BODY[1.0]',
  'BODY[1.]',
  'BODY[.1]',
  'BODY[MIME]',
  'BODY[1.MIME.2]',
  'BODY[1.HEADERS]',
  'BODY[HEADER.FIELDS]',
  'BODY[HEADER.FIELDS ()]',
  'BODY[HEADER.FIELDS ("a b")]',
  'BODY[HEADER.FIELDS ("")]',
  'BODY[HEADER (a)]',
  'BODY[]<1>',
  'BODY[]<1.0>',
  'BODY[]<1.>',
  'BODY[]<.1>',
  'BODY[]<-1.1>',
  'BODY[]<1.9007199254740992>',
  'BINARY[TEXT]',
  'BINARY.SIZE[1]<0.1>',
  'BINARY',
  'BODY.PEEK',
  'PREVIEW (EAGER)',
  'PREVIEW ()',
  'FLAGS (CHANGEDSINCE)',
  'FLAGS (CHANGEDSINCE a)',
  'FLAGS (CHANGEDSINCE 99999999999999999999)',
  'FLAGS ()',
  `BODY[${'1.'.repeat(200)}1]`,
  `(${'UID '.repeat(700)}UID)`,
];
for (const text of bad)
  test(`parseFetchItems refuses ${JSON.stringify(text.slice(0, 50))}`, () => assert.throws(() => parse(text), SyntaxTrouble));

const name = fc.string({ unit: fc.constantFrom(...'abzX-_[]%*"\\().+1'), minLength: 1, maxLength: 8 });
const part = fc.array(fc.integer({ min: 1, max: 4_294_967_295 }), { maxLength: 5 });
const partial = fc.option(fc.record({ start: fc.maxSafeNat(), length: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }) }));
const section: fc.Arbitrary<Section> = fc.oneof(
  fc.record({ part, text: fc.constantFrom('HEADER' as const, 'TEXT' as const, null), fields: fc.constant([]) }),
  fc.record({ part: part.filter((p) => p.length > 0), text: fc.constant('MIME' as const), fields: fc.constant([]) }),
  fc.record({
    part,
    text: fc.constantFrom('HEADER.FIELDS' as const, 'HEADER.FIELDS.NOT' as const),
    fields: fc.array(name, { minLength: 1, maxLength: 4 }),
  }),
);
const item: fc.Arbitrary<FetchItem> = fc.oneof(
  fc.record({ name: fc.constantFrom('FLAGS', 'UID', 'ENVELOPE', 'BODY', 'BODYSTRUCTURE', 'RFC822', 'MODSEQ', 'SAVEDATE') }),
  fc.record({ name: fc.constant('BODY[]' as const), peek: fc.boolean(), section, partial }),
  fc.record({ name: fc.constant('BINARY' as const), peek: fc.boolean(), part, partial }),
  fc.record({ name: fc.constant('BINARY.SIZE' as const), part }),
  fc.record({ name: fc.constant('PREVIEW' as const), lazy: fc.boolean() }),
);

test('items and modifiers come back as they were written', () =>
  fc.assert(
    fc.property(
      fc.array(item, { minLength: 1, maxLength: 6 }),
      fc.record({ changedSince: fc.option(fc.maxSafeNat()), vanished: fc.boolean() }),
      (items, modifiers) => deepEqual(parse(formatFetchItems(items) + formatFetchModifiers(modifiers)), { items, modifiers }),
    ),
  ));

test('whatever the octets, only SyntaxTrouble comes out', () => {
  const words = [
    'BODY',
    'BODY.PEEK',
    '[',
    ']',
    '(',
    ')',
    ' ',
    '<',
    '>',
    '1',
    '.',
    '0',
    'HEADER.FIELDS',
    'TEXT',
    'BINARY',
    '"',
    '{3}\r\n',
    'PREVIEW',
    'LAZY',
    '\0',
    '\xff',
  ];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...words), { maxLength: 20 }), (pieces) => {
      try {
        parse(pieces.join(''));
      } catch (trouble) {
        assert.ok(trouble instanceof SyntaxTrouble, String(trouble));
      }
    }),
    { numRuns: runs(2000) },
  );
});
