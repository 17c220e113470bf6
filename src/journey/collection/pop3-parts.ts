// What collection by POP3 is made of, and its numbers. Knows contracts; does nothing.
import type { Chance, Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { LineConnection } from '../../protocol/line/connection.ts';
import type { Pop3Client, Pop3ClientParts, Pop3Reply } from '../../protocol/pop3/client-contract.ts';
import type { AccountId, MailStore, MessageId } from '../../store/contract.ts';
import type { Pop3Ledger } from '../../store/ledger-contract.ts';
import type { Cause } from '../outside/causes.ts';
import type { OutsideConnector, SignInKeeper } from '../outside/contract.ts';
import type { CollectorParts } from './contract.ts';

/** What all POP3 collectors of a program share. */
export interface Pop3Office {
  readonly store: MailStore;
  readonly ledger: Pop3Ledger;
  readonly connector: OutsideConnector;
  readonly keeper: SignInKeeper;
  readonly openClient: (connection: LineConnection, parts: Pop3ClientParts) => Pop3Client;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly log: Log;
  /** Letters above so many octets stay at the provider; the person is told. */
  readonly letterMax: number;
  /** What the words mean with which a server does not let us in (journey/outside/replies.ts); null: as its response code says. */
  readonly readReply?: (reply: Pop3Reply, phase: 'greeting' | 'sign-in') => Cause | null;
  /** Called with letters that have come into INBOX and are written down: the rules of their account. */
  readonly sort?: (account: AccountId, messages: readonly MessageId[]) => Promise<void>;
  /** Letters that are put into the store in one commit; `batchLetters` when missing. */
  readonly batch?: number;
  readonly client?: Partial<Pick<Pop3ClientParts, 'patience' | 'limits'>>;
}

export type Pop3CollectorParts = Pop3Office & CollectorParts;

const minute = 60_000;
const day = 24 * 60 * minute;

/** Milliseconds. */
export const pop3Times = {
  /** Between visits, when nobody asks. */
  interval: 5 * minute,
  connect: 30_000,
  /** After IN-USE: the other program, or our own broken connection, needs a moment. */
  inUse: minute,
  /** After LOGIN-DELAY from a server that did not say how long (RFC 2449 §6.5). */
  loginDelay: 10 * minute,
  /** A letter that could not be fetched `triesMax` times is tried again after this. */
  triedAgain: day,
  /** Rows of letters that are gone at the provider are kept so long: a listing may be wrong for a while. */
  forgotten: 60 * day,
} as const;

/** Tries in visits that follow one another, before a letter is passed over for a day. */
export const triesMax = 3;
/** Letters that are put into the store in one commit. */
export const batchLetters = 64;
export const batchOctets = 4 * 1024 * 1024;
/** Rows looked up at once, before other work gets its turn. */
export const rowsAtOnce = 500;
/** With more new letters than this, today's mail comes first. */
export const newestFirstAbove = 200;
