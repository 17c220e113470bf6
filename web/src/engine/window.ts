// A list of which only parts are known: an array by position, with gaps. Knows the arithmetic of RFC 8620 §5.5 and §5.6; knows no letters and
// no server. Impossible answers are told to the caller, who then asks anew.
import type { Id, QueryAnswer, QueryChangesAnswer } from './jmap/objects.ts';

/** Beyond this many rows a list is not kept by position; nobody scrolls there. */
const rowsMax = 1_000_000;

export class QueryWindow {
  #ids: (Id | null)[] = [];
  #state: string | null = null;
  #isTold = false;
  #canFollow = true;

  /** By position; null where it is not known. */
  get ids(): readonly (Id | null)[] {
    return this.#ids;
  }
  /** Null until the server or the cache has told. */
  get total(): number | null {
    return this.#isTold ? this.#ids.length : null;
  }
  get state(): string | null {
    return this.#state;
  }
  /** False: after a change the list has to be asked for again. */
  get canFollow(): boolean {
    return this.#canFollow;
  }

  /** What was kept from before: the beginning of the list. */
  restore(ids: readonly Id[], total: number, state: string, canFollow: boolean): void {
    this.#ids = new Array<Id | null>(Math.max(ids.length, Math.min(total, rowsMax))).fill(null);
    ids.forEach((id, position) => (this.#ids[position] = id));
    this.#isTold = true;
    this.#state = state;
    this.#canFollow = canFollow;
  }

  forget(): void {
    this.#ids = [];
    this.#state = null;
    this.#isTold = false;
  }

  /** False: the answer is of another state than what is held, which is left as it was; follow the changes first. */
  place(answer: QueryAnswer): boolean {
    if (this.#state !== null && answer.queryState !== this.#state) return false;
    this.#state = answer.queryState;
    this.#canFollow = answer.canCalculateChanges;
    this.#resize(answer.total ?? Math.max(this.#ids.length, answer.position + answer.ids.length));
    answer.ids.forEach((id, offset) => {
      if (answer.position + offset < this.#ids.length) this.#ids[answer.position + offset] = id;
    });
    return true;
  }

  /**
   * RFC 8620 §5.6: takes out what was removed, puts in what was added, lowest index first. Letters removed from a gap move all that is known behind it, and
   * nobody knows by how much: then what lies behind the first gap is forgotten. The totals tell whether that happened.
   * False: it does not fit to what is held; ask anew.
   */
  follow(answer: QueryChangesAnswer): boolean {
    if (this.#state === null || answer.oldQueryState !== this.#state || answer.total === undefined) return false;
    const before = this.#ids.length;
    const removed = new Set(answer.removed);
    let kept = removed.size === 0 ? this.#ids : this.#ids.filter((id) => id === null || !removed.has(id));
    const unseen = before - answer.total + answer.added.length - (before - kept.length);
    if (unseen < 0) return false;
    if (unseen > 0) {
      const gap = kept.indexOf(null);
      if (gap < 0 || kept.length - unseen < gap) return false;
      kept = kept.slice(0, kept.length - unseen).fill(null, gap);
    }
    const ids = kept === this.#ids ? [...kept] : kept;
    for (const { id, index } of answer.added.toSorted((a, b) => a.index - b.index)) {
      if (index > ids.length) return false;
      ids.splice(index, 0, id);
    }
    if (ids.length !== answer.total) return false;
    this.#ids = ids;
    this.#state = answer.newQueryState;
    return true;
  }

  /** The gaps between two positions, each at most `most` long. */
  gaps(start: number, end: number, most: number): { readonly position: number; readonly limit: number }[] {
    const found: { position: number; limit: number }[] = [];
    const stop = this.#isTold ? Math.min(end, this.#ids.length) : end;
    for (let at = Math.max(0, start); at < stop; at++) {
      if (this.#isTold && this.#ids[at] !== null) continue;
      const begun = found.at(-1);
      if (begun && begun.position + begun.limit === at && begun.limit < most) begun.limit += 1;
      else found.push({ position: at, limit: 1 });
    }
    return found;
  }

  /** Ids known from the beginning without a gap. */
  beginning(most: number): Id[] {
    const ids: Id[] = [];
    for (const id of this.#ids) {
      if (id === null || ids.length === most) break;
      ids.push(id);
    }
    return ids;
  }

  #resize(total: number): void {
    const length = Math.min(total, rowsMax);
    this.#isTold = true;
    if (length < this.#ids.length) this.#ids.length = length;
    else if (length > this.#ids.length) this.#ids = [...this.#ids, ...new Array<Id | null>(length - this.#ids.length).fill(null)];
  }
}

export interface MergeSource {
  readonly ids: readonly (Id | null)[];
  readonly isTold: boolean;
  /** When the letter came, milliseconds; null: not known yet. */
  readonly time: (id: Id) => number | null;
}

export interface Merged {
  readonly rows: readonly { readonly source: number; readonly id: Id }[];
  /** The source and its position from which more has to be known to go on; null: all that was wanted is there. */
  readonly wants: { readonly source: number; readonly position: number } | null;
}

/** Several lists, each newest first, as one: as far as `upTo` rows, or as far as is known. Of equal times the earlier source goes first. */
export function mergeNewestFirst(sources: readonly MergeSource[], upTo: number): Merged {
  const cursors = sources.map(() => 0);
  const rows: { source: number; id: Id }[] = [];
  while (rows.length < upTo) {
    let best = -1;
    let bestTime = -Infinity;
    for (const [source, { ids, isTold, time }] of sources.entries()) {
      const cursor = cursors[source]!;
      if (isTold && cursor >= ids.length) continue;
      const id = ids[cursor] ?? null;
      const at = id === null ? null : time(id);
      if (at === null) return { rows, wants: { source, position: cursor } };
      if (at > bestTime) [best, bestTime] = [source, at];
    }
    if (best < 0) break;
    rows.push({ source: best, id: sources[best]!.ids[cursors[best]!]! });
    cursors[best]! += 1;
  }
  return { rows, wants: null };
}
