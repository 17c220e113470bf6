// Checks items and uploads of a shard. Knows which rows and files must agree and what that means in words; repairs nothing.
import { readUpload } from './item-rows.ts';
import type { ShardReader } from './shard-reader.ts';
import { digestOfUpload, sizeOfUpload } from './upload-side.ts';

/** In one picture of the database. */
export function checkItems(reader: ShardReader, account: number): string[] {
  const modSeq = reader.row('select modseq from account where id = ?', account)?.[0] ?? 0;
  const checks: readonly (readonly [string, string])[] = [
    [
      `with counted(kind, n, id, last) as (select kind, count(*), max(id), max(modseq) from item where account = ?1 group by kind)
       select coalesce(k.kind, c.kind), coalesce(k.items, 0), coalesce(c.n, 0) from item_kind k full join counted c on c.kind = k.kind
       where (k.account is null or k.account = ?1) and coalesce(k.items, 0) != coalesce(c.n, 0)`,
      'counts $2 items of kind $1, but has $3',
    ],
    [
      'select kind, gone, n from (select kind, gone, (select count(*) from item_gone g where g.account = k.account and g.kind = k.kind) as n from item_kind k where k.account = ?) where gone != n',
      'counts $2 tombstones of kind $1, but has $3',
    ],
    [
      `select k.kind, k.next_id from item_kind k where k.account = ?1
         and (exists (select 1 from item i where i.account = ?1 and i.kind = k.kind and i.id >= k.next_id)
           or exists (select 1 from item_gone g where g.account = ?1 and g.kind = k.kind and g.id >= k.next_id))`,
      'would give the number $2 of kind $1 a second time',
    ],
    [
      `select i.kind, i.id from item i join item_kind k on k.account = i.account and k.kind = i.kind
       where i.account = ? and (i.modseq > k.modseq or i.created_modseq > i.modseq)`,
      'item $1 $2 was changed after its kind',
    ],
    ['select kind, modseq from item_kind where account = ?1 and modseq > ?2', "kind $1 has a MODSEQ above its account's"],
    [
      'select g.kind, g.id from item_gone g join item i on i.account = g.account and i.kind = g.kind and i.id = g.id where g.account = ?',
      'item $1 $2 is there and removed at once',
    ],
    [
      'select g.kind, g.id from item_gone g join item_kind k on k.account = g.account and k.kind = g.kind where g.account = ? and g.modseq <= k.floor',
      'the tombstone of item $1 $2 should have been forgotten',
    ],
    ['select kind, id from item where account = ? and not json_valid(value)', 'the value of item $1 $2 cannot be read'],
    [
      'select u.id, n.next from upload u left join upload_next n on n.account = u.account where u.account = ? and u.id >= coalesce(n.next, 0)',
      'would give the number of upload $1 a second time',
    ],
  ];
  return checks.flatMap(([sql, words]) =>
    reader
      .rows(`${sql} limit 20`, account, ...(sql.includes('?2') ? [modSeq] : []))
      .map((row) => `account ${account}: ${words.replaceAll(/\$(\d)/g, (_, at: string) => String(row[Number(at) - 1]))}`),
  );
}

/** Rows of accounts that are not there. */
export function checkOrphans(reader: ShardReader): string[] {
  return ['item', 'item_kind', 'item_gone', 'upload', 'upload_next'].flatMap((table) =>
    reader
      .rows(`select distinct account from ${table} where account not in (select id from account) limit 20`)
      .map(([account]) => `account ${account} is gone, but has rows in ${table}`),
  );
}

/** Each upload's file against its size, and its octets against their SHA-256 where `quick` does not leave them out. */
export async function* checkUploads(reader: ShardReader, dir: string, account: number, quick: boolean): AsyncIterable<string> {
  for (const [id] of reader.rows('select id from upload where account = ? order by id', account)) {
    const row = readUpload(reader, account, Number(id));
    if (row === null) continue;
    const whole = quick ? (await sizeOfUpload(dir, row)) >= row.start + row.size : (await digestOfUpload(dir, row)) === row.sha256;
    // Swept meanwhile: then nobody misses it.
    if (!whole && readUpload(reader, account, row.id) !== null)
      yield `account ${account}: upload ${row.id}: its octets are not those that were handed in`;
  }
}
