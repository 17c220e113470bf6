// Reverse-paths and forward-paths (RFC 5321 §4.1.2, RFC 6531 §3.3): `<local@domain>` in, local part and domain out.
// Knows the grammar; knows no command and no account.
import { bytesFromUtf8 } from '../../../base/bytes.ts';
import { SyntaxTrouble } from '../../../base/trouble.ts';
import { isAddressLiteral, isDomain, maxDomain } from './domain.ts';

/** RFC 5321 §4.5.3.1.1, octets. */
const maxLocalPart = 64;
/** Liberal: RFC 5321 §4.5.3.1.3 gives a path 256 octets, which a domain of the full 255 would not fit into. */
const maxMailbox = 1 + 1 + maxDomain;

export interface Path {
  /** Without quotes and backslashes; empty for `<>`. */
  readonly local: string;
  /** As it was written, or a literal with its brackets; empty for `<>` and for `<postmaster>`. */
  readonly domain: string;
  /** Both, in the shortest legal spelling, without angle brackets; empty for `<>`. */
  readonly address: string;
  /** False when it needs SMTPUTF8 (RFC 6531 §3.4). */
  readonly ascii: boolean;
}

export const nullPath: Path = { local: '', domain: '', address: '', ascii: true };

/** The everyday address. Everything else is read by the rules one by one. */
const plain = /<([A-Za-z0-9!#$%&'*+/=?^_`{|}~-][A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{0,63})@([A-Za-z0-9.-]{1,255})>/y;
const plainLocal = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-][A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]*$/;

/**
 * Reads a path that starts at `from`; `end` is the place after it. A source route is read and dropped (RFC 5321 §4.1.1.3, appendix C).
 * Liberal: a path without brackets; spaces inside the brackets' edges are not accepted.
 * @throws SyntaxTrouble.
 */
export function parsePath(text: string, from = 0): { readonly path: Path; readonly end: number } {
  plain.lastIndex = from;
  const match = plain.exec(text);
  if (match !== null && isDomain(match[2]!)) {
    const [whole, local = '', domain = ''] = match;
    if (whole.length <= maxMailbox + 2)
      return { path: { local, domain, address: `${local}@${domain}`, ascii: true }, end: from + whole.length };
  }
  const bracket = text.charAt(from) === '<';
  let at = bracket ? from + 1 : from;
  if (bracket && text.charAt(at) === '>') return { path: nullPath, end: at + 1 };
  at = skipRoute(text, at);
  const local = readLocalPart(text, at);
  at = local.end;
  let domain = '';
  if (text.charAt(at) === '@') {
    const end = endOfDomain(text, at + 1);
    domain = text.slice(at + 1, end);
    at = end;
    // Liberal: the dot of the root at the end of a name (B-026) means the same and is dropped.
    if (domain.endsWith('.')) domain = domain.slice(0, -1);
    if (!isDomain(domain) && !isAddressLiteral(domain)) throw new SyntaxTrouble('the domain of the address is not well-formed', at);
  }
  if (bracket) {
    if (text.charAt(at) !== '>') throw new SyntaxTrouble('the address is not closed by ">" where it should be', at);
    at++;
  } else if (at < text.length && text.charAt(at) !== ' ')
    throw new SyntaxTrouble('the address has characters that do not belong there', at);
  // RFC 5321 §4.1.1.3: only postmaster stands without a domain.
  if (domain === '' && (local.text.toLowerCase() !== 'postmaster' || text.charAt(local.end) === '@'))
    throw new SyntaxTrouble('the address has no domain', at);
  const address = domain === '' ? local.text : formatMailbox(local.text, domain);
  const ascii = /^[\x20-\x7e]*$/.test(address);
  const localOctets = ascii ? local.text.length : bytesFromUtf8(local.text).length;
  if (localOctets > maxLocalPart) throw new SyntaxTrouble('the local part is longer than 64 octets', at);
  if (address.length > maxMailbox) throw new SyntaxTrouble('the address is too long', at);
  return { path: { local: local.text, domain, address, ascii }, end: at };
}

/** A whole text as an address, without brackets. @throws SyntaxTrouble. */
export function parseMailbox(text: string): Path {
  const { path, end } = parsePath(`<${text}>`);
  if (end !== text.length + 2) throw new SyntaxTrouble('the address has characters that do not belong there', end - 1);
  return path;
}

/** RFC 5321 §4.1.2 (Path), with brackets. */
export function formatPath(path: Path): string {
  return `<${path.address}>`;
}

/** RFC 5321 §4.1.2 (Mailbox): the local part is quoted only where it must be. */
export function formatMailbox(local: string, domain: string): string {
  return `${formatLocalPart(local)}@${domain}`;
}

/**
 * RFC 5321 §4.1.2 (Local-part).
 * Liberal: dots side by side or at the end stay without quotes, as addresses of Japanese mobile carriers (docomo, au) have them and their
 * servers want them.
 */
export function formatLocalPart(local: string): string {
  if (plainLocal.test(local) || /^[^\x00-\x20"(),.:;<>@[\\\]\x7f][^\x00-\x20"(),:;<>@[\\\]\x7f]*$/.test(local)) return local;
  return `"${local.replace(/["\\]/g, '\\$&')}"`;
}

/** RFC 5321 §4.1.2 (A-d-l): `@one,@two:`. */
function skipRoute(text: string, from: number): number {
  let at = from;
  while (text.charAt(at) === '@') {
    const end = endOfDomain(text, at + 1);
    const domain = text.slice(at + 1, end);
    if (!isDomain(domain) && !isAddressLiteral(domain)) throw new SyntaxTrouble('the source route is not well-formed', at);
    const next = text.charAt(end);
    if (next === ':') return end + 1;
    if (next !== ',') throw new SyntaxTrouble('the source route does not end with ":"', end);
    at = end + 1;
  }
  if (at !== from) throw new SyntaxTrouble('the source route does not end with ":"', at);
  return at;
}

function endOfDomain(text: string, from: number): number {
  if (text.charAt(from) === '[') {
    const close = text.indexOf(']', from);
    return close < 0 ? text.length : close + 1;
  }
  let at = from;
  while (at < text.length && !'>,: @'.includes(text.charAt(at))) at++;
  return at;
}

function readLocalPart(text: string, from: number): { readonly text: string; readonly end: number } {
  return text.charAt(from) === '"' ? readQuoted(text, from) : readDotString(text, from);
}

/** RFC 5321 §4.1.2 (Dot-string), RFC 6531 §3.3 (atext =/ UTF8-non-ascii). */
function readDotString(text: string, from: number): { readonly text: string; readonly end: number } {
  let at = from;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code <= 32 || code === 127 || '"(),:;<>@[\\]'.includes(text.charAt(at))) break;
  }
  if (at === from) throw new SyntaxTrouble('the local part is missing', at);
  if (text.charAt(from) === '.') throw new SyntaxTrouble('the local part starts with a dot', from);
  return { text: text.slice(from, at), end: at };
}

/** RFC 5321 §4.1.2 (Quoted-string), RFC 6531 §3.3 (qtextSMTP =/ UTF8-non-ascii). */
function readQuoted(text: string, from: number): { readonly text: string; readonly end: number } {
  let out = '';
  for (let at = from + 1; at < text.length; at++) {
    let char = text.charAt(at);
    if (char === '"') return { text: out, end: at + 1 };
    if (char === '\\') char = text.charAt(++at);
    const code = char.charCodeAt(0);
    if (!(code >= 32 && code !== 127)) throw new SyntaxTrouble('the quoted local part has a control character', at);
    out += char;
  }
  throw new SyntaxTrouble('the quoted local part is not closed', text.length);
}
