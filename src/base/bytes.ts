// Octets. The one place where `Buffer` is named: everything else takes `Bytes` and calls these functions,
// so that the pure layers keep running where there is no Buffer.
import { Buffer as NodeBuffer, isAscii } from 'node:buffer';

export type Bytes = Uint8Array;

export const CR = 13;
export const LF = 10;
export const NUL = 0;
export const SPACE = 32;
export const DOT = 46;

const empty = NodeBuffer.alloc(0);
export function noBytes(): Bytes {
  return empty;
}

/** A view of the same memory with Buffer's fast methods. */
function asBuffer(bytes: Bytes): NodeBuffer {
  return bytes instanceof NodeBuffer ? bytes : NodeBuffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Each octet becomes the code point of the same number; lossless. */
export function latin1FromBytes(bytes: Bytes, start = 0, end = bytes.length): string {
  return asBuffer(bytes).toString('latin1', start, end);
}

/** Code points above U+00FF lose their high bits: only for text known to be ASCII or made by `latin1FromBytes`. */
export function bytesFromLatin1(text: string): Bytes {
  return NodeBuffer.from(text, 'latin1');
}

/** Malformed sequences become U+FFFD. */
export function utf8FromBytes(bytes: Bytes, start = 0, end = bytes.length): string {
  return asBuffer(bytes).toString('utf8', start, end);
}

export function bytesFromUtf8(text: string): Bytes {
  return NodeBuffer.from(text, 'utf8');
}

/** Lenient as Buffer is: characters outside the alphabet are passed over. Check the alphabet before where it matters. */
export function bytesFromBase64(text: string): Bytes {
  return NodeBuffer.from(text, 'base64');
}

export function base64FromBytes(bytes: Bytes): string {
  return asBuffer(bytes).toString('base64');
}

/** RFC 4648 §5, without padding. `bytesFromBase64` reads it too. */
export function base64UrlFromBytes(bytes: Bytes): string {
  return base64FromBytes(bytes).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

export function hexFromBytes(bytes: Bytes): string {
  return asBuffer(bytes).toString('hex');
}

export function bytesFromHex(text: string): Bytes {
  return NodeBuffer.from(text, 'hex');
}

export function concatBytes(list: readonly Bytes[]): Bytes {
  return list.length === 1 ? list[0]! : NodeBuffer.concat(list);
}

/** Octet offset of `needle` in `bytes` from `from` on, or -1. */
export function findBytes(bytes: Bytes, needle: Bytes | number, from = 0): number {
  return typeof needle === 'number' ? bytes.indexOf(needle, from) : asBuffer(bytes).indexOf(asBuffer(needle), from);
}

export function equalBytes(a: Bytes, b: Bytes): boolean {
  return a.length === b.length && asBuffer(a).equals(b);
}

/** Many octets a nanosecond, where a loop takes one. */
export function isAsciiBytes(bytes: Bytes): boolean {
  return isAscii(bytes);
}

/** Memory that may hold old content: the caller fills all of it. */
export function allocateBytes(length: number): Bytes {
  return NodeBuffer.allocUnsafe(length);
}

/** Writes `text` (ASCII or latin1) into `into` at `offset`; returns the number of octets written. */
export function writeLatin1(into: Bytes, text: string, offset: number): number {
  return asBuffer(into).write(text, offset, 'latin1');
}

/** Writes `text` as UTF-8 into `into` at `offset`; returns the number of octets written. */
export function writeUtf8(into: Bytes, text: string, offset: number): number {
  return asBuffer(into).write(text, offset, 'utf8');
}
