import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SyntaxTrouble } from '../../../base/trouble.ts';
import { isAddressLiteral, isDomain, isHelloName, isIpv4, isIpv6, toAsciiDomain } from './domain.ts';
import {
  formatMailParameters,
  formatRecipientParameters,
  formatXtext,
  parseMailParameters,
  parseRecipientParameters,
  parseXtext,
  UnknownParameter,
} from './parameters.ts';
import { formatLocalPart, formatMailbox, formatPath, parseMailbox, parsePath } from './path.ts';
import { runs } from '../../../../test/support/depth.ts';

const label63 = 'l'.repeat(63);
const domain255 = `${label63}.${label63}.${label63}.${'l'.repeat(63)}`;

const domains: [text: string, good: boolean][] = [
  ['a', true],
  ['local.test', true],
  ['a-b.c1.test', true],
  ['1.2.3', true],
  ['under_score.test', true],
  ['日本.test', true],
  [label63 + '.test', true],
  [domain255, true],
  ['', false],
  ['.', false],
  ['a.', false],
  ['.a', false],
  ['a..b', false],
  ['-a.test', false],
  ['a-.test', false],
  ['a b', false],
  ['a\r\nb', false],
  ['a\0', false],
  ['l' + label63, false],
  [domain255 + 'x', false],
  ['１２７.0.0.1', false],
  ['日/本', false],
  ['日@本', false],
];
for (const [text, good] of domains) test(`isDomain ${JSON.stringify(text)} ${good}`, () => assert.equal(isDomain(text), good));

const literals: [text: string, good: boolean][] = [
  ['[127.0.0.1]', true],
  ['[255.255.255.255]', true],
  ['[IPv6:::1]', true],
  ['[ipv6:2001:db8::1]', true],
  ['[IPv6:1:2:3:4:5:6:7:8]', true],
  ['[IPv6:::ffff:192.0.2.1]', true],
  ['[IPv6:1:2:3:4:5:6:192.0.2.1]', true],
  ['[999.1.1.1]', false],
  ['[01.1.1.1]', false],
  ['[1.1.1]', false],
  ['[::1]', false],
  ['[::ffff:7f00:1]', false],
  ['[IPv6:1::2::3]', false],
  ['[IPv6:1:2:3:4:5:6:7]', false],
  ['[IPv6:1:2:3:4:5:6:7::8]', false],
  ['[IPv6:1:2:3:4:5:6::8]', true],
  ['[IPv6:1:2:3:4:5:6:7:8::]', false],
  ['[IPv6:12345::]', false],
  ['[IPv6:192.0.2.1::]', false],
  ['[IPv6:]', false],
  ['[tag:x]', false],
  ['[]', false],
  ['127.0.0.1', false],
];
for (const [text, good] of literals) test(`isAddressLiteral ${text} ${good}`, () => assert.equal(isAddressLiteral(text), good));

test('isIpv6 is quick with hostile text', () => {
  assert.ok(!isIpv6(':'.repeat(100_000)) && !isIpv4('1.'.repeat(100_000)) && isIpv6('::'));
});

const hellos: [text: string, good: boolean][] = [
  ['mail.example.test', true],
  ['localhost', true],
  ['PC_01', true],
  ['[192.0.2.1]', true],
  ['[IPv6:::1]', true],
  ['[::1]', true],
  ['[fe80::1%en0]', true],
  ["taro's-pc", true],
  ['', false],
  ['[::1', false],
  ['a b', false],
  ['a\rb', false],
  ['a<b', false],
  ['(comment)', false],
  ['x'.repeat(5000), false],
];
for (const [text, good] of hellos)
  test(`isHelloName ${JSON.stringify(text.slice(0, 30))} ${good}`, () => assert.equal(isHelloName(text), good));

const asciiDomains: [text: string, ascii: string | null][] = [
  ['Local.TEST', 'local.test'],
  ['日本.test', 'xn--wgv71a.test'],
  ['BÜCHER.example', 'xn--bcher-kva.example'],
  ['日本。test', 'xn--wgv71a.test'],
  ['日本 .test', null],
  ['１２７．０．０．１', null],
];
for (const [text, ascii] of asciiDomains) test(`toAsciiDomain ${text}`, () => assert.equal(toAsciiDomain(text), ascii));

const local64 = 'l'.repeat(64);
const goodPaths: [text: string, address: string, local?: string][] = [
  ['<>', ''],
  ['<a@b>', 'a@b'],
  ['<A.b+c@D.test>', 'A.b+c@D.test'],
  ["<!#$%&'*+-/=?^_`{|}~@b>", "!#$%&'*+-/=?^_`{|}~@b"],
  ['<postmaster>', 'postmaster'],
  ['<PostMaster>', 'PostMaster'],
  ['<"postmaster">', 'postmaster'],
  ['<"a b"@c>', '"a b"@c', 'a b'],
  ['<"ab"@c>', 'ab@c', 'ab'],
  ['<"a\\"b\\\\"@c>', '"a\\"b\\\\"@c', 'a"b\\'],
  ['<"a\\b"@c>', 'ab@c', 'ab'],
  ['<""@c>', '""@c', ''],
  ['<"a@b"@c>', '"a@b"@c', 'a@b'],
  ['<".a"@c>', '".a"@c', '.a'],
  ['<a..b@docomo.test>', 'a..b@docomo.test'],
  ['<a.@docomo.test>', 'a.@docomo.test'],
  ['<@x,@y.test:a@b>', 'a@b'],
  ['<@[1.2.3.4]:a@b>', 'a@b'],
  ['<a@[192.0.2.1]>', 'a@[192.0.2.1]'],
  ['<a@b.>', 'a@b'],
  ['<花子@日本.test>', '花子@日本.test'],
  ['<"花 子"@b>', '"花 子"@b', '花 子'],
  [`<${local64}@b>`, `${local64}@b`],
  [`<a@${domain255}>`, `a@${domain255}`],
  ['a@b', 'a@b'],
];
for (const [text, address, local] of goodPaths)
  test(`parsePath ${text.slice(0, 40)}`, () => {
    const { path, end } = parsePath(text + ' X=Y');
    assert.equal(path.address, address);
    assert.equal(end, text.length);
    if (local !== undefined) assert.equal(path.local, local);
    if (address !== '') assert.deepEqual(parsePath(formatPath(path)).path, path);
  });

const badPaths = [
  '',
  ' ',
  '<',
  '< >',
  '<a',
  '<a@b',
  '<a@>',
  '<@>',
  '<@b>',
  '<@b:>',
  '<@b,:a@c>',
  '<@b a@c>',
  '<a>',
  '<postmaster@>',
  '<a b@c>',
  '<a@b c>',
  '<a@b@c>',
  '<.a@b>',
  '<"a@b>',
  '<"a\r"@b>',
  '<"a\\\0"@b>',
  '<a\0@b>',
  '<a@b\r\n>',
  '<a@-b>',
  '<a,b@c>',
  '<a@[999.1.1.1]>',
  '<a@[::1]>',
  '<a@[IPv6:::1>',
  `<l${local64}@b>`,
  `<${'花'.repeat(22)}@b>`,
  `<${local64}@${label63}.${label63}.${label63}.${label63}>`,
  `<a@${domain255}x>`,
  `<${'a'.repeat(10_000)}@b>`,
  `<${'@a,'.repeat(10_000)}a@b>`,
];
for (const text of badPaths)
  test(`parsePath refuses ${JSON.stringify(text.slice(0, 40))}`, () => assert.throws(() => parsePath(text), SyntaxTrouble));

const localPart = fc.string({ unit: fc.constantFrom(...'aA0.+ "\\@<>,日é'), minLength: 0, maxLength: 12 });
const domainName = fc.constantFrom('b', 'local.test', 'xn--wgv71a.test', '日本.test', '[192.0.2.1]', '[IPv6:2001:db8::1]');
test('twins: any local part, formatted and parsed, is itself again', () =>
  fc.assert(
    fc.property(localPart, domainName, (local, domain) => {
      const path = parseMailbox(formatMailbox(local, domain));
      return path.local === local && path.domain === domain && path.address === `${formatLocalPart(local)}@${domain}`;
    }),
    { seed: 1, numRuns: runs(2000) },
  ));

test('fuzz: nothing but SyntaxTrouble escapes the grammar', () =>
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'<>@,:"\\.[]ab1 \r\n\0日=;-+IPv6SIZE'), maxLength: 60 }), (text) => {
      for (const parse of [parsePath, parseMailParameters, parseRecipientParameters] as ((text: string, from: number) => unknown)[])
        try {
          parse(text, 0);
        } catch (trouble) {
          if (!(trouble instanceof SyntaxTrouble)) throw trouble;
        }
    }),
    { seed: 2, numRuns: runs(5000) },
  ));

const goodMail: [text: string, canonical: string][] = [
  ['', ''],
  [' SIZE=0', ' SIZE=0'],
  [' size=12345  BODY=8bitmime ', ' SIZE=12345 BODY=8BITMIME'],
  [' BODY=BINARYMIME SMTPUTF8', ' BODY=BINARYMIME SMTPUTF8'],
  [' RET=hdrs ENVID=QQ+2B1', ' RET=HDRS ENVID=QQ+2B1'],
  [' AUTH=<>', ''],
  [' AUTH=a+40b', ''],
];
for (const [text, canonical] of goodMail)
  test(`parseMailParameters "${text}"`, () => {
    const parameters = parseMailParameters(text, 0);
    assert.equal(formatMailParameters(parameters), canonical);
    assert.deepEqual(parseMailParameters(canonical, 0), parameters);
  });

for (const text of [
  ' SIZE',
  ' SIZE=',
  ' SIZE=x',
  ' SIZE=1 SIZE=1',
  ' SIZE=' + '9'.repeat(21),
  ' BODY=9BIT',
  ' SMTPUTF8=1',
  ' RET=ALL',
  ' ENVID=a+b',
  ' ENVID=a+0D+0Ab',
  ' ENVID=' + 'a'.repeat(101),
  ' =1',
  ' A=b=c',
  ' A=\0',
])
  test(`parseMailParameters refuses "${text.slice(0, 30)}"`, () =>
    assert.throws(
      () => parseMailParameters(text, 0),
      (trouble) => trouble instanceof SyntaxTrouble && !(trouble instanceof UnknownParameter),
    ));

test('an unknown parameter is told apart', () => {
  assert.throws(() => parseMailParameters(' HOLDFOR=1', 0), UnknownParameter);
  assert.throws(() => parseRecipientParameters(' SIZE=1', 0), UnknownParameter);
});

const goodRecipient: [text: string, canonical: string][] = [
  [' NOTIFY=never', ' NOTIFY=NEVER'],
  [' NOTIFY=SUCCESS,delay,FAILURE', ' NOTIFY=SUCCESS,DELAY,FAILURE'],
  [' ORCPT=rfc822;a+2Bb@c', ' ORCPT=rfc822;a+2Bb@c'],
  [' ORCPT=utf-8;日@c', ' ORCPT=utf-8;日@c'],
];
for (const [text, canonical] of goodRecipient)
  test(`parseRecipientParameters "${text}"`, () => assert.equal(formatRecipientParameters(parseRecipientParameters(text, 0)), canonical));

for (const text of [
  ' NOTIFY',
  ' NOTIFY=',
  ' NOTIFY=NEVER,SUCCESS',
  ' NOTIFY=SUCCESS,SUCCESS',
  ' NOTIFY=x',
  ' ORCPT=a@b',
  ' ORCPT=rfc822;',
  ' ORCPT=rfc822;a+b',
  ' ORCPT=;a',
  ' ORCPT=rfc822;' + 'a'.repeat(500),
])
  test(`parseRecipientParameters refuses "${text.slice(0, 30)}"`, () =>
    assert.throws(() => parseRecipientParameters(text, 0), SyntaxTrouble));

test('twins: xtext', () =>
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 20 }), (text) => parseXtext(formatXtext(text)) === text.toWellFormed()),
    { seed: 3 },
  ));
