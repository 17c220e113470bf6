// The file of one shard's text index, DATA/shard-n/search.sqlite: segments, how far each account is complete, what is gone.
// Knows SQL. The file can be made again at any time: one that is damaged or of another program is thrown away and begun anew.
//
// `synchronous = normal` in WAL mode: a power cut may lose the last commits, never the order of them, so what the file says of its
// completeness stays true.
import { closeSync, openSync, rmSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { Log } from '../../base/log.ts';
import { factsVersion } from '../../message/facts.ts';
import type { AccountId, MessageId } from '../../store/contract.ts';
import type { SegmentBlocks } from '../../store/search/segment.ts';

/** Grows when the same letters would make other segments. */
const formVersion = 1;
/** Texts of letters change with the reading of letters. */
const version = formVersion * 1000 + factsVersion;

const tables = `
  create table account (id integer primary key, done integer not null);
  create table segment (
    id integer primary key, account integer not null, first integer not null, last integer not null, count integer not null, ids blob not null
  );
  create index segment_account on segment (account, first);
  create table segment_fields (id integer primary key, block blob not null);
  create table segment_words (id integer primary key, block blob not null);
  -- Letters that are gone for good but still stand in a segment.
  create table gone (account integer not null, message integer not null, primary key (account, message)) without rowid;
`;

/** One segment as it is listed; its blocks are read when they are needed. */
export interface SegmentRow {
  readonly id: number;
  readonly first: MessageId;
  readonly last: MessageId;
  readonly count: number;
}

export class SearchBooks {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(path: string, log: Log) {
    this.#db = openOrMake(path, log);
  }

  close(): void {
    this.#statements.clear();
    this.#db.close();
  }

  // --- reading ------------------------------------------------------------------------------------------------------

  accounts(): AccountId[] {
    return this.#of('select id from account')
      .all()
      .map((row) => Number(row['id']));
  }

  /** The highest letter of an account up to which all are in the index. */
  done(account: AccountId): MessageId {
    return Number(this.#of('select done from account where id = ?').get(account)?.['done'] ?? 0);
  }

  segments(account: AccountId): SegmentRow[] {
    const rows = this.#of('select id, first, last, count from segment where account = ? order by first').all(account);
    return rows.map((row) => ({
      id: Number(row['id']),
      first: Number(row['first']),
      last: Number(row['last']),
      count: Number(row['count']),
    }));
  }

  gone(account: AccountId): MessageId[] {
    return this.#of('select message from gone where account = ?')
      .all(account)
      .map((row) => Number(row['message']));
  }

  goneAccounts(): AccountId[] {
    return this.#of('select distinct account from gone')
      .all()
      .map((row) => Number(row['account']));
  }

  ids(segment: number): Uint8Array {
    return this.#block('select ids as block from segment where id = ?', segment);
  }

  fields(segment: number): Uint8Array {
    return this.#block('select block from segment_fields where id = ?', segment);
  }

  words(segment: number): Uint8Array {
    return this.#block('select block from segment_words where id = ?', segment);
  }

  #block(sql: string, segment: number): Uint8Array {
    const block = this.#of(sql).get(segment)?.['block'];
    if (!(block instanceof Uint8Array)) throw new DamagedIndex(`segment ${segment} of the index is not there`);
    return block;
  }

  // --- writing ------------------------------------------------------------------------------------------------------

  /** A new segment behind the others; the account is then complete up to `done`. */
  add(account: AccountId, blocks: SegmentBlocks | null, done: MessageId): SegmentRow | null {
    return this.#together(() => {
      this.#of('insert or replace into account values (?, ?)').run(account, done);
      return blocks === null ? null : this.#insert(account, blocks);
    });
  }

  /** One segment (or none) in the place of several, and letters that are then forgotten. */
  replace(
    account: AccountId,
    old: readonly SegmentRow[],
    blocks: SegmentBlocks | null,
    forgotten: readonly MessageId[],
  ): SegmentRow | null {
    return this.#together(() => {
      for (const { id } of old) this.#remove(id);
      for (const message of forgotten) this.#of('delete from gone where account = ? and message = ?').run(account, message);
      return blocks === null ? null : this.#insert(account, blocks);
    });
  }

  noteGone(account: AccountId, messages: readonly MessageId[]): void {
    this.#together(() => {
      for (const message of messages) this.#of('insert or ignore into gone values (?, ?)').run(account, message);
    });
  }

  removeAccount(account: AccountId): void {
    this.#together(() => {
      for (const { id } of this.segments(account)) this.#remove(id);
      this.#of('delete from gone where account = ?').run(account);
      this.#of('delete from account where id = ?').run(account);
    });
  }

  #insert(account: AccountId, { first, last, count, ids, fields, words }: SegmentBlocks): SegmentRow {
    const id = Number(
      this.#of('insert into segment (account, first, last, count, ids) values (?, ?, ?, ?, ?)').run(account, first, last, count, ids)
        .lastInsertRowid,
    );
    this.#of('insert into segment_fields values (?, ?)').run(id, fields);
    this.#of('insert into segment_words values (?, ?)').run(id, words);
    return { id, first, last, count };
  }

  #remove(segment: number): void {
    for (const table of ['segment', 'segment_fields', 'segment_words']) this.#of(`delete from ${table} where id = ?`).run(segment);
  }

  #together<T>(work: () => T): T {
    this.#db.exec('begin immediate');
    try {
      const result = work();
      this.#db.exec('commit');
      return result;
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('rollback');
      throw error;
    }
  }

  #of(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) this.#statements.set(sql, (statement = this.#db.prepare(sql)));
    return statement;
  }
}

function openOrMake(path: string, log: Log): DatabaseSync {
  try {
    return open(path);
  } catch (error) {
    log.warn('search.rebuild', { path }, error);
    removeBooks(path);
    return open(path);
  }
}

/** True when SQLite finds the file itself wrong, or a block of it cannot be read. */
export function isDamage(error: unknown): boolean {
  if (error instanceof DamagedIndex || error instanceof RangeError) return true;
  const code = error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : 0;
  return code === sqliteCorrupt || code === sqliteNotADatabase;
}

const sqliteCorrupt = 11;
const sqliteNotADatabase = 26;

class DamagedIndex extends Error {
  override readonly name = 'DamagedIndex';
}

export function removeBooks(path: string): void {
  for (const ending of ['', '-wal', '-shm', '-journal']) rmSync(path + ending, { force: true });
}

/** @throws when the file is damaged or of another version. */
function open(path: string): DatabaseSync {
  // Made before SQLite does, for its owner only; the files beside it take these rights over.
  closeSync(openSync(path, 'a', 0o600));
  const db = new DatabaseSync(path, { timeout: 5000 });
  try {
    db.exec(
      'pragma journal_mode = wal; pragma synchronous = normal; pragma trusted_schema = off; pragma cache_size = -4096; pragma wal_autocheckpoint = 4000',
    );
    const found = Number(db.prepare('pragma user_version').get()?.['user_version']);
    if (found === 0 && db.prepare('select count(*) as tables from sqlite_schema').get()?.['tables'] === 0) {
      db.exec(`begin immediate; ${tables}; pragma user_version = ${version}; commit`);
    } else if (found !== version) {
      throw new Error(`the index has form ${found}; this program writes ${version}`);
    }
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}
