// Property lists in XML, as Apple's devices read them (PropertyList-1.0.dtd). Knows dictionaries, arrays, strings, integers and booleans;
// knows no key. Dates and data are not needed here and are refused.
import { SyntaxTrouble } from '../../base/trouble.ts';
import { entryOf } from './values.ts';

export type PropertyList = string | number | boolean | readonly PropertyList[] | { readonly [key: string]: PropertyList };

const head = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
`;

/** In: a value whose numbers are integers. Out: the text, UTF-8 when written. Characters that XML 1.0 §2.2 forbids are left out. */
export function formatPropertyList(value: PropertyList): string {
  return `${head}<plist version="1.0">\n${formatValue(value, '')}\n</plist>\n`;
}

function formatValue(value: PropertyList, indent: string): string {
  if (typeof value === 'string') return `${indent}<string>${escapeText(value)}</string>`;
  if (typeof value === 'number') return `${indent}<integer>${value}</integer>`;
  if (typeof value === 'boolean') return `${indent}<${value}/>`;
  const deeper = `${indent}\t`;
  if (isList(value)) return [`${indent}<array>`, ...value.map((one) => formatValue(one, deeper)), `${indent}</array>`].join('\n');
  const pairs = Object.entries(value).map(([key, one]) => `${deeper}<key>${escapeText(key)}</key>\n${formatValue(one, deeper)}`);
  return [`${indent}<dict>`, ...pairs, `${indent}</dict>`].join('\n');
}

function isList(value: PropertyList): value is readonly PropertyList[] {
  return Array.isArray(value);
}

function escapeText(text: string): string {
  return text
    .replaceAll(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('\r', '&#13;');
}

const longest = 256 * 1024;
const deepest = 16;
const mostTokens = 10_000;
const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", '#13': '\r' };

/** The twin of `formatPropertyList`. At most 256 KiB and 16 levels. @throws SyntaxTrouble for all else than the values above. */
export function parsePropertyList(text: string): PropertyList {
  if (text.length > longest) throw new SyntaxTrouble('a property list of 256 KiB at most');
  const body = /^\s*<\?xml [^>]*\?>\s*<!DOCTYPE plist [^>[]*>\s*<plist version="1\.0">([\s\S]*)<\/plist>\s*$/.exec(text)?.[1];
  if (body === undefined) throw new SyntaxTrouble('a property list');
  const tokens = body.match(/<[^>]*>|[^<]+/g) ?? [];
  if (tokens.length > mostTokens) throw new SyntaxTrouble(`at most ${mostTokens} pieces in a property list`);
  const reader = new Reader(tokens);
  const value = reader.value(0);
  reader.end();
  return value;
}

class Reader {
  readonly #tokens: readonly string[];
  #at = 0;
  constructor(tokens: readonly string[]) {
    this.#tokens = tokens;
  }

  #skipSpace(): void {
    while (/^\s+$/.test(this.#tokens[this.#at] ?? '')) this.#at++;
  }

  #next(): string {
    this.#skipSpace();
    return this.#tokens[this.#at++] ?? '';
  }

  #text(tag: string): string {
    const here = this.#tokens[this.#at] ?? '';
    const text = here.startsWith('<') ? '' : here;
    if (text !== '') this.#at++;
    if (this.#tokens[this.#at++] !== `</${tag}>`) throw new SyntaxTrouble(`</${tag}>`);
    return text.replaceAll(/&([^;&]*);?/g, (_all, name: string) => {
      const character = entryOf(entities, name);
      if (character === undefined) throw new SyntaxTrouble('no entity but the five of XML');
      return character;
    });
  }

  value(depth: number): PropertyList {
    if (depth > deepest) throw new SyntaxTrouble(`at most ${deepest} levels`);
    const tag = this.#next();
    if (tag === '<string>') return this.#text('string');
    if (tag === '<string/>') return '';
    if (tag === '<true/>') return true;
    if (tag === '<false/>') return false;
    if (tag === '<integer>') {
      const digits = this.#text('integer');
      if (!/^-?\d{1,15}$/.test(digits)) throw new SyntaxTrouble('an integer');
      return Number(digits);
    }
    if (tag === '<array>') return this.#list(depth);
    if (tag === '<dict>') return this.#dictionary(depth);
    throw new SyntaxTrouble('a dictionary, an array, a string, an integer or a boolean');
  }

  #list(depth: number): PropertyList[] {
    const list: PropertyList[] = [];
    while (!this.#isClosed('array')) list.push(this.value(depth + 1));
    return list;
  }

  #dictionary(depth: number): Record<string, PropertyList> {
    const pairs = new Map<string, PropertyList>();
    while (!this.#isClosed('dict')) {
      if (this.#next() !== '<key>') throw new SyntaxTrouble('<key>');
      const key = this.#text('key');
      if (pairs.has(key)) throw new SyntaxTrouble(`one ${key} only`);
      pairs.set(key, this.value(depth + 1));
    }
    return Object.fromEntries(pairs);
  }

  #isClosed(tag: string): boolean {
    this.#skipSpace();
    if (this.#tokens[this.#at] !== `</${tag}>`) return false;
    this.#at++;
    return true;
  }

  end(): void {
    this.#skipSpace();
    if (this.#at !== this.#tokens.length) throw new SyntaxTrouble('one value in a property list');
  }
}
