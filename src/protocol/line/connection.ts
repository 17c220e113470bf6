// The client's end of a line protocol: what SMTP, POP3 and the check of a server need of a connection, and how TLS is demanded of a peer.
// Knows shapes only; `io/line-connector.ts` opens sockets.
import type { Bytes } from '../../base/bytes.ts';

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

/** What a peer's certificate says of itself, for people to see. */
export interface PeerCertificate {
  /** DNS names and addresses that it is for; at most 20. */
  readonly names: readonly string[];
  /** The organisation, or the name, of the authority. */
  readonly issuer: string;
  /** Milliseconds. */
  readonly validFrom: number;
  readonly validTo: number;
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
  /** Missing where nobody looked; null when none was shown. */
  readonly certificate?: PeerCertificate | null;
  /** RFC 9266 `tls-exporter` channel binding, or null. */
  exporter(): Bytes | null;
}

/** One open connection, as the client drives it. Pull instead of push: a client knows what it waits for. */
export interface LineConnection {
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
export interface LineConnector {
  /**
   * Connects to an address (not a name). `tls: 'implicit'` makes the handshake before it settles, by `demand`.
   * @throws Unavailable `timeout` or with the cause kept, when no connection comes about within `patience` ms.
   */
  connect(
    target: { readonly address: string; readonly port: number; readonly tls: 'implicit' | 'later'; readonly demand: TlsDemand },
    patience: number,
  ): Promise<LineConnection>;
}
