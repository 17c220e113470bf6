// What apps handed in: a file in DATA/uploads for each, and a row that speaks of it. Fulfils UploadStore.
// Knows files and the order that durability asks for: octets on the disk, then the file's name, then the row, then the answer; away it
// goes the other way round. So a crash leaves a file without a row, or (after a restore) a row without a file: `sweep` ends both.
import { createHash, hash } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Bytes } from '../../base/bytes.ts';
import type { Chance } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import { Refusal, Unavailable } from '../../base/trouble.ts';
import type { AccountId, LetterBytes, Spool } from '../../store/contract.ts';
import { checkUploadRoom } from '../../store/item-rules.ts';
import type { Upload, UploadStore } from '../../store/items-contract.ts';
import { syncFolder } from '../durable-files.ts';
import { readUpload, readUploadFiles, readUploadRoom, type UploadRow } from './item-rows.ts';
import type { Shard } from './shard.ts';
import { LetterSpool } from './spools.ts';
import type { CrashPoint } from './writer/crash-points.ts';
import { syncDirectory } from './writer/segments.ts';

export interface UploadParts {
  readonly dir: string;
  /** Throws when the store is closed. */
  shards(): readonly Shard[];
  /** @throws Refusal `nonexistent`. */
  checkAccount(account: AccountId): void;
  /** @throws Unavailable `disk-full`. */
  checkRoom(octets: number): void;
  readonly chance: Chance;
  readonly point: CrashPoint;
  readonly log: Log;
}

export class EmbeddedUploads implements UploadStore {
  readonly #parts: UploadParts;

  constructor(parts: UploadParts) {
    this.#parts = parts;
  }

  /** Ends what a crash, or a restore, left half there. */
  async sweep(): Promise<void> {
    const { dir, log } = this.#parts;
    if (mkdirSync(dir, { recursive: true, mode: 0o700 }) !== undefined) syncDirectory(dirname(dir));
    const there = new Set(readdirSync(dir));
    const known = new Set<string>();
    for (const shard of this.#parts.shards()) {
      const files = readUploadFiles(shard.reader);
      for (const file of files) known.add(file);
      const lost = files.filter((file) => !there.has(file));
      if (lost.length === 0) continue;
      log.warn('store.uploads-lost', { shard: shard.number, count: lost.length });
      await shard.writer.send<'forgetUploads'>({ kind: 'forgetUploads', files: lost });
    }
    for (const file of there) if (!known.has(file)) rmSync(join(dir, file), { force: true });
  }

  async add(account: AccountId, spool: Spool, type: string): Promise<Upload> {
    const shard = this.#shardOf(account);
    const size = spool.length;
    const held = readUploadRoom(shard.reader, account);
    checkUploadRoom(held.count, held.octets, size);
    this.#parts.checkRoom(size);
    const file = `${account}-${Buffer.from(this.#parts.chance.bytes(16)).toString('hex')}`;
    const { start, sha256 } = await this.#keep(spool, file);
    this.#parts.point('upload-kept');
    try {
      const { id, at } = await shard.writer.send<'addUpload'>({ kind: 'addUpload', account, file, start, size, type, sha256 });
      return { id, size, type, sha256, at };
    } catch (error) {
      // Where nobody knows what became of the row, the next start finds out whether somebody needs the file.
      if (!(error instanceof Unavailable && error.code === 'unknown-outcome')) await this.forget([file]);
      throw error;
    }
  }

  async find(account: AccountId, id: number): Promise<Upload | null> {
    const row = readUpload(this.#shardOf(account).reader, account, id);
    if (row === null) return null;
    const { file: _file, start: _start, ...upload } = row;
    return upload;
  }

  async open(account: AccountId, id: number): Promise<LetterBytes> {
    const row = readUpload(this.#shardOf(account).reader, account, id);
    if (row === null) throw noUpload();
    return { length: row.size, read: (start, end) => this.#read(row, Math.max(0, start), Math.min(row.size, end)) };
  }

  async remove(account: AccountId, id: number): Promise<void> {
    const file = await this.#shardOf(account).writer.send<'removeUpload'>({ kind: 'removeUpload', account, id });
    if (file !== null) await this.forget([file]);
  }

  /** Files whose rows are gone. One that stays behind goes at the next start. */
  async forget(files: readonly string[]): Promise<void> {
    for (const file of files) {
      try {
        await rm(join(this.#parts.dir, file), { force: true });
      } catch (error) {
        this.#parts.log.warn('store.upload-stays', { file }, error);
      }
    }
  }

  /** After an account has gone with its rows. */
  async forgetAccount(account: AccountId): Promise<void> {
    await this.forget(readdirSync(this.#parts.dir).filter((file) => file.startsWith(`${account}-`)));
  }

  /** Makes the octets durable under a name. A large spool becomes the file, as a large letter becomes a segment. */
  async #keep(spool: Spool, file: string): Promise<{ readonly start: number; readonly sha256: string }> {
    const path = join(this.#parts.dir, file);
    try {
      if (spool instanceof LetterSpool && spool.path !== null) {
        const { path: from, start, spoolSha256 } = await spool.finish(Buffer.alloc(0));
        await rename(from, path);
        await syncFolder(this.#parts.dir);
        return { start, sha256: Buffer.from(spoolSha256).toString('hex') };
      }
      const octets = spool instanceof LetterSpool ? spool.held : await spool.read();
      await writeFile(path, octets);
      await syncFolder(this.#parts.dir);
      return { start: 0, sha256: hash('sha256', octets, 'hex') };
    } catch (error) {
      await this.forget([file]);
      throw diskTrouble(error);
    } finally {
      spool.discard();
    }
  }

  /** Opened for each piece: nobody tells when he has read enough. */
  async #read(row: UploadRow, start: number, end: number): Promise<Bytes> {
    const octets = Buffer.allocUnsafe(Math.max(0, end - start));
    try {
      const file = await open(join(this.#parts.dir, row.file), 'r');
      try {
        for (let done = 0; done < octets.length;) {
          const { bytesRead } = await file.read(octets, done, octets.length - done, row.start + start + done);
          if (bytesRead === 0) throw new Unavailable('disk-fault', 'This upload is damaged');
          done += bytesRead;
        }
      } finally {
        await file.close();
      }
    } catch (error) {
      // Swept while somebody was reading it.
      if ((error as { code?: string }).code === 'ENOENT') throw noUpload();
      throw diskTrouble(error);
    }
    return octets;
  }

  #shardOf(account: AccountId): Shard {
    this.#parts.checkAccount(account);
    const shards = this.#parts.shards();
    return shards[account % shards.length]!;
  }
}

/** SHA-256 of an upload's octets as they lie in its file, or null when the file is not there or too short. */
export async function digestOfUpload(
  dir: string,
  { file, start, size }: Pick<UploadRow, 'file' | 'start' | 'size'>,
): Promise<string | null> {
  try {
    const source = await open(join(dir, file), 'r');
    try {
      const digest = createHash('sha256');
      const piece = Buffer.allocUnsafe(1 << 20);
      for (let done = 0; done < size;) {
        const { bytesRead } = await source.read(piece, 0, Math.min(piece.length, size - done), start + done);
        if (bytesRead === 0) return null;
        digest.update(piece.subarray(0, bytesRead));
        done += bytesRead;
      }
      return digest.digest('hex');
    } finally {
      await source.close();
    }
  } catch {
    return null;
  }
}

/** Octets of its file; 0 when there is none. */
export async function sizeOfUpload(dir: string, { file }: Pick<UploadRow, 'file'>): Promise<number> {
  return (await stat(join(dir, file)).catch(() => null))?.size ?? 0;
}

async function writeFile(path: string, octets: Bytes): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    for (let done = 0; done < octets.length;) done += (await file.write(octets, done)).bytesWritten;
    await file.datasync();
  } finally {
    await file.close();
  }
}

function noUpload(): Refusal {
  return new Refusal('nonexistent', 'There is no such upload');
}

function diskTrouble(error: unknown): unknown {
  const { code } = error as { code?: string };
  if (code === 'ENOSPC' || code === 'EDQUOT') return new Unavailable('disk-full', 'The disk is full', error);
  return code === 'EIO' || code === 'EROFS' ? new Unavailable('disk-fault', 'The disk does not do what it must', error) : error;
}
