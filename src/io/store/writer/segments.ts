// The writer's side of segments: files to which octets of letters are appended.
// Knows offsets, files and fdatasync; knows no letter. What a segment holds is known by the rows of `letter` alone: octets that
// no row speaks of (a torn tail, a transaction that did not commit) are waste and get written over or collected.
//
// Written over zeros that are there already, a small append needs no change of the file's size or blocks, and fdatasync costs half
// (measured on ext4: 0.10 ms against 0.18 ms). So space is filled with zeros ahead, a megabyte or two at a time.
import {
  closeSync,
  constants,
  existsSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { CrashPoint } from './crash-points.ts';
import type { DiskHand } from './disk-hand.ts';

export function segmentName(id: number): string {
  return `${String(id).padStart(8, '0')}.seg`;
}

/** The disk did not take what it had said it would: its pages may be lost while the system thinks them clean (reliability D-5). */
export class SyncFailed extends Error {
  override readonly name = 'SyncFailed';
}

const zerosAhead = 1 << 20;
/** From this many octets in one write on, zeros are not written first: the disk would carry everything twice. */
const largeWrite = 128 * 1024;
const zeros = new Uint8Array(zerosAhead);

interface Segment {
  size: number;
  live: number;
  isNew: boolean;
}

export class Segments {
  readonly dir: string;
  readonly #limit: number;
  readonly #point: CrashPoint;
  readonly #skipSync: boolean;
  /** Waits for the disk beside the writer; null where the writer does so itself. */
  readonly #hand: DiskHand | null;
  readonly #rows = new Map<number, Segment>();
  /** Segments whose row is to be written: each large letter is a segment, so there may be hundreds of thousands. */
  readonly #dirty = new Set<number>();
  /** Segments with octets of jobs that are not done yet: no row speaks of them, and still they are no waste. */
  readonly #landing = new Set<number>();
  readonly #select: StatementSync;
  readonly #insert: StatementSync;
  readonly #update: StatementSync;
  readonly #delete: StatementSync;
  #active = 0;
  #lastId = 0;
  #file = -1;
  #zeroedTo = 0;
  #unsynced = false;
  /** `beginSync` has begun what `sync` has not seen the end of. */
  #syncing = false;

  constructor(dir: string, db: DatabaseSync, limit: number, point: CrashPoint, skipSync: boolean, hand: DiskHand | null) {
    this.dir = dir;
    this.#limit = limit;
    this.#point = point;
    this.#skipSync = skipSync;
    this.#hand = hand;
    this.#select = db.prepare('select id, size, live from segment order by id');
    this.#select.setReturnArrays(true);
    this.#insert = db.prepare('insert into segment (id, size, live) values (?, ?, ?)');
    this.#update = db.prepare('update segment set size = ?, live = ? where id = ?');
    this.#delete = db.prepare('delete from segment where id = ?');
    if (mkdirSync(dir, { recursive: true, mode: 0o700 }) !== undefined) syncDirectory(dirname(dir));
    this.#load();
    this.#collectStrays();
    const last = this.#highestId();
    if (last > 0 && this.#rows.get(last)!.size < limit && existsSync(this.#path(last))) this.#open(last);
  }

  /** Appends; the octets are safe after `sync`. @throws the file system's error; then nothing counts as written. */
  append(octets: Uint8Array): { readonly segment: number; readonly start: number } {
    let row = this.#rows.get(this.#active);
    if (this.#file < 0 || row === undefined || (row.size > 0 && row.size + octets.length > this.#limit)) {
      this.#begin();
      row = this.#rows.get(this.#active)!;
    }
    const start = row.size;
    this.#point('before-octets');
    if (octets.length < largeWrite && start + octets.length > this.#zeroedTo) this.#zeroAhead(start + octets.length);
    this.#unsynced = true;
    writeAll(this.#file, octets, start);
    this.#zeroedTo = Math.max(this.#zeroedTo, start + octets.length);
    this.#point('after-octets');
    row.size = start + octets.length;
    this.#dirty.add(this.#active);
    this.#landing.add(this.#active);
    return { segment: this.#active, start };
  }

  /** Makes a large letter's file a segment of its own, without copying it. Its octets must have been synced. */
  adopt(path: string, size: number): number {
    const id = this.#nextId();
    renameSync(path, this.#path(id));
    this.#point('large-letter-moved');
    syncDirectory(this.dir);
    this.#rows.set(id, { size, live: 0, isNew: true });
    this.#dirty.add(id);
    this.#landing.add(id);
    return id;
  }

  /** All jobs whose octets were appended or adopted are answered: what no row speaks of now is waste. */
  landed(): void {
    this.#landing.clear();
  }

  /** Lets the disk begin with what was appended, if that can go on beside other work. It is safe after `sync`, not before. */
  beginSync(): void {
    if (!this.#unsynced || this.#skipSync || this.#hand === null) return;
    // What is appended from here on is unsynced again.
    if (this.#hand.begin(this.#file)) {
      this.#unsynced = false;
      this.#syncing = true;
    }
    this.#point('octets-sync-begun');
  }

  /** @throws when the disk did not take it: then this file must not be used again (reliability D-5). */
  sync(): void {
    if (!this.#unsynced && !this.#syncing) return;
    try {
      if (this.#syncing) this.#hand!.wait();
      if (this.#unsynced && !this.#skipSync) fdatasyncSync(this.#file);
    } catch (error) {
      throw new SyncFailed('fdatasync of a segment failed', { cause: error });
    }
    this.#unsynced = false;
    this.#syncing = false;
    this.#point('after-octets-sync');
  }

  /** A letter of so many octets lives in the segment (or, negative, does so no more). */
  count(segment: number, octets: number): void {
    const row = this.#rows.get(segment);
    if (row === undefined) return;
    row.live += octets;
    this.#dirty.add(segment);
  }

  /** Writes the rows that changed; within the transaction. */
  flush(): void {
    for (const id of this.#dirty) {
      const row = this.#rows.get(id)!;
      if (row.isNew) this.#insert.run(id, row.size, row.live);
      else this.#update.run(row.size, row.live, id);
    }
  }

  committed(): void {
    for (const id of this.#dirty) this.#rows.get(id)!.isNew = false;
    this.#dirty.clear();
  }

  /** After a ROLLBACK: what lives is read again; sizes only grow, so that nothing is written over while it may be read. */
  rolledBack(): void {
    const sizes = new Map([...this.#rows].map(([id, row]) => [id, row.size]));
    this.#rows.clear();
    this.#dirty.clear();
    this.#load();
    for (const [id, size] of sizes) {
      const row = this.#rows.get(id);
      if (row !== undefined && row.size >= size) continue;
      if (row === undefined) this.#rows.set(id, { size, live: 0, isNew: true });
      else row.size = size;
      this.#dirty.add(id);
    }
  }

  /** Segments of which at most a part of `share` is alive; not the one that is written to, nor those whose letters are still to get their rows. */
  wasteful(share: number): number[] {
    return [...this.#rows]
      .filter(([id, row]) => id !== this.#active && !this.#landing.has(id) && row.live <= row.size * share)
      .map(([id]) => id);
  }

  liveIn(segment: number): number {
    return this.#rows.get(segment)?.live ?? 0;
  }

  /** Forgets a segment without live octets, within the transaction; `remove` takes the file away after the commit. */
  drop(segment: number): void {
    this.#delete.run(segment);
    this.#rows.delete(segment);
    this.#dirty.delete(segment);
  }

  remove(segment: number): void {
    this.#point('before-unlink');
    rmSync(this.#path(segment), { force: true });
  }

  /** Called when there is time: the next letters then find zeros to write over. */
  prepare(): boolean {
    const row = this.#rows.get(this.#active);
    if (this.#file < 0 || row === undefined || this.#zeroedTo - row.size > zerosAhead / 2 || row.size > this.#limit - zerosAhead)
      return false;
    this.#zeroAhead(this.#zeroedTo + 1);
    return true;
  }

  close(): void {
    this.#hand?.end();
    if (this.#file < 0) return;
    const row = this.#rows.get(this.#active);
    if (row !== undefined) ftruncateSync(this.#file, row.size);
    closeSync(this.#file);
    this.#file = -1;
  }

  #zeroAhead(needed: number): void {
    while (this.#zeroedTo < needed) {
      writeAll(this.#file, zeros, this.#zeroedTo);
      this.#zeroedTo += zeros.length;
      this.#unsynced = true;
    }
  }

  #begin(): void {
    this.sync();
    if (this.#file >= 0) {
      ftruncateSync(this.#file, this.#rows.get(this.#active)!.size);
      closeSync(this.#file);
      this.#file = -1;
    }
    const id = this.#nextId();
    this.#rows.set(id, { size: 0, live: 0, isNew: true });
    this.#dirty.add(id);
    this.#open(id);
    syncDirectory(this.dir);
  }

  /** Never one that was used since the start, even when it is gone: a reader may still have that file open. */
  #nextId(): number {
    this.#lastId = Math.max(this.#lastId, this.#highestId()) + 1;
    return this.#lastId;
  }

  /** Counted, not spread into `Math.max`: more than some hundred thousand arguments are more than the stack holds. */
  #highestId(): number {
    let highest = 0;
    for (const id of this.#rows.keys()) if (id > highest) highest = id;
    return highest;
  }

  #open(id: number): void {
    this.#file = openSync(this.#path(id), constants.O_RDWR | constants.O_CREAT, 0o600);
    this.#active = id;
    this.#zeroedTo = fstatSync(this.#file).size;
  }

  #load(): void {
    for (const [id, size, live] of this.#select.all() as unknown as [number, number, number][]) {
      this.#rows.set(id, { size, live, isNew: false });
    }
  }

  /** Files that no row speaks of: left by a crash between their making and the commit, or between a drop and the unlink. */
  #collectStrays(): void {
    for (const name of readdirSync(this.dir)) {
      const id = Number.parseInt(name, 10);
      if (name === segmentName(id) && !this.#rows.has(id)) rmSync(join(this.dir, name), { force: true });
    }
  }

  #path(id: number): string {
    return join(this.dir, segmentName(id));
  }
}

/** Makes the names in a directory durable. */
export function syncDirectory(path: string): void {
  const dir = openSync(path, 'r');
  try {
    fsyncSync(dir);
  } finally {
    closeSync(dir);
  }
}

function writeAll(file: number, octets: Uint8Array, at: number): void {
  let done = 0;
  while (done < octets.length) done += writeSync(file, octets, done, octets.length - done, at + done);
}
