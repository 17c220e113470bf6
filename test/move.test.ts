// Letters moved by the program as a person runs it: a large import beside the running server, its end by force and the way on, the corpus
// out and back, a backup while letters arrive. Knows the program from outside only.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { copyFile, mkdir, open, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ImapFlow, type StatusObject } from 'imapflow';
import nodemailer from 'nodemailer';
import type { ImportReport } from '../src/setup/move/import.ts';
import type { ExportReport } from '../src/setup/move/export.ts';
import type { BackupResult } from '../src/setup/move/backup.ts';
import type { VerifyReport } from '../src/setup/move/verify.ts';
import { openLedger } from '../src/io/collection/ledger.ts';
import { MboxReader } from '../src/message/mbox.ts';
import { waitFor } from './support/fair-wait.ts';
import { inFolder, launcher, start, tayori, type Started } from './support/program.ts';

const corpus = fileURLToPath(new URL('corpus/letters', import.meta.url));
const many = 10_000;

async function json<T>(line: readonly string[], codes: readonly number[] = [0]): Promise<T> {
  const { code, out, err } = await tayori([...line, '--json']);
  assert.ok(codes.includes(code ?? -1), `tayori ${line.join(' ')}: ${code} ${err}`);
  return JSON.parse(out) as T;
}

async function writeMbox(path: string, count: number): Promise<void> {
  const filler = 'some words of an ordinary letter, about as long as a line usually is\n'.repeat(45);
  const letters = Array.from(
    { length: count },
    (_, index) =>
      `From a@b.example Mon Nov 23 05:36:28 2026\nFrom: a@b.example\nTo: hanako@tayori.test\nSubject: letter ${index}\nMessage-ID: <${index}@b.example>\nStatus: RO\n\n${filler}\n`,
  );
  await writeFile(path, letters.join(''));
}

async function signIn(server: Started, who: number): Promise<ImapFlow> {
  const { login, password } = server.listening.people[who]!;
  const client = new ImapFlow({
    host: '127.0.0.1',
    port: server.portOf('imaps'),
    secure: true,
    auth: { user: login, pass: password },
    tls: { rejectUnauthorized: false },
    logger: false,
  });
  await client.connect();
  return client;
}

async function statusOf(client: ImapFlow, mailbox: string): Promise<StatusObject> {
  const status = await client.status(mailbox, { messages: true, unseen: true, uidValidity: true });
  assert.ok(status !== false);
  return status;
}

/** Subjects of all letters of an mbox file. */
async function subjectsOf(path: string): Promise<string[]> {
  const reader = new MboxReader();
  let text = '';
  for (const piece of [...reader.read(await readFile(path)), ...reader.end()])
    if (piece.kind === 'data') text += Buffer.from(piece.bytes).toString('latin1');
  return [...text.matchAll(/^Subject: (letter \d+)\r$/gm)].map((found) => found[1]!);
}

test('import of 10,000 letters beside the running server, which goes on answering', { timeout: 240_000 }, async (context) => {
  await inFolder(async (folder) => {
    const path = join(folder, 'Large.mbox');
    await writeMbox(path, many);
    const data = join(folder, 'data');
    const server = await start(data);
    const client = await signIn(server, 0);
    try {
      const importing = json<ImportReport>(['import', 'hanako', path, '--data', data]);
      const importEnded = importing.then(
        () => 'ended' as const,
        () => 'ended' as const,
      );
      let longest = 0;
      let asked = 0;
      for (; (await Promise.race([importEnded, null])) === null; asked++) {
        const waiting = waitFor(server.child.pid!);
        await client.noop();
        longest = Math.max(longest, waiting.soFar());
      }
      const report = await importing;
      assert.deepEqual([report.found, report.imported, report.refused], [many, many, []]);
      const status = await statusOf(client, 'Large');
      assert.deepEqual([status.messages, status.unseen], [many, 0]);
      context.diagnostic(
        `${Math.round((many * 1000) / report.milliseconds)} letters/s; ${asked} NOOPs meanwhile, the longest took ${Math.round(longest)} ms`,
      );
      assert.ok(longest < 1_000, `a NOOP took ${longest} ms`);
    } finally {
      client.close();
      await server.stop();
    }
  });
});

test('kill -9 of the server in the middle of an import, three times: nothing is doubled or lost', { timeout: 240_000 }, async (context) => {
  await inFolder(async (folder) => {
    const path = join(folder, 'Large.mbox');
    await writeMbox(path, many);
    const data = join(folder, 'data');
    const stops: number[] = [];
    for (const round of [0, 1, 2]) {
      const server = await start(data);
      const importing = tayori(['import', 'hanako', path, '--resume', '--data', data]);
      await marks(data, round * 10 + 5 + Math.floor(Math.random() * 10));
      server.child.kill('SIGKILL');
      await server.stopped;
      const { code } = await importing;
      assert.notEqual(code, 0);
      stops.push(await countMarks(data));
    }
    // The rest without a server, by the command itself.
    const report = await json<ImportReport>(['import', 'hanako', path, '--resume', '--data', data]);
    assert.equal(report.earlier + report.imported, many);
    assert.ok(report.earlier > 0 && report.imported > 0, `killed after ${stops.join(', ')} batches`);
    const out = join(folder, 'out');
    await json<ExportReport>(['export', 'hanako', out, '--mailbox', 'Large', '--data', data]);
    const subjects = await subjectsOf(join(out, 'Large.mbox'));
    assert.equal(subjects.length, many);
    assert.deepEqual(
      subjects,
      Array.from({ length: many }, (_, index) => `letter ${index}`),
    );
    const verified = await json<VerifyReport>(['verify', '--data', data]);
    assert.deepEqual(verified.findings, []);
    context.diagnostic(`killed after ${stops.join(', ')} batches of 200`);
  });
});

async function countMarks(data: string): Promise<number> {
  const folder = join(data, 'import');
  const [name] = await readdir(folder).catch(() => []);
  return name === undefined ? 0 : (await readFile(join(folder, name), 'utf8')).split('"source"').length - 1;
}

async function marks(data: string, count: number): Promise<void> {
  while ((await countMarks(data)) < count) await new Promise(setImmediate);
}

test('Ctrl-C at the command line, and --resume', { timeout: 240_000 }, async () => {
  await inFolder(async (folder) => {
    const path = join(folder, 'Large.mbox');
    await writeMbox(path, many);
    const data = join(folder, 'data');
    await (await start(data)).stop();
    const child = spawn(launcher, ['import', 'hanako', path, '--data', data], { env: { PATH: process.env['PATH'] } });
    let err = '';
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
    await marks(data, 3);
    child.kill('SIGINT');
    const [code] = (await once(child, 'close')) as [number | null];
    assert.equal(code, 1);
    assert.match(err, /tayori: stopped; \d+ letters are in, and the same line with --resume goes on from there\n$/);
    const report = await json<ImportReport>(['import', 'hanako', path, '--resume', '--data', data]);
    assert.equal(report.earlier + report.imported, many);
  });
});

for (const format of ['mbox', 'maildir'])
  test(`every odd letter of the corpus, in and out as ${format} and in and out again: octet for octet`, { timeout: 240_000 }, async () => {
    await inFolder(async (folder) => {
      const data = join(folder, 'data');
      await (await start(data)).stop();
      const letters = globSync('*.eml', { cwd: corpus });
      // As a Maildir of ours, which says that line ends are to be left alone.
      await mkdir(join(folder, 'odd', 'cur'), { recursive: true });
      for (const [index, name] of letters.entries())
        await copyFile(join(corpus, name), join(folder, 'odd', 'cur', `${index}.M${String(index).padStart(10, '0')}.tayori-kept,S=0:2,`));
      const first = await json<ImportReport>(['import', 'hanako', join(folder, 'odd'), '--into', 'Odd', '--data', data], [0, 1]);
      assert.equal(first.found, letters.length);
      const wanted = await Promise.all(letters.map(async (name) => (await readFile(join(corpus, name))).toString('latin1')));
      assert.equal(first.imported, wanted.filter((text) => text !== '').length);
      const ways = [join(folder, 'one'), join(folder, 'two')] as const;
      const exported = await json<ExportReport>(['export', 'hanako', ways[0], '--format', format, '--data', data]);
      const second = await json<ImportReport>(['import', 'taro', ways[0], '--data', data]);
      assert.deepEqual([exported.letters, second.imported], [first.imported, first.imported]);
      await json<ExportReport>(['export', 'taro', ways[1], '--format', format, '--data', data]);
      for (const path of globSync('**/*', { cwd: ways[0], withFileTypes: true }).filter((entry) => entry.isFile())) {
        const below = join(path.parentPath, path.name).slice(ways[0].length + 1);
        assert.ok((await readFile(join(ways[0], below))).equals(await readFile(join(ways[1], below))), below);
      }
      // What is in the account is what was in the corpus.
      const sums = new Map<string, number>();
      for (const text of wanted) if (text !== '') sums.set(text, (sums.get(text) ?? 0) + 1);
      const server = await start(data);
      const client = await signIn(server, 1);
      try {
        await client.mailboxOpen('Odd');
        for await (const { source } of client.fetch('1:*', { source: true })) {
          const text = source!.toString('latin1');
          assert.ok((sums.get(text) ?? 0) > 0, `not in the corpus: ${JSON.stringify(text.slice(0, 200))}`);
          sums.set(text, sums.get(text)! - 1);
        }
        assert.ok([...sums.values()].every((left) => left === 0));
      } finally {
        client.close();
        await server.stop();
      }
    });
  });

test(
  'backup while letters arrive, restored elsewhere: verify is clean, all from before are there under a new UIDVALIDITY',
  { timeout: 240_000 },
  async (context) => {
    await inFolder(async (folder) => {
      const path = join(folder, 'Large.mbox');
      await writeMbox(path, 3_000);
      const data = join(folder, 'data');
      const server = await start(data);
      const [hanako, taro] = server.listening.people;
      const ledger = openLedger(data);
      const fetched = { uid: 4, localUid: 7, message: 3, flags: '', size: 9, receivedAt: 1, identity: 'i', digest: 'd', emailId: '' };
      await ledger.imap.write(1000, 1, { put: [fetched] });
      await json<ImportReport>(['import', 'hanako', path, '--data', data]);
      const transport = nodemailer.createTransport({
        host: '127.0.0.1',
        port: server.portOf('submissions'),
        secure: true,
        pool: true,
        maxConnections: 4,
        auth: { user: hanako!.login, pass: hanako!.password },
        tls: { rejectUnauthorized: false },
      });
      let answered = 0;
      const over = new AbortController();
      const enough = Promise.withResolvers<void>();
      const lane = async () => {
        while (!over.signal.aborted) {
          const number = answered;
          await transport.sendMail({ from: hanako!.address, to: taro!.address, subject: `under load ${number}`, text: 'x\n'.repeat(500) });
          if (++answered === 20) enough.resolve();
        }
      };
      const load = Promise.all([lane(), lane(), lane(), lane()]);
      let atBegin = 0;
      let meanwhile = 0;
      let result: BackupResult;
      try {
        // The backup begins under load.
        await Promise.race([enough.promise, load]);
        atBegin = answered;
        result = await json<BackupResult>(['backup', join(folder, 'backup'), '--data', data]);
        meanwhile = answered - atBegin;
        over.abort();
        await load;
      } catch (trouble) {
        over.abort();
        await Promise.allSettled([load]);
        const { err } = await server.stop();
        throw new Error(`the server's last words: ${err.slice(-3000)}`, { cause: trouble });
      } finally {
        transport.close();
      }
      const old = await signIn(server, 1);
      const before = await statusOf(old, 'INBOX');
      old.close();
      await server.stop();
      await ledger.close();
      assert.deepEqual(result.damaged, []);

      const restored = join(folder, 'elsewhere', 'data');
      const { code, out, err } = await tayori(['restore', join(folder, 'backup'), '--data', restored]);
      assert.equal(code, 0, err);
      assert.match(out, /What to do next:\n {2}1\. tayori verify/);
      assert.deepEqual((await json<VerifyReport>(['verify', '--data', restored])).findings, []);
      const kept = openLedger(restored);
      assert.deepEqual(await kept.imap.letters(1000, 1, 0, 10), [fetched]);
      await kept.close();
      const again = await start(restored);
      assert.deepEqual(
        again.listening.people.map(({ address }) => address),
        server.listening.people.map(({ address }) => address),
      );
      const client = await signIn(again, 1);
      try {
        // Beside the running server, too.
        assert.deepEqual((await json<VerifyReport>(['verify', '--quick', '--data', restored])).findings, []);
        const now = await statusOf(client, 'INBOX');
        assert.ok(now.messages! >= atBegin && now.messages! <= before.messages!, `${atBegin} ≤ ${now.messages} ≤ ${before.messages}`);
        assert.notEqual(now.uidValidity, before.uidValidity);
        await client.mailboxOpen('INBOX');
        const subjects = (await client.fetchAll('1:*', { envelope: true })).map(({ envelope }) => envelope!.subject!);
        assert.equal(subjects.length, now.messages);
        assert.ok(subjects.every((subject) => subject.startsWith('under load ')));
        context.diagnostic(
          `${meanwhile} letters arrived in the ${result.milliseconds} ms of the backup; ${now.messages} of ${before.messages} are in it`,
        );
      } finally {
        client.close();
        await again.stop();
      }
    });
  },
);

test(
  'verify: a damaged letter is named by person, mailbox and UID, beside the server and without it; exit code 1',
  { timeout: 240_000 },
  async () => {
    await inFolder(async (folder) => {
      const path = join(folder, 'Small.mbox');
      await writeMbox(path, 300);
      const data = join(folder, 'data');
      const server = await start(data);
      await json<ImportReport>(['import', 'hanako', path, '--data', data]);
      assert.match((await tayori(['verify', '--data', data])).out, /300 letters of 2 people: all is well/);
      const [name] = await readdir(join(data, 'shard-0', 'segments'));
      const segment = join(data, 'shard-0', 'segments', name!);
      const octets = await readFile(segment);
      const place = octets.indexOf('Subject: letter 150');
      const file = await open(segment, 'r+');
      await file.write('X', place);
      await file.close();
      const beside = await tayori(['verify', '--data', data]);
      await server.stop();
      const alone = await tayori(['verify', '--data', data]);
      for (const { code, out } of [beside, alone]) {
        assert.equal(code, 1);
        assert.match(out, /^hanako@tayori\.test, mailbox Small: letter \d+ \(\w+\), UID 151: its octets are not those that were stored$/m);
        assert.match(out, /300 letters of 2 people: 1 findings/);
      }
      assert.equal((await tayori(['verify', '--quick', '--data', data])).code, 0);
      const exported = await json<ExportReport>(['export', 'hanako', join(folder, 'out'), '--data', data], [1]);
      assert.deepEqual([exported.letters, exported.damaged.length], [299, 1]);
      await writeFile(join(data, 'collection.sqlite'), 'no database, but of some length');
      assert.match((await tayori(['verify', '--quick', '--data', data])).out, /^the ledger of letters fetched from other providers/m);
      await writeFile(join(data, 'directory.sqlite'), 'no database');
      const closed = await tayori(['verify', '--data', data]);
      assert.equal(closed.code, 3);
      assert.match(closed.err, /^tayori: [^\n]+\n$/);
    });
  },
);
