// What people type into the search field: words, "phrases", operators in English and Japanese, - and OR. One grammar for all: it is told to the server as a
// filter (RFC 8621 §4.4.1), and without a network the same expression is looked up in the heads that are kept. Knows words; knows no field on screen.
//
//   from:花子 差出人:花子 to: cc: bcc: subject: body: in:inbox has:attachment is:unread before:2026-11-01 after:昨日 older:7d newer:2週間
//   larger:5M smaller:100K "exact words" -from:shop (not) 会議 OR meeting (either; binds tighter than the space)
import { plainKanji, waysToWrite } from './variant-kanji.ts';
import type { EmailFilter, EmailHead, Id } from './jmap/objects.ts';

export type TextField = 'text' | 'from' | 'to' | 'cc' | 'bcc' | 'subject' | 'body';
export type IsWhat = 'unread' | 'read' | 'starred' | 'answered' | 'draft';
export type DateField = 'before' | 'after' | 'older' | 'newer' | 'on';
export type SearchTerm =
  | { readonly kind: TextField; readonly value: string }
  | { readonly kind: 'in'; readonly value: string }
  | { readonly kind: 'has' }
  | { readonly kind: 'is'; readonly what: IsWhat }
  | { readonly kind: DateField; readonly value: DateWord }
  | { readonly kind: 'larger' | 'smaller'; readonly octets: number };

/** A day, month or year of the calendar, or so many of them back from today. */
export type DateWord =
  | { readonly year: number; readonly month: number | null; readonly day: number | null }
  | { readonly back: number; readonly unit: 'day' | 'week' | 'month' | 'year' };

export interface SearchPart {
  readonly term: SearchTerm;
  readonly not: boolean;
  /** As it was typed, with its minus. */
  readonly source: string;
}
/** All groups have to hold, of each group one part. */
export type Search = readonly (readonly SearchPart[])[];

const operators: Readonly<Record<string, TextField | 'in' | 'has' | 'is' | DateField | 'larger' | 'smaller'>> = {
  from: 'from', 差出人: 'from', 送信者: 'from',
  to: 'to', 宛先: 'to', 宛て: 'to',
  cc: 'cc', bcc: 'bcc',
  subject: 'subject', 件名: 'subject', 題名: 'subject',
  body: 'body', 本文: 'body',
  in: 'in', folder: 'in', フォルダ: 'in', フォルダー: 'in', 場所: 'in',
  has: 'has', 添付: 'has',
  is: 'is', 状態: 'is', 未読: 'is', スター: 'is',
  before: 'before', 以前: 'before', より前: 'before',
  after: 'after', since: 'after', 以降: 'after', 以後: 'after',
  older: 'older', older_than: 'older', 古い: 'older',
  newer: 'newer', newer_than: 'newer', 新しい: 'newer',
  on: 'on', date: 'on', 日付: 'on',
  larger: 'larger', 大きい: 'larger', smaller: 'smaller', 小さい: 'smaller',
}; // prettier-ignore

const states: Readonly<Record<string, IsWhat>> = {
  unread: 'unread', 未読: 'unread', read: 'read', seen: 'read', 既読: 'read',
  starred: 'starred', flagged: 'starred', star: 'starred', スター: 'starred', スター付き: 'starred',
  answered: 'answered', replied: 'answered', 返信済み: 'answered', draft: 'draft', 下書き: 'draft',
}; // prettier-ignore
const attachments: ReadonlySet<string> = new Set(['', 'attachment', 'attachments', 'file', '添付', '添付ファイル', 'あり', 'ファイル']);

/** Case, width (NFKC) and kana are one, as at the server. */
export function fold(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\u30a1-\u30f6]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) - 0x60));
}

// --- reading ----------------------------------------------------------------------------------------------------------

const partsMax = 30;

/** Reads anything: what is no operator that makes sense is words. */
export function parseSearch(text: string): Search {
  const groups: SearchPart[][] = [];
  let joins = false;
  let count = 0;
  for (const source of tokensOf(text)) {
    if (source === 'OR' || source === '|') {
      joins = groups.length > 0;
      continue;
    }
    const part = readPart(source);
    if (part === null) continue;
    if (++count > partsMax) break;
    if (joins) groups.at(-1)!.push(part);
    else groups.push([part]);
    joins = false;
  }
  return groups;
}

/** Pieces between blanks; a quote holds them together to its end, or to the end of the text. */
export function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  let token = '';
  let quoted = false;
  for (const letter of text) {
    const isQuote = letter === '"' || letter === '“' || letter === '”' || letter === '＂';
    // A quote opens at the beginning of a word or of a value; within a word it is a letter.
    if (isQuote && (quoted || token === '' || /^-?$|[:：]$/u.test(token))) {
      quoted = !quoted;
      token += '"';
    } else if (!quoted && /\s/u.test(letter)) {
      if (token !== '') tokens.push(token);
      token = '';
    } else token += letter;
  }
  if (token !== '') tokens.push(token);
  return tokens;
}

function readPart(source: string): SearchPart | null {
  const not = source.length > 1 && /^[-－−]/u.test(source);
  const body = not ? source.slice(1) : source;
  const colon = body.startsWith('"') ? -1 : body.search(/[:：]/u);
  const name = colon < 0 ? '' : body.slice(0, colon).normalize('NFKC').toLowerCase();
  const operator = Object.hasOwn(operators, name) ? operators[name] : undefined;
  const term = operator === undefined ? null : readTerm(operator, name, unquote(body.slice(colon + 1)));
  if (term !== null) return { term, not, source };
  // `from:` while it is being typed finds nothing yet and hides nothing.
  if (operator !== undefined && body.length === colon + 1) return null;
  const value = unquote(body);
  return value === '' ? null : { term: { kind: 'text', value }, not, source };
}

function unquote(text: string): string {
  return text.replaceAll('"', ' ').replaceAll(/\s+/gu, ' ').trim();
}

function readTerm(operator: (typeof operators)[string], name: string, value: string): SearchTerm | null {
  const word = value.normalize('NFKC').toLowerCase();
  switch (operator) {
    case 'has':
      return attachments.has(word) ? { kind: 'has' } : null;
    case 'is': {
      const what = states[word === '' ? name : word];
      return what === undefined ? null : { kind: 'is', what };
    }
    case 'before':
    case 'after':
    case 'on':
    case 'older':
    case 'newer': {
      const date = readDate(word);
      return date === null ? null : { kind: operator, value: date };
    }
    case 'larger':
    case 'smaller': {
      const match = /^(\d+(?:\.\d+)?)(k|m|g)?i?(?:b|バイト)?$/u.exec(word);
      if (!match) return null;
      return { kind: operator, octets: Math.round(Number(match[1]) * { k: 1e3, m: 1e6, g: 1e9, '': 1 }[match[2] ?? '']!) };
    }
    default:
      return value === '' ? null : { kind: operator!, value };
  }
}

/** `2026-11-03`, `2026/11`, `2026年11月3日`, `today`, `昨日`, `7d`, `2週間`. */
function readDate(word: string): DateWord | null {
  if (word === 'today' || word === '今日') return { back: 0, unit: 'day' };
  if (word === 'yesterday' || word === '昨日') return { back: 1, unit: 'day' };
  const span = /^(\d{1,4})(d|w|m|y|日|週間?|か月|ヶ月|カ月|年)(?:間|前|以内)*$/u.exec(word);
  if (span && !(span[2] === '年' && span[1]!.length === 4)) {
    const units: Readonly<Record<string, 'day' | 'week' | 'month' | 'year'>> = {
      d: 'day',
      日: 'day',
      w: 'week',
      週: 'week',
      週間: 'week',
      y: 'year',
      年: 'year',
    };
    return { back: Number(span[1]), unit: units[span[2]!] ?? 'month' };
  }
  const date = /^(\d{4})(?:[-/.年](\d{1,2})(?:[-/.月](\d{1,2})日?|月)?|年)?$/u.exec(word);
  if (!date) return null;
  const [year, month, day] = [Number(date[1]), date[2] ? Number(date[2]) : null, date[3] ? Number(date[3]) : null];
  if (year < 1970 || year > 2200 || (month !== null && (month < 1 || month > 12)) || (day !== null && (day < 1 || day > 31))) return null;
  return { year, month, day };
}

// --- moments ----------------------------------------------------------------------------------------------------------

/** The first and the first no longer moment of it, in the device's time zone. */
function rangeOf(date: DateWord, now: Date): readonly [start: number, end: number] {
  if ('back' in date) {
    const { back, unit } = date;
    const day = new Date(now.getFullYear(), now.getMonth(), now.getDate());
    if (unit === 'year') day.setFullYear(day.getFullYear() - back);
    else if (unit === 'month') day.setMonth(day.getMonth() - back);
    else day.setDate(day.getDate() - back * (unit === 'week' ? 7 : 1));
    return [day.getTime(), new Date(day.getFullYear(), day.getMonth(), day.getDate() + 1).getTime()];
  }
  const { year, month, day } = date;
  if (month === null) return [new Date(year, 0, 1).getTime(), new Date(year + 1, 0, 1).getTime()];
  if (day === null) return [new Date(year, month - 1, 1).getTime(), new Date(year, month, 1).getTime()];
  return [new Date(year, month - 1, day).getTime(), new Date(year, month - 1, day + 1).getTime()];
}

/** From when, and until before when; null: open. */
function boundsOf(kind: DateField, value: DateWord, now: Date): readonly [from: number | null, until: number | null] {
  const [start, end] = rangeOf(value, now);
  if (kind === 'before' || kind === 'older') return [null, start];
  if (kind === 'on') return [start, end];
  return [start, null];
}

// --- telling the server -----------------------------------------------------------------------------------------------

/** What an expression needs to know of an account. */
export interface SearchGround {
  /** Mailboxes of that name or role, with those inside them; null: the word means everywhere. */
  mailboxes(word: string): readonly Id[] | null;
  /** Left out unless a search says `in:`. */
  readonly apart: readonly Id[];
  readonly now: Date;
}

const keywordOf: Readonly<Record<IsWhat, readonly [keyword: string, has: boolean]>> = {
  unread: ['$seen', false],
  read: ['$seen', true],
  starred: ['$flagged', true],
  answered: ['$answered', true],
  draft: ['$draft', true],
};

function saysWhere(search: Search): boolean {
  return search.some((group) => group.some(({ term, not }) => term.kind === 'in' && !not));
}

/** RFC 8621 §4.4.1. Null: nothing can match in this account. */
export function filterOfSearch(search: Search, ground: SearchGround): EmailFilter | null {
  const conditions: EmailFilter[] = [];
  for (const group of search) {
    const either = group.flatMap((part) => filterOfPart(part, ground) ?? []);
    if (either.length === 0) return null;
    conditions.push(either.length === 1 ? either[0]! : { operator: 'OR', conditions: either });
  }
  if (!saysWhere(search) && ground.apart.length > 0) conditions.push({ inMailboxOtherThan: ground.apart });
  return conditions.length === 1 ? conditions[0]! : { operator: 'AND', conditions };
}

function filterOfPart({ term, not }: SearchPart, ground: SearchGround): EmailFilter | null {
  const filter = filterOfTerm(term, ground);
  if (!not) return filter;
  // What can match nothing leaves everything when it is turned round.
  return filter === null ? { minSize: 0 } : { operator: 'NOT', conditions: [filter] };
}

function filterOfTerm(term: SearchTerm, ground: SearchGround): EmailFilter | null {
  switch (term.kind) {
    case 'in': {
      const ids = ground.mailboxes(term.value);
      if (ids === null) return { minSize: 0 };
      const either = ids.map((inMailbox): EmailFilter => ({ inMailbox }));
      return either.length === 0 ? null : either.length === 1 ? either[0]! : { operator: 'OR', conditions: either };
    }
    case 'has':
      return { hasAttachment: true };
    case 'is': {
      const [keyword, has] = keywordOf[term.what];
      return has ? { hasKeyword: keyword } : { notKeyword: keyword };
    }
    case 'larger':
      return { minSize: term.octets };
    case 'smaller':
      return { maxSize: term.octets };
    case 'before':
    case 'after':
    case 'older':
    case 'newer':
    case 'on': {
      const [from, until] = boundsOf(term.kind, term.value, ground.now);
      const utc = (at: number): string => new Date(at).toISOString().replace('.000Z', 'Z');
      return { ...(from === null ? {} : { after: utc(from) }), ...(until === null ? {} : { before: utc(until) }) };
    }
    default: {
      // Quoted whole: the server would divide it at blanks and read quotes of its own.
      const ways = waysToWrite(term.value).map((value): EmailFilter => ({ [term.kind]: `"${value.replaceAll(/["'\\]/g, '\\$&')}"` }));
      return ways.length === 1 ? ways[0]! : { operator: 'OR', conditions: ways };
    }
  }
}

// --- without a network ------------------------------------------------------------------------------------------------

/** What is kept of a letter here; `body` is its text where it has been read. */
export interface KeptLetter {
  readonly head: EmailHead;
  readonly cc: EmailHead['to'];
  readonly bcc: EmailHead['to'];
  readonly body: string;
}

export function matchesSearch(search: Search, letter: KeptLetter, ground: SearchGround): boolean {
  const lies = Object.keys(letter.head.mailboxIds);
  if (!saysWhere(search) && ground.apart.length > 0 && !lies.some((id) => !ground.apart.includes(id))) return false;
  return search.every((group) => group.some(({ term, not }) => matchesTerm(term, letter, ground) !== not));
}

function matchesTerm(term: SearchTerm, { head, cc, bcc, body }: KeptLetter, ground: SearchGround): boolean {
  const people = (list: EmailHead['to']): string => (list ?? []).map(({ name, email }) => `${name ?? ''} ${email}`).join('\n');
  const holds = (text: string, value: string): boolean => plainKanji(fold(text)).includes(plainKanji(fold(value)));
  switch (term.kind) {
    case 'in': {
      const ids = ground.mailboxes(term.value);
      return ids === null || ids.some((id) => head.mailboxIds[id] === true);
    }
    case 'has':
      return head.hasAttachment;
    case 'is': {
      const [keyword, has] = keywordOf[term.what];
      return (head.keywords[keyword] === true) === has;
    }
    case 'larger':
      return head.size >= term.octets;
    case 'smaller':
      return head.size < term.octets;
    case 'before':
    case 'after':
    case 'older':
    case 'newer':
    case 'on': {
      const [from, until] = boundsOf(term.kind, term.value, ground.now);
      const at = Date.parse(head.receivedAt);
      return (from === null || at >= from) && (until === null || at < until);
    }
    case 'from':
      return holds(people(head.from), term.value);
    case 'to':
      return holds(people(head.to), term.value);
    case 'cc':
      return holds(people(cc), term.value);
    case 'bcc':
      return holds(people(bcc), term.value);
    case 'subject':
      return holds(head.subject ?? '', term.value);
    case 'body':
      return holds(`${head.preview}\n${body}`, term.value);
    case 'text':
      return holds(
        [people(head.from), people(head.to), people(cc), people(bcc), head.subject ?? '', head.preview, body].join('\n'),
        term.value,
      );
  }
}

// --- for the field ----------------------------------------------------------------------------------------------------

/** A value as it has to be typed. */
export function quoted(value: string): string {
  return /[\s"]/u.test(value) ? `"${value.replaceAll('"', ' ')}"` : value;
}

/** Is this piece an operator with its value, and can stand as a chip? */
export function isOperator(token: string): boolean {
  const [group] = parseSearch(token);
  return group !== undefined && group[0]!.term.kind !== 'text';
}
