// Orders letters by the keys of SORT (RFC 5256, RFC 5957). Knows keys and columns of facts; knows no mailbox and no wire.
import type { FactName, LetterFacts } from '../../message/facts.ts';
import type { SortCriterion, SortKey } from './grammar/sort-thread.ts';

/** The facts each key is decided by; none for keys that a mailbox in memory answers. */
export const sortFacts: Readonly<Record<SortKey, FactName | null>> = {
  ARRIVAL: null,
  SIZE: null,
  CC: 'sortCc',
  DATE: 'sentAt',
  FROM: 'sortFrom',
  SUBJECT: 'baseSubject',
  TO: 'sortTo',
  DISPLAYFROM: 'displayFrom',
  DISPLAYTO: 'displayTo',
};

/** Columns of the letters that are sorted, all in ascending order of sequence numbers. */
export interface SortColumns {
  readonly count: number;
  /** INTERNALDATE and octets, for ARRIVAL, SIZE, and letters without a date. */
  readonly receivedAt: ArrayLike<number>;
  readonly sizes: ArrayLike<number>;
  readonly facts: { readonly [K in FactName]?: readonly (LetterFacts[K] | undefined)[] };
}

/**
 * The order: indexes into the columns, RFC 5256 §3 (BASE.6.4.SORT). From the last key to the first, each keeping the order of those after it where its own
 * values are equal; the first order is "an implicit sort criterion of sequence number", which REVERSE does not touch. Rank and place go into
 * one number, so that a million letters are sorted without a function being called.
 */
export function sortLetters(criteria: readonly SortCriterion[], columns: SortColumns): Uint32Array {
  const { count } = columns;
  let order = new Uint32Array(count);
  for (let i = 0; i < count; i++) order[i] = i;
  const packed = new Float64Array(count);
  for (const { key, reverse } of criteria.toReversed()) {
    const ranks = rankColumn(key, columns);
    for (let i = 0; i < count; i++) {
      const rank = ranks[order[i]!]!;
      packed[i] = (reverse ? count - rank : rank) * count + i;
    }
    packed.sort();
    const before = order;
    order = new Uint32Array(count);
    for (let i = 0; i < count; i++) order[i] = before[packed[i]! % count]!;
  }
  return order;
}

/** For each letter how many distinct values of the key are before its own. */
function rankColumn(key: SortKey, columns: SortColumns): Uint32Array {
  const { facts, count } = columns;
  switch (key) {
    case 'ARRIVAL':
      return rankNumbers(columns.receivedAt, count);
    case 'SIZE':
      return rankNumbers(columns.sizes, count);
    case 'DATE':
      return rankNumbers(sentDates(facts.sentAt, columns.receivedAt, count), count);
    case 'CC':
      return rankTexts(facts.sortCc, count);
    case 'FROM':
      return rankTexts(facts.sortFrom, count);
    case 'TO':
      return rankTexts(facts.sortTo, count);
    case 'SUBJECT':
      return rankTexts(facts.baseSubject, count);
    case 'DISPLAYFROM':
      return rankTexts(facts.displayFrom, count);
    case 'DISPLAYTO':
      return rankTexts(facts.displayTo, count);
  }
}

/** RFC 5256 §2.2: without a date that can be read, INTERNALDATE stands for it. */
export function sentDates(
  sentAt: readonly (number | null | undefined)[] | undefined,
  receivedAt: ArrayLike<number>,
  count: number,
): Float64Array {
  const dates = new Float64Array(count);
  for (let i = 0; i < count; i++) dates[i] = sentAt?.[i] ?? receivedAt[i]!;
  return dates;
}

function rankNumbers(values: ArrayLike<number>, count: number): Uint32Array {
  const sorted = Float64Array.from(values).sort();
  let distinct = 0;
  for (let i = 0; i < count; i++) if (i === 0 || sorted[i] !== sorted[i - 1]) sorted[distinct++] = sorted[i]!;
  const ranks = new Uint32Array(count);
  for (let i = 0; i < count; i++) {
    let low = 0;
    for (let high = distinct; low < high;) {
      const middle = (low + high) >>> 1;
      if (sorted[middle]! < values[i]!) low = middle + 1;
      else high = middle;
    }
    ranks[i] = low;
  }
  return ranks;
}

/** Texts are compared once per distinct text. */
function rankTexts(texts: readonly (string | undefined)[] | undefined, count: number): Uint32Array {
  const keys = new Map<string, string>();
  for (let i = 0; i < count; i++) {
    const text = texts?.[i] ?? '';
    if (!keys.has(text)) keys.set(text, collationKey(text));
  }
  const ranks = new Map<string, number>();
  for (const key of [...new Set(keys.values())].sort(compareCodePoints)) ranks.set(key, ranks.size);
  const column = new Uint32Array(count);
  for (let i = 0; i < count; i++) column[i] = ranks.get(keys.get(texts?.[i] ?? '')!)!;
  return column;
}

/**
 * RFC 5051 §2 (i;unicode-casemap): two texts are the same when their keys are. Letters whose capital is more than one letter stay as
 * they are, as in the simple mapping of UnicodeData.
 */
export function collationKey(text: string): string {
  if (!/[^\0-\x7f]/.test(text)) return text.toUpperCase();
  let mapped = '';
  for (const letter of text) {
    const capital = letter.toUpperCase();
    mapped += capital.length === letter.length ? capital : letter;
  }
  return mapped.normalize('NFKD');
}

/** As i;octet compares the UTF-8 of both: by code point, where JavaScript would put U+10000 before U+E000. */
function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const left = a.charCodeAt(i);
    const right = b.charCodeAt(i);
    if (left === right) continue;
    const leftHigh = left >= 0xd800 && left <= 0xdfff;
    const rightHigh = right >= 0xd800 && right <= 0xdfff;
    return leftHigh === rightHigh ? left - right : leftHigh ? 1 : -1;
  }
  return a.length - b.length;
}
