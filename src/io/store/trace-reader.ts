// The journeys of letters, from a shard's rows. Knows the tables of events; keeps nothing.
import type { LetterId } from '../../store/contract.ts';
import type { TraceEvent } from '../../store/trace-contract.ts';
import type { ShardReader } from './shard-reader.ts';
import { unkeyedLimit } from './writer/journey.ts';

export function eventsOf(reader: ShardReader, letter: LetterId): TraceEvent[] {
  const columns = 'id, letter, at, station, result, recipient, account, facts';
  const rows = [
    ...reader.rows(`select ${columns} from event where id in (select event from event_key where key = ?)`, `l:${letter}`),
    ...reader.rows(
      `select ${columns} from (select * from event where id > ? order by id limit ${unkeyedLimit}) where letter = ?`,
      keyed(reader),
      letter,
    ),
  ];
  return rows
    .sort((a, b) => Number(a[2]) - Number(b[2]) || Number(a[0]) - Number(b[0]))
    .map((row) => ({
      letter: String(row[1]),
      at: Number(row[2]),
      station: row[3] as TraceEvent['station'],
      result: row[4] as TraceEvent['result'],
      recipient: row[5] as string | null,
      account: row[6] as number | null,
      facts: JSON.parse(String(row[7])) as TraceEvent['facts'],
    }));
}

/** Letters by a key, each with the time of its newest event. */
export function lettersBy(reader: ShardReader, text: string, limit: number): [LetterId, number][] {
  const wanted = text
    .trim()
    .replace(/^<(.*)>$/s, '$1')
    .toLowerCase();
  const rows = [
    ...reader.rows(
      `select letter, max(at) from event where id in (select event from event_key where key in (?, ?) order by event desc limit ?) group by letter`,
      `f:${wanted}`,
      `l:${wanted}`,
      limit * 20,
    ),
    ...reader.rows(
      `select letter, max(at) from (select * from event where id > ? order by id limit ${unkeyedLimit})
       where letter = ?2 or lower(recipient) = ?2 or lower(facts ->> 'from') = ?2 or lower(trim(facts ->> 'messageId', '<>')) = ?2 group by letter`,
      keyed(reader),
      wanted,
    ),
  ];
  return rows.map((row) => [String(row[0]), Number(row[1])]);
}

/** The last event that has its keys; those behind it are looked through. */
function keyed(reader: ShardReader): number {
  return Number(reader.row("select value from meta where name = 'keyed_event'")?.[0] ?? 0);
}
