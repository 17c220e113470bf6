// The one tokenizer: what of a folded text goes into an index, and what of a query is looked up there.
// Knows kinds of characters; knows no postings and no field.
//
// - A word is a run of letters, digits and marks of scripts that divide words, kept whole. A very long one (encoded octets, addresses)
//   becomes overlapping pieces: any `withinSafe` characters of it lie in one piece, its first and last `longestWord` are pieces.
// - Characters are all else beyond ASCII: Han, kana, symbols, pictures. A run of them becomes its pairs, as Japanese and Chinese do not
//   divide words; one alone becomes itself. A single character is found inside the pairs.
// - The rest of ASCII is a gap.

/** Characters of the longest token. */
export const longestWord = 64;
const step = 32;
/** Any part of a word up to this length lies in one token. */
const withinSafe = longestWord - step + 1;

const GAP = 1;
const WORD = 2;
const CHARACTER = 3;

const wordCharacter = /[\p{L}\p{N}\p{M}]/u;
/** Kind of each UTF-16 code unit, found out when it is first met. */
const kinds = new Uint8Array(0x10000);
for (let code = 0; code < 0x80; code++) kinds[code] = wordCharacter.test(String.fromCharCode(code)) ? WORD : GAP;

function kindOf(code: number): number {
  return kinds[code] || (kinds[code] = findKind(code));
}

function findKind(code: number): number {
  // Surrogates: pictures and rare Han. Blocks from CJK radicals to Yi, and compatibility Han; kana and their marks are among them.
  if ((code >= 0xd800 && code <= 0xdfff) || (code >= 0x2e80 && code <= 0xa4cf) || (code >= 0xf900 && code <= 0xfaff)) return CHARACTER;
  return wordCharacter.test(String.fromCharCode(code)) ? WORD : CHARACTER;
}

/** Calls `take` with each token of a folded text, in order, repeated ones again. */
export function eachToken(folded: string, take: (token: string) => void): void {
  const end = folded.length;
  let at = 0;
  while (at < end) {
    const kind = kindOf(folded.charCodeAt(at));
    if (kind === GAP) {
      at++;
      continue;
    }
    const start = at;
    do at++;
    while (at < end && kindOf(folded.charCodeAt(at)) === kind);
    if (kind === CHARACTER) takePairs(folded, start, at, take);
    else if (at - start <= longestWord) take(folded.slice(start, at));
    else takePieces(folded, start, at, take);
  }
}

function takePieces(text: string, start: number, end: number, take: (token: string) => void): void {
  let at = start;
  for (; at + longestWord < end; at += step) take(text.slice(at, at + longestWord));
  take(text.slice(end - longestWord, end));
}

function takePairs(text: string, start: number, end: number, take: (token: string) => void): void {
  let before = start;
  let at = start + width(text, start);
  if (at >= end) return take(text.slice(start, end));
  while (at < end) {
    const next = at + width(text, at);
    take(text.slice(before, next));
    before = at;
    at = next;
  }
}

/** Code units of the character at `at`. */
function width(text: string, at: number): number {
  return text.codePointAt(at)! > 0xffff ? 2 : 1;
}

/** All different tokens of a text, in the order in which they come. */
export function tokens(folded: string): string[] {
  const found = new Set<string>();
  eachToken(folded, (token) => found.add(token));
  return [...found];
}

/** A token to be looked up: anywhere `within` a token, at its `end` or `start`, or the `whole` of one. */
export interface Lookup {
  readonly how: 'within' | 'end' | 'start' | 'whole';
  readonly text: string;
}

/** What a substring query asks of an index. */
export interface LookupPlan {
  readonly folded: string;
  /** Who holds the text has a token for each. Empty: anyone may hold it. */
  readonly lookups: readonly Lookup[];
  /** True when who has the tokens surely holds the text. */
  readonly exact: boolean;
}

/** Of a long query the first ones leave few letters to look at. */
const lookupsAtMost = 24;

/** The substring `folded` as lookups. Between two gaps of the query words are whole; at its ends they may go on in the text. */
export function planLookups(folded: string): LookupPlan {
  const lookups: Lookup[] = [];
  const end = folded.length;
  let runs = 0;
  let exact = false;
  for (let at = 0; at < end;) {
    const kind = kindOf(folded.charCodeAt(at));
    const start = at;
    do at++;
    while (at < end && kindOf(folded.charCodeAt(at)) === kind);
    if (kind === GAP) continue;
    runs++;
    const run = folded.slice(start, at);
    const opensLeft = start === 0;
    const opensRight = at === end;
    if (kind === CHARACTER) {
      exact = opensLeft && opensRight && [...run].length <= 2;
      for (const text of tokens(run)) lookups.push({ how: [...text].length === 1 ? 'within' : 'whole', text });
    } else {
      exact = opensLeft && opensRight && run.length <= withinSafe;
      lookups.push(lookupOfWord(run, opensLeft, opensRight));
    }
  }
  return { folded, lookups: lookups.slice(0, lookupsAtMost), exact: exact && runs === 1 };
}

function lookupOfWord(word: string, opensLeft: boolean, opensRight: boolean): Lookup {
  if (opensLeft && opensRight) return { how: 'within', text: word.slice(0, withinSafe) };
  if (opensLeft) return { how: 'end', text: word.slice(-longestWord) };
  if (opensRight || word.length > longestWord) return { how: 'start', text: word.slice(0, longestWord) };
  return { how: 'whole', text: word };
}
