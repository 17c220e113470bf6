// The prepared statements of a writer, each made when it is first needed. Knows SQL texts; knows no meaning.
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';

export type Row = (string | number | null | Uint8Array)[];

export class Statements {
  readonly #db: DatabaseSync;
  readonly #made = new Map<string, StatementSync>();

  /** When it reaches zero, that statement fails. Only tests set it. */
  failIn = 0;
  failWith = 0;

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  run(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.#of(sql).run(...values).changes);
  }

  /** The first row, or null. */
  row(sql: string, ...values: SQLInputValue[]): Row | null {
    return (this.#of(sql).get(...values) as unknown as Row | undefined) ?? null;
  }

  rows(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#of(sql).all(...values) as unknown as Row[];
  }

  /** One statement more. @throws when it is the one that a test wants to fail. */
  count(): void {
    if (this.failIn > 0 && --this.failIn === 0) throw Object.assign(new Error('asked for by a test'), { errcode: this.failWith });
  }

  #of(sql: string): StatementSync {
    this.count();
    let statement = this.#made.get(sql);
    if (statement === undefined) {
      statement = this.#db.prepare(sql);
      statement.setReturnArrays(true);
      this.#made.set(sql, statement);
    }
    return statement;
  }
}
