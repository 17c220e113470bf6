// One writing call on one account in memory: gathered first, with one MODSEQ, and made true in one go; mailboxes, items and the shelf's picture change
// together. Knows one account; knows no queue and no listener.
import type { MailboxId, MessageId, ModSeq, Uid } from '../contract.ts';
import { keptTombstones } from '../limits.ts';
import type { FlagSet, StateEntry } from '../mailbox-state.ts';
import type { ShelfMailboxChange } from '../shelf-change.ts';
import { shapeOf, type MemoryAccount, type MemoryLetter, type MemoryMailbox } from './account.ts';
import type { ItemPlan } from './items.ts';

interface MailboxChange {
  added: StateEntry[];
  flags: { uid: Uid; message: MessageId; flags: FlagSet }[];
  expunged: Uid[];
  expungedMessages: MessageId[];
  uidNext: Uid;
}

/** One writing call on one account, gathered first and applied in one go. */
export class AccountChanges {
  readonly account: MemoryAccount;
  readonly modSeq: ModSeq;
  readonly byMailbox = new Map<MemoryMailbox, MailboxChange>();
  /** Mailboxes made, renamed, (un)subscribed or removed. */
  readonly touched = new Set<MailboxId>();
  readonly #threads: [MessageId, number][] = [];
  items: ItemPlan | null = null;

  constructor(account: MemoryAccount) {
    this.account = account;
    this.modSeq = account.modSeq + 1;
  }

  #of(mailbox: MemoryMailbox): MailboxChange {
    let change = this.byMailbox.get(mailbox);
    if (change === undefined) {
      change = { added: [], flags: [], expunged: [], expungedMessages: [], uidNext: mailbox.state.uidNext };
      this.byMailbox.set(mailbox, change);
    }
    return change;
  }

  /** Lays a letter into a mailbox; gives its UID. */
  add(mailbox: MemoryMailbox, letter: MemoryLetter, flags: FlagSet, receivedAt: number, savedAt: number): Uid {
    const change = this.#of(mailbox);
    const uid = change.uidNext++;
    change.added.push({ uid, message: letter.id, modSeq: this.modSeq, flags, size: letter.bytes.length, receivedAt, savedAt });
    if (letter.places === 0) this.#threads.push([letter.id, letter.thread]);
    this.account.lay(letter);
    return uid;
  }

  setFlags(mailbox: MemoryMailbox, uid: Uid, message: MessageId, flags: FlagSet): void {
    const change = this.#of(mailbox);
    const added = change.added.findIndex((entry) => entry.uid === uid);
    if (added >= 0) change.added[added] = { ...change.added[added]!, flags };
    else change.flags.push({ uid, message, flags });
  }

  expunge(mailbox: MemoryMailbox, uid: Uid, message: MessageId): void {
    const change = this.#of(mailbox);
    change.expunged.push(uid);
    change.expungedMessages.push(message);
  }

  /** The mailbox itself is made or changes. */
  reshape(mailbox: MemoryMailbox): void {
    mailbox.changedModSeq = this.modSeq;
    this.touched.add(mailbox.id);
  }

  get empty(): boolean {
    return this.byMailbox.size === 0 && this.touched.size === 0 && this.items === null;
  }

  /** Makes it true. Gives the mailboxes that changed. */
  apply(): MailboxId[] {
    const { account, modSeq } = this;
    account.modSeq = modSeq;
    if (this.items !== null) account.items.apply(this.items);
    for (const [mailbox, change] of this.byMailbox) {
      const order = change.expunged.map((uid, index) => ({ uid, message: change.expungedMessages[index]! })).sort((a, b) => a.uid - b.uid);
      change.expunged = order.map(({ uid }) => uid);
      change.expungedMessages = order.map(({ message }) => message);
      for (const uid of change.expunged) mailbox.tombstones.push({ modSeq, uid });
      if (mailbox.tombstones.length > keptTombstones) forgetTombstones(mailbox);
      mailbox.state.apply({ modSeq, ...change });
    }
    this.#tellShelf();
    for (const mailbox of this.byMailbox.keys()) this.touched.add(mailbox.id);
    return [...this.touched];
  }

  #tellShelf(): void {
    const { account, modSeq } = this;
    const none = { added: [], flags: [], expunged: [], expungedMessages: [] };
    const changes = new Map<MailboxId, ShelfMailboxChange>();
    for (const id of this.touched) {
      const mailbox = account.mailboxes.get(id);
      changes.set(id, { mailbox: id, ...none, shape: mailbox === undefined ? null : shapeOf(mailbox), numbers: mailbox ?? null });
    }
    for (const [mailbox, { added, flags, expunged, expungedMessages }] of this.byMailbox) {
      changes.set(mailbox.id, {
        mailbox: mailbox.id,
        added: added.map((one) => [one.uid, one.message, one.flags.system, one.flags.keywords, one.size, one.receivedAt]),
        flags: flags.map(({ uid, message, flags: set }) => ({
          system: set.system,
          keywords: set.keywords,
          uids: [uid],
          messages: [message],
        })),
        expunged,
        expungedMessages,
        shape: this.touched.has(mailbox.id) ? shapeOf(mailbox) : null,
        numbers: mailbox,
      });
    }
    const gone = account.shelf.apply({ modSeq, mailboxes: [...changes.values()], threads: this.#threads });
    account.remember(gone.letters, gone.mailboxes);
  }
}

/** Forgets the older half, whole changes at a time. */
function forgetTombstones(mailbox: MemoryMailbox): void {
  mailbox.tombstoneFloor = mailbox.tombstones[mailbox.tombstones.length >>> 1]!.modSeq;
  mailbox.tombstones = mailbox.tombstones.filter((tombstone) => tombstone.modSeq > mailbox.tombstoneFloor);
}
