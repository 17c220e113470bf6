// Content-Transfer-Encoding (RFC 2045 §6): from the wire to octets and back.
// Knows the two encodings and how they are broken in real mail; knows no part and no charset. Decoding never fails: what cannot be
// read is passed over, so that a damaged letter shows what is left of it.
import { allocateBytes, base64FromBytes, type Bytes } from '../base/bytes.ts';

/** The encodings that leave octets as they are, or can be undone. Others: null, and IMAP BINARY answers UNKNOWN-CTE. */
export type TransferEncoding = '7bit' | '8bit' | 'binary' | 'base64' | 'quoted-printable';

/** RFC 2045 §6.1; also names with stray white space or the `x-` of old programs do not count. */
export function knownEncoding(name: string): TransferEncoding | null {
  switch (name) {
    case '7bit':
    case '8bit':
    case 'binary':
    case 'base64':
    case 'quoted-printable':
      return name;
    default:
      return null;
  }
}

/**
 * Undoes an encoding. An unknown one leaves the octets as they are (RFC 2045 §6.4). `maxOutput` ends early, for previews of large parts.
 */
export function decodeTransfer(encoding: string, bytes: Bytes, maxOutput = Number.POSITIVE_INFINITY): Bytes {
  if (encoding === 'base64') return decodeBase64(bytes, maxOutput);
  if (encoding === 'quoted-printable') return decodeQuotedPrintable(bytes, maxOutput);
  return bytes.length > maxOutput ? bytes.subarray(0, maxOutput) : bytes;
}

const base64Values = new Int8Array(256).fill(-1);
for (let index = 0; index < 64; index++)
  base64Values['ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'.charCodeAt(index)] = index;
const EQUALS = 61;

/**
 * RFC 2045 §6.8. Characters outside the alphabet are passed over. Padding ends a group, not the text: pieces encoded one by one
 * and put together (some programs do) are read on. A last group cut short gives the octets it has.
 */
export function decodeBase64(bytes: Bytes, maxOutput = Number.POSITIVE_INFINITY): Bytes {
  const out = allocateBytes(Math.min(Math.floor((bytes.length * 3) / 4) + 3, maxOutput + 3));
  let length = 0;
  let group = 0;
  let have = 0;
  for (let at = 0; at < bytes.length && length < maxOutput; at++) {
    const value = base64Values[bytes[at]!]!;
    if (value >= 0) {
      group = (group << 6) | value;
      if (++have === 4) {
        out[length++] = group >> 16;
        out[length++] = group >> 8;
        out[length++] = group;
        group = have = 0;
      }
    } else if (bytes[at] === EQUALS) {
      length = closeGroup(out, length, group, have);
      group = have = 0;
    }
  }
  length = closeGroup(out, length, group, have);
  return out.subarray(0, Math.min(length, maxOutput));
}

function closeGroup(out: Bytes, length: number, group: number, have: number): number {
  if (have === 2) out[length++] = group >> 4;
  else if (have === 3) {
    out[length++] = group >> 10;
    out[length++] = group >> 2;
  }
  return length;
}

/** Octets that `decodeTransfer` would give, without room for them where that can be had. */
export function decodedLength(encoding: string, bytes: Bytes): number {
  if (encoding === 'quoted-printable') return decodeQuotedPrintable(bytes).length;
  if (encoding !== 'base64') return bytes.length;
  let length = 0;
  let have = 0;
  for (let at = 0; at < bytes.length; at++) {
    const octet = bytes[at]!;
    if (base64Values[octet]! >= 0) {
      if (++have === 4) {
        length += 3;
        have = 0;
      }
    } else if (octet === EQUALS) {
      length += Math.max(0, have - 1);
      have = 0;
    }
  }
  return length + Math.max(0, have - 1);
}

function hexValue(octet: number | undefined): number {
  if (octet === undefined) return -1;
  if (octet >= 48 && octet <= 57) return octet - 48;
  if (octet >= 65 && octet <= 70) return octet - 55;
  if (octet >= 97 && octet <= 102) return octet - 87;
  return -1;
}

/**
 * RFC 2045 §6.7. White space at the end of a line goes (rule 3); `=` at a line end joins lines, also with white space behind it; `=` before
 * anything but two hexadecimal digits stays as it is.
 */
export function decodeQuotedPrintable(bytes: Bytes, maxOutput = Number.POSITIVE_INFINITY): Bytes {
  const out = allocateBytes(Math.min(bytes.length, maxOutput + 1));
  let length = 0;
  // Everything from `kept` to `length` in `out` is white space that goes when the line ends here.
  let kept = 0;
  for (let at = 0; at < bytes.length && length < maxOutput; at++) {
    const octet = bytes[at]!;
    if (octet === EQUALS) {
      const high = hexValue(bytes[at + 1]);
      const low = hexValue(bytes[at + 2]);
      if (high >= 0 && low >= 0) {
        out[length++] = (high << 4) | low;
        at += 2;
        kept = length;
        continue;
      }
      let next = at + 1;
      while (bytes[next] === 32 || bytes[next] === 9) next++;
      if (next >= bytes.length || bytes[next] === 10 || (bytes[next] === 13 && bytes[next + 1] === 10)) {
        at = bytes[next] === 13 ? next + 1 : next;
        kept = length;
        continue;
      }
    }
    if (octet === 10 || (octet === 13 && bytes[at + 1] === 10)) length = kept;
    out[length++] = octet;
    if (octet !== 32 && octet !== 9) kept = length;
  }
  return out.subarray(0, Math.min(length, maxOutput));
}

/** RFC 2045 §6.8: lines of 76 characters, each with CRLF. */
export function encodeBase64(bytes: Bytes): string {
  const text = base64FromBytes(bytes);
  const lines: string[] = [];
  for (let at = 0; at < text.length; at += 76) lines.push(text.slice(at, at + 76), '\r\n');
  return lines.join('');
}

const hexDigits = '0123456789ABCDEF';

/** RFC 2045 §6.7 for text with CRLF line ends: lines of at most 76 characters. A stray CR or LF is encoded. */
export function encodeQuotedPrintable(bytes: Bytes): string {
  let out = '';
  let column = 0;
  for (let at = 0; at < bytes.length; at++) {
    const octet = bytes[at]!;
    if (octet === 13 && bytes[at + 1] === 10) {
      out += '\r\n';
      column = 0;
      at++;
      continue;
    }
    const next = bytes[at + 1];
    const lineEnds = next === undefined || (next === 13 && bytes[at + 2] === 10);
    const plain = (octet > 32 && octet < 127 && octet !== EQUALS) || ((octet === 32 || octet === 9) && !lineEnds);
    // `From ` and a single dot are changed by some programs on the way (RFC 2045 §6.7, note to rule 2; RFC 2049 §3).
    const safe = plain && !(column === 0 && (octet === 46 || (octet === 70 && bytes[at + 1] === 114)));
    const width = safe ? 1 : 3;
    if (column + width > (lineEnds ? 76 : 75)) {
      out += '=\r\n';
      column = 0;
    }
    out += safe ? String.fromCharCode(octet) : `=${hexDigits[octet >> 4]}${hexDigits[octet & 15]}`;
    column += width;
  }
  return out;
}
