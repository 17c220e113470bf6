// The file DATA/directory.sqlite: its tables, step by step as they were released, and how it is opened. Knows SQL and what durability rests on; knows no row.
import { closeSync, existsSync, fsyncSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Refusal } from '../../base/trouble.ts';

/** One step per released form, in order; `user_version` is the number of steps done. */
const migrations: readonly string[] = [
  `
  create table domain (name text primary key, catch_all text, subaddress text) without rowid;
  -- autoincrement: an id is never given again after its account is gone.
  create table account (
    id integer primary key autoincrement,
    address text not null unique,
    name text not null,
    password_hash text not null,
    scram text not null,
    quota integer,
    created_at integer not null,
    closed_at integer
  );
  create table alias (address text primary key, targets text not null) without rowid;
  create table app_password (
    id integer primary key autoincrement,
    account integer not null references account (id) on delete cascade,
    name text not null,
    sha256 text not null unique,
    protocols text not null,
    created_at integer not null,
    last_used_at integer,
    last_used_from text
  );
  create index app_password_account on app_password (account);
  create table value (name text primary key, value text not null) without rowid;
  `,
  `alter table app_password add column scram text`,
  `
  -- The id is one of account's: the sequence there is moved on, so that neither table gives it again.
  create table outside_account (
    id integer primary key,
    owner integer not null references account (id) on delete cascade,
    address text not null,
    name text not null,
    provider text,
    receive text not null,
    send text not null,
    secret blob not null,
    leaving text not null,
    sent_copy text not null,
    provenance text not null,
    proven_at integer,
    created_at integer not null,
    paused integer not null,
    closed_at integer,
    health text not null
  );
  create unique index outside_account_address on outside_account (owner, lower(address));
  `,
  `
  alter table app_password add column uses text;
  create table setup_link (
    id integer primary key autoincrement,
    account integer not null references account (id) on delete cascade,
    sha256 text not null unique,
    device text,
    created_at integer not null,
    expires_at integer not null,
    used text
  );
  create index setup_link_account on setup_link (account);
  `,
  `
  create table web_session (
    id integer primary key autoincrement,
    account integer not null references account (id) on delete cascade,
    sha256 text not null unique,
    password_mark text not null,
    device text not null,
    how text not null,
    created_at integer not null,
    last_used_at integer not null,
    last_used_from text not null
  );
  create index web_session_account on web_session (account);
  create table factor (
    id integer primary key autoincrement,
    account integer not null references account (id) on delete cascade,
    name text not null,
    created_at integer not null,
    last_used_at integer,
    proof text not null
  );
  create index factor_account on factor (account);
  `,
];

/** Makes the file (0600) when it is missing, brings it up to date, and asserts what durability rests on. @throws Refusal of a newer program's file. */
export function openDirectoryFile(path: string): DatabaseSync {
  // Made before SQLite does, with these rights; the files beside it take them over.
  closeSync(openSync(path, 'a', 0o600));
  const folder = openSync(dirname(path), 'r');
  fsyncSync(folder);
  closeSync(folder);
  const db = new DatabaseSync(path, { timeout: 5000, enableForeignKeyConstraints: true });
  db.exec('pragma journal_mode = wal; pragma synchronous = full; pragma trusted_schema = off; pragma cell_size_check = on');
  for (const [name, wanted] of [
    ['journal_mode', 'wal'],
    ['synchronous', 2],
    ['foreign_keys', 1],
    ['trusted_schema', 0],
  ] as const) {
    const is = readPragma(db, name);
    if (is !== wanted) throw new Refusal('cannot', `SQLite says ${name} = ${is}, but accounts are only safe with ${wanted}`);
  }
  migrate(db, path);
  return db;
}

function readPragma(db: DatabaseSync, name: string): string | number {
  return Object.values(db.prepare(`pragma ${name}`).get()!)[0] as string | number;
}

function migrate(db: DatabaseSync, path: string): void {
  db.exec('begin immediate');
  const version = Number(readPragma(db, 'user_version'));
  if (version > migrations.length) {
    db.exec('rollback');
    throw new Refusal(
      'cannot',
      `${path} was written by a newer Tayori (form ${version}; this one knows ${migrations.length}): install that one`,
    );
  }
  for (const step of migrations.slice(version)) db.exec(step);
  db.exec(`pragma user_version = ${migrations.length}`);
  db.exec('commit');
}

/** Sealed secrets as they lie in the file, for who may not open it for writing; none when it is missing or older. */
export function readSealedSecrets(path: string): Uint8Array[] {
  if (!existsSync(path)) return [];
  const db = new DatabaseSync(path, { readOnly: true, timeout: 5000 });
  try {
    const has = db.prepare("select 1 from sqlite_schema where name = 'outside_account'").get() !== undefined;
    return has
      ? db
          .prepare('select secret from outside_account')
          .all()
          .map((row) => row['secret'] as Uint8Array)
      : [];
  } finally {
    db.close();
  }
}
