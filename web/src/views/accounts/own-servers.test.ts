import assert from 'node:assert/strict';
import { test } from 'node:test';
import { autoconfigXml } from '../../../../src/setup/publish/dialects.ts';
import { cardServers, readOwnServers } from './own-servers.ts';

test('what is served to mail apps is read back as it was written', () => {
  const row = { host: 'mail.example.jp', login: '%EMAILADDRESS%', signIn: ['password'] } as const;
  const servers = [
    { ...row, service: 'imap', port: 143, security: 'starttls' },
    { ...row, service: 'imap', port: 993, security: 'tls' },
    { ...row, service: 'pop3', port: 995, security: 'tls' },
  ] as const;
  const xml = autoconfigXml({
    domains: ['example.jp'],
    displayName: 'Tayori',
    shortName: null,
    incoming: servers as never,
    outgoing: [{ ...row, service: 'smtp', port: 465, security: 'tls' }] as never,
    jmap: null,
    oauth: null,
    help: null,
  });
  const read = readOwnServers(xml);
  assert.deepEqual(
    read.map(({ service, port, security }) => `${service} ${port} ${security}`).toSorted(),
    ['imap 143 starttls', 'imap 993 tls', 'pop3 995 tls', 'smtp 465 tls'],
    xml,
  );
  assert.deepEqual(
    cardServers(read).map(({ service, port }) => [service, port]),
    [
      ['imap', 993],
      ['smtp', 465],
      ['pop3', 995],
    ],
  );
  assert.deepEqual(readOwnServers('<html>no</html>'), []);
});
