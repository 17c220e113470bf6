// The letters of an account in packed arrays, kept true by what commits did. Fulfils Shelf (shelf-contract.ts).
// Knows letters, their places and threads; knows no engine. What a mailbox counts is shelf-counts.ts, what changed since when shelf-changes.ts.
//
// Nearly all letters lie in one place: it stands in the columns. The others, and letters out of sight, have their places in maps beside.
import type { FlagSet } from './mailbox-state.ts';
import type { AccountId, MailboxId, MessageId, ModSeq } from './contract.ts';
import type { GoneLetter, GoneMailbox, MailboxShape, ShelfChange } from './shelf-change.ts';
import { findLetter, withRoom, type ShelfLetters } from './shelf-columns.ts';
import type { MailboxCounts, Shelf } from './shelf-contract.ts';
import { ShelfCounts } from './shelf-counts.ts';
import { loadLetters, type HiddenLetter, type ShelfRows } from './shelf-loading.ts';
import { orderAll, orderMoved, orderWith } from './shelf-order.ts';
import { counts, isUnread, ShelfSets, type Place } from './shelf-sets.ts';
import { ShelfThreads } from './shelf-threads.ts';

/** A letter while a change is at work on it. */
interface Draft {
  readonly message: MessageId;
  /** Its position before; -1 when it was out of sight. */
  readonly at: number;
  readonly thread: number;
  size: number;
  receivedAt: number;
  places: Place[];
  /** Something that counts about it changed. */
  touched: boolean;
}

const nowhere: readonly never[] = [];

export class PackedShelf implements Shelf {
  readonly account: AccountId;
  modSeq: ModSeq;
  emailModSeq: ModSeq;
  threadModSeq: ModSeq;
  mailboxModSeq: ModSeq;
  gone = false;
  #letters: ShelfLetters;
  readonly #sets = new ShelfSets();
  /** All places of letters in sight that have others than one. */
  readonly #many: Map<MessageId, readonly Place[]>;
  readonly #hidden: Map<MessageId, HiddenLetter>;
  readonly #threads = new ShelfThreads();
  readonly #mailboxes = new Map<MailboxId, MailboxShape & { countsModSeq: ModSeq }>();
  readonly #counts: ShelfCounts;
  #order: Uint32Array | null = null;
  readonly #listeners = new Set<() => void>();
  readonly #released: () => void;

  constructor(rows: ShelfRows, released: () => void = () => {}) {
    this.account = rows.account;
    this.modSeq = rows.modSeq;
    this.#released = released;
    for (const { id, role, createdModSeq, changedModSeq, highestModSeq } of rows.mailboxes)
      this.#mailboxes.set(id, { role, createdModSeq, changedModSeq, countsModSeq: highestModSeq });
    this.#counts = new ShelfCounts(this.#trash());
    const loaded = loadLetters(rows, this.#sets);
    this.#letters = loaded.letters;
    this.#many = loaded.many;
    this.#hidden = loaded.hidden;
    const { count, threads, messages, modSeqs, created } = loaded.letters;
    for (let at = 0; at < count; at++) this.#join(threads[at]!, messages[at]!);
    this.#countAll();
    this.#dateMailboxes(rows);
    let email = rows.lastGone.letter;
    let thread = rows.lastGone.letter;
    for (let at = 0; at < count; at++) {
      if (modSeqs[at]! > email) email = modSeqs[at]!;
      if (created[at]! > thread) thread = created[at]!;
    }
    let mailbox = rows.lastGone.mailbox;
    for (const one of this.#mailboxes.values()) mailbox = Math.max(mailbox, one.createdModSeq, one.changedModSeq, one.countsModSeq);
    this.emailModSeq = email;
    this.threadModSeq = thread;
    this.mailboxModSeq = mailbox;
  }

  get count(): number {
    return this.#letters.count;
  }
  get messages(): Uint32Array {
    return this.#letters.messages;
  }
  get threads(): Uint32Array {
    return this.#letters.threads;
  }
  get sizes(): Uint32Array {
    return this.#letters.sizes;
  }
  get receivedAt(): Float64Array {
    return this.#letters.receivedAt;
  }
  get createdModSeqs(): Float64Array {
    return this.#letters.created;
  }
  get modSeqs(): Float64Array {
    return this.#letters.modSeqs;
  }
  /** What changed when about the mailboxes that are there. */
  get mailboxes(): ReadonlyMap<MailboxId, MailboxShape & { readonly countsModSeq: ModSeq }> {
    return this.#mailboxes;
  }
  /** All letters it holds, those out of sight included: what it takes in memory follows from it. */
  get held(): number {
    return this.count + this.#hidden.size;
  }

  indexOf(message: MessageId): number {
    return findLetter(this.#letters, message);
  }

  mailboxesAt(index: number): readonly MailboxId[] {
    return this.#sets.boxes[this.#letters.boxes[index]!]!;
  }

  flagsAt(index: number): FlagSet {
    return this.#sets.flags.sets[this.#letters.flags[index]!]!;
  }

  placesAt(index: number): readonly Place[] {
    return this.allPlacesAt(index).filter(counts);
  }

  /** Those with \Deleted too. */
  allPlacesAt(index: number): readonly Place[] {
    const uid = this.#letters.uids[index]!;
    if (uid === 0) return this.#many.get(this.messages[index]!)!;
    return [{ mailbox: this.mailboxesAt(index)[0]!, uid, flags: this.flagsAt(index) }];
  }

  membersOf(thread: number): readonly number[] {
    const members = this.#threads.of(thread);
    if (members === undefined) return nowhere;
    return typeof members === 'number' ? [this.indexOf(members)] : members.map((message) => this.indexOf(message));
  }

  newestFirst(): Uint32Array {
    return (this.#order ??= orderAll(this.#letters));
  }

  counts(mailbox: MailboxId): MailboxCounts {
    return this.#counts.of(mailbox);
  }

  listen(heard: () => void): () => void {
    const entry = (): void => heard();
    this.#listeners.add(entry);
    return () => void this.#listeners.delete(entry);
  }

  release(): void {
    this.#released();
  }

  /** Called by the engine when the account is no more. */
  markGone(): void {
    this.gone = true;
    this.#tell();
  }

  /** Applied by the engine, in the order of commits. Gives what went, for an engine that remembers it from here. */
  apply(change: ShelfChange): { readonly letters: readonly GoneLetter[]; readonly mailboxes: readonly GoneMailbox[] } {
    const { modSeq } = change;
    this.modSeq = modSeq;
    this.#counts.begin();
    const goneMailboxes = this.#reshape(change);
    const drafts = this.#draftAll(change);
    const gone: GoneLetter[] = [];
    if (drafts.size > 0) {
      const threads = new Set<number>();
      for (const { thread } of drafts.values()) threads.add(thread);
      for (const thread of threads) this.#countThread(thread, -1);
      this.#settle(drafts, modSeq, gone);
      for (const thread of threads) this.#countThread(thread, 1);
    }
    for (const mailbox of this.#counts.changed()) {
      const facts = this.#mailboxes.get(mailbox);
      if (facts === undefined) continue;
      facts.countsModSeq = modSeq;
      this.mailboxModSeq = modSeq;
    }
    for (const { mailbox } of goneMailboxes) this.#counts.forget(mailbox);
    this.#tell();
    return { letters: gone, mailboxes: goneMailboxes };
  }

  #tell(): void {
    for (const heard of Array.from(this.#listeners)) heard();
  }

  #trash(): MailboxId | null {
    for (const [id, { role }] of this.#mailboxes) if (role === 'trash') return id;
    return null;
  }

  #countAll(): void {
    // Most letters are alone in their thread, and many of them look alike: they are counted together.
    const alike = new Map<number, number>();
    const { boxes, flags, count, threads } = this.#letters;
    for (let at = 0; at < count; at++) {
      if (!this.#threads.isAlone(threads[at]!)) continue;
      const key = boxes[at]! * 2 + (isUnread(this.#sets.flags.sets[flags[at]!]!) ? 1 : 0);
      alike.set(key, (alike.get(key) ?? 0) + 1);
    }
    for (const [key, letters] of alike) this.#counts.countAlone(this.#sets.boxes[key >>> 1]!, (key & 1) === 1, letters);
    for (const thread of this.#threads.large()) this.#countThread(thread, 1);
  }

  /**
   * When the counters of each mailbox changed last. They follow from threads of which some letter lies in it, from letters that went out of those,
   * and from which mailbox is the Trash: sooner told once too often than not.
   */
  #dateMailboxes({ goneOf, lastGone }: ShelfRows): void {
    let last = lastGone.mailbox;
    for (const { changedModSeq } of this.#mailboxes.values()) last = Math.max(last, changedModSeq);
    for (const facts of this.#mailboxes.values()) if (facts.countsModSeq < last) facts.countsModSeq = last;
    for (const [thread, modSeq] of goneOf) this.#dateThread(thread, modSeq);
    // A letter in one place, alone in its thread, is known by its mailbox.
    for (const thread of this.#threads.large()) this.#dateThread(thread, 0);
    for (const message of this.#many.keys()) this.#dateThread(this.threads[this.indexOf(message)]!, 0);
  }

  #dateThread(thread: number, atLeast: ModSeq): void {
    const positions = this.membersOf(thread);
    let last = atLeast;
    for (const at of positions) last = Math.max(last, this.modSeqs[at]!);
    for (const at of positions)
      for (const mailbox of this.mailboxesAt(at)) {
        const facts = this.#mailboxes.get(mailbox);
        if (facts !== undefined && facts.countsModSeq < last) facts.countsModSeq = last;
      }
  }

  // --- changing -----------------------------------------------------------------------------------------------------

  #reshape({ mailboxes, modSeq }: ShelfChange): GoneMailbox[] {
    const gone: GoneMailbox[] = [];
    let reshaped = false;
    for (const { mailbox, shape, numbers } of mailboxes) {
      const before = this.#mailboxes.get(mailbox);
      if (numbers === null) {
        if (before === undefined) continue;
        gone.push({ modSeq, mailbox, createdModSeq: before.createdModSeq });
        this.#mailboxes.delete(mailbox);
        reshaped = true;
      } else if (shape !== null) {
        this.#mailboxes.set(mailbox, { ...shape, countsModSeq: before?.countsModSeq ?? shape.createdModSeq });
        reshaped = true;
      }
    }
    if (!reshaped) return gone;
    this.mailboxModSeq = modSeq;
    const trash = this.#trash();
    if (trash !== this.#counts.trash) {
      this.#counts.restart(trash);
      this.#countAll();
    }
    return gone;
  }

  #draftAll(change: ShelfChange): Map<MessageId, Draft> {
    const drafts = new Map<MessageId, Draft>();
    const threads = new Map(change.threads);
    const draftOf = (message: MessageId): Draft => {
      let draft = drafts.get(message);
      if (draft === undefined) drafts.set(message, (draft = this.#draft(message, threads.get(message))));
      return draft;
    };
    for (const { mailbox, added, flags, expunged, expungedMessages, numbers } of change.mailboxes) {
      if (numbers === null) {
        for (const message of this.#lettersIn(mailbox)) {
          const draft = draftOf(message);
          draft.touched ||= draft.places.some((place) => place.mailbox === mailbox && counts(place));
          draft.places = draft.places.filter((place) => place.mailbox !== mailbox);
        }
        continue;
      }
      for (const { system, keywords, uids, messages } of flags) {
        const set = this.#sets.flags.intern(system, keywords);
        for (const [index, uid] of uids.entries()) {
          const draft = draftOf(messages[index]!);
          const where = draft.places.findIndex((place) => place.uid === uid && place.mailbox === mailbox);
          if (where < 0) continue;
          const place = { mailbox, uid, flags: set };
          draft.touched ||= counts(place) || counts(draft.places[where]!);
          draft.places[where] = place;
        }
      }
      for (const [uid, message, system, keywords, size, receivedAt] of added) {
        const draft = draftOf(message);
        const place = { mailbox, uid, flags: this.#sets.flags.intern(system, keywords) };
        if (draft.places.length === 0) {
          draft.size = size;
          draft.receivedAt = receivedAt;
        }
        draft.places.push(place);
        draft.touched ||= counts(place);
      }
      for (const [index, uid] of expunged.entries()) {
        const draft = draftOf(expungedMessages[index]!);
        const where = draft.places.findIndex((place) => place.uid === uid && place.mailbox === mailbox);
        if (where < 0) continue;
        draft.touched ||= counts(draft.places[where]!);
        draft.places.splice(where, 1);
      }
    }
    return drafts;
  }

  #draft(message: MessageId, thread: number | undefined): Draft {
    const at = this.indexOf(message);
    if (at >= 0) {
      const { threads, sizes, receivedAt } = this.#letters;
      const places = [...this.allPlacesAt(at)];
      return { message, at, thread: threads[at]!, size: sizes[at]!, receivedAt: receivedAt[at]!, places, touched: false };
    }
    const hidden = this.#hidden.get(message);
    if (hidden !== undefined) return { message, at, ...hidden, places: [...hidden.places], touched: false };
    return { message, at, thread: thread ?? message, size: 0, receivedAt: 0, places: [], touched: false };
  }

  /** Letters with a place in a mailbox, also one that does not count. */
  #lettersIn(mailbox: MailboxId): MessageId[] {
    const found = new Set<MessageId>();
    const holds = this.#sets.boxes.map((set) => set.includes(mailbox));
    for (let at = 0; at < this.count; at++) if (holds[this.#letters.boxes[at]!]) found.add(this.messages[at]!);
    for (const [message, places] of this.#many) if (places.some((place) => place.mailbox === mailbox)) found.add(message);
    for (const [message, { places }] of this.#hidden) if (places.some((place) => place.mailbox === mailbox)) found.add(message);
    return [...found];
  }

  /** Makes the drafts true. */
  #settle(drafts: ReadonlyMap<MessageId, Draft>, modSeq: ModSeq, gone: GoneLetter[]): void {
    const leaving: number[] = [];
    const coming: Draft[] = [];
    for (const draft of drafts.values()) {
      const { message, at, places, thread, size, receivedAt } = draft;
      const inSight = places.some(counts);
      if (draft.touched && (inSight || at >= 0)) this.emailModSeq = modSeq;
      if (inSight) this.#hidden.delete(message);
      else {
        this.#many.delete(message);
        if (places.length > 0) this.#hidden.set(message, { thread, size, receivedAt, places });
        else this.#hidden.delete(message);
      }
      if (at < 0) {
        if (inSight) coming.push(draft);
        continue;
      }
      if (inSight) {
        this.#write(at, draft);
        if (draft.touched) this.#letters.modSeqs[at] = modSeq;
        continue;
      }
      gone.push({ modSeq, message, thread, createdModSeq: this.#letters.created[at]! });
      leaving.push(at);
      this.#threads.leave(thread, message);
      this.threadModSeq = modSeq;
    }
    if (leaving.length > 0 || coming.length > 0) this.#rearrange(leaving, coming, modSeq);
  }

  #rearrange(leaving: number[], coming: Draft[], modSeq: ModSeq): void {
    const before = this.#letters;
    coming.sort((a, b) => a.message - b.message);
    leaving.sort((a, b) => a - b);
    const last = before.count === 0 ? 0 : before.messages[before.count - 1]!;
    const behind = leaving.length === 0 && (coming.length === 0 || coming[0]!.message > last);
    const positions: number[] = [];
    if (behind) {
      const needed = before.count + coming.length;
      if (needed > before.messages.length) this.#letters = withRoom(before, Math.max(16, needed, before.messages.length * 2), nowhere);
      for (const _ of coming) positions.push(this.#letters.count++);
    } else {
      const comingIds = coming.map(({ message }) => message);
      this.#letters = withRoom(before, before.count - leaving.length + coming.length, leaving, comingIds);
      for (const id of comingIds) positions.push(this.indexOf(id));
      if (this.#order !== null) {
        const moved = new Int32Array(before.count);
        let shift = 0;
        let nextOut = 0;
        let nextIn = 0;
        for (let at = 0; at < before.count; at++) {
          while (nextIn < comingIds.length && comingIds[nextIn]! < before.messages[at]!) {
            shift++;
            nextIn++;
          }
          if (leaving[nextOut] === at) {
            moved[at] = -1;
            shift--;
            nextOut++;
          } else moved[at] = at + shift;
        }
        this.#order = orderMoved(this.#order, moved);
      }
    }
    const { messages, threads, sizes, receivedAt, created, modSeqs } = this.#letters;
    for (const [index, draft] of coming.entries()) {
      const at = positions[index]!;
      messages[at] = draft.message;
      threads[at] = draft.thread;
      sizes[at] = draft.size;
      receivedAt[at] = draft.receivedAt;
      created[at] = modSeqs[at] = modSeq;
      this.#write(at, draft);
    }
    for (const draft of coming) this.#join(draft.thread, draft.message);
    if (coming.length > 0) this.threadModSeq = modSeq;
    if (this.#order !== null) this.#order = orderWith(this.#letters, this.#order, positions);
  }

  /** The columns that follow from a letter's places. */
  #write(at: number, { message, places }: Draft): void {
    const { uids, boxes, flags } = this.#letters;
    const [only] = places;
    if (places.length === 1) {
      this.#many.delete(message);
      uids[at] = only!.uid;
      boxes[at] = this.#sets.internOne(only!.mailbox);
      flags[at] = only!.flags.index;
      return;
    }
    const inSight = places.filter(counts);
    this.#many.set(message, places);
    uids[at] = 0;
    boxes[at] = this.#sets.internBoxes(inSight);
    flags[at] = this.#sets.merge(inSight).index;
  }

  // --- threads and sets ---------------------------------------------------------------------------------------------

  #join(thread: number, message: MessageId): void {
    this.#threads.join(thread, message, (other) => this.receivedAt[this.indexOf(other)]!);
  }

  isUnread(index: number): boolean {
    return isUnread(this.flagsAt(index));
  }

  #countThread(thread: number, sign: 1 | -1): void {
    const positions = this.membersOf(thread);
    if (positions.length > 0) this.#counts.count(positions, this, sign);
  }
}
