// Finds the letters that a search program asks for (RFC 9051 §6.4.4). Knows the tree, the columns of the mailbox and the store. What stands in memory
// is asked first and narrows what the index, the facts and at last the letters themselves are asked about.
import type { Bytes } from '../../../base/bytes.ts';
import type { Context } from '../context.ts';
import type { SearchKey } from '../grammar/search-keys.ts';
import { checkNumbers, columnsOf, type Columns } from '../selection.ts';
import { Turns } from '../turns.ts';
import { cheapTest, type Test } from './cheap.ts';
import { findByHeader } from './header.ts';
import { findBySentDate } from './sent-date.ts';

/** What a search works on and with. */
export interface Search {
  readonly context: Context;
  readonly columns: Columns;
  /** Letters the client knows of: positions below it, less those that it has not been told of. */
  readonly count: number;
  readonly turns: Turns;
  /** Tests made so far; null for keys that memory does not answer. */
  readonly tests: Map<SearchKey, Test | null>;
  /** Text of the program, decoded from its charset. */
  decode(text: Bytes): string;
}

/** Milliseconds one search may take (reliability S-06). */
export const searchBudget = 10_000;

export interface Found {
  readonly columns: Columns;
  /** Positions in `columns`, ascending. */
  readonly at: Uint32Array;
}

/** @throws SyntaxTrouble for numbers that are not there; Refusal `limit` */
export async function findLetters(context: Context, key: SearchKey, decode: (text: Bytes) => string): Promise<Found> {
  const { state, view } = context.selected;
  checkKeyNumbers(key, view.count);
  const columns = columnsOf(state);
  // Letters that came since the last telling have no number yet.
  const count = view.aligned ? view.count : state.indexFrom(view.lastUid + 1);
  const search: Search = { context, columns, count, turns: new Turns(context.parts.clock, context.wire), tests: new Map(), decode };
  const all = new Uint32Array(count);
  for (let i = 0; i < count; i++) all[i] = i;
  return { columns, at: await narrow(search, key, all) };
}

/** Those positions of `among` (ascending) that match. */
async function narrow(search: Search, key: SearchKey, among: Uint32Array): Promise<Uint32Array> {
  if (among.length === 0) return among;
  const test = cheapTest(search, key);
  if (test !== null) return keepIf(among, test);
  search.turns.checkBudget(searchBudget);
  if (search.turns.due) await search.turns.pause();
  switch (key.kind) {
    case 'and': {
      // What is in memory costs nothing: together, and first. Then what an index answers.
      const ranked = key.keys.map((one) => ({ one, cost: costOf(search, one) })).sort((a, b) => a.cost - b.cost);
      let left = among;
      for (const { one } of ranked) left = await narrow(search, one, left);
      return left;
    }
    case 'or': {
      const ranked = key.keys.map((one) => ({ one, cost: costOf(search, one) })).sort((a, b) => a.cost - b.cost);
      let found: Uint32Array = new Uint32Array(0);
      let left = among;
      for (const { one } of ranked) {
        const more = await narrow(search, one, left);
        found = join(found, more);
        left = without(left, more);
      }
      return found;
    }
    case 'not':
      return without(among, await narrow(search, key.key, among));
    case 'text':
      return findByIndex(search, key.field, search.decode(key.text), among);
    case 'header':
      return findByHeader(search, key.name, search.decode(key.text), among, findByIndex);
    case 'date':
      return findBySentDate(search, key.how, key.day, among);
    case 'object':
      return findByThread(search, key.id, among);
    default:
      // Everything else is answered from memory.
      throw new Error(`no way to search for ${key.kind}`);
  }
}

/** 0 from memory, 1 from facts, 2 from the index, 3 from many letters, 4 from their headers. */
function costOf(search: Search, key: SearchKey): number {
  if (cheapTest(search, key) !== null) return 0;
  switch (key.kind) {
    case 'and':
    case 'or':
      return Math.max(...key.keys.map((one) => costOf(search, one)));
    case 'not':
      return costOf(search, key.key);
    case 'text':
      return key.field === 'body' || key.field === 'text' ? 3 : 2;
    case 'header':
      return 4;
    default:
      return 1;
  }
}

export type IndexSearch = typeof findByIndex;

async function findByIndex(
  { context, columns }: Search,
  field: (SearchKey & { kind: 'text' })['field'],
  text: string,
  among: Uint32Array,
): Promise<Uint32Array> {
  // RFC 9051 §6.4.4: the empty string is a substring of every text.
  if (text === '') return among;
  // UIDs climb; letters copied from elsewhere need not.
  const messages = among.map((position) => columns.messages[position]!);
  if (!messages.every((id, i) => i === 0 || messages[i - 1]! < id)) messages.sort();
  const found = await context.parts.store.search(context.account, { field, text }, messages);
  return keepIf(among, (position) => found.has(columns.messages[position]!));
}

/** RFC 8474 §6. */
async function findByThread({ context, columns }: Search, id: string, among: Uint32Array): Promise<Uint32Array> {
  const wanted = /^T([1-9]\d{0,15})$/.exec(id);
  if (wanted === null) return new Uint32Array(0);
  const thread = Number(wanted[1]);
  const threads = await context.parts.store.readThreads(
    context.account,
    among.map((position) => columns.messages[position]!),
  );
  return among.filter((_, i) => threads[i] === thread);
}

function keepIf(among: Uint32Array, test: Test): Uint32Array {
  const kept = new Uint32Array(among.length);
  let count = 0;
  for (let i = 0; i < among.length; i++) if (test(among[i]!)) kept[count++] = among[i]!;
  return kept.subarray(0, count);
}

/** Both ascending, without common members. */
function join(a: Uint32Array, b: Uint32Array): Uint32Array {
  if (a.length === 0) return b;
  if (b.length === 0) return a;
  const joined = new Uint32Array(a.length + b.length);
  for (let i = 0, j = 0, k = 0; k < joined.length; k++) joined[k] = j >= b.length || (i < a.length && a[i]! < b[j]!) ? a[i++]! : b[j++]!;
  return joined;
}

/** Both ascending. */
function without(all: Uint32Array, less: Uint32Array): Uint32Array {
  let next = 0;
  return keepIf(all, (position) => {
    while (next < less.length && less[next]! < position) next++;
    return less[next] !== position;
  });
}

function checkKeyNumbers(key: SearchKey, count: number): void {
  if (key.kind === 'numbers') checkNumbers(key.set, count);
  else if (key.kind === 'not') checkKeyNumbers(key.key, count);
  else if (key.kind === 'and' || key.kind === 'or') for (const one of key.keys) checkKeyNumbers(one, count);
}
