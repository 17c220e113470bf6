import assert from 'node:assert/strict';
import { test } from 'node:test';
import { prefill, readTyped, splitName, usualSecurity, wish, type TypedServer } from './servers.ts';

const typed = (change: Partial<TypedServer>): TypedServer => ({
  host: 'imap.example.jp',
  port: '993',
  security: 'tls',
  login: '',
  ...change,
});

test('typed servers: full width is folded, what is none is said by its field', () => {
  const [server] = readTyped(
    typed({ host: '　ｉｍａｐ．example.JP ', port: '９９３', login: ' hana ' }),
    'imap',
    'a@example.jp',
  ) as never[];
  assert.deepEqual(server, {
    service: 'imap',
    host: 'imap.example.jp',
    port: 993,
    security: 'tls',
    logins: ['hana'],
    exceptions: [],
    provenance: { host: 'typed', port: 'typed', login: 'typed' },
  });
  for (const host of ['', 'a b', 'https://x', '-x', 'x/y']) assert.equal(readTyped(typed({ host }), 'imap', 'a@b.jp'), 'host', host);
  for (const port of ['', '0', '65536', 'x', '99.5', '25']) assert.equal(readTyped(typed({ port }), 'imap', 'a@b.jp'), 'port', port);
});

test('port 25 is never used: 465 and 587 in its place', () => {
  const servers = readTyped(typed({ port: '25' }), 'smtp', 'a@b.jp');
  assert.deepEqual(typeof servers === 'string' ? servers : servers.map(({ port, security, logins }) => [port, security, logins[0]]), [
    [465, 'tls', 'a@b.jp'],
    [587, 'starttls', 'a@b.jp'],
  ]);
});

test('the secret goes to the shown host alone', () => {
  const server = { service: 'imap', host: 'a.test', port: 993, security: 'tls', logins: ['x'], exceptions: [], provenance: null } as const;
  const row = { title: '', facts: [], remark: null, trouble: null, source: '', confidence: '', reachable: true, weaknesses: [] };
  const found = [server, { ...server, port: 143 }, { ...server, host: 'b.test' }].map((one) => ({ ...row, server: one }));
  assert.deepEqual(
    wish(found, '', ['tls-1.0']).map(({ host, port, exceptions }) => [host, port, exceptions]),
    [
      ['a.test', 993, ['tls-1.0']],
      ['a.test', 143, ['tls-1.0']],
    ],
  );
  assert.deepEqual(wish(found, ' Hana ', [])[0]!.logins, ['Hana']);
});

test('names, usual seals, what stands there at first', () => {
  assert.deepEqual(splitName('窓口の番号（ポート）'), ['窓口の番号', 'ポート']);
  assert.deepEqual(splitName('counter number (port)'), ['counter number', 'port']);
  assert.deepEqual(splitName('plain'), ['plain', '']);
  assert.deepEqual(['993', '587', '1234'].map(usualSecurity), ['tls', 'starttls', null]);
  assert.deepEqual(prefill(null, 'pop3', 'a@example.jp'), { host: 'pop.example.jp', port: '995', security: 'tls', login: 'a@example.jp' });
});
