// Gathers answers into large pieces before they go to the wire: ten thousand short answers are a handful of writes, and letters of
// ordinary size are copied side by side into one buffer. Knows the wire; knows no FETCH.
import { allocateBytes, writeUtf8, type Bytes } from '../../../base/bytes.ts';
import type { Wire } from '../../line/session.ts';

/** Text is handed on when there is this much of it, characters. */
const textPiece = 131_072;
/** One buffer of text and octets: the first, for one letter of ordinary size, and the largest, for many. */
const firstBuffer = 16_384;
const largestBuffer = 262_144;
/** Octets from this size on go out as they lie, without a copy. */
const largeOctets = 65_536;

export class AnswerWriter {
  readonly #wire: Wire;
  #text = '';
  #buffer: Bytes | null = null;
  #used = 0;
  #size = firstBuffer;

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  text(text: string): void {
    this.#text += text;
    if (this.#text.length >= textPiece) this.#flushText();
  }

  /** The memory belongs to the writer from here on. */
  octets(bytes: Bytes): void {
    if (bytes.length >= largeOctets) {
      this.flush();
      this.#wire.write(bytes);
      return;
    }
    this.#flushTextIntoBuffer(bytes.length);
    this.#buffer!.set(bytes, this.#used);
    this.#used += bytes.length;
  }

  /** Hands on everything that was gathered. */
  flush(): void {
    this.#flushText();
    this.#flushBuffer();
  }

  #flushText(): void {
    if (this.#text === '') return;
    this.#flushBuffer();
    this.#wire.write(this.#text);
    this.#text = '';
  }

  /** Puts the text into the buffer and sees to room for `more` octets behind it. */
  #flushTextIntoBuffer(more: number): void {
    // UTF-8 takes at most three octets for a UTF-16 unit.
    const room = this.#text.length * 3 + more;
    if (this.#buffer === null || this.#used + room > this.#buffer.length) {
      this.#flushBuffer();
      this.#buffer = allocateBytes(Math.max(this.#size, room));
      this.#size = Math.min(largestBuffer, this.#size * 4);
    }
    if (this.#text === '') return;
    this.#used += writeUtf8(this.#buffer, this.#text, this.#used);
    this.#text = '';
  }

  #flushBuffer(): void {
    if (this.#buffer === null) return;
    if (this.#used > 0) this.#wire.write(this.#buffer.subarray(0, this.#used));
    // What has been handed on belongs to the wire.
    this.#buffer = null;
    this.#used = 0;
  }
}
