// Names of mailboxes: what a client writes, what we hold (Unicode in NFC, levels divided by `/`), and what is sent. Knows modified
// UTF-7 (RFC 3501 §5.1.3), UTF-8 (RFC 9051 §5.1, RFC 9755 §3) and which names can be made; knows no store.
import { bytesFromBase64, base64FromBytes, latin1FromBytes, utf8FromBytes, type Bytes } from '../../../base/bytes.ts';
import { Refusal } from '../../../base/trouble.ts';
import { formatQuoted } from '../response.ts';
import { isUtf8, LIST, HIGH, type Cursor } from './cursor.ts';

export const delimiter = '/';

/** RFC 9051 §9 (mailbox), in the form in which mailboxes are held. @throws Refusal `cannot` for octets that are no name in any encoding. */
export function parseMailboxName(cursor: Cursor): string {
  return parseWrittenName(cursor).name;
}

export interface WrittenName {
  readonly name: string;
  /** As the client wrote it: where it differs, RFC 9051 §6.3.9.7 has the client told. */
  readonly written: string;
}

export function parseWrittenName(cursor: Cursor): WrittenName {
  const written = decodeName(cursor.astringBytes(), cursor.utf8);
  return { name: canonicalName(written), written };
}

/** Without the delimiter at the end, which several commands allow and which says nothing (RFC 9051 §6.3.4). */
export function withoutDelimiter({ name, written }: WrittenName): WrittenName {
  return name.length > 1 && name.endsWith(delimiter) ? { name: name.slice(0, -1), written: written.slice(0, -1) } : { name, written };
}

/** RFC 9051 §9 (list-mailbox): a name or a pattern with `*` and `%`. */
export function parseListMailbox(cursor: Cursor): string {
  if (cursor.atString) return decodeName(cursor.stringBytes(), cursor.utf8).normalize('NFC');
  const begin = cursor.at;
  cursor.run(LIST | HIGH);
  if (cursor.at === begin) cursor.fail('expected the name of a mailbox');
  return decodeName(cursor.bytes.subarray(begin, cursor.at), cursor.utf8).normalize('NFC');
}

/** INBOX in any case is INBOX, also as the first level of another name: two inboxes in one tree would be told apart by nobody. */
export function canonicalName(name: string): string {
  const normal = name.normalize('NFC');
  if (normal.length < 5 || normal.slice(0, 5).toUpperCase() !== 'INBOX') return normal;
  return normal.length === 5 || normal[5] === delimiter ? `INBOX${normal.slice(5)}` : normal;
}

function decodeName(bytes: Bytes, utf8: boolean): string {
  let high = false;
  for (let i = 0; i < bytes.length && !high; i++) high = bytes[i]! >= 0x80;
  if (!high) {
    const text = latin1FromBytes(bytes);
    return utf8 || !text.includes('&') ? text : decodeUtf7(text);
  }
  // Liberal: UTF-8 also from sessions that have not asked for it; it cannot be mistaken for modified UTF-7, which is ASCII.
  if (!isUtf8(bytes)) throw new Refusal('cannot', 'the name of the mailbox is not UTF-8');
  return utf8FromBytes(bytes);
}

/** RFC 3501 §5.1.3. Strict: only the one right form of each name, so that no mailbox has two names. @throws Refusal `cannot`. */
export function decodeUtf7(text: string): string {
  let name = '';
  let at = 0;
  for (;;) {
    const begin = text.indexOf('&', at);
    if (begin < 0) return name + text.slice(at);
    const end = text.indexOf('-', begin);
    if (end < 0) throw badUtf7();
    name += text.slice(at, begin) + (end === begin + 1 ? '&' : decodeShift(text.slice(begin + 1, end)));
    // Two shifts next to each other are one, written wrong.
    if (end > begin + 1 && text[end + 1] === '&' && text[end + 2] !== '-') throw badUtf7();
    at = end + 1;
  }
}

function badUtf7(): Refusal {
  return new Refusal('cannot', 'the name of the mailbox is not valid modified UTF-7');
}

function decodeShift(code: string): string {
  if (!/^[A-Za-z0-9+,]+$/.test(code)) throw badUtf7();
  const bytes = bytesFromBase64(code.replaceAll(',', '/'));
  if (bytes.length === 0 || bytes.length % 2 !== 0) throw badUtf7();
  let text = '';
  for (let i = 0; i < bytes.length; i += 2) text += String.fromCharCode(bytes[i]! * 256 + bytes[i + 1]!);
  // Not printable ASCII, no half surrogates, no stray bits: all of that would be a second form.
  if (/[\x20-\x7e]/.test(text) || !text.isWellFormed() || encodeShift(text) !== code) throw badUtf7();
  return text;
}

function encodeShift(text: string): string {
  const bytes = new Uint8Array(text.length * 2);
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    bytes[2 * i] = unit >> 8;
    bytes[2 * i + 1] = unit & 0xff;
  }
  return base64FromBytes(bytes).replaceAll('=', '').replaceAll('/', ',');
}

export function encodeUtf7(name: string): string {
  return name.replace(/&|[^\x20-\x7e]+/g, (piece) => (piece === '&' ? '&-' : `&${encodeShift(piece)}-`));
}

/** A name as this session reads it: UTF-8, or ASCII in modified UTF-7. */
export function formatMailboxName(name: string, utf8: boolean): string {
  const text = utf8 ? name : encodeUtf7(name);
  return /^[A-Za-z][A-Za-z0-9/_.-]*$/.test(text) && text.toUpperCase() !== 'NIL' ? text : formatQuoted(text);
}

/**
 * Whether a mailbox of this name may be made: RFC 9051 §5.1 (no control characters, no line and paragraph separators, no wildcards), RFC 5198,
 * and our own bounds. @throws Refusal `cannot`, `limit`.
 */
export function checkNewName(name: string, limits: { readonly mailboxLevels: number; readonly mailboxLevelOctets: number }): void {
  if (/[\p{Cc}\u2028\u2029\ufffe\uffff*%\\]/u.test(name) || !name.isWellFormed())
    throw new Refusal('cannot', 'the name of a mailbox cannot hold control characters, *, % or \\');
  if (name.startsWith('#')) throw new Refusal('cannot', 'there is no such namespace');
  const levels = name.split(delimiter);
  if (levels.length > limits.mailboxLevels) throw new Refusal('limit', `the name of a mailbox has at most ${limits.mailboxLevels} levels`);
  for (const level of levels) {
    if (level === '' || level === '.' || level === '..') throw new Refusal('cannot', 'a level of a mailbox name cannot be empty, . or ..');
    if (level.trim() !== level) throw new Refusal('cannot', 'a level of a mailbox name cannot begin or end with a space');
    if (utf8Length(level) > limits.mailboxLevelOctets)
      throw new Refusal('limit', `a level of a mailbox name has at most ${limits.mailboxLevelOctets} octets`);
  }
}

function utf8Length(text: string): number {
  let length = 0;
  for (const c of text) length += c < '\u0080' ? 1 : c < '\u0800' ? 2 : c.length === 2 ? 4 : 3;
  return length;
}

/** The names above this one, nearest last: `a/b/c` has `a`, `a/b`. */
export function parentNames(name: string): string[] {
  const parents: string[] = [];
  for (let at = name.indexOf(delimiter); at >= 0; at = name.indexOf(delimiter, at + 1)) parents.push(name.slice(0, at));
  return parents;
}
