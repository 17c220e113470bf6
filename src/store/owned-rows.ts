// Rows that belong to accounts, as they lie in memory: by their number, by whose they are, and by a text that no two of them share. However many there are, a
// look-up passes no row of somebody else. Knows numbers and owners; knows no rule.
import type { AccountId } from './contract.ts';

/** A row may change, but never its owner. */
export class OwnedRows<Row extends { readonly id: number }> {
  readonly #ownerOf: (row: Row) => AccountId;
  readonly #keyOf: (row: Row) => string | null;
  readonly #rows = new Map<number, Row>();
  readonly #owned = new Map<AccountId, Map<number, Row>>();
  readonly #byKey = new Map<string, Row>();

  /** `keyOf`: null for a row that no text finds. */
  constructor(ownerOf: (row: Row) => AccountId, keyOf: (row: Row) => string | null) {
    this.#ownerOf = ownerOf;
    this.#keyOf = keyOf;
  }

  get(id: number): Row | null {
    return this.#rows.get(id) ?? null;
  }

  byKey(key: string): Row | null {
    return this.#byKey.get(key) ?? null;
  }

  /** Of one owner or of all, in the order in which they came. */
  list(owner?: AccountId): Row[] {
    return [...((owner === undefined ? this.#rows : this.#owned.get(owner))?.values() ?? [])];
  }

  /** Adds a row, or puts it in the place of the one with its number. */
  keep(row: Row): void {
    this.#forgetKey(this.#rows.get(row.id));
    this.#rows.set(row.id, row);
    const owner = this.#ownerOf(row);
    const owned = this.#owned.get(owner);
    if (owned === undefined) this.#owned.set(owner, new Map([[row.id, row]]));
    else owned.set(row.id, row);
    const key = this.#keyOf(row);
    if (key !== null) this.#byKey.set(key, row);
  }

  drop(id: number): boolean {
    const row = this.#rows.get(id);
    if (row === undefined) return false;
    this.#forgetKey(row);
    this.#rows.delete(id);
    const owner = this.#ownerOf(row);
    const owned = this.#owned.get(owner)!;
    owned.delete(id);
    if (owned.size === 0) this.#owned.delete(owner);
    return true;
  }

  clear(): void {
    for (const rows of [this.#rows, this.#owned, this.#byKey]) rows.clear();
  }

  #forgetKey(row: Row | undefined): void {
    const key = row === undefined ? null : this.#keyOf(row);
    if (key !== null) this.#byKey.delete(key);
  }
}
