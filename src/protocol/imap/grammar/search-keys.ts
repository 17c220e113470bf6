// What SEARCH, SORT and THREAD look for, and how SEARCH answers (RFC 9051 §6.4.4 and §9 search-key; RFC 3501, 4731, 5032, 5182, 7162, 8474, 8514).
// Knows the words and bounds the tree; knows no mailbox. `parse…` and `format…` are twins.
import { bytesFromUtf8, latin1FromBytes, type Bytes } from '../../../base/bytes.ts';
import { Refusal, SyntaxTrouble } from '../../../base/trouble.ts';
import { ASTRING, ATOM, type Cursor } from './cursor.ts';
import { formatSequenceSet, parseSequenceSet, type SequenceSet } from './sequence-set.ts';

/** A day without time or zone, as days since 1970-01-01. */
export type Day = number;

/** Which date of a letter: INTERNALDATE, its Date field, or RFC 8514. */
export type DateOf = 'internal' | 'sent' | 'saved';

/** Texts are as they came, in the charset of the program, until the session decodes them. */
export type SearchKey =
  | { readonly kind: 'all' }
  /** `bit` of a system flag, or a keyword. */
  | { readonly kind: 'flag'; readonly flag: SystemFlag | { readonly keyword: string }; readonly set: boolean }
  | { readonly kind: 'date'; readonly of: DateOf; readonly how: 'before' | 'on' | 'since'; readonly day: Day }
  /** RFC 5032, seconds. */
  | { readonly kind: 'age'; readonly how: 'older' | 'younger'; readonly seconds: number }
  | { readonly kind: 'size'; readonly how: 'larger' | 'smaller'; readonly octets: number }
  | { readonly kind: 'text'; readonly field: TextField; readonly text: Bytes }
  | { readonly kind: 'header'; readonly name: string; readonly text: Bytes }
  | { readonly kind: 'numbers'; readonly set: SequenceSet }
  | { readonly kind: 'uids'; readonly set: SequenceSet }
  /** RFC 7162 §3.1.5. One counter per letter: the entry's name makes no difference. */
  | { readonly kind: 'modseq'; readonly from: number }
  | { readonly kind: 'object'; readonly of: 'EMAILID' | 'THREADID'; readonly id: string }
  | { readonly kind: 'not'; readonly key: SearchKey }
  | { readonly kind: 'and'; readonly keys: readonly SearchKey[] }
  | { readonly kind: 'or'; readonly keys: readonly SearchKey[] };

export type SystemFlag = 'SEEN' | 'ANSWERED' | 'FLAGGED' | 'DELETED' | 'DRAFT';
const systemFlags: readonly SystemFlag[] = ['SEEN', 'ANSWERED', 'FLAGGED', 'DELETED', 'DRAFT'];
export type TextField = 'subject' | 'from' | 'to' | 'cc' | 'bcc' | 'body' | 'text';
const textFields: readonly TextField[] = ['subject', 'from', 'to', 'cc', 'bcc', 'body', 'text'];

export interface SearchProgram {
  /** As the client wrote it, in upper case; null when it did not. */
  readonly charset: string | null;
  readonly key: SearchKey;
}

/** RFC 4731 §3.1, RFC 5182. */
export interface ReturnOptions {
  readonly min: boolean;
  readonly max: boolean;
  readonly all: boolean;
  readonly count: boolean;
  readonly save: boolean;
}

/** Reliability S-06, B-050. An OR chain, however it is nested to the right, is one level. */
const nodeLimit = 1000;
const depthLimit = 20;

interface Bounds {
  nodes: number;
  depth: number;
}

/**
 * search-program = ["CHARSET" SP charset SP] search-key *(SP search-key), from its first word on to the end. With `charset` (SORT and
 * THREAD) the charset stands there without its word.
 * @throws SyntaxTrouble; Refusal `limit` when the program is too large.
 */
export function parseSearchProgram(cursor: Cursor, charset: 'optional' | 'first'): SearchProgram {
  let name: string | null = null;
  if (charset === 'first' || cursor.looksAt('CHARSET ')) {
    if (charset === 'optional') cursor.at += 8;
    name = cursor.astring().toUpperCase();
    cursor.space();
  }
  const bounds: Bounds = { nodes: 0, depth: 0 };
  const keys = [parseKey(cursor, bounds)];
  while (!cursor.atEnd && cursor.takeSpace()) {
    if (cursor.atEnd) break; // Liberal: a space at the end of the line.
    keys.push(parseKey(cursor, bounds));
  }
  cursor.end();
  return { charset: name, key: keys.length === 1 ? keys[0]! : { kind: 'and', keys } };
}

export function formatSearchProgram(program: SearchProgram, charset: 'optional' | 'first'): string {
  const { key } = program;
  const keys = key.kind === 'and' ? key.keys.map(formatKey).join(' ') : formatKey(key);
  if (charset === 'first') return `${program.charset ?? 'UTF-8'} ${keys}`;
  return program.charset === null ? keys : `CHARSET ${program.charset} ${keys}`;
}

function count(bounds: Bounds): void {
  if (++bounds.nodes > nodeLimit) throw new Refusal('limit', `a search has at most ${nodeLimit} keys`);
}

function deeper<T>(bounds: Bounds, read: () => T): T {
  if (++bounds.depth > depthLimit) throw new Refusal('limit', `search keys can be nested ${depthLimit} deep`);
  const value = read();
  bounds.depth--;
  return value;
}

function parseKey(cursor: Cursor, bounds: Bounds): SearchKey {
  count(bounds);
  if (cursor.atList) {
    // Not `cursor.list`: its own limit would answer BAD where ours says what is too much.
    cursor.expect('(');
    const keys = deeper(bounds, () => {
      const keys = [parseKey(cursor, bounds)];
      while (cursor.takeSpace()) keys.push(parseKey(cursor, bounds));
      return keys;
    });
    cursor.expect(')');
    return keys.length === 1 ? keys[0]! : { kind: 'and', keys };
  }
  const begin = cursor.at;
  const octet = cursor.peek();
  if (octet === 0x2a || octet === 0x24 || (octet >= 0x30 && octet <= 0x39)) return { kind: 'numbers', set: readSet(cursor) };
  const word = cursor.word('a search key');
  switch (word) {
    case 'ALL':
    case 'SAVEDATESUPPORTED': // RFC 8514 §4.3: always, with us.
      return { kind: 'all' };
    // RFC 3501 §6.4.4. \Recent is not kept: nothing is recent, and what is not recent is old.
    case 'OLD':
      return { kind: 'all' };
    case 'RECENT':
    case 'NEW':
      return { kind: 'not', key: { kind: 'all' } };
    case 'KEYWORD':
    case 'UNKEYWORD': {
      cursor.space();
      const keyword = cursor.run(ATOM);
      if (keyword === '') cursor.fail('expected a keyword');
      return { kind: 'flag', flag: { keyword }, set: word === 'KEYWORD' };
    }
    case 'BEFORE':
    case 'ON':
    case 'SINCE':
      return dateKey(cursor, 'internal', word);
    case 'SENTBEFORE':
    case 'SENTON':
    case 'SENTSINCE':
      return dateKey(cursor, 'sent', word.slice(4));
    case 'SAVEDBEFORE': // RFC 8514 §4.3
    case 'SAVEDON':
    case 'SAVEDSINCE':
      return dateKey(cursor, 'saved', word.slice(5));
    case 'OLDER': // RFC 5032
    case 'YOUNGER':
      cursor.space();
      return { kind: 'age', how: word === 'OLDER' ? 'older' : 'younger', seconds: cursor.nzNumber(undefined, 'an interval in seconds') };
    case 'LARGER':
    case 'SMALLER':
      cursor.space();
      return { kind: 'size', how: word === 'LARGER' ? 'larger' : 'smaller', octets: cursor.number(Number.MAX_SAFE_INTEGER, 'a size') };
    case 'UID':
      cursor.space();
      return { kind: 'uids', set: readSet(cursor) };
    case 'HEADER': {
      cursor.space();
      const name = cursor.astring();
      cursor.space();
      return { kind: 'header', name, text: cursor.astringBytes() };
    }
    case 'MODSEQ':
      cursor.space();
      return { kind: 'modseq', from: modSeqFrom(cursor) };
    case 'EMAILID': // RFC 8474 §6
    case 'THREADID': {
      cursor.space();
      const id = cursor.run(ASTRING);
      // RFC 8474 §7: objectid = 1*255(ALPHA / DIGIT / "_" / "-")
      if (!/^[A-Za-z0-9_-]{1,255}$/.test(id)) cursor.fail('expected an object id');
      return { kind: 'object', of: word, id };
    }
    case 'NOT':
      return negated(cursor, bounds);
    case 'OR':
      return alternatives(cursor, bounds);
  }
  const field = textFields.find((known) => known.toUpperCase() === word);
  if (field !== undefined) {
    cursor.space();
    return { kind: 'text', field, text: cursor.astringBytes() };
  }
  const set = !word.startsWith('UN');
  const flag = systemFlags.find((known) => known === (set ? word : word.slice(2)));
  if (flag !== undefined) return { kind: 'flag', flag, set };
  return cursor.fail(`no such search key: ${word.slice(0, 40)}`, begin);
}

/** NOT NOT NOT …: a loop, so that ten thousand of them end at the node limit and not at the stack's. */
function negated(cursor: Cursor, bounds: Bounds): SearchKey {
  let odd = true;
  cursor.space();
  while (cursor.take('NOT ')) {
    count(bounds);
    odd = !odd;
  }
  const key = deeper(bounds, () => parseKey(cursor, bounds));
  return odd ? { kind: 'not', key } : key;
}

/** OR a OR b OR c d, as apps write "any of these": one node with four keys. */
function alternatives(cursor: Cursor, bounds: Bounds): SearchKey {
  const keys: SearchKey[] = [];
  deeper(bounds, () => {
    for (let more = true; more;) {
      cursor.space();
      keys.push(parseKey(cursor, bounds));
      cursor.space();
      more = cursor.looksAt('OR ');
      if (more) {
        count(bounds);
        cursor.at += 2;
      } else keys.push(parseKey(cursor, bounds));
    }
  });
  return { kind: 'or', keys };
}

function readSet(cursor: Cursor): SequenceSet {
  const begin = cursor.at;
  for (;;) {
    const octet = cursor.peek();
    if ((octet >= 0x30 && octet <= 0x3a) || octet === 0x2c || octet === 0x2a || octet === 0x24) cursor.at++;
    else break;
  }
  return parseSetAt(cursor, begin);
}

/** The set that stands in the command from `begin` to the cursor. */
function parseSetAt(cursor: Cursor, begin: number): SequenceSet {
  const text = latin1FromBytes(cursor.bytes, begin, cursor.at);
  try {
    return parseSequenceSet(text);
  } catch (error) {
    if (error instanceof SyntaxTrouble) cursor.fail(error.message, begin + error.offset);
    throw error;
  }
}

/** RFC 9051 §9 (sequence-set), as FETCH, STORE, COPY and their kin have it. */
export function readSequenceSet(cursor: Cursor): SequenceSet {
  return readSet(cursor);
}

function dateKey(cursor: Cursor, of: DateOf, word: string): SearchKey {
  cursor.space();
  const how = word === 'BEFORE' ? 'before' : word === 'ON' ? 'on' : 'since';
  return { kind: 'date', of, how, day: parseDay(cursor) };
}

const months = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const dayLength = 86_400_000;

/** date = date-text / DQUOTE date-text DQUOTE; date-text = date-day "-" date-month "-" date-year */
export function parseDay(cursor: Cursor): Day {
  const begin = cursor.at;
  const quoted = cursor.take('"');
  const text = cursor.run(ATOM);
  if (quoted) cursor.expect('"');
  const match = /^(\d{1,2})-([A-Za-z]{3})-(\d{4})$/.exec(text);
  const month = match ? months.indexOf(match[2]!.toUpperCase()) : -1;
  if (!match || month < 0) return cursor.fail('expected a date such as 1-Feb-1994', begin);
  const day = Number(match[1]);
  const year = Number(match[3]);
  const date = new Date(0);
  date.setUTCFullYear(year, month, day);
  if (date.getUTCDate() !== day || date.getUTCMonth() !== month) cursor.fail('there is no such day', begin);
  return Math.floor(date.getTime() / dayLength);
}

export function formatDay(day: Day): string {
  const date = new Date(day * dayLength);
  const month = months[date.getUTCMonth()]!;
  return `${date.getUTCDate()}-${month[0]}${month.slice(1).toLowerCase()}-${String(date.getUTCFullYear()).padStart(4, '0')}`;
}

/** search-modsequence = [SP entry-name SP entry-type-req] SP mod-sequence-valzer (RFC 7162 §7) */
function modSeqFrom(cursor: Cursor): number {
  if (cursor.atString) {
    const begin = cursor.at;
    if (!/^\/flags\/./.test(cursor.string())) cursor.fail('expected the name of an entry such as "/flags/\\\\Seen"', begin);
    cursor.space();
    if (!['PRIV', 'SHARED', 'ALL'].includes(cursor.word('priv, shared or all'))) cursor.fail('expected priv, shared or all');
    cursor.space();
  }
  return cursor.modSeq();
}

/** For tests and logs: texts as quoted strings, one character per octet. */
function formatKey(key: SearchKey): string {
  switch (key.kind) {
    case 'all':
      return 'ALL';
    case 'flag':
      if (typeof key.flag === 'string') return (key.set ? '' : 'UN') + key.flag;
      return `${key.set ? 'KEYWORD' : 'UNKEYWORD'} ${key.flag.keyword}`;
    case 'date':
      return `${{ internal: '', sent: 'SENT', saved: 'SAVED' }[key.of]}${key.how.toUpperCase()} ${formatDay(key.day)}`;
    case 'age':
      return `${key.how.toUpperCase()} ${key.seconds}`;
    case 'size':
      return `${key.how.toUpperCase()} ${key.octets}`;
    case 'text':
      return `${key.field.toUpperCase()} ${formatText(key.text)}`;
    case 'header':
      return `HEADER ${formatText(bytesFromUtf8(key.name))} ${formatText(key.text)}`;
    case 'numbers':
      return formatSequenceSet(key.set);
    case 'uids':
      return `UID ${formatSequenceSet(key.set)}`;
    case 'modseq':
      return `MODSEQ ${key.from}`;
    case 'object':
      return `${key.of} ${key.id}`;
    case 'not':
      return `NOT ${formatKey(key.key)}`;
    case 'and':
      return `(${key.keys.map(formatKey).join(' ')})`;
    case 'or': {
      const [last, ...before] = key.keys.map(formatKey).toReversed();
      return before.reduce((text, one) => `OR ${one} ${text}`, last!);
    }
  }
}

function formatText(bytes: Bytes): string {
  let text = '"';
  for (const octet of bytes) text += octet === 0x22 || octet === 0x5c ? `\\${String.fromCharCode(octet)}` : String.fromCharCode(octet);
  return `${text}"`;
}

/** search-return-opts after the word RETURN: `(MIN COUNT)`; empty is ALL (RFC 4731 §3.1). */
export function parseReturnOptions(cursor: Cursor): ReturnOptions {
  const names = new Set<string>();
  const begin = cursor.at;
  cursor.list(() => {
    const name = cursor.word('a result option');
    if (!['MIN', 'MAX', 'ALL', 'COUNT', 'SAVE'].includes(name)) cursor.fail('the result options are MIN, MAX, ALL, COUNT and SAVE', begin);
    names.add(name);
  }, true);
  return {
    min: names.has('MIN'),
    max: names.has('MAX'),
    all: names.has('ALL') || names.size === 0,
    count: names.has('COUNT'),
    save: names.has('SAVE'),
  };
}

export function formatReturnOptions(options: ReturnOptions): string {
  const names = (['min', 'max', 'all', 'count', 'save'] as const).filter((name) => options[name]);
  return `(${names.join(' ').toUpperCase()})`;
}
