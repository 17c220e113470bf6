// The text of a body part (RFC 8621 §4.1.4, EmailBodyValue): decoded, with LF line ends, cut where the client wants no more.
// Knows encodings and charsets by asking src/message; knows no letter.
import { bytesFromUtf8, type Bytes } from '../../../base/bytes.ts';
import { decodeText, isAscii, isKnownCharset, validUtf8 } from '../../../message/charset/decode.ts';
import type { Part } from '../../../message/mime/tree.ts';
import { decodeTransfer, knownEncoding } from '../../../message/transfer.ts';
import type { JsonObject } from '../contract.ts';

/** `maxOctets`: of the value in UTF-8; 0 for no limit. */
export function bodyValue(bytes: Bytes, part: Part, maxOctets: number): JsonObject {
  const octets = decodeTransfer(part.encoding, bytes.subarray(part.bodyStart, part.bodyEnd));
  const whole = decodeText(part.charset, octets).replaceAll('\r\n', '\n').toWellFormed();
  const value = maxOctets === 0 ? whole : cutText(whole, maxOctets, part.subtype === 'html');
  return {
    value,
    isEncodingProblem: knownEncoding(part.encoding) === null || isMalformed(part.charset, octets, whole),
    isTruncated: value.length < whole.length,
  };
}

function isMalformed(charset: string, octets: Bytes, text: string): boolean {
  switch (charset) {
    case '':
    case 'us-ascii':
      // What says nothing and is UTF-8 was read without a doubt.
      return !isAscii(octets) && validUtf8(octets) === null;
    case 'utf-8':
    case 'utf8':
      return !isAscii(octets) && validUtf8(octets) === null;
    default:
      return !isKnownCharset(charset) || text.includes('\ufffd');
  }
}

/** At most `maxOctets` octets of UTF-8, whole characters; of HTML not within a tag, where that leaves anything. */
export function cutText(text: string, maxOctets: number, html: boolean): string {
  // Three octets hold any UTF-16 unit.
  if (text.length * 3 <= maxOctets) return text;
  const octets = bytesFromUtf8(text.slice(0, maxOctets));
  if (octets.length <= maxOctets && text.length <= maxOctets) return text;
  let left = maxOctets;
  let end = 0;
  while (end < text.length) {
    const code = text.charCodeAt(end);
    const pair = code >= 0xd800 && code <= 0xdbff;
    const width = code < 0x80 ? 1 : code < 0x800 ? 2 : pair ? 4 : 3;
    if (width > left) break;
    left -= width;
    end += pair ? 2 : 1;
  }
  if (end === text.length) return text;
  if (!html) return text.slice(0, end);
  const open = text.lastIndexOf('<', end - 1);
  if (open <= 0 || !/^[A-Za-z/!?]?$/.test(text.slice(open + 1, open + 2))) return text.slice(0, end);
  const close = text.indexOf('>', open);
  return close >= 0 && close < end ? text.slice(0, end) : text.slice(0, open);
}
