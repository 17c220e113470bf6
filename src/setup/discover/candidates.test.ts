import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { AccountSettings, ServerSettings } from '../../protocol/autoconfig/contract.ts';
import { anySettings } from '../../protocol/autoconfig/dialects-suite.ts';
import { candidatesOf, rankCandidates } from './candidates.ts';
import type { Candidate, SourceName } from './contract.ts';

const none: AccountSettings = {
  domains: [],
  displayName: null,
  shortName: null,
  incoming: [],
  outgoing: [],
  jmap: null,
  oauth: null,
  help: null,
};
const options = (source: SourceName, anyPort = false) => ({
  address: 'taro@example.test',
  source,
  confidence: 'medium' as const,
  from: `from ${source}`,
  anyPort,
});
const server = (
  service: ServerSettings['service'],
  port: number,
  security: ServerSettings['security'],
  login: string | null = '%EMAILADDRESS%',
  host = 'a.test',
): ServerSettings => ({ service, host, port, security, login, signIn: [] });
const candidates = (servers: readonly ServerSettings[], source: SourceName = 'autoconfig', anyPort = false) =>
  candidatesOf(
    {
      ...none,
      incoming: servers.filter(({ service }) => service !== 'smtp'),
      outgoing: servers.filter(({ service }) => service === 'smtp'),
    },
    options(source, anyPort),
  );
const draw = (list: readonly Candidate[]) =>
  list.map(
    ({ service, host, port, security, upgraded, logins }) =>
      `${service} ${host}:${port} ${security}${upgraded ? ' upgraded' : ''} ${logins.map(({ login }) => login).join('|')}`,
  );

describe('candidatesOf', () => {
  const rows: readonly [string, ServerSettings, readonly string[]][] = [
    ['as it is', server('imap', 993, 'tls'), ['imap a.test:993 tls taro@example.test']],
    ['the part before the @', server('pop3', 995, 'tls', '%EMAILLOCALPART%'), ['pop3 a.test:995 tls taro']],
    ['a name of its own', server('pop3', 995, 'tls', 'u-%EMAILLOCALPART%'), ['pop3 a.test:995 tls u-taro']],
    ['no name told: both forms', server('imap', 143, 'starttls', null), ['imap a.test:143 starttls taro@example.test|taro']],
    [
      'plain IMAP',
      server('imap', 143, 'plain'),
      ['imap a.test:993 tls upgraded taro@example.test', 'imap a.test:143 starttls upgraded taro@example.test'],
    ],
    [
      'plain POP3',
      server('pop3', 110, 'plain'),
      ['pop3 a.test:995 tls upgraded taro@example.test', 'pop3 a.test:110 starttls upgraded taro@example.test'],
    ],
    [
      'plain sending',
      server('smtp', 587, 'plain'),
      ['smtp a.test:465 tls upgraded taro@example.test', 'smtp a.test:587 starttls upgraded taro@example.test'],
    ],
    [
      'port 25',
      server('smtp', 25, 'starttls'),
      ['smtp a.test:465 tls upgraded taro@example.test', 'smtp a.test:587 starttls upgraded taro@example.test'],
    ],
    [
      'port 25, plain',
      server('smtp', 25, 'plain'),
      ['smtp a.test:465 tls upgraded taro@example.test', 'smtp a.test:587 starttls upgraded taro@example.test'],
    ],
    ['a port that is nobody’s', server('imap', 22, 'tls'), []],
  ];
  for (const [name, row, drawn] of rows) test(name, () => assert.deepEqual(draw(candidates([row])), drawn));
  test('any port where that is allowed, but never 25', () => {
    assert.deepEqual(draw(candidates([server('imap', 2993, 'tls')], 'autoconfig', true)), ['imap a.test:2993 tls taro@example.test']);
    assert.ok(candidates([server('smtp', 25, 'tls')], 'autoconfig', true).every(({ port }) => port !== 25));
  });
  test('whatever is told: sealed, never port 25, one or two login names, and where each value comes from', () =>
    fc.assert(
      fc.property(anySettings, fc.boolean(), (settings, anyPort) => {
        for (const one of candidatesOf(settings, options('ispdb', anyPort))) {
          assert.notEqual(one.security as string, 'plain');
          assert.notEqual(one.port, 25);
          assert.ok(anyPort || [110, 143, 465, 587, 993, 995].includes(one.port));
          assert.ok(one.logins.length === 1 || one.logins.length === 2);
          assert.ok(one.signIn.length > 0 && !one.signIn.includes('none'));
          assert.deepEqual(Object.keys(one.provenance).toSorted(), ['host', 'login', 'port', 'security', 'signIn']);
        }
      }),
    ));
});

describe('rankCandidates', () => {
  test('the better source first, whatever it was asked after', () =>
    assert.deepEqual(
      rankCandidates([
        ...candidates([server('imap', 993, 'tls', null, 'guess.test')], 'guess'),
        ...candidates([server('imap', 143, 'starttls', null, 'own.test')], 'autoconfig'),
        ...candidates([server('imap', 993, 'tls', null, 'table.test')], 'table'),
      ]).map(({ host }) => host),
      ['table.test', 'own.test', 'guess.test'],
    ));
  test('of one host TLS from the start before STARTTLS, hosts in the order of the source, stand-ins for plain ones last', () =>
    assert.deepEqual(
      draw(
        rankCandidates(
          candidates([
            server('imap', 143, 'plain', 'x', 'p.test'),
            server('imap', 143, 'starttls', 'x', 'a.test'),
            server('imap', 993, 'tls', 'x', 'b.test'),
            server('imap', 993, 'tls', 'x', 'a.test'),
          ]),
        ),
      ),
      [
        'imap a.test:993 tls x',
        'imap a.test:143 starttls x',
        'imap b.test:993 tls x',
        'imap p.test:993 tls upgraded x',
        'imap p.test:143 starttls upgraded x',
      ],
    ));
  test('the same server from two sources is one, with the login name of the one that tells it', () => {
    const [one, ...more] = rankCandidates([
      ...candidates([server('imap', 993, 'tls', null)], 'srv'),
      ...candidates([server('imap', 993, 'tls', '%EMAILLOCALPART%')], 'ispdb'),
    ]);
    assert.equal(more.length, 0);
    assert.deepEqual([one!.source, one!.alsoFrom, draw([one!])], ['srv', ['ispdb'], ['imap a.test:993 tls taro']]);
    assert.deepEqual([one!.provenance['host'], one!.provenance['login']], ['from srv', 'from ispdb']);
  });
  test('ranking twice changes nothing', () =>
    fc.assert(
      fc.property(anySettings, anySettings, (a, b) => {
        const once = rankCandidates([...candidatesOf(a, options('srv', true)), ...candidatesOf(b, options('ispdb', true))]);
        assert.deepEqual(rankCandidates(once), once);
      }),
    ));
});
