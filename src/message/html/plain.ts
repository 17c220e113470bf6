// Letters without HTML as the same kind of document: lines, quotations by depth, links. Knows format=flowed (RFC 3676) and where an address in running
// text ends, also before Japanese punctuation; knows no parser.
import { isForward, isIntroduction } from './fold.ts';
import { safeLink } from './links.ts';
import { cleanText, element, text, type Markup } from './tree.ts';

export interface PlainOptions {
  /** Content-Type: text/plain; format=flowed, and its delsp. */
  readonly flowed: boolean;
  readonly delSp: boolean;
  /** What stands on the line of a fold. */
  readonly summary: string;
}

interface Line {
  readonly depth: number;
  readonly text: string;
}

const deepest = 20;
/** What is longer is shown up to here; the whole letter is there as a download. */
export const longestPlain = 2 * 1024 * 1024;
const mostLines = 50_000;
const longestAddress = 2_048;

export function plainMarkup(content: string, options: PlainOptions): Markup[] {
  const lines = readLines(cleanText(content.slice(0, longestPlain)), options);
  const blocks = blocksOf(lines);
  const hasOwn = blocks.some((block) => block.depth === 0 && block.lines.some((line) => line.trim() !== '' && !isIntroduction(line)));
  const into: Markup[] = [];
  for (let at = 0; at < blocks.length; at++) {
    const block = blocks[at]!;
    if (block.depth > 0 && hasOwn) into.push(fold(quoted(block), options.summary, into, blocks[at - 1]));
    else if (block.depth > 0) into.push(...quoted(block));
    else into.push(...withCut(block, options.summary));
  }
  return into;
}

interface Block {
  readonly depth: number;
  readonly lines: readonly string[];
  readonly inner: readonly Line[];
}

/** Runs of lines with and without a quotation mark. */
function blocksOf(lines: readonly Line[]): Block[] {
  const blocks: Block[] = [];
  for (let at = 0; at < lines.length;) {
    const isQuoted = lines[at]!.depth > 0;
    const begin = at;
    while (at < lines.length && lines[at]!.depth > 0 === isQuoted) at++;
    const run = lines.slice(begin, at);
    blocks.push({ depth: isQuoted ? 1 : 0, lines: run.map((line) => line.text), inner: run });
  }
  return blocks;
}

/** The last line above, where it is "On … wrote:", goes into the fold. */
function fold(content: Markup[], summary: string, before: Markup[], block: Block | undefined): Markup {
  const above = introductionOf(block);
  const last = before.at(-1);
  if (above !== null && last?.kind === 'element' && last.attributes.get('class') === 'tayori-plain') {
    last.children = linked(block!.lines.slice(0, above).join('\n').trimEnd());
    content.unshift(plain(block!.lines.slice(above).join('\n').trim()));
    if (last.children.length === 0) before.pop();
  }
  return element('details', { class: 'tayori-quote' }, [element('summary', { class: 'tayori-fold' }, [text(summary)]), ...content]);
}

/** Where in the block its introduction begins: its last one or two lines. */
function introductionOf(block: Block | undefined): number | null {
  if (block === undefined || block.depth > 0) return null;
  let end = block.lines.length;
  while (end > 0 && block.lines[end - 1]!.trim() === '') end--;
  for (const count of [1, 2]) if (end >= count && isIntroduction(block.lines.slice(end - count, end).join(' '))) return end - count;
  return null;
}

/** "-----Original Message-----": all below is quoted, without marks. */
function withCut(block: Block, summary: string): Markup[] {
  const at = block.lines.findIndex((line) => /^\s*[-_]{3,}\s*\S/.test(line) && isIntroduction(line) && !isForward(line));
  const own = block.lines.slice(0, at).join('\n').trim();
  if (at <= 0 || own === '') return [plain(block.lines.join('\n'))];
  const below = plain(block.lines.slice(at).join('\n'));
  return [
    plain(block.lines.slice(0, at).join('\n')),
    element('details', { class: 'tayori-quote' }, [element('summary', { class: 'tayori-fold' }, [text(summary)]), below]),
  ];
}

/** Nested by depth. */
function quoted(block: Block): Markup[] {
  const root: Markup[] = [];
  const open: Markup[][] = [root];
  let run: string[] = [];
  const flush = (): void => {
    if (run.length > 0) open.at(-1)!.push(plain(run.join('\n')));
    run = [];
  };
  for (const line of block.inner) {
    const depth = Math.min(deepest, line.depth);
    if (depth !== open.length - 1) flush();
    while (open.length - 1 > depth) open.pop();
    while (open.length - 1 < depth) {
      const quote = element('blockquote', { class: 'tayori-cited' }, []);
      open.at(-1)!.push(quote);
      open.push(quote.children);
    }
    run.push(line.text);
  }
  flush();
  return root;
}

function plain(content: string): Markup {
  return element('div', { class: 'tayori-plain' }, linked(content));
}

/** RFC 3676 §4: quote marks, stuffing, soft line ends. Without flowed only the marks. */
function readLines(content: string, { flowed, delSp }: PlainOptions): Line[] {
  const lines: Line[] = [];
  let soft: { depth: number; text: string } | null = null;
  const close = (): void => {
    if (soft !== null) lines.push(soft);
    soft = null;
  };
  for (const raw of content.split(/\r\n|\n|\r/, mostLines)) {
    const [marks = ''] = /^(?:>(?: ?(?=>))?)+/.exec(raw) ?? [];
    const depth = marks.replaceAll(' ', '').length;
    let line = raw.slice(marks.length);
    // One space behind the marks is theirs.
    if (line.startsWith(' ') && (flowed || depth > 0)) line = line.slice(1);
    if (!flowed) {
      lines.push({ depth, text: line });
      continue;
    }
    if (soft !== null && (soft as Line).depth !== depth) close();
    const isSoft = line.endsWith(' ') && line !== '-- ';
    const kept = isSoft && delSp ? line.slice(0, -1) : line;
    // "-- " stands for itself (RFC 3676 §4.3).
    if (line === '-- ') close();
    if (soft === null) soft = { depth, text: kept };
    else (soft as { text: string }).text += kept;
    if (!isSoft) close();
  }
  close();
  return lines;
}

/** Addresses in running text. They end before white space, brackets, quotes and wide punctuation; a full stop or comma at the end is the sentence's. */
const address =
  /\b(?:https?:\/\/[^\s<>"'\u2018-\u201F\u3000-\u303F\uFF01\uFF08\uFF09\uFF0C\uFF0E\uFF1A\uFF1B\uFF1F\uFF3B\uFF3D\uFF5B\uFF5D]+|[\w.+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8})/g;

export function linked(content: string): Markup[] {
  const into: Markup[] = [];
  let from = 0;
  for (const found of content.matchAll(address)) {
    if (found[0].length > longestAddress) continue;
    const shown = trimEnd(found[0]);
    const href = safeLink(shown.includes('://') ? shown : `mailto:${shown}`);
    if (href === null) continue;
    if (found.index > from) into.push(text(content.slice(from, found.index)));
    into.push(element('a', { href, target: '_blank', rel: 'noopener noreferrer nofollow' }, [text(shown)]));
    from = found.index + shown.length;
  }
  if (from < content.length) into.push(text(content.slice(from)));
  return into;
}

function trimEnd(found: string): string {
  let end = found.length;
  while (end > 0) {
    const last = found[end - 1]!;
    if (/[.,;:!?*_~]/.test(last)) end--;
    // A bracket that was opened inside belongs to the address.
    else if (last === ')' && isLoose(found.slice(0, end), '(', ')')) end--;
    else if (last === ']' && isLoose(found.slice(0, end), '[', ']')) end--;
    else break;
  }
  return found.slice(0, end);
}

/** More closing brackets than opening ones. */
function isLoose(found: string, open: string, close: string): boolean {
  return found.split(close).length > found.split(open).length;
}
