// Readable text of HTML, by one pass over its characters: for search and preview, never for showing.
// Knows tags, what they hide, and the entities that matter; builds no tree and runs nothing.

/** Elements whose content is not text. */
const hidden = new Set(['script', 'style', 'head', 'title', 'template', 'noscript', 'svg', 'math', 'object', 'select', 'textarea']);
/** Elements that do not divide words. */
const inline = new Set([
  'a',
  'abbr',
  'b',
  'big',
  'bdi',
  'bdo',
  'cite',
  'code',
  'del',
  'dfn',
  'em',
  'font',
  'i',
  'ins',
  'kbd',
  'mark',
  'o:p',
  'q',
  'ruby',
  's',
  'samp',
  'small',
  'span',
  'strike',
  'strong',
  'sub',
  'sup',
  'tt',
  'u',
  'var',
  'wbr',
]);
const entities: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
  ensp: ' ',
  emsp: ' ',
  thinsp: ' ',
  zwnj: '',
  zwj: '',
  shy: '',
  copy: '©',
  reg: '®',
  trade: '™',
  hellip: '…',
  mdash: '—',
  ndash: '–',
  lsquo: '‘',
  rsquo: '’',
  sbquo: '‚',
  ldquo: '“',
  rdquo: '”',
  bdquo: '„',
  laquo: '«',
  raquo: '»',
  bull: '•',
  middot: '·',
  euro: '€',
  pound: '£',
  yen: '¥',
  cent: '¢',
  sect: '§',
  para: '¶',
  deg: '°',
  plusmn: '±',
  times: '×',
  divide: '÷',
  frac12: '½',
  frac14: '¼',
  iexcl: '¡',
  iquest: '¿',
  Agrave: 'À',
  Aacute: 'Á',
  Acirc: 'Â',
  Atilde: 'Ã',
  Auml: 'Ä',
  Aring: 'Å',
  AElig: 'Æ',
  Ccedil: 'Ç',
  Egrave: 'È',
  Eacute: 'É',
  Ecirc: 'Ê',
  Euml: 'Ë',
  Igrave: 'Ì',
  Iacute: 'Í',
  Icirc: 'Î',
  Iuml: 'Ï',
  Ntilde: 'Ñ',
  Ograve: 'Ò',
  Oacute: 'Ó',
  Ocirc: 'Ô',
  Otilde: 'Õ',
  Ouml: 'Ö',
  Oslash: 'Ø',
  Ugrave: 'Ù',
  Uacute: 'Ú',
  Ucirc: 'Û',
  Uuml: 'Ü',
  Yacute: 'Ý',
  szlig: 'ß',
  agrave: 'à',
  aacute: 'á',
  acirc: 'â',
  atilde: 'ã',
  auml: 'ä',
  aring: 'å',
  aelig: 'æ',
  ccedil: 'ç',
  egrave: 'è',
  eacute: 'é',
  ecirc: 'ê',
  euml: 'ë',
  igrave: 'ì',
  iacute: 'í',
  icirc: 'î',
  iuml: 'ï',
  ntilde: 'ñ',
  ograve: 'ò',
  oacute: 'ó',
  ocirc: 'ô',
  otilde: 'õ',
  ouml: 'ö',
  oslash: 'ø',
  ugrave: 'ù',
  uacute: 'ú',
  ucirc: 'û',
  uuml: 'ü',
  yacute: 'ý',
  yuml: 'ÿ',
  OElig: 'Œ',
  oelig: 'œ',
  Scaron: 'Š',
  scaron: 'š',
  larr: '←',
  rarr: '→',
};

/** Text of `html` with white space made single, at most `max` characters. Linear, and never throws. */
export function htmlToText(html: string, max: number): string {
  const pieces: string[] = [];
  let length = 0;
  let at = 0;
  // Once there is no more `-->`, no other comment looks for it.
  let commentsEnd = true;
  while (at < html.length && length < max) {
    const open = html.indexOf('<', at);
    const end = open < 0 ? html.length : open;
    if (end > at) {
      const piece = undoEntities(html.slice(at, Math.min(end, at + max * 8)));
      pieces.push(piece);
      length += piece.length;
    }
    if (open < 0) break;
    const next = html.charCodeAt(open + 1);
    if (html.startsWith('<!--', open)) {
      const close: number = commentsEnd ? html.indexOf('-->', open + 4) : -1;
      commentsEnd = close >= 0;
      at = close < 0 ? tagEnd(html, open + 1) : close + 3;
      continue;
    }
    if (!(isLetter(next) || next === 47 || next === 33 || next === 63)) {
      pieces.push('<');
      at = open + 1;
      continue;
    }
    const closing = next === 47;
    const nameStart = open + (closing ? 2 : 1);
    let nameEnd = nameStart;
    while (nameEnd < html.length && nameEnd < nameStart + 20 && isNameCode(html.charCodeAt(nameEnd))) nameEnd++;
    const name = html.slice(nameStart, nameEnd).toLowerCase();
    at = tagEnd(html, nameEnd);
    if (!closing && hidden.has(name) && html[at - 2] !== '/') at = closingTag(html, at, name);
    if (!inline.has(name)) {
      pieces.push(' ');
      length++;
    }
  }
  return collapse(pieces.join('')).slice(0, max).toWellFormed();
}

/** White space, and what is invisible but fills previews, becomes one space. */
export function collapse(text: string): string {
  return text.replace(/(?:[\s\u00ad\u200b-\u200f\u2060\ufeff\0-\x1f\x7f]|\u034f)+/g, ' ').trim();
}

/** Behind the `>` of a tag; quotes may hold one. */
function tagEnd(html: string, at: number): number {
  let quote = 0;
  for (; at < html.length; at++) {
    const code = html.charCodeAt(at);
    if (quote !== 0) {
      if (code === quote) quote = 0;
    } else if (code === 62) return at + 1;
    else if ((code === 34 || code === 39) && html[at - 1] === '=') quote = code;
  }
  return html.length;
}

/** Behind `</name>`; the end of the text when it is missing. */
function closingTag(html: string, at: number, name: string): number {
  for (;;) {
    const found = html.indexOf('</', at);
    if (found < 0) return html.length;
    if (html.slice(found + 2, found + 2 + name.length).toLowerCase() === name && !isNameCode(html.charCodeAt(found + 2 + name.length)))
      return tagEnd(html, found + 2);
    at = found + 2;
  }
}

function isLetter(code: number): boolean {
  return (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
}

function isNameCode(code: number): boolean {
  return isLetter(code) || (code >= 48 && code <= 57) || code === 58 || code === 45;
}

function undoEntities(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(/&(#[xX][0-9a-fA-F]{1,6}|#[0-9]{1,7}|[A-Za-z][A-Za-z0-9]{1,9});?/g, (whole, name: string) => {
    if (name[0] !== '#') return Object.hasOwn(entities, name) ? entities[name]! : whole;
    const code = name[1] === 'x' || name[1] === 'X' ? Number.parseInt(name.slice(2), 16) : Number.parseInt(name.slice(1), 10);
    return code === 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff) ? '\ufffd' : String.fromCodePoint(code);
  });
}
