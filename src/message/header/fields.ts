// The fields of a header section by octet offset (RFC 5322 §2.2), found in one pass.
// Knows lines, names, folding and the limits of limits.ts. Knows no field's meaning.
//
// One rule for each thing that is written in several ways in real mail (RFC 5322 §2.1, §4.5):
// - The section ends at the first empty line and nowhere else, save at `stop` or the end of the octets. A line without a field name
//   (an mbox `From ` line, body text without an empty line before it) is passed over, together with its continuation lines.
// - A line of nothing but spaces or tabs is a continuation (obs-FWS), not the end.
// - Lines end at LF; a CR before it belongs to the line end. White space before the colon is allowed (obs-optional).
import { CR, LF, latin1FromBytes, type Bytes } from '../../base/bytes.ts';
import { maxField, maxHeaderSection } from '../limits.ts';

const TAB = 9;
const SPACE = 32;
const DASH = 45;
const COLON = 58;

/** One field, or a run of lines that is none (`nameEnd` = `start` then). */
export interface FieldRange {
  /** Where the line begins; the name begins here too. */
  readonly start: number;
  readonly nameEnd: number;
  /** Behind the colon. */
  readonly valueStart: number;
  /** Behind the line end of its last line. */
  readonly end: number;
}

export interface Header {
  /** Offset of the section in the letter. */
  readonly start: number;
  /** Behind its empty line: where the body begins. */
  readonly end: number;
  /** The indexed octets, one character each. */
  readonly text: string;
  readonly fields: readonly FieldRange[];
  /** Line ends in it. */
  readonly lines: number;
  /** True when `stop` ended it. */
  readonly stopped: boolean;
}

/**
 * Reads the header section that begins at `start`. `stop` is asked for each line that begins with two dashes whether it is the
 * delimiter of a multipart around it, which ends the section too.
 */
export function readHeader(bytes: Bytes, start: number, end: number, stop?: (lineStart: number) => boolean): Header {
  const fields: FieldRange[] = [];
  const indexed = Math.min(end, start + maxHeaderSection);
  let at = start;
  let lines = 0;
  let stopped = false;
  let open = false;
  let fieldStart = 0;
  let nameEnd = 0;
  let valueStart = 0;
  while (at < end) {
    const first = bytes[at]!;
    if (first === LF || (first === CR && bytes[at + 1] === LF && at + 1 < end)) {
      if (open) fields.push({ start: fieldStart, nameEnd, valueStart, end: at });
      open = false;
      at += first === LF ? 1 : 2;
      lines++;
      break;
    }
    if (first === DASH && bytes[at + 1] === DASH && stop?.(at) === true) {
      stopped = true;
      break;
    }
    let octet = first;
    if (first !== SPACE && first !== TAB && at < indexed) {
      if (open) fields.push({ start: fieldStart, nameEnd, valueStart, end: at });
      open = true;
      fieldStart = at;
      // The name: printable ASCII, then white space, then the colon.
      while (at < end && octet > SPACE && octet < 127 && octet !== COLON) octet = bytes[++at]!;
      nameEnd = at;
      while (at < end && (octet === SPACE || octet === TAB)) octet = bytes[++at]!;
      if (at < end && octet === COLON) valueStart = ++at;
      else valueStart = nameEnd = fieldStart;
    }
    while (at < end && bytes[at] !== LF) at++;
    if (at < end) {
      at++;
      lines++;
    }
  }
  if (open) fields.push({ start: fieldStart, nameEnd, valueStart, end: at });
  return { start, end: at, text: latin1FromBytes(bytes, start, Math.min(at, indexed)), fields, lines, stopped };
}

/** Lower-case name of a field; empty for lines that are no field. */
export function fieldName(header: Header, field: FieldRange): string {
  return header.text.slice(field.start - header.start, field.nameEnd - header.start).toLowerCase();
}

/** Unfolded value, white space around it removed; one character per octet, at most `maxField` of them. */
export function fieldValue(header: Header, field: FieldRange): string {
  return unfold(header.text.slice(field.valueStart - header.start, Math.min(field.end, field.valueStart + maxField) - header.start));
}

/** Value of the first field of that lower-case name, or null. RFC 5322 §3.6 allows one; the first wins, as RFC 2045 readers do. */
export function firstField(header: Header, name: string): string | null {
  for (const field of header.fields)
    if (field.nameEnd - field.start === name.length && fieldName(header, field) === name) return fieldValue(header, field);
  return null;
}

/** RFC 5322 §2.2.3: line ends go, the white space after them stays. NUL goes as well; a CR alone (obs-unstruct, §4.1) is a space. */
export function unfold(raw: string): string {
  const text = /[\r\n\0]/.test(raw) ? raw.replace(/\r?\n|\0/g, '').replaceAll('\r', ' ') : raw;
  return trimBlank(text);
}

/** Removes spaces and tabs around; not U+00A0, which is half of a UTF-8 character in octet text. */
export function trimBlank(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return start === 0 && end === text.length ? text : text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB;
}

/** A field of a header section with its lower-case name, for cutting. */
export interface NamedRange {
  /** Empty for lines that are no field. */
  readonly name: string;
  readonly start: number;
  /** Behind its last line end. */
  readonly end: number;
}

/**
 * All fields of the header section in `bytes` from `start` to `end` in order, and where its empty line begins (`blank`, equal to `blankEnd` when
 * there is none): BODY[HEADER.FIELDS (…)] is the ranges wanted and then `blank` to `blankEnd`. RFC 9051 §6.4.5.1.
 */
export function headerFieldRanges(bytes: Bytes, start = 0, end = bytes.length): { fields: NamedRange[]; blank: number; blankEnd: number } {
  const fields: NamedRange[] = [];
  let at = start;
  let blank = end;
  let blankEnd = end;
  let openStart = -1;
  let openName = '';
  while (at < end) {
    const first = bytes[at]!;
    if (first === LF || (first === CR && bytes[at + 1] === LF && at + 1 < end)) {
      blank = at;
      blankEnd = first === LF ? at + 1 : at + 2;
      break;
    }
    const lineStart = at;
    const found = bytes.indexOf(LF, at);
    at = found < 0 || found >= end ? end : found + 1;
    if ((first === SPACE || first === TAB) && openStart >= 0) continue;
    if (openStart >= 0) fields.push({ name: openName, start: openStart, end: lineStart });
    openStart = lineStart;
    openName = nameOfLine(bytes, lineStart, at);
  }
  if (openStart >= 0) fields.push({ name: openName, start: openStart, end: Math.min(at, blank) });
  return { fields, blank, blankEnd };
}

function nameOfLine(bytes: Bytes, start: number, end: number): string {
  let at = start;
  while (at < end && bytes[at]! > SPACE && bytes[at]! < 127 && bytes[at] !== COLON) at++;
  const nameEnd = at;
  while (at < end && (bytes[at] === SPACE || bytes[at] === TAB)) at++;
  return at < end && bytes[at] === COLON ? latin1FromBytes(bytes, start, nameEnd).toLowerCase() : '';
}
