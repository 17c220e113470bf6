// The tables of a shard, and how its database is opened. Knows SQL and SQLite's settings; knows no letter.
import { statfsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { Refusal } from '../../base/trouble.ts';

/** One step per released schema, in order; the number of steps done is `user_version`. */
const migrations: readonly string[] = [
  `
  create table meta (name text primary key, value text not null) without rowid;

  create table account (
    id integer primary key,
    modseq integer not null,
    next_message integer not null,
    next_mailbox integer not null,
    next_rest integer not null,
    last_validity integer not null,
    octets integer not null,
    messages integer not null
  );

  create table mailbox (
    account integer not null,
    id integer not null,
    name text not null,
    role text,
    uid_validity integer not null,
    uid_next integer not null,
    highest_modseq integer not null,
    messages integer not null,
    unseen integer not null,
    deleted integer not null,
    size integer not null,
    keywords text not null,
    vanished_floor integer not null,
    primary key (account, id)
  ) without rowid;
  create unique index mailbox_name on mailbox (account, name);

  create table subscription (account integer not null, name text not null, primary key (account, name)) without rowid;

  -- One accepted letter: where its octets lie, who needs them, and its facts. Shared by the accounts and queue rows of the shard.
  create table letter (
    id integer primary key,
    segment integer not null,
    start integer not null,
    length integer not null,
    refs integer not null,
    sha256 blob not null,
    journey text not null,
    facts_version integer not null,
    header_length integer,
    sent_at integer,
    has_attachment integer,
    message_id text,
    sort_from text,
    sort_to text,
    sort_cc text,
    display_from text,
    display_to text,
    envelope text,
    base_subject text,
    subject text,
    from_text text,
    to_text text,
    cc_text text,
    bcc_text text,
    refs_text text,
    parts text,
    body text,
    body_structure text,
    preview text
  );

  create table message (
    account integer not null,
    id integer not null,
    letter integer not null,
    thread integer not null,
    places integer not null,
    primary key (account, id)
  ) without rowid;
  create index message_thread on message (account, thread);

  create table placement (
    account integer not null,
    mailbox integer not null,
    uid integer not null,
    message integer not null,
    flags integer not null,
    keywords text not null,
    modseq integer not null,
    size integer not null,
    received_at integer not null,
    saved_at integer not null,
    primary key (account, mailbox, uid)
  ) without rowid;

  -- RFC 7162: UIDs that are gone. Pruned; mailbox.vanished_floor says how far back they reach.
  create table vanished (
    account integer not null,
    mailbox integer not null,
    modseq integer not null,
    uid integer not null,
    at integer not null,
    primary key (account, mailbox, modseq, uid)
  ) without rowid;

  -- Letters out of sight that can come back.
  create table resting (
    account integer not null,
    id integer not null,
    message integer not null,
    mailbox integer not null,
    mailbox_name text not null,
    uid integer not null,
    flags integer not null,
    keywords text not null,
    received_at integer not null,
    removed_at integer not null,
    primary key (account, id)
  ) without rowid;
  create index resting_removed on resting (removed_at);
  create index resting_message on resting (account, message);

  -- RFC 8474 threads: hashes of Message-IDs, those only referred to included.
  create table thread_key (
    account integer not null,
    hash integer not null,
    thread integer not null,
    primary key (account, hash)
  ) without rowid;
  create index thread_key_thread on thread_key (account, thread);

  create table placed (account integer not null, key text not null, at integer not null, primary key (account, key)) without rowid;
  create index placed_at on placed (at);

  create table accepted (hash blob primary key, journey text not null, placed text not null, at integer not null) without rowid;
  create index accepted_at on accepted (at);

  create table queue_letter (
    letter integer primary key,
    journey text not null,
    reverse_path text not null,
    envelope_id text,
    returns text,
    smtp_utf8 integer not null,
    body_type text not null,
    size integer not null,
    created_at integer not null,
    left_over integer not null,
    first_row integer not null,
    last_row integer not null
  );
  create index queue_letter_journey on queue_letter (journey);

  create table queue_row (
    id integer primary key,
    letter integer not null,
    recipient text not null,
    domain text not null,
    due_at integer not null,
    expires_at integer not null,
    notify text not null,
    original text,
    attempts integer not null,
    held integer not null,
    last_reply text,
    last_host text,
    delay_told integer not null,
    epoch integer not null
  );
  create index queue_due on queue_row (due_at) where held = 0;

  create table event (
    id integer primary key,
    letter text not null,
    at integer not null,
    station text not null,
    result text not null,
    recipient text,
    account integer,
    facts text not null
  );
  -- What an event is found by. Written behind the events, when there is time; meta.indexed_event says how far.
  create table event_key (key text not null, event integer not null, primary key (key, event)) without rowid;

  create table handover (id integer primary key, letter integer, shard integer not null, work text not null);

  create table segment (id integer primary key, size integer not null, live integer not null);
  `,
  `alter table queue_row add column via integer`,
  `
  -- Small objects of an account besides its letters.
  create table item (
    account integer not null,
    kind text not null,
    id integer not null,
    created_modseq integer not null,
    modseq integer not null,
    due_at integer,
    value text not null,
    primary key (account, kind, id)
  );
  create index item_modseq on item (account, kind, modseq);
  create index item_due on item (due_at) where due_at is not null;

  -- What is counted for each kind. Tombstones at or below the floor are gone.
  create table item_kind (
    account integer not null,
    kind text not null,
    next_id integer not null,
    modseq integer not null,
    floor integer not null,
    items integer not null,
    gone integer not null,
    primary key (account, kind)
  ) without rowid;
  create index item_kind_full on item_kind (gone) where gone > 10000;

  create table item_gone (
    account integer not null,
    kind text not null,
    modseq integer not null,
    id integer not null,
    created_modseq integer not null,
    at integer not null,
    primary key (account, kind, modseq, id)
  ) without rowid;

  -- Octets handed in and not used yet: a file in uploads/, whose octets begin at start.
  create table upload (
    account integer not null,
    id integer not null,
    size integer not null,
    type text not null,
    sha256 text not null,
    at integer not null,
    file text not null,
    start integer not null,
    primary key (account, id)
  ) without rowid;
  create index upload_at on upload (at);
  create unique index upload_file on upload (file);
  create table upload_next (account integer primary key, next integer not null);
  `,
  `
  -- An account as a whole. A place with \\Deleted is hidden: a letter is in sight while it has other ones. created: when it came into sight;
  -- changed: when it lost a place in sight or changed its thread; joined: when it came into its thread, 0: with its coming.
  alter table message add column hidden integer not null default 0;
  alter table message add column created integer not null default 1;
  alter table message add column changed integer not null default 0;
  alter table message add column joined integer not null default 0;
  update message set hidden = found.n
    from (select account, message, count(*) as n from placement where (flags & 8) != 0 group by account, message) as found
    where found.account = message.account and found.message = message.id;

  alter table mailbox add column sort_order integer not null default 0;
  alter table mailbox add column created integer not null default 1;
  alter table mailbox add column changed integer not null default 1;

  -- Letters that went out of sight, or (moved) out of their thread, and mailboxes that are no more. What went at or before gone_floor is forgotten.
  create table gone_letter (
    account integer not null,
    modseq integer not null,
    message integer not null,
    thread integer not null,
    created integer not null,
    joined integer not null,
    moved integer not null,
    at integer not null,
    primary key (account, modseq, message, thread)
  ) without rowid;
  create table gone_mailbox (
    account integer not null,
    modseq integer not null,
    mailbox integer not null,
    created integer not null,
    at integer not null,
    primary key (account, modseq, mailbox)
  ) without rowid;
  alter table account add column gone_floor integer not null default 0;
  update account set gone_floor = modseq;
  `,
  // Facts of version 2; letters with older ones are read again.
  `alter table letter add column envelope_marks integer`,
  // A letter's thread does not change any more. What once did is forgotten: apps with an older state look at everything anew.
  `
  update account set gone_floor = modseq
    where id in (select account from gone_letter where moved = 1 union select account from message where joined > 0);
  delete from gone_letter where moved = 1;
  alter table gone_letter drop column moved;
  alter table gone_letter drop column joined;
  alter table message drop column joined;
  `,
];

const schemaVersion = migrations.length;

/** File systems on which fsync or locks do not mean what they must mean here (statfs(2) f_type). */
const unsafeFileSystems: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB'],
  [0x517b, 'SMB'],
  [0x01021997, '9p'],
]);

export function checkFileSystem(dir: string): void {
  const name = unsafeFileSystems.get(statfsSync(dir).type >>> 0);
  if (name !== undefined)
    throw new Refusal('cannot', `${dir} is on ${name}, which does not keep what it was told to keep: choose a local disk`);
}

/** SQLite below this has had faults that concern us. */
const oldestSqlite = [3, 51, 0];

/** Opens for writing: makes the tables, brings old ones up to date, and asserts each setting that durability rests on. */
export function openForWriting(path: string): DatabaseSync {
  const db = new DatabaseSync(path, { timeout: 5000, enableForeignKeyConstraints: true });
  db.exec(
    'pragma journal_mode = wal; pragma synchronous = full; pragma trusted_schema = off; pragma cell_size_check = on; pragma wal_autocheckpoint = 0; pragma cache_size = -32768; pragma temp_store = memory',
  );
  assertSettings(db);
  migrate(db, path);
  return db;
}

export function openForReading(path: string): DatabaseSync {
  const db = new DatabaseSync(path, { readOnly: true, timeout: 5000 });
  db.exec('pragma trusted_schema = off; pragma cell_size_check = on; pragma cache_size = -32768; pragma query_only = on');
  return db;
}

/** One number or text of a query with one row. */
export function readValue(db: DatabaseSync, sql: string): string | number | null {
  const row = db.prepare(sql).get();
  return row === undefined ? null : (Object.values(row)[0] as string | number | null);
}

function assertSettings(db: DatabaseSync): void {
  const wanted: readonly (readonly [string, string | number])[] = [
    ['journal_mode', 'wal'],
    ['synchronous', 2],
    ['foreign_keys', 1],
    ['trusted_schema', 0],
    ['cell_size_check', 1],
  ];
  for (const [name, value] of wanted) {
    const is = readValue(db, `pragma ${name}`);
    if (is !== value) throw new Refusal('cannot', `SQLite says ${name} = ${is}, but letters are only safe with ${value}`);
  }
  const version = String(readValue(db, 'select sqlite_version()'));
  const parts = version.split('.').map(Number);
  for (const [index, least] of oldestSqlite.entries()) {
    const part = parts[index] ?? 0;
    if (part > least) break;
    if (part < least) throw new Refusal('cannot', `SQLite ${version} is too old: ${oldestSqlite.join('.')} or newer is needed`);
  }
}

function migrate(db: DatabaseSync, path: string): void {
  const version = Number(readValue(db, 'pragma user_version'));
  if (version > schemaVersion)
    throw new Refusal(
      'cannot',
      `${path} was written by a newer Tayori (schema ${version}; this one knows ${schemaVersion}): install that one`,
    );
  // A new file takes all steps at once: there is nothing in it that would have to be safe between two, and each commit waits for the disk.
  for (let done = version; done < schemaVersion;) {
    const next = version === 0 ? schemaVersion : done + 1;
    db.exec('begin immediate');
    for (const step of migrations.slice(done, next)) db.exec(step);
    db.exec(`pragma user_version = ${next}`);
    db.exec('commit');
    done = next;
  }
}
