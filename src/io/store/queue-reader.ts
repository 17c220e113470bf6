// What waits to be sent, from a shard's rows. Knows the tables of the queue; keeps nothing.
import type { QueueRecipient, QueueStore } from '../../store/queue-contract.ts';
import { parseQueueRow, queueColumns, queueTables } from './queue-rows.ts';
import type { ShardReader } from './shard-reader.ts';

/** When the next of those that are not held is due. */
export function nextDue(reader: ShardReader): number | null {
  const row = reader.row('select due_at from queue_row where held = 0 order by due_at limit 1');
  return row === null ? null : Number(row[0]);
}

export function queueRows(reader: ShardReader, { letter, domain, via, limit }: Parameters<QueueStore['list']>[0]): QueueRecipient[] {
  const bounds = letter === undefined ? '' : 'and q.journey = ? and r.id between q.first_row and q.last_row';
  const named = domain === undefined ? '' : 'and r.domain = ?';
  const carried = via === undefined ? '' : 'and r.via = ?';
  const values = [letter, domain, via].filter((value) => value !== undefined);
  return reader
    .rows(`select ${queueColumns} from ${queueTables} where true ${bounds} ${named} ${carried} order by r.id limit ?`, ...values, limit)
    .map((row) => parseQueueRow(row, reader.shard, reader.shards));
}

export function queueCount(reader: ShardReader): { ready: number; held: number; letters: number } {
  const row = reader.row(
    'select (select count(*) from queue_row), (select count(*) from queue_row where held = 1), (select count(*) from queue_letter)',
  )!;
  return { ready: Number(row[0]) - Number(row[1]), held: Number(row[1]), letters: Number(row[2]) };
}
