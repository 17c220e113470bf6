// Letters and threads of each mailbox, counted as they change: threads are counted out before a change and in again after it.
// Knows RFC 8621 §2 (totalEmails … unreadThreads); knows no column and no engine.
import type { MailboxId } from './contract.ts';
import type { MailboxCounts } from './shelf-contract.ts';

/** What is asked of letters, by position. */
export interface CountedLetters {
  /** Different from one another; at least one. */
  mailboxesAt(index: number): readonly MailboxId[];
  isUnread(index: number): boolean;
}

interface Counts {
  totalEmails: number;
  unreadEmails: number;
  totalThreads: number;
  unreadThreads: number;
}

const none: MailboxCounts = { totalEmails: 0, unreadEmails: 0, totalThreads: 0, unreadThreads: 0 };

export class ShelfCounts {
  #counts = new Map<MailboxId, Counts>();
  /** Counts of before, of mailboxes touched since `begin`. */
  #before = new Map<MailboxId, MailboxCounts>();
  trash: MailboxId | null;

  constructor(trash: MailboxId | null) {
    this.trash = trash;
  }

  of(mailbox: MailboxId): MailboxCounts {
    return this.#counts.get(mailbox) ?? none;
  }

  begin(): void {
    this.#before.clear();
  }

  /** Mailboxes of which a counter is not what it was at `begin`. */
  changed(): MailboxId[] {
    const changed: MailboxId[] = [];
    for (const [mailbox, before] of this.#before) {
      const now = this.of(mailbox);
      if (
        now.totalEmails !== before.totalEmails ||
        now.unreadEmails !== before.unreadEmails ||
        now.totalThreads !== before.totalThreads ||
        now.unreadThreads !== before.unreadThreads
      )
        changed.push(mailbox);
    }
    return changed;
  }

  /** Counts begin at nothing again, by another Trash; `changed` goes on comparing with what was at `begin`. */
  restart(trash: MailboxId | null): void {
    for (const mailbox of this.#counts.keys()) this.#touch(mailbox);
    this.#counts = new Map();
    this.trash = trash;
  }

  forget(mailbox: MailboxId): void {
    this.#counts.delete(mailbox);
    this.#before.delete(mailbox);
  }

  /** Counts `threads` letters, each alone in its thread, in (or out, when negative). */
  countAlone(mailboxes: readonly MailboxId[], unread: boolean, threads: number): void {
    for (const mailbox of mailboxes) this.#add(mailbox, threads, unread ? threads : 0, threads, unread ? threads : 0);
  }

  /** Counts all letters of one thread in (`sign` 1) or out (-1). */
  count(positions: readonly number[], letters: CountedLetters, sign: 1 | -1): void {
    const trash = this.trash;
    // RFC 8621 §2: letters that are only in the Trash say nothing about other mailboxes, and those outside it nothing about the Trash.
    let unreadElsewhere = false;
    let unreadInTrash = false;
    const lies: MailboxId[] = [];
    for (const at of positions) {
      const unread = letters.isUnread(at);
      for (const mailbox of letters.mailboxesAt(at)) {
        this.#add(mailbox, sign, unread ? sign : 0, 0, 0);
        if (!lies.includes(mailbox)) lies.push(mailbox);
        if (!unread) continue;
        if (mailbox === trash) unreadInTrash = true;
        else unreadElsewhere = true;
      }
    }
    for (const mailbox of lies) this.#add(mailbox, 0, 0, sign, (mailbox === trash ? unreadInTrash : unreadElsewhere) ? sign : 0);
  }

  #add(mailbox: MailboxId, emails: number, unreadEmails: number, threads: number, unreadThreads: number): void {
    const counts = this.#touch(mailbox);
    counts.totalEmails += emails;
    counts.unreadEmails += unreadEmails;
    counts.totalThreads += threads;
    counts.unreadThreads += unreadThreads;
  }

  #touch(mailbox: MailboxId): Counts {
    let counts = this.#counts.get(mailbox);
    if (counts === undefined) this.#counts.set(mailbox, (counts = { ...none }));
    if (!this.#before.has(mailbox)) this.#before.set(mailbox, { ...counts });
    return counts;
  }
}
