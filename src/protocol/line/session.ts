// How a line protocol's session and the socket shell talk: units go in, effects go out.
// Knows the words both sides use; knows no protocol and no socket.
//
// A session is given a Wire when it is made and gets units through `receive`, one at a time: the shell (or the
// transcript player) never calls `receive` again before the promise of the call before it has settled. Pipelined input
// simply waits in the receiver. Effects go straight into the Wire: measured, a sink costs a tenth of an async generator's
// step, and an ordinary command is answered without a single promise.
import type { Bytes } from '../../base/bytes.ts';

/** What a session wants to read next. The receiver keeps to it from the next octet on. */
export type Want =
  /** One line, ended by CRLF (a bare LF ends it too, and is told). `max` counts octets without the ending. */
  | { readonly kind: 'line'; readonly max: number }
  /** Dot-stuffed text up to CRLF.CRLF (RFC 5321 §4.5.2). Octets beyond `max` are counted and thrown away. */
  | { readonly kind: 'dot-data'; readonly max: number }
  /** Exactly `length` octets, whatever they are (IMAP literal, BDAT chunk). */
  | { readonly kind: 'octets'; readonly length: number };

/** Everything that can happen to a session. */
export type Unit =
  /** A whole line without its ending. `bytes` is only valid until `receive` settles: copy what is kept. */
  | { readonly kind: 'line'; readonly bytes: Bytes; readonly bareLf: boolean }
  /** The line was longer than wanted. All of it has been thrown away (`length` octets, its ending included); the next unit starts after it. Above 64 KiB this is told before the end of the line has come. */
  | { readonly kind: 'line-too-long'; readonly length: number }
  /** A piece of dot-data (unstuffed, CRLF line ends kept) or of octets. The memory belongs to the session from here on. */
  | { readonly kind: 'data'; readonly bytes: Bytes }
  /**
   * The end of dot-data or of octets. `length` counts all octets, thrown-away ones too. `tooLong`: above `max`.
   * `fault` (dot-data only): what makes the data illegal, the first that was met. `smuggling`: a lone dot next to a bare CR
   * or LF (reliability B-001…B-005), after which the session must close. `bareLf` counts bare LFs, which arrive as CRLF.
   */
  | {
      readonly kind: 'end';
      readonly length: number;
      readonly tooLong: boolean;
      readonly fault: null | 'smuggling' | 'bare-cr' | 'nul';
      readonly bareLf: number;
    }
  /** The TLS handshake asked for by `startTls` is done; what was buffered in the clear is gone. */
  | { readonly kind: 'tls'; readonly tls: TlsFacts }
  /** Something this session had asked to be told of (a store change, a timer of its own) has come. */
  | { readonly kind: 'wake' }
  /** Nothing arrived for the time given by `Wire.patience`. */
  | { readonly kind: 'silence' }
  /** The server is stopping: say goodbye in the protocol's words and close. */
  | { readonly kind: 'shutdown' };

/** What TLS was agreed, as far as a protocol or a trace header needs it. */
export interface TlsFacts {
  /** `TLSv1.3` or `TLSv1.2`. */
  readonly version: string;
  /** IANA name of the cipher suite. */
  readonly cipher: string;
  /** The name the client asked for, or null. */
  readonly serverName: string | null;
  /** RFC 9266 `tls-exporter` channel binding (32 octets), or null under TLS 1.2 without extended master secret. */
  exporter(): Bytes | null;
  /** RFC 5929 `tls-server-end-point`: the hash of our certificate, or null. */
  endPoint(): Bytes | null;
}

/** The side of a connection that a session sees: where its effects go. */
export interface Wire {
  /** Where the peer is, for trace headers and limits. After PROXY protocol it is the client's own address. */
  readonly remote: { readonly address: string; readonly port: number };
  readonly local: { readonly address: string; readonly port: number };
  /** Facts of TLS, or null while the connection is in the clear. */
  readonly tls: TlsFacts | null;
  /** A short id of this connection, unique in this process; stands in every log line and trace event. */
  readonly id: string;

  /**
   * Sends. A string is sent as UTF-8. Small writes are gathered and go out together when `receive` settles (or at `flush`).
   * A `Bytes` value is copied, or from 64 KiB on handed over: the caller must not change a large one afterwards.
   */
  write(data: string | Bytes): void;
  /** Pushes out what was gathered, for example an IMAP continuation before a literal is awaited inside a command. */
  flush(): void;
  /** True when the peer reads slower than we write: await `drained()` before writing much more. */
  readonly congested: boolean;
  /** Settles when the congestion is over; rejects with Unavailable when the peer is gone. */
  drained(): Promise<void>;

  /** What is read next. Without a call, the last want stays for lines; after dot-data or octets have ended a line is read again with the last `max`. */
  want(want: Want): void;
  /** How long the peer may be silent before a `silence` unit arrives, milliseconds. */
  patience(ms: number): void;
  /**
   * Sends what was gathered, throws away every octet received in the clear and not yet delivered, and starts the TLS
   * handshake as the server. A `tls` unit follows when it is done; if it fails the connection closes.
   */
  startTls(): void;
  /** From the next octet on both directions are DEFLATE streams (RFC 4978). What was gathered before is sent plain. */
  startDeflate(): void;
  /** Sends what was gathered and closes. Units already received are dropped. */
  close(): void;
  /** Asks for one `wake` unit as soon as the session is idle. May be called from outside `receive`, any number of times. */
  wake(): void;
  /**
   * While `receive` is still at work, true as soon as the peer has gone or the server is stopping: long work should end.
   */
  readonly closing: boolean;
}

/** One connection's dialogue. Made with its Wire and its parts; holds the state of the protocol. */
export interface Session {
  /** Called once, before any unit. Sends the greeting and sets the first want and patience. */
  open(): void | Promise<void>;
  /** Called for each unit, never again before the last call settled. Must not reject: trouble becomes words inside. */
  receive(unit: Unit): void | Promise<void>;
  /** The connection has ended, by whichever side; free what is held. Called exactly once, also in the middle of `receive`. */
  gone(): void;
}

/** Makes the session of one connection. One factory per listener. */
export type SessionFactory = (wire: Wire) => Session;
