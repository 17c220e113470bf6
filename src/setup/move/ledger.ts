// How far an import has come, in DATA/import: one file per source and person, a line per batch. Knows lines and their durability; knows no
// letter. A line is written when its batch is in; a crash between the two is found out by the ids of the letters (import.ts).
import { mkdir, open, readFile, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256Hex } from '../../base/digest.ts';
import type { Position } from './letters.ts';

export interface Mark {
  readonly to: Position;
  /** Of this source, in all runs. */
  readonly found: number;
  readonly imported: number;
  readonly refused: number;
  /** The highest number that a letter of the account had after it: what came later has a higher one. */
  readonly message: number;
}

interface Head {
  readonly tayoriImport: 1;
  readonly id: string;
  readonly address: string;
  readonly path: string;
  readonly into: string | null;
  readonly beganAt: number;
}

export class Ledger {
  readonly head: Head;
  readonly marks: Map<string, Mark>;
  readonly endedAt: number | null;
  readonly #file: FileHandle;

  constructor(head: Head, marks: Map<string, Mark>, endedAt: number | null, file: FileHandle) {
    this.head = head;
    this.marks = marks;
    this.endedAt = endedAt;
    this.#file = file;
  }

  get imported(): number {
    return [...this.marks.values()].reduce((sum, mark) => sum + mark.imported, 0);
  }

  /** Letters of the account with a higher number may have come after the last mark. */
  get message(): number {
    return [...this.marks.values()].reduce((most, mark) => Math.max(most, mark.message), 0);
  }

  async mark(source: string, mark: Mark): Promise<void> {
    await this.#write({ source, ...mark });
    this.marks.set(source, mark);
  }

  async end(at: number): Promise<void> {
    await this.#write({ endedAt: at });
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  async #write(line: object): Promise<void> {
    await this.#file.appendFile(`${JSON.stringify(line)}\n`);
    await this.#file.datasync();
  }
}

export interface LedgerFor {
  /** The data folder. */
  readonly folder: string;
  /** A person who is taken in again under the same address begins anew. */
  readonly account: number;
  readonly address: string;
  readonly path: string;
  readonly into: string | null;
}

export interface KeptLedger {
  readonly imported: number;
  readonly beganAt: number;
  readonly endedAt: number | null;
}

/** What an earlier import of the same left; null when there was none. */
export async function peekLedger(what: LedgerFor): Promise<KeptLedger | null> {
  const read = await readLedger(fileOf(what));
  if (read === null) return null;
  const imported = [...read.marks.values()].reduce((sum, mark) => sum + mark.imported, 0);
  return { imported, beganAt: read.head.beganAt, endedAt: read.endedAt };
}

/** Goes on with the ledger that is there, or begins one; `again`: begins one in any case. `id` names a new import. */
export async function openLedger(what: LedgerFor, again: boolean, id: string, now: number): Promise<Ledger> {
  await mkdir(join(what.folder, 'import'), { recursive: true, mode: 0o700 });
  const path = fileOf(what);
  if (again) await rm(path, { force: true });
  const read = await readLedger(path);
  const file = await open(path, 'a', 0o600);
  if (read !== null) {
    // A line that a crash cut off is ended, and passed over from then on.
    if (!read.whole) await file.appendFile('\n');
    return new Ledger(read.head, read.marks, read.endedAt, file);
  }
  await file.truncate(0);
  const head: Head = { tayoriImport: 1, id, address: what.address, path: what.path, into: what.into, beganAt: now };
  await file.appendFile(`${JSON.stringify(head)}\n`);
  await file.sync();
  const folder = await open(join(what.folder, 'import'), 'r');
  await folder.sync();
  await folder.close();
  return new Ledger(head, new Map(), null, file);
}

function fileOf({ folder, account, path, into }: LedgerFor): string {
  return join(folder, 'import', `${sha256Hex(`${account}\0${path}\0${into ?? ''}`).slice(0, 24)}.jsonl`);
}

async function readLedger(
  path: string,
): Promise<{ readonly head: Head; readonly marks: Map<string, Mark>; readonly endedAt: number | null; readonly whole: boolean } | null> {
  const text = await readFile(path, 'utf8').catch(() => null);
  if (text === null) return null;
  let head: Head | null = null;
  let endedAt: number | null = null;
  const marks = new Map<string, Mark>();
  for (const line of text.split('\n')) {
    let row: Partial<Head & Mark & { source: string; endedAt: number }>;
    try {
      row = JSON.parse(line) as typeof row;
    } catch {
      continue; // Cut off by a crash.
    }
    if (row.tayoriImport === 1) head = row as Head;
    else if (row.source !== undefined) {
      marks.set(row.source, row as Mark);
      endedAt = null;
    } else if (row.endedAt !== undefined) endedAt = row.endedAt;
  }
  return head === null ? null : { head, marks, endedAt, whole: text.endsWith('\n') };
}
