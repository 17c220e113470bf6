// The journey of a letter: one event per station, the same record that operators read as a log and people see as a map.
import type { AccountId, LetterId } from './contract.ts';

export type Station =
  | 'submission' // an app handed it in
  | 'reception' // another server handed it in
  | 'queue' // it waits
  | 'routing' // DNS was asked
  | 'delivery' // handed to another server
  | 'mailbox' // it lies in a mailbox here
  | 'collection' // fetched from an outside account
  | 'read' // an app has fetched it (POP3, IMAP, JMAP)
  | 'report'; // a report about it went back

export type TraceResult = 'done' | 'later' | 'failed';

/** What happened, when, with whom. Every field is text for people or numbers; no secret, no body. */
export interface TraceEvent {
  readonly letter: LetterId;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly station: Station;
  readonly result: TraceResult;
  /** Whose road: the recipient this event is about, or null when it is about the whole letter. */
  readonly recipient: string | null;
  /** The account in whose mailbox it happened, or null. */
  readonly account: AccountId | null;
  /** The proof: facts by name, values as they were seen. Known names: `protocol` (smtp, submission, lmtp, imap, pop3), `peer`
   * (host name or address), `peerAddress`, `reply` (the peer's words), `tls` (version and cipher), `tlsVerified` (yes, no, dane), `login`, `mailbox`,
   * `uid`, `mx` (hosts in order), `dnssec`, `attempt`, `nextAt`, `from`, `messageId`, `size`, `reportLetter`, `about` (of a report: the letter it is about), `via` (the address of the account at another provider that carries it),
   * `cause` (a name of journey/outside/causes.ts). */
  readonly facts: Readonly<Record<string, string | number>>;
}

export interface TraceStore {
  /** Adds events on their own, off the path of a commit: they may be lost in a power cut. For `read` events and the like. */
  add(events: readonly TraceEvent[]): void;
  /** All events of one letter, oldest first. */
  ofLetter(letter: LetterId): Promise<readonly TraceEvent[]>;
  /** Letters by what a person knows: a Message-ID, a letter id, an address of sender or recipient; newest first. */
  find(text: string, limit: number): Promise<readonly LetterId[]>;
}
