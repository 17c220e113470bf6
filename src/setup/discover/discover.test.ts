// Discovery through each mechanism alone, and all at once, against a real name server and a real web server with an authority of its own.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Zone } from '../../../test/support/dns-server.ts';
import { answerText } from '../../../test/support/web-server.ts';
import { formatAutodiscoverAnswer } from '../../protocol/autoconfig/autodiscover.ts';
import { formatMozilla } from '../../protocol/autoconfig/mozilla.ts';
import { formatPacc, formatPaccDigest } from '../../protocol/autoconfig/pacc.ts';
import { formatSrv } from '../../protocol/autoconfig/srv.ts';
import { sourceNames, type SourceName } from './contract.ts';
import { discover } from './discover.ts';
import { all, draw, localhost, openWorld, outcome, settingsAt, type Page } from './discovery-suite.ts';
import { providerRows } from './table.ts';

describe('discover', () => {
  const world = openWorld();
  const page = (url: string, content: Page) => {
    world.pages[url] = content;
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
          world.dns.zone = {
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
          world.dns.zone = { ...base, 'autoconfig.own.test': localhost };
          page(autoconfig, formatMozilla(settingsAt('mail.own.test')));
        },
      ],
      [
        'autoconfig',
        'XML at the well-known place',
        () => (
          (world.dns.zone = base),
          page('own.test/.well-known/autoconfig/mail/config-v1.1.xml', formatMozilla(settingsAt('mail.own.test')))
        ),
      ],
      [
        'autoconfig',
        'XML behind a redirect',
        () => {
          world.dns.zone = { ...base, 'autoconfig.own.test': localhost, 'elsewhere.test': localhost };
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
          world.dns.zone = zone;
        },
      ],
      [
        'mx-autoconfig',
        'XML of the domain of the MX host',
        () => {
          world.dns.zone = {
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
          world.dns.zone = {
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
          world.dns.zone = { 'own.test': [{ type: 'MX', preference: 10, value: 'mx1.hoster.test' }], 'ispdb.test': localhost };
          page('ispdb.test/v1.1/hoster.test', formatMozilla(settingsAt('mail.own.test')));
        },
      ],
      [
        'ispdb',
        'the public database',
        () => (
          (world.dns.zone = { ...base, 'ispdb.test': localhost }),
          page('ispdb.test/v1.1/own.test', formatMozilla(settingsAt('mail.own.test')))
        ),
      ],
      [
        'autodiscover',
        'Autodiscover',
        () => {
          world.dns.zone = { ...base, 'autodiscover.own.test': localhost };
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
          world.dns.zone = { ...base, 'autodiscover.own.test': localhost, 'elsewhere.test': localhost };
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
        () =>
          (world.dns.zone = { 'mail.own.test': localhost, 'smtp.own.test': localhost, 'pop3.own.test': [{ type: 'AAAA', value: '::1' }] }),
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
        const found = await world.ask();
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
        world.dns.zone = { ...zone, 'imap.own.test': localhost, 'smtp.own.test': localhost };
        const found = await world.ask();
        assert.equal(found.provider?.id, id);
        assert.ok(
          all(found).every(({ source }) => source === 'mx-table'),
          draw(all(found)).join('\n'),
        );
        assert.equal(outcome(found, 'mx-table'), 'found');
        if (id === 'xserver') assert.equal(found.imap[0]!.host, 'sv77.xserver.jp');
      });
    test('Autodiscover version 2 that leads to Microsoft', async () => {
      world.dns.zone = { 'autodiscover.own.test': localhost };
      page(
        'autodiscover.own.test/autodiscover/autodiscover.json',
        JSON.stringify({ Protocol: 'AutodiscoverV1', Url: 'https://outlook.office365.com/autodiscover/autodiscover.xml' }),
      );
      const found = await world.ask();
      assert.deepEqual([found.provider?.id, found.credential.kind, found.imap[0]?.source], ['microsoft365', 'oauth2-only', 'autodiscover']);
    });
  });

  describe('what does not count', () => {
    const nothingBut = async (publish: () => void, source: SourceName) => {
      publish();
      const found = await world.ask();
      assert.deepEqual(draw(all(found)), []);
      return found.sources.find((one) => one.source === source)!;
    };
    test('PACC without its digest', async () => {
      const report = await nothingBut(() => {
        world.dns.zone = {
          'ua-auto-config.own.test': localhost,
          '_ua-auto-config.own.test': [{ type: 'TXT', value: formatPaccDigest('other') }],
        };
        page('ua-auto-config.own.test/.well-known/user-agent-configuration.json', formatPacc(settingsAt('mail.own.test')));
      }, 'pacc');
      assert.deepEqual([report.outcome, report.remark], ['nothing', 'the digest in the DNS does not fit the document']);
    });
    test('a certificate of somebody else', async () => {
      const report = await nothingBut(() => {
        world.dns.zone = { 'bad.test': localhost, 'autoconfig.own.test': localhost };
        page('autoconfig.own.test/mail/config-v1.1.xml', (_request, response) =>
          answerText(response, '', 302, { location: 'https://bad.test/x.xml' }),
        );
      }, 'autoconfig');
      assert.deepEqual([report.outcome, report.cause], ['failed', 'certificate-other-name']);
      assert.ok(world.web.seen.every((line) => !line.includes('bad.test')));
    });
    test('Autodiscover that wants a password hears none', async () => {
      const report = await nothingBut(() => {
        world.dns.zone = { 'autodiscover.own.test': localhost };
        page('autodiscover.own.test/autodiscover/autodiscover.xml', (_request, response) =>
          answerText(response, '', 401, { 'www-authenticate': 'Basic realm="x"' }),
        );
      }, 'autodiscover');
      assert.match(report.remark, /password/);
      assert.equal(world.web.seen.filter((line) => line.startsWith('POST')).length, 1);
    });
    test('the public database, when it is switched off', async () => {
      world.dns.zone = { 'own.test': localhost, 'ispdb.test': localhost };
      page('ispdb.test/v1.1/own.test', formatMozilla(settingsAt('mail.own.test')));
      const found = await world.ask('taro@own.test', { ispdb: null });
      assert.equal(outcome(found, 'ispdb'), 'not-asked');
      assert.ok(world.web.seen.every((line) => !line.includes('ispdb')));
    });
    test('public suffixes are nobody’s domain: an MX host directly below one is not looked up there', async () => {
      world.dns.zone = { 'own.test': [{ type: 'MX', preference: 1, value: 'hoster.co.jp' }] };
      await world.ask();
      assert.ok(
        world.dns.asked.every((question) => !/ (autoconfig\.)?co\.jp$/.test(question)),
        world.dns.asked.join('\n'),
      );
    });
    test('the address goes to its own domain and to the office that takes its letters in, not to the public database', async () => {
      world.dns.zone = {
        'own.test': [...localhost, { type: 'MX', preference: 10, value: 'mx1.hoster.test' }],
        'ispdb.test': localhost,
        'autoconfig.own.test': localhost,
        'autoconfig.hoster.test': localhost,
      };
      await world.ask();
      const hosts = world.web.seen.filter((line) => /taro/.test(decodeURIComponent(line))).map((line) => line.split(' ')[1]);
      assert.deepEqual([...new Set(hosts)].toSorted(), ['autoconfig.hoster.test', 'autoconfig.own.test']);
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
      world.dns.zone = zone;
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
        ['pacc', 'pacc.own.test', () => delete world.pages['ua-auto-config.own.test/.well-known/user-agent-configuration.json']],
        ['autoconfig', 'xml.own.test', () => delete world.pages['autoconfig.own.test/mail/config-v1.1.xml']],
        [
          'srv',
          'srv.own.test',
          () => (world.dns.zone = Object.fromEntries(Object.entries(world.dns.zone).filter(([name]) => !name.includes('._tcp.')))),
        ],
        ['mx-autoconfig', 'mx.own.test', () => delete world.pages['autoconfig.hoster.test/mail/config-v1.1.xml']],
        ['ispdb', 'ispdb.own.test', () => delete world.pages['ispdb.test/v1.1/own.test']],
        ['autodiscover', 'ad.own.test', () => delete world.pages['autodiscover.own.test/autodiscover/autodiscover.xml']],
        ['guess', 'imap.own.test', () => {}],
      ];
      for (const [source, host, remove] of expected) {
        const found = await world.ask();
        assert.deepEqual([found.imap[0]?.host, found.imap[0]?.source], [host, source]);
        remove();
      }
    });
    test('a lesser source is not waited for once a better one is enough, and a better one only a moment', async () => {
      publishAll();
      page('ispdb.test/v1.1/own.test', () => {});
      page('ua-auto-config.own.test/.well-known/user-agent-configuration.json', () => {});
      const found = await world.ask('taro@own.test', { graceMs: 1_000 });
      assert.equal(found.imap[0]?.source, 'autoconfig');
      assert.deepEqual([outcome(found, 'pacc'), outcome(found, 'ispdb')], ['not-asked', 'not-asked']);
      assert.ok(found.milliseconds < 4_000, `${found.milliseconds} ms`);
    });
    test('servers of a known provider bring its secret with them, whoever names them', async () => {
      publishAll();
      delete world.pages['ua-auto-config.own.test/.well-known/user-agent-configuration.json'];
      page('autoconfig.own.test/mail/config-v1.1.xml', formatMozilla(settingsAt('imap.gmail.com')));
      const found = await world.ask();
      assert.deepEqual([found.provider?.id, found.credential.kind], ['google-workspace', 'oauth2-or-app-password']);
    });
  });

  describe('known providers', () => {
    test('are answered in no time, without a single question to anybody', async () => {
      const parts = world.partsWith();
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
      assert.deepEqual([world.dns.asked, world.web.seen], [[], []]);
    });
    test('are not overridden by names that happen to be there, nor by those of a namesake', async () => {
      world.dns.zone = {
        'imap.eonet.ne.jp': localhost,
        'smtp.kcn.eonet.ne.jp': localhost,
        'imap.kcn.eonet.ne.jp': localhost,
        'pop.kcn.eonet.ne.jp': localhost,
      };
      const found = await world.ask('taro@kcn.eonet.ne.jp');
      assert.deepEqual(draw(all(found)), [
        'imaps.eonet.ne.jp:993 tls table',
        'smtp.kcn.eonet.ne.jp:465 tls guess',
        'smtp.kcn.eonet.ne.jp:587 starttls guess',
      ]);
      assert.equal(found.provider?.id, 'eo');
    });
    test('a near miss is a suggestion and changes nothing', async () => {
      const found = await world.ask('taro@gamil.com');
      assert.deepEqual([found.address, found.suggestion, found.provider], ['taro@gamil.com', 'taro@gmail.com', null]);
    });
    test('all rows that have a domain of their own: provider, secret and steps before any login', async () => {
      for (const row of providerRows) {
        const domain = row.domains[0] ?? (row.below[0] ? `x.${row.below[0]}` : null);
        if (domain === null) continue;
        const found = await world.ask(`taro@${domain}`);
        assert.equal(found.provider?.id, row.id);
        assert.equal(found.credential.kind, row.credential);
        assert.deepEqual(found.credential.steps, row.steps);
      }
    });
  });
});
