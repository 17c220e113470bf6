// Flags as they stand in STORE, APPEND and FLAGS (RFC 9051 §9: flag, flag-list). Knows the spelling of the system flags; keywords
// keep theirs.
import { ATOM, type Cursor } from './cursor.ts';

const systemNames = new Map(['\\Seen', '\\Answered', '\\Flagged', '\\Deleted', '\\Draft'].map((name) => [name.toUpperCase(), name]));

/** Octets of one keyword: more is refused here, how many keywords a mailbox has is the store's matter. */
const keywordLimit = 128;

/** RFC 9051 §9 (flag). `\Recent` cannot be set by a client (RFC 3501 §2.3.2), nor any flag-extension. */
function parseFlag(cursor: Cursor): string {
  const begin = cursor.at;
  const system = cursor.take('\\');
  const word = cursor.run(ATOM);
  if (word === '') cursor.fail('expected a flag', begin);
  if (system) {
    const name = systemNames.get(`\\${word.toUpperCase()}`);
    return name ?? cursor.fail(`the flag \\${word.slice(0, 30)} cannot be set`, begin);
  }
  if (word.length > keywordLimit) cursor.fail(`a keyword has at most ${keywordLimit} octets`, begin);
  return word;
}

/** RFC 9051 §9 (flag-list). */
export function parseFlagList(cursor: Cursor): string[] {
  return cursor.list(() => parseFlag(cursor), true);
}

/** RFC 9051 §6.4.6: STORE takes the list with or without parentheses. */
export function parseFlags(cursor: Cursor): string[] {
  if (cursor.atList) return parseFlagList(cursor);
  const flags = [parseFlag(cursor)];
  while (cursor.takeSpace()) flags.push(parseFlag(cursor));
  return flags;
}

export function formatFlagList(flags: readonly string[]): string {
  return `(${flags.join(' ')})`;
}
