// The list on screen: rows by position, as the engine pushes them. Knows the topic `list`; knows no pixels.
import type { ListArgs, ListQuery, Row, Trouble, Watch } from '../engine/contract.ts';
import { noteForNextStart, takeLastList } from './at-once.ts';
import { engine } from './link.ts';

/** Between two leaps of which the rows are asked for: each row that passes by unread costs the server and the page as much as one that is read. */
const leapMs = 80;

export class ListModel {
  #rows = $state.raw<ReadonlyMap<number, Row>>(new Map());
  #total = $state<number | null>(null);
  #trouble = $state.raw<Trouble | null>(null);
  #args: ListArgs;
  /** What is on screen; `#args` is what was asked for last. */
  #wanted = { start: 0, end: 0 };
  #leaptAt = -leapMs;
  #later: ReturnType<typeof setTimeout> | undefined;
  readonly #watch: Watch<'list'>;

  constructor(query: ListQuery, threads: boolean, end = 30) {
    this.#args = { query, threads, start: 0, end };
    const last = takeLastList(query, threads);
    if (last) {
      this.#rows = new Map(last.rows.entries());
      this.#total = last.total;
    }
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
      if (start === 0) this.#noteForNextStart();
    });
  }

  #noteForNextStart(): void {
    const { query, threads } = this.#args;
    const rows: Row[] = [];
    for (let at = 0; this.#rows.has(at); at++) rows.push(this.#rows.get(at)!);
    if (query.kind !== 'find') noteForNextStart({ list: { query, threads, total: this.#total, rows } });
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

  /** The positions on screen; rows are told between them and kept no longer. While the bar is drawn through the list they are asked for now and then. */
  show(start: number, end: number): void {
    this.#wanted = { start, end };
    const { start: from, end: to } = this.#args;
    if (start === from && end === to) return;
    const wait = start >= to || end <= from ? this.#leaptAt + leapMs - performance.now() : 0;
    if (wait > 0) {
      this.#later ??= setTimeout(() => this.#ask(), wait);
      return;
    }
    this.#ask();
  }
  #ask(): void {
    clearTimeout(this.#later);
    this.#later = undefined;
    this.#leaptAt = performance.now();
    this.#args = { ...this.#args, ...this.#wanted };
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
    clearTimeout(this.#later);
    this.#watch.end();
  }
}
