// What a mail store offers, in words of mail. The whole of what protocols and stations ask of it; every engine fulfils it and
// passes one suite (contract-suite.ts). Knows no SQL, no file and no wire text beyond the ready texts of `LetterFacts`.
//
// Rules that every engine keeps:
// - A promise of a writing method settles with a value only when the effect would survive a power cut. It rejects with
//   `Unavailable('unknown-outcome')` when that cannot be known, with any other trouble when nothing has happened.
// - UIDs and MODSEQs are given inside the committing transaction; who has seen UID n or MODSEQ m never later sees a new one below.
// - Each writing call on one account gets one MODSEQ, higher than all before it in that account.
// - Reads that start after a write has settled see that write. Before listeners hear of a change, it can be read.
// - A foreign object and a missing one are the same: Refusal `nonexistent`.
// - Calls are batches. One call is one transaction.
import type { Bytes } from '../base/bytes.ts';
import type { LetterFacts, FactName } from '../message/facts.ts';
import type { ItemKind, ItemStore, ItemWrite, UploadStore } from './items-contract.ts';
import type { MailboxState } from './mailbox-state.ts';
import type { NewQueueRecipient, QueueResult, QueueStore } from './queue-contract.ts';
import type { ShelfStore } from './shelf-contract.ts';
import type { TraceEvent, TraceStore } from './trace-contract.ts';

/** Positive; never used again after an account is gone. */
export type AccountId = number;
/** Positive, unique within an account; never used again. RFC 8474 MAILBOXID is `F` + this number. */
export type MailboxId = number;
/** Positive, unique within an account: one letter that this account holds, in one or several mailboxes. RFC 8474 EMAILID is `M` + this number. */
export type MessageId = number;
/** RFC 9051 §2.3.1.1. */
export type Uid = number;
/** RFC 7162; a positive safe integer, one counter per account. */
export type ModSeq = number;
/** Text id of a letter on its journey (lower-case letters and digits): stands in trace headers, replies and logs, and finds its events. */
export type LetterId = string;

/** RFC 6154 / RFC 8621 §2 role of a mailbox, lower case. */
export type MailboxRole = 'inbox' | 'all' | 'archive' | 'drafts' | 'flagged' | 'important' | 'junk' | 'sent' | 'trash';

export interface MailboxInfo {
  readonly id: MailboxId;
  /** Full name in Unicode (NFC), levels divided by `/`. INBOX is spelled `INBOX`. */
  readonly name: string;
  readonly role: MailboxRole | null;
  readonly subscribed: boolean;
  readonly uidValidity: number;
  readonly uidNext: Uid;
  readonly highestModSeq: ModSeq;
  /** Letters in it, those without \Seen, those with \Deleted, and the sum of their octets. */
  readonly messages: number;
  readonly unseen: number;
  readonly deleted: number;
  readonly size: number;
  /** RFC 8621 §2; 0 until somebody sets it. */
  readonly sortOrder: number;
  /** When it was made, and when its name, role, subscription or order changed last. */
  readonly createdModSeq: ModSeq;
  readonly changedModSeq: ModSeq;
}

/** The octets of a letter that is on its way in, held in memory while small and in a temporary file when large. Made by `MailStore.spool`. */
export interface Spool {
  /** Octets so far. */
  readonly length: number;
  /** Adds octets; the memory belongs to the spool. Await a returned promise before the next call. @throws Unavailable `disk-full`. */
  add(bytes: Bytes): void | Promise<void>;
  /** All octets. For letters of ordinary size no copy; a large one is read from its file. */
  read(): Bytes | Promise<Bytes>;
  /** Frees what is held. Harmless after the spool has been given to a write that settled, and when called twice. */
  discard(): void;
}

/** Flags given with a letter: system flags with their backslash and keywords, in any order (`\Recent` is not stored). */
export type Flags = readonly string[];

/** One letter for one mailbox (IMAP APPEND, import). */
export interface AppendLetter {
  readonly spool: Spool;
  readonly flags: Flags;
  /** INTERNALDATE, milliseconds since 1970; the engine takes now when it is missing. */
  readonly receivedAt?: number;
  /** Ties the letter to its journey; the engine makes one when it is missing. */
  readonly letter?: LetterId;
}

/** One place in which an accepted letter is to lie. */
export interface Placement {
  readonly account: AccountId;
  /** A mailbox, or a role: the account's mailbox of that role, or INBOX when it has none. */
  readonly mailbox: MailboxId | MailboxRole;
  readonly flags: Flags;
  /** When given, a second placement with the same key within 30 days is passed over and counts as done (idempotent delivery, D-7). */
  readonly key?: string;
  /**
   * The wish of a rule, that must not cost anybody the letter: where the mailbox has gone by the time of the commit it lies in INBOX, and keywords for which
   * a mailbox has no room are left out.
   */
  readonly yields?: boolean;
}

/** A letter taken over from a client or another server: what 250 stands for. */
export interface AcceptLetter {
  readonly letter: LetterId;
  /** Trace fields put before the octets of `spool`; CRLF line ends; may be empty. */
  readonly prefix: Bytes;
  readonly spool: Spool;
  readonly receivedAt: number;
  /** RFC 5321 reverse-path without brackets; empty for `<>`. */
  readonly reversePath: string;
  readonly placements: readonly Placement[];
  /** Recipients elsewhere: rows of the queue that hold on to the letter's octets. */
  readonly queue: readonly NewQueueRecipient[];
  /** RFC 3461 parameters of the message, carried with the queue rows. */
  readonly dsn?: { readonly envelopeId: string | null; readonly returns: 'full' | 'headers' | null };
  /** RFC 6531: the next server must offer SMTPUTF8. */
  readonly smtpUtf8?: boolean;
  /** True when the octets hold lines with 8-bit octets, `binary` when they came as BINARYMIME. */
  readonly bodyType?: '7bit' | '8bitmime' | 'binarymime';
  /**
   * The letter is remembered for a day, so that a re-send after a lost reply (reliability D-7) can be known: when one with the same octets in
   * `spool`, reverse-path and recipients was accepted at or before this time (milliseconds since 1970; 0: only remember), nothing is
   * stored and the first letter's id is the answer. Missing: not remembered.
   */
  readonly resentUntil?: number;
}

/** One decision, one transaction: letters taken over, queue rows finished or put off, trace events. */
export interface Commit {
  readonly letters?: readonly AcceptLetter[];
  readonly queue?: readonly QueueResult[];
  readonly events?: readonly TraceEvent[];
  /**
   * Items changed in the same transaction as the letters of this commit: sent and no longer waiting is one decision. All of one account.
   * @throws Refusal as ItemStore.write; `cannot` for items of several accounts.
   */
  readonly items?: readonly { readonly account: AccountId; readonly write: ItemWrite }[];
}

export interface CommitResult {
  /** Ids of the items written, in order. */
  readonly items: readonly number[];
  /** One per letter, in order: its id (an earlier one when it was a re-send) and where it lies. */
  readonly letters: readonly {
    readonly letter: LetterId;
    readonly resent: boolean;
    readonly placed: readonly { readonly account: AccountId; readonly mailbox: MailboxId; readonly uid: Uid }[];
  }[];
}

export type FlagChange = {
  /** `replace` sets exactly these, `add` and `remove` leave the others. */
  readonly how: 'add' | 'remove' | 'replace';
  readonly flags: Flags;
  /** RFC 7162 §3.1.3: letters changed after this MODSEQ are left alone and returned as `modified`. */
  readonly unchangedSince?: ModSeq;
};

export interface FlagResult {
  readonly modSeq: ModSeq;
  /** UIDs whose flags are now different from before. */
  readonly changed: readonly Uid[];
  /** UIDs left alone because of `unchangedSince`. */
  readonly modified: readonly Uid[];
}

export interface CopyResult {
  readonly uidValidity: number;
  /** UIDs in the source, ascending, and the UIDs they got in the target, in the same order. Missing ones are left out. */
  readonly from: readonly Uid[];
  readonly to: readonly Uid[];
  readonly modSeq: ModSeq;
}

/** What a listener of an account hears after a commit. A hint: the state of open mailboxes already has it. */
export interface AccountChange {
  readonly account: AccountId;
  readonly modSeq: ModSeq;
  /** Mailboxes whose letters, flags or attributes changed. */
  readonly mailboxes: readonly MailboxId[];
  /** Kinds of items that changed. */
  readonly items: readonly ItemKind[];
}

/** The octets of one stored letter. */
export interface LetterBytes {
  readonly length: number;
  /** Octets `start` to `end` (exclusive), cut to what is there. */
  read(start: number, end: number): Bytes | Promise<Bytes>;
}

/** RFC 9051 §6.4.4 leaves that are about text: what an index answers. All comparisons fold case, width and kana (NFKC). */
export type TextQuery = {
  /** `subject`, `from`, `to`, `cc`, `bcc`: that field, decoded. `body`: text parts. `text`: header fields and text parts. */
  readonly field: 'subject' | 'from' | 'to' | 'cc' | 'bcc' | 'body' | 'text';
  /** Substring, as RFC 9051 asks, not words. Not empty. */
  readonly text: string;
};

/** A letter out of sight that can come back (invariant 11). */
export interface RestingLetter {
  readonly id: number;
  readonly message: MessageId;
  readonly mailbox: MailboxId;
  /** The mailbox name when it was removed. */
  readonly mailboxName: string;
  readonly uid: Uid;
  readonly removedAt: number;
  readonly from: string;
  readonly subject: string;
  readonly size: number;
}

/** An outcome of `MailStore.verify`: what is wrong, in a sentence naming account, mailbox and letter. */
export interface VerifyFinding {
  readonly account: AccountId | null;
  readonly what: string;
}

export interface MailStore extends ShelfStore {
  // --- accounts -----------------------------------------------------------------------------------------------------
  /** Makes the mail of a new account: INBOX and the mailboxes named, each subscribed. No effect when it is there. */
  createAccount(account: AccountId, mailboxes: readonly { readonly name: string; readonly role: MailboxRole }[]): Promise<void>;
  /** Removes all mail of an account for good. Called when a closed account has rested long enough. */
  removeAccount(account: AccountId): Promise<void>;
  /** Octets and letters that count against the quota: each letter of the account once. */
  usage(account: AccountId): Promise<{ readonly octets: number; readonly messages: number }>;

  // --- mailboxes ----------------------------------------------------------------------------------------------------
  /** All mailboxes, ordered by name, with counters of the last commit. Answered from memory after the first call. */
  mailboxes(account: AccountId): Promise<readonly MailboxInfo[]>;
  /** Names are checked by the caller against its protocol; parents are not made. @throws Refusal `already-exists`, `limit`. */
  createMailbox(account: AccountId, name: string, role: MailboxRole | null): Promise<MailboxInfo>;
  /** Children move along. INBOX: its letters move to a new mailbox of that name (RFC 9051 §6.3.6). @throws Refusal `nonexistent`, `already-exists`. */
  renameMailbox(account: AccountId, mailbox: MailboxId, name: string): Promise<void>;
  /** Its letters come to rest. INBOX cannot be deleted. @throws Refusal `nonexistent`, `cannot`, `has-children` is the caller's matter. */
  deleteMailbox(account: AccountId, mailbox: MailboxId): Promise<void>;
  /** A subscription is a name and outlives its mailbox (RFC 9051 §6.3.7). */
  setSubscribed(account: AccountId, name: string, subscribed: boolean): Promise<void>;
  /** Subscribed names, also those of mailboxes that are gone. */
  subscriptions(account: AccountId): Promise<readonly string[]>;

  /**
   * The live state of a mailbox, shared by all who opened it in this process. `release` it as often as it was opened.
   * @throws Refusal `nonexistent`.
   */
  openMailbox(account: AccountId, mailbox: MailboxId): Promise<MailboxState>;
  /** Hears of every commit of the account in this process, and of other nodes' within the poll interval. Returns the way to stop. */
  subscribe(account: AccountId, heard: (change: AccountChange) => void): () => void;

  // --- reading ------------------------------------------------------------------------------------------------------
  /**
   * Facts of letters, each column an array in the order of `messages`; an unknown id gives undefined in each column.
   * Columns instead of rows: 10,000 envelopes are one array of 10,000 strings.
   */
  readFacts<N extends FactName>(
    account: AccountId,
    messages: ArrayLike<MessageId>,
    names: readonly N[],
  ): Promise<{ readonly [K in N]: readonly (LetterFacts[K] | undefined)[] }>;
  /** Octets of one letter, for parts of large ones. @throws Refusal `nonexistent`; Unavailable when they are damaged. */
  openLetter(account: AccountId, message: MessageId): Promise<LetterBytes>;
  /**
   * Whole octets of several letters, in order; null where there is no such letter or its octets are damaged (`openLetter` tells
   * which: a damaged letter is still there, and nobody may be told that it was removed). Ask for about a megabyte at a time
   * (`MailboxState.sizes` tells). Verified against the stored SHA-256. `memory` is where the octets may be put as far as they go into it,
   * so that a reader of many letters uses the same over and over; the caller leaves it alone for as long as it looks at the letters.
   */
  readLetters(account: AccountId, messages: ArrayLike<MessageId>, memory?: Bytes): Promise<readonly (Bytes | null)[]>;
  /** RFC 8474 THREADID as a number, in order; 0 for an unknown letter. */
  readThreads(account: AccountId, messages: ArrayLike<MessageId>): Promise<readonly number[]>;
  /** Journey id of letters, in order; empty string when unknown. */
  readLetterIds(account: AccountId, messages: ArrayLike<MessageId>): Promise<readonly LetterId[]>;
  /**
   * Which of these letters hold the text; exact (candidates are verified against the text). `among` is ascending.
   * Runs off the main thread where it is long. @throws Refusal `limit` after its time budget.
   */
  search(account: AccountId, query: TextQuery, among: ArrayLike<MessageId>): Promise<ReadonlySet<MessageId>>;
  /** UIDs expunged from a mailbox after `since`, ascending; `null` when tombstones do not reach back that far (then all UIDs below UIDNEXT that are not there count as gone). */
  vanishedSince(account: AccountId, mailbox: MailboxId, since: ModSeq): Promise<readonly Uid[] | null>;

  // --- writing ------------------------------------------------------------------------------------------------------
  /** Room for the octets of a letter that is on its way in. Octets beyond `limit` make `add` throw Refusal `too-big`. */
  spool(limit: number): Spool;
  commit(work: Commit): Promise<CommitResult>;
  /** All or none (RFC 3502). @throws Refusal `nonexistent`, `over-quota`, `limit` (keywords). `quota`: octets, or null. */
  append(
    account: AccountId,
    mailbox: MailboxId,
    letters: readonly AppendLetter[],
    quota: number | null,
  ): Promise<{ readonly uidValidity: number; readonly uids: readonly Uid[]; readonly modSeq: ModSeq }>;
  /** UIDs that are gone are passed over. @throws Refusal `limit` when the mailbox would have more than 200 keywords. */
  setFlags(account: AccountId, mailbox: MailboxId, uids: ArrayLike<Uid>, change: FlagChange): Promise<FlagResult>;
  /** Removes those of `uids` (all when null) that have \Deleted when `onlyDeleted`, else all of them. They come to rest. */
  expunge(
    account: AccountId,
    mailbox: MailboxId,
    uids: ArrayLike<Uid> | null,
    onlyDeleted: boolean,
  ): Promise<{ readonly uids: readonly Uid[]; readonly modSeq: ModSeq }>;
  /** Flags, INTERNALDATE and journey go along. `move` also expunges the sources, in the same transaction (RFC 6851). */
  copy(
    account: AccountId,
    from: MailboxId,
    uids: ArrayLike<Uid>,
    to: MailboxId,
    options: { readonly move: boolean; readonly quota: number | null },
  ): Promise<CopyResult>;

  // --- undo ---------------------------------------------------------------------------------------------------------
  /** Letters at rest, newest removal first. */
  resting(account: AccountId, limit: number): Promise<readonly RestingLetter[]>;
  /** Puts letters back, with new UIDs, into their old mailbox, or INBOX when that is gone. Returns how many came back. */
  restore(account: AccountId, ids: readonly number[]): Promise<number>;

  // --- stations -----------------------------------------------------------------------------------------------------
  readonly queue: QueueStore;
  readonly trace: TraceStore;
  readonly items: ItemStore;
  readonly uploads: UploadStore;
  /** Octets of a letter that the queue holds. */
  openQueued(letter: LetterId): Promise<LetterBytes>;

  // --- upkeep -------------------------------------------------------------------------------------------------------
  /**
   * Frees rested letters and dead segments, prunes tombstones and traces, indexes what is not indexed. Bounded work; call it when idle.
   * True when there is more to do.
   */
  upkeep(): Promise<boolean>;
  /** Checks every promise of the store: rows, counters, quotas, octets against SHA-256 (`quick` leaves the octets out). */
  verify(options: {
    readonly quick: boolean;
    readonly progress?: (done: number, of: number) => void;
    /** Ends the check early, without a word. */
    readonly signal?: AbortSignal;
  }): AsyncIterable<VerifyFinding>;
  /** Whether letters can be taken now; asked before MAIL, APPEND. @throws Unavailable `disk-full`, `busy`, `store-stopped`. */
  checkRoom(octets: number): void;
  close(): Promise<void>;
}
