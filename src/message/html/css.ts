// Style of letters, cleaned: which properties, values, selectors and conditions may stay. Knows names and shapes; where pictures of ours are is told
// by whoever asks. Nothing here lets a browser load anything but what that person says, nor leaves its place.
import { darkColour, type ColourRole } from './colours.ts';
import { formatIdent, formatString, readCss, type CssToken } from './css-tokens.ts';

export interface CssRules {
  /** Our own address for a picture, or null to leave it out. */
  readonly picture: (address: string) => string | null;
  readonly dark: boolean;
}

const properties = new Set(
  `background background-color background-image background-position background-repeat background-size background-clip background-origin
  border border-color border-style border-width border-radius border-collapse border-spacing
  border-top border-right border-bottom border-left border-top-color border-right-color border-bottom-color border-left-color
  border-top-style border-right-style border-bottom-style border-left-style border-top-width border-right-width border-bottom-width
  border-left-width border-top-left-radius border-top-right-radius border-bottom-left-radius border-bottom-right-radius
  box-shadow box-sizing caption-side clear color column-count column-gap column-width columns direction display empty-cells
  flex flex-basis flex-direction flex-flow flex-grow flex-shrink flex-wrap align-content align-items align-self justify-content justify-items
  justify-self gap row-gap grid-template-columns grid-template-rows grid-column grid-row order float
  font font-family font-feature-settings font-kerning font-size font-stretch font-style font-variant font-weight
  height width max-height max-width min-height min-width aspect-ratio object-fit object-position
  hyphens letter-spacing line-break line-height list-style list-style-position list-style-type
  margin margin-top margin-right margin-bottom margin-left padding padding-top padding-right padding-bottom padding-left
  margin-block margin-inline padding-block padding-inline opacity outline outline-color outline-style outline-width overflow overflow-x overflow-y
  overflow-wrap position quotes ruby-position tab-size table-layout text-align text-align-last text-combine-upright text-decoration
  text-decoration-color text-decoration-line text-decoration-style text-emphasis text-indent text-orientation text-overflow text-shadow
  text-transform text-underline-offset top right bottom left unicode-bidi vertical-align visibility white-space word-break word-spacing
  word-wrap writing-mode`.split(/\s+/),
);

/** Functions that load nothing and ask nothing. `url` is a matter of its own. */
const functions = new Set(
  `rgb rgba hsl hsla hwb lab lch oklab oklch calc min max clamp linear-gradient radial-gradient conic-gradient repeating-linear-gradient
  repeating-radial-gradient repeat minmax fit-content`.split(/\s+/),
);

const pictured = new Set(['background', 'background-image']);
/** A letter stays where it lies in the page. */
const positions = new Set(['static', 'relative', 'absolute', 'initial', 'inherit', 'unset']);
const units = /^(?:|%|px|pt|pc|em|rem|ex|ch|in|cm|mm|q|vw|vh|vmin|vmax|deg|grad|rad|turn|fr|s|ms)$/;
const longestValue = 4_000;
/** Tokens. What looks for closing brackets does so anew for each opening one. */
const mostOfDeclaration = 1_000;
const mostDeclarations = 200;
const mostRules = 5_000;

/** `a:b;c:d`; empty when nothing may stay. */
export function cleanDeclarations(css: string, rules: CssRules): string {
  return declarationsOf(readCss(css), rules);
}

function declarationsOf(tokens: readonly CssToken[], rules: CssRules): string {
  const kept: string[] = [];
  for (const declaration of splitAt(tokens, ';')) {
    const clean = kept.length < mostDeclarations ? cleanDeclaration(declaration, rules) : null;
    if (clean !== null) kept.push(clean);
  }
  return kept.join(';');
}

function cleanDeclaration(tokens: readonly CssToken[], rules: CssRules): string | null {
  if (tokens.length > mostOfDeclaration) return null;
  const trimmed = trim(tokens);
  const [first] = trimmed;
  if (first?.kind !== 'ident') return null;
  const name = first.text.toLowerCase();
  if (!properties.has(name)) return null;
  const colon = trimmed.findIndex((token) => token.kind === 'delim' && token.text === ':');
  if (colon < 0 || trim(trimmed.slice(1, colon)).length > 0) return null;
  let value = trim(trimmed.slice(colon + 1));
  let important = '';
  const last = value.at(-1);
  if (last?.kind === 'ident' && last.text.toLowerCase() === 'important') {
    value = trim(value.slice(0, -1));
    const mark = value.at(-1);
    if (mark?.kind !== 'delim' || mark.text !== '!') return null;
    value = trim(value.slice(0, -1));
    important = '!important';
  }
  if (name === 'position' && !(value.length === 1 && value[0]?.kind === 'ident' && positions.has(value[0].text.toLowerCase()))) return null;
  const text = formatValue(name, value, rules);
  return text === null || text === '' || text.length > longestValue ? null : `${name}:${text}${important}`;
}

/** Null: something is in it that may not be. */
function formatValue(name: string, tokens: readonly CssToken[], rules: CssRules): string | null {
  const role = rules.dark ? roleOf(name) : null;
  let text = '';
  let open = 0;
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at]!;
    switch (token.kind) {
      case 'space':
        text += ' ';
        continue;
      case 'number':
        if (!units.test(token.unit)) return null;
        text += token.text + token.unit;
        continue;
      case 'hash': {
        if (!/^[0-9a-fA-F]{3,8}$/.test(token.text)) return null;
        text += role === null ? `#${token.text}` : darkColour(`#${token.text}`, role);
        continue;
      }
      case 'ident': {
        const ident = formatIdent(token.text);
        if (ident === null) return null;
        text += role === null ? ident : darkColour(ident, role);
        continue;
      }
      case 'string':
        if (
          name !== 'font-family' &&
          name !== 'font' &&
          name !== 'quotes' &&
          name !== 'font-feature-settings' &&
          name !== 'list-style-type'
        )
          return null;
        text += formatString(token.text);
        continue;
      case 'delim':
        if (token.text === ')') {
          if (--open < 0) return null;
        } else if (token.text === '(') open++;
        else if (!/^[,/+*-]$/.test(token.text)) return null;
        text += token.text;
        continue;
      case 'url':
      case 'function': {
        if (token.kind === 'url' || token.text === 'url') {
          const [address, end] = token.kind === 'url' ? [token.text, at] : addressIn(tokens, at);
          const picture = address === null || !pictured.has(name) ? null : rules.picture(address);
          if (picture === null) {
            // Without its picture the rest of a background may stay, such as the colour.
            if (!pictured.has(name) || address === null) return null;
            text += 'none';
          } else text += `url(${formatString(picture)})`;
          at = end;
          continue;
        }
        if (!functions.has(token.text)) return null;
        const end = closing(tokens, at);
        if (role !== null && /^(?:rgba?|hsla?)$/.test(token.text) && end !== null) {
          const inner = formatValue('', tokens.slice(at + 1, end), { ...rules, dark: false });
          if (inner === null) return null;
          text += darkColour(`${token.text}(${inner})`, role);
          at = end;
          continue;
        }
        text += `${token.text}(`;
        open++;
        continue;
      }
      default:
        return null;
    }
  }
  return open === 0 ? text.trim().replace(/ {2,}/g, ' ') : null;
}

/** What stands in `url("…")`, and where its end is; null when it is more than one string. */
function addressIn(tokens: readonly CssToken[], at: number): [string | null, number] {
  const end = closing(tokens, at) ?? tokens.length;
  const inner = trim(tokens.slice(at + 1, end));
  return [inner.length === 1 && inner[0]!.kind === 'string' ? inner[0]!.text : null, end];
}

function closing(tokens: readonly CssToken[], at: number): number | null {
  let depth = 0;
  for (let position = at; position < tokens.length; position++) {
    const token = tokens[position]!;
    if (token.kind === 'function' || (token.kind === 'delim' && token.text === '(')) depth++;
    else if (token.kind === 'delim' && token.text === ')' && --depth === 0) return position;
  }
  return null;
}

function roleOf(name: string): ColourRole | null {
  if (/^(?:color|text-decoration|text-decoration-color|text-emphasis)$/.test(name)) return 'ink';
  if (name.startsWith('background')) return 'paper';
  return /^(?:border|outline|column-rule)/.test(name) ? 'line' : null;
}

// --- sheets ---------------------------------------------------------------------------------------------------------

/** A style sheet of a letter that is alone in its document. */
export function cleanSheet(css: string, rules: CssRules): string {
  const budget = { rules: mostRules };
  return sheetOf(readCss(css), rules, budget, 0);
}

function sheetOf(tokens: readonly CssToken[], rules: CssRules, budget: { rules: number }, depth: number): string {
  let text = '';
  let at = 0;
  while (at < tokens.length && budget.rules > 0) {
    const begin = at;
    // A rule goes to the end of its block; an at-rule may end before at a semicolon (CSS Syntax §5.4.2).
    let open: number | null = null;
    let nested = 0;
    while (at < tokens.length && tokens[at]!.kind === 'space') at++;
    const isAtRule = tokens[at]?.kind === 'at';
    for (; at < tokens.length; at++) {
      const token = tokens[at]!;
      if (token.kind === 'function' || isDelim(token, '(') || isDelim(token, '[')) nested++;
      else if (isDelim(token, ')') || isDelim(token, ']')) nested = Math.max(0, nested - 1);
      else if (isDelim(token, '{')) {
        open = at;
        break;
      } else if (isAtRule && isDelim(token, ';') && nested === 0) break;
    }
    if (open === null) {
      at++;
      continue;
    }
    const end = blockEnd(tokens, open);
    at = end + 1;
    budget.rules--;
    const prelude = trim(tokens.slice(begin, open));
    const body = tokens.slice(open + 1, end);
    const [first] = prelude;
    if (first?.kind === 'at') {
      const condition = first.text === 'media' && depth < 2 ? formatMedia(trim(prelude.slice(1))) : null;
      const inner = condition === null ? '' : sheetOf(body, rules, budget, depth + 1);
      if (inner !== '') text += `@media ${condition}{${inner}}`;
      continue;
    }
    const selectors = formatSelectors(prelude);
    const declarations = selectors === '' ? '' : declarationsOf(body, rules);
    if (declarations !== '') text += `${selectors}{${declarations}}`;
  }
  return text;
}

function blockEnd(tokens: readonly CssToken[], open: number): number {
  let depth = 0;
  for (let at = open; at < tokens.length; at++) {
    if (isDelim(tokens[at]!, '{')) depth++;
    else if (isDelim(tokens[at]!, '}') && --depth === 0) return at;
  }
  return tokens.length;
}

const mediaWords = new Set(['all', 'screen', 'print', 'only', 'not', 'and']);
const mediaFeatures = new Set([
  'min-width',
  'max-width',
  'min-height',
  'max-height',
  'min-device-width',
  'max-device-width',
  'orientation',
]);

/** Null: a condition that is not kept, such as one on the colours of the reader, which are this program's matter. */
function formatMedia(tokens: readonly CssToken[]): string | null {
  if (tokens.length > mostOfDeclaration) return null;
  let text = '';
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at]!;
    if (token.kind === 'space') text += ' ';
    else if (token.kind === 'ident' && mediaWords.has(token.text.toLowerCase())) text += token.text.toLowerCase();
    else if (isDelim(token, ',')) text += ',';
    else if (isDelim(token, '(')) {
      const end = closing(tokens, at);
      if (end === null) return null;
      const [feature, colon, value, ...more] = tokens.slice(at + 1, end).filter((one) => one.kind !== 'space');
      if (feature?.kind !== 'ident' || !mediaFeatures.has(feature.text.toLowerCase()) || more.length > 0) return null;
      if (colon === undefined || !isDelim(colon, ':') || value === undefined) return null;
      const size = value.kind === 'number' && /^(?:|px|em|rem)$/.test(value.unit) ? value.text + value.unit : null;
      const way = value.kind === 'ident' && /^(?:portrait|landscape)$/i.test(value.text) ? value.text.toLowerCase() : null;
      if (size === null && way === null) return null;
      text += `(${feature.text.toLowerCase()}:${size ?? way})`;
      at = end;
    } else return null;
  }
  return text.trim() === '' ? null : text.trim();
}

const pseudoClasses = new Set(['link', 'first-child', 'last-child', 'only-child', 'first-of-type', 'last-of-type', 'empty']);

/** Those that may stay; the others of a list go alone. */
function formatSelectors(tokens: readonly CssToken[]): string {
  return splitAt(tokens, ',')
    .map((selector) => formatSelector(trim(selector)))
    .filter((selector) => selector !== null)
    .join(',');
}

/** Null: something that asks after attributes, states or places of the reader. */
function formatSelector(tokens: readonly CssToken[]): string | null {
  let text = '';
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at]!;
    const next = tokens[at + 1];
    if (token.kind === 'space') text += ' ';
    else if (token.kind === 'ident') {
      const name = formatIdent(token.text);
      if (name === null) return null;
      text += name;
    } else if (token.kind === 'hash') {
      const name = formatIdent(prefixed(token.text));
      if (name === null) return null;
      text += `#${name}`;
    } else if (isDelim(token, '*') || isDelim(token, '>') || isDelim(token, '+') || isDelim(token, '~'))
      text += (token as { text: string }).text;
    else if (isDelim(token, '.') && next?.kind === 'ident') {
      const name = formatIdent(next.text);
      if (name === null || name.startsWith(ownPrefix)) return null;
      text += `.${name}`;
      at++;
    } else if (isDelim(token, ':') && next?.kind === 'ident' && pseudoClasses.has(next.text.toLowerCase())) {
      text += `:${next.text.toLowerCase()}`;
      at++;
    } else return null;
  }
  return text === '' ? null : text;
}

// --- names ----------------------------------------------------------------------------------------------------------

/** Names of ours in the document; a letter has none of them. */
export const ownPrefix = 'tayori-';
const letterPrefix = 'letter-';

/** Names of a letter, so that they are nobody else's: not a property of the page (DOM clobbering), not one of ours. */
export function prefixed(name: string): string {
  return name.startsWith(letterPrefix) ? name : letterPrefix + name;
}

function isDelim(token: CssToken, text: string): boolean {
  return token.kind === 'delim' && token.text === text;
}

function trim(tokens: readonly CssToken[]): readonly CssToken[] {
  let [start, end] = [0, tokens.length];
  while (start < end && tokens[start]!.kind === 'space') start++;
  while (end > start && tokens[end - 1]!.kind === 'space') end--;
  return tokens.slice(start, end);
}

/** At a mark that is not inside brackets. */
function splitAt(tokens: readonly CssToken[], mark: string): (readonly CssToken[])[] {
  const pieces: (readonly CssToken[])[] = [];
  let [start, depth] = [0, 0];
  for (const [at, token] of tokens.entries()) {
    if (token.kind === 'function' || isDelim(token, '(') || isDelim(token, '[') || isDelim(token, '{')) depth++;
    else if (isDelim(token, ')') || isDelim(token, ']') || isDelim(token, '}')) depth = Math.max(0, depth - 1);
    else if (depth === 0 && isDelim(token, mark)) {
      pieces.push(tokens.slice(start, at));
      start = at + 1;
    }
  }
  pieces.push(tokens.slice(start));
  return pieces;
}
