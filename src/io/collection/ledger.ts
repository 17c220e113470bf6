// DATA/collection.sqlite: the ledgers of collection, one module a kind. Knows the file, its form and what durability rests on; the tables
// are the kinds' own. Copied before the letters in a backup: an old row is caught up with, a row of a letter that is missing would be
// read as "deleted here".
import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { Refusal, Unavailable } from '../../base/trouble.ts';
import type { CollectionLedger } from '../../store/ledger-contract.ts';
import { imapNames, imapTables, openImapLedger } from './imap-ledger.ts';
import { openHomeLedger, openPop3Ledger, pop3Tables } from './pop3-ledger.ts';

export const ledgerName = 'collection.sqlite';

/** One step per released form, in order; `user_version` is the number of steps done. */
const migrations: readonly string[] = [`create table secret (value text not null);${imapTables}`, pop3Tables, imapNames];

/** Tables that hold rows by `account`. Numbers of folders stay: an account that begins anew must not give them again. */
const tables = ['imap_folder', 'imap_letter', 'imap_pending', 'pop3_maildrop', 'pop3_letter', 'home_letter'];

/** What a kind of ledger does its work with. */
export interface LedgerFile {
  /** Prepared once. */
  statement(sql: string): StatementSync;
  all<Row>(sql: string, ...values: SQLInputValue[]): Row[];
  /** One transaction, durable when it returns. @throws Unavailable `disk-full`, `busy`, `unknown-outcome`. */
  transaction(act: () => void): void;
}

/** Makes the file (0600) when it is missing and brings it up to date. `folder`: the data folder, or `:memory:`. @throws Refusal in one sentence. */
export function openLedger(folder: string): CollectionLedger {
  const path = folder === ':memory:' ? folder : join(folder, ledgerName);
  const db = open(path);
  const prepared = new Map<string, StatementSync>();
  const file: LedgerFile = {
    statement(sql) {
      let statement = prepared.get(sql);
      if (!statement) prepared.set(sql, (statement = db.prepare(sql)));
      return statement;
    },
    all: <Row>(sql: string, ...values: SQLInputValue[]) => file.statement(sql).all(...values) as Row[],
    transaction(act) {
      let committing = false;
      try {
        db.exec('begin immediate');
        act();
        committing = true;
        db.exec('commit');
      } catch (trouble) {
        if (db.isTransaction) db.exec('rollback');
        throw unavailable(trouble, committing);
      }
    },
  };
  let isClosed = false;
  return {
    imap: openImapLedger(file),
    pop3: openPop3Ledger(file),
    home: openHomeLedger(file),
    secret: file.all<{ value: string }>('select value from secret')[0]!.value,
    async removeAccount(account) {
      file.transaction(() => {
        for (const table of tables) file.statement(`delete from ${table} where account = ?`).run(account);
      });
    },
    async accounts() {
      const rows = file.all<{ account: number }>(tables.map((table) => `select account from ${table}`).join(' union ') + ' order by 1');
      return rows.map(({ account }) => account);
    },
    async close() {
      if (isClosed) return;
      isClosed = true;
      db.close();
    },
  };
}

function open(path: string): DatabaseSync {
  if (path !== ':memory:') {
    // Made before SQLite does, with these rights; the files beside it take them over.
    closeSync(openSync(path, 'a', 0o600));
    const folder = openSync(dirname(path), 'r');
    fsyncSync(folder);
    closeSync(folder);
  }
  const db = new DatabaseSync(path, { timeout: 5000 });
  db.exec('pragma journal_mode = wal; pragma synchronous = full; pragma trusted_schema = off; pragma cell_size_check = on');
  const wanted = path === ':memory:' ? 'memory' : 'wal';
  const mode = (db.prepare('pragma journal_mode').get() as { journal_mode: string }).journal_mode;
  if (mode !== wanted) throw new Refusal('cannot', `SQLite says journal_mode = ${mode}, but letters are only safe with ${wanted}`);
  db.exec('begin immediate');
  const version = (db.prepare('pragma user_version').get() as { user_version: number }).user_version;
  if (version > migrations.length) {
    db.exec('rollback');
    db.close();
    throw new Refusal(
      'cannot',
      `${path} was written by a newer Tayori (form ${version}; this one knows ${migrations.length}): install that one`,
    );
  }
  for (const step of migrations.slice(version)) db.exec(step);
  if (version === 0) db.prepare('insert into secret values (?)').run(randomBytes(16).toString('hex'));
  db.exec(`pragma user_version = ${migrations.length}; commit`);
  return db;
}

const sqliteBusy = 5;
const sqliteFull = 13;

function unavailable(trouble: unknown, committing: boolean): Unavailable {
  const code = trouble instanceof Error && 'errcode' in trouble ? Number(trouble.errcode) & 0xff : 0;
  if (code === sqliteFull) return new Unavailable('disk-full', 'The disk is full', trouble);
  if (code === sqliteBusy) return new Unavailable('busy', 'The ledger of collection is busy', trouble);
  return new Unavailable(committing ? 'unknown-outcome' : 'store-stopped', 'The ledger of collection could not be written', trouble);
}
