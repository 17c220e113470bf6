// What changed of one kind of object since a state, in pages as large as the client wants (RFC 8620 §5.2). Knows MODSEQs and what the store tells of
// changes; knows no kind of object.
//
// A state is a MODSEQ: everything up to it is known. A page leads to the latest MODSEQ up to which the changes fit in. Where a single commit is too
// large for a page, the state is `MODSEQ-id`: everything before that commit is known, and of the commit itself all ids up to that one.
import type { ModSeq } from '../../store/contract.ts';
import type { ObjectChanges } from '../../store/shelf-contract.ts';
import type { Asker, JsonObject } from './contract.ts';
import { cannotCalculateChanges } from './errors.ts';
import { formatId, formatState, parseState, type IdLetter } from './ids.ts';
import { coreLimits } from './limits.ts';
import { formatChanges, readChanges, type ChangesCall } from './standard.ts';

/** Changes of this kind after a MODSEQ, and the MODSEQ to which they lead. Null when they are not remembered so far back. */
export type ChangesSince = (since: ModSeq) => Promise<{ readonly modSeq: ModSeq; readonly changes: ObjectChanges } | null>;

export interface Page extends ObjectChanges {
  readonly newState: string;
  readonly hasMoreChanges: boolean;
}

/** A state as the client gives it back. */
export interface Cursor {
  readonly modSeq: ModSeq;
  /** Null: all of it; else all before it, and of it the ids up to this one. */
  readonly upTo: number | null;
}

/** Null for what was never a state of ours. */
function parseCursor(state: string): Cursor | null {
  const dash = state.indexOf('-');
  const modSeq = parseState(dash < 0 ? state : state.slice(0, dash));
  const upTo = dash < 0 ? null : parseState(state.slice(dash + 1));
  return modSeq === null || (dash >= 0 && (upTo === null || modSeq === 0)) ? null : { modSeq, upTo };
}

export interface PagedCall extends ChangesCall {
  readonly cursor: Cursor;
}

/** @throws MethodError as `readChanges`. */
export function readPagedChanges(args: JsonObject, asker: Asker): PagedCall {
  const written = args['sinceState'];
  const cursor = typeof written === 'string' ? parseCursor(written) : null;
  // The standard reads plain states; what stands behind the dash is ours.
  const call = readChanges(cursor === null ? args : { ...args, sinceState: formatState(cursor.modSeq) }, asker, {});
  if (cursor === null) throw cannotCalculateChanges('This is no state of ours.');
  // So that what a page tells can be fetched by one /get (RFC 8620 §3.7).
  const maxChanges = Math.min(call.maxChanges, coreLimits.maxObjectsInGet);
  return { ...call, sinceState: String(written), maxChanges, cursor };
}

export function formatPage(call: PagedCall, page: Page, letter: IdLetter): JsonObject {
  const ids = (numbers: readonly number[]): string[] => numbers.map((number) => formatId(letter, number));
  return formatChanges(call, { ...page, created: ids(page.created), updated: ids(page.updated), destroyed: ids(page.destroyed) });
}

/** `current`: the state that the objects have when nothing more is left. @throws MethodError `cannotCalculateChanges`. */
export async function readPage(since: ChangesSince, { modSeq, upTo }: Cursor, max: number, current: () => ModSeq): Promise<Page> {
  let begin = modSeq;
  if (upTo !== null) {
    const rest = startingAfter(await between(since, modSeq - 1, modSeq), upTo);
    if (sizeOf(rest) > max) return pageOf(firstOf(rest, max), `${modSeq}-${lastOf(firstOf(rest, max))}`, true);
    if (sizeOf(rest) > 0) return pageOf(rest, formatState(modSeq), true);
    begin = modSeq;
  }
  const all = await changesOf(since, begin);
  if (sizeOf(all.changes) <= max) return pageOf(all.changes, formatState(Math.min(current(), all.modSeq)), false);
  // The last commit up to which the changes fit in.
  let fits = begin;
  let tooMany = all.modSeq;
  let page: ObjectChanges = none;
  while (tooMany - fits > 1) {
    const middle = Math.floor((fits + tooMany) / 2);
    const some = difference(all.changes, (await changesOf(since, middle)).changes);
    if (sizeOf(some) > max) tooMany = middle;
    else {
      fits = middle;
      page = some;
    }
  }
  if (sizeOf(page) > 0) return pageOf(page, formatState(fits), true);
  const one = firstOf(startingAfter(await between(since, fits, tooMany), -1), max);
  return pageOf(one, `${tooMany}-${lastOf(one)}`, true);
}

const none: ObjectChanges = { created: [], updated: [], destroyed: [] };

async function changesOf(since: ChangesSince, modSeq: ModSeq): Promise<{ readonly modSeq: ModSeq; readonly changes: ObjectChanges }> {
  const found = await since(modSeq);
  if (found === null) throw cannotCalculateChanges();
  return found;
}

/** What happened after `from` up to `to`, as far as it still counts. */
async function between(since: ChangesSince, from: ModSeq, to: ModSeq): Promise<ObjectChanges> {
  return difference((await changesOf(since, from)).changes, (await changesOf(since, to)).changes);
}

/**
 * Of the changes since an earlier state, what is told before those since a later one: objects that are new are told at once as they are, also
 * when they change again later; of the others, those whose last change is not told later.
 */
function difference(earlier: ObjectChanges, later: ObjectChanges): ObjectChanges {
  const created = new Set(later.created);
  const updated = new Set(later.updated);
  const destroyed = new Set(later.destroyed);
  return {
    created: earlier.created.filter((id) => !created.has(id)),
    updated: earlier.updated.filter((id) => !updated.has(id) && !destroyed.has(id) && !created.has(id)),
    destroyed: earlier.destroyed.filter((id) => !destroyed.has(id)),
  };
}

function sizeOf({ created, updated, destroyed }: ObjectChanges): number {
  return created.length + updated.length + destroyed.length;
}

function pageOf(changes: ObjectChanges, newState: string, hasMoreChanges: boolean): Page {
  return { ...changes, newState, hasMoreChanges };
}

/** Those with a higher id, ascending. */
function startingAfter(changes: ObjectChanges, id: number): ObjectChanges {
  const rest = (ids: readonly number[]): number[] => ids.filter((each) => each > id).sort((a, b) => a - b);
  return { created: rest(changes.created), updated: rest(changes.updated), destroyed: rest(changes.destroyed) };
}

/** The `count` lowest ids. */
function firstOf(changes: ObjectChanges, count: number): ObjectChanges {
  const ids = [...changes.created, ...changes.updated, ...changes.destroyed].sort((a, b) => a - b).slice(0, count);
  const last = ids.at(-1) ?? -1;
  const first = (all: readonly number[]): number[] => all.filter((id) => id <= last);
  return { created: first(changes.created), updated: first(changes.updated), destroyed: first(changes.destroyed) };
}

function lastOf({ created, updated, destroyed }: ObjectChanges): number {
  return Math.max(created.at(-1) ?? 0, updated.at(-1) ?? 0, destroyed.at(-1) ?? 0);
}
