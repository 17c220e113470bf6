// Where a line announces a literal. Knows the end of a line and nothing of what stands before it; the session reads on by it.
// A `{5}` within quotes is followed by the closing quote, so whatever ends a line with `}` announces octets or is wrong.
import type { Bytes } from '../../base/bytes.ts';

/** RFC 9051 §4.3, RFC 7888, RFC 3516. */
export interface Announcement {
  readonly length: number;
  /** `{n+}`: the client does not wait. */
  readonly nonSync: boolean;
  /** `~{n}` */
  readonly binary: boolean;
  /** Offset of `{` or `~`. */
  readonly at: number;
}

const CLOSE = 0x7d;
const OPEN = 0x7b;
const PLUS = 0x2b;
const TILDE = 0x7e;

/** Null: the line is the end of its command, be it right or wrong (`{-1}`, `{1e9}` and `{ 5}` announce nothing and are left to the grammar). */
export function findAnnouncement(line: Bytes): Announcement | null {
  let at = line.length - 1;
  if (at < 2 || line[at] !== CLOSE) return null;
  const nonSync = line[at - 1] === PLUS;
  if (nonSync) at--;
  const end = at;
  let length = 0;
  let scale = 1;
  while (--at >= 0 && line[at]! >= 0x30 && line[at]! <= 0x39) {
    length += (line[at]! - 0x30) * scale;
    scale *= 10;
  }
  if (at < 0 || line[at] !== OPEN || at === end - 1) return null;
  // RFC 9051 §9 (literal): number64. Nothing near it is ever read; without `+` the grammar may call it wrong.
  if (!(length <= 0xffff_ffff) && !nonSync) return null;
  const binary = at > 0 && line[at - 1] === TILDE;
  return { length, nonSync, binary, at: binary ? at - 1 : at };
}
