// Search keys that the columns of a mailbox answer by themselves, as tests of one position. Knows flags, numbers, sizes and dates in memory;
// reads nothing.
import { ANSWERED, DELETED, DRAFT, FLAGGED, SEEN, type FlagSet } from '../../../store/mailbox-state.ts';
import type { DateOf, Day, SearchKey, SystemFlag } from '../grammar/search-keys.ts';
import { setHas, type SequenceSet } from '../grammar/sequence-set.ts';
import type { Search } from './evaluate.ts';

export type Test = (position: number) => boolean;

const bits: Readonly<Record<SystemFlag, number>> = { SEEN, ANSWERED, FLAGGED, DELETED, DRAFT };
const dayLength = 86_400_000;

/** A test, or null when more than memory has to be asked. Asked for again and again while a tree is put in order, so it is remembered. */
export function cheapTest(search: Search, key: SearchKey): Test | null {
  let test = search.tests.get(key);
  if (test === undefined) search.tests.set(key, (test = makeTest(search, key)));
  return test;
}

function makeTest(search: Search, key: SearchKey): Test | null {
  switch (key.kind) {
    case 'all':
      return () => true;
    case 'flag':
      return flagTest(search, key.flag, key.set);
    case 'date':
      return key.of === 'sent' ? null : dateTest(search, key.of, key.how, key.day);
    case 'age': {
      // RFC 5032 §2: both hold for the very second.
      const limit = Math.floor(search.context.parts.clock.now() / 1000) - key.seconds;
      const { receivedAt } = search.columns;
      if (key.how === 'older') return (position) => Math.floor(receivedAt[position]! / 1000) <= limit;
      return (position) => Math.floor(receivedAt[position]! / 1000) >= limit;
    }
    case 'size': {
      const { sizes } = search.columns;
      const { octets } = key;
      return key.how === 'larger' ? (position) => sizes[position]! > octets : (position) => sizes[position]! < octets;
    }
    case 'numbers':
      return numbersTest(search, key.set);
    case 'uids':
      return uidsTest(search, key.set);
    case 'modseq': {
      const { modSeqs } = search.columns;
      return (position) => modSeqs[position]! >= key.from;
    }
    case 'object': {
      if (key.of === 'THREADID') return null;
      const wanted = /^M([1-9]\d{0,9})$/.exec(key.id);
      const id = wanted === null ? -1 : Number(wanted[1]);
      const { messages } = search.columns;
      return (position) => messages[position] === id;
    }
    case 'not': {
      const test = cheapTest(search, key.key);
      return test === null ? null : (position) => !test(position);
    }
    case 'and': {
      const tests = allCheap(search, key.keys);
      return tests === null ? null : (position) => tests.every((test) => test(position));
    }
    case 'or': {
      const tests = allCheap(search, key.keys);
      return tests === null ? null : (position) => tests.some((test) => test(position));
    }
    case 'text':
      return key.text.length === 0 ? () => true : null;
    case 'header':
      return null;
  }
}

function allCheap(search: Search, keys: readonly SearchKey[]): readonly Test[] | null {
  const tests: Test[] = [];
  for (const key of keys) {
    const test = cheapTest(search, key);
    if (test === null) return null;
    tests.push(test);
  }
  return tests;
}

/** Decided once for each distinct set of flags, not for each letter. */
function flagTest(search: Search, flag: SystemFlag | { readonly keyword: string }, set: boolean): Test {
  const { flagSets } = search.context.selected.state;
  const has = typeof flag === 'string' ? (flags: FlagSet): boolean => (flags.system & bits[flag]) !== 0 : hasKeyword(flag.keyword);
  const decided: (boolean | undefined)[] = [];
  const { flagIndexes } = search.columns;
  return (position) => (decided[flagIndexes[position]!] ??= has(flagSets[flagIndexes[position]!]!) === set);
}

/** RFC 9051 §2.3.2: keywords are the same whatever their case. */
function hasKeyword(keyword: string): (flags: FlagSet) => boolean {
  const wanted = keyword.toLowerCase();
  return (flags) => flags.keywords.some((one) => one.toLowerCase() === wanted);
}

/** "Disregarding time and timezone": the day as INTERNALDATE and SAVEDATE show it, which is in UTC. */
function dateTest(search: Search, of: DateOf, how: 'before' | 'on' | 'since', day: Day): Test {
  const dates = of === 'saved' ? search.columns.savedAt : search.columns.receivedAt;
  const begin = day * dayLength;
  const end = begin + dayLength;
  switch (how) {
    case 'before':
      return (position) => dates[position]! < begin;
    case 'on':
      return (position) => dates[position]! >= begin && dates[position]! < end;
    case 'since':
      return (position) => dates[position]! >= begin;
  }
}

/** Sequence numbers are the client's: what is gone and not yet told still counts. */
function numbersTest(search: Search, set: SequenceSet): Test {
  if (set.saved) return savedTest(search);
  const { view } = search.context.selected;
  if (view.aligned) return (position) => setHas(set, view.count, position + 1);
  const { uids } = search.columns;
  return (position) => setHas(set, view.count, view.seqOf(uids[position]!));
}

function uidsTest(search: Search, set: SequenceSet): Test {
  if (set.saved) return savedTest(search);
  const { uids } = search.columns;
  const last = search.context.selected.view.lastUid;
  return (position) => setHas(set, last, uids[position]!);
}

/** RFC 5182 §2.1: `$`. */
function savedTest(search: Search): Test {
  const saved = new Set(search.context.selected.searchResult);
  const { uids } = search.columns;
  return (position) => saved.has(uids[position]!);
}
