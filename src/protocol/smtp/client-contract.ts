// The sending side of SMTP: what it is asked to do, and what it tells of a peer.
// Knows shapes only; `client.ts` speaks the protocol, `io` opens connections (../line/connection.ts), `journey/delivery` decides what an outcome means.
import type { Bytes } from '../../base/bytes.ts';
import type { Chance } from '../../base/clock.ts';
import type { DsnNotify } from '../../store/queue-contract.ts';
import type { PeerTls, TlsDemand } from '../line/connection.ts';

// --- what the client is asked to do ---------------------------------------------------------------------------------

export interface ClientParts {
  /** Our own name for EHLO, an A-label domain or address literal. */
  readonly hostName: string;
  readonly demand: TlsDemand;
  /** Login at a smarthost; null when none is needed. Only sent over TLS unless `plaintext` says so. */
  readonly login: {
    readonly name: string;
    /** With `oauth2`: the access token (RFC 7628, XOAUTH2). */
    readonly password: string;
    readonly kind?: 'password' | 'oauth2';
    readonly plaintext?: boolean;
  } | null;
  /** For SCRAM. */
  readonly chance: Chance;
  /** `lmtp`: LHLO, and one reply per recipient (RFC 2033). */
  readonly protocol: 'smtp' | 'lmtp';
  /** Milliseconds; whatever is missing stays at the times of RFC 5321 §4.5.3.2. */
  readonly patience?: Partial<ClientPatience>;
}

export interface ClientPatience {
  readonly greeting: number;
  readonly hello: number;
  readonly tls: number;
  readonly auth: number;
  readonly mail: number;
  readonly recipient: number;
  readonly dataStart: number;
  readonly dataBlock: number;
  readonly dataEnd: number;
  readonly quit: number;
}

export interface OutgoingRecipient {
  /** Forward-path without brackets. */
  readonly address: string;
  readonly notify: readonly DsnNotify[];
  /** RFC 3461 §4.2 `type;address`, or null. */
  readonly originalRecipient: string | null;
}

export interface OutgoingLetter {
  /** Reverse-path without brackets; empty for `<>`. */
  readonly reversePath: string;
  /** At least one. More than the peer takes in one transaction (LIMITS RCPTMAX, 452 4.5.3) are told as `not-tried`. */
  readonly recipients: readonly OutgoingRecipient[];
  /** All octets of the letter, trace fields included. Line ends are made CRLF on the way out where they are not (RFC 5321 §2.3.8). */
  readonly octets: Bytes;
  readonly bodyType: '7bit' | '8bitmime' | 'binarymime';
  readonly smtpUtf8: boolean;
  /** RFC 3461 §4.4, as plain text: xtext is made of it on the way out. */
  readonly envelopeId: string | null;
  readonly returns: 'full' | 'headers' | null;
  /**
   * Asked right before the final dot goes out, when taking back is still possible: false abandons the letter (a lost lease).
   */
  readonly mayFinish?: () => boolean | Promise<boolean>;
}

// --- what the client tells ------------------------------------------------------------------------------------------

/** Where in the dialogue something happened. */
export type ClientPhase =
  | 'connect'
  | 'greeting'
  | 'hello'
  | 'starttls'
  | 'tls'
  | 'auth'
  | 'mail'
  | 'recipient'
  | 'data'
  | 'content'
  | 'final'
  | 'reset'
  | 'quit';

/** What a peer said. */
export interface PeerReply {
  /** 200 to 599. */
  readonly code: number;
  /** RFC 3463 code such as `5.1.1`, or null when the peer gave none. */
  readonly enhanced: string | null;
  /** Its words, lines joined by `\n`, at most 2,000 characters, control characters replaced by `?`. */
  readonly text: string;
}

/** What the peer cannot do that this letter or our demand needs. */
export type MissingCapability = 'starttls' | 'auth' | 'smtputf8' | 'binarymime' | 'size' | 'lmtp';

/** What went wrong, as it was seen; what it means is decided elsewhere. */
export type PeerFailure =
  /** It answered, and not with yes. */
  | { readonly kind: 'reply'; readonly phase: ClientPhase; readonly reply: PeerReply }
  | { readonly kind: 'timeout'; readonly phase: ClientPhase }
  /** The connection ended or broke. After the final dot was sent (`final`) nobody knows whether the letter was taken. */
  | { readonly kind: 'closed'; readonly phase: ClientPhase; readonly words: string }
  /** It did not speak SMTP: reply without a code, too long, too many lines, octets before STARTTLS that belong after it. */
  | { readonly kind: 'protocol'; readonly phase: ClientPhase; readonly words: string }
  /** The handshake failed or the certificate was not what the demand asks. */
  | { readonly kind: 'tls'; readonly phase: 'tls'; readonly words: string }
  | { readonly kind: 'missing'; readonly phase: ClientPhase; readonly capability: MissingCapability };

/** The peer's capabilities after the last EHLO, names in upper case with their arguments. */
export type PeerCapabilities = ReadonlyMap<string, string>;

/** What came of opening the dialogue: about the host, no letter is concerned yet. */
export type HostOutcome =
  | {
      readonly ready: true;
      /** The name in the peer's greeting; empty when it gave none. */
      readonly name: string;
      readonly tls: PeerTls | null;
      /** Why there is no TLS although the demand was `if-offered`: the peer's refusal or a failed offer; null when all is as asked. */
      readonly tlsFailure: PeerFailure | null;
      readonly capabilities: PeerCapabilities;
    }
  | { readonly ready: false; readonly failure: PeerFailure; readonly tls: PeerTls | null };

export type RecipientOutcome =
  /** The peer has taken the letter for this recipient, and this is its proof. */
  | { readonly outcome: 'taken'; readonly reply: PeerReply; readonly dsnPassedOn: boolean }
  /** The peer's words about this recipient alone. */
  | { readonly outcome: 'refused'; readonly failure: PeerFailure }
  /** Something about the whole letter or the host stopped it; the same value for all it hit. */
  | { readonly outcome: 'stopped'; readonly failure: PeerFailure }
  /** Not told to the peer: it takes fewer at once. Try again in another transaction. */
  | { readonly outcome: 'not-tried' };

export interface LetterOutcome {
  /** One per recipient of the letter, in order. */
  readonly recipients: readonly RecipientOutcome[];
  /** False when the connection cannot be used for another letter. */
  readonly usable: boolean;
  /** True when the final dot was sent and no answer came: the peer may have the letter. */
  readonly unknown: boolean;
}

/** One dialogue with one peer. Methods are called one after another. None of them rejects: trouble is an outcome. */
export interface SmtpClient {
  /** Greeting, EHLO (or HELO), TLS, login. */
  begin(): Promise<HostOutcome>;
  /** One transaction. Only after `begin` said ready and while the last outcome said usable. */
  send(letter: OutgoingLetter): Promise<LetterOutcome>;
  /** Says QUIT when it is polite to do so, and closes. */
  end(): Promise<void>;
}
