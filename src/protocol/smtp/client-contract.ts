// The sending side of SMTP seen from both its neighbours: what it needs of a connection, and what it tells of a peer.
// Knows shapes only; `client.ts` speaks the protocol, `io` opens sockets, `journey/delivery` decides what an outcome means.
import type { Bytes } from '../../base/bytes.ts';
import type { Chance } from '../../base/clock.ts';
import type { DsnNotify } from '../../store/queue-contract.ts';

// --- what the client needs of a connection --------------------------------------------------------------------------

/** One TLSA record (RFC 6698 §2.1). */
export interface Tlsa {
  readonly usage: number;
  readonly selector: number;
  readonly matching: number;
  readonly association: Bytes;
}

/** How TLS is to be used with a peer. Decided by routing (MTA-STS, DANE) or by the settings of a smarthost. */
export interface TlsDemand {
  /** `never`: not even when offered. `if-offered`: RFC 7435, opportunistic. `always`: no letter goes in the clear. */
  readonly use: 'never' | 'if-offered' | 'always';
  /** The name sent as SNI and, with `certificate`, the name that the certificate must carry. */
  readonly serverName: string;
  /** `no`: any certificate will do. `certificate`: a valid chain for one of `names`. `dane`: one of `tlsa` must match. */
  readonly verify: 'no' | 'certificate' | 'dane';
  /** Names that the certificate may carry instead of `serverName` (MTA-STS mx patterns, with a leading `*.` allowed). */
  readonly names?: readonly string[];
  readonly tlsa?: readonly Tlsa[];
}

/** What TLS came to be with a peer. */
export interface PeerTls {
  /** `TLSv1.3` or `TLSv1.2`. */
  readonly version: string;
  readonly cipher: string;
  /** By what the peer proved who it is; `no` when it did not. */
  readonly verified: 'no' | 'certificate' | 'dane';
  /** Why the peer's certificate could not be verified, in the words of the TLS library; null when it was verified. */
  readonly fault: string | null;
  /** RFC 9266 `tls-exporter` channel binding, or null. */
  exporter(): Bytes | null;
}

/** One open connection, as the client drives it. Pull instead of push: a client knows what it waits for. */
export interface SmtpConnection {
  /** The peer's address and port, and our own. */
  readonly remote: { readonly address: string; readonly port: number };
  readonly local: { readonly address: string; readonly port: number };
  /** Facts of TLS, or null in the clear. Not null from the start on a port with TLS from the first octet. */
  readonly tls: PeerTls | null;
  /**
   * The next octets, as many as there are; null when the peer has ended the connection. The memory belongs to the caller.
   * @throws Unavailable `timeout` after `patience` ms without an octet, or when the connection broke.
   */
  read(patience: number): Promise<Bytes | null>;
  /** Hands octets to the connection in order; a string is sent as UTF-8. Never waits. */
  write(data: string | Bytes): void;
  /**
   * Settles when little enough is unsent to go on writing.
   * @throws Unavailable `timeout` when nothing at all went out for `patience` ms, or when the connection broke.
   */
  drained(patience: number): Promise<void>;
  /**
   * Makes the TLS handshake as the client. Octets that arrived in the clear and were not yet read must not become
   * part of the secured stream: then it rejects.
   * @throws Unavailable when the handshake fails, what the demand asks of the certificate included; the connection is closed.
   */
  startTls(demand: TlsDemand, patience: number): Promise<PeerTls>;
  /** Ends the connection at once. Harmless when repeated. */
  close(): void;
}

/** Opens connections; fulfilled by `io`. */
export interface SmtpConnector {
  /**
   * Connects to an address (not a name). `tls: 'implicit'` makes the handshake before it settles, by `demand`.
   * @throws Unavailable `timeout` or with the cause kept, when no connection comes about within `patience` ms.
   */
  connect(
    target: { readonly address: string; readonly port: number; readonly tls: 'implicit' | 'later'; readonly demand: TlsDemand },
    patience: number,
  ): Promise<SmtpConnection>;
}

// --- what the client is asked to do ---------------------------------------------------------------------------------

export interface ClientParts {
  /** Our own name for EHLO, an A-label domain or address literal. */
  readonly hostName: string;
  readonly demand: TlsDemand;
  /** Login at a smarthost; null when none is needed. Only sent over TLS unless `plaintext` says so. */
  readonly login: { readonly name: string; readonly password: string; readonly plaintext?: boolean } | null;
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
