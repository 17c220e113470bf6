// Letters on their way in: small ones in memory, large ones in a file under spool/.
// Knows sizes and files; knows no shard. A spool's file leaves room in front, where the trace fields go when the letter is taken over,
// so that a large letter becomes a segment without being copied.
import { createHash, type Hash } from 'node:crypto';
import fs, { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Bytes } from '../../base/bytes.ts';
import { Refusal, Unavailable } from '../../base/trouble.ts';
import type { Spool } from '../../store/contract.ts';

// Plain descriptors: a FileHandle that somebody forgets to close ends the process when it is collected.
const openFile = promisify(fs.open);
const readFile = promisify(fs.read);
const writeFile = promisify(fs.write);
const syncFile = promisify(fs.fdatasync);
const closeFile = promisify(fs.close);

/** Octets held in memory; a letter above goes into a file. */
const inMemory = 1 << 20;
/**
 * Letters between these sizes are gathered in memory that goes from letter to letter: new memory of that size comes from the system each time, and
 * getting, clearing and collecting it costs more than copying the letter.
 */
const slabFrom = 24 << 10;
const slabSize = 128 << 10;
/** Slabs that are kept while no letter needs them. */
const slabsKept = 16;

/** Room for the trace fields in front of a letter in a file. */
const roomInFront = 64 * 1024;

export class Spools {
  readonly #dir: string;
  readonly #slabs: Buffer[] = [];
  #number = 0;

  constructor(dir: string) {
    this.#dir = dir;
    mkdirSync(dir, { recursive: true });
    for (const name of readdirSync(dir)) rmSync(join(dir, name), { force: true });
  }

  make(limit: number): LetterSpool {
    return new LetterSpool(limit, this.#slabs, () => join(this.#dir, `${process.pid}-${++this.#number}`));
  }
}

const nothing = Buffer.alloc(0);

export class LetterSpool implements Spool {
  readonly #limit: number;
  /** Memory that is free. */
  readonly #slabs: Buffer[];
  readonly #newPath: () => string;
  #held: Buffer = nothing;
  #length = 0;
  #file: number | null = null;
  #path: string | null = null;
  #hash: Hash | null = null;
  #discarded = false;

  constructor(limit: number, slabs: Buffer[], newPath: () => string) {
    this.#limit = limit;
    this.#slabs = slabs;
    this.#newPath = newPath;
  }

  get length(): number {
    return this.#length;
  }

  /** The file of a large letter, or null while all is in memory. */
  get path(): string | null {
    return this.#path;
  }

  add(bytes: Bytes): void | Promise<void> {
    const length = this.#length + bytes.length;
    if (length > this.#limit) throw new Refusal('too-big', `A letter may have ${this.#limit} octets`);
    if (length > inMemory) return this.#addToFile(bytes);
    if (length > this.#held.length) {
      const grown = this.#memoryFor(length);
      this.#held.copy(grown, 0, 0, this.#length);
      this.#held = grown;
    }
    this.#held.set(bytes, this.#length);
    this.#length = length;
  }

  #memoryFor(length: number): Buffer {
    if (length > slabFrom && length <= slabSize) return this.#slabs.pop() ?? Buffer.allocUnsafeSlow(slabSize);
    return Buffer.allocUnsafeSlow(Math.min(inMemory, Math.max(length, this.#held.length * 2)));
  }

  read(): Bytes | Promise<Bytes> {
    if (this.#path === null) return this.#held.subarray(0, this.#length);
    return this.#readFile();
  }

  discard(): void {
    if (this.#discarded) return;
    this.#discarded = true;
    this.#held = nothing;
    const file = this.#file;
    this.#file = null;
    if (this.#path !== null) void leave(file, this.#path);
  }

  /** The letter is kept and nobody looks at this spool any more: its memory may serve another one. One that only ends (`discard`) is left
   * to the collector, because whoever was reading it may not have heard yet. */
  kept(): void {
    if (this.#discarded) return;
    if (this.#held.length === slabSize && this.#slabs.length < slabsKept) this.#slabs.push(this.#held);
    this.discard();
  }

  /** Octets in memory, when none are in a file. */
  get held(): Bytes {
    return this.#held.subarray(0, this.#length);
  }

  /** Ends a large letter: puts `prefix` in front and makes the file durable. The file then belongs to the caller. */
  async finish(prefix: Bytes): Promise<{ readonly path: string; readonly start: number; readonly spoolSha256: Uint8Array }> {
    const file = this.#file!;
    const path = this.#path!;
    if (prefix.length > roomInFront) throw new Refusal('too-big', 'The trace fields of a letter are too long');
    try {
      await writeWhole(file, prefix, roomInFront - prefix.length);
      await syncFile(file);
      await closeFile(file);
    } catch (error) {
      throw noRoom(error);
    }
    this.#file = null;
    return { path, start: roomInFront - prefix.length, spoolSha256: this.#hash!.digest() };
  }

  async #addToFile(bytes: Bytes): Promise<void> {
    try {
      if (this.#file === null) {
        this.#path = this.#newPath();
        this.#file = await openFile(this.#path, 'wx+', 0o600);
        this.#hash = createHash('sha256').update(this.held);
        await writeWhole(this.#file, this.held, roomInFront);
        this.#held = nothing;
      }
      await writeWhole(this.#file, bytes, roomInFront + this.#length);
    } catch (error) {
      throw noRoom(error);
    }
    this.#hash!.update(bytes);
    this.#length += bytes.length;
  }

  async #readFile(): Promise<Bytes> {
    const octets = Buffer.allocUnsafeSlow(this.#length);
    let done = 0;
    while (done < octets.length) {
      const { bytesRead } = await readFile(this.#file!, octets, done, octets.length - done, roomInFront + done);
      if (bytesRead === 0) throw new Unavailable('store-stopped', 'A letter on its way in has lost octets');
      done += bytesRead;
    }
    return octets;
  }
}

/** Nobody waits for it; what is left behind is removed at the next start. A file that has become a segment is not there any more. */
async function leave(file: number | null, path: string): Promise<void> {
  try {
    if (file !== null) await closeFile(file);
    await rm(path, { force: true });
  } catch {
    // The disk is gone or broken: the writes that matter say so themselves.
  }
}

async function writeWhole(file: number, octets: Bytes, at: number): Promise<void> {
  let done = 0;
  while (done < octets.length) done += (await writeFile(file, octets, done, octets.length - done, at + done)).bytesWritten;
}

function noRoom(error: unknown): unknown {
  const { code } = error as { code?: string };
  return code === 'ENOSPC' || code === 'EDQUOT' ? new Unavailable('disk-full', 'The disk is full', error) : error;
}
