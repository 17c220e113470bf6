// The profile against Apple's published schema, and back again.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { Refusal, SyntaxTrouble } from '../../base/trouble.ts';
import { appleProfileOf, derivedUuid, formatAppleProfile, parseAppleProfile } from './apple-profile.ts';
import type { AccountSettings, ServerSettings } from './contract.ts';
import { formatPropertyList, parsePropertyList, type PropertyList } from './property-list.ts';

const server = (service: ServerSettings['service'], port: number, security: ServerSettings['security']): ServerSettings => ({
  service,
  host: 'mail.example.test',
  port,
  security,
  login: '%EMAILADDRESS%',
  signIn: ['password'],
});

const settings: AccountSettings = {
  domains: ['example.test'],
  displayName: 'Example & Söhne',
  shortName: 'Example',
  incoming: [server('imap', 993, 'tls'), server('pop3', 995, 'tls'), server('imap', 143, 'starttls')],
  outgoing: [server('smtp', 587, 'starttls'), server('smtp', 465, 'tls')],
  jmap: null,
  oauth: null,
  help: null,
};
const hanako = { address: 'hanako@example.test', name: '山田 花子 <&>' };

/**
 * Of apple/device-management, mdm/profiles/com.apple.mail.managed.yaml (commit 0a4527c5): key, type, presence, allowed values.
 * The keys of S/MIME, limits and VPN, which are never written, are left out except by name.
 */
const schema: readonly (readonly [key: string, type: 'string' | 'integer' | 'boolean', presence: string, values?: readonly string[]])[] = [
  ['EmailAccountDescription', 'string', 'optional'],
  ['EmailAccountName', 'string', 'optional'],
  ['EmailAccountType', 'string', 'required', ['EmailTypeIMAP', 'EmailTypePOP']],
  ['EmailAddress', 'string', 'optional'],
  ...(['Incoming', 'Outgoing'] as const).flatMap(
    (side) =>
      [
        [
          `${side}MailServerAuthentication`,
          'string',
          'required',
          ['EmailAuthNone', 'EmailAuthPassword', 'EmailAuthCRAMMD5', 'EmailAuthNTLM', 'EmailAuthHTTPMD5'],
        ],
        [`${side}MailServerHostName`, 'string', 'required'],
        [`${side}MailServerPortNumber`, 'integer', 'optional'],
        [`${side}MailServerUseSSL`, 'boolean', 'optional'],
        [`${side}MailServerUsername`, 'string', 'optional'],
        [`${side}Password`, 'string', 'optional'],
      ] as const,
  ),
  ['OutgoingPasswordSameAsIncomingPassword', 'boolean', 'optional'],
  ['IncomingMailServerIMAPPathPrefix', 'string', 'optional'],
  ['PreventMove', 'boolean', 'optional'],
  ['PreventAppSheet', 'boolean', 'optional'],
  ['disableMailRecentsSyncing', 'boolean', 'optional'],
  ['allowMailDrop', 'boolean', 'optional'],
  ['VPNUUID', 'string', 'optional'],
];
/** CommonPayloadKeys of the same repository. */
const common = ['PayloadType', 'PayloadVersion', 'PayloadIdentifier', 'PayloadUUID', 'PayloadDisplayName'];

suite('Apple profile', () => {
  for (const receive of ['imap', 'pop3'] as const) {
    const profile = appleProfileOf(settings, { ...hanako, receive });

    test(`${receive}: every key stands in Apple's schema with its type, and none of the required is missing`, () => {
      const outer = parsePropertyList(formatAppleProfile(profile)) as Record<string, PropertyList>;
      assert.equal(outer['PayloadType'], 'Configuration');
      const mail = (outer['PayloadContent'] as PropertyList[])[0] as Record<string, PropertyList>;
      for (const [key, value] of Object.entries(mail)) {
        if (common.includes(key)) continue;
        const row = schema.find(([name]) => name === key);
        assert.ok(row, `${key} is no key of Apple's`);
        assert.equal(typeof value === 'number' ? 'integer' : typeof value, row[1], key);
        if (row[3]) assert.ok(row[3].includes(String(value)), `${key} = ${String(value)}`);
      }
      for (const [key, , presence] of schema) if (presence === 'required') assert.ok(key in mail, key);
      for (const dictionary of [outer, mail]) {
        for (const key of common) assert.ok(key in dictionary, key);
        assert.match(String(dictionary['PayloadUUID']), /^[0-9A-F]{8}-[0-9A-F]{4}-8[0-9A-F]{3}-[89AB][0-9A-F]{3}-[0-9A-F]{12}$/);
      }
      // What Apple would else guess stands there; no secret does.
      for (const side of ['Incoming', 'Outgoing']) {
        assert.equal(mail[`${side}MailServerUsername`], 'hanako@example.test');
        assert.equal(mail[`${side}MailServerUseSSL`], true);
        assert.equal(mail[`${side}Password`], undefined);
      }
      assert.equal(mail['IncomingMailServerPortNumber'], receive === 'imap' ? 993 : 995);
      assert.equal(mail['OutgoingMailServerPortNumber'], 465);
      assert.equal(mail['EmailAccountType'], receive === 'imap' ? 'EmailTypeIMAP' : 'EmailTypePOP');
    });

    test(`${receive}: parse is the twin of format`, () => assert.deepEqual(parseAppleProfile(formatAppleProfile(profile)), profile));
  }

  test('the same account has the same identifiers at each download, another one has others', () => {
    const one = appleProfileOf(settings, { ...hanako, receive: 'imap' });
    assert.deepEqual(appleProfileOf(settings, { ...hanako, name: 'H.', receive: 'imap' }).uuid, one.uuid);
    const others = [
      appleProfileOf(settings, { ...hanako, receive: 'pop3' }),
      appleProfileOf(settings, { ...hanako, address: 'taro@example.test', receive: 'imap' }),
    ];
    assert.equal(new Set([one, ...others].flatMap((each) => [each.uuid, each.account.uuid])).size, 6);
    assert.equal(new Set([one, ...others].map((each) => each.identifier)).size, 3);
  });

  test('without a port that is sealed from the start there is no profile', () => {
    const only = { ...settings, outgoing: [server('smtp', 587, 'starttls')] };
    assert.throws(() => appleProfileOf(only, { ...hanako, receive: 'imap' }), Refusal);
  });

  test('derivedUuid is of version 8', () => assert.match(derivedUuid('x'), /^.{14}8.{4}[89AB]/));
});

suite('property list', () => {
  const text = fc.string({ unit: fc.constantFrom('a', '<', '&', '>', '"', ' ', '\n', '\r', 'あ', '😀') });
  const { value } = fc.letrec<{ value: PropertyList }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      text,
      fc.integer(),
      fc.boolean(),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(text, tie('value'), { maxKeys: 3, noNullPrototype: true }),
    ),
  }));

  test('parse is the twin of format', () => {
    fc.assert(fc.property(value, (one) => assert.deepEqual(parsePropertyList(formatPropertyList(one)), one)));
  });

  for (const [name, bad] of [
    ['an entity of its own', '<string>&xxe;</string>'],
    ['a date', '<date>2026-01-01T00:00:00Z</date>'],
    ['two values', '<true/><true/>'],
    ['a key twice', '<dict><key>a</key><true/><key>a</key><true/></dict>'],
    ['no end', '<array><true/>'],
    ['too deep', '<array>'.repeat(20) + '</array>'.repeat(20)],
  ] as const)
    test(`refused: ${name}`, () => {
      const whole = formatPropertyList(true).replace('<true/>', bad);
      assert.throws(() => parsePropertyList(whole), SyntaxTrouble);
    });

  test('refused: a document type with its own entities', () => {
    const whole = formatPropertyList('x').replace('.dtd">', '.dtd" [<!ENTITY a "b">]>');
    assert.throws(() => parsePropertyList(whole), SyntaxTrouble);
  });
});
