import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { providerOfHost } from '../../journey/outside/oauth.ts';
import { parseHost, parseSecureUrl } from '../../protocol/autoconfig/values.ts';
import { credentialOf } from './credential.ts';
import { candidatesOfRow, findByDomain, findByMx, providerRows } from './table.ts';

/** Each provider by an address of its own, or by the host that takes its letters in; the best servers and login names; the kind of secret. */
const rows: readonly [id: string, domain: string, mx: string | null, drawn: string, kind: string][] = [
  [
    'gmail',
    'gmail.com',
    null,
    'imap.gmail.com:993 t@gmail.com, pop.gmail.com:995 t@gmail.com, smtp.gmail.com:465 t@gmail.com',
    'oauth2-or-app-password',
  ],
  [
    'google-workspace',
    'company.test',
    'aspmx.l.google.com',
    'imap.gmail.com:993 t@company.test, pop.gmail.com:995 t@company.test, smtp.gmail.com:465 t@company.test',
    'oauth2-or-app-password',
  ],
  [
    'yahoo-japan',
    'yahoo.co.jp',
    null,
    'imap.mail.yahoo.co.jp:993 t, pop.mail.yahoo.co.jp:995 t, smtp.mail.yahoo.co.jp:465 t',
    'account-password',
  ],
  ['ybb', 'ybb.ne.jp', null, 'ybbpop.mail.yahoo.co.jp:995 t, ybbsmtp.mail.yahoo.co.jp:465 t', 'account-password'],
  ['docomo', 'docomo.ne.jp', null, 'imap.spmode.ne.jp:993 d-account-id, smtp.spmode.ne.jp:465 d-account-id', 'imap-only-password'],
  ['au', 'ezweb.ne.jp', null, 'imap.ezweb.ne.jp:993 provider-issued-id, smtp.ezweb.ne.jp:465 provider-issued-id', 'provider-issued'],
  ['au', 'au.com', null, 'imap.ezweb.ne.jp:993 provider-issued-id, smtp.ezweb.ne.jp:465 provider-issued-id', 'provider-issued'],
  [
    'au-one-net',
    'ab.auone-net.jp',
    null,
    'pop.ab.auone-net.jp:995 t|t@ab.auone-net.jp, msa.ab.auone-net.jp:465 t|t@ab.auone-net.jp',
    'mail-password',
  ],
  [
    'au-one-net',
    'm1.dion.ne.jp',
    null,
    'pop.m1.dion.ne.jp:995 t|t@m1.dion.ne.jp, msa.m1.dion.ne.jp:465 t|t@m1.dion.ne.jp',
    'mail-password',
  ],
  ['softbank', 'i.softbank.jp', null, 'imap.softbank.jp:993 t|t@i.softbank.jp, smtp.softbank.jp:465 t|t@i.softbank.jp', 'mail-password'],
  ['icloud', 'me.com', null, 'imap.mail.me.com:993 t|t@me.com, smtp.mail.me.com:587 t@me.com', 'app-password'],
  ['icloud', 'own.test', 'mx01.mail.icloud.com', 'imap.mail.me.com:993 t|t@own.test, smtp.mail.me.com:587 t@own.test', 'app-password'],
  [
    'outlook-personal',
    'hotmail.co.jp',
    null,
    'outlook.office365.com:993 t@hotmail.co.jp, outlook.office365.com:995 t@hotmail.co.jp, smtp-mail.outlook.com:587 t@hotmail.co.jp',
    'oauth2-only',
  ],
  [
    'outlook-personal',
    'own.test',
    'own-test.olc.protection.outlook.com',
    'outlook.office365.com:993 t@own.test, outlook.office365.com:995 t@own.test, smtp-mail.outlook.com:587 t@own.test',
    'oauth2-only',
  ],
  [
    'microsoft365',
    'school.onmicrosoft.com',
    null,
    'outlook.office365.com:993 t@school.onmicrosoft.com, outlook.office365.com:995 t@school.onmicrosoft.com, smtp.office365.com:587 t@school.onmicrosoft.com',
    'oauth2-only',
  ],
  [
    'microsoft365',
    'own.test',
    'own-test.mail.protection.outlook.com',
    'outlook.office365.com:993 t@own.test, outlook.office365.com:995 t@own.test, smtp.office365.com:587 t@own.test',
    'oauth2-only',
  ],
  [
    'yahoo-global',
    'yahoo.com',
    null,
    'imap.mail.yahoo.com:993 t@yahoo.com, pop.mail.yahoo.com:995 t@yahoo.com, smtp.mail.yahoo.com:465 t@yahoo.com',
    'oauth2-or-app-password',
  ],
  [
    'ocn',
    'ocn.ne.jp',
    null,
    'imap.ocn.ne.jp:993 t@ocn.ne.jp, pop.ocn.ne.jp:995 t@ocn.ne.jp, smtp.ocn.ne.jp:465 t@ocn.ne.jp',
    'mail-password',
  ],
  [
    'ocn',
    'green.ocn.ne.jp',
    null,
    'imap.ocn.ne.jp:993 t@green.ocn.ne.jp, pop.ocn.ne.jp:995 t@green.ocn.ne.jp, smtp.ocn.ne.jp:465 t@green.ocn.ne.jp',
    'mail-password',
  ],
  [
    'nifty',
    'nifty.com',
    null,
    'imap.nifty.com:993 t|t@nifty.com, pop.nifty.com:995 t|t@nifty.com, smtp.nifty.com:465 t|t@nifty.com',
    'mail-password',
  ],
  [
    'biglobe',
    'abc.biglobe.ne.jp',
    null,
    'mail.biglobe.ne.jp:993 t@abc.biglobe.ne.jp, mail.biglobe.ne.jp:995 t@abc.biglobe.ne.jp, mail.biglobe.ne.jp:465 t@abc.biglobe.ne.jp',
    'account-password',
  ],
  [
    'so-net',
    'xx2.so-net.ne.jp',
    null,
    'imap.so-net.ne.jp:993 t@xx2.so-net.ne.jp, mail.so-net.ne.jp:995 t@xx2.so-net.ne.jp, mail.so-net.ne.jp:587 t@xx2.so-net.ne.jp',
    'mail-password',
  ],
  [
    'plala',
    'red.plala.or.jp',
    null,
    'secure.plala.or.jp:995 t@red.plala.or.jp, secure.plala.or.jp:993 t@red.plala.or.jp, secure.plala.or.jp:465 t@red.plala.or.jp',
    'mail-password',
  ],
  ['eo', 'kcn.eonet.ne.jp', null, 'imaps.eonet.ne.jp:993 t@kcn.eonet.ne.jp|t', 'mail-password'],
  [
    'sakura',
    'taro.sakura.ne.jp',
    null,
    'taro.sakura.ne.jp:993 t@taro.sakura.ne.jp, taro.sakura.ne.jp:995 t@taro.sakura.ne.jp, taro.sakura.ne.jp:465 t@taro.sakura.ne.jp',
    'mail-password',
  ],
  [
    'sakura',
    'own.test',
    'taro.sakura.ne.jp',
    'taro.sakura.ne.jp:993 t@own.test, taro.sakura.ne.jp:995 t@own.test, taro.sakura.ne.jp:465 t@own.test',
    'mail-password',
  ],
  [
    'xserver',
    'own.test',
    'sv123.xserver.jp',
    'sv123.xserver.jp:993 t@own.test, sv123.xserver.jp:995 t@own.test, sv123.xserver.jp:465 t@own.test',
    'mail-password',
  ],
  [
    'lolipop',
    'own.test',
    'mx01.lolipop.jp',
    'imap.lolipop.jp:993 t@own.test, pop3.lolipop.jp:995 t@own.test, smtp.lolipop.jp:465 t@own.test',
    'mail-password',
  ],
  ['onamae', 'own.test', 'mail96.onamae.ne.jp', 'pop.own.test:995 t@own.test, smtp.own.test:465 t@own.test', 'mail-password'],
  ['mopera', 'mopera.net', null, 'mail.mopera.net:993 t, mail.mopera.net:995 t, mail.mopera.net:465 t', 'mail-password'],
  ['iijmio', 'miomio.jp', null, 'mbox.iijmio-mail.jp:110 t.miomio.jp, mbox.iijmio-mail.jp:587 t.miomio.jp', 'mail-password'],
  ['iij4u', 'rr.iij4u.or.jp', null, 'mbox.iij4u.or.jp:110 t.rr.iij4u.or.jp, mbox.iij4u.or.jp:587 t.rr.iij4u.or.jp', 'mail-password'],
  [
    'zoho-japan',
    'zohomail.jp',
    null,
    'imap.zoho.jp:993 t@zohomail.jp, pop.zoho.jp:995 t@zohomail.jp, smtp.zoho.jp:465 t@zohomail.jp',
    'account-password',
  ],
  ['goo', 'goo.jp', null, 'pop.mail.goo.ne.jp:995 t, smtp.mail.goo.jp:465 t|t@goo.jp', 'account-password'],
];

describe('the provider table', () => {
  for (const [id, domain, mx, drawn, kind] of rows)
    test(`${id} by ${mx ?? domain}`, () => {
      const row = mx === null ? findByDomain(domain) : (assert.equal(findByDomain(domain), null), findByMx(mx));
      assert.equal(row?.id, id);
      const all = candidatesOfRow(row!, `t@${domain}`, mx, 'table');
      const best = [...new Map(all.toReversed().map((one) => [one.service, one])).values()].toReversed();
      assert.equal(
        best
          .map(({ host, port, logins }) => `${host}:${port} ${logins.map(({ kind: form, login }) => login ?? form).join('|')}`)
          .join(', '),
        drawn,
      );
      assert.equal(credentialOf(row!).kind, kind);
    });

  test('each row is tried above', () => assert.deepEqual(new Set(rows.map(([id]) => id)), new Set(providerRows.map(({ id }) => id))));

  for (const row of providerRows)
    test(`${row.id} is whole in itself`, () => {
      for (const { host, port, service, logins, signIn } of row.servers) {
        assert.ok(/^\{mx\}$/.test(host) || parseHost(host.replace('{domain}', 'x.test')), host);
        assert.ok([993, 995, 465, 587, 143, 110].includes(port), `${service} ${port}`);
        assert.ok(logins.length >= 1 && logins.length <= 2 && signIn.length > 0);
      }
      const credential = credentialOf(row);
      for (const said of [row.name, credential.name, credential.explanation, ...credential.steps, ...row.notes]) {
        assert.ok(said.ja !== '' && said.en !== '');
        assert.doesNotMatch(said.en, /[\u3040-\u30ff]/);
      }
      if (row.help !== null) assert.ok(parseSecureUrl(row.help));
      // Who needs more than a password that they know is told how to come by it.
      if (['oauth2-only', 'oauth2-or-app-password', 'app-password', 'imap-only-password', 'provider-issued'].includes(row.credential))
        assert.ok(row.steps.length > 0);
      for (const name of [...row.domains, ...row.below, ...row.mx]) assert.equal(parseHost(name), name);
    });

  const strangers = [
    'example.com',
    'yahoo.co.uk',
    'yahoo.de',
    'notgmail.com',
    'gmail.com.example.test',
    'sakura.ne.jp',
    'plala.or.jp',
    'softbank.ne.jp',
  ];
  for (const domain of strangers) test(`${domain} is nobody's here`, () => assert.equal(findByDomain(domain), null));
  test('a host is only theirs with the whole label', () => {
    assert.equal(findByMx('mx.notgoogle.com'), null);
    assert.equal(findByMx('google.com.evil.test'), null);
  });
});

test('a server that takes tokens is known as one of the provider that gives them', () => {
  for (const { servers } of providerRows)
    for (const { host, signIn } of servers) if (signIn.includes('oauth2')) assert.notEqual(providerOfHost(host), null, host);
});
