// What apps handed in, in memory. Fulfils UploadStore. Knows octets, ids and ages; knows no item and no letter.
import type { Bytes } from '../../base/bytes.ts';
import { sha256Hex } from '../../base/digest.ts';
import { Refusal } from '../../base/trouble.ts';
import type { AccountId, LetterBytes, Spool } from '../contract.ts';
import { checkUploadRoom } from '../item-rules.ts';
import { uploadsKeptMs, type Upload, type UploadStore } from '../items-contract.ts';

/** The uploads of one account. */
export class AccountUploads {
  readonly kept = new Map<number, Upload & { readonly octets: Bytes }>();
  lastId = 0;
}

export interface UploadParts {
  /** @throws Refusal `nonexistent`. */
  uploadsOf(account: AccountId): AccountUploads;
  now(): number;
}

export class MemoryUploads implements UploadStore {
  readonly #parts: UploadParts;

  constructor(parts: UploadParts) {
    this.#parts = parts;
  }

  async add(account: AccountId, spool: Spool, type: string): Promise<Upload> {
    this.#checkRoom(account, spool.length);
    const octets = await spool.read();
    this.#checkRoom(account, octets.length);
    const uploads = this.#parts.uploadsOf(account);
    const size = octets.length;
    const upload: Upload = { id: ++uploads.lastId, size, type, sha256: sha256Hex(octets), at: this.#parts.now() };
    uploads.kept.set(upload.id, { ...upload, octets });
    spool.discard();
    return upload;
  }

  #checkRoom(account: AccountId, size: number): void {
    const { kept } = this.#parts.uploadsOf(account);
    let held = 0;
    for (const upload of kept.values()) held += upload.size;
    checkUploadRoom(kept.size, held, size);
  }

  async find(account: AccountId, id: number): Promise<Upload | null> {
    const found = this.#parts.uploadsOf(account).kept.get(id);
    if (found === undefined) return null;
    const { octets: _octets, ...upload } = found;
    return upload;
  }

  async open(account: AccountId, id: number): Promise<LetterBytes> {
    const found = this.#parts.uploadsOf(account).kept.get(id);
    if (found === undefined) throw new Refusal('nonexistent', 'There is no such upload');
    const { octets } = found;
    return { length: octets.length, read: (start, end) => octets.subarray(Math.max(0, start), Math.max(0, end)) };
  }

  async remove(account: AccountId, id: number): Promise<void> {
    this.#parts.uploadsOf(account).kept.delete(id);
  }
}

/** Those that nobody used for a day. */
export function forgetUploads(uploads: AccountUploads, now: number): void {
  for (const { id, at } of uploads.kept.values()) if (now - at >= uploadsKeptMs) uploads.kept.delete(id);
}
