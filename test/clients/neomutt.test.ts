// NeoMutt against the running program: sending from the shell, and a person at a screen who reads, marks, moves and deletes.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import PostalMime from 'postal-mime';
import {
  countByImap,
  imapClient,
  letter,
  lettersByImap,
  lettersByPop,
  put,
  run,
  runWell,
  until,
  withSubject,
  type Seen,
} from '../support/mail-apps.ts';
import { needsDebian, startTayori, type Person } from '../support/tayori.ts';

const skip = needsDebian('neomutt', 'neomutt');
const server = await startTayori();
after(() => server.stop());
const [hanako, taro] = server.people as [Person, Person];
const { ports, folder } = server;

type Ways = { readonly imap: 'imap' | 'imaps'; readonly smtp: 'smtp' | 'smtps'; readonly auth: string };

async function settings(name: string, person: Person, { imap, smtp, auth }: Ways): Promise<string> {
  const login = person.login.replace('@', '%40');
  const home = join(folder, name);
  await mkdir(home, { recursive: true });
  const path = join(home, 'rc');
  const place = `${imap}://${login}@localhost:${ports[imap]}`;
  const lines = [
    `set from = "${person.address}"`,
    `set realname = "${person.name}"`,
    `set imap_user = "${person.login}"`,
    `set imap_pass = "${person.password}"`,
    ...(auth === '' ? [] : [`set imap_authenticators = "${auth}"`, `set smtp_authenticators = "${auth}"`]),
    `set smtp_url = "${smtp}://${login}@localhost:${smtp === 'smtps' ? ports.submissions : ports.submission}/"`,
    `set smtp_pass = "${person.password}"`,
    `set ssl_ca_certificates_file = "${server.ca}"`,
    `set certificate_file = "${join(home, 'certificates')}"`,
    'set ssl_starttls = yes',
    'set ssl_force_tls = yes',
    `set folder = "${place}/"`,
    `set spool_file = "${place}/INBOX"`,
    `set record = "${place}/Sent"`,
    `set postponed = "${place}/Drafts"`,
    `set tmpdir = "${home}"`,
    'set copy = yes',
    'set charset = "utf-8"',
    'set send_charset = "us-ascii:utf-8"',
    'set use_envelope_from = yes',
    // Nothing may be asked.
    'set abort_nosubject = no',
    'set quit = yes',
    'set delete = yes',
    'set move = no',
    'set mark_old = no',
    'set confirm_append = no',
    'set confirm_create = no',
    'set wait_key = no',
    'set imap_check_subscribed = no',
    'set imap_idle = yes',
    'set timeout = 1',
    'set mail_check = 1',
    // What the person types.
    `set editor = "sh -c 'printf \\"はい。\\\\n\\" > $1' --"`,
    'set edit_headers = no',
  ];
  await writeFile(path, `${lines.join('\n')}\n`, { mode: 0o600 });
  return path;
}

const subjects = (all: readonly Seen[]): string[] => all.map(({ octets }) => /\r\nSubject: (.*)\r\n/.exec(octets.toString())![1]!);

for (const [name, ways] of Object.entries({
  'TLS, PLAIN': { imap: 'imaps', smtp: 'smtps', auth: 'plain' },
  'STARTTLS, LOGIN': { imap: 'imap', smtp: 'smtp', auth: 'login' },
} satisfies Record<string, Ways>))
  test(`neomutt sends with an attachment, ${name}: Taro has it whole, by POP3 and IMAP`, { skip, timeout: 240_000 }, async () => {
    const rc = await settings('send', hanako, ways);
    const picture = randomBytes(50_000);
    await writeFile(join(folder, '写真.png'), picture);
    const subject = `お知らせ（${name}）`;
    const words = ['-F', rc, '-n', '-s', subject, '-a', join(folder, '写真.png'), '--', taro.address];
    await runWell('neomutt', words, { input: 'こんにちは、太郎さん。\n.\n..\nさようなら\n' });
    const stored = (await lettersByPop(server, taro)).at(-1)!.octets;
    const read = await PostalMime.parse(stored);
    assert.equal(read.subject, subject);
    assert.equal(read.text!.replaceAll('\r\n', '\n').trimEnd(), 'こんにちは、太郎さん。\n.\n..\nさようなら');
    assert.equal(Buffer.from(read.attachments[0]!.content as ArrayBuffer).compare(picture), 0);
    assert.equal((await lettersByImap(server, taro)).at(-1)!.octets.compare(stored), 0);
  });

test('neomutt: a wrong password, nobody there: it says so and ends with 1', { skip, timeout: 240_000 }, async () => {
  const ways = { imap: 'imaps', smtp: 'smtps', auth: 'plain' } as const;
  const before = (await lettersByPop(server, taro)).length;
  const wrong = await run(
    'neomutt',
    ['-F', await settings('wrong', { ...hanako, password: 'no' }, ways), '-n', '-s', 'never', '--', taro.address],
    {
      input: 'never\n',
    },
  );
  assert.equal(wrong.code, 1, wrong.err);
  assert.match(wrong.err, /auth/i);
  const nobody = await run('neomutt', ['-F', await settings('nobody', hanako, ways), '-n', '-s', 'never', '--', 'nobody@tayori.test'], {
    input: 'never\n',
  });
  assert.equal(nobody.code, 1, nobody.err);
  assert.match(nobody.err, /550 5\.1\.1/);
  assert.equal((await lettersByPop(server, taro)).length, before);
});

test(
  'neomutt on a screen: reads, flags, moves, deletes, sees a letter come in, and writes one',
  { skip: skip || needsDebian('tmux', 'tmux'), timeout: 240_000 },
  async () => {
    const rc = await settings('screen', taro, { imap: 'imaps', smtp: 'smtps', auth: 'plain' });
    const sent = Array.from({ length: 30 }, (_, index) => letter(hanako, taro, `screen ${index}`, `本文 ${index}\r\n`));
    const client = imapClient(server, taro);
    await client.connect();
    await client.mailboxCreate('Reading');
    await client.logout();
    await put(server, taro, 'Reading', sent);
    // A screen of its own that nobody else's tmux knows of.
    const tmux = (...words: string[]) => runWell('tmux', ['-S', join(folder, 'tmux'), '-f', '/dev/null', ...words]);
    const place = `imaps://${taro.login.replace('@', '%40')}@localhost:${ports.imaps}/Reading`;
    await tmux(
      'new-session',
      '-d',
      '-s',
      'mail',
      '-x',
      '120',
      '-y',
      '50',
      `exec neomutt -n -F '${rc}' -f '${place}' 2>'${join(folder, 'screen.err')}'`,
    );
    const neomutt = Number((await tmux('display-message', '-p', '-t', 'mail', '#{pane_pid}')).out.toString());
    let screen = '';
    const seen = async (what: RegExp): Promise<string> =>
      until(
        async () => {
          screen = (await tmux('capture-pane', '-p', '-t', 'mail')).out.toString();
          return what.test(screen) ? screen : undefined;
        },
        () => `${what} on this screen:\n${screen}`,
      );
    const keys = (...all: string[]) => tmux('send-keys', '-t', 'mail', ...all);
    try {
      const index = await seen(/Msgs?:30/i);
      for (const subject of ['screen 0', 'screen 29']) assert.match(index, new RegExp(`${subject}\\b`));
      // Opens the first letter and reads it.
      await keys('=', 'Enter');
      await seen(/本文 0/);
      await keys('i');
      await seen(/Msgs?:30/i);
      // Flags the second, deletes 10 to 12 by a pattern, moves 13 to the archive.
      await keys('2', 'Enter', 'F');
      await keys('D');
      await seen(/Delete messages matching/);
      await keys('~s "screen (10|11|12)$"', 'Enter');
      await keys('/');
      await seen(/Search for/);
      await keys('~s "screen 13$"', 'Enter');
      await keys('s');
      await seen(/Save to mailbox/i);
      await keys('C-u', '=Archive', 'Enter');
      await keys('$');
      await until(async () => ((await countByImap(server, taro, 'Reading')) === 26 ? true : undefined));
      const left = await lettersByImap(server, taro, 'Reading');
      assert.deepEqual(
        subjects(left),
        sent.flatMap((_, number) => (number >= 10 && number <= 13 ? [] : [`screen ${number}`])),
      );
      assert.ok(withSubject(left, 'screen 0').flags.includes('\\Seen'));
      assert.ok(withSubject(left, 'screen 1').flags.includes('\\Flagged'));
      assert.deepEqual(subjects(await lettersByImap(server, taro, 'Archive')), ['screen 13']);
      // A new letter while the mailbox is open.
      await put(server, taro, 'Reading', [letter(hanako, taro, 'screen new')]);
      await seen(/screen new/);
      // Answers it; the copy goes to Sent.
      await keys('m');
      await seen(/^To:/m);
      await keys(hanako.address, 'Enter');
      await seen(/^Subject:/m);
      await keys('from the screen', 'Enter');
      await seen(/y:Send/);
      await keys('y');
      const answer = await until(async () =>
        (await lettersByPop(server, hanako)).find(({ octets }) => octets.includes('\r\nSubject: from the screen\r\n')),
      );
      const copy = await until(async () => (await lettersByImap(server, taro, 'Sent')).at(-1));
      assert.deepEqual(copy.flags, ['\\Seen']);
      const [mine, hers] = [await PostalMime.parse(copy.octets), await PostalMime.parse(answer.octets)];
      assert.deepEqual([mine.messageId, mine.subject, mine.text], [hers.messageId, hers.subject, hers.text]);
      assert.equal(hers.text!.trimEnd(), 'はい。');
      await seen(/NeoMutt: /);
      await keys('q');
      await until(async () => ((await run('tmux', ['-S', join(folder, 'tmux'), 'has-session'])).code !== 0 ? true : undefined));
    } finally {
      // A terminal that goes does not end it.
      if (neomutt > 0 && (await run('tmux', ['-S', join(folder, 'tmux'), 'has-session'])).code === 0) process.kill(neomutt, 'SIGKILL');
      await run('tmux', ['-S', join(folder, 'tmux'), 'kill-server']);
    }
  },
);
