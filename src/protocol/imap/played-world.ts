// A small world for transcripts: the memory store with two people, and sessions that begin where the header of the transcript says.
// Knows what the header lines mean; knows no socket. For tests only.
//
//   state: greeted | authenticated | selected      where each client begins (selected: INBOX); default selected
//   messages: 3                                    letters in INBOX, the n-th with the subject "letter n"
//   flags: 1 \Seen; 3 \Deleted $work               flags of some of them
//   mailboxes: Sent \Sent, Work, Work/2026         more mailboxes, with their special use
//   enable: QRESYNC IMAP4rev2                      sent by each client after login
//   security: starttls | tls | none                the listener; default none
//   plaintext: no                                  no secret in the clear
//   quota: 4096                                    octets of the account
//   limit.letter: 100                              any number of limits.ts
import { bytesFromLatin1, bytesFromUtf8, type Bytes } from '../../base/bytes.ts';
import type { Chance, Clock } from '../../base/clock.ts';
import { silentLog, type Log } from '../../base/log.ts';
import { silentMeter } from '../../base/meter.ts';
import { Refusal } from '../../base/trouble.ts';
import type { AccountId, MailStore } from '../../store/contract.ts';
import { openMemoryStore } from '../../store/memory/store.ts';
import { playedTls, type MemoryWire, type World } from '../line/transcript.ts';
import type { Session, Wire } from '../line/session.ts';
import type { Authenticator, Principal } from '../sasl/authenticator.ts';
import { makeScramKeys } from '../sasl/scram.ts';
import type { ImapParts } from './context.ts';
import { imapLimits, type ImapLimits } from './limits.ts';
import { imapSessions } from './session.ts';
import { roleOfUse } from './special-use.ts';

/** 17 July 1996, 09:44:25 UTC; does not move by itself. */
export const playedTime = Date.UTC(1996, 6, 17, 9, 44, 25);

const clock: Clock = { now: () => playedTime, monotonic: () => 0, after: () => () => {} };

function repeatableChance(): Chance {
  let seed = 1;
  return {
    bytes: (length) => Uint8Array.from({ length }, () => (seed = (seed * 75 + 74) % 65_537) & 0xff),
    fraction: () => 0.5,
  };
}

function refused(): Promise<never> {
  return Promise.reject(new Refusal('authentication-failed', 'the name or the password is wrong'));
}

/** Signs in hanako and taro with the password `secret`. */
function playedAuthenticator(quota: number | null): Authenticator {
  const people: readonly Principal[] = ['hanako', 'taro'].map((name, i) => ({
    account: i + 1,
    login: name,
    name,
    quota,
    appPassword: null,
  }));
  return {
    checkPassword: async (login, password) => {
      const person = people.find(({ login: name }) => name === login);
      return person !== undefined && password === 'secret' ? person : refused();
    },
    // A person who is not there has keys too (made of another password), as the contract asks.
    scramKeys: (login, hash) =>
      makeScramKeys(hash, people.some(({ login: name }) => name === login) ? 'secret' : '?', new Uint8Array(16), 1),
    scramPassed: async (login) => people.find(({ login: name }) => name === login) ?? refused(),
    scramFailed: () => Promise.resolve(),
  };
}

function playedLetter(number: number): Bytes {
  return bytesFromUtf8(
    `From: Taro <taro@example.org>\r\nTo: hanako@example.org\r\nSubject: letter ${number}\r\n` +
      `Date: Wed, 17 Jul 1996 02:23:25 -0700\r\nMessage-ID: <${number}@example.org>\r\n\r\nText ${number}\r\n`,
  );
}

async function appendLetter(store: MailStore, account: AccountId, mailbox: number, bytes: Bytes, flags: readonly string[]): Promise<void> {
  const spool = store.spool(bytes.length);
  await spool.add(bytes);
  await store.append(account, mailbox, [{ spool, flags, receivedAt: playedTime }], null);
}

export interface PlayedImap extends World {
  readonly store: MailStore;
  readonly parts: ImapParts;
}

export async function openPlayedWorld(header: ReadonlyMap<string, string>): Promise<PlayedImap> {
  const chance = repeatableChance();
  const store = openMemoryStore({ clock, chance });
  const more = (header.get('mailboxes') ?? '')
    .split(',')
    .map((text) => text.trim().split(' '))
    .filter(([name]) => name !== '');
  for (const account of [1, 2]) {
    await store.createAccount(account, []);
    for (const [name, use] of more) await store.createMailbox(account, name!, use === undefined ? null : roleOfUse(use));
  }
  const flags = new Map(
    (header.get('flags') ?? '').split(';').map((text) => {
      const [number, ...list] = text.trim().split(' ');
      return [Number(number), list];
    }),
  );
  const inbox = (await store.mailboxes(1)).find((mailbox) => mailbox.name === 'INBOX')!;
  for (let number = 1; number <= Number(header.get('messages') ?? 0); number++)
    await appendLetter(store, 1, inbox.id, playedLetter(number), flags.get(number) ?? []);

  const limits: Record<string, number> = { ...imapLimits };
  for (const [key, value] of header) if (key.startsWith('limit.')) limits[key.slice(6)] = Number(value);
  const quota = header.has('quota') ? Number(header.get('quota')) : null;
  const security = (header.get('security') ?? 'none') as ImapParts['security'];
  const defects: unknown[] = [];
  const log: Log = { ...silentLog, error: (event, fields, cause) => void defects.push(cause ?? event), with: () => log };
  const parts: ImapParts = {
    store,
    authenticator: playedAuthenticator(quota),
    security,
    hostName: 'mail.example.org',
    version: '1.0',
    clock,
    chance,
    log,
    meter: silentMeter,
    limits: limits as unknown as ImapLimits,
    plaintextAllowed: () => header.get('plaintext') !== 'no',
  };
  const opening: string[] = [];
  if (header.get('state') !== 'greeted') opening.push('x LOGIN hanako secret');
  if (header.has('enable')) opening.push(`x ENABLE ${header.get('enable')!}`);
  if ((header.get('state') ?? 'selected') === 'selected') opening.push('x SELECT INBOX');
  const make = imapSessions(parts);
  return {
    store,
    parts,
    tls: security === 'tls' ? playedTls : null,
    make: (wire: Wire) => beginAt(make(wire), wire, opening),
    async end() {
      await store.close();
      // The peer hears SERVERBUG; whoever plays hears what it was.
      if (defects.length > 0) throw defects[0];
    },
  };
}

/** A session that has already answered these lines; with none it still has to greet. */
function beginAt(session: Session, wire: Wire, opening: readonly string[]): Session {
  if (opening.length === 0) return session;
  return {
    async open() {
      await session.open();
      for (const line of opening) await session.receive({ kind: 'line', bytes: bytesFromLatin1(line), bareLf: false });
      (wire as MemoryWire).takeOutput();
    },
    receive: (unit) => session.receive(unit),
    gone: () => session.gone(),
  };
}
