// What waits to be sent, from a shard's rows. Knows the tables of the queue; keeps nothing.
import type { QueueRecipient, QueueStore } from '../../store/queue-contract.ts';
import { parseQueueRow, queueColumns, queueTables } from './queue-rows.ts';
import type { ShardReader } from './shard-reader.ts';

/** When the next of those that are not held is due. */
export function nextDue(reader: ShardReader): number | null {
  const row = reader.row('select due_at from queue_row where held = 0 order by due_at limit 1');
  return row === null ? null : Number(row[0]);
}

/** Letters first: the rows of one lie together, so those of others are not looked at. `+` keeps SQLite from an index of its own making. */
const letterTables = 'queue_letter q cross join queue_row r on r.id between q.first_row and q.last_row and +r.letter = q.letter';

export function queueRows(reader: ShardReader, { letter, domain, via, from, limit }: Parameters<QueueStore['list']>[0]): QueueRecipient[] {
  const tables = letter === undefined && from === undefined ? queueTables : letterTables;
  const paths = from === undefined ? undefined : JSON.stringify(reversePaths(reader).filter(from));
  const named = letter === undefined ? '' : 'and q.journey = ?';
  const sent = paths === undefined ? '' : 'and q.reverse_path in (select value from json_each(?))';
  const bound = domain === undefined ? '' : 'and r.domain = ?';
  const carried = via === undefined ? '' : 'and r.via = ?';
  const values = [letter, paths, domain, via].filter((value) => value !== undefined);
  return reader
    .rows(`select ${queueColumns} from ${tables} where true ${named} ${sent} ${bound} ${carried} order by r.id limit ?`, ...values, limit)
    .map((row) => parseQueueRow(row, reader.shard, reader.shards));
}

function reversePaths(reader: ShardReader): string[] {
  return reader.rows('select distinct reverse_path from queue_letter').map(([path]) => String(path));
}

export function queueCount(reader: ShardReader): { ready: number; held: number; letters: number } {
  const row = reader.row(
    'select (select count(*) from queue_row), (select count(*) from queue_row where held = 1), (select count(*) from queue_letter)',
  )!;
  return { ready: Number(row[0]) - Number(row[1]), held: Number(row[1]), letters: Number(row[2]) };
}
