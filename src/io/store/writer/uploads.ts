// Rows of uploads. Their files are durable before a row speaks of them, and go after the row has gone.
// Knows the tables upload and upload_next; touches no file.
import { checkUploadRoom } from '../../../store/item-rules.ts';
import { uploadsKeptMs } from '../../../store/items-contract.ts';
import type { Job, JobResults } from '../jobs.ts';
import type { Books } from './books.ts';
import type { Turn } from './turn.ts';

/** @throws Refusal `nonexistent`, `limit`. */
export function addUpload(books: Books, turn: Turn, job: Extract<Job, { kind: 'addUpload' }>): JobResults['addUpload'] {
  const { id: account } = books.ledger.getAccount(job.account);
  const held = books.sql.row('select count(*), coalesce(sum(size), 0) from upload where account = ?', account)!;
  checkUploadRoom(Number(held[0]), Number(held[1]), job.size);
  const next = books.sql.row(
    'insert into upload_next (account, next) values (?, 2) on conflict (account) do update set next = next + 1 returning next',
    account,
  )!;
  const id = Number(next[0]) - 1;
  const sql = 'insert into upload (account, id, size, type, sha256, at, file, start) values (?, ?, ?, ?, ?, ?, ?, ?)';
  books.sql.run(sql, account, id, job.size, job.type, job.sha256, turn.now, job.file, job.start);
  books.point('after-upload-row');
  return { id, at: turn.now };
}

/** Gives the name of the file that nobody needs any more, or null. */
export function removeUpload(books: Books, job: Extract<Job, { kind: 'removeUpload' }>): string | null {
  books.ledger.getAccount(job.account);
  const row = books.sql.row('delete from upload where account = ? and id = ? returning file', job.account, job.id);
  return row === null ? null : String(row[0]);
}

/** Rows whose files are not there: a backup leaves the files out. */
export function forgetUploads(books: Books, files: readonly string[]): null {
  for (const file of files) books.sql.run('delete from upload where file = ?', file);
  return null;
}

/** Rows in one call. */
const portion = 1000;

/** Uploads that nobody used for a day go. Gives their files. */
export function endUploads(books: Books, now: number): { readonly files: string[]; readonly more: boolean } {
  const rows = books.sql.rows('select account, id, file from upload where at <= ? order by at limit ?', now - uploadsKeptMs, portion);
  for (const [account, id] of rows) books.sql.run('delete from upload where account = ? and id = ?', account!, id!);
  return { files: rows.map((row) => String(row[2])), more: rows.length === portion };
}
