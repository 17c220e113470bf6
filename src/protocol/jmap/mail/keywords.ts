// Keywords of JMAP and flags of IMAP (RFC 8621 §4.1.1): the four that change their first character, the one that nobody sees, and all others.
// Knows spelling only.
import { ANSWERED, DRAFT, FLAGGED, SEEN, type FlagSet } from '../../../store/mailbox-state.ts';
import type { JsonObject } from '../contract.ts';

const system: readonly (readonly [number, string, string])[] = [
  [SEEN, '$seen', '\\Seen'],
  [ANSWERED, '$answered', '\\Answered'],
  [FLAGGED, '$flagged', '\\Flagged'],
  [DRAFT, '$draft', '\\Draft'],
];

const shown = new WeakMap<FlagSet, JsonObject>();

/** The keywords of a letter; the same set gives the same object. \Deleted and \Recent are not shown. */
export function keywordsOf(flags: FlagSet): JsonObject {
  let object = shown.get(flags);
  if (object === undefined) {
    const made: { [keyword: string]: true } = {};
    for (const [bit, keyword] of system) if ((flags.system & bit) !== 0) made[keyword] = true;
    for (const keyword of flags.keywords) {
      const folded = keyword.toLowerCase();
      // An IMAP app may have made a keyword `$Seen`, which is not \Seen.
      if (!system.some(([, name]) => name === folded)) made[folded] = true;
    }
    shown.set(flags, (object = made));
  }
  return object;
}

/** RFC 8621 §4.1.1: 1 to 255 of %x21–%x7E without ( ) { ] % * " \. */
export function isKeyword(text: string): boolean {
  return /^[\x21\x23\x24\x26\x27\x2b-\x5b\x5e-\x7a\x7c-\x7e]{1,255}$/.test(text) && text.toLowerCase() !== '$recent';
}

/** The flag as the store has it. */
export function flagOf(keyword: string): string {
  const folded = keyword.toLowerCase();
  return system.find(([, name]) => name === folded)?.[2] ?? folded;
}

/** Whether a letter with these flags has the keyword, in lower case. */
export function keywordTest(keyword: string): (flags: FlagSet) => boolean {
  const folded = keyword.toLowerCase();
  const bit = system.find(([, name]) => name === folded)?.[0];
  if (bit !== undefined) return (flags) => (flags.system & bit) !== 0;
  const known = new Map<FlagSet, boolean>();
  return (flags) => {
    let has = known.get(flags);
    if (has === undefined) known.set(flags, (has = flags.keywords.some((each) => each.toLowerCase() === folded)));
    return has;
  };
}
