// The octets of a letter on its way in, held in memory. Knows a limit; knows no letter.
import { concatBytes, noBytes, type Bytes } from '../../base/bytes.ts';
import { Refusal } from '../../base/trouble.ts';
import type { Spool } from '../contract.ts';

export class MemorySpool implements Spool {
  #pieces: Bytes[] = [];
  #length = 0;
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get length(): number {
    return this.#length;
  }

  add(bytes: Bytes): void {
    if (this.#length + bytes.length > this.#limit) {
      throw new Refusal('too-big', `A letter may have ${this.#limit} octets`);
    }
    this.#pieces.push(bytes);
    this.#length += bytes.length;
  }

  read(): Bytes {
    if (this.#pieces.length === 0) return noBytes();
    if (this.#pieces.length > 1) this.#pieces = [concatBytes(this.#pieces)];
    return this.#pieces[0]!;
  }

  discard(): void {
    this.#pieces = [];
  }
}
