// mbsync between the running program and a Maildir: what changes on either side is on both afterwards, nothing is doubled, nothing lost.
import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rename, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { imapClient, inWireLines, letter, lettersByImap, lettersByPop, put, runWell, type Seen } from '../support/mail-apps.ts';
import { needsDebian, startTayori, type Person } from '../support/tayori.ts';

const skip = needsDebian('isync', 'mbsync');
const server = await startTayori();
after(() => server.stop());
const [hanako, taro] = server.people as [Person, Person];
const { folder, ports } = server;

/** Settings for one channel between all mailboxes here and the folders below `place`. */
async function settings(name: string, place: string, store: readonly string[], patterns = '*'): Promise<string> {
  const path = join(folder, `${name}.rc`);
  const lines = [
    // Thousands of small files that nobody needs after a power cut.
    'FSync no',
    '',
    'IMAPStore there',
    'Host localhost',
    `User ${taro.login}`,
    `Pass "${taro.password}"`,
    `CertificateFile ${server.ca}`,
    ...store,
    '',
    'MaildirStore here',
    `Path ${place}/`,
    `Inbox ${place}/INBOX`,
    'SubFolders Verbatim',
    '',
    'Channel all',
    'Far :there:',
    'Near :here:',
    `Patterns ${patterns}`,
    'Create Both',
    'Remove Both',
    'Expunge Both',
    'SyncState *',
  ];
  await writeFile(path, `${lines.join('\n')}\n`, { mode: 0o600 });
  await mkdir(place, { recursive: true });
  return path;
}

interface File {
  readonly part: 'new' | 'cur';
  readonly name: string;
  readonly octets: Buffer;
  /** The letters of the Maildir's flags. */
  readonly flags: string;
}

async function files(place: string): Promise<File[]> {
  const all: File[] = [];
  for (const part of ['new', 'cur'] as const)
    for (const name of await readdir(join(place, part)))
      all.push({ part, name, octets: inWireLines(await readFile(join(place, part, name))), flags: /:2,(.*)$/.exec(name)?.[1] ?? '' });
  return all;
}

const letterOf: Record<string, string> = { '\\Seen': 'S', '\\Answered': 'R', '\\Flagged': 'F', '\\Deleted': 'T', '\\Draft': 'D' };
const mark = (flags: readonly string[]): string =>
  flags
    .map((flag) => letterOf[flag] ?? '')
    .toSorted()
    .join('');
/** mbsync's own field, by which it finds a letter again that was sent while the line broke. */
const plain = (octets: Buffer): string => octets.toString('latin1').replace(/^X-TUID: .*\r\n/m, '');
const picture = (all: readonly { readonly octets: Buffer; readonly marks: string }[]): string[] =>
  all.map(({ octets, marks }) => `${marks} ${plain(octets)}`).toSorted();
const pictureOfFiles = (all: readonly File[]): string[] => picture(all.map(({ octets, flags }) => ({ octets, marks: flags })));
const pictureOfSeen = (all: readonly Seen[]): string[] => picture(all.map(({ octets, flags }) => ({ octets, marks: mark(flags) })));

/** Which of the many it is. */
const numberOf = ({ octets }: File): number => Number(/Subject: mbsync (\d+)/.exec(octets.toString('latin1'))![1]);

/** Both ends have the same letters with the same flags. @returns how many. */
async function assertEqualEnds(place: string, mailbox = 'INBOX'): Promise<number> {
  const here = pictureOfFiles(await files(place));
  const there = pictureOfSeen(await lettersByImap(server, taro, mailbox));
  assert.deepEqual(here, there);
  assert.equal(new Set(there.map((one) => /^Message-ID: .*$/im.exec(one)![0])).size, there.length, 'nothing is doubled');
  return there.length;
}

test('mbsync: 1,000 letters, changes on both sides, a restart between', { skip, timeout: 240_000 }, async () => {
  const place = join(folder, 'mail');
  const rc = await settings('first', place, [`Port ${ports.imaps}`, 'SSLType IMAPS', 'AuthMechs LOGIN'], 'INBOX');
  const sync = () => runWell('mbsync', ['--config', rc, 'all'], { timeout: 240_000 });
  const inbox = join(place, 'INBOX');

  const sent = Array.from({ length: 1000 }, (_, index) =>
    letter(hanako, taro, `mbsync ${index}`, `おはよう ${index}\r\n.\r\n..${'x'.repeat(index % 70)}\r\n`),
  );
  await put(server, taro, 'INBOX', sent);
  await sync();
  assert.equal(await assertEqualEnds(inbox), 1000);
  assert.deepEqual(
    (await files(inbox)).map(({ octets }) => plain(octets)).toSorted(),
    sent.map((octets) => octets.toString('latin1')).toSorted(),
  );

  // There: seen, flagged, taken away, new ones.
  const client = imapClient(server, taro);
  await client.connect();
  await client.mailboxOpen('INBOX');
  await client.messageFlagsAdd('1:100', ['\\Seen']);
  await client.messageFlagsAdd('51:150', ['\\Flagged', '\\Answered']);
  await client.messageDelete('201:250');
  await client.logout();
  const newThere = Array.from({ length: 20 }, (_, index) => letter(hanako, taro, `new there ${index}`));
  await put(server, taro, 'INBOX', newThere, ['\\Draft']);
  // Here: other letters, by their names.
  for (const file of await files(inbox)) {
    const index = numberOf(file);
    const path = join(inbox, file.part, file.name);
    const flagged = (flags: string): Promise<void> => rename(path, join(inbox, 'cur', `${file.name.replace(/:2,.*$/, '')}:2,${flags}`));
    if (index >= 400 && index < 450) await flagged('S');
    else if (index >= 450 && index < 480) await flagged('FRS');
    else if (index >= 600 && index < 640) await unlink(path);
  }
  const newHere = Array.from({ length: 30 }, (_, index) => letter(taro, hanako, `new here ${index}`, 'はい\r\n'));
  for (const [index, octets] of newHere.entries())
    await writeFile(
      join(inbox, 'cur', `17000000${index}.1.host:2,${index % 2 === 0 ? 'S' : 'F'}`),
      octets.toString().replaceAll('\r\n', '\n'),
    );

  await sync();
  assert.equal(await assertEqualEnds(inbox), 1000 - 50 - 40 + 20 + 30);
  const all = await lettersByImap(server, taro);
  const flagsOf = (subject: string): string => mark(all.find(({ octets }) => octets.includes(`\r\nSubject: ${subject}\r\n`))!.flags);
  assert.equal(flagsOf('mbsync 99'), 'FRS');
  assert.equal(flagsOf('mbsync 120'), 'FR');
  assert.equal(flagsOf('mbsync 420'), 'S');
  assert.equal(flagsOf('mbsync 460'), 'FRS');
  assert.equal(flagsOf('new there 3'), 'D');
  assert.equal(flagsOf('new here 2'), 'S');
  assert.equal(flagsOf('new here 3'), 'F');
  assert.ok(all.every(({ octets }) => !octets.includes('\r\nSubject: mbsync 220\r\n') && !octets.includes('\r\nSubject: mbsync 620\r\n')));
  // The octets that mbsync has brought here are what the other protocol gives.
  const byPop = new Set((await lettersByPop(server, taro)).map(({ octets }) => plain(octets)));
  for (const octets of newHere) assert.ok(byPop.has(octets.toString('latin1')));

  // After a restart the mailbox is the same one: nothing is fetched or sent again.
  const before = await files(inbox);
  const uids = all.map(({ uid }) => uid);
  const validity = async (): Promise<string> =>
    (await readFile(join(inbox, '.mbsyncstate'), 'utf8')).split('\n').find((line) => line.startsWith('FarUidValidity'))!;
  const was = await validity();
  await server.restart('kill');
  await sync();
  assert.equal(await validity(), was);
  assert.deepEqual(
    (await lettersByImap(server, taro)).map(({ uid }) => uid),
    uids,
  );
  assert.deepEqual((await files(inbox)).map(({ name }) => name).toSorted(), before.map(({ name }) => name).toSorted());
  await put(server, taro, 'INBOX', [letter(hanako, taro, 'after the restart')]);
  await sync();
  assert.equal(await assertEqualEnds(inbox), 961);
});

for (const [name, store, needs] of [
  ['STARTTLS, SCRAM-SHA-256', [`Port ${ports.imap}`, 'SSLType STARTTLS', 'AuthMechs SCRAM-SHA-256'], needsDebian('libsasl2-modules', 'sh')],
  [
    'TLS, the mechanism that both like best',
    [`Port ${ports.imaps}`, 'SSLType IMAPS', 'AuthMechs *'],
    needsDebian('libsasl2-modules', 'sh'),
  ],
] as const)
  test(`mbsync, ${name}: mailboxes made on either side, with names of the world`, { skip: skip || needs, timeout: 240_000 }, async () => {
    const place = join(folder, name.replaceAll(/\W/g, ''));
    const rc = await settings('names', place, [...store, 'PathDelimiter /'], '* !INBOX');
    const client = imapClient(server, taro);
    await client.connect();
    await client.mailboxCreate(`受信 ${name}`);
    await client.mailboxCreate(`a & b/${name}`);
    await client.logout();
    const sent = letter(hanako, taro, name);
    await put(server, taro, `受信 ${name}`, [sent], ['\\Seen']);
    const mine = join(place, 'From Here');
    for (const part of ['new', 'cur', 'tmp']) await mkdir(join(mine, part), { recursive: true });
    const own = letter(taro, hanako, `own ${name}`);
    await writeFile(join(mine, 'cur', '1.1.host:2,S'), own.toString().replaceAll('\r\n', '\n'));
    await runWell('mbsync', ['--config', rc, 'all']);
    const there = await lettersByImap(server, taro, 'From Here');
    assert.ok(there.some(({ octets }) => plain(octets) === own.toString('latin1')));
    // The Maildir keeps the name as IMAP4rev1 writes it.
    const found = `&U9dP4Q- ${name}`;
    assert.ok((await readdir(place)).includes(found), (await readdir(place)).join(', '));
    assert.deepEqual(
      (await files(join(place, found))).map(({ octets, flags }) => [plain(octets), flags]),
      [[sent.toString('latin1'), 'S']],
    );
    assert.ok((await readdir(join(place, 'a &- b'))).includes(name));
    await runWell('mbsync', ['--config', rc, 'all']);
    assert.equal((await lettersByImap(server, taro, 'From Here')).length, there.length);
  });
