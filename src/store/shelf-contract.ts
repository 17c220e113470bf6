// All letters of one account at once, in memory: what JMAP asks of a store. Knows letters, the mailboxes each lies in, and threads;
// knows no protocol and no engine.
//
// A place with \Deleted does not count: RFC 8621 §4.1.1 has such letters invisible. A letter is here while it has a place that counts.
import type { AccountId, FlagChange, Flags, LetterId, MailboxId, MailboxRole, MessageId, ModSeq, Spool, Uid } from './contract.ts';
import type { ItemWrite } from './items-contract.ts';
import type { FlagSet } from './mailbox-state.ts';

/**
 * The live state of an account's letters, shared by all who opened it in this process. Arrays have room beyond `count`; they are ascending
 * by message id, and replaced, never changed in place, where an entry goes away: who keeps a reference with the count of that time keeps that time.
 */
export interface Shelf {
  readonly account: AccountId;
  /** The commit up to which it is true. */
  readonly modSeq: ModSeq;
  /** The last commit that changed a letter (came, went, flags, mailboxes), a thread (members), a mailbox (made, changed, its counters, gone). */
  readonly emailModSeq: ModSeq;
  readonly threadModSeq: ModSeq;
  readonly mailboxModSeq: ModSeq;
  readonly count: number;
  readonly messages: Uint32Array;
  readonly threads: Uint32Array;
  readonly sizes: Uint32Array;
  /** INTERNALDATE of the oldest place, milliseconds since 1970. */
  readonly receivedAt: Float64Array;
  /** When the letter came into sight, and when anything about it changed last. */
  readonly createdModSeqs: Float64Array;
  readonly modSeqs: Float64Array;

  /** Position of a letter, or -1. */
  indexOf(message: MessageId): number;
  /** Ascending, interned: the same set is the same array. */
  mailboxesAt(index: number): readonly MailboxId[];
  /** The union over the letter's places, \Deleted left out; interned. \Seen, \Draft: when all places have it. */
  flagsAt(index: number): FlagSet;
  placesAt(index: number): readonly { readonly mailbox: MailboxId; readonly uid: Uid }[];
  /** Positions of a thread's letters, oldest INTERNALDATE first (then id); empty when there is no such thread. */
  membersOf(thread: number): readonly number[];
  /** All positions, newest INTERNALDATE first (then highest id). Kept until the next change that moves it. */
  newestFirst(): Uint32Array;
  /** Letters and threads of a mailbox, and those unread (RFC 8621 §2: an unread thread has an unread letter that is not only in Trash). */
  counts(mailbox: MailboxId): MailboxCounts;
  /** Called after each commit was applied. Returns the way to stop. */
  listen(heard: () => void): () => void;
  /** Ends one `openShelf`. */
  release(): void;
}

export interface MailboxCounts {
  readonly totalEmails: number;
  readonly unreadEmails: number;
  readonly totalThreads: number;
  readonly unreadThreads: number;
}

/** What became of a kind of object after a MODSEQ, by id, in the order in which it happened. What came and went in between is left out. */
export interface ObjectChanges {
  readonly created: readonly number[];
  readonly updated: readonly number[];
  readonly destroyed: readonly number[];
}

export interface ShelfChanges {
  /** The state that this leads to. */
  readonly modSeq: ModSeq;
  readonly emails: ObjectChanges;
  readonly threads: ObjectChanges;
  /**
   * `countsOnly`: of those updated, mailboxes of which nothing but counters changed. One may be told whose counters are what they were (after the
   * store was opened anew); none is left out.
   */
  readonly mailboxes: ObjectChanges & { readonly countsOnly: ReadonlySet<MailboxId> };
}

/** `without`: taken away in the same step, before the others come; what neither names stays as it is then, whoever has set it meanwhile. */
export type RevisionFlags = Pick<FlagChange, 'how' | 'flags'> & { readonly without?: readonly string[] };

/**
 * What is to become of one letter. All of a call's revisions are one transaction with one MODSEQ, done in order. Places with \Deleted are no part
 * of it and stay as they are, except that they go with a letter that is destroyed; a letter that has no other ones is `nonexistent`.
 */
export interface Revision {
  readonly message: MessageId;
  /** Applied to every place of the letter; places that it gets by `mailboxes` begin with the letter's flags. */
  readonly flags?: RevisionFlags;
  /** `set`: exactly these. A letter that would lie nowhere is refused; `destroy` is for that. */
  readonly mailboxes?:
    | { readonly set: readonly MailboxId[] }
    | { readonly add: readonly MailboxId[]; readonly remove: readonly MailboxId[] };
  /** Removed from all its mailboxes; it comes to rest. */
  readonly destroy?: boolean;
}

export type RevisionOutcome = 'done' | 'same' | 'nonexistent' | 'no-such-mailbox' | 'nowhere' | 'limit' | 'over-quota';

/** A letter for one or several mailboxes at once (JMAP Email/set create, Email/import, Email/copy). */
export interface NewLetter {
  readonly spool: Spool;
  readonly mailboxes: readonly MailboxId[];
  readonly flags: Flags;
  readonly receivedAt?: number;
  readonly letter?: LetterId;
}

/** What of a mailbox can be changed in one transaction. */
export interface MailboxRevision {
  /** Full name; children move along. */
  readonly name?: string;
  readonly role?: MailboxRole | null;
  readonly subscribed?: boolean;
  /** RFC 8621 §2 sortOrder, 0 to 2^31 - 1. */
  readonly sortOrder?: number;
}

/** The part of a MailStore that looks at an account as a whole. */
export interface ShelfStore {
  /** `release` it as often as it was opened. @throws Refusal `nonexistent`. */
  openShelf(account: AccountId): Promise<Shelf>;
  /** Exact. Null when what is gone is not remembered so far back. `since` above the account's MODSEQ: null. */
  changesSince(account: AccountId, since: ModSeq): Promise<ShelfChanges | null>;
  /** Outcomes in order. `quota`: octets, or null. A revision that cannot be done leaves the others as they are. */
  revise(
    account: AccountId,
    revisions: readonly Revision[],
    quota: number | null,
  ): Promise<{ readonly modSeq: ModSeq; readonly outcomes: readonly RevisionOutcome[] }>;
  /**
   * One letter and items in one transaction: put away and noted for when it comes back is one decision. Where the letter cannot be revised, nothing has
   * happened. @throws Refusal `nonexistent` (the letter, a mailbox), `cannot` (it would lie nowhere), `limit`; and as ItemStore.write.
   */
  reviseNoting(
    account: AccountId,
    revision: Revision,
    items: readonly ItemWrite[],
  ): Promise<{ readonly modSeq: ModSeq; readonly items: readonly number[] }>;
  /** All or none. @throws Refusal `nonexistent` (a mailbox, or none at all), `over-quota`, `limit`. */
  addLetters(
    account: AccountId,
    letters: readonly NewLetter[],
    quota: number | null,
  ): Promise<{
    readonly modSeq: ModSeq;
    readonly messages: readonly { readonly message: MessageId; readonly thread: number; readonly size: number }[];
  }>;
  /** A subscription goes along with a new name. @throws Refusal `nonexistent`, `already-exists`, `cannot` (INBOX keeps its name and role; a role is one mailbox's). */
  reviseMailbox(account: AccountId, mailbox: MailboxId, change: MailboxRevision): Promise<void>;
}
