// Work that can wait: letters that rested long enough, old keys and tombstones, segments that are mostly dead.
// Knows ages and portions; each call does a bounded amount and says whether there is more.
import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { AccountId, MessageId } from '../../../store/contract.ts';
import { keptTombstones, placementKeyTime, resendTime, traceTime } from '../../../store/limits.ts';
import type { UpkeepResult } from '../jobs.ts';
import type { Books } from './books.ts';
import { pruneEvents } from './journey.ts';
import { removeMessage } from './letters.ts';
import { segmentName } from './segments.ts';

/** Rows of each kind in one call. */
const portion = 2000;
/** Octets that one call copies out of mostly dead segments. */
const copiedOctets = 32 << 20;
/** A segment is collected when no more than this share of it is alive. */
const liveShare = 0.5;
/** Tombstones above the kept number go when they are older. */
const tombstoneTime = 30 * 24 * 60 * 60 * 1000;

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
  more = pruneEvents(books, now - traceTime, portion) === portion || more;
  pruneTombstones(books, now);
  if (!keepSegments) more = collect(books) || more;
  const emptied = keepSegments ? [] : books.segments.wasteful(0);
  for (const segment of emptied) books.segments.drop(segment);
  return { removed: rested.removed, emptied, more };
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

/** Mailboxes with more tombstones than are kept lose the oldest, whole MODSEQs at a time. */
function pruneTombstones(books: Books, now: number): void {
  const rows = books.sql.rows(
    `select account, mailbox, count(*) from vanished group by account, mailbox having count(*) > ${keptTombstones}`,
  );
  for (const [account, mailbox, count] of rows as [number, number, number][]) {
    const edge = books.sql.row(
      'select modseq, at from vanished where account = ? and mailbox = ? order by modseq limit 1 offset ?',
      account,
      mailbox,
      count - keptTombstones - 1,
    );
    // Young ones stay up to ten times that number: a device that was away for a week still finds what it needs.
    if (edge === null || (Number(edge[1]) > now - tombstoneTime && count < keptTombstones * 10)) continue;
    const box = books.ledger.getMailbox(account, mailbox);
    box.vanishedFloor = Number(edge[0]);
    books.ledger.touchMailbox(box);
    books.sql.run('delete from vanished where account = ? and mailbox = ? and modseq <= ?', account, mailbox, box.vanishedFloor);
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
    const file = openSync(join(books.segments.dir, segmentName(segment)), 'r');
    try {
      for (const [id, start, length] of letters) {
        // A letter larger than the portion is copied too, alone.
        if (room <= 0) return true;
        room -= length;
        const octets = Buffer.allocUnsafe(length);
        let done = 0;
        while (done < length) {
          const read = readSync(file, octets, done, length - done, start + done);
          if (read === 0) break;
          done += read;
        }
        // What cannot be read stays where it is, for `verify` to name and for people to rescue.
        if (done < length) continue;
        const to = books.segments.append(octets);
        books.sql.run('update letter set segment = ?, start = ? where id = ?', to.segment, to.start, id);
        books.segments.count(segment, -length);
        books.segments.count(to.segment, length);
        books.point('compaction-copied');
      }
    } finally {
      closeSync(file);
    }
  }
  return false;
}
