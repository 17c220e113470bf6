import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { anySettings } from './dialects-suite.ts';
import { formatSrv, parseSrv, srvLabels, type SrvRow } from './srv.ts';

const row = (label: string, port: number, target: string, priority = 0, weight = 1): SrvRow => ({ label, port, target, priority, weight });
const drawn = (rows: readonly SrvRow[]) => {
  const { incoming, outgoing, jmap } = parseSrv(rows);
  return [
    ...[...incoming, ...outgoing].map(({ service, host, port, security }) => `${service} ${host}:${port} ${security}`),
    ...(jmap ? [jmap] : []),
  ];
};

describe('parseSrv', () => {
  const cases: readonly [string, readonly SrvRow[], readonly string[]][] = [
    [
      'all kinds',
      srvLabels.map((label, at) => row(label, 1000 + at, 'a.test')),
      [
        'imap a.test:1000 tls',
        'imap a.test:1001 starttls',
        'pop3 a.test:1002 tls',
        'pop3 a.test:1003 starttls',
        'smtp a.test:1004 tls',
        'smtp a.test:1005 starttls',
        'https://a.test:1006/.well-known/jmap',
      ],
    ],
    [
      'priority before kind',
      [row('_imaps._tcp', 993, 'a.test', 20), row('_pop3s._tcp', 995, 'b.test', 10)],
      ['pop3 b.test:995 tls', 'imap a.test:993 tls'],
    ],
    [
      'weight among equals',
      [row('_imaps._tcp', 993, 'a.test', 0, 1), row('_imaps._tcp', 993, 'b.test', 0, 9)],
      ['imap b.test:993 tls', 'imap a.test:993 tls'],
    ],
    ['not offered', [row('_imaps._tcp', 993, 'a.test'), row('_pop3._tcp', 0, '')], ['imap a.test:993 tls']],
    ['not understood', [row('_imaps._tcp', 993, 'a b'), row('_x._tcp', 1, 'a.test'), row('_imap._tcp', 0, 'a.test')], []],
    ['the usual port of JMAP', [row('_jmap._tcp', 443, 'J.test')], ['https://j.test/.well-known/jmap']],
    [
      'a flood',
      Array.from({ length: 500 }, () => row('_imaps._tcp', 993, 'a.test')),
      Array.from({ length: 20 }, () => 'imap a.test:993 tls'),
    ],
  ];
  for (const [name, rows, servers] of cases) test(name, () => assert.deepEqual(drawn(rows), servers));
});

describe('formatSrv', () => {
  test('what is written is read again', () =>
    fc.assert(
      fc.property(anySettings, (settings) => {
        const told = (rows: typeof settings.incoming) =>
          rows.filter(({ security }) => security !== 'plain').map((one) => ({ ...one, login: null, signIn: [] }));
        const jmap = settings.jmap && `https://${URL.parse(settings.jmap)!.host}/.well-known/jmap`;
        assert.deepEqual(parseSrv(formatSrv(settings)), {
          ...settings,
          domains: [],
          displayName: null,
          shortName: null,
          oauth: null,
          help: null,
          incoming: told(settings.incoming),
          outgoing: told(settings.outgoing),
          jmap,
        });
      }),
    ));
  test('what is not there is told as not offered', () =>
    assert.deepEqual(
      formatSrv({
        domains: [],
        displayName: null,
        shortName: null,
        incoming: [{ service: 'imap', host: 'a.test', port: 993, security: 'tls', login: null, signIn: [] }],
        outgoing: [],
        jmap: null,
        oauth: null,
        help: null,
      }).map(({ label, port, target }) => `${label} ${port} ${target}.`),
      ['_imaps._tcp 993 a.test.', '_imap._tcp 0 .', '_pop3s._tcp 0 .', '_pop3._tcp 0 .', '_submissions._tcp 0 .', '_submission._tcp 0 .'],
    ));
});
