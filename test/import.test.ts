// Import, and the way out and back: every layout of folders, resuming after a crash at the worst place, quota, refusals.
import assert from 'node:assert/strict';
import { appendFile, cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { latin1FromBytes } from '../src/base/bytes.ts';
import { silentLog } from '../src/base/log.ts';
import { silentMeter } from '../src/base/meter.ts';
import { CommandTrouble, type Work } from '../src/setup/cli/command.ts';
import { openOffice, type Office } from '../src/setup/office.ts';
import { readSettings } from '../src/setup/settings.ts';
import { backupAll } from '../src/setup/move/backup.ts';
import { exportLetters } from '../src/setup/move/export.ts';
import { importLetters, type ImportAsk, type ImportReport } from '../src/setup/move/import.ts';
import { restoreAll } from '../src/setup/move/restore.ts';
import { verifyAll } from '../src/setup/move/verify.ts';

const from = 'From a@b.example Mon Nov 23 05:36:28 2026';
const work: Work = { say() {}, signal: new AbortController().signal };

function mboxOf(count: number, extra = ''): string {
  return Array.from({ length: count }, (_, index) => `${from}\nSubject: letter ${index}\n${extra}\ntext ${index}\n\n`).join('');
}

function says(words: RegExp): (trouble: unknown) => boolean {
  return (trouble) => trouble instanceof CommandTrouble && words.test(trouble.message);
}

describe('moving letters', () => {
  let folder: string;
  let office: Office;
  let people = 0;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tayori-move-'));
    const { settings } = readSettings(null, {}, { data: join(folder, 'data') });
    office = await openOffice({ ...settings, letterLimit: 64 * 1024 }, silentLog, silentMeter);
    await office.people.putDomain('here.test');
  });
  after(async () => {
    await office.close();
    await rm(folder, { recursive: true });
  });

  /** A new person, with no letters. */
  async function person(quota: number | null = null): Promise<string> {
    const address = `person${++people}@here.test`;
    await office.people.add({ address, name: 'A Person', password: 'a long enough password', quota });
    return address;
  }

  async function file(name: string, text: string): Promise<string> {
    const path = join(folder, 'files', name);
    await mkdir(join(path, '..'), { recursive: true });
    await writeFile(path, Buffer.from(text, 'latin1'));
    return path;
  }

  function take(address: string, path: string | readonly string[], more: Partial<ImportAsk> = {}, how: Work = work): Promise<ImportReport> {
    const paths = typeof path === 'string' ? [path] : path;
    return importLetters({ address, paths, format: null, into: null, resume: false, again: false, ...more }, office, how);
  }

  interface Held {
    readonly text: string;
    readonly flags: readonly string[];
    readonly at: number;
  }

  /** All letters of a person, by mailbox, empty ones left out. */
  async function held(address: string): Promise<Record<string, Held[]>> {
    const account = office.people.get(address).id;
    const all: Record<string, Held[]> = {};
    for (const mailbox of await office.store.mailboxes(account)) {
      const state = await office.store.openMailbox(account, mailbox.id);
      const letters = await office.store.readLetters(account, state.messages.subarray(0, state.count));
      const list = letters.map((letter, index) => ({
        text: latin1FromBytes(letter!),
        flags: state.flagsAt(index).text.slice(1, -1).split(' ').filter(Boolean).toSorted(),
        at: state.receivedAt[index]!,
      }));
      if (list.length > 0) all[mailbox.name] = list;
      state.release();
    }
    return all;
  }

  async function counts(address: string): Promise<Record<string, number>> {
    return Object.fromEntries(Object.entries(await held(address)).map(([name, list]) => [name, list.length]));
  }

  test('an mbox: octets, date, flags, keywords; the inbox by its name', async () => {
    const address = await person();
    const path = await file(
      'one/Inbox',
      `${from}\nSubject: a\nStatus: RO\nX-Status: F\nX-Keywords: work\n\n>From x\nline\n\n${from}\nSubject: b\n\n`,
    );
    const report = await take(address, path);
    assert.deepEqual([report.found, report.imported, report.refused], [2, 2, []]);
    assert.deepEqual(await held(address), {
      INBOX: [
        {
          text: 'Subject: a\r\nStatus: RO\r\nX-Status: F\r\nX-Keywords: work\r\n\r\nFrom x\r\nline\r\n',
          flags: ['\\Flagged', '\\Seen', 'work'],
          at: Date.parse('2026-11-23T05:36:28Z'),
        },
        { text: 'Subject: b\r\n', flags: [], at: Date.parse('2026-11-23T05:36:28Z') },
      ],
    });
  });

  test('what is refused is named and counted: too large, empty, removed in Thunderbird, bookkeeping', async () => {
    const address = await person();
    const big = `${from}\nSubject: big\n\n${'x'.repeat(70_000)}\n\n`;
    const path = await file(
      'odd.mbox',
      `${mboxOf(1)}${big}${from}\n\n${mboxOf(1, 'X-Mozilla-Status: 0009\n')}${mboxOf(1, 'X-IMAP: 1 2\n')}${mboxOf(1)}`,
    );
    const report = await take(address, path);
    assert.deepEqual([report.found, report.imported], [6, 2]);
    assert.deepEqual(
      report.refused.map(({ reason, letters }) => [reason.split(/[:( ]/)[0], letters]),
      [
        ['larger', 1],
        ['empty', 1],
        ['removed', 1],
        ['no', 1],
      ],
    );
    assert.deepEqual(await counts(address), { odd: 2 });
  });

  test('a Maildir: flags, keywords, folders with their roles, the date of the file', async () => {
    const address = await person();
    const root = 'maildir';
    const letter = await file(`${root}/cur/1.a.host:2,Sa`, 'Subject: a\n\nx\n');
    await utimes(letter, 1_000_000, 1_000_000);
    await file(`${root}/new/2.b.host`, 'Subject: b\r\n\r\n');
    await file(`${root}/tmp/3.c.host`, 'Subject: not yet there\n');
    await file(`${root}/dovecot-keywords`, '0 work\n');
    await file(`${root}/.Sent Items/cur/1.host:2,S`, 'Subject: sent\n');
    await file(`${root}/.Work.&ZeVnLIqe-/cur/1.host:2,T`, 'Subject: below\n');
    const report = await take(address, join(folder, 'files', root));
    assert.equal(report.imported, 4);
    const all = await held(address);
    assert.deepEqual(all['INBOX'], [
      { text: 'Subject: a\r\n\r\nx\r\n', flags: ['\\Seen', 'work'], at: 1_000_000_000 },
      { ...all['INBOX']![1]!, text: 'Subject: b\r\n\r\n', flags: [] },
    ]);
    assert.deepEqual(await counts(address), { INBOX: 2, Sent: 1, 'Work/日本語': 1 });
    assert.deepEqual(all['Work/日本語']![0]!.flags, ['\\Deleted']);
  });

  test('a tree as Thunderbird has it, a folder of .eml, --into, and what is passed over', async () => {
    const address = await person();
    const root = 'tree';
    await file(`${root}/Inbox`, mboxOf(1));
    await file(`${root}/Inbox.msf`, 'nothing');
    await file(`${root}/Old.sbd/2019`, mboxOf(2));
    await file(`${root}/Apple.mbox/mbox`, mboxOf(3));
    await file(`${root}/loose/a.eml`, 'Date: Mon, 23 Nov 2026 12:00:00 +0900\nSubject: a\n\n');
    await file(`${root}/notes.txt`, 'these are notes');
    await symlink('/etc', join(folder, 'files', root, 'link'));
    const report = await take(address, join(folder, 'files', root));
    assert.deepEqual(report.passedOver.map(({ path }) => path).toSorted(), ['link', 'notes.txt']);
    assert.deepEqual(await counts(address), { INBOX: 1, 'Old/2019': 2, Apple: 3, loose: 1 });
    assert.equal((await held(address))['loose']![0]!.at, Date.parse('2026-11-23T03:00:00Z'));
    await take(address, join(folder, 'files', root), { into: 'Put/Here' });
    assert.deepEqual(await counts(address), {
      INBOX: 1,
      'Old/2019': 2,
      Apple: 3,
      loose: 1,
      'Put/Here': 1,
      'Put/Here/Old/2019': 2,
      'Put/Here/Apple': 3,
      'Put/Here/loose': 1,
    });
  });

  test('a second time: refused with the way on; --resume takes what has come since; --again all of it', async () => {
    const address = await person();
    const path = await file('twice.mbox', mboxOf(3));
    await take(address, path);
    await assert.rejects(take(address, path), says(/was imported on .* \(3 letters\); add --resume/));
    assert.equal((await take(address, path, { resume: true })).found, 0);
    await appendFile(path, mboxOf(2));
    const report = await take(address, path, { resume: true });
    assert.deepEqual([report.found, report.imported, report.earlier], [2, 2, 3]);
    await take(address, path, { again: true });
    assert.deepEqual(await counts(address), { twice: 10 });
    await writeFile(path, mboxOf(1));
    await assert.rejects(take(address, path, { resume: true }), says(/is not the file any more/));
  });

  test('a crash between a batch and its mark: nothing is doubled or lost, also when letters were moved or removed meanwhile', async () => {
    const address = await person();
    const account = office.people.get(address).id;
    const path = await file('crash.mbox', mboxOf(1000));
    await take(address, path);
    const [name] = await newestLedger(join(office.folder, 'import'), path);
    const lines = (await readFile(name!, 'utf8')).trimEnd().split('\n');
    assert.equal(lines.length, 1 + 5 + 1);
    const mailboxes = await office.store.mailboxes(account);
    const crash = mailboxes.find((mailbox) => mailbox.name === 'crash')!;
    const trash = mailboxes.find((mailbox) => mailbox.role === 'trash')!;
    await office.store.copy(account, crash.id, [950], trash.id, { move: true, quota: null });
    await office.store.expunge(account, crash.id, [960], false);
    for (const kept of [1, 3, 5]) {
      // The end of the ledger never reached the disk, and the last line only in part.
      await writeFile(name!, `${lines.slice(0, kept).join('\n')}\n${lines[kept]!.slice(0, 30)}`);
      await assert.rejects(take(address, path), says(/has begun and not ended/));
      const report = await take(address, path, { resume: true });
      assert.equal(report.earlier + report.imported, 1000);
      assert.deepEqual(await counts(address), { crash: 998, Trash: 1 });
    }
    const texts = (await held(address))['crash']!.map((letter) => letter.text);
    assert.equal(new Set(texts).size, 998);
  });

  test('Ctrl-C: stops behind a batch, and --resume goes on', async () => {
    const address = await person();
    const path = await file('stop.mbox', mboxOf(1000));
    const stop = new AbortController();
    const stopping: Work = { say: () => stop.abort(), signal: stop.signal };
    await assert.rejects(take(address, path, {}, stopping), says(/stopped; \d+ letters are in, and the same line with --resume goes on/));
    const before = (await counts(address))['stop']!;
    assert.ok(before > 0 && before < 1000, String(before));
    const report = await take(address, path, { resume: true });
    assert.equal(report.imported, 1000 - before);
    assert.deepEqual(await counts(address), { stop: 1000 });
  });

  test('a full quota ends the import in words; more room and --resume go on', async () => {
    const address = await person(20_000);
    const path = await file('quota.mbox', mboxOf(1000));
    await assert.rejects(take(address, path), says(/has no room left .*"tayori account quota/));
    await office.people.setQuota(address, null);
    const report = await take(address, path, { resume: true });
    assert.equal(report.earlier + report.imported, 1000);
    assert.deepEqual(await counts(address), { quota: 1000 });
  });

  test('more keywords than a mailbox has: the letters come, the keywords beyond are counted', async () => {
    const address = await person();
    const text = Array.from({ length: 300 }, (_, index) => `${from}\nX-Keywords: word${index}\n\nx\n\n`).join('');
    const report = await take(address, await file('words.mbox', text));
    assert.deepEqual([report.imported, report.keywordsLeftOut], [300, 120]);
  });

  const wrong: readonly [string, () => Promise<unknown>, RegExp][] = [
    ['nothing there', async () => take(await person(), join(folder, 'nowhere')), /there is nothing at/],
    ['no letters', async () => take(await person(), join(await file('empty/readme', 'hello'), '..')), /there are no letters in/],
    [
      'another format',
      async () => take(await person(), await file('m.mbox', mboxOf(1)), { format: 'maildir' }),
      /no letters of the format maildir/,
    ],
    ['nobody', async () => take('nobody@here.test', folder), /nobody/],
    ['the same path twice', async () => take(await person(), [folder, folder]), /is being imported already/],
    ['a name that cannot be', async () => take(await person(), await file('n.mbox', mboxOf(1)), { into: 'a*b' }), /name of a mailbox/],
    [
      'an export into the data',
      async () =>
        exportLetters({ address: await person(), folder: join(office.folder, 'out'), format: 'mbox', mailbox: null }, office, work),
      /lies in the data folder/,
    ],
    [
      'an export around the data',
      async () => exportLetters({ address: await person(), folder, format: 'mbox', mailbox: null }, office, work),
      /lies in the data folder or around it/,
    ],
    [
      'an export of no mailbox',
      async () => exportLetters({ address: await person(), folder: join(folder, 'no'), format: 'mbox', mailbox: 'Sant' }, office, work),
      /has no mailbox "Sant"; there are: .*Sent/,
    ],
    [
      'a backup into the data',
      () => backupAll({ folder: office.folder, force: true, settings: null }, office, work),
      /lies in the data folder/,
    ],
    [
      'a restore of none',
      () => restoreAll(join(folder, 'files'), { ...office.settings, data: join(folder, 'x') }, () => {}),
      /holds no backup/,
    ],
  ];
  for (const [name, act, words] of wrong) test(`refused in one sentence: ${name}`, () => assert.rejects(act(), words));

  for (const format of ['mbox', 'maildir'] as const)
    test(`export as ${format} and import: the same letters, octet for octet, with flags, dates and mailboxes`, async () => {
      const address = await person();
      const account = office.people.get(address).id;
      const texts = [
        '',
        'A: b\r\n\r\nx',
        'A: b\n\nbare\n',
        '\r\n\r\n',
        '>From x\r\n',
        `A: b\r\n\r\n\r\n${from}\r\n>>From y\r\n\r\n`,
        'a\rb\r',
        '\0\xff\r\n',
      ];
      const inbox = (await office.store.mailboxes(account)).find((mailbox) => mailbox.role === 'inbox')!;
      const odd = await office.store.createMailbox(account, 'Odd. name: "x"/子', null);
      for (const [index, text] of texts.entries()) {
        if (text === '') continue;
        const spool = office.store.spool(1 << 20);
        await spool.add(Buffer.from(text, 'latin1'));
        const flags = [['\\Seen'], ['work', '$Forwarded'], [], ['\\Draft', '\\Deleted'], ['\\Answered', '\\Flagged']][index % 5]!;
        await office.store.append(
          account,
          index % 2 === 0 ? inbox.id : odd.id,
          [{ spool, flags, receivedAt: 1_700_000_000_123 - index * 1_000_000 }],
          null,
        );
      }
      const out = join(folder, `out-${format}`);
      const report = await exportLetters({ address, folder: out, format, mailbox: null }, office, work);
      assert.equal(report.letters, texts.length - 1);
      assert.deepEqual(
        (await readdir(out)).filter((name) => name.startsWith('.tayori')),
        [],
      );
      await assert.rejects(exportLetters({ address, folder: out, format, mailbox: null }, office, work), says(/is not empty/));
      const other = await person();
      assert.equal((await take(other, out)).imported, texts.length - 1);
      assert.deepEqual(await held(other), await held(address));
    });

  test('backup and restore: everything comes back, with new UIDVALIDITY; a changed file is found out; verify is clean', async () => {
    const address = await person();
    await take(address, await file('kept.mbox', mboxOf(50)));
    const account = office.people.get(address).id;
    const target = join(folder, 'backup');
    const ask = { folder: target, force: false, settings: 'log-level = "info"\n' };
    const result = await backupAll(ask, office, work);
    assert.deepEqual(result.damaged, []);
    await assert.rejects(backupAll(ask, office, work), says(/is not empty; .* --force/));
    await backupAll({ ...ask, force: true }, office, work);
    await file('foreign/note', 'x');
    await assert.rejects(
      backupAll({ ...ask, folder: join(folder, 'files', 'foreign'), force: true }, office, work),
      says(/holds no backup of Tayori/),
    );

    const settings = { ...office.settings, data: join(folder, 'data2') };
    const restored = await restoreAll(target, settings, () => {});
    assert.equal(restored.letters, result.letters);
    assert.equal(await readFile(join(restored.settings!, 'tayori.toml'), 'utf8'), 'log-level = "info"\n');
    await assert.rejects(
      restoreAll(target, settings, () => {}),
      says(/is not empty/),
    );
    const second = await openOffice(settings, silentLog, silentMeter);
    try {
      assert.deepEqual((await verifyAll(false, second, work)).findings, []);
      const before = await office.store.mailboxes(account);
      const now = await second.store.mailboxes(account);
      assert.deepEqual(
        now.map(({ name, role, messages, uidNext }) => ({ name, role, messages, uidNext })),
        before.map(({ name, role, messages, uidNext }) => ({ name, role, messages, uidNext })),
      );
      for (const [index, mailbox] of now.entries()) assert.notEqual(mailbox.uidValidity, before[index]!.uidValidity);
      assert.equal(second.people.get(address).passwordHash, office.people.get(address).passwordHash);
    } finally {
      await second.close();
    }

    const broken = join(folder, 'broken');
    await cp(target, broken, { recursive: true });
    const segment = join(broken, 'shard-0', 'segments', (await readdir(join(broken, 'shard-0', 'segments')))[0]!);
    const octets = await readFile(segment);
    octets[octets.length >> 1]! ^= 1;
    await writeFile(segment, octets);
    const third = { ...settings, data: join(folder, 'data3') };
    await assert.rejects(
      restoreAll(broken, third, () => {}),
      says(/SHA-256 differs/),
    );
    await rm(segment);
    await assert.rejects(
      restoreAll(broken, third, () => {}),
      says(/is missing/),
    );
    await rm(join(broken, 'manifest.json'));
    await assert.rejects(
      restoreAll(broken, third, () => {}),
      says(/holds no backup/),
    );
  });
});

/** The ledger of a path. */
async function newestLedger(folder: string, path: string): Promise<string[]> {
  const found: string[] = [];
  for (const name of await readdir(folder))
    if ((await readFile(join(folder, name), 'utf8')).includes(JSON.stringify(path))) found.push(join(folder, name));
  return found;
}
