// Work that can wait: letters that rested long enough, old keys and tombstones, segments that are mostly dead.
// Knows ages and portions; each call does a bounded amount and says whether there is more.
import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { factsVersion } from '../../../message/facts.ts';
import { readFacts } from '../../../message/read-facts.ts';
import type { AccountId, MessageId } from '../../../store/contract.ts';
import { keptGone, keptTombstones, keptTombstoneTime, placementKeyTime, resendTime, traceTime } from '../../../store/limits.ts';
import { factColumns, formatFacts } from '../fact-columns.ts';
import type { UpkeepResult } from '../jobs.ts';
import type { Books } from './books.ts';
import { pruneItemTombstones } from './items.ts';
import { keyEvents, pruneEvents } from './journey.ts';
import { removeMessage } from './letters.ts';
import { segmentName } from './segments.ts';
import { endUploads } from './uploads.ts';

/** Rows of each kind in one call. */
const portion = 2000;
/** Octets that one call copies out of mostly dead segments. */
const copiedOctets = 32 << 20;
/** A segment is collected when no more than this share of it is alive. */
const liveShare = 0.5;

export function upkeep(books: Books, now: number, keepSegments: boolean): UpkeepResult {
  const rested = endRests(books, now);
  let more = rested.more;
  const prunes: [string, string, number][] = [
    ['placed', 'account, key', placementKeyTime],
    ['accepted', 'hash', resendTime],
  ];
  for (const [table, key, age] of prunes) {
    const removed = books.sql.run(
      `delete from ${table} where (${key}) in (select ${key} from ${table} where at <= ? order by at limit ${portion})`,
      now - age,
    );
    more ||= removed === portion;
  }
  // An event leaves with its keys, so they are written first where nobody had the time for it yet.
  if (books.unkeyed > 0) keyEvents(books);
  more = pruneEvents(books, now - traceTime, portion) === portion || books.unkeyed > 0 || more;
  const accounts = nextAccounts(books);
  pruneTombstones(books, now, accounts);
  pruneGone(books, now, accounts);
  pruneItemTombstones(books, now);
  const uploads = endUploads(books, now);
  more ||= uploads.more;
  more = readFactsAgain(books) || more;
  if (!keepSegments) more = collect(books) || more;
  const emptied = keepSegments ? [] : books.segments.wasteful(0);
  for (const segment of emptied) books.segments.drop(segment);
  return { removed: rested.removed, emptied, uploads: uploads.files, more };
}

/** Letters whose time of rest is over. */
function endRests(books: Books, now: number): { removed: UpkeepResult['removed']; more: boolean } {
  const rows = books.sql.rows(
    `select account, id, message from resting where removed_at <= ? order by removed_at limit ${portion}`,
    now - books.restingTime,
  );
  const removed = new Map<AccountId, MessageId[]>();
  for (const [account, id, message] of rows as [number, number, number][]) {
    books.sql.run('delete from resting where account = ? and id = ?', account, id);
    if (books.sql.row('select 1 from resting where account = ? and message = ? limit 1', account, message) !== null) continue;
    if (!removeMessage(books, account, message)) continue;
    const list = removed.get(account);
    if (list === undefined) removed.set(account, [message]);
    else list.push(message);
  }
  return { removed: [...removed].map(([account, messages]) => ({ account, messages })), more: rows.length === portion };
}

/** Accounts whose tombstones are counted in one call. */
const accountsAtOnce = 100;
const cursorName = 'tombstones_after';

/** First and last of the accounts whose turn it is; null when there are none. */
function nextAccounts(books: Books): readonly [AccountId, AccountId] | null {
  const after = Number(books.sql.row('select value from meta where name = ?', cursorName)?.[0] ?? 0);
  const accounts = books.sql
    .rows(`select id from account where id > ? order by id limit ${accountsAtOnce}`, after)
    .map((row) => Number(row[0]));
  const last = accounts.length < accountsAtOnce ? 0 : accounts.at(-1)!;
  if (last !== after) books.sql.run('insert or replace into meta (name, value) values (?, ?)', cursorName, String(last));
  return accounts.length === 0 ? null : [accounts[0]!, accounts.at(-1)!];
}

/** Accounts in which more letters or mailboxes went than is remembered forget the oldest, whole MODSEQs at a time. */
function pruneGone(books: Books, now: number, accounts: readonly [AccountId, AccountId] | null): void {
  if (accounts === null) return;
  for (const table of ['gone_letter', 'gone_mailbox']) {
    const rows = books.sql.rows(
      `select account, count(*) from ${table} where account between ? and ? group by account having count(*) > ${keptGone}`,
      ...accounts,
    );
    for (const [id, count] of rows as [number, number][]) {
      const edge = books.sql.row(
        `select modseq, at from ${table} where account = ? order by modseq limit 1 offset ?`,
        id,
        count - keptGone - 1,
      );
      if (edge === null || (Number(edge[1]) > now - keptTombstoneTime && count < keptGone * 10)) continue;
      const account = books.ledger.getAccount(id);
      account.goneFloor = Math.max(account.goneFloor, Number(edge[0]));
      books.ledger.touchAccount(account);
      for (const one of ['gone_letter', 'gone_mailbox'])
        books.sql.run(`delete from ${one} where account = ? and modseq <= ?`, id, account.goneFloor);
    }
  }
}

/** Mailboxes with more tombstones than are kept lose the oldest, whole MODSEQs at a time. Each call looks at some accounts, in turn. */
function pruneTombstones(books: Books, now: number, accounts: readonly [AccountId, AccountId] | null): void {
  if (accounts === null) return;
  const rows = books.sql.rows(
    `select account, mailbox, count(*) from vanished where account between ? and ?
     group by account, mailbox having count(*) > ${keptTombstones}`,
    ...accounts,
  );
  for (const [account, mailbox, count] of rows as [number, number, number][]) {
    const edge = books.sql.row(
      'select modseq, at from vanished where account = ? and mailbox = ? order by modseq limit 1 offset ?',
      account,
      mailbox,
      count - keptTombstones - 1,
    );
    // Young ones stay up to ten times that number: a device that was away for a week still finds what it needs.
    if (edge === null || (Number(edge[1]) > now - keptTombstoneTime && count < keptTombstones * 10)) continue;
    const box = books.ledger.getMailbox(account, mailbox);
    box.vanishedFloor = Number(edge[0]);
    books.ledger.touchMailbox(box);
    books.sql.run('delete from vanished where account = ? and mailbox = ? and modseq <= ?', account, mailbox, box.vanishedFloor);
  }
}

/** Letters whose facts one call reads again, and the octets of all of them. */
const factsAtOnce = 500;
const factsCursor = 'facts_after';

/** After `factsVersion` has grown, letters get their facts anew, a portion at a time. Returns true when there is more to do. */
function readFactsAgain(books: Books): boolean {
  const [done, after] = String(books.sql.row('select value from meta where name = ?', factsCursor)?.[0] ?? '0 0')
    .split(' ')
    .map(Number);
  const next = done === factsVersion ? null : done === -factsVersion ? after! : 0;
  if (next === null) return false;
  const letters = books.sql.rows(
    `select id, segment, start, length, facts_version from letter where id > ? order by id limit ${factsAtOnce}`,
    next,
  ) as [number, number, number, number, number][];
  let octets = 0;
  let last = next;
  for (const [id, segment, start, length, version] of letters) {
    if (octets > copiedOctets) break;
    last = id;
    // Version 0 is a letter that nobody here reads.
    if (version === factsVersion || version === 0) continue;
    octets += length;
    const whole = readLetter(books, segment, start, length);
    if (whole === null) continue;
    const columns = factColumns.map(([, column]) => `${column} = ?`).join(', ');
    books.sql.run(`update letter set facts_version = ?, ${columns} where id = ?`, factsVersion, ...formatFacts(readFacts(whole)), id);
  }
  const ended = letters.length < factsAtOnce && last === (letters.at(-1)?.[0] ?? next);
  // `version 0`: all done. `-version id`: done up to that letter.
  books.sql.run(
    'insert or replace into meta (name, value) values (?, ?)',
    factsCursor,
    ended ? `${factsVersion} 0` : `-${factsVersion} ${last}`,
  );
  return !ended;
}

/** Octets of a letter, or null when they cannot be read: then it stays as it is, for `verify` to name. */
function readLetter(books: Books, segment: number, start: number, length: number): Buffer | null {
  const octets = Buffer.allocUnsafe(length);
  let file: number;
  try {
    file = openSync(join(books.segments.dir, segmentName(segment)), 'r');
  } catch {
    return null;
  }
  try {
    let done = 0;
    while (done < length) {
      const count = readSync(file, octets, done, length - done, start + done);
      if (count === 0) return null;
      done += count;
    }
    return octets;
  } finally {
    closeSync(file);
  }
}

/** Copies living letters out of mostly dead segments, so that these can go. Returns true when there is more to do. */
function collect(books: Books): boolean {
  let room = copiedOctets;
  const wasteful = books.segments.wasteful(liveShare).filter((segment) => books.segments.liveIn(segment) > 0);
  for (const segment of wasteful) {
    const letters = books.sql.rows('select id, start, length from letter where segment = ? order by start', segment) as [
      number,
      number,
      number,
    ][];
    for (const [id, start, length] of letters) {
      // A letter larger than the portion is copied too, alone.
      if (room <= 0) return true;
      const octets = readLetter(books, segment, start, length);
      // Unreadable ones must not use up the room, or nothing behind them would ever be collected.
      if (octets === null) continue;
      room -= length;
      const to = books.segments.append(octets);
      books.sql.run('update letter set segment = ?, start = ? where id = ?', to.segment, to.start, id);
      books.segments.count(segment, -length);
      books.segments.count(to.segment, length);
      books.point('compaction-copied');
    }
  }
  return false;
}
