// Files that are attached to letters, on their way to the server. Knows files, pieces and how they become one blob; knows no draft and no screen.
//
// A file is kept on this device first, so that it can be sent although the network or the app goes away. It is carried in pieces, each kept by the
// server when it was taken; what was interrupted goes on with the next piece. In the end the pieces become one blob (RFC 9404 §4.1).
import type { CacheStore } from './cache/contract.ts';
import { trouble, type FileView, type Trouble } from './contract.ts';
import { core, type JmapClient } from './jmap/client.ts';
import type { Id } from './jmap/objects.ts';
import { troubleOf } from './port.ts';
import type { Surroundings } from './surroundings.ts';

interface Kept {
  readonly id: string;
  /** The draft it belongs to. */
  readonly key: string;
  readonly accountId: Id;
  readonly file: Blob;
  readonly name: string;
}

/** How far it is: a row of its own, as the file is written once only. */
interface Way {
  readonly pieces: readonly Id[];
  /** The whole at the server; kept there for a day. */
  readonly blobId: Id | null;
}

type FileRow = Kept & Way;

export interface FilesParts {
  readonly client: JmapClient;
  readonly cache: CacheStore;
  readonly surroundings: Surroundings;
  changed(): void;
  /** A file is there: what has waited for it can go. */
  carried(): void;
}

const blob = 'urn:ietf:params:jmap:blob';
const leastPiece = 1024 * 1024;
/** Fewer than a server takes into one blob (RFC 9404 §3.1 has 64 at least). */
const mostPieces = 48;
const restMs = 5000;

export class Files {
  readonly #parts: FilesParts;
  readonly #rows = new Map<string, FileRow>();
  readonly #troubles = new Map<string, Trouble>();
  readonly #running = new Map<string, Promise<Id>>();

  constructor(parts: FilesParts) {
    this.#parts = parts;
  }

  /** What was interrupted goes on, also what was attached in another window. */
  async load(): Promise<void> {
    const all = new Map((await this.#parts.cache.all('files')).map(({ key, value }) => [key, value]));
    for (const [key, value] of all) {
      const way = all.get(wayOf(key)) as Way | undefined;
      if (way && !this.#running.has(key)) this.#rows.set(key, { ...(value as Kept), ...way });
    }
    for (const { id, blobId } of this.#rows.values()) if (blobId === null) this.#begin(id);
  }

  /** Settles when it is kept on this device. */
  async add(kept: Kept): Promise<void> {
    const way: Way = { pieces: [], blobId: null };
    const before = this.#rows.get(kept.id);
    this.#rows.set(kept.id, { ...kept, ...way });
    this.#parts.changed();
    try {
      await this.#parts.cache.write([
        { table: 'files', key: kept.id, value: kept },
        { table: 'files', key: wayOf(kept.id), value: way },
      ]);
    } catch (error) {
      // A device that is full: it is not attached, or stays as it was.
      if (before) this.#rows.set(kept.id, before);
      else this.#rows.delete(kept.id);
      this.#parts.changed();
      throw error;
    }
    this.#begin(kept.id);
  }

  /** The same file for another draft; nothing when it is not one of this device. */
  async copy(of: string, to: { readonly id: string; readonly key: string; readonly accountId: Id }): Promise<void> {
    const row = this.#rows.get(of);
    if (row) await this.add({ ...to, file: row.file, name: row.name });
  }

  file(id: string): Blob | null {
    return this.#rows.get(id)?.file ?? null;
  }

  of(key: string): readonly FileView[] {
    return [...this.#rows.values()].filter((row) => row.key === key).map((row) => this.#view(row));
  }

  /** Are some of a draft's files still on their way? Only what passes by itself is waited for; whatever else keeps one, its letter is told of it. */
  areGoing(key: string): boolean {
    return [...this.#rows.values()].some((row) => row.key === key && row.blobId === null && passes(this.#troubles.get(row.id)));
  }

  /** The blob of a file, once it is there. Null: no such file here. @throws EngineTrouble. */
  async blobOf(id: string): Promise<Id | null> {
    const row = this.#rows.get(id);
    if (!row) return null;
    return row.blobId ?? this.#carry(id);
  }

  /** The server no longer has what was carried: from the beginning. False: not a file of this device. */
  async again(id: string): Promise<boolean> {
    const row = this.#rows.get(id);
    if (!row) return false;
    await this.#put({ ...row, pieces: [], blobId: null });
    return true;
  }

  /** Blobs are an account's: in another one they are carried again. */
  async moveTo(key: string, accountId: Id): Promise<void> {
    for (const row of [...this.#rows.values()].filter((one) => one.key === key && one.accountId !== accountId)) {
      const { id, file, name } = row;
      // oxlint-disable-next-line no-await-in-loop -- few
      await this.add({ id, key, accountId, file, name });
    }
  }

  async drop(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.#rows.delete(id);
    await this.#parts.cache.write(ids.flatMap((id) => [id, wayOf(id)]).map((key) => ({ table: 'files', key, value: undefined })));
    this.#parts.changed();
  }

  async dropOf(key: string): Promise<void> {
    await this.drop([...this.#rows.values()].filter((row) => row.key === key).map(({ id }) => id));
  }

  /** Each file that waits is tried again, such as when the network is back. */
  hurry(): void {
    for (const { id, blobId } of this.#rows.values()) if (blobId === null) this.#begin(id);
  }

  #view(row: FileRow): FileView {
    const problem = this.#troubles.get(row.id) ?? null;
    return {
      id: row.id,
      size: row.file.size,
      carried: row.blobId === null ? Math.min(row.file.size, row.pieces.length * pieceOf(row.file.size)) : row.file.size,
      state: row.blobId !== null ? 'there' : problem === null ? 'going' : passes(problem) ? 'waits' : 'refused',
      trouble: problem,
    };
  }

  async #put(row: FileRow): Promise<void> {
    this.#rows.set(row.id, row);
    const { pieces, blobId } = row;
    await this.#parts.cache.write([{ table: 'files', key: wayOf(row.id), value: { pieces, blobId } satisfies Way }]);
    this.#parts.changed();
  }

  #begin(id: string): void {
    void this.#carry(id).catch(() => undefined);
  }

  #carry(id: string): Promise<Id> {
    let running = this.#running.get(id);
    if (!running) {
      // One window carries it; another that wants it waits, and goes on where that one has come to.
      running = this.#parts.surroundings
        .exclusive(`tayori-file/${id}`, () => this.#tell(id))
        .then((blobId) => {
          this.#troubles.delete(id);
          this.#parts.carried();
          return blobId;
        })
        .catch((error: unknown) => {
          const problem = troubleOf(error);
          this.#troubles.set(id, problem);
          if (problem.kind === 'offline' && this.#rows.has(id)) this.#parts.surroundings.after(restMs, () => this.#begin(id));
          throw error;
        })
        .finally(() => {
          this.#running.delete(id);
          this.#parts.changed();
        });
      this.#running.set(id, running);
    }
    return running;
  }

  async #tell(id: string): Promise<Id> {
    const { client, surroundings } = this.#parts;
    if (!surroundings.isOnline()) throw trouble('offline', 'network', 'no network');
    let row = await this.#latest(id);
    if (row.blobId !== null) return row.blobId;
    const most = Number(client.session?.capabilities[core]?.['maxSizeUpload'] ?? Infinity);
    if (row.file.size > most) throw trouble('refused', 'tooLarge', `at most ${most} octets`);
    const step = pieceOf(row.file.size);
    while (row.pieces.length * step < row.file.size || row.pieces.length === 0) {
      const start = row.pieces.length * step;
      // oxlint-disable-next-line no-await-in-loop -- one after another, each kept before the next
      const { blobId } = await client.upload(row.accountId, row.file.slice(start, start + step, row.file.type));
      row = this.#row(id);
      // oxlint-disable-next-line no-await-in-loop -- as above
      await this.#put((row = { ...row, pieces: [...row.pieces, blobId] }));
    }
    const [first] = row.pieces;
    const whole = row.pieces.length === 1 && first !== undefined ? first : await this.#join(row);
    await this.#put({ ...this.#row(id), blobId: whole });
    return whole;
  }

  /** RFC 9404 §4.1: the pieces as one blob. */
  async #join(row: FileRow): Promise<Id> {
    const type = row.file.type || 'application/octet-stream';
    const create = { w: { type, data: row.pieces.map((blobId) => ({ blobId })) } };
    const reply = await this.#parts.client.request([['Blob/upload', { accountId: row.accountId, create }, 'b']], [core, blob]);
    const answer = reply.get('Blob/upload', 'b');
    const made = (answer['created'] as Record<string, { readonly id: Id }> | null)?.['w'];
    if (made) return made.id;
    const error = (answer['notCreated'] as Record<string, { readonly type: string; readonly description?: string }> | null)?.['w'];
    // A piece was carried too long ago.
    if (error?.type === 'blobNotFound') {
      await this.again(row.id);
      throw trouble('offline', 'blobNotFound', 'the pieces are no longer there');
    }
    throw trouble('refused', error?.type ?? 'unknown', error?.description ?? '');
  }

  /** As another window may have left it. @throws EngineTrouble `gone` when it was taken away there. */
  async #latest(id: string): Promise<FileRow> {
    const [kept, way] = (await this.#parts.cache.read('files', [id, wayOf(id)])) as readonly [Kept | undefined, Way | undefined];
    if (!kept || !way) this.#rows.delete(id);
    else this.#rows.set(id, { ...kept, ...way });
    return this.#row(id);
  }

  /** @throws EngineTrouble `gone` when it was taken away meanwhile. */
  #row(id: string): FileRow {
    const row = this.#rows.get(id);
    if (!row) throw trouble('gone', 'file', 'it was taken away');
    return row;
  }
}

/** Small files in one, large ones in as many as fit into one blob. */
function pieceOf(size: number): number {
  return Math.max(leastPiece, Math.ceil(size / mostPieces / 65_536) * 65_536);
}

/** Goes on by itself, later. */
function passes(problem: Trouble | undefined): boolean {
  return problem === undefined || problem.kind === 'offline' || problem.kind === 'signed-out';
}

function wayOf(id: string): string {
  return `${id}/way`;
}
