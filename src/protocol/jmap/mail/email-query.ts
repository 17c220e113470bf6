// Email/query and Email/queryChanges (RFC 8621 §4.4, §4.5). Knows arguments and windows; the results are found by email-results.ts.
import type { MailStore, MessageId } from '../../../store/contract.ts';
import type { Shelf } from '../../../store/shelf-contract.ts';
import { aBoolean, optional } from '../arguments.ts';
import type { Id, Method } from '../contract.ts';
import { cannotCalculateChanges, invalidArguments } from '../errors.ts';
import { formatId, formatState, parseId, parseState } from '../ids.ts';
import {
  formatQuery,
  formatQueryChanges,
  readQuery,
  readQueryChanges,
  windowOf,
  type Askable,
  type Comparator,
  type Filter,
} from '../query.ts';
import { aKeyword, asksThread, isMutable, readCondition, type EmailCondition, type Leaf } from './email-condition.ts';
import { resultsOf, type EmailQuery, type EmailResult, type ResultBook } from './email-results.ts';
import { withShelf, type MailParts } from './parts.ts';

/** Ids that are answered at once. */
export const queryLimit = 10_000;

/** What an account announces as emailQuerySortOptions. */
export const emailSorts = {
  receivedAt: [],
  size: [],
  from: [],
  to: [],
  subject: [],
  sentAt: [],
  hasKeyword: ['keyword'],
  allInThreadHaveKeyword: ['keyword'],
  someInThreadHaveKeyword: ['keyword'],
} as const;

const askable: Askable<EmailCondition> = { condition: readCondition, sort: emailSorts };
const more = { collapseThreads: optional(aBoolean, false) } as const;

export function emailQuery({ store }: Pick<MailParts, 'store'>): Method {
  return async (args, asker) => {
    const call = readQuery(args, asker, askable, more);
    checkKeywords(call.sort);
    return withShelf(store, call.account.account, async (shelf) => {
      const book = resultsOf(store, shelf);
      const result = await book.find(call, call.calculateTotal ? null : enoughFor(call));
      const total = result.messages.length;
      const window = windowOf(call, total, (anchor) => indexOf(result, anchor), queryLimit);
      const ids = Array.from(result.messages.subarray(window.start, window.end), (message) => formatId('M', message));
      return {
        response: formatQuery(call, { queryState: formatState(result.modSeq), canCalculateChanges: true, window, ids, total }),
      };
    });
  };
}

/** How much of the beginning answers the call; null: all of it has to be known. */
function enoughFor(call: { readonly position: number; readonly anchor: Id | null; readonly limit: number | null }): number | null {
  return call.anchor !== null || call.position < 0 ? null : call.position + Math.min(call.limit ?? queryLimit, queryLimit);
}

function indexOf({ messages }: EmailResult, id: Id): number {
  const message = parseId('M', id);
  return message === null ? -1 : messages.indexOf(message);
}

/** RFC 8621 §4.4.2: those comparators "MUST also have a keyword property". */
function checkKeywords(sort: readonly Comparator[]): void {
  for (const { property, object } of sort) {
    if (!property.endsWith('Keyword')) continue;
    if (object['keyword'] === undefined) throw invalidArguments(`A sort by ${property} has a keyword.`, ['sort']);
    aKeyword(object['keyword'], 'keyword');
  }
}

export function emailQueryChanges({ store }: Pick<MailParts, 'store'>): Method {
  return async (args, asker) => {
    const call = readQueryChanges(args, asker, askable, more);
    checkKeywords(call.sort);
    const since = parseState(call.sinceQueryState);
    if (since === null) throw cannotCalculateChanges('This is no state of ours.');
    return withShelf(store, call.account.account, async (shelf) => {
      const book = resultsOf(store, shelf);
      const { result, candidates } = await changedSince(store, shelf, book, call, since);
      const traits = traitsOf(call);
      const upTo = call.upToId === null || traits.mutable ? -1 : indexOf(result, call.upToId);
      const within = (index: number): boolean => upTo < 0 || index <= upTo;
      const added: { id: Id; index: number }[] = [];
      const behind = new Set<MessageId>();
      for (const [index, message] of result.messages.entries()) {
        if (!candidates.now.has(message)) continue;
        if (within(index)) added.push({ id: formatId('M', message), index });
        else behind.add(message);
      }
      const removed: Id[] = [];
      for (const message of candidates.before) if (!behind.has(message)) removed.push(formatId('M', message));
      return {
        response: formatQueryChanges(call, {
          newQueryState: formatState(result.modSeq),
          removed,
          added,
          total: result.messages.length,
        }),
      };
    });
  };
}

interface Candidates {
  /** Letters that may have been in the results and may stand elsewhere, or nowhere, now. */
  readonly before: ReadonlySet<MessageId>;
  /** Letters that may be in the results now and were not, or stood elsewhere. */
  readonly now: ReadonlySet<MessageId>;
}

/**
 * The result as it is, and which letters may stand in it differently than they did: every letter that changed, came or went, and where threads matter,
 * every letter of a thread of which one did. Both of one moment.
 */
async function changedSince(
  store: MailStore,
  shelf: Shelf,
  book: ResultBook,
  query: EmailQuery,
  since: number,
): Promise<{ readonly result: EmailResult; readonly candidates: Candidates }> {
  const traits = traitsOf(query);
  for (;;) {
    const result = await book.find(query, null);
    const changes = await store.changesSince(shelf.account, since);
    if (changes === null) throw cannotCalculateChanges();
    // A commit came between: again, so that both are of one moment.
    if (shelf.emailModSeq !== result.modSeq) continue;
    const before = new Set<MessageId>(changes.emails.destroyed);
    const now = new Set<MessageId>(changes.emails.created);
    if (traits.mutable || traits.threads) for (const message of changes.emails.updated) before.add(message);
    if (traits.threads) {
      const threads = new Set<number>([...changes.threads.created, ...changes.threads.updated]);
      for (const message of [...changes.emails.created, ...changes.emails.updated]) {
        const index = shelf.indexOf(message);
        if (index >= 0) threads.add(shelf.threads[index]!);
      }
      const created = new Set(changes.emails.created);
      for (const thread of threads) {
        for (const index of shelf.membersOf(thread)) {
          const message = shelf.messages[index]!;
          if (!created.has(message)) before.add(message);
        }
      }
    }
    for (const message of before) now.add(message);
    return { result, candidates: { before, now } };
  }
}

/** What a query depends on beyond the content of each letter (RFC 8620 §5.6). */
function traitsOf({ filter, sort, collapseThreads }: EmailQuery): { readonly mutable: boolean; readonly threads: boolean } {
  const leaves = filter === null ? [] : leavesOf(filter);
  const keywords = sort.some(({ property }) => property.endsWith('Keyword'));
  const threads = leaves.some(asksThread) || sort.some(({ property }) => property.includes('Thread'));
  return { mutable: keywords || leaves.some(isMutable), threads: collapseThreads || threads };
}

function leavesOf(filter: Filter<EmailCondition>): readonly Leaf[] {
  return 'condition' in filter ? filter.condition.leaves : filter.conditions.flatMap(leavesOf);
}
