// A letter as one document of its own, to be shown in a frame: the part that is shown, cleaned, quotations folded, light or dark. Knows the parts of a
// letter and how the document looks; knows no HTTP, no store and no address of ours but by what it is told.
import type { Bytes } from '../../base/bytes.ts';
import { Refusal } from '../../base/trouble.ts';
import { decodeText } from '../charset/decode.ts';
import { parameterText } from '../header/parameters.ts';
import { htmlToText } from '../html-text.ts';
import { parseTree, type Part } from '../mime/tree.ts';
import { decodeTransfer } from '../transfer.ts';
import { cleanHtml, settle } from './clean.ts';
import { foldQuotes } from './fold.ts';
import { longestHtml } from './parse.ts';
import { longestPlain, plainMarkup } from './plain.ts';
import { element, escapeText, formatMarkup, text, type Markup } from './tree.ts';

export interface DocumentOptions {
  /** Our address for a part, by its number such as `1.2`. */
  readonly partAddress: (part: string) => string;
  /** Our address for a picture elsewhere, or null while they are not wanted. */
  readonly remotePicture: (address: string) => string | null;
  readonly theme: 'light' | 'dark';
  /** The text form is wanted where there are both. */
  readonly plain: boolean;
  readonly language: 'ja' | 'en';
}

export interface LetterDocument {
  readonly html: string;
  readonly form: 'html' | 'plain';
  /** Is the other form there? */
  readonly hasOther: boolean;
  readonly remote: number;
  readonly trackers: number;
}

const words = {
  ja: {
    quote: '引用を表示・非表示',
    tooBig: 'この手紙の HTML は大きすぎるか入り組みすぎているため、文字だけを表示しています。',
    cut: 'ここから先は長いため省きました。全文はダウンロードできます。',
    empty: 'この手紙には本文がありません。',
    title: '手紙の本文',
  },
  en: {
    quote: 'Show or hide quoted text',
    tooBig: 'The HTML of this letter is too large or too tangled, so only its text is shown.',
    cut: 'The rest is left out here because it is long; download the letter to see all of it.',
    empty: 'This letter has no text.',
    title: 'Text of the letter',
  },
} as const;

/** A letter and its parts by number, as RFC 9051 §6.4.5.1 counts them. */
export function letterDocument(octets: Bytes, options: DocumentOptions): LetterDocument {
  const tree = parseTree(octets);
  const say = words[options.language];
  const found = shownParts(tree);
  const htmlPart = found.html;
  const form = htmlPart !== null && !(options.plain && found.plain.length > 0) ? 'html' : 'plain';
  const hasOther = form === 'html' ? found.plain.length > 0 : htmlPart !== null;
  const base = { hasOther, remote: 0, trackers: 0 };
  if (form === 'html') {
    const html = readHtml(octets, htmlPart!);
    try {
      if (html.length > longestHtml) throw new Refusal('too-big', 'long');
      const ids = contentIds(tree);
      const cleaned = cleanHtml(html, {
        ownPart: (id) => {
          const part = ids.get(id);
          return part === undefined ? null : options.partAddress(part);
        },
        remotePicture: options.remotePicture,
        dark: options.theme === 'dark',
      });
      const body = settle(foldQuotes(cleaned.body, say.quote));
      return { ...base, html: page(body, cleaned.sheet, options, 'html'), form, remote: cleaned.remote, trackers: cleaned.trackers };
    } catch (trouble) {
      if (!(trouble instanceof Refusal)) throw trouble;
      const plain = [
        element('p', { class: 'tayori-note' }, [text(say.tooBig)]),
        ...plainMarkup(htmlToText(html, longestPlain), { flowed: false, delSp: false, summary: say.quote }),
      ];
      return { ...base, html: page(formatMarkup(plain), '', options, 'plain'), form: 'plain' };
    }
  }
  const body: Markup[] = [];
  for (const part of found.plain.length > 0 ? found.plain : htmlPart === null ? [] : [htmlPart]) {
    const content = part.subtype === 'html' ? htmlToText(readHtml(octets, part), longestPlain) : readText(octets, part, longestPlain * 4);
    const flowed = part.subtype === 'plain' && parameterText(part.parameters, 'format')?.toLowerCase() === 'flowed';
    const delSp = parameterText(part.parameters, 'delsp')?.toLowerCase() === 'yes';
    body.push(...plainMarkup(content, { flowed, delSp, summary: say.quote }));
    if (content.length > longestPlain) body.push(element('p', { class: 'tayori-note' }, [text(say.cut)]));
  }
  if (body.length === 0) body.push(element('p', { class: 'tayori-note' }, [text(say.empty)]));
  return { ...base, html: page(formatMarkup(body), '', options, 'plain'), form: 'plain' };
}

/** A part that a picture in the text may name, with its octets; null when there is none of this number, or it is no picture. */
export function inlinePart(octets: Bytes, number: string): Bytes | null {
  let part: Part | undefined = parseTree(octets);
  // The number of a letter with one part is 1 (RFC 9051 §6.4.5.1).
  if (part.type === 'multipart') for (const step of number.split('.')) part = part?.children[Number(step) - 1];
  else if (number !== '1') part = undefined;
  return part === undefined || part.children.length > 0
    ? null
    : decodeTransfer(part.encoding, octets.subarray(part.bodyStart, part.bodyEnd));
}

function readText(octets: Bytes, part: Part, max: number): string {
  return decodeText(part.charset, decodeTransfer(part.encoding, octets.subarray(part.bodyStart, part.bodyEnd), max));
}

/** RFC 2854 §4; where the header names no charset the document may (HTML §13.2.3.2), else it is guessed. */
function readHtml(octets: Bytes, part: Part): string {
  const decoded = decodeTransfer(part.encoding, octets.subarray(part.bodyStart, part.bodyEnd), longestHtml + 1);
  const named =
    part.charset !== ''
      ? part.charset
      : (/<meta\b[^>]{0,200}\bcharset\s*=\s*["']?\s*([\w-]{1,40})/i.exec(latin1(decoded.subarray(0, 2048)))?.[1] ?? '');
  return decodeText(named, decoded);
}

function latin1(octets: Bytes): string {
  let found = '';
  for (const octet of octets) found += String.fromCharCode(octet);
  return found;
}

/** The text of a letter: of alternatives the last HTML and the last plain one (RFC 2046 §5.1.4); of other parts those that are no attachment. */
function shownParts(tree: Part): { readonly html: Part | null; readonly plain: readonly Part[] } {
  let html: Part | null = null;
  const plain: Part[] = [];
  const visit = (part: Part, depth: number): void => {
    if (depth > 50 || part.disposition?.value.toLowerCase() === 'attachment') return;
    if (part.type === 'multipart') {
      // What is signed or reported comes first; the signature itself is no text.
      for (const child of part.subtype === 'signed' ? part.children.slice(0, 1) : part.children) visit(child, depth + 1);
      return;
    }
    if (part.type !== 'text') return;
    if (part.subtype === 'html') html ??= part;
    else if (part.subtype === 'plain' || part.subtype === 'enriched') plain.push(part);
  };
  visit(tree, 0);
  return { html, plain };
}

/** Content-ID without brackets → number of the part. */
function contentIds(tree: Part): ReadonlyMap<string, string> {
  const ids = new Map<string, string>();
  const visit = (part: Part, number: string): void => {
    const id = part.id?.trim().replace(/^<|>$/g, '') ?? '';
    if (id !== '' && part.children.length === 0 && !ids.has(id)) ids.set(id, number);
    // A message in the letter is its own world: its pictures are not ours to show here.
    if (part.type === 'multipart')
      for (const [index, child] of part.children.entries()) visit(child, number === '' ? String(index + 1) : `${number}.${index + 1}`);
  };
  visit(tree, '');
  return ids;
}

// --- the document ---------------------------------------------------------------------------------------------------

/** Alone in its frame: the letter's own words about style stand behind ours, and go no further. */
function page(body: string, sheet: string, { theme, language }: DocumentOptions, form: 'html' | 'plain'): string {
  const style = `${theme === 'dark' ? darkStyle : lightStyle}${baseStyle}${form === 'plain' ? plainStyle : ''}`;
  return (
    `<!doctype html><html lang="${language}" class="tayori-${theme}"><head><meta charset="utf-8">` +
    `<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="${theme}"><title>${escapeText(words[language].title)}</title>` +
    `<style>${style}</style>${sheet === '' ? '' : `<style>${sheet}</style>`}</head><body>${body}</body></html>`
  );
}

const lightStyle =
  ':root{color-scheme:light;--ink:#211d18;--soft:#625a4f;--line:#e0d8c8;--link:#b0301c}body{background:#fffdf8;color:var(--ink)}';
const darkStyle =
  ':root{color-scheme:dark;--ink:#ede8de;--soft:#aea698;--line:#38332b;--link:#f27b64}body{background:#1f1c18;color:var(--ink)}';
const baseStyle =
  'html{overflow-wrap:anywhere}body{margin:0;padding:16px;font:16px/1.6 system-ui,-apple-system,"Hiragino Sans","Noto Sans CJK JP","Noto Sans JP","Yu Gothic UI",sans-serif;line-break:strict}' +
  'img{max-width:100%;height:auto}table{max-width:100%}pre{white-space:pre-wrap}a{color:var(--link)}blockquote{margin:8px 0;padding-inline-start:12px;border-inline-start:2px solid var(--line)}' +
  '.tayori-quote{margin:8px 0}.tayori-fold{display:inline-block;min-height:24px;padding:0 12px;border:1px solid var(--line);border-radius:12px;color:var(--soft);font-size:13px;line-height:24px;cursor:pointer}' +
  '.tayori-quote[open]>.tayori-fold{margin-bottom:8px}.tayori-note{color:var(--soft);font-size:14px}';
const plainStyle = '.tayori-plain{white-space:pre-wrap;line-height:1.75}.tayori-cited{color:var(--soft)}';
