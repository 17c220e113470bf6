// Tables of address lists as real mail has them, and the twin test of parsing and formatting.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { displayAddresses, formatAddressList, formatPhrase, parseAddressList, type Address, type Mailbox } from './address-list.ts';
import { runs } from '../../../test/support/depth.ts';

function mailbox(name: string | null, local: string, domain: string | null, route: string | null = null): Mailbox {
  return { kind: 'mailbox', name, route, local, domain };
}
function group(name: string, ...members: Mailbox[]): Address {
  return { kind: 'group', name, members };
}

const rows: readonly (readonly [text: string, list: readonly Address[]])[] = [
  ['', []],
  [' , ,, ', []],
  ['a@b.c', [mailbox(null, 'a', 'b.c')]],
  ['<a@b.c>', [mailbox(null, 'a', 'b.c')]],
  ['A B <a@b.c>', [mailbox('A B', 'a', 'b.c')]],
  ['A  B\t<a@b.c>', [mailbox('A B', 'a', 'b.c')]],
  ['"A, B" <a@b.c>', [mailbox('A, B', 'a', 'b.c')]],
  ['"A \\"B\\"" <a@b.c>', [mailbox('A "B"', 'a', 'b.c')]],
  ['A. B. Cee <a@b.c>', [mailbox('A. B. Cee', 'a', 'b.c')]],
  ['a@b.c (Name)', [mailbox('Name', 'a', 'b.c')]],
  ['(before) a@b.c', [mailbox('before', 'a', 'b.c')]],
  ['A (comment) B <a@b.c>', [mailbox('A B', 'a', 'b.c')]],
  ['a@b.c (one (two) \\) three)', [mailbox('one (two) ) three', 'a', 'b.c')]],
  ['"quoted local"@b.c', [mailbox(null, 'quoted local', 'b.c')]],
  ['"a@b"@c.d', [mailbox(null, 'a@b', 'c.d')]],
  ['<"a@b"@c.d>', [mailbox(null, 'a@b', 'c.d')]],
  ['"a"."b"@c', [mailbox(null, 'a.b', 'c')]],
  ['a@[192.0.2.1]', [mailbox(null, 'a', '[192.0.2.1]')]],
  ['<a@[IPv6:2001:db8::1]>', [mailbox(null, 'a', '[IPv6:2001:db8::1]')]],
  ['a @ b . c', [mailbox(null, 'a', 'b.c')]],
  ['a . b @ c', [mailbox(null, 'a.b', 'c')]],
  ['<@x,@y:a@b>', [mailbox(null, 'a', 'b', '@x,@y')]],
  ['<@x>', [mailbox(null, '', 'x')]],
  ['a@b, c@d', [mailbox(null, 'a', 'b'), mailbox(null, 'c', 'd')]],
  ['a@b,, c@d,', [mailbox(null, 'a', 'b'), mailbox(null, 'c', 'd')]],
  ['undisclosed-recipients:;', [group('undisclosed-recipients')]],
  ['G: a@b, N <c@d>;', [group('G', mailbox(null, 'a', 'b'), mailbox('N', 'c', 'd'))]],
  ['G: a@b;, c@d', [group('G', mailbox(null, 'a', 'b')), mailbox(null, 'c', 'd')]],
  ['"A: B": a@b;', [group('A: B', mailbox(null, 'a', 'b'))]],
  ['G: a@b', [group('G', mailbox(null, 'a', 'b'))]],
  ['G: H: a@b;;', [group('G'), group('H', mailbox(null, 'a', 'b'))]],
  ['a@b; c@d', [mailbox(null, 'a', 'b'), mailbox(null, 'c', 'd')]],
  ['Name a@b', [mailbox('Name', 'a', 'b')]],
  ['a@b Name', [mailbox('Name', 'a', 'b')]],
  ['<a@b', [mailbox(null, 'a', 'b')]],
  ['<a@b, c@d>', [mailbox(null, 'a', 'b'), mailbox(null, 'c', 'd>')]],
  ['A <a@b> <c@d>', [mailbox('A', 'a', 'b'), mailbox(null, 'c', 'd')]],
  ['postmaster', [mailbox(null, 'postmaster', null)]],
  ['<postmaster>', [mailbox(null, 'postmaster', null)]],
  ['just some words', [mailbox('just some words', '', null)]],
  ['Name <>', [mailbox('Name', '', null)]],
  ['<>', []],
  ['=?utf-8?B?44GC?= <a@b>', [mailbox('=?utf-8?B?44GC?=', 'a', 'b')]],
  ['"=?utf-8?B?44GC?=" <a@b>', [mailbox('=?utf-8?B?44GC?=', 'a', 'b')]],
  ['花子 <花子@例え.テスト>', [mailbox('花子', '花子', '例え.テスト')]],
  ['a@b@c', [mailbox(null, 'a@b', 'c')]],
  ['<a@b@c>', [mailbox(null, 'a@b', 'c')]],
  ['"open quote <a@b>', [mailbox('open quote <a@b>', '', null)]],
  ['a@b (open comment', [mailbox('open comment', 'a', 'b')]],
  ['<a @ b>', [mailbox(null, 'a', 'b')]],
  ['<(c)a@b(d)>', [mailbox(null, 'a', 'b')]],
  ['mailto:a@b', [group('mailto', mailbox(null, 'a', 'b'))]],
];

for (const [text, list] of rows) test(`parseAddressList: ${text}`, () => assert.deepEqual(parseAddressList(text), list));

for (const [name, text] of [
  ['Taro Yamada', 'Taro Yamada'],
  ['Taro, Y.', '"Taro, Y."'],
  ['a "b" \\', '"a \\"b\\" \\\\"'],
  ['', '""'],
  [' x ', '" x "'],
  ['花子', '=?utf-8?B?6Iqx5a2Q?='],
  ['café', '=?utf-8?B?Y2Fmw6k=?='],
] as const)
  test(`formatPhrase: ${JSON.stringify(name)}`, () => assert.equal(formatPhrase(name), text));

test('displayAddresses decodes names and shows groups', () => {
  const list = parseAddressList('=?utf-8?B?6Iqx5a2Q?= <a@b>, G: c@d, E <e@f>;, postmaster');
  assert.equal(displayAddresses(list, 1000), '花子 <a@b>, G: c@d, E <e@f>;, postmaster');
  assert.equal(displayAddresses(list, 5).length, 5);
});

const atomText = fc.stringMatching(/^[a-z0-9!#$%&*+/?^_{|}~-]{1,12}$/).filter((text) => !text.includes('=?'));
const localPart = fc.oneof(atomText, fc.stringMatching(/^[ -~]{1,20}$/));
const domain = fc.oneof(fc.domain(), fc.constant('[192.0.2.7]'));
const anyMailbox = fc.record(
  {
    kind: fc.constant('mailbox' as const),
    name: fc.oneof(fc.constant(null), fc.stringMatching(/^[!-~][ -~]{0,20}$/)),
    route: fc.constant(null),
    local: localPart,
    domain,
  },
  { noNullPrototype: true },
);
const anyAddress: fc.Arbitrary<Address> = fc.oneof(
  anyMailbox,
  fc.record(
    { kind: fc.constant('group' as const), name: atomText, members: fc.array(anyMailbox, { maxLength: 3 }) },
    { noNullPrototype: true },
  ),
);

test('parseAddressList undoes formatAddressList', () => {
  fc.assert(
    fc.property(fc.array(anyAddress, { maxLength: 6 }), (list) => {
      assert.deepEqual(parseAddressList(formatAddressList(list)), list);
    }),
    { numRuns: runs(500) },
  );
});

test('parseAddressList takes any text, and formatting what it read is stable', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 60, unit: fc.constantFrom(...'ab@.<>()",:;[]\\ \t=?花') }), (text) => {
      const once = formatAddressList(parseAddressList(text));
      parseAddressList(once);
    }),
    { numRuns: runs(3000) },
  );
});
