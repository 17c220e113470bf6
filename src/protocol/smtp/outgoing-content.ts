// A letter as it goes over the wire after DATA: every line ended by CRLF, no other CR or LF, dots at line starts doubled (RFC 5321 §2.3.8,
// §4.5.2; reliability B-007). Knows octets; knows no reply.
import { bytesFromLatin1, concatBytes, CR, DOT, LF, NUL, type Bytes } from '../../base/bytes.ts';

/** Octets handed out at a time, about. */
const pieceLength = 64 * 1024;

const crlf = bytesFromLatin1('\r\n');
const dot = bytesFromLatin1('.');
const space = bytesFromLatin1(' ');

/**
 * Pieces of the content, the lone dot at the end not among them. A bare LF becomes CRLF. A bare CR becomes a space: as a line end it could
 * make a header end, or a line of its own, where the author saw none.
 */
export function* dotStuffed(octets: Bytes): Generator<Bytes> {
  let gathered: Bytes[] = [];
  let open = 0;
  let given = 0;
  let atStart = true;
  const end = octets.length;
  for (let at = 0; at < end; at++) {
    const octet = octets[at]!;
    if (octet === LF || octet === CR) {
      if (octet === CR && octets[at + 1] === LF) {
        at++;
        atStart = true;
      } else {
        gathered.push(octets.subarray(open, at), octet === LF ? crlf : space);
        open = at + 1;
        atStart = octet === LF;
      }
    } else {
      if (atStart && octet === DOT) {
        gathered.push(octets.subarray(open, at), dot);
        open = at;
      }
      atStart = false;
    }
    if (at - given >= pieceLength) {
      gathered.push(octets.subarray(open, at + 1));
      yield concatBytes(gathered);
      gathered = [];
      open = given = at + 1;
    }
  }
  gathered.push(octets.subarray(open, end));
  if (!atStart) gathered.push(crlf);
  yield concatBytes(gathered);
}

/** Could these octets go through DATA and come out the same? RFC 3030 §3: no NUL, no bare CR or LF, no line over 998 octets. */
export function isTextSafe(octets: Bytes): boolean {
  let start = 0;
  for (let at = 0; at < octets.length; at++) {
    const octet = octets[at]!;
    if (octet === NUL || octet === LF) return false;
    if (octet !== CR) continue;
    if (octets[at + 1] !== LF || at - start > 998) return false;
    at++;
    start = at + 1;
  }
  return octets.length - start <= 998;
}

/** Does the header section hold octets beyond ASCII? Then only servers with SMTPUTF8 may have it (RFC 6531 §3.2). */
export function hasUtf8Header(octets: Bytes): boolean {
  for (let at = 0; at < octets.length;) {
    const first = octets[at]!;
    if (first === LF || (first === CR && octets[at + 1] === LF)) return false;
    const found = octets.indexOf(LF, at);
    const end = found < 0 ? octets.length : found + 1;
    for (; at < end; at++) if (octets[at]! > 127) return true;
  }
  return false;
}
