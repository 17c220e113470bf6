// /query and /queryChanges of RFC 8620 §5.5 and §5.6: filter trees, comparators, the window that is answered. Knows no type of object: what a
// condition and a comparator mean is read by functions that the type gives.
import {
  aBoolean,
  aPositive,
  aText,
  anId,
  anInt,
  anUnsigned,
  isArray,
  isObject,
  nullable,
  optional,
  readBoth,
  type Read,
  type Shape,
} from './arguments.ts';
import { MethodError, type Asker, type Id, type JmapAccount, type Json, type JsonObject } from './contract.ts';
import { invalidArguments } from './errors.ts';
import { collations, filterDepthMax, filterSizeMax, sortMax } from './limits.ts';
import { anAccount } from './standard.ts';

/** RFC 8620 §5.5 FilterOperator, or a condition as the type reads it. */
export type Filter<C> = { readonly operator: 'AND' | 'OR' | 'NOT'; readonly conditions: readonly Filter<C>[] } | { readonly condition: C };

export interface Comparator {
  readonly property: string;
  readonly isAscending: boolean;
  readonly collation: (typeof collations)[number] | null;
  /** The comparator as it was written, for what a type adds (such as `keyword`). */
  readonly object: JsonObject;
}

/** What a type can be asked for. */
export interface Askable<C> {
  /** Reads a FilterCondition. @throws MethodError `unsupportedFilter` or `invalidArguments`. */
  readonly condition: (object: JsonObject) => C;
  /** Properties that can be sorted by, each with the members beyond the standard ones that its comparator has. */
  readonly sort: Readonly<Record<string, readonly string[]>>;
}

export function unsupportedFilter(description: string): MethodError {
  return new MethodError('unsupportedFilter', description);
}

export function unsupportedSort(description: string): MethodError {
  return new MethodError('unsupportedSort', description);
}

export interface QueryCall<C> {
  readonly account: JmapAccount;
  readonly filter: Filter<C> | null;
  readonly sort: readonly Comparator[];
  readonly position: number;
  readonly anchor: Id | null;
  readonly anchorOffset: number;
  readonly limit: number | null;
  readonly calculateTotal: boolean;
}

/** @throws MethodError `invalidArguments`, `accountNotFound`, `unsupportedFilter`, `unsupportedSort`. */
export function readQuery<C, S extends Shape>(args: JsonObject, asker: Asker, askable: Askable<C>, more: S): QueryCall<C> & Read<S> {
  const [read, rest] = readBoth(
    args,
    {
      accountId: anAccount(asker),
      filter: nullable((value) => readFilter(value, askable)),
      sort: nullable((value, name) => readSort(value, name, askable)),
      position: optional(anInt, 0),
      anchor: nullable(anId),
      anchorOffset: optional(anInt, 0),
      limit: nullable(anUnsigned),
      calculateTotal: optional(aBoolean, false),
    },
    more,
  );
  return { ...rest, ...read, account: read.accountId, sort: read.sort ?? [] };
}

export interface QueryChangesCall<C> {
  readonly account: JmapAccount;
  readonly filter: Filter<C> | null;
  readonly sort: readonly Comparator[];
  readonly sinceQueryState: string;
  readonly maxChanges: number | null;
  readonly upToId: Id | null;
  readonly calculateTotal: boolean;
}

/** @throws MethodError as `readQuery`. */
export function readQueryChanges<C, S extends Shape>(
  args: JsonObject,
  asker: Asker,
  askable: Askable<C>,
  more: S,
): QueryChangesCall<C> & Read<S> {
  const [read, rest] = readBoth(
    args,
    {
      accountId: anAccount(asker),
      filter: nullable((value) => readFilter(value, askable)),
      sort: nullable((value, name) => readSort(value, name, askable)),
      sinceQueryState: aText,
      maxChanges: nullable(aPositive),
      upToId: nullable(anId),
      calculateTotal: optional(aBoolean, false),
    },
    more,
  );
  return { ...rest, ...read, account: read.accountId, sort: read.sort ?? [] };
}

/** A filter tree. @throws MethodError `invalidArguments`, `unsupportedFilter`. */
export function readFilter<C>(value: Json | undefined, askable: Askable<C>): Filter<C> {
  let size = 0;
  const walk = (part: Json | undefined, depth: number): Filter<C> => {
    if (!isObject(part)) throw invalidArguments('A filter has to be an object.', ['filter']);
    size += 1;
    if (depth > filterDepthMax || size > filterSizeMax) throw unsupportedFilter('This filter is too long.');
    // A FilterCondition "MUST NOT have an operator property".
    if (!Object.hasOwn(part, 'operator')) return { condition: askable.condition(part) };
    const { operator, conditions } = part;
    if (operator !== 'AND' && operator !== 'OR' && operator !== 'NOT') throw invalidArguments('An operator is AND, OR or NOT.', ['filter']);
    if (!isArray(conditions)) throw invalidArguments('An operator has an array of conditions.', ['filter']);
    if (Object.keys(part).length !== 2) throw invalidArguments('An operator has nothing but conditions.', ['filter']);
    return { operator, conditions: conditions.map((condition) => walk(condition, depth + 1)) };
  };
  return walk(value, 1);
}

function readSort<C>(value: Json | undefined, name: string, askable: Askable<C>): readonly Comparator[] {
  if (!isArray(value)) throw invalidArguments('"sort" has to be an array.', [name]);
  if (value.length > sortMax) throw unsupportedSort(`At most ${sortMax} comparators.`);
  return value.map((object) => {
    if (!isObject(object)) throw invalidArguments('A comparator has to be an object.', [name]);
    const property = aText(object.property, 'property');
    const isAscending = optional(aBoolean, true)(object.isAscending, 'isAscending');
    const collation = nullable(aText)(object.collation, 'collation');
    const extra = Object.hasOwn(askable.sort, property) ? askable.sort[property] : undefined;
    if (extra === undefined) throw unsupportedSort(`Nothing is sorted by ${property.slice(0, 60)}.`);
    const known = collations.find((each) => each === collation) ?? null;
    if (collation !== null && known === null) throw unsupportedSort('This collation is not known here.');
    for (const member of Object.keys(object)) {
      if (member === 'property' || member === 'isAscending' || member === 'collation' || extra.includes(member)) continue;
      throw invalidArguments(`A comparator has no "${member.slice(0, 60)}".`, [name]);
    }
    return { property, isAscending, collation: known, object };
  });
}

/** Whether a filter holds, from how its conditions hold. */
export function matches<C>(filter: Filter<C>, holds: (condition: C) => boolean): boolean {
  if ('condition' in filter) return holds(filter.condition);
  switch (filter.operator) {
    case 'AND':
      return filter.conditions.every((part) => matches(part, holds));
    case 'OR':
      return filter.conditions.some((part) => matches(part, holds));
    case 'NOT':
      return !filter.conditions.some((part) => matches(part, holds));
  }
}

/** A comparison of texts by a collation's name. */
export function compareTexts(a: string, b: string, collation: Comparator['collation']): number {
  return order(collationKey(a, collation), collationKey(b, collation));
}

/** The form of a text whose code units compare as the collation does: made once, where many are compared. */
export function collationKey(text: string, collation: Comparator['collation']): string {
  if (collation === 'i;octet') return text;
  return collation === 'i;ascii-casemap' ? upperAscii(text) : folded(text);
}

function order(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function upperAscii(text: string): string {
  return text.replace(/[a-z]/g, (letter) => letter.toUpperCase());
}

/** RFC 5051: decomposed and in title case, near enough: one letter of case and width each. */
function folded(text: string): string {
  return text.normalize('NFKD').toUpperCase();
}

/** Where the answer begins and ends in the whole result, and the limit where it is ours. */
export interface Window {
  readonly start: number;
  readonly end: number;
  readonly limit: number | null;
}

/**
 * RFC 8620 §5.5. `total`: of the whole result; `indexOf`: place of the anchor, -1 when it is not there; `limitMax`: at most so many at once.
 * @throws MethodError `anchorNotFound`.
 */
export function windowOf(
  call: Pick<QueryCall<unknown>, 'position' | 'anchor' | 'anchorOffset' | 'limit'>,
  total: number,
  indexOf: (anchor: Id) => number,
  limitMax: number,
): Window {
  let start = call.position < 0 ? Math.max(0, total + call.position) : call.position;
  if (call.anchor !== null) {
    const index = indexOf(call.anchor);
    if (index < 0) throw new MethodError('anchorNotFound', 'The anchor is not among the results.');
    start = Math.max(0, index + call.anchorOffset);
  }
  const limit = Math.min(call.limit ?? limitMax, limitMax);
  const end = Math.min(total, start + limit);
  return { start, end: Math.max(end, Math.min(start, total)), limit: call.limit !== null && call.limit <= limitMax ? null : limit };
}

export function formatQuery(
  call: QueryCall<unknown>,
  answer: {
    readonly queryState: string;
    readonly canCalculateChanges: boolean;
    readonly window: Window;
    readonly ids: readonly Id[];
    readonly total: number;
  },
): JsonObject {
  return {
    accountId: call.account.id,
    queryState: answer.queryState,
    canCalculateChanges: answer.canCalculateChanges,
    position: answer.window.start,
    ids: answer.ids,
    ...(call.calculateTotal ? { total: answer.total } : {}),
    ...(answer.window.limit === null ? {} : { limit: answer.window.limit }),
  };
}

/** @throws MethodError `tooManyChanges`. */
export function formatQueryChanges(
  call: QueryChangesCall<unknown>,
  answer: {
    readonly newQueryState: string;
    readonly removed: readonly Id[];
    readonly added: readonly { readonly id: Id; readonly index: number }[];
    readonly total: number;
  },
): JsonObject {
  if (call.maxChanges !== null && answer.removed.length + answer.added.length > call.maxChanges) {
    throw new MethodError('tooManyChanges', 'There are more changes than that.');
  }
  return {
    accountId: call.account.id,
    oldQueryState: call.sinceQueryState,
    newQueryState: answer.newQueryState,
    ...(call.calculateTotal ? { total: answer.total } : {}),
    removed: answer.removed,
    added: answer.added.map(({ id, index }) => ({ id, index })),
  };
}
