// A segment of a text index: some letters of one account, in order of id, with their short fields and their words.
// A segment never changes; segments that lie side by side are merged into one. Knows texts and ids; knows no file and no account.
import type { Bytes } from '../../base/bytes.ts';
import type { LetterTexts } from '../../message/text.ts';
import type { MessageId, TextQuery } from '../contract.ts';
import { ByteReader, ByteWriter } from './byte-writer.ts';
import { Column, ColumnWriter, fieldNames, type FieldName } from './fields.ts';
import { fold } from './fold.ts';
import { IN_BODY, IN_HEADER, Postings, PostingsWriter } from './postings.ts';
import { eachToken, type LookupPlan } from './tokens.ts';

/** A segment as it is stored: three blocks, so that a search for a subject does not read the words. */
export interface SegmentBlocks {
  readonly count: number;
  readonly first: MessageId;
  readonly last: MessageId;
  readonly ids: Bytes;
  readonly fields: Bytes;
  readonly words: Bytes;
}

/** A segment that is read. */
export interface Segment {
  readonly ids: Uint32Array;
  readonly columns: Readonly<Record<FieldName, Column>>;
  readonly words: Postings;
}

/** Gathers letters, ascending by id, into one segment. */
export class SegmentBuilder {
  readonly #ids: MessageId[] = [];
  readonly #columns = fieldNames.map(() => new ColumnWriter());
  readonly #terms = new Map<string, number>();
  /** The last posting of each term, by the term's number. */
  #heads = new Int32Array(4096);
  /** Postings as position * 4 + place, and the posting of the same term before each. Flat, as there are very many. */
  #postings = new Int32Array(16_384);
  #before = new Int32Array(16_384);
  /** Postings so far: what memory and time depend on. */
  size = 0;

  get count(): number {
    return this.#ids.length;
  }

  /** A letter that cannot be read has empty texts. */
  add(id: MessageId, texts: LetterTexts | null): void {
    const position = this.#ids.push(id) - 1;
    for (const [index, name] of fieldNames.entries()) this.#columns[index]!.add(texts === null ? '' : fold(texts[name]));
    if (texts === null) return;
    this.#words(fold(texts.header), position, IN_HEADER);
    this.#words(fold(texts.body), position, IN_BODY);
  }

  #words(folded: string, position: number, place: number): void {
    eachToken(folded, (token) => {
      let term = this.#terms.get(token);
      if (term === undefined) {
        term = this.#terms.size;
        this.#terms.set(token, term);
        if (term === this.#heads.length) this.#heads = doubled(this.#heads);
        this.#heads[term] = -1;
      }
      const head = this.#heads[term]!;
      if (head >= 0 && this.#postings[head]! >>> 2 === position) {
        this.#postings[head]! |= place;
        return;
      }
      if (this.size === this.#postings.length) {
        this.#postings = doubled(this.#postings);
        this.#before = doubled(this.#before);
      }
      this.#postings[this.size] = position * 4 + place;
      this.#before[this.size] = head;
      this.#heads[term] = this.size++;
    });
  }

  finish(): SegmentBlocks {
    const words = new PostingsWriter();
    const list: number[] = [];
    for (const term of [...this.#terms.keys()].sort()) {
      words.term(term);
      list.length = 0;
      for (let at = this.#heads[this.#terms.get(term)!]!; at >= 0; at = this.#before[at]!) list.push(this.#postings[at]!);
      for (let at = list.length - 1; at >= 0; at--) words.posting(list[at]! >>> 2, list[at]! & 3);
    }
    return { ...blocksOfIds(this.#ids), fields: joinColumns(this.#columns), words: words.finish() };
  }
}

function doubled(numbers: Int32Array): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(numbers.length * 2);
  grown.set(numbers);
  return grown;
}

function blocksOfIds(ids: readonly MessageId[]): Pick<SegmentBlocks, 'count' | 'first' | 'last' | 'ids'> {
  const writer = new ByteWriter();
  writer.number(ids.length);
  let before = 0;
  for (const id of ids) {
    writer.number(id - before);
    before = id;
  }
  return { count: ids.length, first: ids[0] ?? 0, last: before, ids: writer.view() };
}

function joinColumns(columns: readonly ColumnWriter[]): Bytes {
  const writer = new ByteWriter();
  for (const column of columns) {
    const block = column.finish();
    writer.number(block.length);
    writer.bytes(block);
  }
  return writer.view();
}

export function readIds(block: Bytes): Uint32Array {
  const reader = new ByteReader(block);
  const ids = new Uint32Array(reader.number());
  let before = 0;
  for (let index = 0; index < ids.length; index++) ids[index] = before += reader.number();
  return ids;
}

export function readColumns(block: Bytes): Record<FieldName, Column> {
  const reader = new ByteReader(block);
  const columns: Partial<Record<FieldName, Column>> = {};
  for (const name of fieldNames) columns[name] = new Column(reader.bytes(reader.number()));
  return columns as Record<FieldName, Column>;
}

export function readSegment(blocks: Pick<SegmentBlocks, 'ids' | 'fields' | 'words'>): Segment {
  return { ids: readIds(blocks.ids), columns: readColumns(blocks.fields), words: new Postings(blocks.words) };
}

/** What a search finds in one segment: positions that hold the text, and such that must be looked at. */
export interface Found {
  readonly certain: readonly number[];
  readonly uncertain: readonly number[];
}

export function findInColumn(column: Column, folded: string): Found {
  const certain: number[] = [];
  const uncertain: number[] = [];
  column.each(folded, (position, isCertain) => (isCertain ? certain : uncertain).push(position));
  return { certain, uncertain };
}

export function findInWords(words: Postings, count: number, field: 'body' | 'text', plan: LookupPlan): Found {
  const places = field === 'body' ? IN_BODY : IN_BODY | IN_HEADER;
  let marks = new Uint8Array(count);
  let left = count;
  if (plan.lookups.length === 0) marks.fill(1);
  for (const [index, lookup] of plan.lookups.entries()) {
    if (index === 0) {
      left = words.mark(lookup, places, marks);
    } else {
      const also = new Uint8Array(count);
      words.mark(lookup, places, also);
      left = 0;
      for (let position = 0; position < count; position++) left += marks[position]! &= also[position]!;
    }
    if (left === 0) return { certain: [], uncertain: [] };
  }
  const positions: number[] = [];
  for (let position = 0; position < count; position++) if (marks[position] === 1) positions.push(position);
  return plan.exact ? { certain: positions, uncertain: [] } : { certain: [], uncertain: positions };
}

/** True when a field is a column of its own. */
export function isColumn(field: TextQuery['field']): field is FieldName {
  return field !== 'body' && field !== 'text';
}

/** Work between two pauses of a merge, in terms. */
const termsAtOnce = 4000;

/**
 * One segment out of several that follow one another, without the letters in `gone`. Pauses now and then, so that searches get their
 * turn. Null when no letter is left.
 */
export function* mergeSegments(segments: readonly Segment[], gone: ReadonlySet<MessageId>): Generator<void, SegmentBlocks | null> {
  const ids: MessageId[] = [];
  /** New position of each letter, or -1. */
  const moved = segments.map((segment) => Int32Array.from(segment.ids, (id) => (gone.has(id) ? -1 : ids.push(id) - 1)));
  if (ids.length === 0) return null;
  const columns: ColumnWriter[] = [];
  for (const name of fieldNames) {
    const writer = new ColumnWriter();
    for (const [index, segment] of segments.entries()) {
      const column = segment.columns[name];
      const to = moved[index]!;
      for (let position = 0; position < to.length; position++) {
        if (to[position]! >= 0) writer.addBytes(column.bytesAt(position), column.isCut(position));
      }
      yield;
    }
    columns.push(writer);
  }
  const words = yield* mergeWords(segments, moved);
  return { ...blocksOfIds(ids), fields: joinColumns(columns), words };
}

function* mergeWords(segments: readonly Segment[], moved: readonly Int32Array[]): Generator<void, Bytes> {
  const writer = new PostingsWriter();
  const at = segments.map(() => 0);
  const terms = segments.map(({ words }) => (words.count > 0 ? words.term(0) : null));
  for (let done = 1; ; done++) {
    let least: string | null = null;
    for (const term of terms) if (term !== null && (least === null || term < least)) least = term;
    if (least === null) return writer.finish();
    let begun = false;
    for (const [index, { words }] of segments.entries()) {
      if (terms[index] !== least) continue;
      const to = moved[index]!;
      words.eachPosting(at[index]!, (position, places) => {
        if (to[position]! < 0) return;
        if (!begun) writer.term(least);
        begun = true;
        writer.posting(to[position]!, places);
      });
      const next = ++at[index]!;
      terms[index] = next < words.count ? words.term(next) : null;
    }
    if (done % termsAtOnce === 0) yield;
  }
}
