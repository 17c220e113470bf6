// Reads items and uploads of a shard. Knows their tables; keeps nothing.
import type { AccountId, ModSeq } from '../../store/contract.ts';
import { firstModSeq } from '../../store/item-rules.ts';
import type { Item, ItemKind, ItemStore, Upload } from '../../store/items-contract.ts';
import type { ShardReader } from './shard-reader.ts';

/** Of a kind; where it has no row yet, that of the nameless kind, which speaks for all of an account that was restored. */
export const kindQuery = `select next_id, modseq, floor, items, gone from item_kind where account = ? and kind in (?, '') order by kind desc limit 1`;

const columns = 'id, created_modseq, modseq, due_at, value, kind, account';

type Row = ReturnType<ShardReader['rows']>[number];

function itemOf(row: Row): Item {
  return {
    kind: String(row[5]),
    id: Number(row[0]),
    createdModSeq: Number(row[1]),
    modSeq: Number(row[2]),
    dueAt: row[3] as number | null,
    value: JSON.parse(String(row[4])) as unknown,
  };
}

export function readItems(reader: ShardReader, account: AccountId, kind: ItemKind): Item[] {
  return reader.rows(`select ${columns} from item where account = ? and kind = ? order by id`, account, kind).map(itemOf);
}

export function countItems(reader: ShardReader, account: AccountId, kind: ItemKind): number {
  return Number(reader.row('select count(*) from item where account = ? and kind = ?', account, kind)![0]);
}

export function readItem(reader: ShardReader, account: AccountId, kind: ItemKind, id: number): Item | null {
  const row = reader.row(`select ${columns} from item where account = ? and kind = ? and id = ?`, account, kind, id);
  return row === null ? null : itemOf(row);
}

export function readItemState(reader: ShardReader, account: AccountId, kind: ItemKind): ModSeq {
  const row = reader.row(kindQuery, account, kind);
  return row === null ? firstModSeq : Number(row[1]);
}

/** All in one picture of the database: the writer goes on beside. */
export function readItemChanges(
  reader: ShardReader,
  account: AccountId,
  kind: ItemKind,
  since: ModSeq,
): Awaited<ReturnType<ItemStore['changes']>> {
  reader.db.exec('begin');
  try {
    const modSeq = Number(reader.row('select modseq from account where id = ?', account)?.[0] ?? 0);
    const floor = Number(reader.row(kindQuery, account, kind)?.[2] ?? 0);
    if (since < floor || since > modSeq) return null;
    const ids = (sql: string): number[] => reader.rows(sql, account, kind, since).map((row) => Number(row[0]));
    const of = 'where account = ?1 and kind = ?2 and modseq > ?3';
    return {
      created: ids(`select id from item ${of} and created_modseq > ?3 order by created_modseq, id`),
      updated: ids(`select id from item ${of} and created_modseq <= ?3 order by modseq, id`),
      destroyed: ids(`select id from item_gone ${of} and created_modseq <= ?3 order by modseq, id`),
    };
  } finally {
    reader.db.exec('commit');
  }
}

export function readDueItems(reader: ShardReader, now: number, limit: number): (Item & { readonly account: AccountId })[] {
  return reader
    .rows(`select ${columns} from item where due_at <= ? order by due_at, account, kind, id limit ?`, now, limit)
    .map((row) => ({ ...itemOf(row), account: Number(row[6]) }));
}

export function readNextDueItem(reader: ShardReader): number | null {
  const row = reader.row('select due_at from item where due_at is not null order by due_at limit 1');
  return row === null ? null : Number(row[0]);
}

export interface UploadRow extends Upload {
  readonly file: string;
  /** Offset in the file at which the octets begin. */
  readonly start: number;
}

export function readUpload(reader: ShardReader, account: AccountId, id: number): UploadRow | null {
  const row = reader.row('select size, type, sha256, at, file, start from upload where account = ? and id = ?', account, id);
  if (row === null) return null;
  const [size, type, sha256, at, file, start] = row;
  return { id, size: Number(size), type: String(type), sha256: String(sha256), at: Number(at), file: String(file), start: Number(start) };
}

export function readUploadRoom(reader: ShardReader, account: AccountId): { readonly count: number; readonly octets: number } {
  const row = reader.row('select count(*), coalesce(sum(size), 0) from upload where account = ?', account)!;
  return { count: Number(row[0]), octets: Number(row[1]) };
}

export function readUploadFiles(reader: ShardReader): string[] {
  return reader.rows('select file from upload').map((row) => String(row[0]));
}
