// The live state of one mailbox in packed arrays. Fulfils MailboxState (mailbox-state.ts).
// Knows positions, UIDs, flags and what was expunged lately; knows no engine and no session.
//
// Columns grow by doubling, in place. An expunge makes new columns and never touches the old ones, so that a column with the count of
// its time stays a true picture of that time. A single expunge therefore costs a copy: about 10 ms in a million letters.
import { FlagSets } from './flag-sets.ts';
import { DELETED, SEEN, type FlagSet, type MailboxState, type StateChange } from './mailbox-state.ts';
import type { AccountId, MailboxId, ModSeq, Uid } from './contract.ts';

/** Everything an engine knows of a mailbox when it opens it. Columns hold `count` valid entries, ascending by UID, and are taken over. */
export interface MailboxColumns {
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
  readonly receivedAt: Float64Array;
  readonly savedAt: Float64Array;
  /** Index into `flagSets` below. */
  readonly flagIndexes: Uint32Array;
  /** Different from one another. The first ones are interned in this order, so that their indexes stay. */
  readonly flagSets: readonly { readonly system: number; readonly keywords: readonly string[] }[];
  /** Keywords that no letter has any more, if the engine remembers them, in their order; those of `flagSets` may be among them. */
  readonly keywords?: readonly string[];
}

/** UIDs kept for `expungedSince`; beyond it the oldest are forgotten. */
const expungedKept = 65_536;
/** Changes of letters kept for `changedSince`; who asks for older ones has all MODSEQs looked through. */
const changesKept = 1024;
const nothing = new Uint32Array(0);
const noModSeqs = new Float64Array(0);

export class PackedMailbox implements MailboxState {
  readonly account: AccountId;
  readonly mailbox: MailboxId;
  readonly uidValidity: number;
  uidNext: Uid;
  highestModSeq: ModSeq;
  count: number;
  uids: Uint32Array;
  messages: Uint32Array;
  modSeqs: Float64Array;
  sizes: Uint32Array;
  receivedAt: Float64Array;
  savedAt: Float64Array;
  flagIndexes: Uint32Array;
  unseen = 0;
  deleted = 0;
  /** Sum of `sizes`. */
  octets = 0;
  gone = false;
  readonly #flags = new FlagSets();
  readonly #listeners = new Set<() => void>();
  readonly #released: () => void;
  /** MODSEQ and UID of what was expunged, oldest first, and the MODSEQ after which nothing is missing. */
  #expunged: { readonly modSeq: ModSeq; readonly uids: readonly Uid[] }[] = [];
  #expungedCount = 0;
  #expungedFloor: ModSeq;
  /** The latest changes, in a ring: with many sessions on one mailbox, each of them asks for each change. */
  #changedUids = nothing;
  #changedModSeqs = noModSeqs;
  #changes = 0;
  /** The MODSEQ after which no change is missing in the ring. */
  #changesFloor: ModSeq;

  constructor(columns: MailboxColumns, released: () => void = () => {}) {
    this.account = columns.account;
    this.mailbox = columns.mailbox;
    this.uidValidity = columns.uidValidity;
    this.uidNext = columns.uidNext;
    this.highestModSeq = columns.highestModSeq;
    this.count = columns.count;
    this.uids = columns.uids;
    this.messages = columns.messages;
    this.modSeqs = columns.modSeqs;
    this.sizes = columns.sizes;
    this.receivedAt = columns.receivedAt;
    this.savedAt = columns.savedAt;
    this.flagIndexes = columns.flagIndexes;
    this.#released = released;
    this.#expungedFloor = columns.highestModSeq;
    this.#changesFloor = columns.highestModSeq;
    if (columns.keywords !== undefined) this.#flags.learnAll(columns.keywords);
    for (const [index, set] of columns.flagSets.entries()) {
      if (this.#flags.intern(set.system, set.keywords).index !== index)
        throw new Error(`flag set ${index} of mailbox ${this.mailbox} is there twice`);
    }
    for (let at = 0; at < this.count; at++) this.#countIn(this.flagSets[this.flagIndexes[at]!]!, this.sizes[at]!);
  }

  get flagSets(): readonly FlagSet[] {
    return this.#flags.sets;
  }

  get keywords(): readonly string[] {
    return this.#flags.keywords;
  }

  /** How many keywords the mailbox would have with these. */
  keywordsWith(keywords: readonly string[]): number {
    return this.#flags.countWith(keywords);
  }

  indexOf(uid: Uid): number {
    const at = this.indexFrom(uid);
    return at < this.count && this.uids[at] === uid ? at : -1;
  }

  indexFrom(uid: Uid): number {
    const { uids, count } = this;
    if (count === 0 || uid <= uids[0]!) return 0;
    if (uid > uids[count - 1]!) return count;
    // UIDs are ascending and different: a UID lies at most as far behind the first one as their difference. Without gaps it lies just there.
    let high = Math.min(count - 1, uid - uids[0]!);
    if (uids[high] === uid) return high;
    let low = 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (uids[middle]! < uid) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  flagsAt(index: number): FlagSet {
    return this.#flags.sets[this.flagIndexes[index]!]!;
  }

  internFlags(system: number, keywords: readonly string[]): FlagSet {
    return this.#flags.intern(system, keywords);
  }

  changedSince(modSeq: ModSeq): Uint32Array {
    if (modSeq >= this.highestModSeq) return nothing;
    if (modSeq >= this.#changesFloor) return this.#changedLately(modSeq);
    const { modSeqs, count } = this;
    let found = 0;
    for (let at = 0; at < count; at++) if (modSeqs[at]! > modSeq) found++;
    const positions = new Uint32Array(found);
    for (let at = count - 1; found > 0; at--) if (modSeqs[at]! > modSeq) positions[--found] = at;
    return positions;
  }

  expungedSince(modSeq: ModSeq): Uint32Array | null {
    if (modSeq < this.#expungedFloor) return null;
    const late = this.#expunged.filter((entry) => entry.modSeq > modSeq);
    return late.length === 0 ? nothing : Uint32Array.from(late.flatMap((entry) => entry.uids)).sort();
  }

  apply(change: StateChange): void {
    for (const { uid, flags } of change.flags) this.#setFlags(uid, flags, change.modSeq);
    if (change.added.length > 0) this.#add(change.added);
    if (change.expunged.length > 0) this.#expunge(change.expunged, change.modSeq);
    if (change.uidNext > this.uidNext) this.uidNext = change.uidNext;
    if (change.modSeq > this.highestModSeq) this.highestModSeq = change.modSeq;
    this.#tell();
  }

  /** Called by the engine when the mailbox is no more. */
  markGone(): void {
    if (this.gone) return;
    this.gone = true;
    this.#tell();
  }

  listen(heard: () => void): () => void {
    // Wrapped: the same function may be given twice, and each way to stop ends one of them.
    const entry = (): void => heard();
    this.#listeners.add(entry);
    return () => void this.#listeners.delete(entry);
  }

  release(): void {
    this.#released();
  }

  #tell(): void {
    for (const heard of Array.from(this.#listeners)) heard();
  }

  #countIn(flags: FlagSet, size: number): void {
    if ((flags.system & SEEN) === 0) this.unseen++;
    if ((flags.system & DELETED) !== 0) this.deleted++;
    this.octets += size;
  }

  #countOut(flags: FlagSet, size: number): void {
    if ((flags.system & SEEN) === 0) this.unseen--;
    if ((flags.system & DELETED) !== 0) this.deleted--;
    this.octets -= size;
  }

  #setFlags(uid: Uid, flags: FlagSet, modSeq: ModSeq): void {
    const at = this.indexOf(uid);
    if (at < 0) return;
    this.#countOut(this.flagsAt(at), 0);
    this.#countIn(flags, 0);
    this.flagIndexes[at] = flags.index;
    this.modSeqs[at] = modSeq;
    this.#noteChange(uid, modSeq);
  }

  #noteChange(uid: Uid, modSeq: ModSeq): void {
    if (this.#changes === 0) {
      this.#changedUids = new Uint32Array(changesKept);
      this.#changedModSeqs = new Float64Array(changesKept);
    }
    const at = this.#changes++ % changesKept;
    if (this.#changedModSeqs[at]! > this.#changesFloor) this.#changesFloor = this.#changedModSeqs[at]!;
    this.#changedUids[at] = uid;
    this.#changedModSeqs[at] = modSeq;
  }

  #changedLately(modSeq: ModSeq): Uint32Array {
    const positions = new Set<number>();
    // Newest first: changes come in the order of their MODSEQs.
    for (let age = 1; age <= Math.min(this.#changes, changesKept); age++) {
      const at = (this.#changes - age) % changesKept;
      if (this.#changedModSeqs[at]! <= modSeq) break;
      const position = this.indexOf(this.#changedUids[at]!);
      if (position >= 0) positions.add(position);
    }
    return positions.size === 0 ? nothing : Uint32Array.from(positions).sort();
  }

  #add(added: StateChange['added']): void {
    if (this.count + added.length > this.uids.length) this.#grow(this.count + added.length);
    let last = this.count === 0 ? 0 : this.uids[this.count - 1]!;
    for (const entry of added) {
      if (entry.uid <= last) throw new Error(`UID ${entry.uid} comes after ${last} in mailbox ${this.mailbox}`);
      last = entry.uid;
      const at = this.count;
      this.uids[at] = entry.uid;
      this.messages[at] = entry.message;
      this.modSeqs[at] = entry.modSeq;
      this.sizes[at] = entry.size;
      this.receivedAt[at] = entry.receivedAt;
      this.savedAt[at] = entry.savedAt;
      this.flagIndexes[at] = entry.flags.index;
      this.#noteChange(entry.uid, entry.modSeq);
      this.#countIn(entry.flags, entry.size);
      this.count = at + 1;
    }
  }

  #grow(needed: number): void {
    const room = Math.max(16, needed, this.uids.length * 2);
    this.uids = widened(this.uids, new Uint32Array(room));
    this.messages = widened(this.messages, new Uint32Array(room));
    this.modSeqs = widened(this.modSeqs, new Float64Array(room));
    this.sizes = widened(this.sizes, new Uint32Array(room));
    this.receivedAt = widened(this.receivedAt, new Float64Array(room));
    this.savedAt = widened(this.savedAt, new Float64Array(room));
    this.flagIndexes = widened(this.flagIndexes, new Uint32Array(room));
  }

  #expunge(expunged: readonly Uid[], modSeq: ModSeq): void {
    const positions: number[] = [];
    const uids: Uid[] = [];
    for (const uid of expunged) {
      const at = this.indexOf(uid);
      if (at < 0) continue;
      positions.push(at);
      uids.push(uid);
      this.#countOut(this.flagsAt(at), this.sizes[at]!);
    }
    if (positions.length === 0) return;
    const { count } = this;
    this.uids = without(this.uids, positions, count, (room) => new Uint32Array(room));
    this.messages = without(this.messages, positions, count, (room) => new Uint32Array(room));
    this.modSeqs = without(this.modSeqs, positions, count, (room) => new Float64Array(room));
    this.sizes = without(this.sizes, positions, count, (room) => new Uint32Array(room));
    this.receivedAt = without(this.receivedAt, positions, count, (room) => new Float64Array(room));
    this.savedAt = without(this.savedAt, positions, count, (room) => new Float64Array(room));
    this.flagIndexes = without(this.flagIndexes, positions, count, (room) => new Uint32Array(room));
    this.count = count - positions.length;
    this.#remember(uids, modSeq);
  }

  #remember(uids: readonly Uid[], modSeq: ModSeq): void {
    this.#expunged.push({ modSeq, uids });
    this.#expungedCount += uids.length;
    let forgotten = 0;
    while (this.#expungedCount > expungedKept) {
      const oldest = this.#expunged[forgotten++]!;
      this.#expungedCount -= oldest.uids.length;
      this.#expungedFloor = oldest.modSeq;
    }
    if (forgotten > 0) this.#expunged = this.#expunged.slice(forgotten);
  }
}

/** A mailbox without letters. */
export function emptyColumns(
  place: Pick<MailboxColumns, 'account' | 'mailbox' | 'uidValidity' | 'uidNext' | 'highestModSeq'>,
): MailboxColumns {
  return {
    ...place,
    count: 0,
    uids: nothing,
    messages: nothing,
    modSeqs: new Float64Array(0),
    sizes: nothing,
    receivedAt: new Float64Array(0),
    savedAt: new Float64Array(0),
    flagIndexes: nothing,
    flagSets: [],
  };
}

function widened<A extends Uint32Array | Float64Array>(from: A, into: A): A {
  into.set(from);
  return into;
}

/** A new column without the entries at `positions` (ascending), with a little room behind. */
function without<A extends Uint32Array | Float64Array>(from: A, positions: readonly number[], count: number, make: (room: number) => A): A {
  const left = count - positions.length;
  const into = make(left + Math.min(1024, (left >>> 3) + 16));
  let read = 0;
  let write = 0;
  for (const position of positions) {
    if (position > read) into.set(from.subarray(read, position), write);
    write += position - read;
    read = position + 1;
  }
  into.set(from.subarray(read, count), write);
  return into;
}
