// One process per data directory. Knows the lock; knows nothing of what lies in the directory.
// The lock is SQLite's lock on a file of its own: the system drops it when the process ends, however it ends, so nothing stale is
// ever left. Nobody may open that file in another way: closing any descriptor of it would drop the lock (POSIX fcntl).
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Refusal } from '../../base/trouble.ts';

export interface DataLock {
  readonly dir: string;
  release(): void;
}

/** Makes the directory when it is missing. @throws Refusal `in-use` when another process has it. */
export function lockData(dir: string): DataLock {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const db = new DatabaseSync(join(dir, 'tayori.lock'), { timeout: 0 });
  const pidFile = join(dir, 'tayori.pid');
  try {
    db.exec('pragma locking_mode = exclusive; begin exclusive');
  } catch (error) {
    db.close();
    if ((error as { errcode?: number }).errcode !== 5) throw error;
    throw new Refusal('in-use', `${dir} is in use by another Tayori${holder(pidFile)}`);
  }
  writeFileSync(pidFile, `${process.pid}\n`);
  return { dir, release: () => db.close() };
}

function holder(pidFile: string): string {
  try {
    return ` (process ${Number.parseInt(readFileSync(pidFile, 'utf8'), 10)})`;
  } catch {
    return '';
  }
}
