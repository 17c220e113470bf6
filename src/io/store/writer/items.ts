// Items of accounts: added, changed, removed, each kind with its own ids, state and tombstones.
// Knows the tables item, item_kind and item_gone; knows nothing of what is in an item.
import { checkItem, checkItemCount } from '../../../store/item-rules.ts';
import type { AccountId, ModSeq } from '../../../store/contract.ts';
import type { ItemKind } from '../../../store/items-contract.ts';
import { keptItemTombstones, keptTombstoneTime } from '../../../store/limits.ts';
import type { ItemLine, JobResults } from '../jobs.ts';
import { kindQuery } from '../item-rows.ts';
import type { Books } from './books.ts';
import type { AccountRow } from './ledger.ts';
import type { Turn } from './turn.ts';

interface KindRow {
  nextId: number;
  items: number;
  gone: number;
  readonly floor: ModSeq;
}

/** Writes in order, with one MODSEQ. @throws Refusal; most often before anything has been changed, so that the transaction need not begin anew. */
export function changeItems(books: Books, turn: Turn, account: AccountId, lines: readonly ItemLine[]): JobResults['items'] {
  const row = books.ledger.getAccount(account);
  checkLines(books, account, lines);
  const kinds = new Map<ItemKind, KindRow>();
  const ids = lines.map((line) => {
    const kind = kinds.get(line.kind) ?? readKind(books, account, line.kind);
    kinds.set(line.kind, kind);
    return changeItem(books, turn, row, kind, line);
  });
  for (const [name, { nextId, items, gone, floor }] of kinds) {
    const sql = 'insert or replace into item_kind (account, kind, next_id, modseq, floor, items, gone) values (?, ?, ?, ?, ?, ?, ?)';
    books.sql.run(sql, account, name, nextId, turn.modSeq(row), floor, items, gone);
    turn.item(row, name);
  }
  return { ids, modSeq: lines.length === 0 ? row.modSeq : turn.modSeq(row) };
}

/** What can be refused by what is there before. Items that the call adds, or changes twice, are looked at when they are written. */
function checkLines(books: Books, account: AccountId, lines: readonly ItemLine[]): void {
  const seen = new Set<string>();
  const grown = new Set<ItemKind>();
  for (const line of lines) {
    const name = `${line.kind} ${line.id}`;
    if (line.how === 'add') grown.add(line.kind);
    else if (!seen.has(name) && !grown.has(line.kind)) checkItem(findItem(books, account, line), line);
    seen.add(name);
  }
}

function findItem(
  books: Books,
  account: AccountId,
  { kind, id }: ItemLine,
): { readonly modSeq: ModSeq; readonly createdModSeq: ModSeq } | null {
  const row = books.sql.row('select modseq, created_modseq from item where account = ? and kind = ? and id = ?', account, kind, id);
  return row === null ? null : { modSeq: Number(row[0]), createdModSeq: Number(row[1]) };
}

function changeItem(books: Books, turn: Turn, account: AccountRow, kind: KindRow, line: ItemLine): number {
  if (line.how === 'add') {
    checkItemCount(kind.items);
    const modSeq = turn.modSeq(account);
    const id = kind.nextId++;
    kind.items++;
    const sql = 'insert into item (account, kind, id, created_modseq, modseq, due_at, value) values (?, ?, ?, ?, ?, ?, ?)';
    books.sql.run(sql, account.id, line.kind, id, modSeq, modSeq, line.dueAt ?? null, line.text);
    books.point('after-item-row');
    return id;
  }
  const before = findItem(books, account.id, line);
  checkItem(before, line);
  const modSeq = turn.modSeq(account);
  const place = [account.id, line.kind, line.id] as const;
  if (line.how === 'remove') {
    kind.items--;
    books.sql.run('delete from item where account = ? and kind = ? and id = ?', ...place);
    // One that came in this very call was never told of.
    if (before!.createdModSeq < modSeq) {
      kind.gone++;
      const sql = 'insert into item_gone (account, kind, modseq, id, created_modseq, at) values (?, ?, ?, ?, ?, ?)';
      books.sql.run(sql, account.id, line.kind, modSeq, line.id, before!.createdModSeq, turn.now);
    }
  } else if (line.dueAt === undefined)
    books.sql.run('update item set modseq = ?, value = ? where account = ? and kind = ? and id = ?', modSeq, line.text, ...place);
  else {
    const sql = 'update item set modseq = ?, value = ?, due_at = ? where account = ? and kind = ? and id = ?';
    books.sql.run(sql, modSeq, line.text, line.dueAt, ...place);
  }
  books.point('after-item-row');
  return line.id;
}

function readKind(books: Books, account: AccountId, kind: ItemKind): KindRow {
  const row = books.sql.row(kindQuery, account, kind);
  if (row === null) return { nextId: 1, items: 0, gone: 0, floor: 0 };
  return { nextId: Number(row[0]), floor: Number(row[2]), items: Number(row[3]), gone: Number(row[4]) };
}

export function removeItems(books: Books, account: AccountId): void {
  for (const table of ['item', 'item_kind', 'item_gone', 'upload', 'upload_next'])
    books.sql.run(`delete from ${table} where account = ?`, account);
}

/**
 * After a restore from a backup: states and ids that were told since must not be met again with another meaning, also of kinds that had no
 * item then. The row of the nameless kind speaks for those.
 */
export function forgetItemStates(books: Books, account: AccountRow, farBehind: number): void {
  const { id, modSeq } = account;
  books.sql.run(
    'insert or ignore into item_kind (account, kind, next_id, modseq, floor, items, gone) values (?, ?, 1, 0, 0, 0, 0)',
    id,
    '',
  );
  books.sql.run('delete from item_gone where account = ?', id);
  books.sql.run(
    'update item_kind set next_id = next_id + ?, modseq = ?, floor = ?, gone = 0 where account = ?',
    farBehind,
    modSeq,
    modSeq,
    id,
  );
  books.sql.run('update upload_next set next = next + ? where account = ?', farBehind, id);
}

/** Kinds whose tombstones are pruned in one call. */
const kindsAtOnce = 100;

/** Kinds with more tombstones than are kept lose the oldest, whole MODSEQs at a time; young ones stay up to ten times that number. */
export function pruneItemTombstones(books: Books, now: number): void {
  // The number stands in the index, too.
  const full = books.sql.rows(`select account, kind, gone from item_kind where gone > ${keptItemTombstones} limit ${kindsAtOnce}`);
  for (const [account, kind, gone] of full as [number, string, number][]) {
    const edge = books.sql.row(
      'select modseq, at from item_gone where account = ? and kind = ? order by modseq limit 1 offset ?',
      account,
      kind,
      gone - keptItemTombstones - 1,
    );
    if (edge === null || (Number(edge[1]) > now - keptTombstoneTime && gone < keptItemTombstones * 10)) continue;
    const removed = books.sql.run('delete from item_gone where account = ? and kind = ? and modseq <= ?', account, kind, edge[0]!);
    books.sql.run('update item_kind set floor = ?, gone = gone - ? where account = ? and kind = ?', edge[0]!, removed, account, kind);
  }
}
