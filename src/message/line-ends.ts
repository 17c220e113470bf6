// Line ends of whole letters: CRLF as on the wire (RFC 5322 §2.1), LF as in files. Knows octets; knows no format of files.
import { allocateBytes, CR, LF, type Bytes } from '../base/bytes.ts';

/** Octets in memory of their own, whatever kind of array they are in. */
export function copyBytes(bytes: Bytes, start = 0, end = bytes.length): Bytes {
  const copy = allocateBytes(Math.max(0, end - start));
  copy.set(bytes.subarray(start, end));
  return copy;
}

/** Whether every LF has its CR and every CR its LF: only then can the CRs be left out and come back. */
export function hasOnlyCrlf(letter: Bytes): boolean {
  let count = 0;
  for (let at = letter.indexOf(CR); at >= 0; at = letter.indexOf(CR, at + 1)) {
    if (letter[at + 1] !== LF) return false;
    count++;
  }
  for (let at = letter.indexOf(LF); at >= 0; at = letter.indexOf(LF, at + 1)) count--;
  return count === 0;
}

/** A bare LF gets its CR; nothing else changes. The same memory when there is none. */
export function toCrlf(letter: Bytes): Bytes {
  let bare = 0;
  for (let at = letter.indexOf(LF); at >= 0; at = letter.indexOf(LF, at + 1)) if (letter[at - 1] !== CR) bare++;
  if (bare === 0) return letter;
  const out = allocateBytes(letter.length + bare);
  let end = 0;
  let start = 0;
  for (let at = letter.indexOf(LF); at >= 0; at = letter.indexOf(LF, at + 1)) {
    if (letter[at - 1] === CR) continue;
    out.set(letter.subarray(start, at), end);
    end += at - start;
    out[end++] = CR;
    start = at;
  }
  out.set(letter.subarray(start), end);
  return out;
}

/** CRLF becomes LF. The way back is `toCrlf` when `hasOnlyCrlf`. */
export function toLf(letter: Bytes): Bytes {
  const out = allocateBytes(letter.length);
  let end = 0;
  let start = 0;
  for (let at = letter.indexOf(CR); at >= 0; at = letter.indexOf(CR, at + 1)) {
    if (letter[at + 1] !== LF) continue;
    out.set(letter.subarray(start, at), end);
    end += at - start;
    start = at + 1;
  }
  out.set(letter.subarray(start), end);
  return out.subarray(0, end + letter.length - start);
}
