// What the door must know of a header: whether the letter goes round in circles, by the trace fields that servers leave (RFC 5321 §6.3),
// its Message-ID, and where its From fields stand.
// Knows header lines; knows no transaction.
import { CR, LF, latin1FromBytes, utf8FromBytes, type Bytes } from '../../base/bytes.ts';
import type { FromFields } from './authors.ts';

/** RFC 5321 §6.3: at least 100 is the advice for a simple counter; reliability B-096 and Postfix stop at 50. */
const maxHops = 50;
/** So often may a letter have been here: through an alias that leads away and back it may pass twice or three times. */
const maxOwnHops = 5;
/** Trace fields stand on top: what lies deeper in a header is not looked at. */
const maxScanned = 1024 * 1024;

export interface HeaderGlance {
  readonly loops: boolean;
  readonly hasMessageId: boolean;
  /** What stands between its angle brackets, for the journey; empty where there is none that can be read. */
  readonly messageId: string;
  readonly from: FromFields;
}

/** One pass over the header section. */
export function glanceAtHeader(letter: Bytes, hostName: string): HeaderGlance {
  const end = Math.min(letter.length, maxScanned);
  const ownMark = `by ${hostName.toLowerCase()} `;
  let hops = 0;
  let own = 0;
  let messageId: string | null = null;
  const from = { count: 0, at: 0 };
  const seen = (loops: boolean): HeaderGlance => ({ loops, hasMessageId: messageId !== null, messageId: messageId ?? '', from });
  for (let at = 0; at < end;) {
    const first = letter[at]!;
    if (first === LF || first === CR) break;
    const found = letter.indexOf(LF, at);
    const next = found < 0 ? end : found + 1;
    // R, r: Received. M, m: Message-ID. F, f: From.
    if (first === 82 || first === 114) {
      if (startsWith(letter, at, 'received:')) {
        hops++;
        if (isOwn(letter, at, next, end, ownMark)) own++;
        if (hops > maxHops || own > maxOwnHops) return seen(true);
      }
    } else if ((first === 77 || first === 109) && startsWith(letter, at, 'message-id:')) messageId ??= readMessageId(letter, at, end);
    else if ((first === 70 || first === 102) && isFrom(letter, at, next) && from.count++ === 0) from.at = at;
    at = next;
  }
  return seen(false);
}

/** RFC 5322 §3.6.4; it may stand on the field's second line. RFC 5322 §2.1.1: no line has more than 998 octets. */
function readMessageId(letter: Bytes, at: number, end: number): string {
  const field = utf8FromBytes(letter.subarray(at + 'message-id:'.length, Math.min(end, at + 1100)));
  return /^[ \t]*(?:\r?\n[ \t]+)?<([^<>\s]+)>/.exec(field)?.[1] ?? '';
}

/** White space may stand before the colon (RFC 5322 §4.5, obs-from). */
function isFrom(letter: Bytes, at: number, next: number): boolean {
  if (!startsWith(letter, at, 'from')) return false;
  let place = at + 'from'.length;
  while (place < next && (letter[place] === 32 || letter[place] === 9)) place++;
  return letter[place] === 58;
}

/** Ours put `by` at the begin of its second line. */
function isOwn(letter: Bytes, at: number, next: number, end: number, ownMark: string): boolean {
  const line = latin1FromBytes(letter, at, Math.min(end, next + 300)).toLowerCase();
  return line.includes(ownMark);
}

function startsWith(letter: Bytes, at: number, name: string): boolean {
  for (let index = 0; index < name.length; index++) if (((letter[at + index] ?? 0) | 32) !== (name.charCodeAt(index) | 32)) return false;
  return true;
}
