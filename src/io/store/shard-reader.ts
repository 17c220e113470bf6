// Reads a shard's rows on the main thread, by a connection that cannot write. Knows tables; keeps nothing.
// Rows come as arrays, and for letters that lie close together in one query: making objects costs more than SQLite does.
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { factsVersion, type FactName } from '../../message/facts.ts';
import type { AccountId, LetterId, MailboxId, MailboxInfo, MailboxRole, MessageId, RestingLetter, Uid } from '../../store/contract.ts';
import type { QueueRecipient, QueueStore } from '../../store/queue-contract.ts';
import type { TraceEvent } from '../../store/trace-contract.ts';
import { PackedMailbox } from '../../store/packed-mailbox.ts';
import type { PackedShelf } from '../../store/packed-shelf.ts';
import { columnOfFact } from './fact-columns.ts';
import { readTrouble } from './disk-fault.ts';
import type { HandOver } from './jobs.ts';
import { parseQueueRow, queueColumns, queueTables } from './queue-rows.ts';
import { loadShelf } from './shelf-rows.ts';
import { openForReading } from './schema.ts';
import type { LetterPlace } from './segment-reader.ts';
import { unkeyedLimit } from './writer/journey.ts';

type Value = string | number | null | Uint8Array;
type Row = Value[];

export class ShardReader {
  readonly db: DatabaseSync;
  readonly #shard: number;
  readonly #shards: number;
  /** What the SQL function `take` calls at the moment. */
  #take: (...values: unknown[]) => void = () => {};
  readonly #made = new Map<string, StatementSync>();

  constructor(path: string, shard: number, shards: number) {
    this.db = openForReading(path);
    this.#shard = shard;
    this.#shards = shards;
    // Parameters by name: rest parameters would make an array for each row.
    this.db.function('take', (a, b, c, d) => {
      this.#take(a, b, c, d);
      return null;
    });
    this.db.function('take', (a, b, c, d, e, f, g, h) => {
      this.#take(a, b, c, d, e, f, g, h);
      return null;
    });
  }

  close(): void {
    this.db.close();
  }

  rows(sql: string, ...values: SQLInputValue[]): Row[] {
    try {
      return this.#of(sql).all(...values) as unknown as Row[];
    } catch (error) {
      throw readTrouble(error);
    }
  }

  row(sql: string, ...values: SQLInputValue[]): Row | null {
    try {
      return (this.#of(sql).get(...values) as unknown as Row | undefined) ?? null;
    } catch (error) {
      throw readTrouble(error);
    }
  }

  /**
   * Runs a query that calls `take(…)` on each row: 100,000 rows come in a third of the time that they take as values, and leave no garbage.
   * `take` has as many parameters as the query gives it: 4 or 8.
   */
  each<V extends unknown[]>(sql: string, take: (...values: V) => void, ...values: SQLInputValue[]): void {
    this.#take = take as never;
    try {
      this.row(sql, ...values);
    } finally {
      this.#take = () => {};
    }
  }

  /** Everything that `read` asks for is of one time. */
  inOnePicture<R>(read: () => R): R {
    this.db.exec('begin');
    try {
      return read();
    } finally {
      this.db.exec('commit');
    }
  }

  // --- accounts and mailboxes ---------------------------------------------------------------------------------------

  hasAccount(account: AccountId): boolean {
    return this.row('select 1 from account where id = ?', account) !== null;
  }

  accounts(): AccountId[] {
    return this.rows('select id from account order by id').map((row) => Number(row[0]));
  }

  /** Letters of an account that are there or at rest, ascending. */
  messagesAfter(account: AccountId, after: MessageId, limit: number): MessageId[] {
    return this.rows('select id from message where account = ? and id > ? order by id limit ?', account, after, limit).map((row) =>
      Number(row[0]),
    );
  }

  letterCount(): number {
    return Number(this.row('select count(*) from letter')![0]);
  }

  usage(account: AccountId): { readonly octets: number; readonly messages: number } | null {
    const row = this.row('select octets, messages from account where id = ?', account);
    return row === null ? null : { octets: Number(row[0]), messages: Number(row[1]) };
  }

  mailboxes(account: AccountId): MailboxInfo[] {
    return this.rows(
      `select b.id, b.name, b.role, s.name is not null, b.uid_validity, b.uid_next, b.highest_modseq, b.messages, b.unseen, b.deleted, b.size,
         b.sort_order, b.created, b.changed
       from mailbox b left join subscription s on s.account = b.account and s.name = b.name where b.account = ?`,
      account,
    ).map((row) => ({
      id: Number(row[0]),
      name: String(row[1]),
      role: row[2] as MailboxRole | null,
      subscribed: row[3] === 1,
      uidValidity: Number(row[4]),
      uidNext: Number(row[5]),
      highestModSeq: Number(row[6]),
      messages: Number(row[7]),
      unseen: Number(row[8]),
      deleted: Number(row[9]),
      size: Number(row[10]),
      sortOrder: Number(row[11]),
      createdModSeq: Number(row[12]),
      changedModSeq: Number(row[13]),
    }));
  }

  subscriptions(account: AccountId): string[] {
    return this.rows('select name from subscription where account = ? order by name', account).map((row) => String(row[0]));
  }

  /** Everything of a mailbox, in one picture. */
  loadMailbox(account: AccountId, mailbox: MailboxId, released: () => void): PackedMailbox | null {
    this.db.exec('begin');
    try {
      const box = this.row(
        'select uid_validity, uid_next, highest_modseq, keywords from mailbox where account = ? and id = ?',
        account,
        mailbox,
      );
      if (box === null) return null;
      const rows = this.rows(
        'select uid, message, modseq, size, received_at, saved_at, flags, keywords from placement where account = ? and mailbox = ? order by uid',
        account,
        mailbox,
      ) as [number, number, number, number, number, number, number, string][];
      const count = rows.length;
      const columns = {
        uids: new Uint32Array(count),
        messages: new Uint32Array(count),
        modSeqs: new Float64Array(count),
        sizes: new Uint32Array(count),
        receivedAt: new Float64Array(count),
        savedAt: new Float64Array(count),
        flagIndexes: new Uint32Array(count),
      };
      const flagSets: { system: number; keywords: readonly string[] }[] = [];
      const indexes = new Map<string, number>();
      const bare: (number | undefined)[] = [];
      for (let at = 0; at < count; at++) {
        const [uid, message, modSeq, size, receivedAt, savedAt, system, keywords] = rows[at]!;
        columns.uids[at] = uid;
        columns.messages[at] = message;
        columns.modSeqs[at] = modSeq;
        columns.sizes[at] = size;
        columns.receivedAt[at] = receivedAt;
        columns.savedAt[at] = savedAt;
        const key = keywords === '' ? '' : `${system} ${keywords}`;
        let index = keywords === '' ? bare[system] : indexes.get(key);
        if (index === undefined) {
          index = flagSets.push({ system, keywords: keywords === '' ? [] : keywords.split(' ') }) - 1;
          if (keywords === '') bare[system] = index;
          else indexes.set(key, index);
        }
        columns.flagIndexes[at] = index;
      }
      const words = String(box[3]);
      return new PackedMailbox(
        {
          account,
          mailbox,
          uidValidity: Number(box[0]),
          uidNext: Number(box[1]),
          highestModSeq: Number(box[2]),
          count,
          ...columns,
          flagSets,
          keywords: words === '' ? [] : words.split(' '),
        },
        released,
      );
    } finally {
      this.db.exec('commit');
    }
  }

  loadShelf(account: AccountId, released: () => void): PackedShelf | null {
    return loadShelf(this, account, released);
  }

  vanishedSince(account: AccountId, mailbox: MailboxId, since: number): Uid[] | null | 'nonexistent' {
    this.db.exec('begin');
    try {
      const box = this.row('select vanished_floor from mailbox where account = ? and id = ?', account, mailbox);
      if (box === null) return 'nonexistent';
      if (since < Number(box[0])) return null;
      const rows = this.rows('select uid from vanished where account = ? and mailbox = ? and modseq > ?', account, mailbox, since);
      return rows.map((row) => Number(row[0])).sort((a, b) => a - b);
    } finally {
      this.db.exec('commit');
    }
  }

  // --- letters ------------------------------------------------------------------------------------------------------

  /** The facts' columns of letters by index in `messages`. `stale` are those that must be read from the octets again. */
  facts(account: AccountId, messages: ArrayLike<MessageId>, names: readonly FactName[]): { rows: (Row | undefined)[]; stale: number[] } {
    const columns = names.map((name) => `l.${columnOfFact.get(name)}`);
    const rows = this.#lettersOf(account, messages, ['l.facts_version', ...columns]);
    const stale: number[] = [];
    for (let index = 0; index < rows.length; index++) {
      const row = rows[index];
      if (row !== undefined && row[1] !== factsVersion) stale.push(index);
    }
    return { rows, stale };
  }

  places(account: AccountId, messages: ArrayLike<MessageId>): (LetterPlace | null)[] {
    return this.#lettersOf(account, messages, ['l.id', 'l.segment', 'l.start', 'l.length']).map((row) =>
      row === undefined ? null : placeOf(row),
    );
  }

  queuedPlace(letter: LetterId): LetterPlace | null {
    const row = this.row(
      'select 0, l.id, l.segment, l.start, l.length from queue_letter q join letter l on l.id = q.letter where q.journey = ?',
      letter,
    );
    return row === null ? null : placeOf(row);
  }

  placeOfLetter(id: number): LetterPlace | null {
    const row = this.row('select 0, id, segment, start, length from letter where id = ?', id);
    return row === null ? null : placeOf(row);
  }

  /** Digests of letters by their row. */
  sha256Of(letters: readonly number[]): Map<number, Uint8Array> {
    let low = Infinity;
    let high = 0;
    for (const letter of letters) {
      if (letter < low) low = letter;
      if (letter > high) high = letter;
    }
    const rows =
      high - low < letters.length * 3
        ? this.rows('select id, sha256 from letter where id between ? and ?', low, high)
        : letters.flatMap((letter) => this.rows('select id, sha256 from letter where id = ?', letter));
    return new Map(rows.map((row) => [row[0] as number, row[1] as Uint8Array]));
  }

  threads(account: AccountId, messages: ArrayLike<MessageId>): number[] {
    return this.#lettersOf(account, messages, ['m.thread']).map((row) => (row === undefined ? 0 : Number(row[1])));
  }

  letterIds(account: AccountId, messages: ArrayLike<MessageId>): LetterId[] {
    return this.#lettersOf(account, messages, ['l.journey']).map((row) => (row === undefined ? '' : String(row[1])));
  }

  resting(account: AccountId, limit: number): RestingLetter[] {
    return this.rows(
      `select r.id, r.message, r.mailbox, r.mailbox_name, r.uid, r.removed_at, l.from_text, l.subject, l.length
       from resting r join message m on m.account = r.account and m.id = r.message join letter l on l.id = m.letter
       where r.account = ? order by r.id desc limit ?`,
      account,
      limit,
    ).map((row) => ({
      id: Number(row[0]),
      message: Number(row[1]),
      mailbox: Number(row[2]),
      mailboxName: String(row[3]),
      uid: Number(row[4]),
      removedAt: Number(row[5]),
      from: String(row[6] ?? ''),
      subject: String(row[7] ?? ''),
      size: Number(row[8]),
    }));
  }

  handOvers(): Omit<HandOver, 'index'>[] {
    return this.rows('select id, shard, work from handover order by id limit 1000').map((row) => ({
      id: Number(row[0]),
      shard: Number(row[1]),
      work: JSON.parse(String(row[2])) as HandOver['work'],
    }));
  }

  handOverPlace(id: number): LetterPlace | null {
    const row = this.row(
      'select 0, l.id, l.segment, l.start, l.length from handover h join letter l on l.id = h.letter where h.id = ?',
      id,
    );
    return row === null ? null : placeOf(row);
  }

  // --- queue and journey --------------------------------------------------------------------------------------------

  nextDue(): number | null {
    const row = this.row('select due_at from queue_row where held = 0 order by due_at limit 1');
    return row === null ? null : Number(row[0]);
  }

  queueRows({ letter, domain, via, limit }: Parameters<QueueStore['list']>[0]): QueueRecipient[] {
    const bounds = letter === undefined ? '' : 'and q.journey = ? and r.id between q.first_row and q.last_row';
    const named = domain === undefined ? '' : 'and r.domain = ?';
    const carried = via === undefined ? '' : 'and r.via = ?';
    const values = [letter, domain, via].filter((value) => value !== undefined);
    return this.rows(
      `select ${queueColumns} from ${queueTables} where true ${bounds} ${named} ${carried} order by r.id limit ?`,
      ...values,
      limit,
    ).map((row) => parseQueueRow(row, this.#shard, this.#shards));
  }

  queueCount(): { ready: number; held: number; letters: number } {
    const row = this.row(
      'select (select count(*) from queue_row), (select count(*) from queue_row where held = 1), (select count(*) from queue_letter)',
    )!;
    return { ready: Number(row[0]) - Number(row[1]), held: Number(row[1]), letters: Number(row[2]) };
  }

  eventsOf(letter: LetterId): TraceEvent[] {
    const columns = 'id, letter, at, station, result, recipient, account, facts';
    const rows = [
      ...this.rows(`select ${columns} from event where id in (select event from event_key where key = ?)`, `l:${letter}`),
      ...this.rows(
        `select ${columns} from (select * from event where id > ? order by id limit ${unkeyedLimit}) where letter = ?`,
        this.#keyed(),
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
  lettersBy(text: string, limit: number): [LetterId, number][] {
    const wanted = text
      .trim()
      .replace(/^<(.*)>$/s, '$1')
      .toLowerCase();
    const rows = [
      ...this.rows(
        `select letter, max(at) from event where id in (select event from event_key where key in (?, ?) order by event desc limit ?) group by letter`,
        `f:${wanted}`,
        `l:${wanted}`,
        limit * 20,
      ),
      ...this.rows(
        `select letter, max(at) from (select * from event where id > ? order by id limit ${unkeyedLimit})
         where letter = ?2 or lower(recipient) = ?2 or lower(facts ->> 'from') = ?2 or lower(trim(facts ->> 'messageId', '<>')) = ?2 group by letter`,
        this.#keyed(),
        wanted,
      ),
    ];
    return rows.map((row) => [String(row[0]), Number(row[1])]);
  }

  #keyed(): number {
    return Number(this.row("select value from meta where name = 'keyed_event'")?.[0] ?? 0);
  }

  /** Rows `[message, …columns]` in the order of `messages`; undefined where the account has no such letter. */
  #lettersOf(account: AccountId, messages: ArrayLike<MessageId>, columns: readonly string[]): (Row | undefined)[] {
    const wanted = messages.length;
    const found: (Row | undefined)[] = new Array(wanted);
    const select = `select m.id, ${columns.join(', ')} from message m join letter l on l.id = m.letter where m.account = ?`;
    let low = Infinity;
    let high = 0;
    let ascending = true;
    for (let index = 0; index < wanted; index++) {
      const message = messages[index]!;
      if (message <= high) ascending = false;
      if (message < low) low = message;
      if (message > high) high = message;
    }
    if (wanted < 4 || high - low >= wanted * 3) {
      const one = this.#of(`${select} and m.id = ?`);
      for (let index = 0; index < wanted; index++) found[index] = one.get(account, messages[index]!) as unknown as Row | undefined;
      return found;
    }
    const rows = this.rows(`${select} and m.id between ? and ? order by m.id`, account, low, high);
    if (ascending) {
      let at = 0;
      for (let index = 0; index < wanted; index++) {
        const message = messages[index]!;
        while (at < rows.length && (rows[at]![0] as number) < message) at++;
        if (at < rows.length && rows[at]![0] === message) found[index] = rows[at];
      }
      return found;
    }
    const byId = new Map(rows.map((row) => [row[0] as number, row]));
    for (let index = 0; index < wanted; index++) found[index] = byId.get(messages[index]!);
    return found;
  }

  #of(sql: string): StatementSync {
    let statement = this.#made.get(sql);
    if (statement === undefined) {
      statement = this.db.prepare(sql);
      statement.setReturnArrays(true);
      this.#made.set(sql, statement);
    }
    return statement;
  }
}

/** From a row `[message, id, segment, start, length]`. */
function placeOf(row: Row): LetterPlace {
  return { id: Number(row[1]), segment: Number(row[2]), start: Number(row[3]), length: Number(row[4]) };
}
