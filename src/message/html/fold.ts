// Quoted text, found by the marks that mail apps leave, and folded away behind a line. Knows the habits of Gmail, Apple Mail, Outlook, Thunderbird,
// Yahoo and of Japanese apps; knows no parser. What is passed on (a forwarded letter) is content, not quotation, and stays open.
import { element, text, textOf, type Element, type Markup } from './tree.ts';

/** Classes and ids, as cleaning leaves them, that begin a quotation in their element. */
const quoteClasses =
  /^(?:gmail_quote|gmail_quote_container|gmail_extra|yahoo_quoted|protonmail_quote|zmail_extra|moz-cite-prefix|tutanota_quote)$/;
/** Of these the quotation is all that follows, too. */
const cutIds =
  /^letter-(?:appendonsend|divRplyFwdMsg|x_divRplyFwdMsg|OLK_SRC_BODY_SECTION|mail-editor-reference-message-container|ms-outlook-mobile-signature-quote)$/;

/** "On … wrote:", in the languages that our people meet. One line, as it stands above a quotation. */
const introductions: readonly RegExp[] = [
  /^On .{4,200} wrote:$/s,
  /^Am .{4,200} schrieb .{1,200}:$/s,
  /^Le .{4,200} a écrit\s*:$/s,
  /^El .{4,200} escribió:$/s,
  /^\d{4}年\d{1,2}月\d{1,2}日.{0,200}[:\uFF1A]$/s,
  /^\d{4}[/-]\d{1,2}[/-]\d{1,2}.{0,200}(?:[:\uFF1A]|wrote:|のメール[:\uFF1A]?|書きました[:\uFF1A]?)$/s,
  /^.{1,200}(?:さんは書きました|さんが書きました|のメール|は書きました|wrote)[:\uFF1A]$/s,
  /^[-_—]{2,}\s*(?:Original Message|Original Appointment|元のメッセージ|Ursprüngliche Nachricht|Message d'origine)\s*[-_—]{2,}$/i,
];
const forwards = /Forwarded message|転送(?:された)?メッセージ|Begin forwarded message|Weitergeleitete Nachricht|Message transféré/i;
/** The lines that Outlook puts above what it answers to. */
const outlookHead = /^\s*(?:From|差出人|送信者|Von|De)[:\uFF1A].{1,500}(?:Sent|Date|送信日時|日付|Gesendet|Envoyé)[:\uFF1A]/s;

const longestIntroduction = 400;

/** Is this the line above a quotation? */
export function isIntroduction(line: string): boolean {
  const trimmed = line.replace(/\s+/g, ' ').trim();
  return trimmed.length <= longestIntroduction && introductions.some((shape) => shape.test(trimmed));
}

export function isForward(line: string): boolean {
  return forwards.test(line);
}

/** `summary`: what stands on the line. The letter itself when all of it would be folded away. */
export function foldQuotes(body: readonly Markup[], summary: string): Markup[] {
  const left = outsideText(body);
  // Nothing of one's own above or below: the quotation is what was sent.
  if (!left) return [...body];
  return foldIn(body, summary, 0);
}

function foldIn(nodes: readonly Markup[], summary: string, depth: number): Markup[] {
  const into: Markup[] = [];
  for (let at = 0; at < nodes.length; at++) {
    const node = nodes[at]!;
    if (node.kind === 'text') {
      into.push(node);
      continue;
    }
    const begins = quoteAt(nodes, at);
    if (begins !== null) {
      into.push(folded(nodes.slice(at, begins), summary));
      at = begins - 1;
      continue;
    }
    if (depth < deepest && node.children.length > 0 && mayHold(node)) node.children = foldIn(node.children, summary, depth + 1);
    into.push(node);
  }
  return into;
}

const deepest = 60;
/** Where a fold may stand as a child (HTML content models); elsewhere a browser would move it. */
const holders = new Set('div blockquote section article main center td th li dd span font b i body address header footer'.split(' '));

function mayHold(node: Element): boolean {
  return holders.has(node.name) || /^(?:table|tbody|thead|tr|ul|ol|dl)$/.test(node.name);
}

/** Behind which node the quotation that begins here ends; null when none begins. */
function quoteAt(nodes: readonly Markup[], at: number): number | null {
  const node = nodes[at]!;
  if (node.kind !== 'element' || !/^(?:div|blockquote|section|p|hr|span|pre)$/.test(node.name)) return null;
  const classes = (node.attributes.get('class') ?? '').split(' ');
  const id = node.attributes.get('id') ?? '';
  const opening = textOf([node], 800);
  if (isForward(opening.slice(0, 200))) return null;
  if (cutIds.test(id)) return id === 'letter-appendonsend' && followsForward(nodes, at) ? null : nodes.length;
  if (classes.includes('moz-cite-prefix')) return nextQuote(nodes, at + 1) ?? at + 1;
  if (classes.some((name) => quoteClasses.test(name))) return at + 1;
  if (node.name === 'blockquote' && node.attributes.get('type') === 'cite') return at + 1;
  // Outlook for Windows: a line above a head of its own.
  if (
    node.name === 'div' &&
    /border-top:\s*(?:solid|1(?:\.0)?p[tx] solid|none solid)?.*(?:#e1e1e1|#b5c4df)/i.test(styleNear(node)) &&
    outlookHead.test(opening)
  )
    return nodes.length;
  if (node.name !== 'blockquote' && isIntroduction(textOf([node], longestIntroduction + 1))) {
    const end = nextQuote(nodes, at + 1);
    if (end !== null) return end;
    if (/^[-_—]{2,}/.test(opening.trim())) return nodes.length;
  }
  return null;
}

/** The style of the element or of the one that fills it. */
function styleNear(node: Element): string {
  const first = node.children.find((child): child is Element => child.kind === 'element');
  return `${node.attributes.get('style') ?? ''} ${first?.attributes.get('style') ?? ''}`;
}

/** Behind the blockquote that comes next, white space aside. */
function nextQuote(nodes: readonly Markup[], from: number): number | null {
  for (let at = from; at < nodes.length && at < from + 6; at++) {
    const node = nodes[at]!;
    if (node.kind === 'text' ? node.text.trim() === '' : node.name === 'br') continue;
    return node.kind === 'element' && node.name === 'blockquote' ? at + 1 : null;
  }
  return null;
}

function followsForward(nodes: readonly Markup[], at: number): boolean {
  return isForward(textOf(nodes.slice(at, at + 4), 400));
}

/** Is there anything to read besides quotations? */
function outsideText(nodes: readonly Markup[]): boolean {
  for (let at = 0; at < nodes.length; at++) {
    const node = nodes[at]!;
    if (node.kind === 'text') {
      if (node.text.trim() !== '') return true;
      continue;
    }
    const end = quoteAt(nodes, at);
    if (end !== null) at = end - 1;
    else if (node.name === 'img' || outsideText(node.children)) return true;
  }
  return false;
}

function folded(nodes: readonly Markup[], summary: string): Element {
  return element('details', { class: 'tayori-quote' }, [element('summary', { class: 'tayori-fold' }, [text(summary)]), ...nodes]);
}
