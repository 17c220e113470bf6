// The command line: every help text is complete, wrong words name the nearest, commands work on the data without a server.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { run } from './run.ts';
import { commandTable, loadCommand } from './table.ts';
import { formatColumns, widthOf, type Terminal } from './terminal.ts';

interface Heard {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function tayori(
  line: readonly string[],
  options: { readonly folder?: string; readonly input?: readonly string[]; readonly environment?: Record<string, string> } = {},
): Promise<Heard> {
  const out: string[] = [];
  const err: string[] = [];
  const input = [...(options.input ?? [])];
  const terminal: Terminal = {
    interactive: false,
    colours: false,
    out: (text = '') => void out.push(text),
    err: (text) => void err.push(text),
    secret: async () => input.shift() ?? '',
    progress() {},
    settle() {},
  };
  const code = await run(line, { environment: options.environment ?? {}, folder: options.folder ?? tmpdir(), terminal });
  return { code, out: out.join('\n'), err: err.join('\n') };
}

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'tayori-cli-'));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('help: the overview lists every command', async () => {
  const { code, out } = await tayori(['--help']);
  assert.equal(code, 0);
  for (const row of commandTable) assert.ok(out.includes(`\n  ${row.words.padEnd(8)}`), row.words);
  assert.deepEqual(await tayori([]), { code: 0, out, err: '' });
  assert.equal((await tayori(['help'])).out, out);
});

for (const row of commandTable)
  test(`help: ${row.words} tells its usage, arguments, options and an example`, async () => {
    const command = await loadCommand(row.words);
    const { code, out } = await tayori([...row.words.split(' '), '--help']);
    assert.equal(code, 0);
    assert.equal(row.sentence, command.sentence);
    assert.ok(out.startsWith(command.sentence));
    assert.ok(out.includes(`\nUsage: tayori ${row.words}`));
    for (const argument of command.arguments ?? []) assert.ok(out.includes(`\n  ${argument.name} `), argument.name);
    for (const option of command.options ?? []) assert.ok(out.includes(`--${option.name}`), option.name);
    assert.ok((command.examples ?? []).length > 0, 'an example');
    for (const example of command.examples ?? []) assert.ok(out.includes(example.line), example.line);
    assert.ok(out.includes('--data DIR'));
    if (/ list$|^check$|^settings$|^trace$/.test(row.words)) assert.ok(out.includes('--json'));
    assert.match(command.sentence, /^[A-Z].*\.$/);
  });

test('help: a group lists its commands, and needs one of them', async () => {
  const { code, out } = await tayori(['account', '--help']);
  assert.equal(code, 0);
  assert.match(out, /^ {2}account app-password add +Make a password for one app\.$/m);
  assert.equal((await tayori(['account'])).code, 2);
});

test('help: the text of one command, whole', async () => {
  assert.equal(
    (await tayori(['account', 'quota', '-h'])).out,
    `Set how much room a person has.

Usage: tayori account quota PERSON SIZE [OPTION …]

Arguments:
  PERSON  The address of the person; without domain where there is only one.
  SIZE    Such as 500MB or 5GB, or none for no limit.

Options:
  --json           Print the answer as JSON.
  --data DIR       The data folder; without it the setting "data", which is ./data.
  --settings FILE  The settings file; without it tayori.toml in this folder, when there is one.
  -h, --help       Show this help.

Examples:
  tayori account quota hanako@example.com 5GB
      Letters above five gigabytes are refused.`,
  );
});

for (const [line, sentence] of [
  [['acount', 'list'], 'there is no command "acount"; did you mean "account"? (tayori --help lists them)'],
  [['account', 'ad'], 'there is no command "account ad"; did you mean "account add"? (tayori account --help lists them)'],
  [['xyzzy'], 'there is no command "xyzzy" (tayori --help lists them)'],
  [['--jsno'], 'the option "--jsno" stands before a command; tayori --help lists the commands'],
  [
    ['account', 'list', '--jsno'],
    '"tayori account list" has no option --jsno; did you mean --json? (tayori account list --help lists them)',
  ],
  [['account', 'list', 'now'], '"tayori account list" does not know what to do with "now" (tayori account list --help)'],
  [['account', 'quota', 'hanako'], '"tayori account quota" needs SIZE (tayori account quota --help)'],
  [['queue', 'retry'], '"tayori queue retry" needs WHICH (tayori queue retry --help)'],
  [['account', 'list', '--data'], '--data needs a folder behind it'],
  [['account', 'list', '--json=yes'], '--json takes nothing behind it'],
  [['trace', 'x', '--language', 'fr', '--data', tmpdir()], '--language is ja or en, not fr'],
  [['settings', '--settings', '/nowhere/tayori.toml'], 'cannot read the settings file /nowhere/tayori.toml: there is none'],
] as const)
  test(`wrong: tayori ${line.join(' ').replace(tmpdir(), 'TMP')}`, async () =>
    assert.deepEqual(await tayori(line), { code: 2, out: '', err: `tayori: ${sentence}` }));

test('settings: shown, changed, as JSON, as an example', () =>
  inFolder(async (folder) => {
    assert.match((await tayori(['settings'], { folder })).out, /^ {2}domain +The domain of the addresses here/m);
    const environment = { TAYORI_QUOTA: '5GB', TAYORI_DOMAIN: 'a.example' };
    assert.equal(
      (await tayori(['settings', '--changed'], { folder, environment })).out,
      ['setting  value        from', 'domain   "a.example"  TAYORI_DOMAIN', 'quota    "5GB"        TAYORI_QUOTA'].join('\n'),
    );
    assert.deepEqual(JSON.parse((await tayori(['settings', '--changed', '--json'], { folder, environment })).out), {
      domain: 'a.example',
      quota: 5 * 1024 ** 3,
    });
    assert.match((await tayori(['settings', '--example'])).out, /^# domain = "example\.com"$/m);
  }));

test('commands: people, passwords, aliases and domains, without a server', () =>
  inFolder(async (folder) => {
    const good = async (line: string, input: readonly string[] = []): Promise<string> => {
      const heard = await tayori(line.split(' '), { folder, input });
      assert.equal(heard.err, '', line);
      assert.equal(heard.code, 0, line);
      return heard.out;
    };
    const bad = async (line: string, code = 1): Promise<string> => {
      const heard = await tayori(line.split(' '), { folder });
      assert.equal(heard.code, code, line);
      assert.equal(heard.out, '', line);
      return heard.err;
    };
    assert.match(await bad('account list', 3), /^tayori: there are no data in .*; start the server once/);
    assert.match(await good('domain add a.example'), /^Letters to a\.example are ours\./);
    assert.match(await bad('account add hanako@b.example --generate'), /^tayori: "b\.example" is not a domain of ours$/);
    assert.match(await good('account add hanako@a.example --generate --quota 5GB'), /^hanako@a\.example is here\.\nPassword: \S{20,} /);
    assert.equal(await good('account add taro@a.example --password-stdin', ['correct horse']), 'taro@a.example is here.');
    assert.match(await bad('account add taro@a.example --generate'), /taken already/);
    const { accounts } = JSON.parse(await good('account list --json')) as { accounts: { address: string; quota: number | null }[] };
    assert.deepEqual(accounts.map(({ address, quota }) => [address, quota]).toSorted(), [
      ['hanako@a.example', 5 * 1024 ** 3],
      ['taro@a.example', null],
    ]);
    assert.equal(await good('account password taro --password-stdin', ['another horse']), 'taro@a.example has a new password.');
    assert.match(await good('account app-password add taro phone --for imap,smtp'), /^App password "phone" for imap, smtp:\n/);
    assert.match(await good('account app-password list taro'), /^phone +imap, smtp +.* +never$/m);
    assert.match(await bad('account app-password add taro x --for fax', 2), /"fax" is not one of/);
    assert.equal(
      await good('account alias add info@a.example taro hanako'),
      'Letters to info@a.example go to taro@a.example, hanako@a.example.',
    );
    assert.equal(await good('account alias remove info@a.example taro@a.example'), 'Letters to info@a.example go to hanako@a.example.');
    assert.match(await bad('account alias remove info@a.example jiro@a.example'), /does not lead to jiro@a\.example/);
    assert.equal(await good('account alias remove info@a.example'), 'info@a.example stands for nobody any more.');
    assert.equal(await good('domain catch-all a.example taro@a.example'), 'Letters for unknown people of a.example go to taro@a.example.');
    assert.match(await good('domain list'), /^a\.example +2 +taro@a\.example +user\+word$/m);
    assert.match(await bad('domain remove a.example'), /^tayori: /);
    assert.match(await good('account close taro'), /^taro@a\.example is closed/);
    assert.doesNotMatch(await good('account list'), /taro/);
    assert.match(await good('account list --closed'), /^taro@a\.example .* closed /m);
    assert.equal(await good('account reopen taro'), 'taro@a.example is open again.');
    assert.equal(await good('queue list'), 'Nothing waits.');
    assert.match(await bad('queue show 7'), /nothing waits under "7"/);
    assert.match(await good('trace nobody@a.example'), /^No letter like that was seen/);
    assert.match(await good('trace nobody@a.example --language ja'), /^その手紙の記録はありません/);
  }));

test('a password in the command line is taken with a warning', () =>
  inFolder(async (folder) => {
    await tayori(['domain', 'add', 'a.example'], { folder });
    const heard = await tayori(['account', 'add', 'jiro@a.example', '--password', 'visible horse'], { folder });
    assert.equal(heard.code, 0);
    assert.match(heard.err, /can be seen by others/);
    assert.doesNotMatch(heard.err + heard.out, /visible horse/);
  }));

test('formatColumns: wide characters take two columns', () => {
  assert.equal(widthOf('花子 a'), 6);
  assert.deepEqual(
    formatColumns([
      ['name', 'x'],
      ['花子', 'y'],
    ]),
    ['name  x', '花子  y'],
  );
});

test('setup-link: prints a link and its code once, for people who are here, within its bounds', () =>
  inFolder(async (folder) => {
    const options = { folder, environment: { TAYORI_DOMAIN: 'a.example' } };
    const line = async (...words: readonly string[]) => tayori(words, options);
    assert.equal((await line('domain', 'add', 'a.example')).code, 0);
    assert.equal((await line('account', 'add', 'hanako@a.example', '--generate')).code, 0);
    const { code, out } = await line('account', 'setup-link', 'hanako', '--device', 'Phone', '--days', '2');
    assert.equal(code, 0);
    assert.match(out, /^A link for hanako@a\.example, for one device, until /);
    const [, token] = /^ {2}https:\/\/mail\.a\.example\/setup\/([\w-]{22})$/m.exec(out)!;
    assert.match(out, /[█▀▄]{10}/);
    // Each is another one, and neither is kept in the clear.
    const other = JSON.parse((await line('account', 'setup-link', 'hanako', '--json')).out) as { url: string };
    assert.notEqual(other.url.slice(-22), token);
    for (const [words, exit] of [
      [['nobody'], 1],
      [['hanako', '--days', '0'], 1],
      [['hanako', '--days', 'x'], 2],
      [['hanako', '--device', 'x'.repeat(61)], 1],
    ] as const)
      assert.equal((await line('account', 'setup-link', ...words)).code, exit, words.join(' '));
  }));
