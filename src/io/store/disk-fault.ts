// A disk that cannot be read, as the trouble that it is: not now, and no defect of ours. Knows the codes of the system and of SQLite.
import { Unavailable } from '../../base/trouble.ts';

/** SQLITE_IOERR, SQLITE_CORRUPT, SQLITE_CANTOPEN, SQLITE_NOTADB. */
const sqliteFaults = new Set([10, 11, 14, 26]);

/** The trouble for what was thrown by a read: Unavailable `disk-fault` when the disk is at fault, else what was thrown. */
export function readTrouble(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { code, syscall, errcode } = error as NodeJS.ErrnoException & { readonly errcode?: number };
  const disk = syscall !== undefined || (code === 'ERR_SQLITE_ERROR' && sqliteFaults.has(Number(errcode) & 0xff));
  return disk ? new Unavailable('disk-fault', 'The disk cannot be read', error) : error;
}
