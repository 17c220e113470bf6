// The servers found are tried, against real sockets with TLS: who answers sealed stays, who does not drops out.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { openProvider, type Provider } from '../../../test/support/scripted-provider.ts';
import { formatMozilla } from '../../protocol/autoconfig/mozilla.ts';
import type { TlsException } from '../../store/outside-contract.ts';
import { type Candidate, type Probe, type Proof } from './contract.ts';
import { discover } from './discover.ts';
import { all, draw, localhost, openWorld, server, settingsAt, type Page } from './discovery-suite.ts';
import { proveCandidates } from './prove.ts';
import { candidatesOfRow, findByDomain } from './table.ts';

describe('trying the servers', () => {
  const world = openWorld();
  const page = (url: string, content: Page) => {
    world.pages[url] = content;
  };
  const providers: Provider[] = [];
  after(() => Promise.all(providers.map((one) => one.close())));
  const openOne = async (
    service: 'imap' | 'pop3' | 'smtp',
    security: 'tls' | 'starttls' | 'plain',
    names: readonly string[],
    more = {},
  ) => {
    const made = await world.authority.issue(names);
    const opened = await openProvider({ service, security, tls: { cert: made.certificate, key: made.key }, ...more });
    providers.push(opened);
    return opened.port;
  };
  test('servers that answer sealed are proven; a plain row is upgraded; a wrong certificate, a closed port and another kind of server drop out', async () => {
    const names = ['mail.own.test'];
    const [imap, imapForeign, pop3, smtp, smtpPlain] = await Promise.all([
      openOne('imap', 'tls', names),
      openOne('imap', 'tls', ['other.test']),
      openOne('pop3', 'starttls', names),
      openOne('smtp', 'tls', names),
      openOne('smtp', 'plain', names, { mechanisms: [] }),
    ]);
    world.dns.zone = { 'own.test': localhost, 'mail.own.test': localhost };
    page(
      'own.test/.well-known/autoconfig/mail/config-v1.1.xml',
      formatMozilla({
        ...settingsAt('mail.own.test'),
        incoming: [
          server('imap', 'mail.own.test', imapForeign),
          server('imap', 'mail.own.test', smtp),
          server('imap', 'mail.own.test', imap),
          server('pop3', 'mail.own.test', pop3, 'plain'),
        ],
        outgoing: [
          server('smtp', 'mail.own.test', smtpPlain, 'starttls'),
          server('smtp', 'mail.own.test', smtp),
          server('smtp', 'mail.own.test', 1, 'tls'),
        ],
      }),
    );
    const found = await discover('taro@own.test', world.partsWith({ anyPort: true }, true));
    assert.deepEqual(draw(all(found)), [
      `mail.own.test:${imap} tls autoconfig`,
      `mail.own.test:${pop3} starttls autoconfig`,
      `mail.own.test:${smtp} tls autoconfig`,
    ]);
    for (const one of all(found)) assert.ok(one.proof?.reachable && /^TLSv1\.[23]$/.test(one.proof.tls), JSON.stringify(one.proof));
    assert.ok(found.pop3[0]!.upgraded);
    assert.ok(found.milliseconds < 10_000, `${found.milliseconds} ms`);
    const [best] = found.imap;
    assert.equal(best!.logins[0]!.login, 'taro@own.test');
    assert.deepEqual(best!.proof?.reachable && best!.proof.exceptions, []);
  });
  test('when nothing of a service answers, what somebody has told stays, with the reason', async () => {
    const port = await openOne('imap', 'tls', ['other.test']);
    world.dns.zone = { 'own.test': localhost, 'mail.own.test': localhost };
    page(
      'own.test/.well-known/autoconfig/mail/config-v1.1.xml',
      formatMozilla({
        ...settingsAt('mail.own.test'),
        incoming: [server('imap', 'mail.own.test', port)],
        outgoing: [server('smtp', 'gone.own.test', 465)],
      }),
    );
    const found = await discover('taro@own.test', world.partsWith({ anyPort: true }, true));
    assert.deepEqual(
      all(found).map(({ proof }) => proof && !proof.reachable && proof.cause),
      ['certificate-other-name', 'name-not-found'],
    );
  });
  test('silent servers cost no more than the time box', async () => {
    const port = await openOne('imap', 'tls', ['mail.own.test'], { instead: () => {} });
    world.dns.zone = { 'own.test': localhost, 'mail.own.test': localhost };
    page(
      'own.test/.well-known/autoconfig/mail/config-v1.1.xml',
      formatMozilla({
        ...settingsAt('mail.own.test'),
        incoming: [server('imap', 'mail.own.test', port)],
        outgoing: [server('smtp', 'mail.own.test', port)],
      }),
    );
    const found = await discover('taro@own.test', world.partsWith({ anyPort: true, probeMs: 700 }, true));
    assert.deepEqual(
      all(found).map(({ proof }) => proof && !proof.reachable && proof.cause),
      ['timeout', 'timeout'],
    );
    assert.ok(found.milliseconds < 3_000, `${found.milliseconds} ms`);
  });
  test('a server that offers only what nobody told of is asked for that', async () => {
    const [imap, smtp] = await Promise.all([
      openOne('imap', 'tls', ['mail.own.test'], { mechanisms: ['XOAUTH2', 'PLAIN'] }),
      openOne('smtp', 'tls', ['mail.own.test'], { mechanisms: ['XOAUTH2'] }),
    ]);
    world.dns.zone = { 'own.test': localhost, 'mail.own.test': localhost };
    page(
      'own.test/.well-known/autoconfig/mail/config-v1.1.xml',
      formatMozilla({
        ...settingsAt('mail.own.test'),
        incoming: [server('imap', 'mail.own.test', imap)],
        outgoing: [server('smtp', 'mail.own.test', smtp)],
      }),
    );
    const found = await discover('taro@own.test', world.partsWith({ anyPort: true }, true));
    assert.deepEqual(
      all(found).map(({ signIn }) => signIn),
      [['password'], ['oauth2']],
    );
  });
});

describe('known weaknesses', () => {
  const docomo = candidatesOfRow(findByDomain('docomo.ne.jp')!, 'taro@docomo.ne.jp', null, 'table');
  const good = (exceptions: readonly TlsException[]): Proof => ({
    reachable: true,
    tls: 'TLSv1.2',
    signIn: ['password'],
    exceptions,
    milliseconds: 1,
  });
  const bad = (cause: 'tls-legacy-renegotiation' | 'refused' | 'certificate-other-name'): Proof => ({
    reachable: false,
    cause,
    words: '',
    milliseconds: 1,
  });
  const tried: string[] = [];
  const prove = (probe: (exceptions: readonly TlsException[]) => Proof): Promise<Candidate[]> => {
    tried.length = 0;
    const noting: Probe = async ({ service, exceptions }) => {
      tried.push(`${service} ${exceptions.join()}`);
      return probe(exceptions);
    };
    return proveCandidates(docomo, noting, 1_000);
  };
  test('are not allowed where the server answers without', async () => {
    const proven = await prove(good);
    assert.deepEqual(
      proven.map(({ proof }) => proof?.reachable && proof.exceptions),
      [[], []],
    );
    assert.deepEqual(tried, ['imap ', 'smtp ']);
  });
  test('are allowed for this server alone when it answers no other way, and are told', async () => {
    const proven = await prove((exceptions) => (exceptions.length === 0 ? bad('tls-legacy-renegotiation') : good(exceptions)));
    assert.deepEqual(
      proven.map(({ proof }) => proof?.reachable && proof.exceptions),
      [['legacy-renegotiation'], ['legacy-renegotiation']],
    );
  });
  test('are no remedy for another trouble', async () => {
    for (const cause of ['refused', 'certificate-other-name'] as const) {
      await prove(() => bad(cause));
      assert.deepEqual(tried, ['imap ', 'smtp ']);
    }
  });
});
