// Where an address leads: what the stations ask about addresses. Knows the questions; addresses.ts answers them from the directory.
import type { AccountId, Placement } from '../../store/contract.ts';
import type { DsnNotify, NewQueueRecipient } from '../../store/queue-contract.ts';

/** Where an address leads. */
export type Resolution =
  /** One of ours: deliver into this account. `detail` is the subaddress tag, or null. */
  | { readonly kind: 'account'; readonly account: AccountId; readonly address: string; readonly detail: string | null }
  /** An alias: these, each resolved already (no aliases left), at most 1,000; loops are cut. */
  | { readonly kind: 'list'; readonly targets: readonly Resolution[] }
  /** A domain of ours without such a person. */
  | { readonly kind: 'unknown' }
  /** Not a domain of ours. */
  | { readonly kind: 'elsewhere'; readonly address: string; readonly domain: string };

/** An account at another provider as the sender of letters. */
export interface OutsideSender {
  readonly account: AccountId;
  readonly address: string;
  readonly name: string;
  /** A copy of what is sent belongs into its Sent folder: the provider files none. */
  readonly copy: boolean;
}

/** What SMTP asks about addresses. Fulfilled by journey/account/addresses.ts on a Directory. */
export interface AddressBook {
  /** `address` as in a path, without brackets; the bare `postmaster` is the first domain's. Never waits. */
  resolve(address: string): Resolution;
  /**
   * May this account put this address into MAIL FROM and From? Main address, subaddresses, aliases that lead to it; and its addresses at other
   * providers (see `outsideSender`).
   */
  owns(account: AccountId, address: string): boolean;
  /**
   * The account at another provider through which a letter from this address goes, when this account may write from it: a person from
   * those of their own that are proven, such an account from itself. The empty reverse-path is that of the account that signed in.
   * Null: the letter goes our own way, or may not go.
   */
  outsideSender(account: AccountId, address: string): OutsideSender | null;
  isOurs(domain: string): boolean;
}

/** What RCPT told of one recipient. */
export interface RecipientFacts {
  /** As in a path, without brackets. */
  readonly address: string;
  readonly notify: readonly DsnNotify[];
  readonly originalRecipient: string | null;
}

/** Why an address gets no letter. */
export type Objection =
  | 'unknown' // a domain of ours, no such person
  | 'elsewhere' // not a domain of ours, and this list takes only ours
  | 'closed'
  | 'full' // the mailbox has no room now
  | 'over-quota' // the letter is larger than the whole mailbox may be
  | 'too-many'; // the list would become longer than it may be

/**
 * The people who get one letter, gathered address by address: aliases and lists expanded, each account once, those elsewhere as rows
 * for the queue. Fulfilled by journey/account/recipients.ts.
 */
export interface RecipientList {
  /** Null: added. `size`: octets of the letter as far as they are known. */
  add(recipient: RecipientFacts, size: number): Objection | null | Promise<Objection | null>;
  /** Addresses that were added, as they were told. */
  readonly told: readonly string[];
  readonly accounts: ReadonlyMap<AccountId, string>;
  /** Those placed in a mailbox here, not by way of a list, whose sender asked to be told of success (RFC 3461 §4.1). */
  readonly wantSuccess: readonly RecipientFacts[];
  /**
   * Asked when the letter is there and larger than `add` was told: an objection when a single mailbox here is all it is for and has no room.
   */
  recheck(size: number): Objection | null | Promise<Objection | null>;
  /** How many rows `queueRows` will have. */
  readonly elsewhere: number;
  placements(): readonly Placement[];
  queueRows(): readonly NewQueueRecipient[];
}

export interface RecipientLists {
  /**
   * `onlyOurs`: addresses elsewhere are objected to, unless an alias of ours leads there. `pastQuota`: a full mailbox is no objection, for
   * news that would otherwise be lost. `via`: all recipients, ours too, are rows for that account's provider.
   */
  open(options: { readonly onlyOurs: boolean; readonly pastQuota?: boolean; readonly via?: AccountId | null }): RecipientList;
}
