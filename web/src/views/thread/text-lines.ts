// A plain text as it is shown: paragraphs, what was quoted, what is a link. Knows RFC 3676's quote marks and addresses of the web; makes no markup.

export type Piece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'link'; readonly text: string; readonly href: string };
export interface Block {
  readonly kind: 'text' | 'quoted';
  readonly pieces: readonly Piece[];
}

/** Longer texts are shown without looking for links. */
const longest = 200_000;
const link = /\bhttps?:\/\/[^\s<>"'「」『』（）、。]+|\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}\b/giu;

export function piecesOf(text: string): Piece[] {
  if (text.length > longest) return [{ kind: 'text', text }];
  const pieces: Piece[] = [];
  let done = 0;
  for (const found of text.matchAll(link)) {
    // What ends a sentence, or closes a bracket that was opened before, is not the address's.
    let shown = found[0].replace(/[.,;:!?]+$/u, '');
    if (shown.endsWith(')') && !shown.includes('(')) shown = shown.slice(0, -1);
    if (found.index > done) pieces.push({ kind: 'text', text: text.slice(done, found.index) });
    pieces.push({ kind: 'link', text: shown, href: shown.includes('://') ? shown : `/write/new?to=${encodeURIComponent(shown)}` });
    done = found.index + shown.length;
  }
  if (done < text.length) pieces.push({ kind: 'text', text: text.slice(done) });
  return pieces;
}

/** Lines that begin with `>` belong together, with the line before them that says who wrote. */
export function blocksOf(text: string): Block[] {
  const lines = text.replaceAll('\r\n', '\n').trimEnd().split('\n');
  const blocks: { kind: Block['kind']; lines: string[] }[] = [];
  for (const line of lines) {
    const kind = line.startsWith('>') ? 'quoted' : 'text';
    const last = blocks.at(-1);
    if (last?.kind === kind) last.lines.push(line);
    else blocks.push({ kind, lines: kind === 'quoted' ? [...takeIntroduction(last?.lines ?? []), line] : [line] });
  }
  return blocks
    .map(({ kind, lines: own }) => ({ kind, text: own.join('\n') }))
    .filter(({ text: own }) => own.trim() !== '')
    .map(({ kind, text: own }) => ({
      kind,
      pieces: piecesOf(kind === 'quoted' ? own.replaceAll(/^>+ ?/gm, '') : own.replaceAll(/^\n+|\n+$/g, '')),
    }));
}

/** Takes the last line out of what stands above, when it says who wrote: "On Monday A wrote:". */
function takeIntroduction(lines: string[]): string[] {
  const at = lines.findLastIndex((line) => line.trim() !== '');
  const line = lines[at] ?? '';
  // With nothing of one's own above it, it is the text.
  if (!/[:：]\s*$/.test(line) || line.length > 200 || !lines.slice(0, at).some((own) => own.trim() !== '')) return [];
  lines.splice(at);
  return [line];
}
