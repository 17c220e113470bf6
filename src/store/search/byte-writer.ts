// Octets written one after the other: numbers of any size, texts, other octets. Knows LEB128; knows no meaning.
import { allocateBytes, writeUtf8, type Bytes } from '../../base/bytes.ts';

export class ByteWriter {
  #bytes: Bytes = allocateBytes(1024);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** A non-negative integer below 2^53, seven bits an octet, lowest first. */
  number(value: number): void {
    if (this.#length + 8 > this.#bytes.length) this.#grow(8);
    let rest = value;
    while (rest > 0x7f) {
      this.#bytes[this.#length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[this.#length++] = rest;
  }

  octet(value: number): void {
    if (this.#length + 1 > this.#bytes.length) this.#grow(1);
    this.#bytes[this.#length++] = value;
  }

  bytes(bytes: Bytes): void {
    if (this.#length + bytes.length > this.#bytes.length) this.#grow(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** As UTF-8; returns the number of octets. */
  text(text: string): number {
    const most = text.length * 3;
    if (this.#length + most > this.#bytes.length) this.#grow(most);
    const written = writeUtf8(this.#bytes, text, this.#length);
    this.#length += written;
    return written;
  }

  /** What was written; the memory stays the writer's. */
  view(): Bytes {
    return this.#bytes.subarray(0, this.#length);
  }

  #grow(more: number): void {
    const grown = allocateBytes(Math.max(this.#length + more, this.#bytes.length * 2));
    grown.set(this.view());
    this.#bytes = grown;
  }
}

/** Reads what `ByteWriter` wrote. */
export class ByteReader {
  readonly #bytes: Bytes;
  #at: number;

  constructor(bytes: Bytes, at = 0) {
    this.#bytes = bytes;
    this.#at = at;
  }

  number(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const octet = this.#bytes[this.#at++]!;
      if (octet < 0x80) return value + octet * scale;
      value += (octet - 0x80) * scale;
      scale *= 0x80;
    }
  }

  bytes(length: number): Bytes {
    const start = this.#at;
    this.#at += length;
    return this.#bytes.subarray(start, this.#at);
  }
}
