// Events of letters on their journey, and the keys by which they are found.
// Knows events; knows no station. Events are appended in the committing transaction; their keys, which lie all over the index, are
// written behind in large portions, and until then readers look through the few events that have none yet.
import type { TraceEvent } from '../../../store/trace-contract.ts';
import type { Books } from './books.ts';

/** Readers look through at most this many events without keys; there are never as many. */
export const unkeyedLimit = 5000;
/** With this many, a portion of keys is written even while there is other work. */
export const unkeyedSoon = 2000;
const portion = 500;

export function addEvents(books: Books, events: readonly TraceEvent[]): void {
  for (const event of events) {
    books.sql.run(
      'insert into event (letter, at, station, result, recipient, account, facts) values (?, ?, ?, ?, ?, ?, ?)',
      event.letter,
      event.at,
      event.station,
      event.result,
      event.recipient,
      event.account,
      JSON.stringify(event.facts),
    );
  }
  books.unkeyed += events.length;
}

/** Writes keys of one portion of events. Returns how many events have none yet. */
export function keyEvents(books: Books): number {
  const from = Number(books.sql.row("select value from meta where name = 'keyed_event'")?.[0] ?? 0);
  const rows = books.sql.rows(`select id, letter, recipient, facts from event where id > ? order by id limit ${portion}`, from);
  if (rows.length === 0) return (books.unkeyed = 0);
  for (const [id, letter, recipient, facts] of rows) {
    for (const key of keysOf(String(letter), recipient as string | null, String(facts)))
      books.sql.run('insert or ignore into event_key (key, event) values (?, ?)', key, id!);
  }
  const last = Number(rows.at(-1)![0]);
  books.sql.run("insert or replace into meta (name, value) values ('keyed_event', ?)", String(last));
  books.unkeyed = Number(books.sql.row('select max(id) from event')![0]) - last;
  return books.unkeyed;
}

/** Removes events of before `time` with their keys, at most `limit`. */
export function pruneEvents(books: Books, time: number, limit: number): number {
  const keyed = Number(books.sql.row("select value from meta where name = 'keyed_event'")?.[0] ?? 0);
  const rows = books.sql.rows(`select id, letter, recipient, facts, at from event where id <= ? order by id limit ${limit}`, keyed);
  let removed = 0;
  for (const [id, letter, recipient, facts, at] of rows) {
    if (Number(at) >= time) break;
    for (const key of keysOf(String(letter), recipient as string | null, String(facts)))
      books.sql.run('delete from event_key where key = ? and event = ?', key, id!);
    books.sql.run('delete from event where id = ?', id!);
    removed++;
  }
  return removed;
}

/** By what people ask for a letter: its id, the addresses on it, its Message-ID. */
export function keysOf(letter: string, recipient: string | null, facts: string): Set<string> {
  const keys = new Set([`l:${letter}`]);
  if (recipient !== null && recipient !== '') keys.add(`f:${recipient.toLowerCase()}`);
  const { from, messageId } = JSON.parse(facts) as { from?: unknown; messageId?: unknown };
  if (typeof from === 'string' && from !== '') keys.add(`f:${from.toLowerCase()}`);
  if (typeof messageId === 'string' && messageId !== '') keys.add(`f:${messageId.replace(/^<(.*)>$/s, '$1').toLowerCase()}`);
  return keys;
}
