// Paragraphs in plain text (RFC 3676): written with soft line ends where there are spaces, and read back as whole lines. Knows the format; knows no letter.

/** §4.2 asks for lines of at most 78. */
const longest = 76;

/**
 * Paragraphs of words are broken softly at spaces. What has none, such as Japanese, stays one line: an app that does not know the format then shows
 * it as it fits. Quoted lines stay as they are.
 */
export function flow(text: string): string {
  return text
    .split(/\r?\n/)
    .flatMap((line) => {
      if (line === '-- ') return [line];
      if (line.startsWith('>')) return [line.trimEnd()];
      return broken(line.trimEnd()).map(stuffed);
    })
    .join('\n');
}

/** Greedy; a word that is longer than a line has one for itself. The space stays at the end of the line: it is what makes the break a soft one. */
function broken(paragraph: string): string[] {
  if (paragraph.length <= longest) return [paragraph];
  const lines: string[] = [];
  let line = '';
  for (const piece of paragraph.match(/\S*\s+|\S+$/g) ?? [paragraph]) {
    if (line !== '' && line.endsWith(' ') && line.length + piece.trimEnd().length > longest) {
      lines.push(line);
      line = '';
    }
    line += piece;
  }
  return [...lines, line];
}

/** §4.4. */
function stuffed(line: string): string {
  return /^(?: |>|From )/.test(line) ? ` ${line}` : line;
}

/** §4.1: what belongs together is one line again; quoted lines of one depth as well. */
export function unflow(text: string, delSp: boolean): string {
  const lines: { readonly depth: number; text: string; isSoft: boolean }[] = [];
  for (const raw of text.split(/\r?\n/)) {
    const depth = /^>*/.exec(raw)![0].length;
    const content = raw.slice(depth).replace(/^ /, '');
    // §4.3: the line before a signature is none that goes on.
    const isSoft = content.endsWith(' ') && content !== '-- ';
    const shown = isSoft && delSp ? content.slice(0, -1) : content;
    const before = lines.at(-1);
    if (before?.isSoft && before.depth === depth && content !== '-- ') {
      before.text += shown;
      before.isSoft = isSoft;
    } else lines.push({ depth, text: shown, isSoft });
  }
  return lines.map(({ depth, text: line }) => (depth === 0 ? line : `${'>'.repeat(depth)} ${line}`.trimEnd())).join('\n');
}

/** The Content-Type field of a part: is it flowed, and how? Null: it is not. */
export function flowedBy(contentType: string): { readonly delSp: boolean } | null {
  if (!/;\s*format\s*=\s*"?flowed"?/i.test(contentType)) return null;
  return { delSp: /;\s*delsp\s*=\s*"?yes"?/i.test(contentType) };
}
