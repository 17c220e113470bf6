// The results of queries over the emails of an account: filtered, in order, one letter of each thread where threads are collapsed (RFC 8621 §4.4).
// What was found is kept until the emails change; what was found out about letters is kept for longer. Knows the shelf; knows no arguments.
//
// A walk over the shelf never waits. Where it comes upon letters of which something has to be found out, that is asked of many at once and the
// walk begins again, so that the result is of one moment. The newest letters are asked first: as-you-type search wants these.
import type { MailStore, MessageId, ModSeq } from '../../../store/contract.ts';
import type { Shelf } from '../../../store/shelf-contract.ts';
import { collationKey, unsupportedFilter, type Comparator, type Filter } from '../query.ts';
import type { EmailCondition } from './email-condition.ts';
import { checkWork, compileFilter, NO, threadTest, YES, type Questions } from './email-test.ts';
import { keywordTest } from './keywords.ts';
import { SlowAnswer, SortColumn, type SlowLeaf, type SortFact } from './slow-answers.ts';

export interface EmailQuery {
  readonly filter: Filter<EmailCondition> | null;
  readonly sort: readonly Comparator[];
  readonly collapseThreads: boolean;
}

export interface EmailResult {
  readonly modSeq: ModSeq;
  readonly messages: Uint32Array;
  /** False when it was ended early: then there may be more behind these. */
  readonly whole: boolean;
}

/** Letters that are asked at first; four times as many each time after. */
const firstReach = 1000;
/** Results that are kept of one account, and letters in all of them together. */
const mostResults = 24;
const mostInResults = 1_000_000;
const mostAnswers = 24;
const mostColumns = 3;
/** Questions of one filter that cannot be answered from the shelf: each costs a look into the index. */
const mostSlowLeaves = 40;

/** Kept as long as the shelf is. */
const books = new WeakMap<Shelf, ResultBook>();

/** Results and answers of one account. */
export function resultsOf(store: MailStore, shelf: Shelf): ResultBook {
  let book = books.get(shelf);
  if (book === undefined) books.set(shelf, (book = new ResultBook(store, shelf)));
  return book;
}

export class ResultBook {
  readonly #store: MailStore;
  // A shelf that holds its book, which holds the shelf: both go together.
  readonly #shelf: Shelf;
  readonly #results = new Map<string, EmailResult>();
  readonly #answers = new Map<string, SlowAnswer>();
  readonly #columns = new Map<string, SortColumn>();

  constructor(store: MailStore, shelf: Shelf) {
    this.#store = store;
    this.#shelf = shelf;
  }

  /** `enough`: so many from the beginning will do; null: all of them. @throws MethodError `unsupportedFilter` when it takes too long. */
  async find(query: EmailQuery, enough: number | null): Promise<EmailResult> {
    const key = JSON.stringify([query.filter, query.sort.map(({ object }) => object), query.collapseThreads]);
    const kept = this.#results.get(key);
    if (kept?.modSeq === this.#shelf.emailModSeq && (kept.whole || (enough !== null && kept.messages.length >= enough))) {
      keep(this.#results, key, kept, mostResults);
      return kept;
    }
    if (query.filter !== null) checkWork(query.filter, this.#shelf.count);
    const newest = isNewestFirst(query.sort);
    // Held on to until the end, also where more are asked than are kept.
    const slow = new Map<string, SlowAnswer>();
    const columns = query.sort.map(({ property, collation }) => this.#column(factsOfSort[property], collation));
    for (let reach = firstReach; ; reach *= 4) {
      const asked = new Map<SlowAnswer, MessageId[]>();
      const walked = this.#walk(query, newest ? enough : null, reach, asked, slow);
      const unsorted = walked === null || newest ? new Map<SortColumn, Uint32Array>() : this.#missingKeys(columns, walked.positions);
      if (walked !== null && unsorted.size === 0) {
        const result = this.#finish(query, walked, newest ? null : columns);
        this.#keepResult(key, result);
        return result;
      }
      for (const [answer, messages] of asked) await answer.learn(Uint32Array.from(messages).sort());
      for (const [column, messages] of unsorted) await column.learn(messages);
    }
  }

  #keepResult(key: string, result: EmailResult): void {
    keep(this.#results, key, result, mostResults);
    let held = 0;
    for (const { messages } of this.#results.values()) held += messages.length;
    for (const [oldest, { messages }] of this.#results) {
      if (held <= mostInResults || oldest === key) break;
      held -= messages.length;
      this.#results.delete(oldest);
    }
  }

  /** Positions that the filter takes, newest first; null where something has to be asked first. */
  #walk(
    { filter, collapseThreads }: EmailQuery,
    enough: number | null,
    reach: number,
    asked: Map<SlowAnswer, MessageId[]>,
    slow: Map<string, SlowAnswer>,
  ): Walked | null {
    const shelf = this.#shelf;
    const questions: Questions = { first: null };
    const test = compileFilter(filter, shelf, (leaf) => this.#answer(leaf, slow), questions);
    const order = shelf.newestFirst();
    const { messages, threads } = shelf;
    const positions = new Uint32Array(order.length);
    const seen = enough !== null && collapseThreads ? new Set<number>() : null;
    let count = 0;
    for (let at = 0; at < order.length; at++) {
      const index = order[at]!;
      const answer = test(index);
      if (answer === NO) continue;
      if (answer === YES) {
        positions[count++] = index;
        seen?.add(threads[index]!);
        if (enough !== null && asked.size === 0 && (seen?.size ?? count) >= enough)
          return { positions: positions.subarray(0, count), whole: at === order.length - 1 };
        continue;
      }
      const list = asked.get(questions.first!);
      if (list === undefined) asked.set(questions.first!, [messages[index]!]);
      else list.push(messages[index]!);
      if (at >= reach && enough !== null) break;
    }
    return asked.size > 0 ? null : { positions: positions.subarray(0, count), whole: true };
  }

  #answer(leaf: SlowLeaf, held: Map<string, SlowAnswer>): SlowAnswer {
    const key = JSON.stringify(leaf);
    let answer = held.get(key);
    if (answer !== undefined) return answer;
    if (held.size >= mostSlowLeaves) throw unsupportedFilter('This filter asks for too many texts.');
    answer = this.#answers.get(key) ?? new SlowAnswer(this.#store, this.#shelf.account, leaf);
    keep(this.#answers, key, answer, mostAnswers);
    held.set(key, answer);
    return answer;
  }

  /** Null for what the shelf tells. */
  #column(fact: SortFact | undefined, collation: Comparator['collation']): SortColumn | null {
    if (fact === undefined) return null;
    const key = `${fact} ${collation ?? ''}`;
    let column = this.#columns.get(key);
    column ??= new SortColumn(this.#store, this.#shelf.account, fact, (text) => collationKey(text, collation));
    keep(this.#columns, key, column, mostColumns);
    return column;
  }

  /** Letters of which something they are sorted by is not known yet. */
  #missingKeys(columns: readonly (SortColumn | null)[], positions: Uint32Array): Map<SortColumn, Uint32Array> {
    const missing = new Map<SortColumn, Uint32Array>();
    for (const column of columns) {
      if (column === null) continue;
      const messages: MessageId[] = [];
      for (const position of positions) {
        const message = this.#shelf.messages[position]!;
        if (!column.knows(message)) messages.push(message);
      }
      if (messages.length > 0) missing.set(column, Uint32Array.from(messages).sort());
    }
    return missing;
  }

  /** `columns`: null where the order is that of the walk. */
  #finish(query: EmailQuery, { positions, whole }: Walked, columns: readonly (SortColumn | null)[] | null): EmailResult {
    const { messages, threads, emailModSeq } = this.#shelf;
    const sorted = columns === null ? positions : this.#sort(query.sort, columns, positions);
    const found = new Uint32Array(sorted.length);
    let count = 0;
    if (query.collapseThreads) {
      const seen = new NumberSet();
      for (const position of sorted) if (seen.add(threads[position]!)) found[count++] = messages[position]!;
    } else for (const position of sorted) found[count++] = messages[position]!;
    return { modSeq: emailModSeq, messages: count === found.length ? found : found.slice(0, count), whole };
  }

  /** RFC 8621 §4.4.2. What is equal in everything stays as it was: newest first. */
  #sort(sort: readonly Comparator[], columns: readonly (SortColumn | null)[], positions: Uint32Array): Uint32Array {
    const first = keywordFirst(sort);
    if (first !== null) {
      const has = keywordTest(first);
      const ahead = positions.filter((position) => has(this.#shelf.flagsAt(position)));
      if (ahead.length === 0) return positions;
      const sorted = new Uint32Array(positions.length);
      sorted.set(ahead);
      let at = ahead.length;
      for (const position of positions) if (!has(this.#shelf.flagsAt(position))) sorted[at++] = position;
      return sorted;
    }
    const keys = sort.map((comparator, index) => this.#keysOf(comparator, columns[index] ?? null, positions));
    const signs = sort.map(({ isAscending }) => (isAscending ? 1 : -1));
    const order = Array.from(positions, (_position, at) => at);
    order.sort((a, b) => {
      for (let index = 0; index < keys.length; index++) {
        const one = keys[index]![a]!;
        const other = keys[index]![b]!;
        if (one !== other) return one < other ? -signs[index]! : signs[index]!;
      }
      return a - b;
    });
    return Uint32Array.from(order, (at) => positions[at]!);
  }

  #keysOf({ property, object }: Comparator, column: SortColumn | null, positions: Uint32Array): Float64Array {
    const shelf = this.#shelf;
    const numbers = (of: (position: number) => number): Float64Array => Float64Array.from(positions, of);
    if (column !== null) return numbers((position) => column.of(shelf.messages[position]!)!);
    const keyword = String(object['keyword']);
    switch (property) {
      case 'receivedAt':
        return numbers((position) => shelf.receivedAt[position]!);
      case 'size':
        return numbers((position) => shelf.sizes[position]!);
      case 'hasKeyword': {
        const has = keywordTest(keyword);
        return numbers((position) => (has(shelf.flagsAt(position)) ? 1 : 0));
      }
      default: {
        const holds = threadTest(shelf, property as 'allInThreadHaveKeyword' | 'someInThreadHaveKeyword', keyword);
        return numbers((position) => (holds(position) ? 1 : 0));
      }
    }
  }
}

interface Walked {
  readonly positions: Uint32Array;
  readonly whole: boolean;
}

const factsOfSort: Readonly<Record<string, SortFact | undefined>> = {
  subject: 'baseSubject',
  from: 'displayFrom',
  to: 'displayTo',
  sentAt: 'sentAt',
};

/** Letters with a keyword before all others, each part newest first: an inbox with what has come back on top. Two walks, no sorting. */
function keywordFirst(sort: readonly Comparator[]): string | null {
  const [first, second, ...more] = sort;
  if (first?.property !== 'hasKeyword' || first.isAscending || second === undefined || more.length > 0) return null;
  return second.property === 'receivedAt' && !second.isAscending ? String(first.object['keyword']) : null;
}

/** The order in which the shelf stands anyway. */
function isNewestFirst(sort: readonly Comparator[]): boolean {
  const first = sort[0];
  return first === undefined || (first.property === 'receivedAt' && !first.isAscending && sort.length === 1);
}

/** Numbers that were seen: small ones in bits, where a Set would cost ten times as much. */
class NumberSet {
  #bits = new Uint8Array(1 << 14);
  readonly #large = new Set<number>();

  /** False when it was there. */
  add(number: number): boolean {
    if (number >= 1 << 28) {
      if (this.#large.has(number)) return false;
      this.#large.add(number);
      return true;
    }
    const at = number >>> 3;
    if (at >= this.#bits.length) {
      const more = new Uint8Array(Math.max(at + 1, this.#bits.length * 2));
      more.set(this.#bits);
      this.#bits = more;
    }
    const bit = 1 << (number & 7);
    if ((this.#bits[at]! & bit) !== 0) return false;
    this.#bits[at]! |= bit;
    return true;
  }
}

/** Puts it behind all others and drops what was used longest ago. */
function keep<V>(map: Map<string, V>, key: string, value: V, most: number): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= most) return;
  for (const oldest of map.keys()) {
    map.delete(oldest);
    return;
  }
}
