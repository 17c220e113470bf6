// The words of some letters and who has them, as one block of octets: a sorted vocabulary and, for each term, the letters by position.
// Knows terms, positions and places (header or body); knows no letter id and no file.
//
// A block: counts · length of each term · length of each posting list · terms, each between line feeds · posting lists.
// A posting is the distance from the position before, times three, plus the place.
import { bytesFromUtf8, findBytes, utf8FromBytes, type Bytes } from '../../base/bytes.ts';
import { ByteReader, ByteWriter } from './byte-writer.ts';
import type { Lookup } from './tokens.ts';

/** Where in a letter a word stands, as bits. */
export const IN_HEADER = 1;
export const IN_BODY = 2;

/** Writes a block. Terms come sorted, each once; of each term all postings follow, ascending. */
export class PostingsWriter {
  readonly #termLengths = new ByteWriter();
  readonly #listLengths = new ByteWriter();
  readonly #terms = new ByteWriter();
  readonly #lists = new ByteWriter();
  #count = 0;
  #listStart = 0;
  #last = -1;

  constructor() {
    this.#terms.octet(lineFeed);
  }

  term(text: string): void {
    this.#endList();
    this.#termLengths.number(this.#terms.text(text));
    this.#terms.octet(lineFeed);
    this.#count++;
  }

  posting(position: number, places: number): void {
    this.#lists.number((position - this.#last) * 3 + places - 1);
    this.#last = position;
  }

  finish(): Bytes {
    this.#endList();
    const block = new ByteWriter();
    for (const number of [this.#count, this.#termLengths.length, this.#listLengths.length, this.#terms.length]) block.number(number);
    for (const part of [this.#termLengths, this.#listLengths, this.#terms, this.#lists]) block.bytes(part.view());
    return block.view();
  }

  #endList(): void {
    if (this.#count > 0) this.#listLengths.number(this.#lists.length - this.#listStart);
    this.#listStart = this.#lists.length;
    this.#last = -1;
  }
}

const lineFeed = 10;

export class Postings {
  readonly count: number;
  readonly #terms: Bytes;
  /** Where each term begins in `#terms`, and where the one after the last would. */
  readonly #termStarts: Uint32Array;
  readonly #lists: Bytes;
  readonly #listStarts: Uint32Array;

  constructor(block: Bytes) {
    const reader = new ByteReader(block);
    this.count = reader.number();
    const [termLengths, listLengths, terms] = [reader.number(), reader.number(), reader.number()];
    // Each term has a line feed behind it, and the first one before it.
    this.#termStarts = starts(reader.bytes(termLengths), this.count, 1, 1);
    this.#listStarts = starts(reader.bytes(listLengths), this.count, 0, 0);
    this.#terms = reader.bytes(terms);
    this.#lists = reader.bytes(this.#listStarts[this.count]!);
  }

  /** Octets held. */
  get size(): number {
    return this.#terms.length + this.#lists.length + this.#termStarts.byteLength * 2;
  }

  term(index: number): string {
    return utf8FromBytes(this.#terms, this.#termStarts[index]!, this.#termStarts[index + 1]! - 1);
  }

  /** Calls `take` with each posting of a term. */
  eachPosting(index: number, take: (position: number, places: number) => void): void {
    const lists = this.#lists;
    const end = this.#listStarts[index + 1]!;
    let position = -1;
    for (let at = this.#listStarts[index]!; at < end;) {
      let octet = lists[at++]!;
      let value = octet & 0x7f;
      for (let shift = 7; octet > 0x7f; shift += 7) {
        octet = lists[at++]!;
        value |= (octet & 0x7f) << shift;
      }
      const distance = Math.trunc(value / 3);
      position += distance;
      take(position, value - distance * 3 + 1);
    }
  }

  /** Sets `marks[position]` for all that have a term as asked in one of `places`. Returns how many were set that were not. */
  mark({ how, text }: Lookup, places: number, marks: Uint8Array): number {
    let set = 0;
    const take = (position: number, where: number): void => {
      if ((where & places) === 0 || marks[position] === 1) return;
      marks[position] = 1;
      set++;
    };
    if (how === 'whole') {
      const index = this.find(text);
      if (index >= 0) this.eachPosting(index, take);
      return set;
    }
    const wanted = bytesFromUtf8(how === 'start' ? `\n${text}` : how === 'end' ? `${text}\n` : text);
    let index = 0;
    for (let at = findBytes(this.#terms, wanted); at >= 0; at = findBytes(this.#terms, wanted, this.#termStarts[index]! - 1)) {
      index = this.#termAt(how === 'start' ? at + 1 : at, index);
      this.eachPosting(index, take);
      if (++index >= this.count || set === marks.length) break;
    }
    return set;
  }

  /** Index of a term, or -1. */
  find(text: string): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.term(middle) < text) low = middle + 1;
      else high = middle;
    }
    return low < this.count && this.term(low) === text ? low : -1;
  }

  /** The term that the octet at `offset` belongs to; it is not before `from`. Near ones are found at once. */
  #termAt(offset: number, from: number): number {
    const termStarts = this.#termStarts;
    let low = from;
    let reach = 1;
    while (low + reach < this.count && termStarts[low + reach]! <= offset) {
      low += reach;
      reach *= 2;
    }
    let high = Math.min(this.count, low + reach);
    while (low + 1 < high) {
      const middle = (low + high) >>> 1;
      if (termStarts[middle]! <= offset) low = middle;
      else high = middle;
    }
    return low;
  }
}

/** Sums of lengths, each with `gap` behind it. */
function starts(lengths: Bytes, count: number, first: number, gap: number): Uint32Array {
  const reader = new ByteReader(lengths);
  const sums = new Uint32Array(count + 1);
  let sum = first;
  for (let index = 0; index < count; index++) {
    sums[index] = sum;
    sum += reader.number() + gap;
  }
  sums[count] = sum;
  return sums;
}
