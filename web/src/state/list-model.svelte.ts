// The list on screen: rows by position, as the engine pushes them. Knows the topic `list`; knows no pixels.
import type { ListArgs, ListQuery, Row, Trouble, Watch } from '../engine/contract.ts';
import { engine } from './link.ts';

export class ListModel {
  #rows = $state.raw<ReadonlyMap<number, Row>>(new Map());
  #total = $state<number | null>(null);
  #trouble = $state.raw<Trouble | null>(null);
  #args: ListArgs;
  readonly #watch: Watch<'list'>;

  constructor(query: ListQuery, threads: boolean, end = 30) {
    this.#args = { query, threads, start: 0, end };
    this.#watch = engine.watch('list', this.#args, (patch) => {
      const rows = patch.whole ? new Map<number, Row>() : new Map(this.#rows);
      for (const { at, row } of patch.rows)
        if (row) rows.set(at, row);
        else rows.delete(at);
      // What lies outside is no longer told.
      const { start, end: stop } = this.#args;
      for (const at of rows.keys()) if (at < start || at >= stop || (patch.total !== null && at >= patch.total)) rows.delete(at);
      this.#rows = rows;
      this.#total = patch.total;
      this.#trouble = patch.trouble;
    });
  }

  /** Another list in its place, such as for one more letter of a search; the rows stay until those of the new one are here. */
  change(query: ListQuery): void {
    if (JSON.stringify(query) === JSON.stringify(this.#args.query)) return;
    this.#args = { ...this.#args, query };
    this.#watch.adjust(this.#args);
  }

  get query(): ListQuery {
    return this.#args.query;
  }
  /** Null: not known yet. */
  get total(): number | null {
    return this.#total;
  }
  get trouble(): Trouble | null {
    return this.#trouble;
  }
  get rows(): ReadonlyMap<number, Row> {
    return this.#rows;
  }

  /** The positions on screen; rows are told between them and kept no longer. */
  show(start: number, end: number): void {
    if (start === this.#args.start && end === this.#args.end) return;
    this.#args = { ...this.#args, start, end };
    this.#watch.adjust(this.#args);
  }

  /** Where a row stands now, among those that are here; -1. */
  positionOf(accountId: string, threadId: string): number {
    for (const [at, row] of this.#rows) if (row.accountId === accountId && row.threadId === threadId) return at;
    return -1;
  }

  retry(): void {
    this.#watch.adjust(this.#args);
  }

  end(): void {
    this.#watch.end();
  }
}
