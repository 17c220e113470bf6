// The shelves of accounts that somebody looks at as a whole: opened once, kept true by the effects of commits, let go when nobody needs them.
// Knows effects and how long shelves are kept; knows no SQL and no job.
import type { AccountId } from '../../store/contract.ts';
import type { PackedShelf } from '../../store/packed-shelf.ts';
import type { AccountEffect } from './jobs.ts';

/** Letters of shelves that nobody has open and that are kept for the next request; about 100 octets each. */
const keptLetters = 500_000;
/** And how long. */
const keptMs = 10 * 60_000;

interface Held {
  readonly shelf: PackedShelf;
  holders: number;
  letGoAt: number;
}

export interface ShelfLoader {
  loadShelf(account: AccountId, released: () => void): PackedShelf | null;
}

export class OpenShelves {
  readonly #loaderOf: (account: AccountId) => ShelfLoader;
  readonly #monotonic: () => number;
  readonly #held = new Map<AccountId, Held>();
  /** Those without a holder, the one let go longest ago first. */
  readonly #idle = new Set<Held>();

  constructor(loaderOf: (account: AccountId) => ShelfLoader, monotonic: () => number) {
    this.#loaderOf = loaderOf;
    this.#monotonic = monotonic;
  }

  /** Null when there is no such account. */
  open(account: AccountId): PackedShelf | null {
    const held = this.#held.get(account);
    if (held !== undefined) {
      this.#idle.delete(held);
      held.holders++;
      return held.shelf;
    }
    const shelf = this.#loaderOf(account).loadShelf(account, () => this.#release(account, shelf!));
    if (shelf === null) return null;
    this.#held.set(account, { shelf, holders: 1, letGoAt: 0 });
    this.trim();
    return shelf;
  }

  /** The one in memory, if it is; nobody needs to release it. */
  find(account: AccountId): PackedShelf | null {
    return this.#held.get(account)?.shelf ?? null;
  }

  apply(effect: AccountEffect): void {
    const held = this.#held.get(effect.account);
    if (held === undefined) return;
    if (effect.removed) {
      this.#forget(held);
      held.shelf.markGone();
    } else if (effect.modSeq > held.shelf.modSeq) held.shelf.apply(effect);
  }

  /** Lets go of what nobody has used for long, and of the oldest where there is too much. */
  trim(): void {
    let letters = 0;
    for (const { shelf } of this.#idle) letters += shelf.held;
    const since = this.#monotonic() - keptMs;
    for (const held of this.#idle) {
      if (held.letGoAt > since && letters <= keptLetters) return;
      letters -= held.shelf.held;
      this.#forget(held);
    }
  }

  #release(account: AccountId, shelf: PackedShelf): void {
    const held = this.#held.get(account);
    if (held === undefined || held.shelf !== shelf || held.holders === 0 || --held.holders > 0) return;
    held.letGoAt = this.#monotonic();
    this.#idle.add(held);
    this.trim();
  }

  #forget(held: Held): void {
    this.#idle.delete(held);
    this.#held.delete(held.shelf.account);
  }
}
