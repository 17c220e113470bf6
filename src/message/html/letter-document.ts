// A letter as one document of its own, to be shown in a frame: the part that is shown, cleaned, quotations folded, light or dark. Knows the parts of a
// letter and how the document looks; knows no HTTP, no store and no address of ours but by what it is told.
import type { Bytes } from '../../base/bytes.ts';
import { Refusal } from '../../base/trouble.ts';
import { decodeText } from '../charset/decode.ts';
import { parameterText } from '../header/parameters.ts';
import { htmlToText } from '../html-text.ts';
import { bodyParts, numberParts } from '../mime/body-parts.ts';
import { parseTree, type Part } from '../mime/tree.ts';
import { readFacts } from '../read-facts.ts';
import { fileName } from '../text.ts';
import { decodeTransfer } from '../transfer.ts';
import { cleanHtml, settle } from './clean.ts';
import { foldQuotes } from './fold.ts';
import { longestHtml } from './parse.ts';
import { longestPlain, plainMarkup } from './plain.ts';
import { cleanText, element, escapeText, formatMarkup, text, type Markup } from './tree.ts';

export interface DocumentOptions {
  /** Our address for a part, by its number such as `1.2`. */
  readonly partAddress: (part: string) => string;
  /** Our address for a letter that lies in this one, by the number of its part; where none is given they are only named. */
  readonly letterAddress?: (part: string) => string;
  /** Our address for a picture elsewhere, or null while they are not wanted. */
  readonly remotePicture: (address: string) => string | null;
  readonly theme: 'light' | 'dark';
  /** The text form is wanted where there are both. */
  readonly plain: boolean;
  /** HTML is shown as its text, with a sentence. */
  readonly textOnly?: boolean;
  readonly language: 'ja' | 'en';
  /** For paper: what stands on the envelope comes first, with the date in this time zone, and nothing is folded. */
  readonly print?: { readonly timeZone: string } | null;
}

export interface LetterDocument {
  readonly html: string;
  readonly form: 'html' | 'plain';
  /** Is the other form there? */
  readonly hasOther: boolean;
  readonly remote: number;
  readonly trackers: number;
  /** Links from which marks were taken that follow the reader, and links that show another place than their own. */
  readonly unmarked: number;
  readonly doubtful: number;
}

const words = {
  ja: {
    quote: '引用を表示・非表示',
    tooBig: 'この手紙の HTML は大きすぎるか入り組みすぎているため、文字だけを表示しています。',
    cut: 'ここから先は長いため省きました。全文はダウンロードできます。',
    empty: 'この手紙には本文がありません。',
    title: '手紙の本文',
    leadsTo: (place: string) => `（行き先は ${place}）`,
    from: '差出人',
    to: '宛先',
    cc: '写し',
    date: '日付',
    attached: '添付',
    letter: '手紙',
  },
  en: {
    quote: 'Show or hide quoted text',
    tooBig: 'The HTML of this letter is too large or too tangled, so only its text is shown.',
    cut: 'The rest is left out here because it is long; download the letter to see all of it.',
    empty: 'This letter has no text.',
    title: 'Text of the letter',
    leadsTo: (place: string) => `(leads to ${place})`,
    from: 'From',
    to: 'To',
    cc: 'Cc',
    date: 'Date',
    attached: 'Attached',
    letter: 'letter',
  },
} as const;

/** Parts that are shown one under the other; the others are there as attachments. */
const mostShown = 50;
const mostNamed = 100;
/** Letters within letters that can be opened one in the other. */
const deepest = 10;

/** A letter that lies in another: `path` is the number of its part, then of the part in that one, and so on. Null: there is none. */
export function attachedLetter(octets: Bytes, path: readonly string[]): Bytes | null {
  if (path.length > deepest) return null;
  let found = octets;
  for (const number of path) {
    const entry = [...numberParts(parseTree(found))].find(([part, its]) => its.join('.') === number && part.type === 'message');
    if (entry === undefined || entry[0].children.length === 0) return null;
    found = found.subarray(entry[0].bodyStart, entry[0].bodyEnd);
  }
  return found;
}

/** What a person reads of a letter, as one document. Each part is read by itself: no mark of one reaches into another (reliability B-126). */
export function letterDocument(octets: Bytes, options: DocumentOptions): LetterDocument {
  const tree = parseTree(octets);
  const { htmlBody, textBody } = bodyParts(tree);
  const hasHtml = htmlBody.some(isHtml);
  const hasPlain = textBody.some((part) => part.type === 'text' && !isHtml(part));
  const form = hasHtml && !(options.plain && hasPlain) ? 'html' : 'plain';
  const writer = new Writer(octets, tree, options);
  for (const part of (form === 'html' ? htmlBody : textBody).slice(0, mostShown)) writer.add(part, form);
  const { remote, trackers, unmarked, doubtful } = writer;
  // RFC 8621 §4.1.4: the text of an HTML letter is that HTML where there is nothing else.
  const hasOther = form === 'html' ? hasPlain : hasHtml;
  return { html: writer.finish(form, hasOther), form, hasOther, remote, trackers, unmarked, doubtful };
}

function isHtml(part: Part): boolean {
  return part.type === 'text' && part.subtype === 'html';
}

class Writer {
  readonly #octets: Bytes;
  readonly #tree: Part;
  readonly #numbers: ReadonlyMap<Part, readonly number[]>;
  readonly #ids: ReadonlyMap<string, string>;
  readonly #options: DocumentOptions;
  readonly #bodies: string[] = [];
  readonly #sheets: string[] = [];
  /** Characters of HTML that may still be read. */
  #room = longestHtml;
  remote = 0;
  trackers = 0;
  unmarked = 0;
  doubtful = 0;

  constructor(octets: Bytes, tree: Part, options: DocumentOptions) {
    this.#octets = octets;
    this.#tree = tree;
    this.#numbers = numberParts(tree);
    this.#ids = contentIds(this.#numbers);
    this.#options = options;
  }

  add(part: Part, form: 'html' | 'plain'): void {
    if (isHtml(part)) this.#addHtml(part, form);
    else if (part.type === 'text') this.#addPlain(part);
    else if (part.type === 'image') this.#addPicture(part);
  }

  #addHtml(part: Part, form: 'html' | 'plain'): void {
    const { quote, tooBig } = words[this.#options.language];
    const html = readHtml(this.#octets, part);
    let isTooBig = false;
    if (form === 'html')
      try {
        this.#room -= html.length;
        if (this.#room < 0 || this.#options.textOnly === true) throw new Refusal('too-big', 'long');
        const cleaned = cleanHtml(html, {
          ownPart: (id) => {
            const number = this.#ids.get(id);
            return number === undefined ? null : this.#options.partAddress(number);
          },
          remotePicture: this.#options.remotePicture,
          dark: this.#options.theme === 'dark',
          leadsTo: words[this.#options.language].leadsTo,
        });
        this.#bodies.push(settle(foldQuotes(cleaned.body, quote)));
        if (cleaned.sheet !== '') this.#sheets.push(cleaned.sheet);
        this.remote += cleaned.remote;
        this.trackers += cleaned.trackers;
        this.unmarked += cleaned.unmarked;
        this.doubtful += cleaned.doubtful;
        return;
      } catch (trouble) {
        if (!(trouble instanceof Refusal)) throw trouble;
        isTooBig = true;
      }
    const plain = plainMarkup(htmlToText(html, longestPlain), { flowed: false, delSp: false, summary: quote });
    this.#bodies.push(formatMarkup(isTooBig ? [note(tooBig), ...plain] : plain));
  }

  #addPlain(part: Part): void {
    const { quote, cut } = words[this.#options.language];
    const content = readText(this.#octets, part, longestPlain * 4);
    const flowed = part.subtype === 'plain' && parameterText(part.parameters, 'format')?.toLowerCase() === 'flowed';
    const delSp = parameterText(part.parameters, 'delsp')?.toLowerCase() === 'yes';
    const markup = plainMarkup(content, { flowed, delSp, summary: quote });
    if (content.length > longestPlain) markup.push(note(cut));
    if (content.trim() !== '') this.#bodies.push(formatMarkup(markup));
  }

  /** A picture between texts, as Apple Mail sends it. */
  #addPicture(part: Part): void {
    const number = this.#numbers.get(part)?.join('.');
    if (number === undefined) return;
    const name = fileName(part) ?? '';
    this.#bodies.push(
      formatMarkup([
        element('p', null, [
          element('img', { src: this.#options.partAddress(number), alt: cleanText(name).slice(0, 200).toWellFormed() }, []),
        ]),
      ]),
    );
  }

  finish(form: 'html' | 'plain', hasOther: boolean): string {
    if (this.#bodies.length === 0) this.#bodies.push(formatMarkup([note(words[this.#options.language].empty)]));
    // For the page around the frame, which sees no headers of ours, and for a frame that was kept.
    const facts = `form=${form} other=${Number(hasOther)} remote=${this.remote} trackers=${this.trackers} unmarked=${this.unmarked} doubtful=${this.doubtful}`;
    const body = this.#bodies.join('<hr class="tayori-part">');
    const { print, language } = this.#options;
    if (print === undefined || print === null) return page(body, this.#sheets.join(''), this.#options, facts);
    // On paper nothing can be opened any more.
    const open = body.replaceAll('<details class="tayori-quote">', '<details class="tayori-quote" open>');
    return page(
      formatMarkup(envelope(this.#octets, language, print.timeZone)) + open + formatMarkup(this.#attached()),
      this.#sheets.join(''),
      this.#options,
      facts,
    );
  }

  /** What lies in the letter besides its text, by name; letters in it can be opened. */
  #attached(): Markup[] {
    const { letterAddress, language } = this.#options;
    const files = bodyParts(this.#tree).attachments.slice(0, mostNamed);
    if (files.length === 0) return [];
    const named = files.flatMap((part, index): Markup[] => {
      const isLetter = part.type === 'message' && part.children.length > 0;
      const label = text(
        cleanText(fileName(part) ?? (isLetter ? words[language].letter : `${part.type}/${part.subtype}`))
          .slice(0, 200)
          .toWellFormed(),
      );
      const number = this.#numbers.get(part)?.join('.');
      const made =
        isLetter && letterAddress !== undefined && number !== undefined ? element('a', { href: letterAddress(number) }, [label]) : label;
      return index === 0 ? [made] : [text(language === 'ja' ? '、' : ', '), made];
    });
    return [
      element('hr', { class: 'tayori-part' }, []),
      element('p', { class: 'tayori-line' }, [element('b', null, [text(words[language].attached)]), text(' '), ...named]),
    ];
  }
}

/** Subject, people and date, as they stand on the envelope. */
function envelope(octets: Bytes, language: 'ja' | 'en', timeZone: string): Markup[] {
  const facts = readFacts(octets);
  const said = words[language];
  const date =
    facts.sentAt === null
      ? ''
      : new Intl.DateTimeFormat(language === 'ja' ? 'ja-JP' : 'en-GB', { dateStyle: 'full', timeStyle: 'short', timeZone }).format(
          facts.sentAt,
        );
  const rows = [
    [said.from, facts.from],
    [said.to, facts.to],
    [said.cc, facts.cc],
    [said.date, date],
  ] as const;
  return [
    element('h1', { class: 'tayori-subject' }, [text(cleanText(facts.subject))]),
    ...rows
      .filter(([, value]) => value !== '')
      .map(([name, value]) => element('p', { class: 'tayori-line' }, [element('b', null, [text(name)]), text(` ${cleanText(value)}`)])),
    element('hr', { class: 'tayori-part' }, []),
  ];
}

function note(sentence: string): Markup {
  return element('p', { class: 'tayori-note' }, [text(sentence)]);
}

/** Octets of the largest HTML part, as it is coded: what tells how long the work may take. */
export function longestHtmlIn(octets: Bytes): number {
  let longest = 0;
  for (const part of numberParts(parseTree(octets)).keys()) if (isHtml(part)) longest = Math.max(longest, part.bodyEnd - part.bodyStart);
  return longest;
}

/** A part that a picture in the text may name, with its octets; null when there is none of this number, or it is no picture. */
export function inlinePart(octets: Bytes, number: string): Bytes | null {
  for (const [part, its] of numberParts(parseTree(octets)))
    if (its.join('.') === number && part.children.length === 0)
      return decodeTransfer(part.encoding, octets.subarray(part.bodyStart, part.bodyEnd));
  return null;
}

function readText(octets: Bytes, part: Part, max: number): string {
  return decodeText(part.charset, decodeTransfer(part.encoding, octets.subarray(part.bodyStart, part.bodyEnd), max));
}

/** Where the header names no charset the document may (HTML Living Standard §13.2.3.2), else it is guessed. */
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

/** Content-ID without brackets → number of the part. A message in the letter is its own world: its pictures are not shown here. */
function contentIds(numbers: ReadonlyMap<Part, readonly number[]>): ReadonlyMap<string, string> {
  const ids = new Map<string, string>();
  for (const [part, number] of numbers) {
    const id = part.id?.trim().replace(/^<|>$/g, '') ?? '';
    if (id !== '' && part.children.length === 0 && !ids.has(id)) ids.set(id, number.join('.'));
  }
  return ids;
}

// --- the document ---------------------------------------------------------------------------------------------------

/** Alone in its frame: the letter's own words about style stand behind ours, and go no further. */
function page(body: string, sheet: string, { theme, language }: DocumentOptions, facts: string): string {
  const style = `${theme === 'dark' ? darkStyle : lightStyle}${baseStyle}`;
  return (
    `<!doctype html><html lang="${language}" class="tayori-${theme}"><head><meta charset="utf-8">` +
    `<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="${theme}"><meta name="tayori-letter" content="${facts}"><title>${escapeText(words[language].title)}</title>` +
    `<style>${style}</style>${sheet === '' ? '' : `<style>${sheet}</style>`}</head><body>${body}</body></html>`
  );
}

const lightStyle =
  ':root{color-scheme:light;--ink:#211d18;--soft:#625a4f;--line:#e0d8c8;--sunk:#f2ebdd;--warn:#7a4a00;--link:#b0301c}body{background:#fffdf8;color:var(--ink)}';
const darkStyle =
  ':root{color-scheme:dark;--ink:#ede8de;--soft:#aea698;--line:#38332b;--sunk:#29251f;--warn:#e8b860;--link:#f27b64}body{background:#1f1c18;color:var(--ink)}';
// No face is slanted that has no slant: kanji leaning over are hard to read. A letter's first and last lines stand at its edges.
const baseStyle =
  'html{overflow-wrap:anywhere}body{margin:0;padding:16px;font:16px/1.6 system-ui,-apple-system,"Hiragino Sans","Noto Sans CJK JP","Noto Sans JP","Yu Gothic UI",sans-serif;line-break:strict;font-synthesis-style:none}' +
  'body>:first-child,body>div:first-child>:first-child{margin-top:0}body>:last-child,body>div:last-child>:last-child{margin-bottom:0}p,li{text-wrap:pretty}' +
  'img{max-width:100%;height:auto}table{max-width:100%}pre{white-space:pre-wrap}a{color:var(--link)}blockquote{margin:8px 0;padding-inline-start:12px;border-inline-start:2px solid var(--line)}' +
  ':focus-visible{outline:2px solid var(--link);outline-offset:2px}' +
  '.tayori-picture{box-sizing:border-box;display:inline-block;max-width:100%;padding:4px 8px;overflow:hidden;border:1px dashed var(--line);border-radius:4px;background:var(--sunk);color:var(--soft);font-size:13px;line-height:1.4;text-align:start;vertical-align:bottom}' +
  'html body .tayori-doubt .tayori-place{display:inline-block!important;visibility:visible!important;position:static!important;opacity:1!important;color:var(--warn)!important;font-size:13px!important;font-weight:400;background:var(--sunk)!important;border-radius:4px;margin-inline-start:4px;padding:0 4px}' +
  '.tayori-quote{margin:8px 0}.tayori-fold{display:inline-block;min-height:24px;padding:0 12px;border:1px solid var(--line);border-radius:12px;color:var(--soft);font-size:13px;line-height:24px;cursor:pointer}' +
  '.tayori-quote[open]>.tayori-fold{margin-bottom:8px}.tayori-note{color:var(--soft);font-size:14px}' +
  '.tayori-subject{margin:0 0 12px;font-size:20px;line-height:1.4}.tayori-line{margin:2px 0;font-size:14px}.tayori-line b{color:var(--soft);font-weight:500}' +
  '@media print{body{padding:0;background:#fff}.tayori-fold{display:none}a{color:inherit}img,pre,blockquote,tr{break-inside:avoid}}' +
  '.tayori-part{margin:16px 0;border:0;border-top:1px solid var(--line)}.tayori-plain{white-space:pre-wrap;line-height:1.75}.tayori-cited{color:var(--soft)}';
