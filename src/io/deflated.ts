// RFC 4978: both directions of a connection as raw DEFLATE. Knows zlib; knows no socket and no protocol.
// What comes out of the inflater is cut into units by the same receiver with the same limits, so a bomb ends at the line limit.
import { constants, createDeflateRaw, createInflateRaw } from 'node:zlib';
import { bytesFromUtf8, type Bytes } from '../base/bytes.ts';

export class Deflated {
  readonly #inflate = createInflateRaw({ chunkSize: 16 * 1024 });
  readonly #deflate = createDeflateRaw({ chunkSize: 16 * 1024, memLevel: 6, level: 3 });
  #flushing = false;
  #dirty = false;

  /** `failed` is called when the peer's stream is broken, and after `end` when ours is written. */
  constructor(plain: (bytes: Bytes) => void, packed: (bytes: Bytes) => void, failed: () => void) {
    this.#inflate.on('data', plain);
    this.#inflate.on('error', failed);
    this.#deflate.on('data', packed);
    this.#deflate.on('error', failed);
    this.#deflate.on('end', failed);
  }

  get unsent(): number {
    return this.#deflate.writableLength;
  }

  read(packed: Bytes): void {
    this.#inflate.write(packed);
  }

  /** Sends, and pushes out what is complete: the peer waits for it (RFC 4978 §3). `taken`: the memory of `data` is free again. */
  write(data: string | Bytes, taken?: () => void): void {
    this.#deflate.write(typeof data === 'string' ? bytesFromUtf8(data) : data, taken);
    this.#dirty = true;
    this.#flush();
  }

  /** Calls `listener` whenever all that was written is packed, until `offPacked`. */
  onPacked(listener: () => void): void {
    this.#deflate.on('drain', listener);
  }

  offPacked(listener: () => void): void {
    this.#deflate.off('drain', listener);
  }

  #flush(): void {
    if (this.#flushing || !this.#dirty) return;
    this.#flushing = true;
    this.#dirty = false;
    this.#deflate.flush(constants.Z_SYNC_FLUSH, () => {
      this.#flushing = false;
      this.#flush();
    });
  }

  pause(): void {
    this.#inflate.pause();
  }

  resume(): void {
    this.#inflate.resume();
  }

  end(): void {
    this.#deflate.end();
  }

  destroy(): void {
    this.#inflate.destroy();
    this.#deflate.destroy();
  }
}
