// A place in one whole IMAP command: reads the words that all commands are made of (RFC 9051 §9: atom, astring, string,
// number, list). Knows octets and where it stands; knows no command. What is wrong becomes a SyntaxTrouble with its offset.
//
// The command is given as it came over the wire, without its last CRLF: a literal stands where it was sent, as `{3}` CRLF
// and three octets. The session has counted those octets, so the cursor only cuts them out again.
import { latin1FromBytes, utf8FromBytes, type Bytes } from '../../../base/bytes.ts';
import { SyntaxTrouble } from '../../../base/trouble.ts';

/** What one octet may stand in; bits of `octetClass`. */
export const ATOM = 1; // atom-char
export const ASTRING = 2; // atom-char or "]"
export const TAG = 4; // astring-char except "+"
export const LIST = 8; // list-char: atom-char, list-wildcards, "]"
export const DIGIT = 16;
/** Octets of UTF-8 beyond ASCII. */
export const HIGH = 32;

const octetClass = new Uint8Array(256);
for (let octet = 0x21; octet < 0x7f; octet++) {
  const c = String.fromCharCode(octet);
  if ('(){"\\'.includes(c)) continue;
  octetClass[octet] = LIST | ('%*'.includes(c) ? 0 : ASTRING | (c === '+' ? 0 : TAG) | (c === ']' ? 0 : ATOM));
}
for (let octet = 0x30; octet < 0x3a; octet++) octetClass[octet]! |= DIGIT;
for (let octet = 0x80; octet < 0x100; octet++) octetClass[octet] = HIGH;

const SP = 32;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN = 0x28;
const CLOSE = 0x29;

/** A string as it came. `binary`: a literal8 (RFC 3516, `~{n}`), the only one that may hold NUL. */
export interface RawString {
  readonly bytes: Bytes;
  readonly literal: boolean;
  readonly binary: boolean;
}

export class Cursor {
  readonly bytes: Bytes;
  /** Offset of the next octet. */
  at = 0;
  /** RFC 9051 or RFC 9755: mailbox names are UTF-8. Else they are modified UTF-7. */
  readonly utf8: boolean;
  #depth = 0;
  readonly #depthLimit: number;

  constructor(bytes: Bytes, utf8 = false, depthLimit = 50) {
    this.bytes = bytes;
    this.utf8 = utf8;
    this.#depthLimit = depthLimit;
  }

  /** Ends the parse. */
  fail(words: string, at = this.at): never {
    throw new SyntaxTrouble(words, at);
  }

  get atEnd(): boolean {
    return this.at >= this.bytes.length;
  }

  /** The next octet, or -1 at the end. */
  peek(): number {
    return this.at < this.bytes.length ? this.bytes[this.at]! : -1;
  }

  /** The next octet as one character, empty at the end. */
  peekChar(): string {
    return this.at < this.bytes.length ? String.fromCharCode(this.bytes[this.at]!) : '';
  }

  /** True when the next octets are this ASCII text, in any case. */
  looksAt(text: string): boolean {
    if (this.at + text.length > this.bytes.length) return false;
    for (let i = 0; i < text.length; i++) if (upper(this.bytes[this.at + i]!) !== upper(text.charCodeAt(i))) return false;
    return true;
  }

  /** Takes this ASCII text (in any case) when it comes next. */
  take(text: string): boolean {
    if (!this.looksAt(text)) return false;
    this.at += text.length;
    return true;
  }

  expect(text: string): void {
    if (!this.take(text)) this.fail(`expected "${text}"`);
  }

  /** Exactly one SP. */
  space(): void {
    if (this.peek() !== SP) this.fail(this.atEnd ? 'an argument is missing' : 'expected a space');
    this.at++;
  }

  /** Takes one SP when it comes next. */
  takeSpace(): boolean {
    if (this.peek() !== SP) return false;
    this.at++;
    return true;
  }

  /** Nothing may follow. Liberal: spaces at the end of the line (several old apps). */
  end(): void {
    while (this.peek() === SP) this.at++;
    if (!this.atEnd) this.fail('too many arguments');
  }

  /** The run of octets of these classes; may be empty. */
  run(classes: number): string {
    const begin = this.at;
    let at = begin;
    const bytes = this.bytes;
    while (at < bytes.length && (octetClass[bytes[at]!]! & classes) !== 0) at++;
    this.at = at;
    return latin1FromBytes(bytes, begin, at);
  }

  /** RFC 9051 §9 (atom). */
  atom(what = 'an atom'): string {
    const text = this.run(ATOM);
    if (text === '') this.fail(`expected ${what}`);
    return text;
  }

  /** An atom in upper case, for names of commands and items. */
  word(what = 'a word'): string {
    return this.atom(what).toUpperCase();
  }

  /** RFC 9051 §9 (number, number64): decimal digits up to `max`. */
  number(max = 0xffff_ffff, what = 'a number'): number {
    const begin = this.at;
    let value = 0;
    let octet: number;
    while ((octet = this.peek()) >= 0x30 && octet <= 0x39) {
      value = value * 10 + (octet - 0x30);
      this.at++;
      if (value > max) this.fail(`${what} is too large`, begin);
    }
    if (this.at === begin) this.fail(`expected ${what}`);
    return value;
  }

  /** RFC 9051 §9 (nz-number). */
  nzNumber(max = 0xffff_ffff, what = 'a number'): number {
    const begin = this.at;
    const value = this.number(max, what);
    if (value === 0) this.fail(`${what} cannot be zero`, begin);
    return value;
  }

  /** RFC 7162 §7 (mod-sequence-valzer): 63 bits; ours stay below 2^53, so a larger one only has to stay larger than all of ours. */
  modSeq(): number {
    const begin = this.at;
    const digits = this.run(DIGIT);
    if (digits === '') this.fail('expected a mod-sequence', begin);
    if (digits.length > 19 || (digits.length === 19 && digits > '9223372036854775807')) this.fail('the mod-sequence is too large', begin);
    return Math.min(Number(digits), Number.MAX_SAFE_INTEGER);
  }

  /** True when a quoted string or a literal comes next. */
  get atString(): boolean {
    const octet = this.peek();
    return octet === QUOTE || octet === 0x7b || (octet === 0x7e && this.bytes[this.at + 1] === 0x7b);
  }

  /** RFC 9051 §9 (string = quoted / literal), with literal8. */
  rawString(): RawString {
    const octet = this.peek();
    if (octet === QUOTE) return { bytes: this.#quoted(), literal: false, binary: false };
    const binary = octet === 0x7e;
    if (!this.atString) this.fail('expected a string');
    return { bytes: this.#literal(binary), literal: true, binary };
  }

  /** RFC 9051 §9 (astring), as octets. */
  astringBytes(): Bytes {
    if (this.atString) return this.stringBytes();
    const begin = this.at;
    // Liberal: UTF-8 in an atom, which several apps send without quotes.
    while (this.at < this.bytes.length && (octetClass[this.bytes[this.at]!]! & (ASTRING | HIGH)) !== 0) this.at++;
    if (this.at === begin) this.fail('expected a string');
    return this.bytes.subarray(begin, this.at);
  }

  /** RFC 9051 §9 (string) without literal8, as octets. */
  stringBytes(): Bytes {
    const begin = this.at;
    const raw = this.rawString();
    if (raw.binary) this.fail('a binary literal cannot stand here', begin);
    return raw.bytes;
  }

  /** RFC 9051 §9 (astring) as text. */
  astring(): string {
    const begin = this.at;
    return this.#text(this.astringBytes(), begin);
  }

  /** RFC 9051 §9 (string) as text. */
  string(): string {
    const begin = this.at;
    return this.#text(this.stringBytes(), begin);
  }

  /** RFC 9051 §9 (nstring) as text. */
  nstring(): string | null {
    if (!this.atString && this.take('NIL')) return null;
    return this.string();
  }

  /** UTF-8, strictly: replacement characters would make two names the same. */
  #text(bytes: Bytes, at: number): string {
    for (let i = 0; i < bytes.length; i++) if (bytes[i]! >= 0x80) return this.#utf8Text(bytes, at);
    return latin1FromBytes(bytes);
  }

  #utf8Text(bytes: Bytes, at: number): string {
    const text = utf8FromBytes(bytes);
    if (text.includes('\ufffd') && !isUtf8(bytes)) this.fail('the string is not UTF-8', at);
    return text;
  }

  /** RFC 9051 §9 (quoted). Without escapes it is a view of the command, no copy. */
  #quoted(): Bytes {
    const begin = ++this.at;
    const bytes = this.bytes;
    let escapes = 0;
    for (let at = begin; at < bytes.length; at++) {
      const octet = bytes[at]!;
      if (octet === QUOTE) {
        this.at = at + 1;
        return escapes === 0 ? bytes.subarray(begin, at) : unescape(bytes, begin, at, escapes);
      }
      if (octet === BACKSLASH) {
        const next = bytes[++at];
        if (next !== QUOTE && next !== BACKSLASH) this.fail('only " and \\ can be escaped', at - 1);
        escapes++;
      } else if (octet === 0 || octet === 13 || octet === 10) this.fail('a quoted string cannot hold CR, LF or NUL', at);
    }
    return this.fail('the quoted string has no end', begin - 1);
  }

  /** RFC 9051 §9 (literal), RFC 7888, RFC 3516 (literal8). */
  #literal(binary: boolean): Bytes {
    const begin = this.at;
    this.at += binary ? 2 : 1;
    const length = this.number(0xffff_ffff, 'the length of a literal');
    this.take('+');
    if (!this.take('}\r\n')) this.fail('a literal is announced as {octets} at the end of a line');
    const from = this.at;
    if (from + length > this.bytes.length) this.fail('the literal is cut off', begin);
    this.at = from + length;
    const bytes = this.bytes.subarray(from, this.at);
    if (!binary && bytes.includes(0)) this.fail('a literal cannot hold NUL', begin);
    return bytes;
  }

  /** Between here and `leave` one level deeper. */
  enter(): void {
    if (++this.#depth > this.#depthLimit) this.fail('too many parentheses within one another');
  }

  leave(): void {
    this.#depth--;
  }

  /** `(` item *(SP item) `)`; empty only when `orEmpty`. */
  list<T>(item: () => T, orEmpty = false): T[] {
    this.expect('(');
    this.enter();
    const items: T[] = [];
    if (!(orEmpty && this.peek() === CLOSE)) {
      do items.push(item());
      while (this.takeSpace() && this.peek() !== CLOSE);
    }
    this.leave();
    this.expect(')');
    return items;
  }

  /** True when a list comes next. */
  get atList(): boolean {
    return this.peek() === OPEN;
  }
}

function upper(octet: number): number {
  return octet >= 0x61 && octet <= 0x7a ? octet - 32 : octet;
}

function unescape(bytes: Bytes, begin: number, end: number, escapes: number): Bytes {
  const plain = new Uint8Array(end - begin - escapes);
  let to = 0;
  for (let at = begin; at < end; at++) plain[to++] = bytes[at] === BACKSLASH ? bytes[++at]! : bytes[at]!;
  return plain;
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function isUtf8(bytes: Bytes): boolean {
  try {
    strictUtf8.decode(bytes);
    return true;
  } catch {
    return false;
  }
}
