// Copies of a store, made while it works, and data made from such a copy. Knows files and the order in which they are copied; knows no mail.
//
// The databases are pictured first, all in one moment, then their pages and the segments are copied. Segments only grow, and none goes
// away while a backup is made, so every octet that the picture speaks of is in the copy. `backup.json` is written last: a folder
// without it is a backup that did not end.
import { existsSync } from 'node:fs';
import { copyFile, mkdir, open, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { backup, DatabaseSync } from 'node:sqlite';
import { Refusal } from '../../base/trouble.ts';
import { syncFile, syncFolder } from '../durable-files.ts';
import { openEmbeddedStore, type EmbeddedStore, type EmbeddedStoreOptions } from './embedded.ts';
import { SegmentReader } from './segment-reader.ts';
import { ShardReader } from './shard-reader.ts';
import { segmentName } from './writer/segments.ts';

export interface BackupReport {
  readonly shards: number;
  readonly letters: number;
  readonly octets: number;
  /** Letters that were damaged before, or are in the copy; each in a sentence. */
  readonly damaged: readonly string[];
}

/** Octets done, of octets in all. */
export type Progress = (done: number, of: number) => void;

const piece = 1 << 20;
const pagesAtOnce = 256;
const noteName = 'backup.json';

/** Copies a store that is in use into an empty folder. @throws Refusal when the folder is not empty. */
export async function backupTo(store: EmbeddedStore, targetDir: string, progress: Progress = () => {}): Promise<BackupReport> {
  await mkdir(targetDir, { recursive: true, mode: 0o700 });
  if ((await readdir(targetDir)).some((name) => name === noteName || name.startsWith('shard-')))
    throw new Refusal('already-exists', `${targetDir} holds a backup already`);
  const { shards } = store;
  return store.keepingSegments(async () => {
    const segments = await copyDatabases(store, targetDir);
    const of = segments.flat().reduce((sum, { size }) => sum + size, 0);
    let done = 0;
    for (const [number, shard] of shards.entries()) {
      const dir = join(targetDir, `shard-${number}`);
      for (const { id, size } of segments[number]!) {
        await copyStart(join(shard.dir, 'segments', segmentName(id)), join(dir, 'segments', segmentName(id)), size);
        done += size;
        progress(done, of);
      }
      await syncAll(dir);
    }
    const damaged: string[] = [];
    let letters = 0;
    for (const number of shards.keys()) letters += await checkCopy(join(targetDir, `shard-${number}`), number, shards.length, damaged);
    const report: BackupReport = { shards: shards.length, letters, octets: of, damaged };
    await writeDurably(join(targetDir, noteName), `${JSON.stringify(report, null, 2)}\n`);
    await syncFolder(targetDir);
    return report;
  });
}

/**
 * Copies the databases as they are at one moment. The pictures are let go of before the segments are copied: as long as one is held, a
 * WAL can only grow.
 */
async function copyDatabases(store: EmbeddedStore, targetDir: string): Promise<{ readonly id: number; readonly size: number }[][]> {
  const sources = store.shards.map((shard) => openPicture(join(shard.dir, 'mail.sqlite')));
  try {
    for (const [number, source] of sources.entries()) {
      const dir = join(targetDir, `shard-${number}`);
      await mkdir(join(dir, 'segments'), { recursive: true, mode: 0o700 });
      await backup(source, join(dir, 'mail.sqlite'), { rate: pagesAtOnce });
    }
    return sources.map(segmentsOf);
  } finally {
    for (const source of sources) source.close();
  }
}

/** Copies one database that may be in use, such as the directory's. */
export async function backupDatabase(path: string, targetPath: string): Promise<void> {
  const source = openPicture(path);
  try {
    await backup(source, targetPath, { rate: pagesAtOnce });
  } finally {
    source.close();
  }
}

/**
 * Makes data from a backup in a folder that has none. Every mailbox gets a new UIDVALIDITY, because UIDs that were told after the backup
 * was made must never be met again (reliability D-10).
 */
export async function restoreFrom(
  backupDir: string,
  options: Omit<EmbeddedStoreOptions, 'shards'>,
  progress: Progress = () => {},
): Promise<BackupReport> {
  if (!existsSync(join(backupDir, noteName))) throw new Refusal('nonexistent', `${backupDir} is not a backup, or one that did not end`);
  const report = JSON.parse(await readFile(join(backupDir, noteName), 'utf8')) as BackupReport;
  const { dir } = options;
  await mkdir(dir, { recursive: true, mode: 0o700 });
  if ((await readdir(dir)).some((name) => name.startsWith('shard-'))) throw new Refusal('already-exists', `${dir} holds mail already`);
  let done = 0;
  for (let number = 0; number < report.shards; number++) {
    const [from, to] = [join(backupDir, `shard-${number}`), join(dir, `shard-${number}`)];
    await mkdir(join(to, 'segments'), { recursive: true, mode: 0o700 });
    for (const name of await readdir(join(from, 'segments'))) {
      await copyFile(join(from, 'segments', name), join(to, 'segments', name));
      done += (await readSize(join(to, 'segments', name))) ?? 0;
      progress(Math.min(done, report.octets), report.octets);
    }
    await copyFile(join(from, 'mail.sqlite'), join(to, 'mail.sqlite'));
    await syncAll(to);
  }
  await syncFolder(dir);
  await renewValidity({ ...options, shards: report.shards });
  return report;
}

/** Gives every mailbox a new UIDVALIDITY: for data that were put back by other means than `restoreFrom`. */
async function renewValidity(options: EmbeddedStoreOptions): Promise<void> {
  const store = await openEmbeddedStore({ ...options, threads: false });
  try {
    for (const shard of store.shards) await shard.writer.send<'newValidity'>({ kind: 'newValidity' });
  } finally {
    await store.close();
  }
}

/** A connection that sees the database as it is now, until it is closed. */
function openPicture(path: string): DatabaseSync {
  const db = new DatabaseSync(path, { readOnly: true, timeout: 5000 });
  db.exec('begin; select count(*) from sqlite_schema');
  return db;
}

function segmentsOf(db: DatabaseSync): { readonly id: number; readonly size: number }[] {
  return db.prepare('select id, size from segment order by id').all() as { id: number; size: number }[];
}

/** The first `size` octets: what is behind them came after the picture. */
async function copyStart(from: string, to: string, size: number): Promise<void> {
  const source = await open(from, 'r');
  const target = await open(to, 'wx', 0o600);
  try {
    const octets = Buffer.allocUnsafeSlow(Math.min(piece, Math.max(1, size)));
    for (let at = 0; at < size;) {
      const { bytesRead } = await source.read(octets, 0, Math.min(octets.length, size - at), at);
      if (bytesRead === 0) break;
      await target.write(octets, 0, bytesRead, at);
      at += bytesRead;
    }
  } finally {
    await source.close();
    await target.close();
  }
}

/** Every letter of a copy against its SHA-256 (reliability D-9). Returns how many there are. */
async function checkCopy(dir: string, shard: number, shards: number, damaged: string[]): Promise<number> {
  const reader = new ShardReader(join(dir, 'mail.sqlite'), shard, shards);
  const octets = new SegmentReader(
    join(dir, 'segments'),
    (letters) => reader.sha256Of(letters),
    () => 0,
  );
  let count = 0;
  try {
    for (let after = 0; ;) {
      const ids = reader.rows('select id, journey from letter where id > ? order by id limit 200', after);
      if (ids.length === 0) return count;
      for (const [id, journey] of ids) {
        const place = reader.placeOfLetter(Number(id))!;
        const whole = await octets.isWhole(place).catch(() => false);
        if (!whole) damaged.push(`letter ${journey} (row ${id} of shard ${shard}) is not what was stored`);
        count++;
      }
      after = Number(ids.at(-1)![0]);
      // Small letters are read at once: without a pause nobody else would get a turn until all are checked.
      await new Promise(setImmediate);
    }
  } finally {
    octets.close();
    reader.close();
  }
}

async function readSize(path: string): Promise<number | null> {
  const file = await open(path, 'r');
  try {
    return (await file.stat()).size;
  } finally {
    await file.close();
  }
}

/** Makes a shard's files and their names durable. */
async function syncAll(dir: string): Promise<void> {
  for (const name of await readdir(join(dir, 'segments'))) await syncFile(join(dir, 'segments', name));
  await syncFile(join(dir, 'mail.sqlite'));
  await syncFolder(join(dir, 'segments'));
  await syncFolder(dir);
}

async function writeDurably(path: string, text: string): Promise<void> {
  await writeFile(path, text, { mode: 0o600 });
  await syncFile(path);
}
