// The markup of a stranger's letter made harmless: parsed as a browser parses it, built anew from what is allowed, written once. Knows elements,
// attributes, links and pictures; knows no HTTP and no store.
//
// What is written has to be read by a browser as the very tree that was allowed (reliability B-117): it is parsed again and cleaned again
// until nothing changes any more, and is not shown as HTML when that does not come to an end.
import { Refusal } from '../../base/trouble.ts';
import { asPre, attributesOf, dropped, elements, globalAttributes, naming } from './allowed.ts';
import { darkColour } from './colours.ts';
import { cleanDeclarations, cleanSheet, ownPrefix, prefixed, type CssRules } from './css.ts';
import { elsewhere, withoutMarks } from './link-look.ts';
import { dataPicture, remoteAddress, safeLink } from './links.ts';
import { isHtml, parseHtml, type ParsedElement, type ParsedNode } from './parse.ts';
import { cleanText, element, formatMarkup, text, textOf, type Element, type Markup } from './tree.ts';

export interface CleanOptions {
  /** Our address for a part of the letter, by Content-ID without brackets; null when there is no such part. */
  readonly ownPart: (contentId: string) => string | null;
  /** Our address for a picture elsewhere; null while they are not wanted. */
  readonly remotePicture: (address: string) => string | null;
  readonly dark: boolean;
  /** What is said behind a link that shows another place than the one it leads to. */
  readonly leadsTo?: (place: string) => string;
}

export interface CleanLetter {
  readonly body: Markup[];
  readonly sheet: string;
  /** Pictures elsewhere that the letter would load, and those of them that only count who reads. */
  readonly remote: number;
  readonly trackers: number;
  /** Links from which marks were taken that follow the reader, and links that show another place than their own. */
  readonly unmarked: number;
  readonly doubtful: number;
}

/** Addresses that this program itself has written. */
const ownPicture = /^\/(?:letter\/A\d+\/M\d+\/part\/[\d.]+(?:\?in=[\d.~]+)?|image-proxy\?[\w=&%.~-]+)$/;
const longestAttribute = 2_000;
const stylesKept = 1_000;

/** @throws Refusal `too-big`. */
export function cleanHtml(html: string, options: CleanOptions): CleanLetter {
  const { body, sheets } = parseHtml(html);
  const cleaner = new Cleaner(options, false);
  const wrapper = cleaner.children(body);
  const doubtful = cleaner.tellPlaces();
  const own = cleaner.bodyStyle(body);
  const sheet = cleanSheet(sheets.join('\n'), cleaner.css);
  return {
    body: own === null ? wrapper : [element('div', { style: own }, wrapper)],
    sheet,
    remote: cleaner.remote.size,
    trackers: cleaner.trackers,
    unmarked: cleaner.unmarked,
    doubtful,
  };
}

const mostRounds = 6;

/** As text that is read as the same tree. @throws Refusal `too-big` when it comes to no end. */
export function settle(body: readonly Markup[]): string {
  let written = formatMarkup(body);
  for (let round = 0; round < mostRounds; round++) {
    const again = formatMarkup(readAgain(written));
    if (again === written) return written;
    written = again;
  }
  throw new Refusal('too-big', 'this HTML does not settle');
}

/** What a browser makes of it, cleaned by the same rules. */
export function readAgain(written: string): Markup[] {
  const cleaner = new Cleaner({ ownPart: () => null, remotePicture: () => null, dark: false }, true);
  return cleaner.children(parseHtml(`<!doctype html><body>${written}`).body);
}

interface LinkOut {
  readonly attributes: Map<string, string>;
  readonly children: Markup[];
}

class Cleaner {
  readonly #options: CleanOptions;
  /** What is read was written here. */
  readonly #again: boolean;
  readonly css: CssRules;
  readonly #styles = new Map<string, string>();
  readonly remote = new Set<string>();
  trackers = 0;
  unmarked = 0;
  /** Links out. */
  readonly #links: LinkOut[] = [];

  constructor(options: CleanOptions, again: boolean) {
    this.#options = options;
    this.#again = again;
    this.css = { picture: (address) => this.#picture(address), dark: options.dark };
  }

  children(of: ParsedElement): Markup[] {
    const into: Markup[] = [];
    // Each entry: what is still to be read, and where it goes.
    const stack: { readonly node: ParsedNode; readonly into: Markup[] }[] = [];
    const push = (parent: ParsedElement, target: Markup[]): void => {
      for (let at = parent.childNodes.length - 1; at >= 0; at--) stack.push({ node: parent.childNodes[at]!, into: target });
    };
    push(of, into);
    for (let entry = stack.pop(); entry !== undefined; entry = stack.pop()) {
      const { node } = entry;
      if (node.nodeName === '#text' && 'value' in node) {
        const content = cleanText(node.value);
        if (content !== '') addText(entry.into, content);
        continue;
      }
      if (!('tagName' in node) || !isHtml(node)) continue;
      const name = asPre.has(node.tagName) ? 'pre' : node.tagName === 'image' ? 'img' : node.tagName;
      if (dropped.has(name)) {
        this.#countDropped(node);
        continue;
      }
      if (!elements.has(name)) {
        push(node, entry.into);
        continue;
      }
      const attributes = this.#attributes(name, node);
      const made: Element = { kind: 'element', name, attributes, children: [] };
      if (name === 'img' && !made.attributes.has('src')) {
        const alt = made.attributes.get('alt') ?? '';
        if (this.#isTracker(node)) continue;
        const place = this.#again ? null : placeOf(node);
        if (place !== null) {
          entry.into.push(element('span', { class: `${ownPrefix}picture`, style: place }, alt === '' ? [] : [text(alt)]));
          continue;
        }
        if (alt === '') continue;
      }
      entry.into.push(made);
      if (name === 'a' && made.attributes.has('target') && !this.#again) this.#links.push({ attributes, children: made.children });
      push(node, made.children);
    }
    return into;
  }

  /** Behind each link that shows another place than its own stands where it leads. Tells how many there are. */
  tellPlaces(): number {
    const { leadsTo } = this.#options;
    let found = 0;
    for (const { attributes, children } of this.#links) {
      const place = elsewhere(textOf(children, 2_500), attributes.get('href')!);
      if (place === null) continue;
      found++;
      if (leadsTo === undefined) continue;
      attributes.set('class', [attributes.get('class'), `${ownPrefix}doubt`].filter(Boolean).join(' '));
      children.push(element('span', { class: `${ownPrefix}place` }, [text(leadsTo(cleanText(place).slice(0, 300).toWellFormed()))]));
    }
    return found;
  }

  /** What the body says of colours, for the element that stands in its place. */
  bodyStyle(body: ParsedElement): string | null {
    const attributes = new Map(body.attrs.map(({ name, value }) => [name, value]));
    let style = '';
    const colour = (name: string, property: string): void => {
      const value = attributes.get(name);
      if (value !== undefined && /^#?[A-Za-z0-9]{1,30}$/.test(value))
        style += `${property}:${/^[0-9a-fA-F]{6}$/.test(value) ? `#${value}` : value};`;
    };
    colour('bgcolor', 'background-color');
    colour('text', 'color');
    const background = attributes.get('background');
    if (background !== undefined) style += `background-image:url("${background.replace(/["\\\n]/g, '')}");`;
    const clean = cleanDeclarations(`${style}${attributes.get('style') ?? ''}`, this.css);
    return clean === '' ? null : clean;
  }

  #attributes(name: string, node: ParsedElement): Map<string, string> {
    const kept = new Map<string, string>();
    const allowed = attributesOf[name];
    const given = new Map(node.attrs.map((attribute) => [attribute.prefix === undefined ? attribute.name : '', attribute.value]));
    let style = given.get('style') ?? '';
    const background = given.get('background');
    if (background !== undefined) style += `;background-image:url("${background.replace(/["\\\n]/g, '')}")`;
    for (const [attribute, value] of given) {
      if (attribute === 'style' || !(globalAttributes.has(attribute) || allowed?.has(attribute))) continue;
      const clean = this.#value(name, attribute, value, node);
      if (clean !== null) kept.set(attribute, clean);
    }
    if (style !== '') {
      const clean = this.#style(style);
      if (clean !== '') kept.set('style', clean);
    }
    if (kept.has('href') && !kept.get('href')!.startsWith('#')) {
      kept.set('target', '_blank');
      kept.set('rel', 'noopener noreferrer nofollow');
    }
    if (name === 'img') for (const address of (given.get('srcset') ?? '').split(',')) this.#count(address.trim().split(/\s/)[0]!);
    return kept;
  }

  /** Letters say the same of a thousand cells. */
  #style(style: string): string {
    let clean = this.#styles.get(style);
    if (clean === undefined) {
      clean = cleanDeclarations(style, this.css);
      if (this.#styles.size < stylesKept) this.#styles.set(style, clean);
    }
    return clean;
  }

  #value(name: string, attribute: string, value: string, node: ParsedElement): string | null {
    switch (attribute) {
      case 'href': {
        const link = safeLink(value);
        if (link === null || this.#again) return link;
        const plain = withoutMarks(link);
        if (plain !== link) this.unmarked++;
        return plain;
      }
      case 'src': {
        const isTracker = this.#isTracker(node);
        const isRemote = remoteAddress(value) !== null;
        if (isTracker && isRemote && !this.#again) {
          this.#count(value);
          this.trackers++;
          return null;
        }
        return this.#picture(value);
      }
      case 'usemap':
        return value.startsWith('#') ? `#${prefixed(cleanName(value.slice(1)))}` : null;
      case 'class': {
        const names = cleanText(value)
          .split(/\s+/)
          .filter((one) => one !== '' && one.length <= 200 && (this.#again || !one.startsWith(ownPrefix)));
        return names.length === 0 ? null : names.slice(0, 50).join(' ');
      }
      case 'headers':
        return value
          .split(/\s+/)
          .filter((one) => one !== '')
          .slice(0, 20)
          .map((one) => prefixed(cleanName(one)))
          .join(' ');
      case 'bgcolor':
      case 'color': {
        const text = value.trim();
        if (!/^#?[A-Za-z0-9]{1,30}$/.test(text)) return null;
        if (!this.#options.dark) return text;
        return darkColour(/^[0-9a-fA-F]{6}$/.test(text) ? `#${text}` : text, attribute === 'color' ? 'ink' : 'paper');
      }
      case 'role':
        return value === 'presentation' || value === 'none' ? value : null;
    }
    if (naming.has(attribute)) return value === '' ? null : prefixed(cleanName(value));
    return cleanText(value).slice(0, longestAttribute).toWellFormed();
  }

  /** Our own address for a picture, or null. Counts what is elsewhere. */
  #picture(value: string): string | null {
    if (this.#again) return ownPicture.test(value) ? value : dataPicture(value);
    const [, contentId] = /^\s*cid:(.{1,500})$/is.exec(value) ?? [];
    if (contentId !== undefined) return this.#options.ownPart(decode(contentId.trim()));
    if (/^\s*data:/i.test(value)) return dataPicture(value);
    const remote = remoteAddress(value);
    if (remote === null) return null;
    this.remote.add(remote);
    return this.#options.remotePicture(remote);
  }

  #count(value: string): void {
    const remote = this.#again ? null : remoteAddress(value);
    if (remote !== null) this.remote.add(remote);
  }

  /** What an element that is not shown would have loaded: the reader is told the whole number. */
  #countDropped(node: ParsedElement): void {
    for (const { name, value } of node.attrs) if (/^(?:src|poster|data|href)$/.test(name) && node.tagName !== 'base') this.#count(value);
  }

  /** A picture that nobody sees: it tells its owner when and where the letter was opened. */
  #isTracker(node: ParsedElement): boolean {
    const given = new Map(node.attrs.map(({ name, value }) => [name, value]));
    const style = (given.get('style') ?? '').toLowerCase().replace(/\s+/g, '');
    const tiny = (side: 'width' | 'height'): boolean =>
      /^\s*[0-2](?:px)?\s*$/i.test(given.get(side) ?? '') ||
      new RegExp(`(?:^|;)(?:max-)?${side}:[0-2](?:\\.0*)?(?:px)?(?:!important)?(?:;|$)`).test(style);
    return (tiny('width') && tiny('height')) || /(?:^|;)(?:display:none|visibility:hidden|opacity:0)(?:!important)?(?:;|$)/.test(style);
  }
}

/** The room that a picture elsewhere takes, so that nothing moves when it comes; null where nobody says how large it is. */
function placeOf(node: ParsedElement): string | null {
  const given = new Map(node.attrs.map(({ name, value }) => [name, value]));
  const style = (given.get('style') ?? '').toLowerCase();
  if (given.get('src') === undefined || remoteAddress(given.get('src')!) === null) return null;
  const side = (name: 'width' | 'height'): string | null => {
    const [, told, unit = 'px'] =
      new RegExp(`(?:^|;)\\s*${name}\\s*:\\s*(\\d{1,4})(px|%)`).exec(style) ??
      /^\s*(\d{1,4})\s*(px|%)?\s*$/.exec(given.get(name) ?? '') ??
      [];
    return told === undefined || (unit === '%' && name === 'height') ? null : `${Number(told)}${unit}`;
  };
  const [width, height] = [side('width'), side('height')];
  return width === null || height === null ? null : `width:${width};height:${height}`;
}

function cleanName(name: string): string {
  return cleanText(name)
    .replace(/[\s"'<>&]/g, '_')
    .slice(0, 200)
    .toWellFormed();
}

function addText(into: Markup[], content: string): void {
  const last = into.at(-1);
  if (last?.kind === 'text') into[into.length - 1] = text(last.text + content);
  else into.push(text(content));
}

function decode(contentId: string): string {
  try {
    return decodeURIComponent(contentId);
  } catch {
    return contentId;
  }
}
