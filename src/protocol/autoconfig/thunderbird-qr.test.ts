// The code for Thunderbird for Android: exact text, its twin, and what a reader skips.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { SyntaxTrouble } from '../../base/trouble.ts';
import type { AccountSettings, ServerSettings } from './contract.ts';
import { formatThunderbirdQr, parseThunderbirdQr, thunderbirdAccountOf } from './thunderbird-qr.ts';

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
  displayName: null,
  shortName: null,
  incoming: [server('imap', 993, 'tls'), server('pop3', 110, 'starttls')],
  outgoing: [server('smtp', 465, 'tls')],
  jmap: null,
  oauth: null,
  help: null,
};
const hanako = { address: 'hanako@example.test', name: '花子' };

suite('Thunderbird QR', () => {
  test('IMAP, exactly', () => {
    const account = thunderbirdAccountOf(settings, { ...hanako, receive: 'imap' })!;
    assert.equal(
      formatThunderbirdQr(account),
      '[1,[1,1],[0,"mail.example.test",993,3,1,"hanako@example.test"],[[[0,"mail.example.test",465,3,1,"hanako@example.test"],["hanako@example.test","花子"]]]]',
    );
    assert.deepEqual(parseThunderbirdQr(formatThunderbirdQr(account)), [account]);
  });

  test('POP3 with STARTTLS and a name of the account', () => {
    const account = { ...thunderbirdAccountOf(settings, { ...hanako, receive: 'pop3' })!, accountName: '家' };
    assert.match(formatThunderbirdQr(account), /^\[1,\[1,1\],\[1,"mail\.example\.test",110,2,1,"hanako@example\.test","家"\],/);
    assert.deepEqual(parseThunderbirdQr(formatThunderbirdQr(account)), [account]);
  });

  test('nothing is told of a service that does not listen', () =>
    assert.equal(thunderbirdAccountOf({ ...settings, outgoing: [] }, { ...hanako, receive: 'imap' }), null));

  test("the specification's example of two accounts", () => {
    const text = `[1,[1,2],[0,"imap.company.example",993,3,6,"user@company.example","user@company.example",""],
      [[[0,"smtp.company.example",465,3,6,"user@company.example",""],["user@company.example","Jane Doe"]]],
      [0,"imap.domain.example",993,3,1,"jane@domain.example","Jane (Personal)",""],
      [[[0,"smtp.domain.example",465,3,1,"jane@domain.example",""],["jane@domain.example","Jane"]]]]`;
    assert.deepEqual(
      parseThunderbirdQr(text).map(({ accountName, incoming, address }) => [accountName, incoming.signIn, address]),
      [
        ['user@company.example', ['oauth2'], 'user@company.example'],
        ['Jane (Personal)', ['password'], 'jane@domain.example'],
      ],
    );
  });

  const out = '[[[0,"h",465,3,1,"u","",9],["a@b","N",7],["c@d","M"]]]';
  for (const [name, text, count] of [
    ['more elements than known', `[1,[1,1,5],[0,"h",993,3,1,"u",null,"",8],${out}]`, 1],
    ['an unknown incoming protocol', `[1,[1,1],[7,"h",993,3,1,"u"],${out}]`, 0],
    ['the reserved security', `[1,[1,1],[0,"h",993,1,1,"u"],${out}]`, 0],
    ['a port of 0', `[1,[1,1],[0,"h",0,3,1,"u"],${out}]`, 0],
    ['a first group that cannot be read', `[1,[1,1],[0,"h",993,3,1,"u"],[[[4,"h",1,3,1,"u"],["a@b","N"]],${out.slice(1)}]`, 1],
  ] as const)
    test(`read: ${name}`, () => assert.equal(parseThunderbirdQr(text).length, count));

  for (const [name, text] of [
    ['no JSON', '[1'],
    ['format version 2', `[2,[1,1],[0,"h",993,3,1,"u"],${out}]`],
    ['no pair', '[1,[1,1],[0,"h",993,3,1,"u"]]'],
    ['no account', '[1,[1,1]]'],
    ['place 2 of 1', `[1,[2,1],[0,"h",993,3,1,"u"],${out}]`],
  ] as const)
    test(`refused: ${name}`, () => assert.throws(() => parseThunderbirdQr(text), SyntaxTrouble));
});
