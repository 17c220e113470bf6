// What the methods of JMAP are made of: who asks, what a method is given, what it answers, how it says no. Knows RFC 8620; knows no HTTP, no
// socket and no object of mail.
import type { Principal } from '../sasl/authenticator.ts';
import type { AccountId } from '../../store/contract.ts';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };
export type JsonObject = { readonly [name: string]: Json };

/** RFC 8620 §1.2: 1 to 255 of A-Za-z0-9, - and _. */
export type Id = string;

/** One of the accounts that the asker may use: the person's own, and those at other providers. RFC 8620 §1.6.2. */
export interface JmapAccount {
  readonly account: AccountId;
  /** `A` + the number. */
  readonly id: Id;
  /** For people: the address. */
  readonly name: string;
  readonly isPersonal: boolean;
  readonly isReadOnly: boolean;
  /** Octets, or null. */
  readonly quota: number | null;
  /** `own`, or an account at another provider. */
  readonly kind: 'own' | 'outside';
}

/** Who asks, for the length of one request. */
export interface Asker {
  readonly principal: Principal;
  /** By id, the own one first. */
  readonly accounts: ReadonlyMap<Id, JmapAccount>;
  /** Capabilities that the request uses. */
  readonly using: ReadonlySet<string>;
  /** RFC 8620 §3.3: creation id → id, added to by each /set and looked up for `#` references. */
  readonly createdIds: Map<Id, Id>;
  readonly remoteAddress: string;
  /** The session of the app that asks; null for bearer tokens and app passwords. */
  readonly session: number | null;
  /** True when a person at a browser asks (cookie session), not an app with a key: what may touch secrets and keys asks for it. */
  readonly inPerson: boolean;
  readonly signal: AbortSignal;
}

/** A method's answer: its arguments, and other calls' answers that follow it (RFC 8620 §3.4, such as the implicit Email/set of RFC 8621 §7.5). */
export interface Answer {
  readonly response: JsonObject;
  readonly also?: readonly { readonly name: string; readonly arguments: JsonObject }[];
}

/** @throws MethodError; Refusal and Unavailable become the method errors of `errors.ts`; anything else is serverFail. */
export type Method = (args: JsonObject, asker: Asker) => Promise<Answer>;

/** A capability with the methods that it brings. */
export interface MethodGroup {
  /** URI, such as `urn:ietf:params:jmap:mail`. */
  readonly capability: string;
  /** By name, such as `Email/get`. */
  readonly methods: Readonly<Record<string, Method>>;
  /** What stands in the session's `capabilities`. */
  readonly session: (asker: Pick<Asker, 'principal'>) => JsonObject;
  /** What stands in an account's `accountCapabilities`; null: this account has it not. */
  readonly account: (account: JmapAccount) => JsonObject | null;
  /** Types whose state is announced (RFC 8620 §7.1), each with the way to read its state of an account. */
  readonly states?: Readonly<Record<string, (account: JmapAccount) => Promise<string>>>;
  /** Calls when a state of `states` has changed of which no commit of the store tells. Returns the way to stop. */
  readonly listen?: (heard: (account: AccountId, types: readonly string[]) => void) => () => void;
}

/** RFC 8620 §3.6.2 and those that methods define. */
export class MethodError extends Error {
  override readonly name = 'MethodError';
  readonly type: string;
  readonly more: JsonObject;
  constructor(type: string, description: string, more: JsonObject = {}) {
    super(description);
    this.type = type;
    this.more = more;
  }
}

/** RFC 8620 §5.3: why one object was not made, changed or destroyed. */
export interface SetError {
  readonly type: string;
  readonly description?: string;
  readonly properties?: readonly string[];
  readonly [more: string]: Json | undefined;
}

/** Where the octets behind a blob id are: `B12` the letter 12, `B12-1_2` its part 1.2 decoded, `U3` an upload. */
export interface BlobSource {
  readonly size: number;
  /** Media type as far as it is known. */
  readonly type: string;
  /** File name as far as it is known, else empty. */
  readonly name: string;
  /** Octets `start` to `end` (exclusive). */
  read(start: number, end: number): Promise<Uint8Array>;
}

export interface Blobs {
  /** Null for what is not there or not this account's. */
  find(account: JmapAccount, blobId: Id): Promise<BlobSource | null>;
}
