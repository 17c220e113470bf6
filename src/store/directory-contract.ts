// The people, their addresses and their passwords: what is asked of the directory. Knows rows; knows no hashing and no protocol.
import type { Bytes } from '../base/bytes.ts';
import type { AccountId } from './contract.ts';
import type { OutsideAccountRow, OutsideHealth } from './outside-contract.ts';

export type LoginProtocol = 'smtp' | 'imap' | 'pop3' | 'jmap' | 'sieve';

export type ScramHash = 'SHA-1' | 'SHA-256';

/** RFC 5802 §5.1: what the server keeps of a password. */
export interface ScramKeys {
  readonly salt: Bytes;
  readonly iterations: number;
  readonly storedKey: Bytes;
  readonly serverKey: Bytes;
}

export interface DomainRow {
  /** A-label, lower case. */
  readonly name: string;
  /** Where letters for unknown local parts go, or null to refuse them. */
  readonly catchAll: string | null;
  /** The character that divides `user+tag`; null when subaddresses are off. */
  readonly subaddress: string | null;
}

export interface AccountRow {
  readonly id: AccountId;
  /** Main address, normalised; also the login name. */
  readonly address: string;
  readonly name: string;
  /** argon2id in PHC form. */
  readonly passwordHash: string;
  readonly scram: Readonly<Partial<Record<ScramHash, ScramKeys>>>;
  /** Octets, or null for no limit. */
  readonly quota: number | null;
  readonly createdAt: number;
  /** Milliseconds, or null while open. */
  readonly closedAt: number | null;
}

/** RFC-less: a password of 128 random bits for one app, kept as SHA-256 and SCRAM keys only. */
export interface AppPasswordRow {
  readonly id: number;
  readonly account: AccountId;
  /** What the owner calls it: "phone". */
  readonly name: string;
  readonly sha256: string;
  /** For apps that prefer SCRAM; with the salt of the account's own keys. */
  readonly scram?: AccountRow['scram'];
  readonly protocols: readonly LoginProtocol[];
  readonly createdAt: number;
  readonly lastUsedAt: number | null;
  readonly lastUsedFrom: string | null;
  /** The last use by each protocol: shows that a device both receives and sends. */
  readonly uses: Readonly<Partial<Record<LoginProtocol, AppPasswordUse>>>;
}

export interface AppPasswordUse {
  readonly at: number;
  readonly from: string;
}

/** What is not known yet when an app password is made. */
export type NewAppPassword = Omit<AppPasswordRow, 'id' | 'lastUsedAt' | 'lastUsedFrom' | 'uses'>;

/** A link by which a person sets one device up, once. The token itself is kept nowhere. */
export interface SetupLinkRow {
  readonly id: number;
  readonly account: AccountId;
  /** Of the token: 128 random bits. */
  readonly sha256: string;
  /** What the device will be called, where whoever made the link has said so. */
  readonly device: string | null;
  readonly createdAt: number;
  readonly expiresAt: number;
  /** Null until it was used; then it is open to the browser that used it, and to no other. */
  readonly used: SetupLinkUse | null;
}

export interface SetupLinkUse {
  readonly at: number;
  /** SHA-256 of what that browser holds. */
  readonly browser: string;
  /** What was chosen, for the page: device and way of receiving. */
  readonly choice: string;
  /** The app password that was made; null when it could not be made. */
  readonly appPassword: number | null;
}

/** A browser in which a person has signed in. What the browser holds is kept nowhere. */
export interface WebSessionRow {
  readonly id: number;
  readonly account: AccountId;
  /** Of the token: 192 random bits. */
  readonly sha256: string;
  /** SHA-256 of the password hash of that time: with another password the session is over. */
  readonly passwordMark: string;
  /** What the browser says it is, in words: "Firefox, Linux". */
  readonly device: string;
  /** By what the person came in. */
  readonly how: 'password' | 'totp' | 'passkey' | 'recovery';
  readonly createdAt: number;
  readonly lastUsedAt: number;
  readonly lastUsedFrom: string;
}

/** What a person has besides the password. `totp` and `passkey` are asked for; `recovery` are the codes for the day when they are lost. */
export interface FactorRow {
  readonly id: number;
  readonly account: AccountId;
  /** What the owner calls it. */
  readonly name: string;
  readonly createdAt: number;
  readonly lastUsedAt: number | null;
  readonly proof: FactorProof;
}

export type FactorProof =
  /** RFC 6238. `sealed`: the secret, by the vault; `lastStep`: the time step of the last code that was taken, which is taken no more. */
  | { readonly kind: 'totp'; readonly sealed: string; readonly lastStep: number }
  /** WebAuthn: credential id (base64url), public key (COSE, base64url), the authenticator's counter. */
  | { readonly kind: 'passkey'; readonly credential: string; readonly publicKey: string; readonly count: number }
  /** SHA-256 of each code that is left. */
  | { readonly kind: 'recovery'; readonly codes: readonly string[] };

/** An address that stands for others, here or elsewhere. */
export interface AliasRow {
  readonly address: string;
  readonly targets: readonly string[];
}

/** Accounts at other providers that one person may have, those at rest included. */
export const mostOutsideAccounts = 100;

/** Durable rows. Every writing promise settles when the change would survive a power cut. Lookups are answered from memory. */
export interface Directory {
  domains(): readonly DomainRow[];
  domain(name: string): DomainRow | null;
  /** Adds or replaces. */
  putDomain(row: DomainRow): Promise<void>;
  /** @throws Refusal `in-use` while it has accounts or aliases. */
  removeDomain(name: string): Promise<void>;

  accounts(): readonly AccountRow[];
  accountById(id: AccountId): AccountRow | null;
  /** By main address, normalised. */
  accountByAddress(address: string): AccountRow | null;
  /** Gives the id. @throws Refusal `already-exists` when the address is taken, `nonexistent` when its domain is not ours. */
  addAccount(row: Omit<AccountRow, 'id'>): Promise<AccountRow>;
  updateAccount(id: AccountId, change: Partial<Omit<AccountRow, 'id'>>): Promise<AccountRow>;
  /** For good, with its app passwords and its accounts at other providers; all their mail is the store's matter. */
  removeAccount(id: AccountId): Promise<void>;

  aliases(): readonly AliasRow[];
  alias(address: string): AliasRow | null;
  putAlias(row: AliasRow): Promise<void>;
  removeAlias(address: string): Promise<void>;

  appPasswords(account: AccountId): readonly AppPasswordRow[];
  appPasswordBySha256(sha256: string): AppPasswordRow | null;
  addAppPassword(row: NewAppPassword): Promise<AppPasswordRow>;
  removeAppPassword(id: number): Promise<void>;
  /** Noted now, written within a minute. */
  touchAppPassword(id: number, at: number, from: string, protocol: LoginProtocol): void;

  setupLinks(account: AccountId): readonly SetupLinkRow[];
  setupLinkBySha256(sha256: string): SetupLinkRow | null;
  addSetupLink(row: Omit<SetupLinkRow, 'id' | 'used'>): Promise<SetupLinkRow>;
  /** The first use. @throws Refusal `in-use` when it was used before, `nonexistent` when it is gone. */
  claimSetupLink(id: number, use: SetupLinkUse): Promise<SetupLinkRow>;
  /** Which app password its use has led to. @throws Refusal `nonexistent`. */
  noteSetupLink(id: number, appPassword: number): Promise<SetupLinkRow>;
  removeSetupLink(id: number): Promise<void>;

  /** Of one account or of all. */
  webSessions(account?: AccountId): readonly WebSessionRow[];
  webSessionBySha256(sha256: string): WebSessionRow | null;
  /** @throws Refusal `nonexistent` (account), `already-exists`. */
  addWebSession(row: Omit<WebSessionRow, 'id'>): Promise<WebSessionRow>;
  removeWebSession(id: number): Promise<void>;
  /** Noted now, written within a minute. */
  touchWebSession(id: number, at: number, from: string): void;

  factors(account: AccountId): readonly FactorRow[];
  /** All passkeys, by what WebAuthn calls credential id. */
  factorByCredential(credential: string): FactorRow | null;
  /** @throws Refusal `nonexistent` (account), `already-exists` (credential). */
  addFactor(row: Omit<FactorRow, 'id' | 'lastUsedAt'>): Promise<FactorRow>;
  /**
   * `use` is given the newest row and gives the proof that is kept from now on, in one step: of two that bring the same code one is refused.
   * @throws Refusal `nonexistent`, and what `use` throws.
   */
  useFactor(id: number, at: number, use: (row: FactorRow) => FactorProof): Promise<FactorRow>;
  removeFactor(id: number): Promise<void>;

  /** Of one person or of all, those at rest included, in the order in which they were added. */
  outsideAccounts(owner?: AccountId): readonly OutsideAccountRow[];
  outsideAccount(id: AccountId): OutsideAccountRow | null;
  /** One person's, by its address in any case of letters. */
  outsideAccountByAddress(owner: AccountId, address: string): OutsideAccountRow | null;
  /**
   * The id is one of those that people's accounts have, and is given to nobody again. `seal` is called with it: the secret is bound to it.
   * @throws Refusal `nonexistent` (owner), `already-exists` (the owner has this address), `limit`.
   */
  addOutsideAccount(row: Omit<OutsideAccountRow, 'id' | 'secret'>, seal: (id: AccountId) => Bytes): Promise<OutsideAccountRow>;
  /** An owner never changes. @throws Refusal `nonexistent`, `already-exists`. */
  updateOutsideAccount(id: AccountId, change: Partial<Omit<OutsideAccountRow, 'id' | 'owner'>>): Promise<OutsideAccountRow>;
  /** For good; its mail is the store's matter. */
  removeOutsideAccount(id: AccountId): Promise<void>;
  /** Noted now, written within a minute or with the next change. Nobody is told. */
  noteOutsideHealth(id: AccountId, health: OutsideHealth): void;

  /** Small durable values of the program itself (instance id, keys that are not secret, schema marks). */
  value(name: string): string | null;
  putValue(name: string, value: string): Promise<void>;

  /** Called after each change, also those of another process. */
  onChange(heard: () => void): () => void;
  close(): Promise<void>;
}
