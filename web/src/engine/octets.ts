// src/base/bytes.ts for browsers, which have no Buffer: the same functions, put in its place by web/build.ts. Knows octets only.
export type Bytes = Uint8Array;

export const CR = 13;
export const LF = 10;
export const NUL = 0;
export const SPACE = 32;
export const DOT = 46;

const empty = new Uint8Array();
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
/** As many arguments as every engine takes. */
const charactersAtOnce = 8192;

export function noBytes(): Bytes {
  return empty;
}

export function latin1FromBytes(bytes: Bytes, start = 0, end = bytes.length): string {
  let text = '';
  for (let at = start; at < end; at += charactersAtOnce)
    text += String.fromCharCode(...bytes.subarray(at, Math.min(end, at + charactersAtOnce)));
  return text;
}

export function bytesFromLatin1(text: string): Bytes {
  const bytes = new Uint8Array(text.length);
  writeLatin1(bytes, text, 0);
  return bytes;
}

export function utf8FromBytes(bytes: Bytes, start = 0, end = bytes.length): string {
  return decoder.decode(bytes.subarray(start, end) as Uint8Array<ArrayBuffer>);
}

export function bytesFromUtf8(text: string): Bytes {
  return encoder.encode(text);
}

export function bytesFromBase64(text: string): Bytes {
  const [words = ''] = text.replaceAll('-', '+').replaceAll('_', '/').split('=');
  const clean = words.replace(/[^A-Za-z0-9+/]/g, '');
  return bytesFromLatin1(atob(clean.length % 4 === 1 ? clean.slice(0, -1) : clean));
}

export function base64FromBytes(bytes: Bytes): string {
  return btoa(latin1FromBytes(bytes));
}

export function base64UrlFromBytes(bytes: Bytes): string {
  return base64FromBytes(bytes).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

export function hexFromBytes(bytes: Bytes): string {
  return Array.from(bytes, (octet) => octet.toString(16).padStart(2, '0')).join('');
}

export function bytesFromHex(text: string): Bytes {
  const pairs = /^(?:[0-9a-f]{2})*/i.exec(text)![0];
  return Uint8Array.from({ length: pairs.length / 2 }, (_none, index) => Number.parseInt(pairs.slice(2 * index, 2 * index + 2), 16));
}

export function concatBytes(list: readonly Bytes[]): Bytes {
  if (list.length === 1) return list[0]!;
  const whole = new Uint8Array(list.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const bytes of list) {
    whole.set(bytes, at);
    at += bytes.length;
  }
  return whole;
}

export function findBytes(bytes: Bytes, needle: Bytes | number, from = 0): number {
  if (typeof needle === 'number') return bytes.indexOf(needle, from);
  const start = from < 0 ? Math.max(0, bytes.length + from) : from;
  if (needle.length === 0) return Math.min(start, bytes.length);
  for (let at = bytes.indexOf(needle[0]!, start); at >= 0 && at + needle.length <= bytes.length; at = bytes.indexOf(needle[0]!, at + 1)) {
    let length = 1;
    while (length < needle.length && bytes[at + length] === needle[length]) length++;
    if (length === needle.length) return at;
  }
  return -1;
}

export function equalBytes(a: Bytes, b: Bytes): boolean {
  return a.length === b.length && a.every((octet, index) => octet === b[index]);
}

export function isAsciiBytes(bytes: Bytes): boolean {
  return bytes.every((octet) => octet < 128);
}

export function allocateBytes(length: number): Bytes {
  return new Uint8Array(length);
}

export function writeLatin1(into: Bytes, text: string, offset: number): number {
  const length = Math.max(0, Math.min(text.length, into.length - offset));
  for (let index = 0; index < length; index++) into[offset + index] = text.charCodeAt(index);
  return length;
}

export function writeUtf8(into: Bytes, text: string, offset: number): number {
  return encoder.encodeInto(text, into.subarray(offset) as Uint8Array<ArrayBuffer>).written;
}
