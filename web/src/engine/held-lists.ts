// The lists of one account that are in use, and the beginnings of lists that are there at the next start. Knows windows and holdings; knows no server.
import { backKeyword } from './contract.ts';
import type { CacheStore, CacheWrite } from './cache/contract.ts';
import type { Holdings } from './holdings.ts';
import type { EmailFilter, EmailHead, Id, JsonObject } from './jmap/objects.ts';
import { QueryWindow } from './window.ts';

/** Rows of a list's beginning that are there at the next start, usually. */
const windowKept = 200;
/** Rows whose letters are kept with the list. */
const screenKept = 40;
/** Lists that stay for going back. */
const idleMost = 5;
/** State of a list that was looked up here: no server has said it. */
export const keptState = 'kept';

export interface ListKey {
  readonly filter: EmailFilter;
  readonly threads: boolean;
  /** Those that were put off and have come back stand before all others. */
  readonly backFirst?: boolean;
}

export interface HeldWindow extends ListKey {
  readonly window: QueryWindow;
  users: number;
}

interface KeptWindow {
  readonly ids: Id[];
  readonly total: number;
  readonly state: string;
  readonly canFollow: boolean;
  readonly screen: {
    readonly state: string;
    readonly heads: readonly EmailHead[];
    readonly threads: readonly (readonly [Id, readonly Id[]])[];
  };
}

export class HeldLists {
  /** Rows of a list's beginning that are there at the next start: more where all letters are brought here. */
  rowsKept = windowKept;
  readonly #holdings: Holdings;
  readonly #cache: CacheStore;
  readonly #windows = new Map<string, HeldWindow>();
  /** Those whose beginnings, or letters in them, are not as they were kept. */
  readonly #changed = new Set<HeldWindow>();

  constructor(holdings: Holdings, cache: CacheStore) {
    this.#holdings = holdings;
    this.#cache = cache;
  }

  get all(): readonly HeldWindow[] {
    return [...this.#windows.values()];
  }

  /** Release it with `close`. `isOld`: it was kept from another time; what happened since has to be asked for. */
  async open(key: ListKey): Promise<{ readonly held: HeldWindow; readonly isOld: boolean }> {
    const name = JSON.stringify([key.filter, key.threads, ...(key.backFirst ? ['back'] : [])]);
    let held = this.#windows.get(name);
    let isOld = false;
    if (!held) {
      this.#windows.set(name, (held = { ...key, window: new QueryWindow(), users: 0 }));
      const [kept] = await this.#cache.read('windows', [`${this.#holdings.id}/${name}`]);
      const { window } = held;
      if (kept !== undefined && window.state === null) {
        const { ids, total, state, canFollow, screen } = kept as KeptWindow;
        this.#takeScreen(screen);
        window.restore(ids, total, state, canFollow);
        isOld = true;
      }
    }
    held.users += 1;
    return { held, isOld };
  }

  close(held: HeldWindow): void {
    held.users -= 1;
    const idle = [...this.#windows].filter(([, { users }]) => users === 0);
    for (const [name, gone] of idle.slice(0, Math.max(0, idle.length - idleMost))) {
      this.#windows.delete(name);
      this.#changed.delete(gone);
    }
  }

  /** Another beginning, other letters in it, or another state; without a list: of all. */
  note(held?: HeldWindow): void {
    for (const one of held ? [held] : this.#windows.values()) this.#changed.add(one);
  }

  /** What is to be kept of those that changed. */
  takeWrites(): readonly CacheWrite[] {
    const writes: CacheWrite[] = [];
    for (const [name, held] of this.#windows) {
      const { state, total, canFollow } = held.window;
      if (!this.#changed.has(held) || state === null || total === null || state === keptState) continue;
      const ids = held.window.beginning(this.rowsKept);
      const value: KeptWindow = { ids, total, state, canFollow, screen: this.#firstScreen(ids) };
      writes.push({ table: 'windows', key: `${this.#holdings.id}/${name}`, value });
    }
    this.#changed.clear();
    return writes;
  }

  /** What the first rows show, in one piece: at the next start they are there after one reading, not after one for each letter. */
  #firstScreen(ids: readonly (Id | null)[]): KeptWindow['screen'] {
    const { heads: known, threads: conversations, states } = this.#holdings;
    const heads = new Map<Id, EmailHead>();
    const threads: [Id, readonly Id[]][] = [];
    for (const id of ids.slice(0, screenKept)) {
      if (id === null || !this.#holdings.isRowKnown(id)) break;
      const { threadId } = known.get(id)!;
      const members = conversations.get(threadId)!;
      threads.push([threadId, members]);
      for (const member of [id, ...members]) heads.set(member, known.get(member)!);
      if (heads.size > 2 * screenKept) break;
    }
    return { state: states?.Email ?? '', heads: [...heads.values()], threads };
  }

  /** True only for letters of the state at which we stand: what changed since is in the tables, and told to nobody again. */
  #takeScreen(screen: KeptWindow['screen'] | undefined): void {
    const { heads, threads, states } = this.#holdings;
    if (!screen || screen.state !== states?.Email) return;
    for (const head of screen.heads) if (!heads.has(head.id)) heads.set(head.id, head);
    for (const [id, members] of screen.threads) if (!threads.has(id)) threads.set(id, members);
  }
}

/** RFC 8621 §4.4: what is asked for. */
export function queryOf({ filter, threads, backFirst }: ListKey): JsonObject {
  // RFC 8621 §4.4.2.
  const newest = { property: 'receivedAt', isAscending: false };
  const sort = backFirst ? [{ property: 'hasKeyword', keyword: backKeyword, isAscending: false }, newest] : [newest];
  return { filter: filter as unknown as JsonObject, sort, collapseThreads: threads, calculateTotal: true };
}
