// What one commit did to an account, as a shelf takes it, and what is remembered of letters and mailboxes that are gone.
// Knows plain values that survive a structured clone; knows no engine.
import type { MailboxId, MailboxRole, MessageId, ModSeq, Uid } from './contract.ts';

/** What a mailbox is besides its letters. */
export interface MailboxShape {
  readonly role: MailboxRole | null;
  readonly createdModSeq: ModSeq;
  readonly changedModSeq: ModSeq;
}

export interface ShelfMailboxChange {
  readonly mailbox: MailboxId;
  /** `[uid, message, system flags, keywords, size, receivedAt, …]` */
  readonly added: readonly (readonly [Uid, MessageId, number, readonly string[], number, number, ...number[]])[];
  /** Places with the same new flags, gathered; `messages` in the order of `uids`. */
  readonly flags: readonly {
    readonly system: number;
    readonly keywords: readonly string[];
    readonly uids: readonly Uid[];
    readonly messages: readonly MessageId[];
  }[];
  /** In the same order; in a mailbox that is gone they may be left out. */
  readonly expunged: readonly Uid[];
  readonly expungedMessages: readonly MessageId[];
  /** Null when nothing but its letters changed. */
  readonly shape: MailboxShape | null;
  /** Null when the mailbox is gone. */
  readonly numbers: object | null;
}

export interface ShelfChange {
  readonly modSeq: ModSeq;
  readonly mailboxes: readonly ShelfMailboxChange[];
  /** Threads of letters that lay nowhere before, as they were when the letter came. */
  readonly threads: readonly (readonly [MessageId, number])[];
}

/** A letter that went out of sight. */
export interface GoneLetter {
  readonly modSeq: ModSeq;
  readonly message: MessageId;
  readonly thread: number;
  /** When it had come into sight. */
  readonly createdModSeq: ModSeq;
}

export interface GoneMailbox {
  readonly modSeq: ModSeq;
  readonly mailbox: MailboxId;
  readonly createdModSeq: ModSeq;
}
