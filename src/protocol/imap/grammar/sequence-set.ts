// Sets of sequence numbers or UIDs (RFC 9051 §9 sequence-set, RFC 5182 `$`), as clients write them and as we answer.
// Knows numbers and ranges; knows no mailbox: what `*` and `$` stand for is said by whoever selects with the set.
import { SyntaxTrouble } from '../../../base/trouble.ts';

/** The largest nz-number (RFC 9051 §9: below 4,294,967,296). */
const MAX_NUMBER = 0xffff_ffff;
/** Stands for `*` where a number is wanted: above every number. */
export const STAR = MAX_NUMBER + 1;

/** A set in normal form: equal sets are equal values. */
export interface SequenceSet {
  /** RFC 5182: the set is `$`, what the last SEARCH saved. Then there are no ranges. */
  readonly saved: boolean;
  /** Pairs `low, high`: ascending, apart from one another, without `*`. */
  readonly ranges: readonly number[];
  /**
   * The smallest n of all `n:*` (`STAR` for `*` alone), or 0 when the set has no `*`. One number is enough: `3:*` holds all of `7:*`, whatever `*` is.
   */
  readonly toStar: number;
}

const savedSet: SequenceSet = { saved: true, ranges: [], toStar: 0 };

/** Linear but for the sorting of sets that do not come in order. @throws SyntaxTrouble for 0, too large numbers and everything that is no set. */
export function parseSequenceSet(text: string): SequenceSet {
  if (text === '$') return savedSet;
  const pairs: number[] = [];
  let toStar = 0;
  let at = 0;
  let ordered = true;
  let highest = 0;
  for (;;) {
    let first = 0;
    let second = 0;
    for (let half = 0; ; half++) {
      let value = 0;
      const begin = at;
      if (text.charCodeAt(at) === 42 /* * */) {
        value = STAR;
        at++;
      } else {
        for (let digit; (digit = text.charCodeAt(at) - 48) >= 0 && digit <= 9 && at - begin < 10; at++) value = value * 10 + digit;
        if (at === begin) throw new SyntaxTrouble('a sequence set is numbers, ranges and * joined by commas', at);
        // RFC 9051 §9 (nz-number): no zero, no leading zero.
        if (text.charCodeAt(begin) === 48) throw new SyntaxTrouble('numbers in a sequence set begin with 1 to 9', begin);
        if (value > MAX_NUMBER) throw new SyntaxTrouble('a number in the sequence set is too large', begin);
      }
      if (half === 1) {
        second = value;
        break;
      }
      first = second = value;
      if (text.charCodeAt(at) !== 58 /* : */) break;
      at++;
    }
    const low = first < second ? first : second;
    const high = first < second ? second : first;
    if (high === STAR) toStar = toStar === 0 ? low : Math.min(toStar, low);
    else {
      const end = pairs.length - 1;
      if (ordered && end > 0 && low >= pairs[end - 1]! && low <= highest + 1) {
        if (high > highest) pairs[end] = high;
      } else {
        if (low <= highest) ordered = false;
        pairs.push(low, high);
      }
      if (high > highest) highest = high;
    }
    if (at === text.length) break;
    if (text.charCodeAt(at) !== 44 /* , */) throw new SyntaxTrouble('a sequence set is numbers, ranges and * joined by commas', at);
    at++;
  }
  return { saved: false, ranges: ordered ? pairs : mergeRanges(pairs), toStar };
}

/** Brings pairs into order and joins those that touch. */
function mergeRanges(pairs: readonly number[]): number[] {
  // Low number and place in one double, which is exact for two million ranges: numbers are sorted without a function being called.
  const count = pairs.length / 2;
  const packed = new Float64Array(count);
  for (let i = 0; i < count; i++) packed[i] = pairs[2 * i]! * count + i;
  packed.sort();
  const merged: number[] = [];
  for (const place of packed) {
    const i = place % count;
    const low = pairs[2 * i]!;
    const high = pairs[2 * i + 1]!;
    const end = merged.length - 1;
    if (end > 0 && low <= merged[end]! + 1) {
      if (high > merged[end]!) merged[end] = high;
    } else merged.push(low, high);
  }
  return merged;
}

export function formatSequenceSet(set: SequenceSet): string {
  if (set.saved) return '$';
  let text = '';
  for (let i = 0; i < set.ranges.length; i += 2) text += (i > 0 ? ',' : '') + formatRange(set.ranges[i]!, set.ranges[i + 1]!);
  if (set.toStar > 0) text += (text === '' ? '' : ',') + (set.toStar === STAR ? '*' : `${set.toStar}:*`);
  return text;
}

function formatRange(low: number, high: number): string {
  return low === high ? `${low}` : `${low}:${high}`;
}

/**
 * The set text of numbers in the order in which they stand: `1:3,7`. Only runs that climb by one become ranges, so that the two sets of
 * COPYUID can be read in parallel (RFC 4315 §3) and a sorted result keeps its order (RFC 5267 §3.2). Empty for no numbers.
 */
export function formatNumbers(numbers: ArrayLike<number>): string {
  let text = '';
  for (let i = 0; i < numbers.length;) {
    const low = numbers[i]!;
    let high = low;
    for (i++; i < numbers.length && numbers[i] === high + 1; i++) high++;
    text += (text === '' ? '' : ',') + formatRange(low, high);
  }
  return text;
}

/**
 * Calls `take` with ascending, disjoint ranges for the set, `*` being `last`. Ranges may reach beyond `last`. Nothing for `$`,
 * and no `*` when `last` is 0.
 */
export function eachRange(set: SequenceSet, last: number, take: (low: number, high: number) => void): void {
  let starLow = 0;
  let starHigh = 0;
  if (set.toStar > 0 && last > 0) {
    // RFC 9051 §9: a range stands for the same in either order, so `7:*` holds `*` even where `*` is below 7.
    starLow = set.toStar === STAR ? last : Math.min(set.toStar, last);
    starHigh = set.toStar === STAR ? last : Math.max(set.toStar, last);
  }
  const { ranges } = set;
  for (let i = 0; i < ranges.length; i += 2) {
    let low = ranges[i]!;
    let high = ranges[i + 1]!;
    if (starLow > 0) {
      if (high + 1 < starLow) {
        take(low, high);
        continue;
      }
      if (low > starHigh + 1) {
        take(starLow, starHigh);
        starLow = 0;
      } else {
        starLow = Math.min(low, starLow);
        starHigh = Math.max(high, starHigh);
        continue;
      }
    }
    take(low, high);
  }
  if (starLow > 0) take(starLow, starHigh);
}

/** Whether the number is in the set, `*` being `last`. */
export function setHas(set: SequenceSet, last: number, number: number): boolean {
  if (set.toStar > 0 && last > 0) {
    const n = set.toStar === STAR ? last : set.toStar;
    if (number >= Math.min(n, last) && number <= Math.max(n, last)) return true;
  }
  let from = 0;
  let to = set.ranges.length / 2;
  while (from < to) {
    const middle = (from + to) >> 1;
    if (set.ranges[2 * middle + 1]! < number) from = middle + 1;
    else to = middle;
  }
  return from * 2 < set.ranges.length && set.ranges[2 * from]! <= number;
}
