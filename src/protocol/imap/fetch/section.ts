// Finds and cuts the octets that BODY[…] and BINARY[…] name (RFC 9051 §6.4.5.1, RFC 3516). Knows offsets kept with the letter and how to undo a
// transfer encoding; reads no letter itself, so that of a large one only what is wanted has to be read.
import { CR, findBytes, LF, NUL, SPACE, type Bytes } from '../../../base/bytes.ts';
import { Refusal } from '../../../base/trouble.ts';
import { findPart, parseParts, type FoundPart, type PartRange } from '../../../message/mime/parts.ts';
import { decodeTransfer, knownEncoding } from '../../../message/transfer.ts';
import type { Section } from '../grammar/fetch-items.ts';
import { FieldNames } from './field-names.ts';
import type { Batch, OctetItem } from './plan.ts';

/** Octets `start` to `end` of the letter, and what is to be made of them. */
export type Wanted =
  /** As they are; the partial has been applied. */
  | { readonly kind: 'range'; readonly start: number; readonly end: number }
  /** Only how many they are: nothing has to be read. */
  | { readonly kind: 'length'; readonly start: number; readonly end: number }
  /** The fields of this header section that are named, or the others. */
  | { readonly kind: 'fields'; readonly start: number; readonly end: number; readonly names: FieldNames; readonly not: boolean }
  /** Without their transfer encoding. */
  | { readonly kind: 'decoded'; readonly start: number; readonly end: number; readonly encoding: string };

/** What is known of one letter. */
export interface Locator {
  readonly size: number;
  readonly headerLength: number;
  /** @throws Error when what was stored is damaged. */
  part(path: readonly number[]): FoundPart | null;
}

export function locator(facts: Batch['facts'], i: number, size: number): Locator {
  let tree: PartRange | null = null;
  const headerLength = facts.headerLength?.[i] ?? 0;
  return {
    size,
    headerLength,
    part(path) {
      tree ??= parseParts(facts.parts?.[i] ?? '');
      return findPart(tree, path);
    },
  };
}

/** Where the octets of an item lie; null when the letter has no such part: the answer is NIL. @throws Refusal `unknown-cte` */
export function locate(item: OctetItem, letter: Locator): Wanted | null {
  const { what } = item;
  if (what.kind === 'section') return locateSection(item, what.section, letter);
  // RFC 3516 §4.2: without a part number the whole letter, which has no encoding.
  const kind = what.kind === 'binary-size' ? 'length' : 'range';
  if (what.part.length === 0) return { kind, ...narrow(0, letter.size, item) };
  const part = letter.part(what.part);
  if (part === null) return null;
  const encoding = part.type === 'multipart' || part.message !== null ? 'binary' : part.encoding;
  if (knownEncoding(encoding) === null) throw new Refusal('unknown-cte', `The encoding of part ${what.part.join('.')} is not known`);
  if (kind === 'length' && encoding !== 'base64' && encoding !== 'quoted-printable')
    return { kind, start: part.bodyStart, end: part.bodyEnd };
  return { kind: 'decoded', start: part.bodyStart, end: part.bodyEnd, encoding };
}

function locateSection(item: OctetItem, section: Section, letter: Locator): Wanted | null {
  if (section.part.length === 0)
    switch (section.text) {
      case null:
        return { kind: 'range', ...narrow(0, letter.size, item) };
      case 'TEXT':
        return { kind: 'range', ...narrow(letter.headerLength, letter.size, item) };
      case 'HEADER':
        return { kind: 'range', ...narrow(0, letter.headerLength, item) };
      default:
        return fields(section, 0, letter.headerLength);
    }
  const part = letter.part(section.part);
  if (part === null) return null;
  switch (section.text) {
    case null:
      return { kind: 'range', ...narrow(part.bodyStart, part.bodyEnd, item) };
    case 'MIME':
      return { kind: 'range', ...narrow(part.mimeStart, part.mimeEnd, item) };
    default:
      break;
  }
  // HEADER and TEXT of a part are those of the message in it.
  if (part.message === null) return null;
  const { headerStart, textStart, textEnd } = part.message;
  if (section.text === 'HEADER') return { kind: 'range', ...narrow(headerStart, textStart, item) };
  if (section.text === 'TEXT') return { kind: 'range', ...narrow(textStart, textEnd, item) };
  return fields(section, headerStart, textStart);
}

const TAB = 9;

/** The names of one FETCH are made ready once, not once for each letter. */
const knownNames = new WeakMap<Section, FieldNames>();

function fields(section: Section, start: number, end: number): Wanted {
  let names = knownNames.get(section);
  if (names === undefined) knownNames.set(section, (names = new FieldNames(section.fields)));
  return { kind: 'fields', start, end, names, not: section.text === 'HEADER.FIELDS.NOT' };
}

/** RFC 9051 §6.4.5 (partial): beyond the end there is nothing, which is no fault. */
function narrow(
  start: number,
  end: number,
  { start: skip, length }: { readonly start: number; readonly length: number },
): { start: number; end: number } {
  const from = Math.min(end, start + skip);
  return { start: from, end: Math.min(end, from + length) };
}

export interface Cut {
  readonly pieces: readonly Bytes[];
  readonly length: number;
  /** Holds NUL: must be a literal8 (RFC 3516 §4.3). */
  readonly binary: boolean;
}

/** The answer's octets, or a number for BINARY.SIZE. `bytes` hold the letter from octet `offset` on. */
export function cutOctets(item: OctetItem, wanted: Wanted, bytes: Bytes, offset: number): Cut | number {
  const start = wanted.start - offset;
  const end = wanted.end - offset;
  switch (wanted.kind) {
    case 'length':
      return wanted.end - wanted.start;
    case 'range': {
      const piece = bytes.subarray(start, end);
      return { pieces: [piece], length: piece.length, binary: false };
    }
    case 'decoded': {
      const decoded = decodeTransfer(wanted.encoding, bytes.subarray(start, end));
      if (item.what.kind === 'binary-size') return decoded.length;
      const { start: from, end: to } = narrow(0, decoded.length, item);
      const piece = decoded.subarray(from, to);
      return { pieces: [piece], length: piece.length, binary: findBytes(piece, NUL) >= 0 };
    }
    case 'fields':
      return cutFields(item, wanted.names, wanted.not, bytes, start, end);
  }
}

/** RFC 9051 §6.4.5.1 (HEADER.FIELDS): whole fields in their order, and always the empty line. */
function cutFields(item: OctetItem, names: FieldNames, not: boolean, bytes: Bytes, start: number, end: number): Cut {
  const pieces: Bytes[] = [];
  let skip = item.start;
  let left = item.length;
  let length = 0;
  const add = (source: Bytes, from: number, to: number): void => {
    const begin = Math.min(to, from + skip);
    skip -= begin - from;
    const finish = Math.min(to, begin + left);
    if (finish <= begin) return;
    left -= finish - begin;
    length += finish - begin;
    pieces.push(source.subarray(begin, finish));
  };
  /** Fields that stand side by side are one piece: where it began, or -1. */
  let open = -1;
  let kept = false;
  let at = start;
  for (; at < end;) {
    const first = bytes[at]!;
    if (first === LF || (first === CR && bytes[at + 1] === LF && at + 1 < end)) break;
    // A line that begins with white space belongs to the field before it.
    if (!((first === SPACE || first === TAB) && at > start)) {
      kept = names.has(bytes, at, end) !== not;
      if (kept && open < 0) open = at;
      else if (!kept && open >= 0) {
        add(bytes, open, at);
        open = -1;
      }
    }
    const lf = findBytes(bytes, LF, at);
    at = lf < 0 || lf >= end ? end : lf + 1;
  }
  if (at < end) add(bytes, open >= 0 ? open : at, at + (bytes[at] === LF ? 1 : 2));
  else {
    // A header without its empty line (a letter that is all header): the answer still ends with one.
    if (open >= 0) add(bytes, open, end);
    add(emptyLine, 0, 2);
  }
  return { pieces, length, binary: false };
}

const emptyLine = new Uint8Array([CR, LF]);
