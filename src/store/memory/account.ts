// The mail of one account in memory: its mailboxes, letters, threads and what rests.
// Knows how one writing call becomes one change with one MODSEQ; knows no other account, no queue and no listener.
import { sha256Hex } from '../../base/digest.ts';
import { Refusal } from '../../base/trouble.ts';
import type { Bytes } from '../../base/bytes.ts';
import type { LetterFacts } from '../../message/facts.ts';
import type {
  AccountId,
  Flags,
  LetterId,
  MailboxId,
  MailboxInfo,
  MailboxRole,
  MessageId,
  ModSeq,
  RestingLetter,
  Uid,
} from '../contract.ts';
import { partFlags } from '../flag-sets.ts';
import { keptTombstones, maxKeywords, maxMailboxes } from '../limits.ts';
import type { FlagSet, StateEntry } from '../mailbox-state.ts';
import { PackedMailbox, emptyColumns } from '../packed-mailbox.ts';
import { AccountItems, type ItemPlan } from './items.ts';
import { AccountUploads } from './uploads.ts';

export interface MemoryLetter {
  readonly id: MessageId;
  readonly bytes: Bytes;
  readonly sha256: string;
  readonly facts: LetterFacts;
  readonly thread: number;
  readonly letter: LetterId;
  /** In how many places it lies, and how many of its removed places rest. At zero for both it is forgotten. */
  places: number;
  resting: number;
}

export interface MemoryMailbox {
  readonly id: MailboxId;
  name: string;
  readonly role: MailboxRole | null;
  readonly state: PackedMailbox;
  tombstones: { readonly modSeq: ModSeq; readonly uid: Uid }[];
  /** Tombstones at or below it are gone. */
  tombstoneFloor: ModSeq;
}

interface Rest extends RestingLetter {
  readonly flags: FlagSet;
  readonly receivedAt: number;
}

interface MailboxChange {
  added: StateEntry[];
  flags: { uid: Uid; flags: FlagSet }[];
  expunged: Uid[];
  uidNext: Uid;
}

/** One writing call on one account, gathered first and applied in one go. */
export class AccountChanges {
  readonly account: MemoryAccount;
  readonly modSeq: ModSeq;
  readonly byMailbox = new Map<MemoryMailbox, MailboxChange>();
  /** Mailboxes made, renamed or removed. */
  readonly touched = new Set<MailboxId>();
  items: ItemPlan | null = null;

  constructor(account: MemoryAccount) {
    this.account = account;
    this.modSeq = account.modSeq + 1;
  }

  #of(mailbox: MemoryMailbox): MailboxChange {
    let change = this.byMailbox.get(mailbox);
    if (change === undefined) {
      change = { added: [], flags: [], expunged: [], uidNext: mailbox.state.uidNext };
      this.byMailbox.set(mailbox, change);
    }
    return change;
  }

  /** Lays a letter into a mailbox; gives its UID. */
  add(mailbox: MemoryMailbox, letter: MemoryLetter, flags: FlagSet, receivedAt: number, savedAt: number): Uid {
    const change = this.#of(mailbox);
    const uid = change.uidNext++;
    change.added.push({ uid, message: letter.id, modSeq: this.modSeq, flags, size: letter.bytes.length, receivedAt, savedAt });
    this.account.lay(letter);
    return uid;
  }

  setFlags(mailbox: MemoryMailbox, uid: Uid, flags: FlagSet): void {
    this.#of(mailbox).flags.push({ uid, flags });
  }

  expunge(mailbox: MemoryMailbox, uid: Uid): void {
    this.#of(mailbox).expunged.push(uid);
  }

  get empty(): boolean {
    return this.byMailbox.size === 0 && this.touched.size === 0 && this.items === null;
  }

  /** Makes it true. Gives the mailboxes that changed. */
  apply(): MailboxId[] {
    this.account.modSeq = this.modSeq;
    if (this.items !== null) this.account.items.apply(this.items);
    for (const [mailbox, change] of this.byMailbox) {
      for (const uid of change.expunged) mailbox.tombstones.push({ modSeq: this.modSeq, uid });
      if (mailbox.tombstones.length > keptTombstones) forgetTombstones(mailbox);
      mailbox.state.apply({ modSeq: this.modSeq, ...change });
      this.touched.add(mailbox.id);
    }
    return [...this.touched];
  }
}

/** Forgets the older half, whole changes at a time. */
function forgetTombstones(mailbox: MemoryMailbox): void {
  mailbox.tombstoneFloor = mailbox.tombstones[mailbox.tombstones.length >>> 1]!.modSeq;
  mailbox.tombstones = mailbox.tombstones.filter((tombstone) => tombstone.modSeq > mailbox.tombstoneFloor);
}

export class MemoryAccount {
  readonly id: AccountId;
  modSeq: ModSeq = 1;
  readonly mailboxes = new Map<MailboxId, MemoryMailbox>();
  readonly letters = new Map<MessageId, MemoryLetter>();
  readonly subscriptions = new Set<string>();
  /** Placement keys and when they were used. */
  readonly placementKeys = new Map<string, number>();
  readonly items = new AccountItems();
  readonly uploads = new AccountUploads();
  rests: Rest[] = [];
  /** What counts against the quota: letters that lie somewhere, each once. */
  readonly usage = { octets: 0, messages: 0 };
  readonly #threadOf = new Map<string, number>();
  #lastMailbox = 0;
  #lastMessage = 0;
  #lastRest = 0;
  #lastUidValidity = 0;

  constructor(id: AccountId) {
    this.id = id;
  }

  // --- mailboxes ----------------------------------------------------------------------------------------------------

  mailbox(id: MailboxId): MemoryMailbox {
    const mailbox = this.mailboxes.get(id);
    if (mailbox === undefined) throw new Refusal('nonexistent', 'There is no such mailbox');
    return mailbox;
  }

  findByName(name: string): MemoryMailbox | null {
    for (const mailbox of this.mailboxes.values()) if (mailbox.name === name) return mailbox;
    return null;
  }

  get inbox(): MemoryMailbox {
    return this.findByName('INBOX')!;
  }

  /** Where a placement goes: a mailbox of the account, or the one of that role, or INBOX. */
  target(place: MailboxId | MailboxRole): MemoryMailbox {
    if (typeof place === 'number') return this.mailbox(place);
    for (const mailbox of this.mailboxes.values()) if (mailbox.role === place) return mailbox;
    return this.inbox;
  }

  checkNewName(name: string): void {
    if (this.findByName(name) !== null) throw new Refusal('already-exists', 'There is a mailbox of that name');
  }

  addMailbox(name: string, role: MailboxRole | null, now: number, modSeq: ModSeq): MemoryMailbox {
    this.checkNewName(name);
    if (this.mailboxes.size >= maxMailboxes) throw new Refusal('limit', `An account may have ${maxMailboxes} mailboxes`);
    const id = ++this.#lastMailbox;
    // RFC 9051 §2.3.1.1: a mailbox of a name used before needs a higher UIDVALIDITY.
    this.#lastUidValidity = Math.max(Math.floor(now / 1000), this.#lastUidValidity + 1);
    const place = { account: this.id, mailbox: id, uidValidity: this.#lastUidValidity, uidNext: 1, highestModSeq: modSeq };
    const mailbox: MemoryMailbox = { id, name, role, state: new PackedMailbox(emptyColumns(place)), tombstones: [], tombstoneFloor: 0 };
    this.mailboxes.set(id, mailbox);
    return mailbox;
  }

  describe(mailbox: MemoryMailbox): MailboxInfo {
    const { id, name, role, state } = mailbox;
    const { uidValidity, uidNext, highestModSeq, count, unseen, deleted, octets } = state;
    const subscribed = this.subscriptions.has(name);
    return { id, name, role, subscribed, uidValidity, uidNext, highestModSeq, messages: count, unseen, deleted, size: octets };
  }

  // --- letters ------------------------------------------------------------------------------------------------------

  addLetter(bytes: Bytes, facts: LetterFacts, letter: LetterId): MemoryLetter {
    const id = ++this.#lastMessage;
    const added: MemoryLetter = {
      id,
      bytes,
      sha256: sha256Hex(bytes),
      facts,
      thread: this.#findThread(facts, id),
      letter,
      places: 0,
      resting: 0,
    };
    this.letters.set(id, added);
    return added;
  }

  /** The thread of the first letter named that is known; every name met leads there from now on. */
  #findThread(facts: LetterFacts, id: MessageId): number {
    const names = [facts.messageId, ...facts.references].filter((name) => name !== '');
    const known = names.find((name) => this.#threadOf.has(name));
    const thread = known === undefined ? id : this.#threadOf.get(known)!;
    for (const name of names) if (!this.#threadOf.has(name)) this.#threadOf.set(name, thread);
    return thread;
  }

  /** Notes one more place of a letter. */
  lay(letter: MemoryLetter): void {
    if (letter.places++ > 0) return;
    this.usage.octets += letter.bytes.length;
    this.usage.messages++;
  }

  /** Notes one place less. */
  lift(letter: MemoryLetter): void {
    if (--letter.places > 0) return;
    this.usage.octets -= letter.bytes.length;
    this.usage.messages--;
  }

  checkKeywords(mailbox: MemoryMailbox, flags: readonly Flags[]): void {
    const keywords = flags.flatMap((list) => partFlags(list).keywords);
    if (keywords.length > 0 && mailbox.state.keywordsWith(keywords) > maxKeywords) {
      throw new Refusal('limit', `A mailbox may have ${maxKeywords} keywords`);
    }
  }

  /** A flag set of another mailbox, in this one's spelling. */
  internFrom(mailbox: MemoryMailbox, flags: FlagSet): FlagSet {
    return mailbox.state.internFlags(flags.system, flags.keywords);
  }

  // --- rest ---------------------------------------------------------------------------------------------------------

  /** Notes a place that is about to be expunged, so that it can come back. */
  rest(mailbox: MemoryMailbox, at: number, now: number): void {
    const { state } = mailbox;
    const letter = this.letters.get(state.messages[at]!)!;
    this.lift(letter);
    letter.resting++;
    this.rests.push({
      id: ++this.#lastRest,
      message: letter.id,
      mailbox: mailbox.id,
      mailboxName: mailbox.name,
      uid: state.uids[at]!,
      removedAt: now,
      from: letter.facts.from,
      subject: letter.facts.subject,
      size: letter.bytes.length,
      flags: state.flagsAt(at),
      receivedAt: state.receivedAt[at]!,
    });
  }

  /** Ends the rest of those for which `ends` is true and gives them; letters that lie nowhere else are then forgotten by `forget`. */
  endRest(ends: (rest: Rest) => boolean): Rest[] {
    const ended = this.rests.filter(ends);
    this.rests = this.rests.filter((rest) => !ends(rest));
    for (const rest of ended) this.letters.get(rest.message)!.resting--;
    return ended;
  }

  forget(messages: Iterable<MessageId>): void {
    for (const message of messages) {
      const letter = this.letters.get(message);
      if (letter !== undefined && letter.places === 0 && letter.resting === 0) this.letters.delete(message);
    }
  }
}
