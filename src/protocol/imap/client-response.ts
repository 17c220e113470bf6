// What an IMAP server says, as values (RFC 9051 §7, RFC 3501 §7, and the extensions that collection uses). Knows the grammar of responses;
// knows no session. Liberal throughout: unknown responses and items are passed over, so that no server is lost for a word of its own.
import { latin1FromBytes, utf8FromBytes, type Bytes } from '../../base/bytes.ts';
import { SyntaxTrouble } from '../../base/trouble.ts';
import { ASTRING, HIGH, isUtf8, type Cursor as ImapCursor } from './grammar/cursor.ts';
import { Cursor } from './grammar/cursor.ts';
import { parseDateTime } from './grammar/date-time.ts';
import { decodeUtf7 } from './grammar/mailbox-name.ts';
import { parseSequenceSet } from './grammar/sequence-set.ts';
import type { RawResponse } from './client-reader.ts';

export type Condition = 'OK' | 'NO' | 'BAD' | 'PREAUTH' | 'BYE';

/** A name of a mailbox as the server wrote it, and as people read it. */
export interface ServerName {
  readonly wire: string;
  readonly name: string;
}

/** What FETCH told of one letter; a missing item was not told. */
export interface FetchedItems {
  uid?: number;
  flags?: string[];
  /** Milliseconds; null when it is no date. */
  internalDate?: number | null;
  size?: number;
  modSeq?: number;
  /** BODY[]: the octets, `streamed` when they went to the sink, null for NIL. */
  octets?: Bytes | 'streamed' | null;
  /** BODY[HEADER.FIELDS (…)] */
  header?: Bytes | null;
  /** RFC 8474 EMAILID or Gmail's X-GM-MSGID. */
  emailId?: string;
}

export type ServerResponse =
  | { readonly kind: 'continue'; readonly text: string }
  | { readonly kind: 'done'; readonly tag: string; readonly condition: Condition; readonly code: string; readonly text: string }
  | { readonly kind: 'condition'; readonly condition: Condition; readonly code: string; readonly text: string }
  | { readonly kind: 'capability' | 'enabled'; readonly names: readonly string[] }
  | { readonly kind: 'list'; readonly attributes: readonly string[]; readonly delimiter: string; readonly mailbox: ServerName }
  | { readonly kind: 'status'; readonly mailbox: ServerName; readonly items: ReadonlyMap<string, number | string> }
  /** Pairs `low, high`. */
  | { readonly kind: 'search'; readonly ranges: readonly number[] }
  | { readonly kind: 'vanished'; readonly earlier: boolean; readonly ranges: readonly number[] }
  | { readonly kind: 'exists' | 'expunge'; readonly number: number }
  | { readonly kind: 'fetch'; readonly number: number; readonly items: FetchedItems }
  | { readonly kind: 'flags'; readonly flags: readonly string[] }
  | { readonly kind: 'namespace'; readonly prefix: string; readonly delimiter: string }
  | { readonly kind: 'other'; readonly name: string };

/** @throws SyntaxTrouble for what is no response at all. */
export function parseServerResponse({ bytes, streamedAt }: RawResponse): ServerResponse {
  const cursor = new Cursor(bytes);
  if (cursor.take('+')) {
    cursor.takeSpace();
    return { kind: 'continue', text: restOf(cursor) };
  }
  if (cursor.take('*')) {
    cursor.space();
    return parseUntagged(cursor, streamedAt);
  }
  const tag = cursor.run(ASTRING);
  cursor.space();
  const condition = cursor.word() as Condition;
  if (condition !== 'OK' && condition !== 'NO' && condition !== 'BAD') cursor.fail('expected OK, NO or BAD');
  return { kind: 'done', tag, condition, ...parseText(cursor) };
}

function parseUntagged(cursor: ImapCursor, streamedAt: number): ServerResponse {
  const octet = cursor.peek();
  if (octet >= 0x30 && octet <= 0x39) {
    const number = cursor.number();
    cursor.space();
    const name = cursor.word();
    if (name === 'EXISTS') return { kind: 'exists', number };
    if (name === 'EXPUNGE') return { kind: 'expunge', number };
    if (name !== 'FETCH') return { kind: 'other', name };
    cursor.space();
    return { kind: 'fetch', number, items: parseFetched(cursor, streamedAt) };
  }
  const name = cursor.word();
  switch (name) {
    case 'OK':
    case 'NO':
    case 'BAD':
    case 'PREAUTH':
    case 'BYE':
      return { kind: 'condition', condition: name, ...parseText(cursor) };
    case 'CAPABILITY':
    case 'ENABLED':
      return { kind: name === 'ENABLED' ? 'enabled' : 'capability', names: wordsOf(restOf(cursor)) };
    case 'FLAGS':
      cursor.space();
      return { kind: 'flags', flags: parseFlagNames(cursor) };
    case 'LIST':
      return parseList(cursor);
    case 'STATUS':
      return parseStatus(cursor);
    case 'SEARCH':
      return {
        kind: 'search',
        ranges: wordsOf(restOf(cursor)).flatMap((word) => (/^\d{1,10}$/.test(word) ? [Number(word), Number(word)] : [])),
      };
    case 'ESEARCH': {
      const all = /(?:^|\s)ALL ([\d:,]+)/i.exec(restOf(cursor));
      return { kind: 'search', ranges: all ? rangesOf(all[1]!) : [] };
    }
    case 'VANISHED': {
      const words = restOf(cursor).trim();
      const earlier = /^\(EARLIER\)\s*/i.exec(words);
      return { kind: 'vanished', earlier: earlier !== null, ranges: rangesOf(words.slice(earlier?.[0].length ?? 0)) };
    }
    case 'NAMESPACE':
      return parseNamespace(cursor);
    default:
      return { kind: 'other', name };
  }
}

function rangesOf(text: string): readonly number[] {
  const set = parseSequenceSet(text.trim());
  // `*` stands in no answer; a server that sends it means what it does not know.
  if (set.toStar > 0 || set.saved) throw new SyntaxTrouble('a set of numbers in an answer has no *');
  return set.ranges;
}

function restOf(cursor: ImapCursor): string {
  const rest = cursor.bytes.subarray(cursor.at);
  cursor.at = cursor.bytes.length;
  return isUtf8(rest) ? utf8FromBytes(rest) : latin1FromBytes(rest);
}

const wordsOf = (text: string): string[] => text.split(' ').filter((word) => word !== '');

/** RFC 9051 §9 (resp-text). */
function parseText(cursor: ImapCursor): { readonly code: string; readonly text: string } {
  cursor.takeSpace();
  const rest = restOf(cursor);
  const match = /^\[([^\]]*)\]\s?/.exec(rest);
  // PERMANENTFLAGS may hold a keyword with a bracket in it, from servers that do not look.
  return match ? { code: match[1]!, text: rest.slice(match[0].length) } : { code: '', text: rest };
}

/** Flags as they come; what is no flag is left out. */
function parseFlagNames(cursor: ImapCursor): string[] {
  const flags: string[] = [];
  cursor.expect('(');
  for (let room = 10_000; !cursor.take(')'); room--) {
    if (room === 0 || cursor.atEnd) cursor.fail('the list of flags has no end');
    const begin = cursor.at;
    while (!cursor.atEnd && cursor.peek() !== 32 && cursor.peek() !== 0x29) cursor.at++;
    if (cursor.at > begin) flags.push(latin1FromBytes(cursor.bytes, begin, cursor.at));
    cursor.takeSpace();
  }
  return flags;
}

function parseName(cursor: ImapCursor): ServerName {
  const bytes = cursor.astringBytes();
  const wire = latin1FromBytes(bytes);
  if (bytes.some((octet) => octet >= 0x80)) return { wire, name: isUtf8(bytes) ? utf8FromBytes(bytes) : wire };
  try {
    return { wire, name: wire.includes('&') ? decodeUtf7(wire) : wire };
  } catch {
    return { wire, name: wire };
  }
}

/** RFC 9051 §7.3.1, RFC 5258 §6. */
function parseList(cursor: ImapCursor): ServerResponse {
  cursor.space();
  const attributes = parseFlagNames(cursor);
  cursor.space();
  const delimiter = cursor.take('NIL') ? '' : cursor.string();
  cursor.space();
  const mailbox = parseName(cursor);
  return { kind: 'list', attributes, delimiter: delimiter.slice(0, 1), mailbox };
}

/** RFC 9051 §7.3.4. Numbers beyond what is exact are cut. */
function parseStatus(cursor: ImapCursor): ServerResponse {
  cursor.space();
  const mailbox = parseName(cursor);
  cursor.space();
  cursor.expect('(');
  const items = new Map<string, number | string>();
  while (!cursor.take(')')) {
    const name = cursor.word();
    cursor.space();
    if (cursor.atList) {
      const [value] = cursor.list(() => cursor.run(ASTRING));
      items.set(name, value ?? '');
    } else items.set(name, cursor.modSeq());
    cursor.takeSpace();
  }
  return { kind: 'status', mailbox, items };
}

/** RFC 2342 §5: the first personal namespace. */
function parseNamespace(cursor: ImapCursor): ServerResponse {
  cursor.space();
  if (!cursor.take('((')) return { kind: 'namespace', prefix: '', delimiter: '' };
  const prefix = parseName({ astringBytes: () => cursor.stringBytes() } as ImapCursor).name;
  cursor.space();
  return { kind: 'namespace', prefix, delimiter: cursor.take('NIL') ? '' : cursor.string().slice(0, 1) };
}

function parseFetched(cursor: ImapCursor, streamedAt: number): FetchedItems {
  const items: FetchedItems = {};
  cursor.expect('(');
  for (let room = 100; !cursor.take(')'); room--) {
    if (room === 0) cursor.fail('more items than were asked for');
    const begin = cursor.at;
    while (!cursor.atEnd && cursor.peek() !== 32 && cursor.peek() !== 0x5b && cursor.peek() !== 0x29) cursor.at++;
    const name = latin1FromBytes(cursor.bytes, begin, cursor.at).toUpperCase();
    if (name === 'BODY' && cursor.peek() === 0x5b) {
      const section = takeSection(cursor);
      cursor.space();
      const octets = takeOctets(cursor, streamedAt);
      if (section === '') items.octets = octets;
      else if (section.startsWith('HEADER') && octets !== 'streamed') items.header = octets;
    } else {
      cursor.space();
      if (name === 'UID') items.uid = cursor.number();
      else if (name === 'FLAGS') items.flags = parseFlagNames(cursor);
      else if (name === 'INTERNALDATE') items.internalDate = takeDate(cursor);
      else if (name === 'RFC822.SIZE') items.size = cursor.number(Number.MAX_SAFE_INTEGER);
      else if (name === 'MODSEQ') [items.modSeq = 0] = cursor.list(() => cursor.modSeq());
      else if (name === 'EMAILID') [items.emailId = ''] = cursor.list(() => cursor.run(ASTRING));
      else if (name === 'X-GM-MSGID') items.emailId = cursor.run(ASTRING);
      else skipValue(cursor);
    }
    cursor.takeSpace();
  }
  return items;
}

/** `[…]`, and the origin octet that some servers tell though nobody asked. */
function takeSection(cursor: ImapCursor): string {
  const begin = ++cursor.at;
  while (!cursor.atEnd && cursor.peek() !== 0x5d) cursor.at++;
  const section = latin1FromBytes(cursor.bytes, begin, cursor.at).toUpperCase();
  cursor.expect(']');
  if (cursor.take('<')) {
    cursor.number();
    cursor.expect('>');
  }
  return section;
}

/** nstring or literal8 with any octets: a letter may hold NUL where no server looked. */
function takeOctets(cursor: ImapCursor, streamedAt: number): Bytes | 'streamed' | null {
  if (cursor.take('NIL')) return null;
  if (cursor.peek() === 0x22) return cursor.stringBytes();
  const begin = cursor.at;
  cursor.take('~');
  cursor.expect('{');
  const length = cursor.number(Number.MAX_SAFE_INTEGER);
  cursor.expect('}');
  cursor.take('\r');
  cursor.expect('\n');
  if (begin === streamedAt) return 'streamed';
  if (cursor.at + length > cursor.bytes.length) cursor.fail('the literal is cut off');
  const from = cursor.at;
  cursor.at += length;
  return cursor.bytes.subarray(from, cursor.at);
}

function takeDate(cursor: ImapCursor): number | null {
  const begin = cursor.at;
  try {
    return parseDateTime(cursor);
  } catch {
    cursor.at = begin;
    skipValue(cursor);
    return null;
  }
}

/** Any value: string, list, atom. */
function skipValue(cursor: ImapCursor): void {
  let depth = 0;
  do {
    if (cursor.atEnd) cursor.fail('a value is missing');
    if (cursor.take('(')) depth++;
    else if (cursor.take(')')) depth--;
    else if (cursor.atString) takeOctets(cursor, -1);
    else if (cursor.takeSpace()) continue;
    else if (cursor.run(ASTRING | HIGH) === '') cursor.at++;
    if (depth > 100) cursor.fail('too many parentheses within one another');
  } while (depth > 0);
}
