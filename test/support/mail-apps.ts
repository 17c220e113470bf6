// What the tests with real mail apps share: running a command, letters to send, and looking at a mailbox by POP3 and by IMAP with as
// little code as possible, so that what one app has sent is compared octet by octet with what the other protocol gives.
// Knows nothing of Tayori but its ports.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { connect, type TLSSocket } from 'node:tls';
import { ImapFlow } from 'imapflow';
import type { Person, Tayori } from './tayori.ts';

export interface Ran {
  readonly code: number | null;
  readonly out: Buffer;
  readonly err: string;
}

export interface Run {
  readonly input?: Buffer | string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Milliseconds until it is killed. */
  readonly timeout?: number;
}

/** Runs a command to its end; its whole group is killed when that takes too long. */
export async function run(
  command: string,
  words: readonly string[],
  { input = '', env = {}, cwd, timeout = 120_000 }: Run = {},
): Promise<Ran> {
  const child = spawn(command, words, {
    // No HOME: what the person at this machine has set up must not reach the tests.
    env: { PATH: `/usr/bin:/bin:${process.env['PATH']}`, LANG: 'C.UTF-8', HOME: '/nonexistent', ...env },
    ...(cwd === undefined ? {} : { cwd }),
    detached: true,
  });
  const out: Buffer[] = [];
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    process.kill(-child.pid!, 'SIGKILL');
  }, timeout);
  const [code] = (await once(child, 'close')) as [number | null];
  clearTimeout(timer);
  if (late) assert.fail(`${command} ${words.join(' ')} did not end in ${timeout} ms\n${Buffer.concat(out).toString()}\n${err}`);
  return { code, out: Buffer.concat(out), err };
}

/** As `run`, where anything but success fails the test. */
export async function runWell(command: string, words: readonly string[], how?: Run): Promise<Ran> {
  const ran = await run(command, words, how);
  assert.equal(ran.code, 0, `${command} ${words.join(' ')} ended with ${ran.code}\n${ran.out.toString()}\n${ran.err}`);
  return ran;
}

let letters = 0;

/** A letter with everything a mail app sends, so that nothing is completed on the way. Lines end in CRLF. */
export function letter(from: Person, to: Person, subject: string, body = 'Good morning.\r\n.\r\n..two dots\r\nend\r\n'): Buffer {
  return Buffer.from(
    [
      `From: ${from.name} <${from.address}>`,
      `To: ${to.name} <${to.address}>`,
      `Subject: ${subject}`,
      'Date: Mon, 1 Jun 2026 09:00:00 +0900',
      `Message-ID: <${process.pid}.${++letters}@apps.example>`,
      'MIME-Version: 1.0',
      'Content-Type: text/plain; charset=utf-8',
      'Content-Transfer-Encoding: 8bit',
      '',
      body,
    ].join('\r\n'),
  );
}

/** The stored letter is what was sent, with trace fields above it and nothing else changed. */
export function assertSame(stored: Buffer, sent: Buffer): void {
  const above = stored.subarray(0, stored.length - sent.length);
  assert.equal(
    stored.subarray(above.length).compare(sent),
    0,
    `sent:\n${sent.toString().slice(0, 800)}\nstored:\n${stored.toString().slice(0, 1600)}`,
  );
  const names = above
    .toString()
    .split('\r\n')
    .filter((line) => line !== '' && !/^[ \t]/.test(line))
    .map((line) => line.split(':')[0]);
  assert.deepEqual(names.filter((name) => name === 'Return-Path' || name === 'Received').toSorted(), ['Received', 'Return-Path']);
  for (const name of names) assert.match(name!, /^(Return-Path|Received|Delivered-To|Authentication-Results)$/);
}

/** Whatever is given in Unix lines, with the line ends of the wire. */
export function inWireLines(text: Buffer): Buffer {
  return Buffer.from(text.toString('latin1').replace(/\r?\n/g, '\r\n'), 'latin1');
}

/** Asks again until the answer is there; `missing` says in the end what did not come. */
export async function until<T>(look: () => Promise<T | undefined>, missing: () => string = () => 'the answer'): Promise<T> {
  const end = performance.now() + 60_000;
  for (;;) {
    const seen = await look();
    if (seen !== undefined) return seen;
    if (performance.now() > end) assert.fail(`it did not come in time: ${missing()}`);
    await pause(50);
  }
}

function secure(server: Tayori, port: number): TLSSocket {
  return connect({ host: '127.0.0.1', port, ca: readFileSync(server.ca), servername: 'localhost' });
}

/** All letters of the inbox as POP3 gives them, with their UIDLs. */
export async function lettersByPop(server: Tayori, person: Person): Promise<{ readonly uidl: string; readonly octets: Buffer }[]> {
  const socket = secure(server, server.ports.pop3s);
  const lines = createInterface({ input: socket.setEncoding('latin1'), crlfDelay: 0 })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => {
    const { value, done } = (await lines.next()) as IteratorResult<string, undefined>;
    if (done) throw new Error('the server closed the connection');
    return value;
  };
  const ask = async (command: string): Promise<string> => {
    socket.write(`${command}\r\n`);
    return next();
  };
  const block = async (): Promise<string[]> => {
    const all: string[] = [];
    for (let line = await next(); line !== '.'; line = await next()) all.push(line.startsWith('.') ? line.slice(1) : line);
    return all;
  };
  try {
    assert.match(await next(), /^\+OK/);
    // RFC 6856 §2.1: without it a header beyond ASCII comes as a surrogate.
    assert.match(await ask('UTF8'), /^\+OK/);
    assert.match(await ask(`USER ${person.login}`), /^\+OK/);
    assert.match(await ask(`PASS ${person.password}`), /^\+OK/);
    assert.match(await ask('UIDL'), /^\+OK/);
    const found: { uidl: string; octets: Buffer }[] = [];
    for (const row of await block()) {
      const [number, uidl] = row.split(' ');
      assert.match(await ask(`RETR ${number}`), /^\+OK/);
      const text = await block();
      found.push({ uidl: uidl!, octets: Buffer.from(`${text.join('\r\n')}\r\n`, 'latin1') });
    }
    assert.match(await ask('QUIT'), /^\+OK/);
    return found;
  } finally {
    socket.destroy();
  }
}

export function imapClient(server: Tayori, person: Person, more: Record<string, unknown> = {}): ImapFlow {
  return new ImapFlow({
    host: '127.0.0.1',
    port: server.ports.imaps,
    secure: true,
    auth: { user: person.login, pass: person.password },
    tls: { ca: readFileSync(server.ca), servername: 'localhost' },
    logger: false,
    ...more,
  });
}

export interface Seen {
  readonly uid: number;
  readonly octets: Buffer;
  readonly flags: readonly string[];
}

/** All letters of a mailbox as IMAP gives them. */
export async function lettersByImap(server: Tayori, person: Person, mailbox = 'INBOX'): Promise<Seen[]> {
  const client = imapClient(server, person);
  await client.connect();
  try {
    const box = await client.mailboxOpen(mailbox, { readOnly: true });
    if (box.exists === 0) return [];
    const all = await client.fetchAll('1:*', { uid: true, flags: true, source: true });
    return all.map(({ uid, source, flags }) => ({
      uid,
      octets: source!,
      flags: [...flags!].filter((flag) => flag !== '\\Recent').toSorted(),
    }));
  } finally {
    await client.logout();
  }
}

/** How many letters a mailbox has. */
export async function countByImap(server: Tayori, person: Person, mailbox: string): Promise<number> {
  const client = imapClient(server, person);
  await client.connect();
  try {
    const counts = await client.status(mailbox, { messages: true });
    assert.ok(counts);
    return counts.messages!;
  } finally {
    await client.logout();
  }
}

/** Puts letters into a mailbox, quickly, and says their UIDs. */
export async function put(
  server: Tayori,
  person: Person,
  mailbox: string,
  all: readonly Buffer[],
  flags: string[] = [],
): Promise<number[]> {
  const client = imapClient(server, person);
  await client.connect();
  try {
    const uids: number[] = [];
    // Many at once: the commands go out one behind the other without waiting.
    for (const done of await Promise.all(all.map((octets) => client.append(mailbox, octets, flags)))) {
      assert.ok(done && done.uid);
      uids.push(done.uid);
    }
    return uids;
  } finally {
    await client.logout();
  }
}

/** Takes everything out of a mailbox. */
export async function empty(server: Tayori, person: Person, mailbox = 'INBOX'): Promise<void> {
  const client = imapClient(server, person);
  await client.connect();
  try {
    const box = await client.mailboxOpen(mailbox);
    if (box.exists > 0) await client.messageDelete('1:*');
  } finally {
    await client.logout();
  }
}

/** The one letter with this subject. */
export function withSubject<T extends { readonly octets: Buffer }>(all: readonly T[], subject: string): T {
  const found = all.filter(({ octets }) => octets.includes(`\r\nSubject: ${subject}\r\n`));
  assert.equal(found.length, 1, `letters with the subject ${subject}`);
  return found[0]!;
}
