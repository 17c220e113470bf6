import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { SyntaxTrouble } from '../../base/trouble.ts';
import { anySettings, assertOnlySyntaxTrouble } from './dialects-suite.ts';
import type { AccountSettings } from './contract.ts';
import { formatMozilla, mozillaUrls, parseMozilla } from './mozilla.ts';

const address = 'taro@Example.test';

/** As the public database serves it: comments, several methods, things we know nothing of. */
const served = `<?xml version="1.0"?>
<clientConfig version="1.1">
  <emailProvider id="example.test">
    <domain>example.test</domain>
    <domain purpose="mx">MX.Example.TEST.</domain>
    <domain>会社.test</domain>
    <domain>not a host</domain>
    <displayName>  Example  Mail </displayName>
    <displayShortName>%EMAILLOCALPART%</displayShortName>
    <incomingServer type="imap">
      <hostname>imap.%EMAILDOMAIN%</hostname>
      <port> 993 </port>
      <socketType>SSL</socketType>
      <username>%EMAILADDRESS%</username>
      <authentication>OAuth2</authentication>
      <authentication>password-cleartext</authentication>
      <authentication>GSSAPI</authentication>
    </incomingServer>
    <incomingServer type="pop3">
      <hostname>pop.example.test</hostname><port>110</port><socketType>plain</socketType>
      <username>%EMAILLOCALPART%</username><authentication>password-encrypted</authentication>
      <pop3><leaveMessagesOnServer>true</leaveMessagesOnServer></pop3>
    </incomingServer>
    <incomingServer type="exchange"><hostname>x.example.test</hostname><port>443</port></incomingServer>
    <incomingServer type="imap"><hostname>evil host</hostname><port>993</port><socketType>SSL</socketType></incomingServer>
    <incomingServer type="imap"><hostname>a.test</hostname><port>0</port><socketType>SSL</socketType></incomingServer>
    <incomingServer type="imap"><hostname>a.test</hostname><port>993</port><socketType>magic</socketType></incomingServer>
    <incomingServer type="jmap"><url>https://jmap.example.test/session</url></incomingServer>
    <outgoingServer type="smtp">
      <hostname>smtp.example.test</hostname><port>587</port><socketType>STARTTLS</socketType>
      <authentication>none</authentication><restriction>client-IP-address</restriction>
    </outgoingServer>
    <documentation url="http://plain.example.test/"><descr lang="en">Old</descr></documentation>
    <documentation url="https://help.example.test/mail"/>
  </emailProvider>
  <oAuth2>
    <issuer>accounts.example.test</issuer>
    <scope>mail offline, more</scope>
    <authURL>https://accounts.example.test/auth</authURL>
    <tokenURL>http://accounts.example.test/token</tokenURL>
  </oAuth2>
  <webMail><loginPage url="https://mail.example.test/"/></webMail>
</clientConfig>`;

const read: AccountSettings = {
  domains: ['example.test', 'mx.example.test', 'xn--6oq404h.test'],
  displayName: 'Example Mail',
  shortName: 'taro',
  incoming: [
    { service: 'imap', host: 'imap.example.test', port: 993, security: 'tls', login: '%EMAILADDRESS%', signIn: ['oauth2', 'password'] },
    { service: 'pop3', host: 'pop.example.test', port: 110, security: 'plain', login: '%EMAILLOCALPART%', signIn: ['challenge'] },
  ],
  outgoing: [{ service: 'smtp', host: 'smtp.example.test', port: 587, security: 'starttls', login: null, signIn: ['none'] }],
  jmap: 'https://jmap.example.test/session',
  oauth: {
    issuer: 'accounts.example.test',
    authorizationUrl: 'https://accounts.example.test/auth',
    tokenUrl: null,
    scopes: ['mail', 'offline', 'more'],
  },
  help: 'https://help.example.test/mail',
};

const bad: readonly [string, string][] = [
  ['no XML', 'Not found'],
  ['a web page', '<html><body>Not found</body></html>'],
  ['another document', '<Autodiscover/>'],
  ['no provider', '<clientConfig version="1.1"/>'],
  ['a document type', '<!DOCTYPE clientConfig><clientConfig><emailProvider/></clientConfig>'],
];

describe('parseMozilla', () => {
  test('a document with everything in it', () => assert.deepEqual(parseMozilla(served, address), read));
  test('without an address, a host name with a placeholder is passed over', () =>
    assert.deepEqual(
      parseMozilla(served, null).incoming.map(({ service }) => service),
      ['pop3'],
    ));
  test('a domain is filled in as it is written and read as an A-label', () =>
    assert.equal(parseMozilla(served, 'taro@会社.test').incoming[0]?.host, 'imap.xn--6oq404h.test'));
  test('at most so many servers', () => {
    const server = '<incomingServer type="imap"><hostname>a.test</hostname><port>993</port><socketType>SSL</socketType></incomingServer>';
    assert.equal(
      parseMozilla(`<clientConfig><emailProvider>${server.repeat(300)}</emailProvider></clientConfig>`, null).incoming.length,
      20,
    );
  });
  for (const [name, text] of bad) test(`not: ${name}`, () => assert.throws(() => parseMozilla(text, null), SyntaxTrouble));
  test('nothing but SyntaxTrouble escapes', () => assertOnlySyntaxTrouble((document) => parseMozilla(document, address), [served]));
});

describe('formatMozilla', () => {
  test('what is written is read again', () =>
    fc.assert(fc.property(anySettings, (settings) => assert.deepEqual(parseMozilla(formatMozilla(settings), null), settings))));
  test('1.1 for all, 1.2 where JMAP is told', () => {
    assert.match(formatMozilla({ ...read, jmap: null }), /<clientConfig version="1.1">/);
    assert.match(formatMozilla(read), /<clientConfig version="1.2">/);
  });
});

test('mozillaUrls', () =>
  assert.deepEqual(mozillaUrls('example.test', 'a+b@example.test'), [
    'https://autoconfig.example.test/mail/config-v1.1.xml?emailaddress=a%2Bb%40example.test',
    'https://example.test/.well-known/autoconfig/mail/config-v1.1.xml',
  ]));

test('words that every object knows are no way of sealing and none of signing in', () => {
  const server = (socket: string, method: string) =>
    `<incomingServer type="imap"><hostname>imap.a.example</hostname><port>993</port><socketType>${socket}</socketType><authentication>${method}</authentication></incomingServer>`;
  const document = `<clientConfig><emailProvider id="a.example">${server('constructor', 'OAuth2')}${server('SSL', '__proto__')}${server('SSL', 'constructor')}</emailProvider></clientConfig>`;
  assert.deepEqual(
    parseMozilla(document, 'x@a.example').incoming.map(({ security, signIn }) => [security, signIn]),
    [
      ['tls', []],
      ['tls', []],
    ],
  );
});
