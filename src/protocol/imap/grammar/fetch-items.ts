// What FETCH asks for: data items, sections and modifiers (RFC 9051 §9 fetch, fetch-att, section; RFC 3501, 3516, 7162, 8474, 8514, 8970).
// Knows the words; knows no letter. `parse…` and `format…` are twins.
import { type Cursor } from './cursor.ts';

/** Items that are one word. */
const plainNames = [
  'FLAGS',
  'UID',
  'INTERNALDATE',
  'RFC822.SIZE',
  'ENVELOPE',
  'BODYSTRUCTURE',
  'RFC822', // RFC 3501 §6.4.5
  'RFC822.HEADER',
  'RFC822.TEXT',
  'MODSEQ', // RFC 7162 §3.1.4.2
  'EMAILID', // RFC 8474 §5.3
  'THREADID',
  'SAVEDATE', // RFC 8514 §4.2
] as const;
export type PlainItem = (typeof plainNames)[number] | 'BODY';

/** RFC 9051 §6.4.5.1: which octets of a letter. */
export interface Section {
  /** Part numbers, outermost first; empty for the letter itself. */
  readonly part: readonly number[];
  /** What of it: null for all of the part's content. MIME only with a part. */
  readonly text: 'HEADER' | 'HEADER.FIELDS' | 'HEADER.FIELDS.NOT' | 'TEXT' | 'MIME' | null;
  /** Names for HEADER.FIELDS and HEADER.FIELDS.NOT, as the client wrote them. */
  readonly fields: readonly string[];
}

/** RFC 9051 §9 (partial): octets from `start`, at most `length`. */
export interface Partial {
  readonly start: number;
  readonly length: number;
}

export type FetchItem =
  | { readonly name: PlainItem }
  | { readonly name: 'PREVIEW'; readonly lazy: boolean }
  | { readonly name: 'BODY[]'; readonly peek: boolean; readonly section: Section; readonly partial: Partial | null }
  | { readonly name: 'BINARY'; readonly peek: boolean; readonly part: readonly number[]; readonly partial: Partial | null }
  | { readonly name: 'BINARY.SIZE'; readonly part: readonly number[] };

/** RFC 4466 §2.4 modifiers. */
export interface FetchModifiers {
  /** RFC 7162 §3.1.4.1. */
  readonly changedSince: number | null;
  /** RFC 7162 §3.2.6. */
  readonly vanished: boolean;
}

/** Items of one FETCH; beyond it the command is refused (reliability B-056). */
const itemLimit = 600;
/** Levels of a section; no letter that is read deeper than 100 parts has more. */
const partLimit = 128;

// RFC 9051 §6.4.5
const macros: Readonly<Record<string, readonly FetchItem[]>> = {
  FAST: [{ name: 'FLAGS' }, { name: 'INTERNALDATE' }, { name: 'RFC822.SIZE' }],
  ALL: [{ name: 'FLAGS' }, { name: 'INTERNALDATE' }, { name: 'RFC822.SIZE' }, { name: 'ENVELOPE' }],
  FULL: [{ name: 'FLAGS' }, { name: 'INTERNALDATE' }, { name: 'RFC822.SIZE' }, { name: 'ENVELOPE' }, { name: 'BODY' }],
};

/** RFC 9051 §9 (fetch), after the set and its space: a macro, an item, or items in parentheses. */
export function parseFetchItems(cursor: Cursor): FetchItem[] {
  if (cursor.atList) {
    let count = 0;
    return cursor.list(() => {
      if (++count > itemLimit) cursor.fail(`FETCH takes at most ${itemLimit} items`);
      return parseFetchItem(cursor);
    });
  }
  const begin = cursor.at;
  const macro = macros[readName(cursor)];
  if (macro) return [...macro];
  cursor.at = begin;
  return [parseFetchItem(cursor)];
}

export function formatFetchItems(items: readonly FetchItem[]): string {
  return `(${items.map(formatFetchItem).join(' ')})`;
}

/** Letters, digits and dots: the brackets of a section are no part of the name. */
function readName(cursor: Cursor): string {
  const begin = cursor.at;
  for (;;) {
    const octet = cursor.peek();
    const letter = octet | 0x20;
    if ((letter >= 0x61 && letter <= 0x7a) || (octet >= 0x30 && octet <= 0x39) || octet === 0x2e) cursor.at++;
    else break;
  }
  let name = '';
  for (let at = begin; at < cursor.at; at++) name += String.fromCharCode(cursor.bytes[at]!);
  return name.toUpperCase();
}

function parseFetchItem(cursor: Cursor): FetchItem {
  const begin = cursor.at;
  const name = readName(cursor);
  const bracket = cursor.peek() === 0x5b;
  switch (name) {
    case 'BODY':
      if (!bracket) return { name };
      return { name: 'BODY[]', peek: false, section: parseSection(cursor), partial: parsePartial(cursor) };
    case 'BODY.PEEK':
      return { name: 'BODY[]', peek: true, section: parseSection(cursor), partial: parsePartial(cursor) };
    case 'BINARY':
    case 'BINARY.PEEK':
      return { name: 'BINARY', peek: name !== 'BINARY', part: parseBinaryPart(cursor), partial: parsePartial(cursor) };
    case 'BINARY.SIZE':
      return { name, part: parseBinaryPart(cursor) };
    case 'PREVIEW':
      return { name, lazy: parsePreviewModifiers(cursor) };
  }
  const plain = plainNames.find((known) => known === name);
  if (plain === undefined || bracket)
    cursor.fail(name === '' ? 'expected an item to fetch' : `no such item to fetch: ${name.slice(0, 40)}`, begin);
  return { name: plain };
}

function formatFetchItem(item: FetchItem): string {
  switch (item.name) {
    case 'BODY[]':
      return `BODY${item.peek ? '.PEEK' : ''}${formatSection(item.section)}${formatPartial(item.partial)}`;
    case 'BINARY':
      return `BINARY${item.peek ? '.PEEK' : ''}[${item.part.join('.')}]${formatPartial(item.partial)}`;
    case 'BINARY.SIZE':
      return `BINARY.SIZE[${item.part.join('.')}]`;
    case 'PREVIEW':
      return item.lazy ? 'PREVIEW (LAZY)' : 'PREVIEW';
    default:
      return item.name;
  }
}

/** section = "[" [section-spec] "]" */
function parseSection(cursor: Cursor): Section {
  cursor.expect('[');
  const part = parsePartNumbers(cursor);
  if (cursor.take(']')) return { part, text: null, fields: [] };
  if (part.length > 0) cursor.expect('.');
  const begin = cursor.at;
  const name = readName(cursor);
  let fields: string[] = [];
  switch (name) {
    case 'HEADER.FIELDS':
    case 'HEADER.FIELDS.NOT':
      cursor.space();
      fields = cursor.list(() => parseFieldName(cursor));
      break;
    case 'MIME':
      if (part.length === 0) cursor.fail('MIME needs a part number before it', begin);
      break;
    case 'HEADER':
    case 'TEXT':
      break;
    default:
      cursor.fail('expected HEADER, HEADER.FIELDS, HEADER.FIELDS.NOT, TEXT, MIME or a part number', begin);
  }
  cursor.expect(']');
  return { part, text: name, fields };
}

/** As the answer to FETCH repeats it (RFC 9051 §7.5.2). */
export function formatSection(section: Section): string {
  const names = section.fields.length > 0 ? ` (${section.fields.map(formatFieldName).join(' ')})` : '';
  return `[${section.part.join('.')}${section.part.length > 0 && section.text !== null ? '.' : ''}${section.text ?? ''}${names}]`;
}

/** header-fld-name = astring. Strict: RFC 5322 §3.6.8 names are printable ASCII without a colon; nothing else can be found. */
function parseFieldName(cursor: Cursor): string {
  const begin = cursor.at;
  const name = cursor.astring();
  if (name.length > 998 || !/^[!-9;-~]+$/.test(name)) cursor.fail('expected the name of a header field', begin);
  return name;
}

function formatFieldName(name: string): string {
  return /^[^(){ %*"\\[\]]+$/.test(name) ? name : `"${name.replace(/["\\]/g, '\\$&')}"`;
}

/** section-part = nz-number *("." nz-number); may be missing. Leaves a dot that a word follows. */
function parsePartNumbers(cursor: Cursor): number[] {
  const part: number[] = [];
  while (isDigit(cursor.peek())) {
    part.push(cursor.nzNumber(undefined, 'a part number'));
    if (part.length > partLimit) cursor.fail('too many part numbers');
    if (cursor.peek() !== 0x2e || !isDigit(cursor.bytes[cursor.at + 1] ?? -1)) break;
    cursor.at++;
  }
  return part;
}

function isDigit(octet: number): boolean {
  return octet >= 0x30 && octet <= 0x39;
}

/** section-binary = "[" [section-part] "]" */
function parseBinaryPart(cursor: Cursor): number[] {
  cursor.expect('[');
  const part = parsePartNumbers(cursor);
  cursor.expect(']');
  return part;
}

/** partial = "<" number64 "." nz-number64 ">" */
function parsePartial(cursor: Cursor): Partial | null {
  if (!cursor.take('<')) return null;
  const start = cursor.number(Number.MAX_SAFE_INTEGER, 'the start of a partial');
  cursor.expect('.');
  const length = cursor.nzNumber(Number.MAX_SAFE_INTEGER, 'the length of a partial');
  cursor.expect('>');
  return { start, length };
}

function formatPartial(partial: Partial | null): string {
  return partial ? `<${partial.start}.${partial.length}>` : '';
}

/** RFC 8970 §6: `(LAZY)` behind PREVIEW. */
function parsePreviewModifiers(cursor: Cursor): boolean {
  if (!cursor.looksAt(' (')) return false;
  const begin = cursor.at;
  cursor.space();
  let lazy = false;
  cursor.list(() => {
    if (cursor.word('LAZY') !== 'LAZY') cursor.fail('the only modifier of PREVIEW is LAZY', begin);
    lazy = true;
  });
  return lazy;
}

/** RFC 4466 §2.4 (fetch-modifiers), from the space on; may be missing. */
export function parseFetchModifiers(cursor: Cursor): FetchModifiers {
  let changedSince: number | null = null;
  let vanished = false;
  if (cursor.looksAt(' (')) {
    cursor.space();
    cursor.list(() => {
      const begin = cursor.at;
      switch (cursor.word('a modifier of FETCH')) {
        case 'CHANGEDSINCE':
          cursor.space();
          changedSince = cursor.modSeq();
          break;
        case 'VANISHED':
          vanished = true;
          break;
        default:
          cursor.fail('no such modifier of FETCH', begin);
      }
    });
  }
  return { changedSince, vanished };
}

export function formatFetchModifiers(modifiers: FetchModifiers): string {
  const words = [
    ...(modifiers.changedSince === null ? [] : [`CHANGEDSINCE ${modifiers.changedSince}`]),
    ...(modifiers.vanished ? ['VANISHED'] : []),
  ];
  return words.length === 0 ? '' : ` (${words.join(' ')})`;
}
