// One form for all that reads alike: compatibility, case, width and kana. What a search compares.
// Knows Unicode; knows no words and no letter.

const plain = /^[\x00-\x7f]*$/;
const katakana = /[\u30a1-\u30f6\u30fd\u30fe]/g;

/** Folded text: NFKC, lower case, katakana as hiragana, white space as single spaces. A substring of a text stays one of the folded text. */
export function fold(text: string): string {
  if (plain.test(text)) return text.toLowerCase().replaceAll(/\s+/g, ' ');
  return text
    .normalize('NFKC')
    .toLowerCase()
    .normalize('NFKC')
    .replaceAll(katakana, (letter) => String.fromCharCode(letter.charCodeAt(0) - 0x60))
    .replaceAll(/\s+/g, ' ');
}
