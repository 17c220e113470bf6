// The mail of one account in memory: its mailboxes, letters, threads and what rests.
// Knows how one writing call becomes one change with one MODSEQ; knows no other account, no queue and no listener.
import { sha256Hex } from '../../base/digest.ts';
import { Refusal } from '../../base/trouble.ts';
import type { Bytes } from '../../base/bytes.ts';
import type { LetterFacts } from '../../message/facts.ts';
import type {
  AccountId,
  Flags,
  Placement,
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
import { namesNearestFirst } from '../letter-names.ts';
import { keptGone, keptTombstones, maxKeywords, maxMailboxes } from '../limits.ts';
import type { FlagSet, StateEntry } from '../mailbox-state.ts';
import { PackedMailbox, emptyColumns } from '../packed-mailbox.ts';
import { PackedShelf } from '../packed-shelf.ts';
import type { GoneLetter, GoneMailbox, MailboxShape, ShelfMailboxChange } from '../shelf-change.ts';
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
  role: MailboxRole | null;
  sortOrder: number;
  readonly createdModSeq: ModSeq;
  changedModSeq: ModSeq;
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

function shapeOf({ role, createdModSeq, changedModSeq }: MemoryMailbox): MailboxShape {
  return { role, createdModSeq, changedModSeq };
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
  shelf: PackedShelf;
  goneLetters: GoneLetter[] = [];
  goneMailboxes: GoneMailbox[] = [];
  /** What went at or before it is not remembered. */
  goneFloor: ModSeq = 0;
  /** What counts against the quota: letters that lie somewhere, each once. */
  readonly usage = { octets: 0, messages: 0 };
  readonly #threadOf = new Map<string, number>();
  #lastMailbox = 0;
  #lastMessage = 0;
  #lastRest = 0;
  #lastUidValidity = 0;

  constructor(id: AccountId) {
    this.id = id;
    this.shelf = this.#emptyShelf();
  }

  /** Once, when its first mailboxes are there. */
  begin(): void {
    this.shelf = this.#emptyShelf();
  }

  #emptyShelf(): PackedShelf {
    const mailboxes = [...this.mailboxes.values()].map((box) => ({ id: box.id, highestModSeq: box.state.highestModSeq, ...shapeOf(box) }));
    const { id: account, modSeq } = this;
    return new PackedShelf({
      account,
      modSeq,
      count: 0,
      readLetters() {},
      readPlaces() {},
      mailboxes,
      lastGone: { letter: modSeq, mailbox: modSeq },
      goneOf: [],
    });
  }

  remember(letters: readonly GoneLetter[], mailboxes: readonly GoneMailbox[]): void {
    this.goneLetters.push(...letters);
    this.goneMailboxes.push(...mailboxes);
    if (this.goneLetters.length <= keptGone * 10) return;
    this.goneFloor = this.goneLetters[this.goneLetters.length >>> 1]!.modSeq;
    this.goneLetters = this.goneLetters.filter(({ modSeq }) => modSeq > this.goneFloor);
    this.goneMailboxes = this.goneMailboxes.filter(({ modSeq }) => modSeq > this.goneFloor);
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
  /** @throws Refusal where the place does not yield and is not there. */
  placeOf({ mailbox, flags, yields = false }: Placement): { readonly mailbox: MemoryMailbox; readonly flags: Flags } {
    const target = this.target(yields && typeof mailbox === 'number' && !this.mailboxes.has(mailbox) ? 'inbox' : mailbox);
    const { keywords } = partFlags(flags);
    const fits = !yields || keywords.length === 0 || target.state.keywordsWith(keywords) <= maxKeywords;
    return { mailbox: target, flags: fits ? flags : flags.filter((flag) => flag.startsWith('\\')) };
  }

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
    const mailbox: MemoryMailbox = {
      id,
      name,
      role,
      sortOrder: 0,
      createdModSeq: modSeq,
      changedModSeq: modSeq,
      state: new PackedMailbox(emptyColumns(place)),
      tombstones: [],
      tombstoneFloor: 0,
    };
    this.mailboxes.set(id, mailbox);
    return mailbox;
  }

  describe(mailbox: MemoryMailbox): MailboxInfo {
    const { id, name, role, state, sortOrder, createdModSeq, changedModSeq } = mailbox;
    const { uidValidity, uidNext, highestModSeq, count, unseen, deleted, octets } = state;
    const subscribed = this.subscriptions.has(name);
    const counters = { messages: count, unseen, deleted, size: octets };
    return { id, name, role, subscribed, uidValidity, uidNext, highestModSeq, ...counters, sortOrder, createdModSeq, changedModSeq };
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

  /**
   * The thread of the nearest letter named that is known (store/letter-names.ts); every name met for the first time leads there from now on. Threads never
   * unite: which thread a letter is in does not change (RFC 8621 §3, RFC 8474 §5.2).
   */
  #findThread(facts: LetterFacts, id: MessageId): number {
    const names = namesNearestFirst(facts.messageId, facts.references);
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
    const place = { uid: state.uids[at]!, flags: state.flagsAt(at), receivedAt: state.receivedAt[at]! };
    this.restPlace(this.letters.get(state.messages[at]!)!, mailbox, place, now);
  }

  restPlace(
    letter: MemoryLetter,
    mailbox: MemoryMailbox,
    place: { readonly uid: Uid; readonly flags: FlagSet; readonly receivedAt: number },
    now: number,
  ): void {
    this.lift(letter);
    letter.resting++;
    this.rests.push({
      id: ++this.#lastRest,
      message: letter.id,
      mailbox: mailbox.id,
      mailboxName: mailbox.name,
      removedAt: now,
      from: letter.facts.from,
      subject: letter.facts.subject,
      size: letter.bytes.length,
      ...place,
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
    // A thread without letters is forgotten with its names.
    const threads = new Set(Array.from(this.letters.values(), ({ thread }) => thread));
    for (const [name, thread] of this.#threadOf) if (!threads.has(thread)) this.#threadOf.delete(name);
  }
}
