// Blocks of segments that searches have read lately, ready to be searched. Knows how much memory it may hold; knows no account.
import type { FieldName } from '../../store/search/fields.ts';
import type { Column } from '../../store/search/fields.ts';
import { Postings } from '../../store/search/postings.ts';
import { readColumns, readIds, readSegment, type Segment } from '../../store/search/segment.ts';
import type { SearchBooks } from './search-books.ts';

type Columns = Readonly<Record<FieldName, Column>>;
type Held = { readonly octets: number; readonly value: Uint32Array | Columns | Postings };

const octetsAtMost = 96 * 1024 * 1024;

export class SearchCache {
  readonly #books: SearchBooks;
  /** Least lately used first. */
  readonly #held = new Map<string, Held>();
  #octets = 0;

  constructor(books: SearchBooks) {
    this.#books = books;
  }

  ids(segment: number): Uint32Array {
    return this.#get(
      `i${segment}`,
      () => readIds(this.#books.ids(segment)),
      (ids) => ids.byteLength,
    );
  }

  columns(segment: number): Columns {
    const octetsOf = (columns: Columns): number => Object.values(columns).reduce((sum, column) => sum + column.size, 0);
    return this.#get(`f${segment}`, () => readColumns(this.#books.fields(segment)), octetsOf);
  }

  words(segment: number): Postings {
    return this.#get(
      `w${segment}`,
      () => new Postings(this.#books.words(segment)),
      (words) => words.size,
    );
  }

  /** A whole segment for a merge; not held, as it is soon another. */
  whole(segment: number): Segment {
    return readSegment({ ids: this.#books.ids(segment), fields: this.#books.fields(segment), words: this.#books.words(segment) });
  }

  forget(segment: number): void {
    for (const kind of ['i', 'f', 'w']) this.#drop(`${kind}${segment}`);
  }

  clear(): void {
    this.#held.clear();
    this.#octets = 0;
  }

  #get<T extends Held['value']>(key: string, read: () => T, octetsOf: (value: T) => number): T {
    const held = this.#held.get(key);
    if (held !== undefined) {
      this.#held.delete(key);
      this.#held.set(key, held);
      return held.value as T;
    }
    const value = read();
    const octets = octetsOf(value);
    this.#held.set(key, { octets, value });
    this.#octets += octets;
    for (const oldest of this.#held.keys()) {
      if (this.#octets <= octetsAtMost || oldest === key) break;
      this.#drop(oldest);
    }
    return value;
  }

  #drop(key: string): void {
    const held = this.#held.get(key);
    if (held === undefined) return;
    this.#held.delete(key);
    this.#octets -= held.octets;
  }
}
