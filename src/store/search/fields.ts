// The short fields of some letters (subject, from, to, cc, bcc) as folded text, one column for each: looked through as they are.
// Knows columns of texts; knows no letter id and no file.
import { bytesFromUtf8, findBytes, type Bytes } from '../../base/bytes.ts';
import { ByteReader, ByteWriter } from './byte-writer.ts';

export const fieldNames = ['subject', 'from', 'to', 'cc', 'bcc'] as const;
export type FieldName = (typeof fieldNames)[number];

/** Characters kept of one field; who has more is told by `mark` as uncertain. */
const longest = 2000;
const lineFeed = 10;

/** Writes one column: a text for each position, in order. */
export class ColumnWriter {
  readonly #lengths = new ByteWriter();
  readonly #texts = new ByteWriter();
  readonly #cut: number[] = [];
  #count = 0;

  constructor() {
    this.#texts.octet(lineFeed);
  }

  add(folded: string): void {
    if (folded.length > longest) this.#cut.push(this.#count);
    this.#lengths.number(this.#texts.text(folded.length > longest ? folded.slice(0, longest).toWellFormed() : folded));
    this.#texts.octet(lineFeed);
    this.#count++;
  }

  /** A text as it lies in another column. */
  addBytes(text: Bytes, cut: boolean): void {
    if (cut) this.#cut.push(this.#count);
    this.#lengths.number(text.length);
    this.#texts.bytes(text);
    this.#texts.octet(lineFeed);
    this.#count++;
  }

  finish(): Bytes {
    const block = new ByteWriter();
    for (const number of [this.#count, this.#cut.length, ...this.#cut, this.#lengths.length, this.#texts.length]) block.number(number);
    block.bytes(this.#lengths.view());
    block.bytes(this.#texts.view());
    return block.view();
  }
}

export class Column {
  readonly count: number;
  /** Where each text begins, and where the one after the last would. */
  readonly #starts: Uint32Array;
  readonly #texts: Bytes;
  readonly #cut = new Set<number>();

  constructor(block: Bytes) {
    const reader = new ByteReader(block);
    this.count = reader.number();
    for (let left = reader.number(); left > 0; left--) this.#cut.add(reader.number());
    const [lengths, texts] = [reader.number(), reader.number()];
    const lengthReader = new ByteReader(reader.bytes(lengths));
    this.#texts = reader.bytes(texts);
    this.#starts = new Uint32Array(this.count + 1);
    let sum = 1;
    for (let index = 0; index < this.count; index++) {
      this.#starts[index] = sum;
      sum += lengthReader.number() + 1;
    }
    this.#starts[this.count] = sum;
  }

  /** Octets held. */
  get size(): number {
    return this.#texts.length + this.#starts.byteLength;
  }

  bytesAt(position: number): Bytes {
    return this.#texts.subarray(this.#starts[position]!, this.#starts[position + 1]! - 1);
  }

  isCut(position: number): boolean {
    return this.#cut.has(position);
  }

  /** Calls `take` with the positions whose text holds `folded`, ascending, then with those of which only a part is kept here and that do not hold it there. */
  each(folded: string, take: (position: number, certain: boolean) => void): void {
    const wanted = bytesFromUtf8(folded);
    const uncertain = new Set(this.#cut);
    let position = 0;
    for (let at = findBytes(this.#texts, wanted); at >= 0 && position < this.count;) {
      while (this.#starts[position + 1]! <= at) position++;
      take(position, true);
      uncertain.delete(position);
      at = findBytes(this.#texts, wanted, this.#starts[++position]!);
    }
    for (const left of uncertain) take(left, false);
  }
}
