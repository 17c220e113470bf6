// How one session numbers a mailbox that others change at the same time. Knows which letters the client has been told of, and what is
// still to be told; knows no command, no store and no wire. It holds a reference to the UIDs of the moment of the last
// telling (`MailboxState` leaves old arrays as they were), so a session that sleeps costs a few words of memory.
//
// Letters are told as gone, new or changed only by `sync`, which the session calls at the points where RFC 9051 §7.5.1 allows it.
import type { ModSeq, Uid } from '../../store/contract.ts';
import type { MailboxState } from '../../store/mailbox-state.ts';

/** What is to be told to the client, in this order. */
export interface ViewChange {
  /** Sequence numbers of letters that are gone, highest first: each is right when those before it have been told. Empty when they have to wait. */
  readonly expunged: readonly number[];
  /** The same letters by UID, in the same order, for VANISHED. */
  readonly vanished: readonly Uid[];
  /** The new number of letters, or null when none has come. */
  readonly exists: number | null;
  /** Letters with other flags than told: sequence number, and position in the state (UID, flags and MODSEQ stand there). */
  readonly flags: readonly { readonly seq: number; readonly index: number }[];
}

const nothing: ViewChange = { expunged: [], vanished: [], exists: null, flags: [] };

export class MailboxView {
  readonly #state: MailboxState;
  #uids: Uint32Array;
  #count: number;
  #toldModSeq: ModSeq;
  /** MODSEQs of this session's own changes since the last telling, which the command itself has told. */
  #own: ModSeq[] | null = null;

  constructor(state: MailboxState) {
    this.#state = state;
    this.#uids = state.uids;
    this.#count = state.count;
    this.#toldModSeq = state.highestModSeq;
  }

  /** Letters the client knows of: its highest sequence number. */
  get count(): number {
    return this.#count;
  }

  /** UIDs by position; the first `count` are valid. Never write into it. */
  get uids(): Uint32Array {
    return this.#uids;
  }

  /** All changes up to this MODSEQ have been told, but for expunges that wait. */
  get toldModSeq(): ModSeq {
    return this.#toldModSeq;
  }

  /** The highest UID the client knows of; 0 in an empty mailbox. `*` in a set of UIDs. */
  get lastUid(): Uid {
    return this.#count === 0 ? 0 : this.#uids[this.#count - 1]!;
  }

  /** @throws Error when the client has no such number: whoever asks checks against `count` first. */
  uidOf(seq: number): Uid {
    if (!(seq >= 1 && seq <= this.#count)) throw new Error(`no sequence number ${seq} among ${this.#count}`);
    return this.#uids[seq - 1]!;
  }

  /** The client's number of a letter, or 0 when it has not been told of it (yet, or any more). */
  seqOf(uid: Uid): number {
    const at = this.indexFrom(uid);
    return at < this.#count && this.#uids[at] === uid ? at + 1 : 0;
  }

  /** Position of the first UID at or above `uid` that the client knows of; `count` when there is none. */
  indexFrom(uid: Uid): number {
    const uids = this.#uids;
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (uids[middle]! < uid) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** True while the client's positions are the state's positions: then index = seq - 1 without a search. */
  get aligned(): boolean {
    return this.#uids === this.#state.uids;
  }

  /** The flags that this session's own change of `modSeq` set have been told (or were not to be told: .SILENT) by the command itself. */
  noteOwn(modSeq: ModSeq): void {
    (this.#own ??= []).push(modSeq);
  }

  /** True when `sync` may have something to say. */
  get stale(): boolean {
    return this.#state.highestModSeq !== this.#toldModSeq || this.#state.uids !== this.#uids || this.#state.count !== this.#count;
  }

  /**
   * What has changed since the last telling; afterwards it counts as told. With `expunges` false letters that are gone keep their
   * numbers (RFC 9051 §7.5.1: not while a command that speaks of numbers is in progress), and new letters wait with them.
   */
  sync(expunges: boolean): ViewChange {
    if (!this.stale) return nothing;
    const state = this.#state;
    const gone = state.uids === this.#uids ? [] : this.#gonePositions();
    const expunged: number[] = [];
    const vanished: Uid[] = [];
    if (expunges)
      for (let i = gone.length - 1; i >= 0; i--) {
        expunged.push(gone[i]! + 1);
        vanished.push(this.#uids[gone[i]!]!);
      }
    const known = this.lastUid;
    const waiting = gone.length > 0 && !expunges;
    let exists: number | null = null;
    if (!waiting) {
      if (state.count !== this.#count - gone.length) exists = state.count;
      this.#uids = state.uids;
      this.#count = state.count;
    }
    const flags: { seq: number; index: number }[] = [];
    if (state.highestModSeq !== this.#toldModSeq) {
      for (const index of state.changedSince(this.#toldModSeq)) {
        const uid = state.uids[index]!;
        if (uid > known) break;
        if (this.#own?.includes(state.modSeqs[index]!)) continue;
        flags.push({ seq: waiting ? this.seqOf(uid) : index + 1, index });
      }
      this.#toldModSeq = state.highestModSeq;
    }
    this.#own = null;
    return { expunged, vanished, exists, flags };
  }

  /**
   * Positions, ascending, of letters the client knows of and the state does not. Both are ascending, so up to the next letter that is gone
   * the state's positions differ by the same number: that place is found by doubling steps, not by walking there.
   */
  #gonePositions(): number[] {
    const { uids: now, count } = this.#state;
    const old = this.#uids;
    const gone: number[] = [];
    for (let at = 0; at < this.#count; at++) {
      const shift = gone.length;
      const same = (position: number): boolean => position - shift < count && now[position - shift] === old[position];
      let step = 1;
      while (at < this.#count && same(at)) {
        while (at + step * 2 < this.#count && same(at + step * 2)) step *= 2;
        at += step;
        step = 1;
      }
      if (at < this.#count) gone.push(at);
    }
    return gone;
  }
}
