// The settings table: what is read, what is refused and with which sentence.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'smol-toml';
import { formatSize, parseSize, withoutSecret } from './setting-kinds.ts';
import { exampleFile, readSettings, settingsTable, SettingsTrouble, variableOf, type Settings } from './settings.ts';

function read(text: string, environment: Record<string, string> = {}, line: Record<string, string> = {}): Settings {
  return readSettings({ name: 'tayori.toml', text }, environment, line).settings;
}

test('settings: few enough for one screen, each with a sentence', () => {
  assert.ok(settingsTable.length <= 28, `${settingsTable.length} settings`);
  for (const row of settingsTable) assert.match(row.sentence, /^[A-Z].*\.$/, row.name);
});

test('settings: without any the demo, every standard value readable', () => {
  const { settings, changed } = readSettings(null, {}, {});
  assert.equal(settings.domain, null);
  assert.equal(settings.letterLimit, 50 * 1024 * 1024);
  assert.deepEqual(changed, []);
  assert.deepEqual(Object.keys(settings).toSorted(), settingsTable.map((row) => row.field).toSorted());
});

test('settings: the command line goes before the environment, the environment before the file', () => {
  const text = 'domain = "a.example"\ndata = "/a"\nquota = "1 GB"';
  assert.equal(read(text).data, '/a');
  assert.equal(read(text, { TAYORI_DATA: '/b' }).data, '/b');
  assert.equal(read(text, { TAYORI_DATA: '/b' }, { data: '/c' }).data, '/c');
  const { changed } = readSettings({ name: 'tayori.toml', text }, { TAYORI_QUOTA: '2GB' }, { 'port-base': '20000' });
  assert.deepEqual(
    changed.map(({ row, from }) => `${row.name} ${from}`),
    ['domain tayori.toml', 'data tayori.toml', 'port-base --port-base', 'quota TAYORI_QUOTA'],
  );
});

test('settings: the example is TOML, and every line of it holds when it is taken in', () => {
  const text = exampleFile()
    .split('\n')
    .map((line) => (/^# [a-z-]+ = /.test(line) ? line.slice(2) : line))
    .join('\n');
  assert.equal(Object.keys(parse(text)).length, settingsTable.length);
  assert.equal(read(text).domain, 'example.com');
});

for (const [text, field, value] of [
  ['domain = "Example.COM."', 'domain', 'example.com'],
  ['domain = "便り.example"', 'domain', 'xn--y5qy3w.example'],
  ['domain = "a.example"\nhostname = "localhost"', 'hostname', 'localhost'],
  ['ports = { smtp = 26, pop3 = false }', 'ports', { smtp: 26, pop3: null }],
  ['letter-limit = "10MiB"', 'letterLimit', 10 * 1024 * 1024],
  ['letter-limit = 100000', 'letterLimit', 100_000],
  ['quota = "none"', 'quota', null],
  ['listen = ["::1", "127.0.0.1"]', 'listen', ['::1', '127.0.0.1']],
  ['resolvers = ["127.0.0.1:5353", "[::1]:53", "::1"]', 'resolvers', ['127.0.0.1:5353', '[::1]:53', '::1']],
  ['plaintext-login = "never"', 'plaintextLogin', 'never'],
  [
    'relay = "smtp://smtp.a.example"',
    'relay',
    { name: 'smtp.a.example', port: 587, implicitTls: false, login: null, security: 'opportunistic' },
  ],
  [
    'relay = "smtps://h%40a:p%3Fw@smtp.a.example:1465"',
    'relay',
    { name: 'smtp.a.example', port: 1465, implicitTls: true, login: { name: 'h@a', password: 'p?w' }, security: 'verified' },
  ],
] as const)
  test(`settings: ${text.replaceAll('\n', '; ')}`, () => {
    const settings = read(text);
    if (field !== 'domain' || value !== 'xn--y5qy3w.example') assert.deepEqual(settings[field], value);
    else assert.match(settings.domain!, /^xn--[a-z0-9]+\.example$/);
  });

for (const [text, sentence] of [
  ['domian = "a.example"', 'tayori.toml: there is no setting "domian"; did you mean "domain"?'],
  ['log-levels = "info"', 'tayori.toml: there is no setting "log-levels"; did you mean "log-level"?'],
  ['domain = "nowhere"', 'tayori.toml: the setting "domain" must be a domain such as "example.com", not "nowhere"'],
  ['domain = "a@b.example"', 'tayori.toml: the setting "domain" must be a domain such as "example.com", not "a@b.example"'],
  ['domain = "192.0.2.1"', 'tayori.toml: the setting "domain" must be a domain, not an IP address'],
  ['domain = 5', 'tayori.toml: the setting "domain" must be a text in quotes'],
  ['ports = { imsp = 143 }', 'tayori.toml: the setting "ports" knows no protocol "imsp"; did you mean "imap"?'],
  ['ports = { smtp = 70000 }', 'tayori.toml: the setting "ports" needs a port from 1 to 65535 or false for smtp, not 70000'],
  ['letter-limit = "large"', 'tayori.toml: the setting "letter-limit" must be a size from 64 KB to 1 GB, such as "50 MB", not "large"'],
  ['queue-days = 0', 'tayori.toml: the setting "queue-days" must be a whole number from 1 to 30, not 0'],
  [
    'plaintext-login = "alway"',
    'tayori.toml: the setting "plaintext-login" must be "loopback", "never" or "always", not "alway"; did you mean "always"?',
  ],
  ['listen = ["localhost"]', 'tayori.toml: the setting "listen" must hold IP addresses such as "127.0.0.1" or "::1", not "localhost"'],
  ['certificate = "/a.pem"', 'the setting "certificate" needs the setting "key" beside it'],
  ['hostname = "mail.a.example"', 'the setting "hostname" needs the setting "domain" beside it'],
] as const)
  test(`settings refused: ${text}`, () => assert.throws(() => read(text), new SettingsTrouble(sentence)));

test('settings: a fault of TOML names its line', () =>
  assert.throws(() => read('domain = "a.example"\nquota = = 3'), /^SettingsTrouble: tayori\.toml, line 2: /));

test('settings: an unknown variable of ours names the nearest, others are not ours', () => {
  assert.throws(
    () => read('', { TAYORI_DOMIAN: 'a.example' }),
    new SettingsTrouble('the environment variable TAYORI_DOMIAN names no setting; did you mean TAYORI_DOMAIN?'),
  );
  assert.equal(read('', { TAYORI_TEST_ALL: '1', TAYORI_SETTINGS: '/x', PATH: '/bin', TAYORI_DOMAIN: '' }).domain, null);
});

test('settings: all kinds can be said by the environment', () => {
  const settings = read('', {
    TAYORI_DOMAIN: 'a.example',
    [variableOf('ports')]: 'smtp=2525,pop3=off',
    [variableOf('listen')]: '127.0.0.1, ::1',
    [variableOf('queue-days')]: '3',
    [variableOf('suppress-resend')]: 'false',
  });
  assert.deepEqual(settings.ports, { smtp: 2525, pop3: null });
  assert.deepEqual(settings.listen, ['127.0.0.1', '::1']);
  assert.equal(settings.queueDays, 3);
  assert.equal(settings.suppressResend, false);
});

for (const [text, octets] of [
  ['0', 0],
  ['2048', 2048],
  ['50 MB', 52_428_800],
  ['1.5GB', 1_610_612_736],
  ['1k', 1024],
  ['7 B', 7],
  ['x', null],
  ['-1', null],
  ['1 XB', null],
  ['', null],
] as const)
  test(`parseSize: "${text}"`, () => {
    assert.equal(parseSize(text), octets);
    if (octets !== null) assert.equal(parseSize(formatSize(octets)), octets);
  });

test('withoutSecret: a password of a relay is not shown', () => {
  assert.equal(withoutSecret('smtps://hanako:secret@smtp.a.example'), 'smtps://hanako:***@smtp.a.example');
  assert.equal(withoutSecret('smtp://smtp.a.example'), 'smtp://smtp.a.example');
});
