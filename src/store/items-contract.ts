// Small durable objects of an account besides its letters: identities, sendings that wait, vacation, settings, rules, saved searches.
// Knows ids, states and due times; knows nothing of what is in them. One MODSEQ counter with the account's letters.
import type { AccountId, LetterBytes, ModSeq, Spool } from './contract.ts';

/** Lower-case letters, such as `identity`. Each kind has its own state and its own ids. */
export type ItemKind = string;

export interface Item {
  readonly kind: ItemKind;
  /** Positive, unique within account and kind; never used again. */
  readonly id: number;
  readonly createdModSeq: ModSeq;
  readonly modSeq: ModSeq;
  /** When something is to be done about it, milliseconds since 1970; null: never. */
  readonly dueAt: number | null;
  /** JSON. */
  readonly value: unknown;
}

/** Octets of one value as JSON, and items of one kind, at most. */
export const itemOctetsMax = 256 * 1024;
export const itemsMax = 10_000;

/**
 * `ifModSeq`: the item must still be as it was at that MODSEQ, else the whole call is refused with `changed` and nothing has happened: of two who decide
 * about the same item (send it, call it back) one wins. An item that is gone is not as it was. Without `dueAt`, `put` leaves the due time as it is.
 */
export type ItemWrite =
  | { readonly kind: ItemKind; readonly add: unknown; readonly dueAt?: number | null }
  | { readonly kind: ItemKind; readonly id: number; readonly put: unknown; readonly dueAt?: number | null; readonly ifModSeq?: ModSeq }
  | { readonly kind: ItemKind; readonly id: number; readonly remove: true; readonly ifModSeq?: ModSeq };

export interface ItemStore {
  /** All of a kind, ascending by id. */
  list(account: AccountId, kind: ItemKind): Promise<readonly Item[]>;
  /** How many there are of a kind. */
  count(account: AccountId, kind: ItemKind): Promise<number>;
  /** Null for one that is not there; in order. */
  get(account: AccountId, kind: ItemKind, ids: readonly number[]): Promise<readonly (Item | null)[]>;
  /** One transaction. `ids` in the order of the writes. @throws Refusal `nonexistent`, `changed`, `too-big`, `limit`. */
  write(account: AccountId, writes: readonly ItemWrite[]): Promise<{ readonly ids: readonly number[]; readonly modSeq: ModSeq }>;
  /** The last commit that changed an item of the kind; the account's first MODSEQ when none did. */
  state(account: AccountId, kind: ItemKind): Promise<ModSeq>;
  /** As ShelfChanges; null when it is not remembered so far back. */
  changes(
    account: AccountId,
    kind: ItemKind,
    since: ModSeq,
  ): Promise<{ readonly created: readonly number[]; readonly updated: readonly number[]; readonly destroyed: readonly number[] } | null>;
  /** Items of all accounts that are due at `now`, the longest due first. */
  due(now: number, limit: number): Promise<readonly (Item & { readonly account: AccountId })[]>;
  nextDue(): Promise<number | null>;
  /** Called when an item may have become due earlier than `nextDue` said. */
  onDue(heard: () => void): () => void;
}

/** Octets that an app handed in and has not used yet (RFC 8620 §6.1). */
export interface Upload {
  readonly id: number;
  readonly size: number;
  /** Media type as it was told. */
  readonly type: string;
  readonly sha256: string;
  readonly at: number;
}

export const uploadsKeptMs = 24 * 3_600_000;

export interface UploadStore {
  /** Durable when it settles. The spool is used up. Kept for a day. @throws Refusal `limit` beyond the account's room (1 GiB in all, 1,000 pieces). */
  add(account: AccountId, spool: Spool, type: string): Promise<Upload>;
  find(account: AccountId, id: number): Promise<Upload | null>;
  /** @throws Refusal `nonexistent`. */
  open(account: AccountId, id: number): Promise<LetterBytes>;
  remove(account: AccountId, id: number): Promise<void>;
}
