// Accounts of people at other providers: what is kept of each. Knows rows; knows no protocol and opens no secret.
import type { Bytes } from '../base/bytes.ts';
import type { AccountId } from './contract.ts';

/** What a mail server does for an app. */
export type MailService = 'imap' | 'pop3' | 'smtp';

/** `tls`: sealed from the first octet (RFC 8314 §3). `starttls`: sealed before anything private. `plain`: never used with a secret. */
export type SocketSecurity = 'tls' | 'starttls' | 'plain';

/** A weakness of one server that a person has seen and allowed for this server alone; everything else stays as strict as ever. */
export type TlsException =
  | 'legacy-renegotiation' // the server cannot do RFC 5746
  | 'static-rsa' // no forward secrecy
  | 'tls-1.0' // nothing newer than TLS 1.0 or 1.1
  | 'weak-key'; // keys or signatures below today's floor

/** One server of an account, as it is used: nothing is left to guess. */
export interface OutsideServer {
  readonly service: MailService;
  /** A-label, lower case. */
  readonly host: string;
  readonly port: number;
  readonly security: SocketSecurity;
  /** The name to log in with. */
  readonly login: string;
  readonly auth: 'password' | 'oauth2';
  readonly exceptions: readonly TlsException[];
}

/** What happens to letters at a POP3 provider once they are here. */
export type Pop3Leaving = { readonly keep: 'forever' } | { readonly keep: 'days'; readonly days: number } | { readonly keep: 'none' };

/** How an account stands, for its health card. `cause` is a name of journey/outside/causes.ts. */
export interface OutsideHealth {
  readonly state: 'good' | 'waits' | 'bad';
  readonly cause: string | null;
  /** The server's own words or the library's, at most 500 characters; no secret. */
  readonly words: string;
  readonly at: number;
  readonly lastReceivedAt: number | null;
  readonly lastSentAt: number | null;
}

export interface OutsideAccountRow {
  /** From the same numbers as people's accounts: its letters are the mail of this account in the store. Never used again. */
  readonly id: AccountId;
  /** The person here whose it is. */
  readonly owner: AccountId;
  /** As the provider writes it, domain in A-labels. */
  readonly address: string;
  /** For From, and for the list of accounts. */
  readonly name: string;
  /** Row of the provider table, or null. */
  readonly provider: string | null;
  readonly receive: OutsideServer & { readonly service: 'imap' | 'pop3' };
  readonly send: OutsideServer & { readonly service: 'smtp' };
  /** Sealed by the vault: passwords or OAuth tokens as JSON. Opened only where a connection is made. */
  readonly secret: Bytes;
  readonly leaving: Pop3Leaving;
  /** `provider`: it files what is sent through it by itself; `here`: we put a copy into the Sent folder. */
  readonly sentCopy: 'provider' | 'here';
  /** Where each value came from, such as `receive.host: provider table`, and what was accepted. */
  readonly provenance: Readonly<Record<string, string>>;
  /** When a letter to oneself came back, milliseconds; null when it never did. */
  readonly provenAt: number | null;
  readonly createdAt: number;
  /** The owner has told it to rest: nothing is fetched. */
  readonly paused: boolean;
  /** When its owner took it away, milliseconds; null while open. Its letters rest for thirty days, and it can be brought back. */
  readonly closedAt: number | null;
  readonly health: OutsideHealth;
}
