// The mail of one account in memory: its mailboxes, letters, threads and what rests.
// Knows no other account, no queue and no listener; how one writing call becomes one change is account-changes.ts.
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
import { keptGone, maxKeywords, maxMailboxes } from '../limits.ts';
import type { FlagSet } from '../mailbox-state.ts';
import { PackedMailbox, emptyColumns } from '../packed-mailbox.ts';
import { PackedShelf } from '../packed-shelf.ts';
import type { GoneLetter, GoneMailbox, MailboxShape } from '../shelf-change.ts';
import { AccountItems } from './items.ts';
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

export function shapeOf({ role, createdModSeq, changedModSeq }: MemoryMailbox): MailboxShape {
  return { role, createdModSeq, changedModSeq };
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
