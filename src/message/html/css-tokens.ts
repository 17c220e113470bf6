// CSS cut into tokens (CSS Syntax Level 3 §4), escapes decoded, comments gone. Knows the shape of tokens; knows no property and no rule. Whatever
// is written back is made of these tokens anew, never copied: what this reader and a browser would read differently cannot pass.

export type CssToken =
  | { readonly kind: 'ident' | 'function' | 'at' | 'hash' | 'string' | 'url'; readonly text: string }
  | { readonly kind: 'number'; readonly text: string; readonly unit: string }
  | { readonly kind: 'delim'; readonly text: string }
  | { readonly kind: 'space' }
  /** A string or url() that does not end as it should. */
  | { readonly kind: 'bad' };

/** Of one style sheet or attribute; the rest is not read. */
const mostTokens = 200_000;

const numberShape = /[+-]?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?/y;
const identStart = /[A-Za-z_\u0080-\u{10FFFF}]/u;
const identPart = /[A-Za-z0-9_\-\u0080-\u{10FFFF}]/u;

export function readCss(css: string): CssToken[] {
  const text = css.replace(/\r\n?|\f/g, '\n').replaceAll('\0', '\uFFFD');
  const tokens: CssToken[] = [];
  let at = 0;

  /** §4.3.7. Stands behind the backslash. */
  function escape(): string {
    const hex = /[0-9a-fA-F]{1,6}/y;
    hex.lastIndex = at;
    const found = hex.exec(text)?.[0];
    if (found === undefined) {
      const character = String.fromCodePoint(text.codePointAt(at) ?? 0xfffd);
      at += character.length;
      return character;
    }
    at += found.length;
    if (/\s/.test(text[at] ?? '')) at++;
    const code = Number.parseInt(found, 16);
    return code === 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff) ? '\uFFFD' : String.fromCodePoint(code);
  }

  function isEscape(position: number): boolean {
    return text[position] === '\\' && position + 1 < text.length && text[position + 1] !== '\n';
  }

  function startsIdent(position: number): boolean {
    const first = text[position] ?? '';
    if (first === '-') {
      const second = text[position + 1] ?? '';
      return second === '-' || identStart.test(second) || isEscape(position + 1);
    }
    return identStart.test(first) || isEscape(position);
  }

  function name(): string {
    let found = '';
    while (at < text.length) {
      if (isEscape(at)) {
        at++;
        found += escape();
      } else if (identPart.test(text[at]!)) found += text[at++]!;
      else break;
    }
    return found;
  }

  function string(quote: string): CssToken {
    let found = '';
    while (at < text.length) {
      const character = text[at++]!;
      if (character === quote) return { kind: 'string', text: found };
      if (character === '\n') return { kind: 'bad' };
      if (character !== '\\') found += character;
      else if (text[at] === '\n') at++;
      else if (at < text.length) found += escape();
    }
    // Unclosed at the end: a browser takes it; here it is bad, so that nothing behind it is ever swallowed.
    return { kind: 'bad' };
  }

  /** §4.3.6, without quotes. */
  function url(): CssToken {
    let found = '';
    while (at < text.length) {
      const character = text[at++]!;
      if (character === ')') return { kind: 'url', text: found.trim() };
      if (character === '\\' && text[at] !== '\n' && at < text.length) found += escape();
      else if (/["'(\\]/.test(character)) break;
      else found += character;
    }
    while (at < text.length && text[at] !== ')') at++;
    at++;
    return { kind: 'bad' };
  }

  while (at < text.length && tokens.length < mostTokens) {
    const character = text[at]!;
    if (character === '/' && text[at + 1] === '*') {
      const end = text.indexOf('*/', at + 2);
      at = end < 0 ? text.length : end + 2;
    } else if (/\s/.test(character)) {
      while (/\s/.test(text[at] ?? '')) at++;
      tokens.push({ kind: 'space' });
    } else if (character === '"' || character === "'") {
      at++;
      tokens.push(string(character));
    } else if (text.startsWith('<!--', at) || text.startsWith('-->', at)) {
      at += character === '<' ? 4 : 3;
    } else if (character === '#' && (identPart.test(text[at + 1] ?? '') || isEscape(at + 1))) {
      at++;
      tokens.push({ kind: 'hash', text: name() });
    } else if (character === '@' && startsIdent(at + 1)) {
      at++;
      tokens.push({ kind: 'at', text: name().toLowerCase() });
    } else if (/[\d.+-]/.test(character) && ((numberShape.lastIndex = at), numberShape.test(text))) {
      const number = text.slice(at, numberShape.lastIndex);
      at = numberShape.lastIndex;
      const unit = text[at] === '%' ? text[at++]! : startsIdent(at) ? name().toLowerCase() : '';
      tokens.push({ kind: 'number', text: number, unit });
    } else if (startsIdent(at)) {
      const found = name();
      if (text[at] !== '(') tokens.push({ kind: 'ident', text: found });
      else {
        at++;
        const isUrl = found.toLowerCase() === 'url' && !/^\s*["']/.test(text.slice(at, at + 100));
        tokens.push(isUrl ? url() : { kind: 'function', text: found.toLowerCase() });
      }
    } else {
      at++;
      tokens.push({ kind: 'delim', text: character });
    }
  }
  return tokens;
}

/** A string that reads the same in a style attribute, in a style element and outside of both. */
export function formatString(text: string): string {
  return `"${text.replace(/[^A-Za-z0-9 _.,:/?=%+~-]/gu, (one) => (one > '\u00A0' ? one : `\\${one.codePointAt(0)!.toString(16)} `))}"`;
}

/** Null for a name that would need escapes. */
export function formatIdent(text: string): string | null {
  return /^-?-?[A-Za-z_\u00A1-\uD7FF\uE000-\uFFFC\u{10000}-\u{10FFFF}][\w\u00A1-\uD7FF\uE000-\uFFFC\u{10000}-\u{10FFFF}-]*$/u.test(text)
    ? text
    : null;
}
