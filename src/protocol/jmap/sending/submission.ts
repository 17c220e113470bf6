// EmailSubmission as an object (RFC 8621 §7): read, listed, searched. Knows items of kind `submission`; sending is submission-set.ts.
import type { ItemStore } from '../../../store/items-contract.ts';
import { aUtcDate, formatUtcDate, isArray } from '../arguments.ts';
import type { Id, JmapAccount, JsonObject, Method } from '../contract.ts';
import { cannotCalculateChanges, invalidArguments, requestTooLarge } from '../errors.ts';
import { formatBlobId, formatId, parseId, parseState } from '../ids.ts';
import { coreLimits } from '../limits.ts';
import {
  formatQuery,
  formatQueryChanges,
  matches,
  readQuery,
  readQueryChanges,
  unsupportedFilter,
  windowOf,
  type Askable,
  type Comparator,
  type Filter,
} from '../query.ts';
import { formatGet, readGet } from '../standard.ts';
import type { DeliveryStatus, SendingDesk, SubmissionValue } from './contract.ts';
import { envelopeAsJson } from './envelope.ts';
import { changesOfItems, stateOf } from '../item-methods.ts';

export const submissionKind = 'submission';

export interface SubmissionParts {
  readonly items: ItemStore;
  readonly desk: SendingDesk;
}

const submissionProperties = new Set(
  'id identityId emailId threadId envelope sendAt undoStatus deliveryStatus dsnBlobIds mdnBlobIds'.split(' '),
);

/** All but what became of it. */
export function shownSubmission(id: number, value: SubmissionValue): JsonObject & { readonly id: Id } {
  return {
    id: formatId('S', id),
    identityId: formatId('I', value.identity),
    emailId: formatId('M', value.message),
    threadId: formatId('T', value.thread),
    envelope: envelopeAsJson(value.envelope),
    sendAt: formatUtcDate(value.sendAt),
    undoStatus: value.undoStatus,
    deliveryStatus: null,
    dsnBlobIds: blobsOf(value.dsn),
    mdnBlobIds: blobsOf(value.mdn),
  };
}

/** RFC 8620 §5.1. @throws MethodError `requestTooLarge`. */
function fewEnough<T>(all: readonly T[]): readonly T[] {
  if (all.length > coreLimits.maxObjectsInGet) throw requestTooLarge('There are more than can be answered at once: ask for them by id.');
  return all;
}

function blobsOf(messages: readonly number[] = []): Id[] {
  return messages.map((number) => formatBlobId({ of: 'letter', number, path: null }));
}

export function submissionReading({ items, desk }: SubmissionParts): Readonly<Record<string, Method>> {
  return {
    'EmailSubmission/get': async (args, asker) => {
      const call = readGet(args, asker, (name) => submissionProperties.has(name), {});
      const { account } = call.account;
      await desk.catchUp(account);
      const state = await stateOf(items, call.account, submissionKind);
      const numbers = call.ids?.map((id) => parseId('S', id)) ?? null;
      const found =
        numbers === null
          ? fewEnough(await items.list(account, submissionKind))
          : await items.get(
              account,
              submissionKind,
              numbers.map((number) => number ?? 0),
            );
      const list: JsonObject[] = [];
      const wantsStatus = call.properties === null || call.properties.has('deliveryStatus');
      for (const item of found) {
        if (item === null) continue;
        const value = item.value as SubmissionValue;
        // oxlint-disable-next-line no-await-in-loop -- two look-ups at once are enough
        const status = wantsStatus ? await desk.status(account, value) : null;
        list.push({ ...shownSubmission(item.id, value), deliveryStatus: status === null ? null : withDisplayed(status) });
      }
      const missing = call.ids?.filter((_id, index) => found[index] === null) ?? [];
      return { response: formatGet(call, state, list, missing) };
    },
    'EmailSubmission/changes': changesOfItems(items, submissionKind, 'S', ({ account }) => desk.catchUp(account)),
    'EmailSubmission/query': async (args, asker) => {
      const call = readQuery(args, asker, askable, {});
      const queryState = await stateOf(items, call.account, submissionKind);
      const ids = await sorted(items, call.account.account, call.filter, call.sort);
      const window = windowOf(call, ids.length, (anchor) => ids.indexOf(anchor), coreLimits.maxObjectsInGet);
      return {
        response: formatQuery(call, {
          queryState,
          canCalculateChanges: true,
          window,
          ids: ids.slice(window.start, window.end),
          total: ids.length,
        }),
      };
    },
    'EmailSubmission/queryChanges': async (args, asker) => {
      const call = readQueryChanges(args, asker, askable, {});
      const since = parseState(call.sinceQueryState);
      if (since === null) throw cannotCalculateChanges();
      const { changes, ids, newQueryState } = await momentOf(items, call, since);
      // RFC 8620 §5.6: what may have left the result or its place goes out, and comes in again where it now stands.
      const touched = new Set([...changes.created, ...changes.updated].map((number) => formatId('S', number)));
      const removed = [...changes.updated, ...changes.destroyed].map((number) => formatId('S', number));
      const added = ids.flatMap((id, index) => (touched.has(id) ? [{ id, index }] : []));
      return { response: formatQueryChanges(call, { newQueryState, removed, added, total: ids.length }) };
    },
  };
}

/** What changed since a state and what there is now, both of one moment: places in the result are told, and have to be those of the changes. */
async function momentOf(
  items: ItemStore,
  {
    account,
    filter,
    sort,
  }: { readonly account: JmapAccount; readonly filter: Filter<Condition> | null; readonly sort: readonly Comparator[] },
  since: number,
) {
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- again only when somebody has written meanwhile
    const newQueryState = await stateOf(items, account, submissionKind);
    // oxlint-disable-next-line no-await-in-loop -- as above
    const changes = await items.changes(account.account, submissionKind, since);
    if (changes === null) throw cannotCalculateChanges();
    // oxlint-disable-next-line no-await-in-loop -- as above
    const ids = await sorted(items, account.account, filter, sort);
    // oxlint-disable-next-line no-await-in-loop -- as above
    if ((await stateOf(items, account, submissionKind)) === newQueryState) return { changes, ids, newQueryState };
  }
}

function withDisplayed(status: Readonly<Record<string, DeliveryStatus>>): JsonObject {
  return Object.fromEntries(Object.entries(status).map(([address, one]) => [address, { displayed: 'unknown', ...one }]));
}

interface Condition {
  readonly holds: (object: JsonObject, sendAt: number) => boolean;
}

const idLists: ReadonlyMap<string, string> = new Map([
  ['identityIds', 'identityId'],
  ['emailIds', 'emailId'],
  ['threadIds', 'threadId'],
]);

/** RFC 8621 §7.3. */
const askable: Askable<Condition> = {
  condition(object) {
    const tests: Condition['holds'][] = [];
    for (const [name, value] of Object.entries(object)) {
      const property = idLists.get(name);
      if (property !== undefined) {
        if (!isArray(value) || value.some((id) => typeof id !== 'string'))
          throw invalidArguments(`"${name}" is a list of ids.`, ['filter']);
        const wanted = new Set(value as readonly string[]);
        tests.push((one) => wanted.has(one[property] as string));
      } else if (name === 'undoStatus') {
        if (value !== 'pending' && value !== 'final' && value !== 'canceled')
          throw invalidArguments('There is no such undoStatus.', ['filter']);
        tests.push((one) => one['undoStatus'] === value);
      } else if (name === 'before' || name === 'after') {
        const at = aUtcDate(value, 'filter');
        tests.push((_one, sendAt) => (name === 'before' ? sendAt < at : sendAt >= at));
      } else throw unsupportedFilter(`Nothing is filtered by ${name.slice(0, 60)}.`);
    }
    return { holds: (one, sendAt) => tests.every((test) => test(one, sendAt)) };
  },
  // RFC 8621 §7.3 writes `sentAt` and has no such property: what is meant is `sendAt`, which clients also ask for.
  sort: { emailId: [], threadId: [], sentAt: [], sendAt: [] },
};

async function sorted(
  items: ItemStore,
  account: number,
  filter: Filter<Condition> | null,
  sort: readonly Comparator[],
): Promise<readonly Id[]> {
  const found: { readonly id: number; readonly value: SubmissionValue }[] = [];
  for (const item of await items.list(account, submissionKind)) {
    const value = item.value as SubmissionValue;
    const object = shownSubmission(item.id, value);
    if (filter === null || matches(filter, ({ holds }) => holds(object, value.sendAt))) found.push({ id: item.id, value });
  }
  found.sort((a, b) => {
    for (const { property, isAscending } of sort) {
      const difference =
        property === 'emailId'
          ? a.value.message - b.value.message
          : property === 'threadId'
            ? a.value.thread - b.value.thread
            : a.value.sendAt - b.value.sendAt;
      if (difference !== 0) return isAscending ? difference : -difference;
    }
    return a.id - b.id;
  });
  return found.map(({ id }) => formatId('S', id));
}
