// Sentences broken into lines of a terminal, in both languages. Knows widths and where a line must not break; knows no command.
import { widthOf } from './terminal.ts';

/** 、。 and their kin do not begin a line, 「( do not end one (JIS X 4051). */
const notFirst = /^[、。，．）」』】〉》！？：；・ー),.!?:;ぁぃぅぇぉっゃゅょァィゥェォッャュョ]/u;
const notLast = /[（「『【〈《(]$/u;

/**
 * Lines of at most `columns`, each with `indent` before it; `first` stands before the first in the place of `indent`.
 * Breaks at spaces, and between Japanese letters; what has no place to break stays whole.
 */
export function wrapText(text: string, columns: number, indent = '', first = indent): string[] {
  const lines: string[] = [];
  let line = first;
  let empty = true;
  for (const piece of piecesOf(text)) {
    const fits = widthOf(line) + widthOf(piece.trimEnd()) <= columns;
    if (!fits && !empty) {
      lines.push(line.trimEnd());
      line = indent;
    }
    line += piece;
    empty = false;
  }
  lines.push(line.trimEnd());
  return lines;
}

/** What is kept together: words with the space behind them, single Japanese letters with their punctuation. */
function piecesOf(text: string): string[] {
  const pieces: string[] = [];
  for (const [piece] of text.matchAll(/[\u3000-\u9fff\uff00-\uffef]|[^\s\u3000-\u9fff\uff00-\uffef]+\s*|\s+/gu)) {
    const before = pieces.at(-1);
    if (before !== undefined && (notFirst.test(piece) || notLast.test(before))) pieces[pieces.length - 1] = before + piece;
    else pieces.push(piece);
  }
  return pieces;
}
