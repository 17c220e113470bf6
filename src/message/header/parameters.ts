// `type; name=value` fields: Content-Type and Content-Disposition (RFC 2045 §5.1, RFC 2183), their parameters with the segments and charsets of RFC 2231.
// Knows the grammar and its common breaks; knows no part. Values are octet text (one character per octet) until asked for as text.
//
// Decision rules: of parameters with one name the first wins; `name*` (RFC 2231) wins over `name`; segments count from 0 to the
// first gap, the first of a number wins; encoded words in a value (RFC 2231 §6 forbids them, Outlook writes them) are decoded; more than
// `maxParameters` are not read.
import { bytesFromLatin1, bytesFromUtf8 } from '../../base/bytes.ts';
import { decodeText } from '../charset/decode.ts';
import { maxParameters, maxToken } from '../limits.ts';
import { decodeHeaderText } from './encoded-word.ts';
import { trimBlank } from './fields.ts';

export interface Parameter {
  /** Lower case, without the marks of RFC 2231. */
  readonly name: string;
  /** Octet text, percent signs undone. */
  readonly raw: string;
  /** The charset of RFC 2231, perhaps empty; null for an ordinary parameter. */
  readonly charset: string | null;
}

export interface TypedValue {
  /** Lower case; `text/plain`, `attachment`. */
  readonly value: string;
  readonly parameters: readonly Parameter[];
  /** True when a parameter was there twice, so that other readers may see another value. */
  readonly repeated: boolean;
}

const noParameters: readonly Parameter[] = [];

/** The value before the first `;` and the parameters. Never fails: what cannot be read is passed over. */
export function parseTyped(text: string): TypedValue {
  let at = 0;
  while (at < text.length && text[at] !== ';' && text[at] !== '(') at++;
  const value = text.slice(0, at).trim().toLowerCase();
  if (text[at] === '(') at = skipComment(text, at);
  while (at < text.length && text[at] !== ';') at++;
  return at < text.length ? { value, ...parseParameters(text, at) } : { value, parameters: noParameters, repeated: false };
}

/** RFC 2045 §5.1: `type/subtype`, both tokens; null when it is none. */
export function splitMediaType(value: string): { readonly type: string; readonly subtype: string } | null {
  const slash = value.indexOf('/');
  if (slash < 0) return null;
  const type = value.slice(0, slash).trim();
  const subtype = value.slice(slash + 1).trim();
  return isToken(type) && isToken(subtype) ? { type, subtype } : null;
}

/** RFC 2045 §5.1 (token), not longer than `maxToken`. */
export function isToken(text: string): boolean {
  return text.length <= maxToken && /^[!#$%&'*+\-.0-9A-Z^_`a-z{|}~]+$/.test(text);
}

/** The value as people read it, or null when there is none of that name. */
export function parameterText(parameters: readonly Parameter[], name: string): string | null {
  let plain: Parameter | undefined;
  for (const parameter of parameters) {
    if (parameter.name !== name) continue;
    if (parameter.charset !== null) return textOf(parameter);
    plain ??= parameter;
  }
  return plain === undefined ? null : textOf(plain);
}

function textOf(parameter: Parameter): string {
  if (parameter.charset === null) return decodeHeaderText(parameter.raw);
  return decodeText(parameter.charset === '' ? 'utf-8' : parameter.charset, bytesFromLatin1(parameter.raw));
}

/** RFC 2231 §7: `charset'language'percent text` in UTF-8, pure ASCII. */
export function extendedValue(text: string): string {
  let out = "utf-8''";
  for (const octet of bytesFromUtf8(text.toWellFormed()))
    out += isAttributeOctet(octet) ? String.fromCharCode(octet) : `%${octet.toString(16).toUpperCase().padStart(2, '0')}`;
  return out;
}

/** RFC 2231 §7 (attribute-char). */
function isAttributeOctet(octet: number): boolean {
  return (
    (octet >= 48 && octet <= 57) ||
    (octet >= 65 && octet <= 90) ||
    (octet >= 97 && octet <= 122) ||
    octet === 45 ||
    octet === 46 ||
    octet === 95
  );
}

/**
 * Twin of `parseTyped`: `value; name=value; …`, not folded, pure ASCII. A value that is not ASCII, or too long for a line, becomes RFC 2231 segments;
 * what has a name needs no escape here: CR, LF and NUL are the business of `formatField`.
 */
export function formatTyped(value: string, parameters: readonly (readonly [name: string, value: string])[]): string {
  let out = value;
  for (const [name, text] of parameters) for (const piece of formatParameter(name, text)) out += `; ${piece}`;
  return out;
}

/** Characters of a value that one line holds besides its name. */
const segmentRoom = 60;

function formatParameter(name: string, text: string): string[] {
  if (/^[\x20-\x7e]*$/.test(text) && text.length <= segmentRoom && !text.includes('=?')) {
    if (isToken(text) && !/['*%]/.test(text)) return [`${name}=${text}`];
    return [`${name}="${text.replace(/["\\]/g, '\\$&')}"`];
  }
  const encoded = extendedValue(text);
  if (encoded.length <= segmentRoom) return [`${name}*=${encoded}`];
  const pieces: string[] = [];
  let at = 0;
  while (at < encoded.length) {
    let end = Math.min(at + segmentRoom, encoded.length);
    // A percent sign stays with its digits.
    const percent = encoded.lastIndexOf('%', end - 1);
    if (percent > at && percent > end - 3 && end < encoded.length) end = percent;
    pieces.push(`${name}*${pieces.length}*=${encoded.slice(at, end)}`);
    at = end;
  }
  return pieces;
}

interface RawParameter {
  readonly name: string;
  readonly segment: number;
  readonly percent: boolean;
  readonly value: string;
}

function parseParameters(text: string, from: number): { parameters: Parameter[]; repeated: boolean } {
  const found: Parameter[] = [];
  let repeated = false;
  const segmented = new Map<string, RawParameter[]>();
  let at = from;
  for (let count = 0; at < text.length && count < maxParameters; count++) {
    // at stands on a `;`
    at++;
    const nameStart = at;
    while (at < text.length && text[at] !== '=' && text[at] !== ';') at++;
    const name = text.slice(nameStart, at).trim().toLowerCase();
    if (text[at] !== '=') continue;
    at++;
    while (text[at] === ' ' || text[at] === '\t') at++;
    let value: string;
    if (text[at] === '"') {
      const end = quotedEnd(text, at);
      value = unquote(text.slice(at + 1, end));
      at = end + 1;
    } else {
      const valueStart = at;
      while (at < text.length && text[at] !== ';' && !(text[at] === '(' && isBlank(text[at - 1]))) at++;
      value = trimBlank(text.slice(valueStart, at));
      if (text[at] === '(') at = skipComment(text, at);
    }
    while (at < text.length && text[at] !== ';') at++;
    if (!isToken(name)) continue;
    const star = name.indexOf('*');
    if (star < 0) {
      if (found.some((other) => other.name === name)) repeated = true;
      else found.push({ name, raw: value, charset: null });
      continue;
    }
    const marks = /^\*(?:([0-9]{1,4})(\*)?)?$/.exec(name.slice(star));
    if (marks === null || star === 0) continue;
    const base = name.slice(0, star);
    const piece = { name: base, segment: Number(marks[1] ?? 0), percent: marks[1] === undefined || marks[2] !== undefined, value };
    const pieces = segmented.get(base);
    if (pieces === undefined) segmented.set(base, [piece]);
    else {
      repeated ||= pieces.some((other) => other.segment === piece.segment);
      pieces.push(piece);
    }
  }
  for (const [name, pieces] of segmented) {
    const whole = joinSegments(name, pieces);
    if (whole !== null) found.push(whole);
  }
  return { parameters: found, repeated };
}

/** RFC 2231 §3, §4.1: segments in the order of their numbers; the charset stands in the first. */
function joinSegments(name: string, pieces: readonly RawParameter[]): Parameter | null {
  const byNumber = new Map<number, RawParameter>();
  for (const piece of pieces) if (!byNumber.has(piece.segment)) byNumber.set(piece.segment, piece);
  let raw = '';
  let charset: string | null = null;
  let number = 0;
  for (let piece = byNumber.get(0); piece !== undefined; piece = byNumber.get(++number)) {
    let value = piece.value;
    if (piece.percent) {
      if (number === 0) {
        const first = value.indexOf("'");
        const second = first < 0 ? -1 : value.indexOf("'", first + 1);
        charset = second < 0 ? '' : value.slice(0, first).toLowerCase();
        if (second >= 0) value = value.slice(second + 1);
      }
      charset ??= '';
      value = undoPercent(value);
    }
    raw += value;
  }
  return number === 0 ? null : { name, raw, charset };
}

function undoPercent(text: string): string {
  return text.includes('%')
    ? text.replace(/%([0-9A-Fa-f]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)))
    : text;
}

/** Offset of the closing quote of the string that opens at `at`; the end of the text when it is missing. */
function quotedEnd(text: string, at: number): number {
  for (at++; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '"') return at;
  }
  return text.length;
}

/**
 * Removes the backslashes of quoted pairs (RFC 5322 §3.2.4). A backslash before a letter or digit stays: Windows programs put paths into
 * file names without quoting them.
 */
function unquote(text: string): string {
  return text.includes('\\') ? text.replace(/\\([^0-9A-Za-z])/g, '$1') : text;
}

/** Behind the comment that opens at `at`; comments nest without recursion, a missing end is the end of the text. */
export function skipComment(text: string, at: number): number {
  let depth = 0;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 92) at++;
    else if (code === 40) depth++;
    else if (code === 41 && --depth === 0) return at + 1;
  }
  return text.length;
}

function isBlank(character: string | undefined): boolean {
  return character === ' ' || character === '\t';
}
