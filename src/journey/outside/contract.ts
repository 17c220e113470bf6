// Accounts at other providers: what the parts that discover, prove, collect and send ask of each other. Knows shapes only.
import type { Bytes } from '../../base/bytes.ts';
import type { AccountId } from '../../store/contract.ts';
import type { OutsideAccountRow, OutsideServer } from '../../store/outside-contract.ts';
import type { LineConnection } from '../../protocol/line/connection.ts';

/** What one signs in with, opened. Never logged, never in an error. */
export type OutsideSecret =
  | { readonly kind: 'password'; readonly receive: string; /** The same as `receive` for most providers. */ readonly send: string }
  | {
      readonly kind: 'oauth2';
      readonly issuer: string;
      readonly refreshToken: string;
      /** The last access token, and when it ends; both may be stale. */
      readonly accessToken: string;
      readonly expiresAt: number;
    };

/** Seals secrets at rest. The key lies outside the data folder. */
export interface Vault {
  /** `bound` ties the sealed octets to their row: the same octets in another row do not open. */
  seal(secret: OutsideSecret, bound: string): Bytes;
  /** @throws CauseTrouble `key-missing` when the key is not there or another one. */
  open(sealed: Bytes, bound: string): OutsideSecret;
  /** The same for a secret of another kind, such as a client secret of OAuth. */
  sealText(text: string, bound: string): Bytes;
  openText(sealed: Bytes, bound: string): string;
}

/** How `Vault` binds a secret to its account. */
export function boundTo(row: Pick<OutsideAccountRow, 'id' | 'owner'>): string {
  return `outside ${row.owner} ${row.id}`;
}

/** Which addresses a name stands for, and whether we may go there (reliability S-22). Asked once; what it answers is what is connected to. */
export interface OutsideGuard {
  /**
   * Addresses of a host name or an address literal, in the order to try, only those that may be reached.
   * @throws CauseTrouble `private-address` when all are private and private ones are not allowed, `name-not-found`; Unavailable `dns`.
   */
  addressesOf(host: string): Promise<readonly string[]>;
}

/** Opens a connection to a server of a provider: name, guard, address by address, TLS by the book with the exceptions of this server. */
export interface OutsideConnector {
  /**
   * Implicit TLS is there when it settles; for STARTTLS the caller starts it. The demand is always: verified chain and name.
   * @throws CauseTrouble (journey/outside/causes.ts) that names what stood in the way.
   */
  connect(server: Pick<OutsideServer, 'service' | 'host' | 'port' | 'security' | 'exceptions'>, patience: number): Promise<LineConnection>;
}

/** Gives what a connection signs in with: for OAuth a fresh access token. */
export interface SignInKeeper {
  /** @throws CauseTrouble when a person has to sign in again, or `key-missing`. */
  credentialsOf(
    account: AccountId,
    side: 'receive' | 'send',
  ): Promise<{ readonly login: string; readonly kind: 'password' | 'oauth2'; readonly secret: string }>;
}

/** A keeper that can be told that a token it gave does not work. */
export interface TokenKeeper extends SignInKeeper {
  /** A server refused this access token although its time was not over: the next answer is another one. */
  refused(account: AccountId, token: string): void;
}
