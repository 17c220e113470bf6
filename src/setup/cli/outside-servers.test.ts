import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SetUpServer } from '../outside-setup.ts';
import { CommandTrouble } from './command.ts';
import { ofShownHost, readExceptions, readServer } from './outside-servers.ts';

function read(service: 'imap' | 'pop3' | 'smtp', text: string): string {
  const remarks: string[] = [];
  const servers = readServer(service, text, ['x'], [], ({ en }) => remarks.push(en));
  const shown = servers.map(({ host, port, security, provenance }) => `${host} ${port} ${security} ${provenance['port']}`);
  return [...shown, ...remarks.map((remark) => (/OP25B/.test(remark) ? 'OP25B' : remark))].join('; ');
}

test('a typed server', () => {
  for (const [service, text, wanted] of [
    ['imap', 'mail.far.example', 'mail.far.example 993 tls usual port'],
    ['imap', 'MAIL.far.example:143', 'mail.far.example 143 starttls typed'],
    ['pop3', 'mail.far.example:1995/tls', 'mail.far.example 1995 tls typed'],
    ['smtp', 'mail.far.example', 'mail.far.example 465 tls usual port; mail.far.example 587 starttls usual port'],
    ['smtp', 'mail.far.example:587', 'mail.far.example 587 starttls typed'],
    ['smtp', 'mail.far.example:25', 'mail.far.example 465 tls in the place of 25; mail.far.example 587 starttls in the place of 25; OP25B'],
    ['smtp', 'メール.far.example:587', 'xn--4dkua4c.far.example 587 starttls typed'],
    ['imap', '[2001:db8::1]:993', '2001:db8::1 993 tls typed'],
  ] as const)
    assert.equal(read(service, text), wanted, text);
});

test('what is no server is said, not guessed at', () => {
  for (const text of [
    '',
    'a b',
    'mail:0',
    'mail:70000',
    'mail:993/ssl',
    'me@mail.far.example',
    'mail#x',
    'mail?x',
    String.raw`a\b`,
    'https://mail.far.example',
  ])
    assert.throws(() => read('imap', text), CommandTrouble, text);
  assert.deepEqual(readExceptions('tls-1.0, weak-key'), ['tls-1.0', 'weak-key']);
  assert.throws(() => readExceptions('none'), /--allow knows/);
});

test('only counters of the host that was shown are tried with the password', () => {
  const at = (host: string, port: number): SetUpServer => ({
    service: 'smtp',
    host,
    port,
    security: 'tls',
    logins: ['a@b.example'],
    exceptions: [],
    provenance: {},
  });
  const kept = ofShownHost([at('smtp.b.example', 465), at('smtp.b.example', 587), at('mail.elsewhere.example', 465)]);
  assert.deepEqual(
    kept.map(({ host, port }) => `${host}:${port}`),
    ['smtp.b.example:465', 'smtp.b.example:587'],
  );
  assert.deepEqual(ofShownHost([]), []);
});
