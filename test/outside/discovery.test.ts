// Discovery of a real provider, Debian's Dovecot and Postfix, through each mechanism that can name its ports: found, tried, sealed, proven.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { formatAutodiscoverAnswer } from '../../src/protocol/autoconfig/autodiscover.ts';
import type { AccountSettings } from '../../src/protocol/autoconfig/contract.ts';
import { formatMozilla } from '../../src/protocol/autoconfig/mozilla.ts';
import { formatSrv } from '../../src/protocol/autoconfig/srv.ts';
import { discover, type DiscoverParts } from '../../src/setup/discover/discover.ts';
import type { Discovery, SourceName } from '../../src/setup/discover/contract.ts';
import { openDiscovery } from '../../src/setup/discover/open.ts';
import { openDnsServer, type DnsServer, type Zone } from '../support/dns-server.ts';
import { foreignHost } from '../support/dovecot.ts';
import { foreignOfficeMissing, startForeignOffice, type ForeignOffice } from '../support/foreign-office.ts';
import { answerText, makeAuthority, openWebServer, type WebServer } from '../support/web-server.ts';

const localhost = [{ type: 'A', value: '127.0.0.1' }] as const;

describe('discovery of a real provider', { skip: foreignOfficeMissing }, () => {
  let dns: DnsServer;
  let web: WebServer;
  let provider: ForeignOffice;
  let open: () => DiscoverParts;
  let pages: Record<string, string> = {};

  before(async () => {
    const authority = await makeAuthority();
    provider = await startForeignOffice();
    dns = await openDnsServer({});
    web = await openWebServer(
      (request, response) => {
        const page = pages[`${request.headers.host}${request.url?.split('?')[0]}`];
        answerText(response, page ?? '', page === undefined ? 404 : 200);
      },
      await authority.issue(['own.test', '*.own.test', '*.hoster.test', 'ispdb.test']),
    );
    // A fresh resolver for each: what was not there a test ago is asked for again.
    open = () =>
      openDiscovery({
        resolvers: [dns.address],
        privateAllowed: true,
        probing: true,
        options: { ispdb: 'https://ispdb.test/v1.1/', anyPort: true },
        authorities: [authority.root.certificate, provider.authorities],
        webPorts: { https: web.port },
      });
  });
  after(() => Promise.all([dns?.close(), web?.close(), provider?.close()]));

  function settings(security: 'tls' | 'starttls' | 'plain'): AccountSettings {
    const { reading, submission, submissions } = provider;
    const { ports } = reading;
    const row = (service: 'imap' | 'pop3' | 'smtp', port: number) =>
      ({ service, host: foreignHost, port, security, login: '%EMAILADDRESS%', signIn: ['password'] }) as const;
    const sealed = security === 'tls';
    return {
      domains: ['own.test'],
      displayName: 'Own',
      shortName: null,
      incoming: [row('imap', sealed ? ports.imaps : ports.imap), row('pop3', sealed ? ports.pop3s : ports.pop3)],
      outgoing: [row('smtp', sealed ? submissions : submission)],
      jmap: null,
      oauth: null,
      help: null,
    };
  }
  const proven = (found: Discovery, source: SourceName, security: 'tls' | 'starttls') => {
    const wanted = settings(security);
    const best = [found.imap[0], found.pop3[0], found.smtp[0]];
    assert.deepEqual(
      best.map((one) => one && [one.service, one.host, one.port, one.security, one.source, one.proof?.reachable, one.signIn]),
      [...wanted.incoming, ...wanted.outgoing].map(({ service, host, port }) => [
        service,
        host,
        port,
        security,
        source,
        true,
        ['password'],
      ]),
      JSON.stringify([found.sources, best], null, 1),
    );
    for (const one of best) assert.ok(one?.proof?.reachable && one.proof.tls === 'TLSv1.3');
    assert.ok(found.milliseconds < 10_000, `${found.milliseconds} ms`);
  };
  const autoconfig = 'autoconfig.own.test/mail/config-v1.1.xml';
  const base: Zone = { 'own.test': localhost, [foreignHost]: localhost };
  const srv = (security: 'tls' | 'starttls'): Zone =>
    Object.fromEntries(
      formatSrv(settings(security)).map(({ label, target, ...numbers }) => [
        `${label}.own.test`,
        [{ type: 'SRV', value: target, ...numbers }],
      ]),
    );

  const rows: readonly (readonly [SourceName, string, 'tls' | 'starttls', () => [Zone, Record<string, string>]])[] = [
    ['autoconfig', 'XML', 'tls', () => [{ ...base, 'autoconfig.own.test': localhost }, { [autoconfig]: formatMozilla(settings('tls')) }]],
    [
      'autoconfig',
      'XML with STARTTLS',
      'starttls',
      () => [{ ...base, 'autoconfig.own.test': localhost }, { [autoconfig]: formatMozilla(settings('starttls')) }],
    ],
    [
      'autoconfig',
      'XML without a seal, which is upgraded',
      'starttls',
      () => [{ ...base, 'autoconfig.own.test': localhost }, { [autoconfig]: formatMozilla(settings('plain')) }],
    ],
    ['srv', 'SRV', 'tls', () => [{ ...base, ...srv('tls') }, {}]],
    ['srv', 'SRV with STARTTLS', 'starttls', () => [{ ...base, ...srv('starttls') }, {}]],
    [
      'mx-autoconfig',
      'MX and XML of its domain',
      'tls',
      () => [
        { ...base, 'own.test': [{ type: 'MX', preference: 10, value: 'mx.hoster.test' }], 'autoconfig.hoster.test': localhost },
        { 'autoconfig.hoster.test/mail/config-v1.1.xml': formatMozilla(settings('tls')) },
      ],
    ],
    [
      'ispdb',
      'the public database',
      'tls',
      () => [{ ...base, 'ispdb.test': localhost }, { 'ispdb.test/v1.1/own.test': formatMozilla(settings('tls')) }],
    ],
    [
      'autodiscover',
      'Autodiscover',
      'starttls',
      () => [
        { ...base, 'autodiscover.own.test': localhost },
        {
          'autodiscover.own.test/autodiscover/autodiscover.xml': formatAutodiscoverAnswer(
            { kind: 'settings', settings: settings('starttls') },
            'taro@own.test',
          ),
        },
      ],
    ],
  ];
  for (const [source, name, security, publish] of rows)
    test(`${name}: found and proven`, async (t) => {
      [dns.zone, pages] = publish();
      const found = await discover('taro@own.test', open());
      t.diagnostic(`${found.milliseconds} ms`);
      proven(found, source, security);
    });
});
