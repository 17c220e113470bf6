// What can go wrong in a transaction, and what it means. Knows the codes of SQLite and of the file system; decides nothing.
import { Refusal, Unavailable } from '../../../base/trouble.ts';
import { SyncFailed } from './segments.ts';

/** The disk did not do what it must: nothing may be promised any more (reliability D-5). */
export class Poisoned extends Error {
  override readonly name = 'Poisoned';
}

/** COMMIT did not answer: what it wrote may be there after the next start, or not. */
export class CommitFailed extends Error {
  override readonly name = 'CommitFailed';
}

export function isTrouble(error: unknown): boolean {
  return error instanceof Refusal || error instanceof Unavailable;
}

export function diskFull(cause: unknown): Unavailable {
  return new Unavailable('disk-full', 'The disk is full', cause);
}

export function isDiskFull(error: unknown): boolean {
  // A full disk that is only found out by fsync is as bad as a broken one.
  if (error instanceof SyncFailed) return false;
  const { code, errcode, cause } = error as { code?: string; errcode?: number; cause?: unknown };
  return code === 'ENOSPC' || code === 'EDQUOT' || errcode === 13 || (cause !== undefined && isDiskFull(cause));
}

/** Somebody looks into the database by hand and has locked it. */
export function isBusy(error: unknown): boolean {
  return ((error as { errcode?: number }).errcode ?? 0) % 256 === 5;
}

/** SQLite's I/O errors and the file system's own. A damaged page is none: it fails the jobs that meet it, and other accounts go on. */
export function isDiskFailure(error: unknown): boolean {
  if (error instanceof SyncFailed) return true;
  const { code, errcode } = error as { code?: string; errcode?: number };
  return (errcode !== undefined && errcode % 256 === 10) || ['EIO', 'EROFS', 'EBADF'].includes(code ?? '');
}
