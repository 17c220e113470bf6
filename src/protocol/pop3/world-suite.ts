// A small post office in memory to play POP3 in: hanako with letters in her INBOX, taro with none. For the tests of this folder.
import { bytesFromUtf8, utf8FromBytes, type Bytes } from '../../base/bytes.ts';
import type { Chance, Clock } from '../../base/clock.ts';
import { silentLog } from '../../base/log.ts';
import { silentMeter } from '../../base/meter.ts';
import { Refusal } from '../../base/trouble.ts';
import type { MailboxId, MailStore } from '../../store/contract.ts';
import { openMemoryStore } from '../../store/memory/store.ts';
import type { SessionFactory } from '../line/session.ts';
import { MemoryWire, playedTls } from '../line/transcript.ts';
import type { Authenticator, Principal } from '../sasl/authenticator.ts';
import { makeScramKeys } from '../sasl/scram.ts';
import { MaildropLocks } from './maildrop-locks.ts';
import { pop3Sessions, usualLimits, type Pop3Parts } from './session.ts';

export const hanako: Principal = { account: 1, login: 'hanako@tayori.test', name: '花子', quota: null, appPassword: null };
export const taro: Principal = { account: 2, login: 'taro@tayori.test', name: 'Taro', quota: null, appPassword: null };
const passwords = new Map([
  [hanako.login, { principal: hanako, password: ' two  words ' }],
  [taro.login, { principal: taro, password: 'ひみつ' }],
]);

/** Letter n of the maildrop: what a transcript knows of it. */
export function letterOf(number: number): string {
  return `From: taro@tayori.test\r\nSubject: letter ${number}\r\n\r\nfirst line\r\n.second line\r\n\r\n.\r\nlast line\r\n`;
}

export class TestClock implements Clock {
  time = Date.UTC(2026, 10, 23);
  now(): number {
    return this.time;
  }
  monotonic(): number {
    return this.time;
  }
  after(): () => void {
    return () => {};
  }
}

export function countingChance(): Chance {
  let next = 0;
  return { bytes: (length) => new Uint8Array(length).map(() => next++ & 255), fraction: () => 0.5 };
}

const authenticator: Authenticator = {
  async checkPassword(login, password) {
    const person = passwords.get(login.toLowerCase());
    if (person?.password === password) return person.principal;
    throw new Refusal('authentication-failed', 'login name or password is wrong');
  },
  scramKeys: (login, hash) => makeScramKeys(hash, passwords.get(login)?.password ?? 'nobody', bytesFromUtf8('salt')),
  async scramPassed(login) {
    return passwords.get(login)!.principal;
  },
  async scramFailed() {},
};

export interface PostOffice {
  readonly make: SessionFactory;
  readonly parts: Pop3Parts;
  readonly store: MailStore;
  readonly clock: TestClock;
  readonly inbox: MailboxId;
  put(letters: readonly (string | Bytes)[]): Promise<readonly number[]>;
  /** Subjects or first lines of what lies in the INBOX. */
  uids(): Promise<readonly number[]>;
}

export async function openPostOffice(letters: readonly (string | Bytes)[], change: Partial<Pop3Parts> = {}): Promise<PostOffice> {
  const clock = new TestClock();
  const chance = countingChance();
  const store = change.store ?? openMemoryStore({ clock, chance });
  await store.createAccount(hanako.account, []);
  await store.createAccount(taro.account, []);
  const inbox = (await store.mailboxes(hanako.account))[0]!.id;
  const parts: Pop3Parts = {
    store,
    authenticator,
    security: 'starttls',
    hostName: 'tayori.test',
    version: '0.1.0',
    clock,
    chance,
    log: silentLog,
    meter: silentMeter,
    limits: usualLimits,
    plaintextAllowed: () => true,
    maildropLocks: new MaildropLocks(clock),
    ...change,
  };
  const put = async (texts: readonly (string | Bytes)[]): Promise<readonly number[]> => {
    const spooled = texts.map((text) => {
      const spool = store.spool(100_000_000);
      void spool.add(typeof text === 'string' ? bytesFromUtf8(text) : text);
      return { spool, flags: [] };
    });
    return spooled.length === 0 ? [] : (await store.append(hanako.account, inbox, spooled, null)).uids;
  };
  await put(letters);
  const uids = async (): Promise<readonly number[]> => {
    const state = await store.openMailbox(hanako.account, inbox);
    const all = [...state.uids.subarray(0, state.count)];
    state.release();
    return all;
  };
  return { make: pop3Sessions(parts), parts, store, clock, inbox, put, uids };
}

/** One connection that is talked to from a test. */
export class Caller {
  readonly wire: MemoryWire;
  constructor(name = 'C', tls = false) {
    this.wire = new MemoryWire(name, tls ? playedTls : null);
  }
  static async open(office: PostOffice, name = 'C', tls = false): Promise<Caller> {
    const caller = new Caller(name, tls);
    await caller.wire.start(office.make);
    caller.heard();
    return caller;
  }
  /** Signed in as hanako. */
  static async enter(office: PostOffice, name = 'C'): Promise<Caller> {
    const caller = await Caller.open(office, name);
    await caller.say(`USER ${hanako.login}`, 'PASS  two  words ');
    return caller;
  }
  /** Says lines in one go and returns all that came back. */
  async say(...lines: readonly string[]): Promise<string> {
    await this.wire.send(bytesFromUtf8(lines.map((line) => `${line}\r\n`).join('')));
    return this.heard();
  }
  heard(): string {
    return utf8FromBytes(this.wire.takeOutput());
  }
}
