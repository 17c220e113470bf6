// Collection by POP3 from servers that people have: Debian's Dovecot, and our own. Killed with kill -9 at random moments; read afterwards with the
// provider gone.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chownSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';
import { everythingMustRun } from '../../scripts/debian-packages.ts';
import type { Pop3Leaving } from '../../src/store/outside-contract.ts';
import { dovecotMissing, startDovecot, type ForeignServer } from '../support/dovecot.ts';
import { letter, lettersByImap, put } from '../support/mail-apps.ts';
import { inboxOf, openCollecting, type Collecting } from '../support/pop3-collecting.ts';
import { startServer } from '../support/server-process.ts';
import { startTayori, type Person, type Tayori } from '../support/tayori.ts';

const skip = everythingMustRun ? false : dovecotMissing;
const account = 41;
const folders: string[] = [];
const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'tayori-pop3-'));
  folders.push(folder);
  return folder;
};
const dovecot = skip === false ? await startDovecot({ mail: 'maildir:~/Maildir' }) : (null as unknown as ForeignServer);
after(async () => {
  if (skip === false) await dovecot.close();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

let names = 0;

function text(name: string, body: string): string {
  return [
    `Message-ID: <${name}@foreign.example>`,
    'From: Taro <taro@foreign.example>',
    `Subject: ${name}`,
    '',
    body,
    '.',
    '..two',
    'end',
    '',
  ].join('\r\n');
}

/** Letters into the maildrop, as if they had been delivered there. */
function deliver(login: string, texts: readonly string[], server = dovecot): void {
  const maildir = join(server.home(login), 'Maildir');
  for (const part of ['', 'new', 'cur', 'tmp']) {
    mkdirSync(join(maildir, part), { recursive: true });
    own(join(maildir, part), server);
  }
  own(server.home(login), server);
  for (const one of texts) {
    const path = join(maildir, 'new', `${1_700_000_000 + ++names}.M${names}P${process.pid}.foreign`);
    writeFileSync(path, one.replaceAll('\r\n', '\n'));
    own(path, server);
  }
}

function own(path: string, server: ForeignServer): void {
  const { uid, gid } = statSync(join(server.folder, 'mail'));
  chownSync(path, uid, gid);
}

function leftAt(login: string): number {
  const maildir = join(dovecot.home(login), 'Maildir');
  return ['new', 'cur'].reduce((sum, part) => sum + readdirSync(join(maildir, part)).length, 0);
}

function from(login: string, more: Partial<Collecting> = {}): Collecting {
  return {
    data: newFolder(),
    account,
    host: dovecot.host,
    port: dovecot.ports.pop3s,
    security: 'tls',
    login,
    password: dovecot.password,
    authority: dovecot.authority,
    leaving: { keep: 'forever' },
    ...more,
  };
}

test('Dovecot: letters come home whole, over TLS and by STLS; all three rules of leaving', { skip }, async () => {
  const login = 'taro@foreign.example';
  const texts = Array.from({ length: 30 }, (_, index) => text(`d${index}`, 'x'.repeat(index * 50)));
  texts.push(text('large', 'long line '.repeat(300_000)));
  deliver(login, texts);
  const options = from(login);
  const rules: readonly [Pop3Leaving, Partial<Collecting>, left: number][] = [
    [{ keep: 'forever' }, {}, 31],
    [{ keep: 'days', days: 3 }, { port: dovecot.ports.pop3, security: 'starttls' }, 31],
    [{ keep: 'none' }, {}, 0],
  ];
  for (const [leaving, more, left] of rules) {
    const collecting = await openCollecting({ ...options, ...more, leaving });
    await collecting.visit();
    assert.deepEqual(await inboxOf(collecting.store, account), texts.toSorted(), leaving.keep);
    assert.equal(leftAt(login), left, leaving.keep);
    await collecting.close();
  }
});

test('Dovecot: a wrong password, a certificate of another name', { skip }, async () => {
  for (const [change, cause] of [
    [{ password: 'wrong' }, 'wrong-password'],
    [{ host: 'other.example' }, 'certificate-other-name'],
  ] as const) {
    const collecting = await openCollecting(from('saburo@foreign.example', change));
    await assert.rejects(
      collecting.visit(),
      (trouble) => (trouble as { why?: string }).why === cause && !String(trouble).includes(dovecot.password),
    );
    await collecting.close();
  }
});

test('our own server as the provider: SCRAM bound to TLS, pipelining, letters octet by octet', async () => {
  const provider = await startTayori();
  try {
    const [hanako, taro] = provider.people as [Person, Person];
    const sent = Array.from({ length: 12 }, (_, index) => letter(hanako, taro, `own ${index}`));
    await put(provider, taro, 'INBOX', sent);
    const collecting = await openCollecting({
      data: newFolder(),
      account,
      host: 'localhost',
      port: provider.ports.pop3s,
      security: 'tls',
      login: taro.address,
      password: taro.password,
      authority: readFileSync(provider.ca, 'utf8'),
      leaving: { keep: 'none' },
    });
    await collecting.visit();
    assert.deepEqual(await inboxOf(collecting.store, account), sent.map((one) => one.toString('latin1')).toSorted());
    await collecting.visit();
    assert.equal((await inboxOf(collecting.store, account)).length, 12);
    await collecting.close();
    assert.equal((await lettersByImap(provider, taro)).length, 0);
  } finally {
    await provider.stop();
  }
});

/** What is wrong with a mailbox that should hold each of these letters once. */
function audit(found: readonly string[], wanted: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const one of found) counts.set(one, (counts.get(one) ?? 0) + 1);
  const findings = wanted.filter((one) => !counts.has(one)).map((one) => `lost: ${one.slice(0, 40)}`);
  for (const [one, count] of counts) {
    if (count > 1) findings.push(`${count} times: ${one.slice(0, 40)}`);
    if (!wanted.includes(one)) findings.push(`nobody sent: ${one.slice(0, 40)}`);
  }
  return findings;
}

/** One visit in a process of its own that is killed when it has said so many lines. Gives what it said last. */
async function killedVisit(options: Collecting, lines: number): Promise<string> {
  const child = spawn(process.execPath, [join(import.meta.dirname, '../support/pop3-collecting.ts'), JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  let said = 0;
  let last = '';
  for await (const line of createInterface({ input: child.stdout })) {
    last = line;
    if (++said === lines) child.kill('SIGKILL');
  }
  await ended;
  return last;
}

test(
  'Dovecot: killed with kill -9 at random moments, 20 rounds: nothing lost, nothing doubled (printed seed)',
  { skip },
  async (context) => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    context.diagnostic(`seed ${seed}`);
    let state = seed;
    const next = (below: number): number =>
      Math.floor((((state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff) >> 8) / 2 ** 23) * below);
    const login = 'jiro@foreign.example';
    const options = from(login, { leaving: { keep: 'none' } });
    const sent: string[] = [];
    const ends = new Map<string, number>();
    for (let round = 0; round < 20; round++) {
      const fresh = Array.from({ length: 1 + next(25) }, (_, index) => text(`k${round}.${index}`, 'y'.repeat(next(3000))));
      deliver(login, fresh);
      sent.push(...fresh);
      const end = await killedVisit({ ...options, leaving: next(4) === 0 ? { keep: 'forever' } : { keep: 'none' } }, 3 + next(30));
      ends.set(end, (ends.get(end) ?? 0) + 1);
    }
    context.diagnostic(`killed after: ${[...ends].map(([end, count]) => `${end} ${count}`).join(', ')}`);
    const collecting = await openCollecting(options);
    await collecting.visit();
    const found = await inboxOf(collecting.store, account);
    assert.deepEqual(audit(found, sent), []);
    assert.equal(leftAt(login), 0);
    const rows = await collecting.ledger.pop3.rows(account);
    assert.equal(rows.ids.length, sent.length);
    await collecting.close();
    // The audit itself: it must see a letter that is missing, one that is there twice, and one that nobody sent.
    assert.equal(audit(found.slice(1), sent).length, 1);
    assert.equal(audit([...found, found[0]!], sent).length, 1);
    assert.equal(audit([...found, 'x'], sent).length, 1);
  },
);

test('taken home, the letters are read by IMAP while the provider is gone', { skip }, async () => {
  const data = newFolder();
  const first = await startServer({ data });
  await first.stop();
  const db = new DatabaseSync(join(data, 'directory.sqlite'), { readOnly: true });
  const hanako = first.person('hanako');
  const { id } = db.prepare('select id from account where address = ?').get(hanako.address) as { id: number };
  db.close();
  const provider = await startDovecot({ mail: 'maildir:~/Maildir' });
  const texts = Array.from({ length: 5 }, (_, index) => text(`off${index}`, 'read me in the train'));
  deliver('taro@foreign.example', texts, provider);
  const { port, authority } = { port: provider.ports.pop3s, authority: provider.authority };
  const collecting = await openCollecting(from('taro@foreign.example', { data, account: id, port, authority, leaving: { keep: 'none' } }));
  await collecting.visit();
  await collecting.close();
  await provider.close();
  const second = await startServer({ data });
  try {
    const office = { ports: { imaps: second.portOf('imaps') }, ca: second.ca } as Tayori;
    const read = new Set((await lettersByImap(office, hanako)).map(({ octets }) => octets.toString('latin1')));
    assert.deepEqual(
      texts.filter((one) => !read.has(one)),
      [],
    );
  } finally {
    await second.stop();
  }
});
