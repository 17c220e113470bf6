// Encoded words (RFC 2047): text of any language in header fields that carry ASCII.
// Knows the two encodings, the rule about white space between words, and how real mail breaks both; knows no field.
import { base64FromBytes, bytesFromUtf8, type Bytes } from '../../base/bytes.ts';
import { decodeRawHeader, decodeText } from '../charset/decode.ts';
import { decodeBase64 } from '../transfer.ts';

interface Found {
  readonly charset: string;
  readonly base64: boolean;
  readonly textStart: number;
  readonly textEnd: number;
  /** Behind the closing `?=`. */
  readonly end: number;
}

/**
 * Decodes every encoded word in `text` (RFC 2047 §6). White space between two of them goes. Words of one charset that stand together are joined as octets
 * before they are decoded, since programs cut characters in two. Liberal: words inside quotes, without white space around, and with spaces in
 * their text are read, since Outlook and many scripts write them. What is no encoded word stays as it is.
 */
export function decodeWords(text: string): string {
  let at = text.indexOf('=?');
  if (at < 0) return text;
  let out = '';
  let plainFrom = 0;
  let charset = '';
  let pieces: Bytes[] = [];
  const flush = (): void => {
    if (pieces.length > 0) out += decodeText(charset, pieces.length === 1 ? pieces[0]! : joined(pieces));
    pieces = [];
  };
  while (at >= 0) {
    const word = readWord(text, at);
    if (word === null) {
      at = text.indexOf('=?', at + 1);
      continue;
    }
    const between = text.slice(plainFrom, at);
    if (pieces.length === 0) out += between;
    else if (!isBlank(between)) {
      flush();
      out += between;
    } else if (word.charset !== charset) flush();
    charset = word.charset;
    const encoded = text.slice(word.textStart, word.textEnd);
    pieces.push(word.base64 ? decodeBase64(octets(encoded)) : decodeQ(encoded));
    plainFrom = word.end;
    at = text.indexOf('=?', word.end);
  }
  flush();
  return out + text.slice(plainFrom);
}

/** A raw header value, one character per octet, as people read it. `hint`: see `decodeRawHeader`. */
export function decodeHeaderText(raw: string, hint = ''): string {
  return decodeWords(decodeRawHeader(raw, hint));
}

/** Control characters, which encoded words can smuggle into decoded text, and tabs of folding become spaces. */
export function cleanText(text: string): string {
  return /[\0-\x1f\x7f]/.test(text) ? text.replace(/[\0-\x1f\x7f]+/g, ' ') : text;
}

function joined(pieces: readonly Bytes[]): Bytes {
  let length = 0;
  for (const piece of pieces) length += piece.length;
  const all = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

/** `=?charset?B?text?=` at `start`, or null. Looks no further than the next `=?`, so that many broken words cost no more than once through. */
function readWord(text: string, start: number): Found | null {
  let at = start + 2;
  while (at < text.length && isTokenCode(text.charCodeAt(at))) at++;
  if (at === start + 2 || text[at] !== '?') return null;
  const charset = text.slice(start + 2, at).toLowerCase();
  const kind = text.charCodeAt(at + 1) | 32;
  if ((kind !== 98 && kind !== 113) || text[at + 2] !== '?') return null;
  const textStart = at + 3;
  for (at = textStart; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 63 && text[at + 1] === '=') return { charset, base64: kind === 98, textStart, textEnd: at, end: at + 2 };
    if (code === 61 && text[at + 1] === '?' && text[at + 2] !== '=') return null;
  }
  return null;
}

function isTokenCode(code: number): boolean {
  return code > 32 && code < 127 && code !== 63 && code !== 34 && code !== 61;
}

function isBlank(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code !== 32 && code !== 9 && code !== 13 && code !== 10) return false;
  }
  return true;
}

function octets(text: string): Bytes {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    bytes[at] = code < 256 ? code : 63;
  }
  return bytes;
}

function hexValue(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const lower = code | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}

/** RFC 2047 §4.2: `_` is a space, `=` and two hexadecimal digits an octet. Raw characters between become UTF-8. */
function decodeQ(text: string): Bytes {
  if (/[^\x00-\x7f]/.test(text)) text = text.replace(/[^\x00-\x7f]+/g, (run) => hexEscapes(bytesFromUtf8(run.toWellFormed())));
  const out = new Uint8Array(text.length);
  let length = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 95) out[length++] = 32;
    else if (code === 61 && hexValue(text.charCodeAt(at + 1)) >= 0 && hexValue(text.charCodeAt(at + 2)) >= 0) {
      out[length++] = (hexValue(text.charCodeAt(at + 1)) << 4) | hexValue(text.charCodeAt(at + 2));
      at += 2;
    } else out[length++] = code;
  }
  return out.subarray(0, length);
}

const hexDigits = '0123456789ABCDEF';

function hexEscapes(bytes: Bytes): string {
  let out = '';
  for (const octet of bytes) out += `=${hexDigits[octet >> 4]}${hexDigits[octet & 15]}`;
  return out;
}

/**
 * Encoded characters in one word, besides `=?utf-8?B?` and `?=`. RFC 2047 §2 allows 63; with 44 the first word fits in the 76 characters of its
 * line behind every common field name.
 */
const roomOfWord = 44;

/** `text` as one or more encoded words with a space between, in UTF-8, each with whole characters, B or Q by what is shorter. */
export function encodeWord(text: string): string {
  text = text.toWellFormed();
  const bytes = bytesFromUtf8(text);
  let qLength = 0;
  for (const octet of bytes) qLength += isQPlain(octet) || octet === 32 ? 1 : 3;
  const useQ = qLength <= Math.ceil(bytes.length / 3) * 4;
  const words: string[] = [];
  let piece = '';
  let width = 0;
  for (const character of text) {
    const octetsOf = bytesFromUtf8(character);
    let more = octetsOf.length;
    if (useQ) {
      more = 0;
      for (const octet of octetsOf) more += isQPlain(octet) || octet === 32 ? 1 : 3;
    }
    if (width + more > (useQ ? roomOfWord : Math.floor(roomOfWord / 4) * 3)) {
      words.push(oneWord(piece, useQ));
      piece = '';
      width = 0;
    }
    piece += character;
    width += more;
  }
  words.push(oneWord(piece, useQ));
  return words.join(' ');
}

function oneWord(text: string, useQ: boolean): string {
  const bytes = bytesFromUtf8(text);
  if (!useQ) return `=?utf-8?B?${base64FromBytes(bytes)}?=`;
  let out = '';
  for (const octet of bytes)
    out += octet === 32 ? '_' : isQPlain(octet) ? String.fromCharCode(octet) : `=${hexDigits[octet >> 4]}${hexDigits[octet & 15]}`;
  return `=?utf-8?Q?${out}?=`;
}

/** RFC 2047 §5 (3): what may stand in an encoded word everywhere, in phrases too. */
function isQPlain(octet: number): boolean {
  return (
    (octet >= 48 && octet <= 57) ||
    (octet >= 65 && octet <= 90) ||
    (octet >= 97 && octet <= 122) ||
    octet === 33 ||
    octet === 42 ||
    octet === 43 ||
    octet === 45 ||
    octet === 47
  );
}

/**
 * Unstructured text as ASCII: words that are not ASCII become encoded words, the others stay. With `keepWords` encoded words already there stay
 * too; without, what only looks like one is encoded, so that decoding gives the same text.
 */
export function encodeText(text: string, keepWords = false): string {
  if (/^[\x20-\x7e\t]*$/.test(text) && (keepWords || !text.includes('=?'))) return text;
  const words = text.split(' ');
  const needs = words.map((word) => /[^\x21-\x7e\t]/.test(word) || (!keepWords && word.includes('=?')));
  let out = '';
  for (let index = 0; index < words.length;) {
    if (index > 0) out += ' ';
    if (!needs[index]) {
      out += words[index++]!;
      continue;
    }
    // A run of words that need it, the spaces between them included. Empty words are spaces in a row.
    let end = index + 1;
    let next = end;
    while (next < words.length && (needs[next] || words[next] === '')) {
      next++;
      if (needs[next - 1]) end = next;
    }
    let run = words.slice(index, end).join(' ');
    // Beside an encoded word that stays, the space between must be inside ours, or decoding would drop it.
    if (keepWords && index > 0 && words[index - 1]!.endsWith('?=')) run = ` ${run}`;
    if (keepWords && end < words.length && words[end]!.startsWith('=?')) run += ' ';
    out += run === '' ? '' : encodeWord(run);
    index = end;
  }
  return out;
}
