// What a command works with: the connection, the state of the session, the parts. Knows their shapes and the few verbs that all commands
// share; decides nothing.
import type { Chance, Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { Meter } from '../../base/meter.ts';
import type { MailStore } from '../../store/contract.ts';
import type { TraceEvent } from '../../store/trace-contract.ts';
import type { Wire } from '../line/session.ts';
import type { Authenticator, LoginContext, Principal } from '../sasl/authenticator.ts';
import type { SaslDialogue } from '../sasl/dialogue.ts';
import type { SaslParts } from '../sasl/exchange.ts';
import type { MessageNumber } from './command.ts';
import { Maildrop } from './maildrop.ts';
import type { MaildropLocks } from './maildrop-locks.ts';
import { formatReply, ok, type Reply } from './response.ts';
import type { StateName } from './states.ts';
import { languages, type Language, type Words } from './words.ts';

export interface Pop3Limits {
  /** Longest command line, octets. RFC 2449 §4 asks for 255; Liberal: long passwords and initial responses. */
  readonly line: number;
  /** Lines in all, and lines that are no commands, before somebody has signed in. */
  readonly linesBeforeLogin: number;
  readonly badCommands: number;
  readonly failedLogins: number;
  /** Silence, milliseconds, before signing in and after; RFC 1939 §3 asks for ten minutes at least. */
  readonly loginMs: number;
  readonly idleMs: number;
}

export const usualLimits: Pop3Limits = {
  line: 2048,
  linesBeforeLogin: 100,
  badCommands: 3,
  failedLogins: 5,
  loginMs: 60_000,
  idleMs: 10 * 60_000,
};

export interface Pop3Parts {
  readonly store: MailStore;
  readonly authenticator: Authenticator;
  /** `starttls`: STLS is offered; `tls`: the connection begins with TLS. */
  readonly security: 'none' | 'starttls' | 'tls';
  readonly hostName: string;
  readonly version: string;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly log: Log;
  readonly meter: Meter;
  readonly limits: Pop3Limits;
  /** May a password come in the clear from there? */
  readonly plaintextAllowed: (remoteAddress: string) => boolean;
  /** Shared by all POP3 listeners. */
  readonly maildropLocks: MaildropLocks;
}

/** Illegal states cannot be written: each carries what only it has. */
export type State =
  /** `login`: what USER said. `dialogue`: a SASL exchange; lines are its responses. */
  | { readonly at: 'authorization'; readonly login: string | null; readonly dialogue: SaslDialogue | null }
  | { readonly at: 'transaction'; readonly principal: Principal; readonly maildrop: Maildrop; readonly unlock: () => void }
  | { readonly at: 'closed' };

export type Transaction = Extract<State, { readonly at: 'transaction' }>;

const unknown: State = { at: 'authorization', login: null, dialogue: null };
/** Read events are handed over in bunches, most at the end of a session. */
const eventsAtOnce = 1000;

export class Context {
  readonly wire: Wire;
  readonly parts: Pop3Parts;
  readonly log: Log;
  state: State = unknown;
  language: Language = 'en';
  utf8 = false;
  #read: MessageNumber[] = [];

  constructor(wire: Wire, parts: Pop3Parts) {
    this.wire = wire;
    this.parts = parts;
    this.log = parts.log.with({ connection: wire.id, protocol: 'pop3', remoteAddress: wire.remote.address });
  }

  get words(): Words {
    return languages[this.language];
  }

  reply(reply: Reply): void {
    this.wire.write(formatReply(reply));
  }

  ok(text: string): void {
    this.reply(ok(text));
  }

  /** What is asked for before a password may come. */
  get sasl(): SaslParts {
    const { authenticator, chance } = this.parts;
    return { authenticator, context: this.loginContext, tls: this.wire.tls, plaintextAllowed: this.plaintextAllowed, chance };
  }

  get loginContext(): LoginContext {
    return { protocol: 'pop3', remoteAddress: this.wire.remote.address, tls: this.wire.tls !== null, connection: this.wire.id };
  }

  get plaintextAllowed(): boolean {
    return this.parts.plaintextAllowed(this.wire.remote.address);
  }

  /** Back to where nobody has said anything: after a failed login, and after STLS. */
  forget(): void {
    this.state = unknown;
  }

  /**
   * Somebody has proved who they are: the maildrop is locked, opened and counted.
   * @throws Refusal `in-use`, `login-delayed`; Unavailable.
   */
  async enter(principal: Principal): Promise<void> {
    const { store, maildropLocks, limits } = this.parts;
    const unlock = maildropLocks.acquire(principal.account);
    let maildrop: Maildrop;
    try {
      maildrop = await Maildrop.open(store, principal.account);
    } catch (trouble) {
      unlock();
      throw trouble;
    }
    if (this.state.at === 'closed') {
      // The peer went away while we opened it.
      maildrop.close();
      unlock();
      return;
    }
    this.state = { at: 'transaction', principal, maildrop, unlock };
    this.wire.patience(limits.idleMs);
    this.ok(this.words.welcome(maildrop.letters, maildrop.octets));
  }

  /** The session is over. Letters marked for removal stay where they are (RFC 1939 §6). */
  leave(): void {
    const { state } = this;
    this.state = { at: 'closed' };
    if (state.at === 'transaction') this.release(state);
  }

  /** Gives back the maildrop of a transaction that has ended. */
  release(transaction: Transaction): void {
    this.#tellOfReading(transaction, () => transaction.maildrop.close());
    transaction.unlock();
  }

  /** Ends the session in the middle of a response, where no words are heard any more. */
  breakOff(trouble: unknown): void {
    if (!this.wire.closing) this.log.warn('pop3-broken-off', {}, trouble);
    this.leave();
    this.wire.close();
  }

  /** A letter has gone out: one event of its journey. */
  noteRead(number: MessageNumber): void {
    this.parts.meter.count('pop3_letters_read_total');
    this.#read.push(number);
    if (this.#read.length >= eventsAtOnce && this.state.at === 'transaction') this.#tellOfReading(this.state, () => {});
  }

  #tellOfReading({ principal, maildrop }: Transaction, then: () => void): void {
    const numbers = this.#read;
    this.#read = [];
    if (numbers.length === 0) return then();
    const at = this.parts.clock.now();
    maildrop
      .letterIds(numbers)
      .then((letters) => {
        const events = numbers.map((number, i) => readEvent(letters[i]!, at, principal, maildrop.uidOf(number), this.wire));
        this.parts.store.trace.add(events.filter((event) => event.letter !== ''));
      })
      .catch((cause: unknown) => this.log.warn('read-events-lost', { letters: numbers.length }, cause))
      .finally(then);
  }

  get stateName(): StateName {
    return this.state.at === 'transaction' ? 'transaction' : 'authorization';
  }
}

function readEvent(letter: string, at: number, principal: Principal, uid: number, wire: Wire): TraceEvent {
  const facts = { protocol: 'pop3', login: principal.login, peerAddress: wire.remote.address, mailbox: 'INBOX', uid };
  return {
    letter,
    at,
    station: 'read',
    result: 'done',
    recipient: null,
    account: principal.account,
    facts: wire.tls === null ? facts : { ...facts, tls: `${wire.tls.version} ${wire.tls.cipher}` },
  };
}
