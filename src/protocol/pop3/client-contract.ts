// The other side of POP3: what the client is asked to do, and what it tells of a server and its maildrop.
// Knows shapes only; `client.ts` speaks the protocol, `io` opens connections (../line/connection.ts), `journey/collection` decides what is fetched.
import type { Bytes } from '../../base/bytes.ts';
import type { Chance } from '../../base/clock.ts';
import type { Unavailable } from '../../base/trouble.ts';
import type { PeerTls, TlsDemand } from '../line/connection.ts';
import type { MessageNumber } from './command.ts';
import type { MaildropListing } from './listing.ts';

// --- what the client is asked to do ---------------------------------------------------------------------------------

export interface Pop3ClientParts {
  /** For STLS where the connection begins in the clear. Whatever it says: nobody signs in without TLS (RFC 8314 §3). */
  readonly demand: TlsDemand;
  readonly signIn: { readonly login: string; readonly kind: 'password' | 'oauth2'; readonly secret: string };
  /** For SCRAM. */
  readonly chance: Chance;
  readonly patience?: Partial<Pop3Patience>;
  readonly limits?: Partial<Pop3ClientLimits>;
}

/** Milliseconds. Of silence for the parts of a text, for everything else until the whole answer has come in few pieces. */
export interface Pop3Patience {
  readonly greeting: number;
  readonly tls: number;
  readonly signIn: number;
  /** Opening a large maildrop takes servers a while: the first STAT, LIST or UIDL. */
  readonly listing: number;
  readonly reply: number;
  readonly text: number;
  readonly quit: number;
}

export interface Pop3ClientLimits {
  /** Letters of one maildrop; also the highest message-number. */
  readonly letters: number;
  /** Octets of all unique-ids of a maildrop. */
  readonly uidOctets: number;
  /** Commands that wait for their answers at once, where the server offers PIPELINING (RFC 2449 §6.6). */
  readonly flight: number;
  /** Octets, as LIST tells them, of letters asked for and not yet read. */
  readonly flightOctets: number;
}

/** Where the octets of a letter go, dots unstuffed; line ends as they came. */
export interface LetterSink {
  /** Await a returned promise before the next call. What it throws ends the dialogue and is thrown on. */
  add(bytes: Bytes): void | Promise<void>;
}

/** Takes letters one after another, in the order in which they were asked for. */
export interface LetterReceiver {
  /** Octets above this of one letter are not kept: it is told as `too-large`. */
  readonly limit: number;
  open(number: MessageNumber): LetterSink;
  /** What came of it. Awaited; false: no more letters are asked for. */
  ended(number: MessageNumber, outcome: LetterOutcome): boolean | Promise<boolean>;
}

export type LetterOutcome =
  /** All of it, to its final dot. */
  | { readonly kind: 'whole'; readonly octets: number }
  | { readonly kind: 'too-large'; readonly octets: number }
  /** The server does not give it. */
  | { readonly kind: 'refused'; readonly reply: Pop3Reply };

export interface WantedLetter {
  readonly number: MessageNumber;
  /** As LIST tells it; for the bound on letters in flight. */
  readonly size: number;
}

// --- what the client tells ------------------------------------------------------------------------------------------

export type Pop3Phase =
  | 'greeting'
  | 'capabilities'
  | 'stls'
  | 'tls'
  | 'sign-in'
  | 'stat'
  | 'list'
  | 'uidl'
  | 'retr'
  | 'top'
  | 'dele'
  | 'noop'
  | 'quit';

/** What a server said. */
export interface Pop3Reply {
  readonly ok: boolean;
  /** RFC 2449 §8 response code in upper case without brackets, such as `IN-USE` or `SYS/TEMP`; null when there is none. */
  readonly code: string | null;
  /** Its words, at most 500 characters, control characters replaced by `?`. */
  readonly text: string;
}

/** What the server cannot do that is needed. `sign-in`: no way to sign in that we speak. */
export type Pop3Missing = 'stls' | 'tls' | 'sign-in' | 'uidl' | 'top';

/** What went wrong, as it was seen; what it means is decided elsewhere. */
export type Pop3Failure =
  /** It answered, and not with yes. */
  | { readonly kind: 'reply'; readonly phase: Pop3Phase; readonly reply: Pop3Reply }
  | { readonly kind: 'timeout'; readonly phase: Pop3Phase }
  /** The connection ended or broke. */
  | { readonly kind: 'closed'; readonly phase: Pop3Phase; readonly words: string }
  /** It did not speak POP3, or says more than anybody needs. */
  | { readonly kind: 'protocol'; readonly phase: Pop3Phase; readonly words: string }
  /** The handshake failed or the certificate was not what the demand asks. */
  | { readonly kind: 'tls'; readonly phase: 'tls'; readonly words: string; readonly error: Unavailable }
  | { readonly kind: 'missing'; readonly phase: Pop3Phase; readonly capability: Pop3Missing };

/** RFC 2449 §5: capabilities, names in upper case with their arguments. */
export type Pop3Capabilities = ReadonlyMap<string, string>;

export type Pop3Opening =
  | {
      readonly ready: true;
      readonly tls: PeerTls;
      /** After signing in. Empty when the server does not know CAPA. */
      readonly capabilities: Pop3Capabilities;
      /** How we signed in: a SASL mechanism, or `USER`. */
      readonly mechanism: string;
    }
  | { readonly ready: false; readonly failure: Pop3Failure; readonly tls: PeerTls | null };

/** `usable`: the dialogue can go on after the failure (the server said no, and that was all). */
export type Pop3Outcome<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly failure: Pop3Failure; readonly usable: boolean };

/** What became of QUIT, and with it of everything marked by DELE (RFC 1939 §6). */
export type QuitOutcome =
  /** The server said yes: what was marked is gone. */
  | { readonly outcome: 'confirmed' }
  /** RFC 1939 §6: some or all of it is still there. */
  | { readonly outcome: 'refused'; readonly reply: Pop3Reply }
  /** No answer: the server may or may not have removed it. */
  | { readonly outcome: 'unknown'; readonly failure: Pop3Failure };

/** One dialogue with one server. Methods are called one after another. None rejects but with what a `LetterSink` or `LetterReceiver` throws. */
export interface Pop3Client {
  /** Greeting, CAPA, STLS, signing in. */
  begin(): Promise<Pop3Opening>;
  stat(): Promise<Pop3Outcome<{ readonly letters: number; readonly octets: number }>>;
  /** LIST and UIDL in one picture; without unique-ids where the server knows no UIDL. */
  listing(): Promise<Pop3Outcome<MaildropListing>>;
  /** RETR of each. @throws what the receiver throws; the connection is closed then. */
  retrieve(wanted: Iterable<WantedLetter>, receiver: LetterReceiver): Promise<Pop3Outcome<null>>;
  /** TOP n 0: the header section of each, at most `limit` octets; null for what the server does not give or what is longer. */
  headers(
    numbers: Iterable<MessageNumber>,
    limit: number,
    took: (number: MessageNumber, octets: Bytes | null) => void | Promise<void>,
  ): Promise<Pop3Outcome<null>>;
  /** DELE of each. Gives those that the server has marked; they go only when QUIT is answered with yes. */
  remove(numbers: Iterable<MessageNumber>): Promise<Pop3Outcome<readonly MessageNumber[]>>;
  noop(): Promise<Pop3Outcome<null>>;
  /** Says QUIT, waits for the answer, closes. */
  quit(): Promise<QuitOutcome>;
  /** Ends at once, without QUIT: nothing that was marked goes (RFC 1939 §6). */
  close(): void;
}
