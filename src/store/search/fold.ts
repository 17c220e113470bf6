// One form for all that reads alike: compatibility, case, width and kana. What a search compares.
// Knows Unicode; knows no words and no letter.

const plain = /^[\x00-\x7f]*$/;
const katakana = /[\u30a1-\u30f6\u30fd\u30fe]/g;
const someKatakana = /[\u30a1-\u30f6\u30fd\u30fe]/;
const spaces = /\s{2,}|[^\S ]/g;
const marks = /[\u0300-\u036f]/;

/** Folded text: NFKC, lower case, katakana as hiragana, white space as single spaces. */
export function fold(text: string): string {
  if (plain.test(text)) return text.toLowerCase().replace(spaces, ' ');
  let folded = text.normalize('NFKC').toLowerCase();
  // Lower case may leave a mark on its own (İ), or one that only now has a letter to join (J̌).
  if (marks.test(folded)) folded = folded.normalize('NFKC');
  // The small sigma has another form at the end of a word.
  folded = folded.replaceAll('ς', 'σ');
  if (someKatakana.test(folded)) folded = folded.replace(katakana, (letter) => String.fromCharCode(letter.charCodeAt(0) - 0x60));
  return folded.replace(spaces, ' ').toWellFormed();
}
