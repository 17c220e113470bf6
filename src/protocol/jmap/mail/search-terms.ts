// The words that people type into a search, as RFC 8621 §4.4.1 divides them: phrases in quotes, and words with white space between.
// Knows text; knows no field and no letter.

/** Words of one text that are searched for; the rest of a longer one is one word. */
const mostTerms = 20;

/**
 * Each of them must be in the letter. A quote opens a phrase at the beginning of a word only, so that an apostrophe is one; a phrase
 * without an end is words. Within a phrase a backslash stands before ' " and \.
 */
export function parseTerms(text: string): readonly string[] {
  const terms: string[] = [];
  let at = 0;
  while (at < text.length) {
    if (isBlank(text[at]!)) {
      at++;
      continue;
    }
    if (terms.length === mostTerms - 1) {
      terms.push(text.slice(at).trim());
      break;
    }
    const phrase = text[at] === '"' || text[at] === "'" ? readPhrase(text, at) : null;
    if (phrase !== null) {
      if (phrase.text !== '') terms.push(phrase.text);
      at = phrase.end;
      continue;
    }
    let end = at;
    while (end < text.length && !isBlank(text[end]!)) end++;
    terms.push(text.slice(at, end));
    at = end;
  }
  return [...new Set(terms)];
}

/** Also the wide space of Japanese keyboards. */
function isBlank(character: string): boolean {
  return /\s/.test(character);
}

function readPhrase(text: string, open: number): { readonly text: string; readonly end: number } | null {
  const quote = text[open]!;
  let phrase = '';
  for (let at = open + 1; at < text.length; at++) {
    const character = text[at]!;
    const next = text[at + 1];
    if (character === '\\' && (next === "'" || next === '"' || next === '\\')) {
      phrase += next;
      at++;
    } else if (character === quote) {
      // `'tis the season` and `5" x 7"`: what ends within a word has not been a phrase.
      return next === undefined || isBlank(next) ? { text: phrase.trim(), end: at + 1 } : null;
    } else phrase += character;
  }
  return null;
}
