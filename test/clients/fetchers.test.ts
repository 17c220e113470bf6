// The apps that carry mail home by POP3 or IMAP, and msmtp that sends: mpop, fetchmail, getmail. What they have is what was sent, nothing is
// fetched twice, and what they leave or delete is as they were told.
import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  assertSame,
  empty,
  inWireLines,
  letter,
  lettersByImap,
  lettersByPop,
  put,
  run,
  runWell,
  withSubject,
} from '../support/mail-apps.ts';
import { needsDebian, startTayori, type Person } from '../support/tayori.ts';

const server = await startTayori();
after(() => server.stop());
const [hanako, taro] = server.people as [Person, Person];
const { ports, folder } = server;

/** A settings file that only its owner may read: these apps insist. */
async function settings(name: string, lines: readonly string[]): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, `${lines.join('\n')}\n`, { mode: 0o600 });
  return path;
}

function sameLetters(found: readonly Buffer[], sent: readonly Buffer[]): void {
  assert.deepEqual(found.map(String).toSorted(), sent.map(String).toSorted());
}

/** The letters of a Maildir, in wire lines. */
async function maildir(path: string): Promise<Buffer[]> {
  const all = await Promise.all(
    ['new', 'cur'].map(async (part) =>
      Promise.all((await readdir(join(path, part))).toSorted().map((name) => readFile(join(path, part, name)))),
    ),
  );
  return all.flat().map(inWireLines);
}

async function makeMaildir(name: string): Promise<string> {
  const path = join(folder, name);
  for (const part of ['new', 'cur', 'tmp']) await mkdir(join(path, part), { recursive: true });
  return path;
}

/**
 * What a delivering command is given: each letter into a file of its own. `rest`: seconds that the command takes; getmail begins to wait for it when it
 * runs already, and of one that is done by then it never hears.
 */
async function deliverer(name: string, rest = 0): Promise<{ readonly command: string; letters(): Promise<Buffer[]> }> {
  const place = join(folder, name);
  await mkdir(place);
  const command = join(folder, `${name}.sh`);
  await writeFile(command, `#!/bin/sh\ncat > "$(mktemp ${place}/XXXXXXXX)"\nexec sleep ${rest}\n`, { mode: 0o700 });
  return {
    command,
    letters: async () => Promise.all((await readdir(place)).map(async (each) => inWireLines(await readFile(join(place, each))))),
  };
}

/** What an app has written of its own into the letter it took home: fields above it, and getmail's note at the end of the header. */
function below(letters: readonly Buffer[]): Buffer[] {
  return letters.map((octets) =>
    Buffer.from(octets.toString('latin1', octets.indexOf('From: ')).replace('X-getmail-retrieved-from-mailbox: INBOX\r\n', ''), 'latin1'),
  );
}

before(() => Promise.all([empty(server, hanako), empty(server, taro)]));

// --- msmtp ------------------------------------------------------------------------------------------------------------

for (const [name, port, starttls] of [
  ['587', ports.submission, 'on'],
  ['465', ports.submissions, 'off'],
] as const)
  for (const auth of ['on', 'plain', 'login', 'scram-sha-1', 'scram-sha-256'])
    test(`msmtp, ${name}, ${auth}`, { skip: needsDebian('msmtp', 'msmtp'), timeout: 240_000 }, async (t) => {
      const { out } = await runWell('msmtp', ['--version']);
      if (auth !== 'on' && !new RegExp(`^Supported authentication methods:\\n.*\\b${auth}\\b`, 'm').test(out.toString()))
        return t.skip(`this msmtp is built without ${auth}`);
      const file = await settings('msmtprc', [
        'account default',
        'host localhost',
        `port ${port}`,
        `from ${hanako.address}`,
        `auth ${auth}`,
        `user ${hanako.login}`,
        `password ${hanako.password}`,
        'tls on',
        `tls_starttls ${starttls}`,
        `tls_trust_file ${server.ca}`,
      ]);
      const subject = `msmtp ${name} ${auth}`;
      const sent = letter(hanako, taro, subject, 'さようなら。\r\n.\r\n..\r\n');
      await runWell('msmtp', ['--file', file, taro.address], { input: sent.toString().replaceAll('\r\n', '\n') });
      const found = withSubject(await lettersByPop(server, taro), subject).octets;
      assertSame(found, sent);
      assert.equal(withSubject(await lettersByImap(server, taro), subject).octets.compare(found), 0);
      const wrong = await run(
        'msmtp',
        ['--file', await settings('wrong', [(await readFile(file, 'utf8')).replace(hanako.password, 'no')]), taro.address],
        {
          input: 'Subject: never\n\n',
        },
      );
      // EX_NOPERM of sysexits: the server did not let her in.
      assert.equal(wrong.code, 77, wrong.err);
    });

test(
  'msmtp: nobody at that address: the letter is refused with the words of the server',
  { skip: needsDebian('msmtp', 'msmtp'), timeout: 240_000 },
  async () => {
    const file = await settings('msmtprc', [
      'account default',
      'host localhost',
      `port ${ports.submissions}`,
      `from ${hanako.address}`,
      'auth plain',
      `user ${hanako.login}`,
      `password ${hanako.password}`,
      'tls on',
      'tls_starttls off',
      `tls_trust_file ${server.ca}`,
    ]);
    const { code, err } = await run('msmtp', ['--file', file, 'nobody@tayori.test'], { input: 'Subject: never\n\n' });
    // EX_DATAERR of sysexits.
    assert.equal(code, 65, err);
    assert.match(err, /550 5\.1\.1/);
  },
);

// --- mpop -------------------------------------------------------------------------------------------------------------

function mpopSettings(
  delivery: string,
  keep: boolean,
  more: readonly string[] = [`port ${ports.pop3s}`, 'tls_starttls off', 'auth plain'],
): string[] {
  return [
    'account default',
    'host localhost',
    `user ${taro.login}`,
    `password ${taro.password}`,
    'tls on',
    `tls_trust_file ${server.ca}`,
    'received_header off',
    `keep ${keep ? 'on' : 'off'}`,
    `uidls_file ${join(folder, 'uidls')}`,
    `delivery maildir ${delivery}`,
    ...more,
  ];
}

test(
  'mpop: 500 letters kept, only new ones the next time, also after a restart; then taken away',
  { skip: needsDebian('mpop', 'mpop'), timeout: 240_000 },
  async () => {
    await empty(server, taro);
    const sent = Array.from({ length: 500 }, (_, index) =>
      letter(hanako, taro, `mpop ${index}`, `line\r\n.\r\n..${'x'.repeat(index)}\r\n`),
    );
    await put(server, taro, 'INBOX', sent);
    const place = await makeMaildir('mpop');
    const file = await settings('mpoprc', mpopSettings(place, true));
    await runWell('mpop', ['--file', file]);
    sameLetters(await maildir(place), sent);
    await runWell('mpop', ['--file', file]);
    assert.equal((await maildir(place)).length, 500);

    const more = [letter(hanako, taro, 'mpop later')];
    await put(server, taro, 'INBOX', more);
    const uidls = (await lettersByPop(server, taro)).map(({ uidl }) => uidl);
    assert.equal(new Set(uidls).size, 501);
    await server.restart();
    assert.deepEqual(
      (await lettersByPop(server, taro)).map(({ uidl }) => uidl),
      uidls,
    );
    await runWell('mpop', ['--file', file]);
    sameLetters(await maildir(place), [...sent, ...more]);
    assert.equal((await lettersByImap(server, taro)).length, 501);

    await runWell('mpop', ['--file', await settings('mpoprc', mpopSettings(place, false))]);
    assert.equal((await maildir(place)).length, 501);
    assert.deepEqual(await lettersByImap(server, taro), []);
  },
);

for (const auth of ['on', 'user', 'plain', 'login', 'scram-sha-1', 'scram-sha-256'])
  test(`mpop, 110 by STLS, ${auth}: taken and gone`, { skip: needsDebian('mpop', 'mpop'), timeout: 240_000 }, async () => {
    await empty(server, taro);
    const sent = [letter(hanako, taro, `mpop ${auth}`)];
    await put(server, taro, 'INBOX', sent);
    const place = await makeMaildir(`mpop ${auth}`);
    const file = await settings('mpoprc', mpopSettings(place, false, [`port ${ports.pop3}`, 'tls_starttls on', `auth ${auth}`]));
    await runWell('mpop', ['--file', file]);
    sameLetters(await maildir(place), sent);
    assert.deepEqual(await lettersByPop(server, taro), []);
  });

// --- fetchmail --------------------------------------------------------------------------------------------------------

for (const [protocol, port, ssl] of [
  ['pop3', ports.pop3s, ['ssl']],
  ['pop3', ports.pop3, ["sslproto 'TLS1.2+'"]],
  ['imap', ports.imaps, ['ssl']],
  ['imap', ports.imap, ["sslproto 'TLS1.2+'"]],
] as const) {
  const name = `${protocol}${ssl[0] === 'ssl' ? 's' : ' with STARTTLS'}`;
  test(
    `fetchmail, ${name}: kept, not fetched twice, then taken away`,
    { skip: needsDebian('fetchmail', 'fetchmail'), timeout: 240_000 },
    async () => {
      await empty(server, taro);
      const sent = [1, 2, 3].map((number) => letter(hanako, taro, `fetchmail ${number}`, 'こんにちは。\r\n.\r\n..\r\n'));
      await put(server, taro, 'INBOX', sent);
      const { command, letters } = await deliverer(`fetchmail-${port}`);
      const home = join(folder, `home-${port}`);
      await mkdir(home);
      const fetch = async (...words: string[]): Promise<number | null> => {
        const file = await settings('fetchmailrc', [
          `poll localhost protocol ${protocol} port ${port} ${protocol === 'pop3' ? 'uidl' : ''}`,
          `  username "${taro.login}" password "${taro.password}" ${ssl.join(' ')} sslcertck sslcertfile "${server.ca}"`,
          `  mda "${command}" no rewrite ${words.join(' ')}`,
        ]);
        const { code, out, err } = await run(
          'fetchmail',
          ['--fetchmailrc', file, '--invisible', '--pidfile', join(home, 'pid'), '--nosyslog'],
          {
            env: { HOME: home, FETCHMAILHOME: home },
          },
        );
        assert.ok(code === 0 || code === 1, `${code}\n${out.toString()}\n${err}`);
        return code;
      };
      assert.equal(await fetch('keep'), 0);
      sameLetters(below(await letters()), sent);
      // 1: no new mail.
      assert.equal(await fetch('keep'), 1);
      assert.equal((await lettersByImap(server, taro)).length, 3);
      const later = letter(hanako, taro, 'fetchmail 4');
      await put(server, taro, 'INBOX', [later]);
      assert.equal(await fetch('keep'), 0);
      sameLetters(below(await letters()), [...sent, later]);
      const last = letter(hanako, taro, 'fetchmail 5');
      await put(server, taro, 'INBOX', [last]);
      assert.equal(await fetch('no keep', 'fetchall'), 0);
      assert.equal((await letters()).length, 4 + 5);
      assert.deepEqual(await lettersByPop(server, taro), []);
    },
  );
}

// --- getmail ----------------------------------------------------------------------------------------------------------

for (const [protocol, kind, port] of [
  ['pop3', 'SimplePOP3SSLRetriever', ports.pop3s],
  ['imap', 'SimpleIMAPSSLRetriever', ports.imaps],
] as const)
  test(
    `getmail, ${protocol}: kept, only new ones the next time, then taken away`,
    { skip: needsDebian('getmail6', 'getmail'), timeout: 240_000 },
    async () => {
      await empty(server, taro);
      const sent = Array.from({ length: 20 }, (_, index) => letter(hanako, taro, `getmail ${index}`));
      await put(server, taro, 'INBOX', sent);
      const home = join(folder, `getmail-${protocol}`);
      await mkdir(home);
      const { command, letters } = await deliverer(`getmail-${protocol}-mail`, 0.1);
      await settings(`getmail-${protocol}/rc`, [
        '[retriever]',
        `type = ${kind}`,
        'server = localhost',
        `port = ${port}`,
        `username = ${taro.login}`,
        `password = ${taro.password}`,
        `ca_certs = ${server.ca}`,
        '[destination]',
        'type = MDA_external',
        `path = ${command}`,
        // Tests may run as root, which getmail thinks unwise otherwise.
        'allow_root_commands = true',
        '[options]',
        'read_all = false',
        'delete = false',
        'delivered_to = false',
        'received = false',
      ]);
      const fetch = (...words: string[]) => runWell('getmail', ['--getmaildir', home, '--rcfile', 'rc', ...words]);
      await fetch();
      sameLetters(below(await letters()), sent);
      await fetch();
      assert.equal((await letters()).length, 20);
      const later = letter(hanako, taro, 'getmail later');
      await put(server, taro, 'INBOX', [later]);
      await server.restart('kill');
      await fetch('--delete');
      sameLetters(below(await letters()), [...sent, later]);
      assert.deepEqual(await lettersByPop(server, taro), []);
    },
  );
