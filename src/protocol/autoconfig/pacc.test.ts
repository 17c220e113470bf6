import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { bytesFromUtf8 } from '../../base/bytes.ts';
import { SyntaxTrouble } from '../../base/trouble.ts';
import type { AccountSettings, ServerSettings } from './contract.ts';
import { anySettings, assertOnlySyntaxTrouble } from './dialects-suite.ts';
import { formatPacc, formatPaccDigest, paccMatches, parsePacc, parsePaccDigest } from './pacc.ts';
import { standardPorts } from './values.ts';

const served = JSON.stringify({
  authentication: { 'oauth-public': { issuer: 'https://identity.example.test/' }, password: true, later: {} },
  info: {
    help: { documentation: 'https://support.example.test/mail' },
    provider: { name: 'Example Provider', shortName: 'Example', logo: [] },
  },
  protocols: {
    caldav: { url: 'https://sync.example.test/calendar/' },
    imap: { host: 'IMAP.example.test' },
    jmap: { url: 'https://jmap.example.test/session' },
    pop3: { host: 'pop.example.test' },
    submit: { host: 'smtp.example.test' },
  },
});
const server = (service: ServerSettings['service'], host: string): ServerSettings => ({
  service,
  host,
  port: standardPorts[service].tls,
  security: 'tls',
  login: '%EMAILADDRESS%',
  signIn: ['oauth2', 'password'],
});

describe('parsePacc', () => {
  test('a document with everything in it', () =>
    assert.deepEqual(parsePacc(served), {
      domains: [],
      displayName: 'Example Provider',
      shortName: 'Example',
      incoming: [server('imap', 'imap.example.test'), server('pop3', 'pop.example.test')],
      outgoing: [server('smtp', 'smtp.example.test')],
      jmap: 'https://jmap.example.test/session',
      oauth: { issuer: 'https://identity.example.test/', authorizationUrl: null, tokenUrl: null, scopes: [] },
      help: 'https://support.example.test/mail',
    } satisfies AccountSettings));
  test('sending by its new name and by its old one, the new one first', () => {
    const sending = (protocols: object) => parsePacc(JSON.stringify({ protocols })).outgoing.map(({ host }) => host);
    assert.deepEqual(sending({ submit: { host: 'new.test' } }), ['new.test']);
    assert.deepEqual(sending({ smtp: { host: 'old.test' } }), ['old.test']);
    assert.deepEqual(sending({ smtp: { host: 'old.test' }, submit: { host: 'new.test' } }), ['new.test']);
  });
  test('what is of the wrong kind is not there', () =>
    assert.deepEqual(
      parsePacc('{"protocols":{"imap":{"host":7},"pop3":[],"smtp":{"host":"a b"},"jmap":{"url":"http://x.test/"}},"info":3}').incoming,
      [],
    ));
  for (const text of [
    '',
    'null',
    '[]',
    '"x"',
    '{}',
    '{"protocols":{}}',
    '{"protocols":',
    '<html/>',
    `{"protocols":{"imap":{"host":"${'a'.repeat(70_000)}"}}}`,
  ])
    test(`not: ${text.slice(0, 30)}`, () => assert.throws(() => parsePacc(text), SyntaxTrouble));
  test('nothing but SyntaxTrouble escapes', () => assertOnlySyntaxTrouble(parsePacc, [served, '{"__proto__":{"protocols":{}}}']));
});

describe('formatPacc', () => {
  test('what is written is read again, as far as the draft has a place for it', () =>
    fc.assert(
      fc.property(anySettings, (settings) => {
        const all = [...settings.incoming, ...settings.outgoing].map((row) => ({
          ...row,
          security: 'tls' as const,
          port: standardPorts[row.service].tls,
        }));
        const written = formatPacc({
          ...settings,
          incoming: all.filter(({ service }) => service !== 'smtp'),
          outgoing: all.filter(({ service }) => service === 'smtp'),
        });
        fc.pre(all.length > 0 || settings.jmap !== null);
        const back = parsePacc(written);
        for (const service of ['imap', 'pop3', 'smtp'] as const)
          assert.equal(
            [...back.incoming, ...back.outgoing].find((row) => row.service === service)?.host,
            all.find((row) => row.service === service)?.host,
          );
        assert.deepEqual(
          [back.jmap, back.help, back.shortName, back.oauth?.issuer],
          [settings.jmap, settings.help, (settings.shortName?.length ?? 0) <= 20 ? settings.shortName : null, settings.oauth?.issuer],
        );
        if (settings.displayName !== null) assert.equal(back.displayName, settings.displayName);
        assert.equal(formatPacc(back), formatPacc(parsePacc(formatPacc(back))));
      }),
    ));
  test('STARTTLS and other ports have no place in it', () => {
    const rows = [server('imap', 'a.test'), server('imap', 'b.test'), { ...server('pop3', 'c.test'), security: 'starttls' as const }];
    const written = formatPacc({
      ...parsePacc(served),
      jmap: null,
      outgoing: [{ ...server('smtp', 'd.test'), port: 587 }],
      incoming: rows,
    });
    assert.deepEqual(Object.entries(JSON.parse(written).protocols), [['imap', { host: 'a.test' }]]);
  });
});

describe('the digest', () => {
  // The hash of "abc" (FIPS 180-2, appendix B.1).
  const told = 'ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=';
  test('is written', () => assert.equal(formatPaccDigest('abc'), `v=UAAC1; a=sha256; d=${told}`));
  const good = [`v=UAAC1; a=sha256; d=${told}`, `V=uaac1;a=SHA256;d=${told};`, ` d = ${told} ; a=sha256;v=UAAC1; x=y`];
  const bad = [
    '',
    'v=spf1 -all',
    `v=UAAC2; a=sha256; d=${told}`,
    `v=UAAC1; a=sha1; d=${told}`,
    `v=UAAC1; d=${told}`,
    'v=UAAC1; a=sha256; d=abc',
    `v=UAAC1; a=sha256; d=${told}${told}`,
  ];
  for (const record of good) test(`good: ${record}`, () => assert.equal(parsePaccDigest(record), told));
  for (const record of bad) test(`not: ${record}`, () => assert.equal(parsePaccDigest(record), null));
  test('of one of several records', () => {
    const document = bytesFromUtf8(served);
    assert.ok(paccMatches(document, ['v=spf1', formatPaccDigest('old'), formatPaccDigest(document)]));
    assert.ok(!paccMatches(document, [formatPaccDigest(`${served} `)]));
    assert.ok(!paccMatches(document, []));
  });
});
