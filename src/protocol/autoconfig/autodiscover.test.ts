import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { SyntaxTrouble } from '../../base/trouble.ts';
import {
  formatAutodiscoverAnswer,
  formatAutodiscoverRequest,
  parseAutodiscoverAnswer,
  parseAutodiscoverRequest,
  type AutodiscoverAnswer,
} from './autodiscover.ts';
import { formatAutodiscoverJson, formatAutodiscoverJsonUrl, parseAutodiscoverJson, parseAutodiscoverJsonUrl } from './autodiscover-json.ts';
import { anySettings, anyWords, assertOnlySyntaxTrouble } from './dialects-suite.ts';

const address = 'taro@example.test';
const wrap = (account: string) =>
  `<?xml version="1.0" encoding="utf-8"?><Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006"><Response xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a">${account}</Response></Autodiscover>`;
const settingsOf = (protocol: string) => {
  const answer = parseAutodiscoverAnswer(
    wrap(
      `<User><DisplayName>Taro</DisplayName></User><Account><AccountType>email</AccountType><Action>settings</Action><Protocol>${protocol}</Protocol></Account>`,
    ),
    address,
  );
  assert.equal(answer.kind, 'settings');
  return answer.kind === 'settings' ? [...answer.settings.incoming, ...answer.settings.outgoing] : [];
};
const line = (protocol: string) =>
  settingsOf(protocol)
    .map((row) => `${row.service} ${row.host}:${row.port} ${row.security} ${row.login} ${row.signIn}`)
    .join();

const protocols: readonly [string, string][] = [
  ['<Type>IMAP</Type><Server>a.test</Server><Port>993</Port><SSL>on</SSL>', 'imap a.test:993 tls null password'],
  ['<Type>pop3</Type><Server>A.test</Server>', 'pop3 a.test:995 tls null password'],
  ['<Type>SMTP</Type><Server>a.test</Server><Port>587</Port><SSL>on</SSL>', 'smtp a.test:587 starttls null password'],
  ['<Type>SMTP</Type><Server>a.test</Server><Port>465</Port><Encryption>SSL</Encryption>', 'smtp a.test:465 tls null password'],
  ['<Type>IMAP</Type><Server>a.test</Server><Port>143</Port><Encryption>Auto</Encryption>', 'imap a.test:143 starttls null password'],
  ['<Type>IMAP</Type><Server>a.test</Server><Port>2143</Port><Encryption>TLS</Encryption>', 'imap a.test:2143 starttls null password'],
  ['<Type>IMAP</Type><Server>a.test</Server><SSL>off</SSL>', 'imap a.test:143 plain null password'],
  ['<Type>IMAP</Type><Server>a.test</Server><Encryption>None</Encryption><SSL>on</SSL>', 'imap a.test:143 plain null password'],
  ['<Type>SMTP</Type><Server>a.test</Server><AuthRequired>off</AuthRequired>', 'smtp a.test:465 tls null none'],
  ['<Type>IMAP</Type><Server>a.test</Server><LoginName>Taro@Example.test</LoginName>', 'imap a.test:993 tls %EMAILADDRESS% password'],
  ['<Type>IMAP</Type><Server>a.test</Server><LoginName>taro</LoginName>', 'imap a.test:993 tls %EMAILLOCALPART% password'],
  ['<Type>IMAP</Type><Server>a.test</Server><LoginName>u1234</LoginName>', 'imap a.test:993 tls u1234 password'],
  ['<Type>EXCH</Type><Server>a.test</Server>', ''],
  ['<Type>IMAP</Type><Server>a b</Server>', ''],
  ['<Type>IMAP</Type>', ''],
];

describe('the answer', () => {
  for (const [protocol, drawn] of protocols) test(protocol.replaceAll(/<\/?|>/g, ' '), () => assert.equal(line(protocol), drawn));
  test('another place', () =>
    assert.deepEqual(
      parseAutodiscoverAnswer(
        wrap('<Account><Action>redirectUrl</Action><RedirectUrl>https://x.test/autodiscover/autodiscover.xml</RedirectUrl></Account>'),
        address,
      ),
      { kind: 'redirect-url', url: 'https://x.test/autodiscover/autodiscover.xml' },
    ));
  test('another address', () =>
    assert.deepEqual(
      parseAutodiscoverAnswer(wrap('<Account><Action>redirectAddr</Action><RedirectAddr>t@x.test</RedirectAddr></Account>'), address),
      {
        kind: 'redirect-address',
        address: 't@x.test',
      },
    ));
  test('an error', () =>
    assert.deepEqual(
      parseAutodiscoverAnswer(wrap('<Error Time="1" Id="2"><ErrorCode>600</ErrorCode><Message>Invalid Request</Message></Error>'), address),
      {
        kind: 'error',
        code: 600,
        message: 'Invalid Request',
      },
    ));
  for (const account of [
    '',
    '<Account><Action>redirectUrl</Action><RedirectUrl>http://x.test/</RedirectUrl></Account>',
    '<Account><Action>redirectAddr</Action><RedirectAddr>nobody</RedirectAddr></Account>',
  ])
    test(`not: ${account}`, () => assert.throws(() => parseAutodiscoverAnswer(wrap(account), address), SyntaxTrouble));
  test('what is written is read again', () => {
    const answers: fc.Arbitrary<AutodiscoverAnswer> = fc.oneof(
      anySettings.map((settings): AutodiscoverAnswer => {
        const plain = (rows: typeof settings.incoming) =>
          rows.map((row) => ({
            ...row,
            signIn: row.signIn.includes('none') ? (['none'] as const) : (['password'] as const),
            login: row.login === '%EMAILLOCALPART%.%EMAILDOMAIN%' ? 'x' : row.login,
          }));
        return {
          kind: 'settings',
          settings: {
            ...settings,
            domains: [],
            shortName: null,
            jmap: null,
            oauth: null,
            help: null,
            incoming: plain(settings.incoming),
            outgoing: plain(settings.outgoing),
          },
        };
      }),
      fc.record(
        { kind: fc.constant('error' as const), code: fc.constantFrom(500, 501, 600, 601), message: anyWords },
        { noNullPrototype: true },
      ),
      fc.constant({ kind: 'redirect-url', url: 'https://x.test/?a=b&c=d' } as const),
      fc.constant({ kind: 'redirect-address', address: 't@x.test' } as const),
    );
    fc.assert(
      fc.property(answers, (answer) =>
        assert.deepEqual(parseAutodiscoverAnswer(formatAutodiscoverAnswer(answer, address), address), answer),
      ),
    );
  });
  test('nothing but SyntaxTrouble escapes', () =>
    assertOnlySyntaxTrouble(
      (document) => parseAutodiscoverAnswer(document, address),
      protocols.map(([protocol]) => wrap(`<Account><Protocol>${protocol}</Protocol></Account>`)),
    ));
});

describe('the question', () => {
  test('what is written is read again', () =>
    assert.deepEqual(parseAutodiscoverRequest(formatAutodiscoverRequest('a&b@会社.test')), { address: 'a&b@会社.test' }));
  test('without a schema', () =>
    assert.deepEqual(parseAutodiscoverRequest('<Autodiscover><Request><EMailAddress>a@b.test</EMailAddress></Request></Autodiscover>'), {
      address: 'a@b.test',
    }));
  const bad = [
    '<Autodiscover/>',
    '<Autodiscover><Request/></Autodiscover>',
    '<Autodiscover><Request><EMailAddress>nobody</EMailAddress></Request></Autodiscover>',
    `<Autodiscover><Request><EMailAddress>a@${'b'.repeat(400)}</EMailAddress></Request></Autodiscover>`,
    '<Autodiscover><Request><EMailAddress>a@b.test</EMailAddress><AcceptableResponseSchema>http://schemas.microsoft.com/exchange/autodiscover/mobilesync/responseschema/2006</AcceptableResponseSchema></Request></Autodiscover>',
    '<clientConfig/>',
  ];
  for (const text of bad) test(`not: ${text.slice(0, 80)}`, () => assert.throws(() => parseAutodiscoverRequest(text), SyntaxTrouble));
  test('nothing but SyntaxTrouble escapes', () =>
    assertOnlySyntaxTrouble(parseAutodiscoverRequest, [formatAutodiscoverRequest(address), ...bad]));
});

describe('version 2', () => {
  const question = { address: 'a+b@example.test', protocol: 'AutodiscoverV1' };
  test('the question is read again', () => {
    const url = formatAutodiscoverJsonUrl('autodiscover.example.test', question);
    assert.equal(
      url,
      'https://autodiscover.example.test/autodiscover/autodiscover.json?Email=a%2Bb%40example.test&Protocol=AutodiscoverV1',
    );
    assert.deepEqual(parseAutodiscoverJsonUrl(url.slice('https://autodiscover.example.test'.length)), question);
  });
  test('with the address in the path', () =>
    assert.deepEqual(
      parseAutodiscoverJsonUrl('/Autodiscover/autodiscover.json/v1.0/a%2Bb@example.test?protocol=AutodiscoverV1'),
      question,
    ));
  for (const target of [
    '/',
    '/autodiscover/autodiscover.json',
    '/autodiscover/autodiscover.json?Email=a@b.test',
    '/autodiscover/autodiscover.json/v1.0/%E0?Protocol=x',
    '/autodiscover/autodiscover.json?Email=nobody&Protocol=x',
    '/autodiscover/autodiscover.json?Email=a@b.test&Protocol=%3Cx%3E',
  ])
    test(`not: ${target}`, () => assert.throws(() => parseAutodiscoverJsonUrl(target), SyntaxTrouble));
  for (const answer of [
    { kind: 'found', protocol: 'ActiveSync', url: 'https://outlook.office365.com/Microsoft-Server-ActiveSync' },
    { kind: 'error', code: 'ProtocolNotSupported', message: "The given protocol value 'x' is invalid." },
  ] as const)
    test(`the answer is read again: ${answer.kind}`, () => assert.deepEqual(parseAutodiscoverJson(formatAutodiscoverJson(answer)), answer));
  for (const text of ['', '{}', '[]', 'null', '{"Protocol":"x","Url":"http://x.test/"}', '{"Url":"https://x.test/"}'])
    test(`not: ${text}`, () => assert.throws(() => parseAutodiscoverJson(text), SyntaxTrouble));
  test('nothing but SyntaxTrouble escapes', () =>
    assertOnlySyntaxTrouble(parseAutodiscoverJson, [
      '{"Protocol":"ActiveSync","Url":"https://x.test/"}',
      '{"ErrorCode":"a","ErrorMessage":"b"}',
    ]));
});
