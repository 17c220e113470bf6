// Which rows of a list are chosen: one by one, from one to another, all. Knows rows; knows no pixels.
import { SvelteMap } from 'svelte/reactivity';
import { rowKey, type LetterRef, type Row } from '../engine/contract.ts';

export class Selection {
  readonly #chosen = new SvelteMap<string, Row>();
  /** Where a range begins. */
  #anchor: { readonly row: Row; readonly at: number } | null = null;

  get count(): number {
    return this.#chosen.size;
  }
  get rows(): readonly Row[] {
    return [...this.#chosen.values()];
  }
  has(row: Row): boolean {
    return this.#chosen.has(rowKey(row));
  }

  toggle(row: Row, at: number): void {
    const key = rowKey(row);
    if (!this.#chosen.delete(key)) this.#chosen.set(key, row);
    this.#anchor = { row, at };
  }

  /** From the last one toggled to here, as far as the rows are known. */
  extend(at: number, rows: ReadonlyMap<number, Row>): void {
    const from = this.#anchor === null ? at : (positionNow(rows, this.#anchor.row) ?? this.#anchor.at);
    for (let position = Math.min(from, at); position <= Math.max(from, at); position++) {
      const row = rows.get(position);
      if (row) this.#chosen.set(rowKey(row), row);
    }
  }

  set(rows: readonly Row[]): void {
    this.#chosen.clear();
    for (const row of rows) this.#chosen.set(rowKey(row), row);
  }

  clear(): void {
    this.#chosen.clear();
    this.#anchor = null;
  }
}

/** Where a row stands now, by its letter, or by its conversation when a newer letter stands for that. Null: it is not among those that are here. */
export function positionNow(rows: ReadonlyMap<number, Row>, { accountId, emailId, threadId }: Row): number | null {
  let ofThread: number | null = null;
  for (const [at, row] of rows) {
    if (row.accountId !== accountId) continue;
    if (row.emailId === emailId) return at;
    if (row.threadId === threadId) ofThread ??= at;
  }
  return ofThread;
}

/** By account, for an action. */
export function lettersOf(rows: readonly Pick<Row, 'accountId' | 'emailIds'>[]): LetterRef[] {
  return [...Map.groupBy(rows, ({ accountId }) => accountId)].map(([accountId, group]) => ({
    accountId,
    emailIds: group.flatMap(({ emailIds }) => emailIds),
  }));
}
