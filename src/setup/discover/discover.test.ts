// Discovery through each mechanism alone, and all at once, against a real name server and real web servers with an authority of their own.
import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { after, before, beforeEach, describe, test } from 'node:test';
import { openDnsServer, type DnsServer, type Zone } from '../../../test/support/dns-server.ts';
import { openProvider, type Provider } from '../../../test/support/scripted-provider.ts';
import { answerText, makeAuthority, openWebServer, type TestAuthority, type WebServer } from '../../../test/support/web-server.ts';
import { formatAutodiscoverAnswer } from '../../protocol/autoconfig/autodiscover.ts';
import type { AccountSettings, ServerSettings } from '../../protocol/autoconfig/contract.ts';
import { formatMozilla } from '../../protocol/autoconfig/mozilla.ts';
import { formatPacc, formatPaccDigest } from '../../protocol/autoconfig/pacc.ts';
import { formatSrv } from '../../protocol/autoconfig/srv.ts';
import { CauseTrouble } from '../../journey/outside/causes.ts';
import { sourceNames, toOutsideServer, type Candidate, type Discovery, type SourceName } from './contract.ts';
import { discover, type DiscoverOptions, type DiscoverParts } from './discover.ts';
import { openDiscovery } from './open.ts';
import { providerRows } from './table.ts';

const localhost = [{ type: 'A', value: '127.0.0.1' }] as const;
const server = (
  service: ServerSettings['service'],
  host: string,
  port: number,
  security: ServerSettings['security'] = 'tls',
): ServerSettings => ({
  service,
  host,
  port,
  security,
  login: '%EMAILADDRESS%',
  signIn: ['password'],
});
const settingsAt = (host: string): AccountSettings => ({
  domains: ['own.test'],
  displayName: 'Own Mail',
  shortName: null,
  incoming: [server('imap', host, 993), server('pop3', host, 995)],
  outgoing: [server('smtp', host, 465)],
  jmap: null,
  oauth: null,
  help: null,
});

describe('discover', () => {
  let authority: TestAuthority;
  let dns: DnsServer;
  let web: WebServer;
  let pages: Record<string, string | ((request: IncomingMessage, response: ServerResponse) => void)> = {};
  const certified = ['own.test', '*.own.test', '*.hoster.test', '*.eu.hoster.test', 'ispdb.test', 'elsewhere.test'];

  before(async () => {
    authority = await makeAuthority();
    dns = await openDnsServer({});
    web = await openWebServer(
      (request, response) => {
        const page = pages[`${request.headers.host}${request.url?.split('?')[0]}`];
        if (page === undefined) return answerText(response, '<html>Not found</html>', 404);
        if (typeof page === 'string') return answerText(response, page);
        page(request, response);
      },
      await authority.issue(certified),
    );
  });
  beforeEach(() => {
    pages = {};
    dns.zone = {};
    dns.faults.clear();
    dns.asked.length = 0;
    web.seen.length = 0;
  });
  after(() => Promise.all([dns.close(), web.close()]));

  const partsWith = (options: Partial<DiscoverOptions> = {}, probing = false, privateAllowed = true): DiscoverParts =>
    openDiscovery({
      resolvers: [dns.address],
      privateAllowed,
      probing,
      options: { ispdb: 'https://ispdb.test/v1.1', ...options },
      authorities: [authority.root.certificate],
      webPorts: { https: web.port },
    });
  const ask = (address = 'taro@own.test', options: Partial<DiscoverOptions> = {}) => discover(address, partsWith(options));
  const draw = (list: readonly Candidate[]) => list.map(({ host, port, security, source }) => `${host}:${port} ${security} ${source}`);
  const all = (found: Discovery) => [...found.imap, ...found.pop3, ...found.smtp];
  const outcome = (found: Discovery, source: SourceName) => found.sources.find((one) => one.source === source)!.outcome;
  const page = (url: string, content: (typeof pages)[string]) => {
    pages[url.replace('https://', '')] = content;
  };

  describe('through each mechanism alone', () => {
    const base: Zone = { 'own.test': localhost };
    const autoconfig = 'autoconfig.own.test/mail/config-v1.1.xml';
    const rows: readonly (readonly [source: SourceName, name: string, publish: () => void, drawn?: readonly string[]])[] = [
      [
        'pacc',
        'PACC with a matching digest',
        () => {
          const document = formatPacc(settingsAt('mail.own.test'));
          dns.zone = {
            ...base,
            'ua-auto-config.own.test': localhost,
            '_ua-auto-config.own.test': [
              { type: 'TXT', value: 'x' },
              { type: 'TXT', value: formatPaccDigest(document) },
            ],
          };
          page('ua-auto-config.own.test/.well-known/user-agent-configuration.json', document);
        },
      ],
      [
        'autoconfig',
        'XML at autoconfig.DOMAIN',
        () => {
          dns.zone = { ...base, 'autoconfig.own.test': localhost };
          page(autoconfig, formatMozilla(settingsAt('mail.own.test')));
        },
      ],
      [
        'autoconfig',
        'XML at the well-known place',
        () => ((dns.zone = base), page('own.test/.well-known/autoconfig/mail/config-v1.1.xml', formatMozilla(settingsAt('mail.own.test')))),
      ],
      [
        'autoconfig',
        'XML behind a redirect',
        () => {
          dns.zone = { ...base, 'autoconfig.own.test': localhost, 'elsewhere.test': localhost };
          page(autoconfig, (_request, response) => answerText(response, '', 301, { location: 'https://elsewhere.test/x.xml' }));
          page('elsewhere.test/x.xml', formatMozilla(settingsAt('mail.own.test')));
        },
      ],
      [
        'srv',
        'SRV records',
        () => {
          const zone: Record<string, Zone[string]> = { ...base };
          for (const { label, priority, weight, port, target } of formatSrv(settingsAt('mail.own.test')))
            zone[`${label}.own.test`] = [{ type: 'SRV', priority, weight, port, value: target }];
          dns.zone = zone;
        },
      ],
      [
        'mx-autoconfig',
        'XML of the domain of the MX host',
        () => {
          dns.zone = {
            ...base,
            'own.test': [
              { type: 'MX', preference: 20, value: 'other.test' },
              { type: 'MX', preference: 10, value: 'mx1.eu.hoster.test' },
            ],
            'autoconfig.hoster.test': localhost,
          };
          page('autoconfig.hoster.test/mail/config-v1.1.xml', formatMozilla(settingsAt('mail.own.test')));
        },
      ],
      [
        'mx-autoconfig',
        'XML of the MX host without its first label, before that of its registered domain',
        () => {
          dns.zone = {
            'own.test': [{ type: 'MX', preference: 10, value: 'MX1.EU.hoster.test' }],
            'autoconfig.hoster.test': localhost,
            'autoconfig.eu.hoster.test': localhost,
          };
          page('autoconfig.hoster.test/mail/config-v1.1.xml', formatMozilla(settingsAt('wrong.test')));
          page('autoconfig.eu.hoster.test/mail/config-v1.1.xml', formatMozilla(settingsAt('mail.own.test')));
        },
      ],
      [
        'mx-ispdb',
        'the public database by the MX host',
        () => {
          dns.zone = { 'own.test': [{ type: 'MX', preference: 10, value: 'mx1.hoster.test' }], 'ispdb.test': localhost };
          page('ispdb.test/v1.1/hoster.test', formatMozilla(settingsAt('mail.own.test')));
        },
      ],
      [
        'ispdb',
        'the public database',
        () => (
          (dns.zone = { ...base, 'ispdb.test': localhost }),
          page('ispdb.test/v1.1/own.test', formatMozilla(settingsAt('mail.own.test')))
        ),
      ],
      [
        'autodiscover',
        'Autodiscover',
        () => {
          dns.zone = { ...base, 'autodiscover.own.test': localhost };
          page('autodiscover.own.test/autodiscover/autodiscover.xml', (request, response) => {
            let body = '';
            request.on('data', (chunk) => (body += chunk));
            request.on('end', () => {
              assert.equal(request.method, 'POST');
              assert.match(body, /<EMailAddress>taro@own.test</);
              assert.equal(request.headers.authorization, undefined);
              answerText(response, formatAutodiscoverAnswer({ kind: 'settings', settings: settingsAt('mail.own.test') }, 'taro@own.test'));
            });
          });
        },
      ],
      [
        'autodiscover',
        'Autodiscover that leads elsewhere, twice',
        () => {
          dns.zone = { ...base, 'autodiscover.own.test': localhost, 'elsewhere.test': localhost };
          page('autodiscover.own.test/autodiscover/autodiscover.xml', (_request, response) =>
            answerText(response, '', 302, { location: 'https://elsewhere.test/a' }),
          );
          page('elsewhere.test/a', formatAutodiscoverAnswer({ kind: 'redirect-url', url: 'https://elsewhere.test/b' }, ''));
          page('elsewhere.test/b', formatAutodiscoverAnswer({ kind: 'settings', settings: settingsAt('mail.own.test') }, 'taro@own.test'));
        },
      ],
      [
        'guess',
        'usual names',
        () => (dns.zone = { 'mail.own.test': localhost, 'smtp.own.test': localhost, 'pop3.own.test': [{ type: 'AAAA', value: '::1' }] }),
        [
          'mail.own.test:993 tls guess',
          'mail.own.test:143 starttls guess',
          'pop3.own.test:995 tls guess',
          'pop3.own.test:110 starttls guess',
          'mail.own.test:995 tls guess',
          'mail.own.test:110 starttls guess',
          'smtp.own.test:465 tls guess',
          'smtp.own.test:587 starttls guess',
          'mail.own.test:465 tls guess',
          'mail.own.test:587 starttls guess',
        ],
      ],
    ];
    for (const [source, name, publish, drawn] of rows)
      test(name, async () => {
        publish();
        const found = await ask();
        assert.deepEqual(
          draw(all(found)),
          drawn ?? [`mail.own.test:993 tls ${source}`, `mail.own.test:995 tls ${source}`, `mail.own.test:465 tls ${source}`],
          JSON.stringify(found.sources, null, 1),
        );
        assert.equal(outcome(found, source), 'found');
        // The domain itself is always a name that a server could have.
        for (const other of found.sources) assert.ok([source, 'guess'].includes(other.source) || other.outcome !== 'found', other.source);
        const logins = source === 'srv' || source === 'guess' ? ['taro@own.test', 'taro'] : ['taro@own.test'];
        assert.deepEqual(
          found.imap[0]!.logins.map(({ login }) => login),
          logins,
        );
        assert.deepEqual([found.provider, found.credential.kind], [null, 'password']);
      });

    for (const [name, zone, id] of [
      ['the table by the MX host', { 'own.test': [{ type: 'MX', preference: 1, value: 'aspmx.l.google.com' }] }, 'google-workspace'],
      [
        'the table by the MX host of a hoster, which is the server',
        { 'own.test': [{ type: 'MX', preference: 1, value: 'sv77.xserver.jp' }] },
        'xserver',
      ],
    ] as const)
      test(name, async () => {
        dns.zone = { ...zone, 'imap.own.test': localhost, 'smtp.own.test': localhost };
        const found = await ask();
        assert.equal(found.provider?.id, id);
        assert.ok(
          all(found).every(({ source }) => source === 'mx-table'),
          draw(all(found)).join('\n'),
        );
        assert.equal(outcome(found, 'mx-table'), 'found');
        if (id === 'xserver') assert.equal(found.imap[0]!.host, 'sv77.xserver.jp');
      });
    test('Autodiscover version 2 that leads to Microsoft', async () => {
      dns.zone = { 'autodiscover.own.test': localhost };
      page(
        'autodiscover.own.test/autodiscover/autodiscover.json',
        JSON.stringify({ Protocol: 'AutodiscoverV1', Url: 'https://outlook.office365.com/autodiscover/autodiscover.xml' }),
      );
      const found = await ask();
      assert.deepEqual([found.provider?.id, found.credential.kind, found.imap[0]?.source], ['microsoft365', 'oauth2-only', 'autodiscover']);
    });
  });

  describe('what does not count', () => {
    const nothingBut = async (publish: () => void, source: SourceName) => {
      publish();
      const found = await ask();
      assert.deepEqual(draw(all(found)), []);
      return found.sources.find((one) => one.source === source)!;
    };
    test('PACC without its digest', async () => {
      const report = await nothingBut(() => {
        dns.zone = {
          'ua-auto-config.own.test': localhost,
          '_ua-auto-config.own.test': [{ type: 'TXT', value: formatPaccDigest('other') }],
        };
        page('ua-auto-config.own.test/.well-known/user-agent-configuration.json', formatPacc(settingsAt('mail.own.test')));
      }, 'pacc');
      assert.deepEqual([report.outcome, report.remark], ['nothing', 'the digest in the DNS does not fit the document']);
    });
    test('a certificate of somebody else', async () => {
      const report = await nothingBut(() => {
        dns.zone = { 'bad.test': localhost, 'autoconfig.own.test': localhost };
        page('autoconfig.own.test/mail/config-v1.1.xml', (_request, response) =>
          answerText(response, '', 302, { location: 'https://bad.test/x.xml' }),
        );
      }, 'autoconfig');
      assert.deepEqual([report.outcome, report.cause], ['failed', 'certificate-other-name']);
      assert.ok(web.seen.every((line) => !line.includes('bad.test')));
    });
    test('Autodiscover that wants a password hears none', async () => {
      const report = await nothingBut(() => {
        dns.zone = { 'autodiscover.own.test': localhost };
        page('autodiscover.own.test/autodiscover/autodiscover.xml', (_request, response) =>
          answerText(response, '', 401, { 'www-authenticate': 'Basic realm="x"' }),
        );
      }, 'autodiscover');
      assert.match(report.remark, /password/);
      assert.equal(web.seen.filter((line) => line.startsWith('POST')).length, 1);
    });
    test('the public database, when it is switched off', async () => {
      dns.zone = { 'own.test': localhost, 'ispdb.test': localhost };
      page('ispdb.test/v1.1/own.test', formatMozilla(settingsAt('mail.own.test')));
      const found = await ask('taro@own.test', { ispdb: null });
      assert.equal(outcome(found, 'ispdb'), 'not-asked');
      assert.ok(web.seen.every((line) => !line.includes('ispdb')));
    });
    test('public suffixes are nobody’s domain: an MX host directly below one is not looked up there', async () => {
      dns.zone = { 'own.test': [{ type: 'MX', preference: 1, value: 'hoster.co.jp' }] };
      await ask();
      assert.ok(
        dns.asked.every((question) => !/ (autoconfig\.)?co\.jp$/.test(question)),
        dns.asked.join('\n'),
      );
    });
    test('the address goes to its own domain and to the office that takes its letters in, not to the public database', async () => {
      dns.zone = {
        'own.test': [...localhost, { type: 'MX', preference: 10, value: 'mx1.hoster.test' }],
        'ispdb.test': localhost,
        'autoconfig.own.test': localhost,
        'autoconfig.hoster.test': localhost,
      };
      await ask();
      const hosts = web.seen.filter((line) => /taro/.test(decodeURIComponent(line))).map((line) => line.split(' ')[1]);
      assert.deepEqual([...new Set(hosts)].toSorted(), ['autoconfig.hoster.test', 'autoconfig.own.test', 'own.test']);
    });
  });

  describe('all at once', () => {
    function publishAll(): void {
      const document = formatPacc(settingsAt('pacc.own.test'));
      const zone: Record<string, Zone[string]> = {
        'own.test': [...localhost, { type: 'MX', preference: 1, value: 'mx1.hoster.test' }],
        '_ua-auto-config.own.test': [{ type: 'TXT', value: formatPaccDigest(document) }],
      };
      for (const name of [
        'ua-auto-config.own.test',
        'autoconfig.own.test',
        'autodiscover.own.test',
        'autoconfig.hoster.test',
        'ispdb.test',
        'imap.own.test',
        'smtp.own.test',
      ])
        zone[name] = localhost;
      for (const { label, priority, weight, port, target } of formatSrv(settingsAt('srv.own.test')))
        zone[`${label}.own.test`] = [{ type: 'SRV', priority, weight, port, value: target }];
      dns.zone = zone;
      page('ua-auto-config.own.test/.well-known/user-agent-configuration.json', document);
      page('autoconfig.own.test/mail/config-v1.1.xml', formatMozilla(settingsAt('xml.own.test')));
      page('autoconfig.hoster.test/mail/config-v1.1.xml', formatMozilla(settingsAt('mx.own.test')));
      page('ispdb.test/v1.1/own.test', formatMozilla(settingsAt('ispdb.own.test')));
      page(
        'autodiscover.own.test/autodiscover/autodiscover.xml',
        formatAutodiscoverAnswer({ kind: 'settings', settings: settingsAt('ad.own.test') }, 'taro@own.test'),
      );
    }
    test('the best source first; take it away, and the next one is first', async () => {
      publishAll();
      const expected: [SourceName, string, () => void][] = [
        ['pacc', 'pacc.own.test', () => delete pages['ua-auto-config.own.test/.well-known/user-agent-configuration.json']],
        ['autoconfig', 'xml.own.test', () => delete pages['autoconfig.own.test/mail/config-v1.1.xml']],
        [
          'srv',
          'srv.own.test',
          () => (dns.zone = Object.fromEntries(Object.entries(dns.zone).filter(([name]) => !name.includes('._tcp.')))),
        ],
        ['mx-autoconfig', 'mx.own.test', () => delete pages['autoconfig.hoster.test/mail/config-v1.1.xml']],
        ['ispdb', 'ispdb.own.test', () => delete pages['ispdb.test/v1.1/own.test']],
        ['autodiscover', 'ad.own.test', () => delete pages['autodiscover.own.test/autodiscover/autodiscover.xml']],
        ['guess', 'imap.own.test', () => {}],
      ];
      for (const [source, host, remove] of expected) {
        const found = await ask();
        assert.deepEqual([found.imap[0]?.host, found.imap[0]?.source], [host, source]);
        remove();
      }
    });
    test('a lesser source is not waited for once a better one is enough, and a better one only a moment', async () => {
      publishAll();
      page('ispdb.test/v1.1/own.test', () => {});
      page('ua-auto-config.own.test/.well-known/user-agent-configuration.json', () => {});
      const found = await ask('taro@own.test', { graceMs: 1_000 });
      assert.equal(found.imap[0]?.source, 'autoconfig');
      assert.deepEqual([outcome(found, 'pacc'), outcome(found, 'ispdb')], ['not-asked', 'not-asked']);
      assert.ok(found.milliseconds < 4_000, `${found.milliseconds} ms`);
    });
    test('servers of a known provider bring its secret with them, whoever names them', async () => {
      publishAll();
      delete pages['ua-auto-config.own.test/.well-known/user-agent-configuration.json'];
      page('autoconfig.own.test/mail/config-v1.1.xml', formatMozilla(settingsAt('imap.gmail.com')));
      const found = await ask();
      assert.deepEqual([found.provider?.id, found.credential.kind], ['google-workspace', 'oauth2-or-app-password']);
    });
  });

  describe('known providers', () => {
    test('are answered in no time, without a single question to anybody', async () => {
      const parts = partsWith();
      await discover('taro@gmail.com', parts);
      const begun = performance.now();
      for (const domain of ['gmail.com', 'docomo.ne.jp', 'au.com', 'yahoo.co.jp', 'icloud.com', 'green.ocn.ne.jp', 'outlook.jp']) {
        const found = await discover(`taro@${domain}`, parts);
        assert.ok(found.provider && found.milliseconds < 300);
        assert.ok(found.imap.length > 0 && found.smtp.length > 0 && found.credential.explanation.ja !== '');
        assert.deepEqual(
          found.sources.map(({ outcome: said }) => said),
          sourceNames.map((source) => (source === 'table' ? 'found' : 'not-asked')),
        );
      }
      assert.ok(performance.now() - begun < 300, `${performance.now() - begun} ms for seven`);
      assert.deepEqual([dns.asked, web.seen], [[], []]);
    });
    test('are not overridden by names that happen to be there, nor by those of a namesake', async () => {
      dns.zone = {
        'imap.eonet.ne.jp': localhost,
        'smtp.kcn.eonet.ne.jp': localhost,
        'imap.kcn.eonet.ne.jp': localhost,
        'pop.kcn.eonet.ne.jp': localhost,
      };
      const found = await ask('taro@kcn.eonet.ne.jp');
      assert.deepEqual(draw(all(found)), [
        'imaps.eonet.ne.jp:993 tls table',
        'smtp.kcn.eonet.ne.jp:465 tls guess',
        'smtp.kcn.eonet.ne.jp:587 starttls guess',
      ]);
      assert.equal(found.provider?.id, 'eo');
    });
    test('a near miss is a suggestion and changes nothing', async () => {
      const found = await ask('taro@gamil.com');
      assert.deepEqual([found.address, found.suggestion, found.provider], ['taro@gamil.com', 'taro@gmail.com', null]);
    });
    test('all rows that have a domain of their own: provider, secret and steps before any login', async () => {
      for (const row of providerRows) {
        const domain = row.domains[0] ?? (row.below[0] ? `x.${row.below[0]}` : null);
        if (domain === null) continue;
        const found = await ask(`taro@${domain}`);
        assert.equal(found.provider?.id, row.id);
        assert.equal(found.credential.kind, row.credential);
        assert.deepEqual(found.credential.steps, row.steps);
      }
    });
  });

  describe('hostile', () => {
    const parts = () => partsWith({ lookUpMs: 500 });
    test('what is no address never leaves', async () => {
      await assert.rejects(
        discover('taro', parts()),
        (trouble: unknown) => trouble instanceof CauseTrouble && trouble.why === 'not-an-address',
      );
      assert.deepEqual(dns.asked, []);
    });
    test('name servers that keep silent, fail, or answer with rubbish cost no more than the time box', async () => {
      for (const fault of ['silence', 'servfail', 'garbage', 'loop'] as const) {
        for (const name of [
          'own.test',
          'ua-auto-config.own.test',
          '_ua-auto-config.own.test',
          'autoconfig.own.test',
          'autodiscover.own.test',
          'ispdb.test',
        ])
          dns.faults.set(name, fault);
        const found = await discover('taro@own.test', parts());
        assert.deepEqual(all(found), []);
        assert.ok(found.milliseconds < 2_500, `${fault}: ${found.milliseconds} ms`);
      }
    });
    const attacks: readonly [string, (request: IncomingMessage, response: ServerResponse) => void][] = [
      ['silence', () => {}],
      [
        'an endless document',
        (_request, response) => {
          const pour = () => {
            while (!response.destroyed && response.write('<a>'.repeat(1000)));
            if (!response.destroyed) response.once('drain', pour);
          };
          pour();
        },
      ],
      [
        'a document type with entities',
        (_request, response) =>
          answerText(
            response,
            '<!DOCTYPE c [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><clientConfig><emailProvider>&b;</emailProvider></clientConfig>',
          ),
      ],
      ['a deep document', (_request, response) => answerText(response, '<clientConfig>'.repeat(8000))],
      ['redirects in a circle', (request, response) => answerText(response, '', 302, { location: request.url ?? '/' })],
      ['a redirect to this machine’s files', (_request, response) => answerText(response, '', 302, { location: 'file:///etc/passwd' })],
      ['no JSON and no XML', (_request, response) => answerText(response, '\u0000\uffff{"protocols":'.repeat(100))],
    ];
    for (const [name, attack] of attacks)
      test(name, async () => {
        dns.zone = Object.fromEntries(
          ['own.test', 'ua-auto-config.own.test', 'autoconfig.own.test', 'autodiscover.own.test', 'ispdb.test'].map((host) => [
            host,
            localhost,
          ]),
        );
        for (const url of [
          'own.test/.well-known/autoconfig/mail/config-v1.1.xml',
          'own.test/autodiscover/autodiscover.xml',
          'ua-auto-config.own.test/.well-known/user-agent-configuration.json',
          'autoconfig.own.test/mail/config-v1.1.xml',
          'autodiscover.own.test/autodiscover/autodiscover.xml',
          'autodiscover.own.test/autodiscover/autodiscover.json',
          'ispdb.test/v1.1/own.test',
        ])
          page(url, attack);
        const found = await discover('taro@own.test', parts());
        assert.deepEqual(
          draw(all(found)).filter((line) => !line.endsWith('guess')),
          [],
        );
        assert.ok(found.milliseconds < 2_500, `${found.milliseconds} ms`);
      });
    test('servers of others, odd ports and words with control characters', async () => {
      dns.zone = { 'autoconfig.own.test': localhost };
      const evil = settingsAt('mail.own.test');
      page(
        'autoconfig.own.test/mail/config-v1.1.xml',
        formatMozilla({
          ...evil,
          displayName: 'Bank\u001b[31m\n\u0007of all',
          incoming: [
            server('imap', 'mail.own.test', 22),
            server('imap', 'mail.own.test', 143, 'plain'),
            ...Array.from({ length: 30 }, () => server('imap', 'mail.own.test', 993)),
          ],
          outgoing: [server('smtp', 'mail.own.test', 25)],
        }),
      );
      const found = await ask();
      assert.deepEqual(draw(all(found)), [
        'mail.own.test:993 tls autoconfig',
        'mail.own.test:143 starttls autoconfig',
        'mail.own.test:465 tls autoconfig',
        'mail.own.test:587 starttls autoconfig',
      ]);
      assert.doesNotMatch(JSON.stringify(found), /\\u00(1b|07)/);
    });
    test('nobody is led into a private network', async () => {
      dns.zone = { 'autoconfig.own.test': localhost, 'own.test': localhost, 'mail.own.test': [{ type: 'A', value: '10.0.0.1' }] };
      page('autoconfig.own.test/mail/config-v1.1.xml', formatMozilla(settingsAt('mail.own.test')));
      const found = await discover('taro@own.test', partsWith({}, true, false));
      assert.equal(found.sources.find(({ source }) => source === 'autoconfig')!.cause, 'private-address');
      assert.deepEqual(web.seen, []);
    });
  });

  describe('trying the servers', () => {
    const providers: Provider[] = [];
    after(() => Promise.all(providers.map((one) => one.close())));
    const openOne = async (
      service: 'imap' | 'pop3' | 'smtp',
      security: 'tls' | 'starttls' | 'plain',
      names: readonly string[],
      more = {},
    ) => {
      const made = await authority.issue(names);
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
      dns.zone = { 'own.test': localhost, 'mail.own.test': localhost };
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
      const found = await discover('taro@own.test', partsWith({ anyPort: true }, true));
      assert.deepEqual(draw(all(found)), [
        `mail.own.test:${imap} tls autoconfig`,
        `mail.own.test:${pop3} starttls autoconfig`,
        `mail.own.test:${smtp} tls autoconfig`,
      ]);
      for (const one of all(found)) assert.ok(one.proof?.reachable && /^TLSv1\.[23]$/.test(one.proof.tls), JSON.stringify(one.proof));
      assert.ok(found.pop3[0]!.upgraded);
      assert.ok(found.milliseconds < 10_000, `${found.milliseconds} ms`);
      const [best] = found.imap;
      assert.deepEqual(toOutsideServer(best!, best!.logins[0]!, '', 'password'), {
        service: 'imap',
        host: 'mail.own.test',
        port: imap,
        security: 'tls',
        auth: 'password',
        login: 'taro@own.test',
        exceptions: [],
      });
    });
    test('when nothing of a service answers, what somebody has told stays, with the reason', async () => {
      const port = await openOne('imap', 'tls', ['other.test']);
      dns.zone = { 'own.test': localhost, 'mail.own.test': localhost };
      page(
        'own.test/.well-known/autoconfig/mail/config-v1.1.xml',
        formatMozilla({
          ...settingsAt('mail.own.test'),
          incoming: [server('imap', 'mail.own.test', port)],
          outgoing: [server('smtp', 'gone.own.test', 465)],
        }),
      );
      const found = await discover('taro@own.test', partsWith({ anyPort: true }, true));
      assert.deepEqual(
        all(found).map(({ proof }) => proof && !proof.reachable && proof.cause),
        ['certificate-other-name', 'name-not-found'],
      );
    });
    test('silent servers cost no more than the time box', async () => {
      const port = await openOne('imap', 'tls', ['mail.own.test'], { instead: () => {} });
      dns.zone = { 'own.test': localhost, 'mail.own.test': localhost };
      page(
        'own.test/.well-known/autoconfig/mail/config-v1.1.xml',
        formatMozilla({
          ...settingsAt('mail.own.test'),
          incoming: [server('imap', 'mail.own.test', port)],
          outgoing: [server('smtp', 'mail.own.test', port)],
        }),
      );
      const found = await discover('taro@own.test', partsWith({ anyPort: true, probeMs: 700 }, true));
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
      dns.zone = { 'own.test': localhost, 'mail.own.test': localhost };
      page(
        'own.test/.well-known/autoconfig/mail/config-v1.1.xml',
        formatMozilla({
          ...settingsAt('mail.own.test'),
          incoming: [server('imap', 'mail.own.test', imap)],
          outgoing: [server('smtp', 'mail.own.test', smtp)],
        }),
      );
      const found = await discover('taro@own.test', partsWith({ anyPort: true }, true));
      assert.deepEqual(
        all(found).map(({ signIn }) => signIn),
        [['password'], ['oauth2']],
      );
    });
  });
});
