// Queue rows: letters for others, leases, results. Knows rows; knows no schedule.
// A lease is the due time itself: a row that was taken is due again when its lease ends, so that one index answers everything
// (reliability §7.5), and a result counts only under the epoch of its lease.
import type { QueueRecipient, QueueResult } from '../../../store/queue-contract.ts';
import type { AcceptJob, Job } from '../jobs.ts';
import { parseQueueRow, queueColumns, queueRoad, queueTables } from '../queue-rows.ts';
import type { Books } from './books.ts';
import { releaseLetter, type LetterRow } from './letters.ts';

export function addQueueRows(books: Books, letter: LetterRow, job: AcceptJob): void {
  const first = books.next.queueRow;
  for (const row of job.queue) {
    books.sql.run(
      'insert into queue_row values (?, ?, ?, ?, ?, ?, ?, ?, 0, 0, null, null, 0, 0, ?)',
      books.next.queueRow++,
      letter.id,
      row.recipient,
      row.domain,
      row.dueAt,
      row.expiresAt,
      row.notify.join(' '),
      row.originalRecipient,
      row.via ?? null,
    );
    books.point('after-queue-row');
  }
  books.sql.run(
    'insert into queue_letter values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    letter.id,
    job.letter,
    job.reversePath,
    job.envelopeId,
    job.returns,
    job.smtpUtf8 ? 1 : 0,
    job.bodyType,
    letter.length,
    job.receivedAt,
    job.queue.length,
    first,
    books.next.queueRow - 1,
  );
}

/** Ids of all shards differ: the number within the shard, times the shards, plus the shard. */
export function rowOf(books: Books, id: number): number {
  return Math.floor(id / books.shards);
}

/** A result of an attempt. One that comes after its lease was lost is passed over. */
export function finishQueueRow(books: Books, result: QueueResult): void {
  const row = rowOf(books, result.id);
  if (result.done === 'later') {
    books.sql.run(
      'update queue_row set due_at = ?, attempts = attempts + 1, last_reply = ?, last_host = ?, delay_told = ? where id = ? and epoch = ?',
      result.dueAt,
      result.reply,
      result.host,
      result.delayTold ? 1 : 0,
      row,
      result.leaseEpoch,
    );
  } else removeQueueRow(books, row, result.leaseEpoch);
  books.point('after-queue-result');
}

function removeQueueRow(books: Books, row: number, epoch: number | null): boolean {
  const gone =
    epoch === null
      ? books.sql.row('delete from queue_row where id = ? returning letter', row)
      : books.sql.row('delete from queue_row where id = ? and epoch = ? returning letter', row, epoch);
  if (gone === null) return false;
  const letter = Number(gone[0]);
  const left = books.sql.row('update queue_letter set left_over = left_over - 1 where letter = ? returning left_over', letter);
  if (left !== null && Number(left[0]) <= 0) {
    books.sql.run('delete from queue_letter where letter = ?', letter);
    releaseLetter(books, letter);
  }
  return true;
}

export function takeQueueRows(books: Books, job: Extract<Job, { kind: 'queueTake' }>): QueueRecipient[] {
  const without = job.without.length === 0 ? '' : `and ${queueRoad} not in (select value from json_each(?))`;
  const rows = books.sql.rows(
    `select ${queueColumns} from ${queueTables} where r.held = 0 and r.due_at <= ? ${without} order by r.due_at limit ?`,
    job.now,
    ...(job.without.length === 0 ? [] : [JSON.stringify(job.without)]),
    job.limit,
  );
  return rows.map((row) => {
    const taken = parseQueueRow(row, books.shard, books.shards);
    const leaseEpoch = taken.leaseEpoch + 1;
    books.sql.run('update queue_row set due_at = ?, epoch = ? where id = ?', job.now + job.lease, leaseEpoch, rowOf(books, taken.id));
    return { ...taken, leaseEpoch };
  });
}

export function renewQueueRows(books: Books, job: Extract<Job, { kind: 'queueRenew' }>): number[] {
  return job.rows
    .filter(
      ({ id, leaseEpoch }) =>
        books.sql.run('update queue_row set due_at = ? where id = ? and epoch = ?', job.now + job.lease, rowOf(books, id), leaseEpoch) > 0,
    )
    .map(({ id }) => id);
}

/** What an operator says. A result under the lease of that time still counts: the letter may have gone out meanwhile. */
export function changeQueueRows(books: Books, job: Extract<Job, { kind: 'queueRetry' | 'queueHold' | 'queueRemove' }>): number {
  let changed = 0;
  for (const id of new Set(job.ids)) {
    const row = rowOf(books, id);
    if (job.kind === 'queueRemove') changed += removeQueueRow(books, row, null) ? 1 : 0;
    else if (job.kind === 'queueHold') changed += books.sql.run('update queue_row set held = 1 where id = ?', row);
    else changed += books.sql.run('update queue_row set held = 0, due_at = ? where id = ?', job.now, row);
  }
  return changed;
}
