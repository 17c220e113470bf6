// A mailbox in memory: packed arrays, so that SELECT, FETCH FLAGS and STATUS of a million letters cost milliseconds.
// Knows positions, UIDs, flags and MODSEQs; knows no session (sequence numbers told to a client are protocol/imap/view.ts) and
// no engine. One state is shared by all sessions that have the mailbox open; engines change it after each commit, by `apply`.
import type { AccountId, MailboxId, MessageId, ModSeq, Uid } from './contract.ts';

/** A letter as the engine adds it to the state. */
export interface StateEntry {
  readonly uid: Uid;
  readonly message: MessageId;
  readonly modSeq: ModSeq;
  readonly flags: FlagSet;
  readonly size: number;
  /** INTERNALDATE, milliseconds. */
  readonly receivedAt: number;
  /** RFC 8514, milliseconds. */
  readonly savedAt: number;
}

/** A set of flags; interned, so that the same set is the same object and can be compared by identity. */
export interface FlagSet {
  /** Index in `MailboxState.flagSets`. */
  readonly index: number;
  /** Bits of `systemFlags`. */
  readonly system: number;
  /** Keywords in the spelling in which the mailbox first saw them, sorted. */
  readonly keywords: readonly string[];
  /** Ready for the wire: `(\Seen $Forwarded)`. */
  readonly text: string;
}

export const systemFlags = { '\\Seen': 1, '\\Answered': 2, '\\Flagged': 4, '\\Deleted': 8, '\\Draft': 16 } as const;
export const SEEN = 1;
export const ANSWERED = 2;
export const FLAGGED = 4;
export const DELETED = 8;
export const DRAFT = 16;

/** What one commit did to one mailbox. */
export interface StateChange {
  readonly modSeq: ModSeq;
  /** Ascending, all above the UIDs there. */
  readonly added: readonly StateEntry[];
  readonly flags: readonly { readonly uid: Uid; readonly flags: FlagSet }[];
  /** Ascending. */
  readonly expunged: readonly Uid[];
  readonly uidNext: Uid;
}

/**
 * Sequences are ascending by UID. `uids`, `messages` … have room beyond `count`: only the first `count` entries are valid. New letters are
 * written behind the old ones in place; an expunge makes new arrays and leaves the old ones as they were, so whoever
 * keeps a reference to `uids` with the count of that time has a free snapshot of the mailbox at that time.
 */
export interface MailboxState {
  readonly account: AccountId;
  readonly mailbox: MailboxId;
  readonly uidValidity: number;
  readonly uidNext: Uid;
  readonly highestModSeq: ModSeq;
  readonly count: number;
  readonly uids: Uint32Array;
  readonly messages: Uint32Array;
  readonly modSeqs: Float64Array;
  readonly sizes: Uint32Array;
  /** Milliseconds since 1970. */
  readonly receivedAt: Float64Array;
  readonly savedAt: Float64Array;
  /** Index into `flagSets`. */
  readonly flagIndexes: Uint32Array;
  readonly flagSets: readonly FlagSet[];
  /** All keywords that letters of this mailbox have or had, for the FLAGS response. */
  readonly keywords: readonly string[];
  readonly unseen: number;
  readonly deleted: number;
  /** True once the mailbox has been deleted or renamed away under the sessions that have it open. */
  readonly gone: boolean;

  /** Position (0-based) of a UID, or -1. */
  indexOf(uid: Uid): number;
  /** Position of the first UID at or above `uid`; `count` when there is none. */
  indexFrom(uid: Uid): number;
  flagsAt(index: number): FlagSet;
  /** The interned set; unknown keywords are added. */
  internFlags(system: number, keywords: readonly string[]): FlagSet;
  /** Positions (ascending) of letters changed after `modSeq`, flag changes and new ones. */
  changedSince(modSeq: ModSeq): Uint32Array;
  /** UIDs expunged after `modSeq`, as far as memory reaches; null when it does not (ask `MailStore.vanishedSince`). Ascending. */
  expungedSince(modSeq: ModSeq): Uint32Array | null;
  /** Applied by the engine only, in order of MODSEQ. */
  apply(change: StateChange): void;
  /** Called after each change was applied. Returns the way to stop. */
  listen(heard: () => void): () => void;
  /** Ends one `openMailbox`. */
  release(): void;
}
