// The standard methods of RFC 8620 §5: what they are asked and how they answer. Knows accounts, ids, limits and states; knows no type of object.
import {
  aBoolean,
  aPositive,
  aText,
  anId,
  anIdOrReference,
  anObject,
  listOf,
  mapOf,
  nullable,
  optional,
  readBoth,
  type Read,
  type Reader,
  type Shape,
} from './arguments.ts';
import { MethodError, type Asker, type Id, type JmapAccount, type Json, type JsonObject, type SetError } from './contract.ts';
import { cannotCalculateChanges, formatSetError, invalidArguments, requestTooLarge, stateMismatch } from './errors.ts';
import { parseState } from './ids.ts';
import { changesMax, coreLimits } from './limits.ts';

/** RFC 8620 §3.6.2 accountNotFound: a foreign account and a missing one are the same. */
export function anAccount(asker: Asker): Reader<JmapAccount> {
  return (value, name) => {
    const account = asker.accounts.get(anId(value, name));
    if (account === undefined) throw new MethodError('accountNotFound', 'There is no such account.');
    return account;
  };
}

/** The same, for what changes something in it. */
export function aWritableAccount(asker: Asker): Reader<JmapAccount> {
  const reader = anAccount(asker);
  return (value, name) => {
    const account = reader(value, name);
    if (account.isReadOnly) throw new MethodError('accountReadOnly', 'This account can only be read.');
    return account;
  };
}

/** RFC 8620 §5.3: the id behind `#creationId`, or the id itself; null for a creation id that nothing was made under. */
export function resolveId(asker: Pick<Asker, 'createdIds'>, id: string): Id | null {
  if (!id.startsWith('#')) return id;
  return asker.createdIds.get(id.slice(1)) ?? null;
}

// --- /get (RFC 8620 §5.1) ---------------------------------------------------------------------------------------------

export interface GetCall {
  readonly account: JmapAccount;
  /** Each once, `#` references resolved (one that nothing was made under stays, and is not found); null: all. */
  readonly ids: readonly Id[] | null;
  /** Always with `id`; null: what the type gives by default. */
  readonly properties: ReadonlySet<string> | null;
}

/**
 * `properties`: which names a client may ask for. `more`: further arguments of this type.
 * @throws MethodError `invalidArguments`, `accountNotFound`, `requestTooLarge`.
 */
export function readGet<S extends Shape>(
  args: JsonObject,
  asker: Asker,
  properties: (name: string) => boolean,
  more: S,
  idsMax: number = coreLimits.maxObjectsInGet,
): GetCall & Read<S> {
  const [read, rest] = readBoth(
    args,
    {
      accountId: anAccount(asker),
      ids: nullable(listOf(anIdOrReference)),
      properties: nullable(listOf(aText)),
    },
    more,
  );
  const unknown = read.properties?.filter((name) => name !== 'id' && !properties(name)) ?? [];
  if (unknown.length > 0) throw invalidArguments(`There is no property ${unknown.slice(0, 10).join(', ').slice(0, 500)}.`, ['properties']);
  const ids = read.ids === null ? null : [...new Set(read.ids.map((id) => resolveId(asker, id) ?? id))];
  if (ids !== null && ids.length > idsMax) throw requestTooLarge(`At most ${idsMax} ids at once.`);
  return {
    ...rest,
    ...read,
    account: read.accountId,
    ids,
    properties: read.properties === null ? null : new Set(['id', ...read.properties]),
  };
}

/** `list` holds whole objects; only what was asked for goes out. */
export function formatGet(call: GetCall, state: string, list: readonly JsonObject[], notFound: readonly Id[]): JsonObject {
  const { properties } = call;
  return { accountId: call.account.id, state, list: properties === null ? list : list.map((object) => pick(object, properties)), notFound };
}

function pick(object: JsonObject, properties: ReadonlySet<string>): JsonObject {
  const picked: { [name: string]: Json } = {};
  for (const name of properties) if (Object.hasOwn(object, name)) picked[name] = object[name]!;
  return picked;
}

/** For types of which there are few: all objects by id are at hand. @throws MethodError `requestTooLarge` when `ids` is null and there are more than a /get may give. */
export function answerGet(call: GetCall, state: string, all: ReadonlyMap<Id, JsonObject>): JsonObject {
  if (call.ids === null) {
    if (all.size > coreLimits.maxObjectsInGet) throw requestTooLarge('There are more than can be answered at once: ask for them by id.');
    return formatGet(call, state, [...all.values()], []);
  }
  const list: JsonObject[] = [];
  const notFound: Id[] = [];
  for (const id of call.ids) {
    const object = all.get(id);
    if (object === undefined) notFound.push(id);
    else list.push(object);
  }
  return formatGet(call, state, list, notFound);
}

// --- /changes (RFC 8620 §5.2) -----------------------------------------------------------------------------------------

export interface ChangesCall {
  readonly account: JmapAccount;
  readonly sinceState: string;
  /** The state as a number. */
  readonly since: number;
  /** What the client said, else `changesMax`. */
  readonly maxChanges: number;
}

/** @throws MethodError `invalidArguments`, `accountNotFound`, `cannotCalculateChanges` for what was never a state of ours. */
export function readChanges<S extends Shape>(args: JsonObject, asker: Asker, more: S): ChangesCall & Read<S> {
  const [read, rest] = readBoth(args, { accountId: anAccount(asker), sinceState: aText, maxChanges: nullable(aPositive) }, more);
  const since = parseState(read.sinceState);
  if (since === null) throw cannotCalculateChanges('This is no state of ours.');
  return { ...rest, ...read, account: read.accountId, since, maxChanges: Math.min(read.maxChanges ?? changesMax, changesMax) };
}

export interface Changes {
  readonly newState: string;
  readonly hasMoreChanges: boolean;
  readonly created: readonly Id[];
  readonly updated: readonly Id[];
  readonly destroyed: readonly Id[];
}

export function formatChanges(call: ChangesCall, changes: Changes): JsonObject {
  return {
    accountId: call.account.id,
    oldState: call.sinceState,
    newState: changes.newState,
    hasMoreChanges: changes.hasMoreChanges,
    created: changes.created,
    updated: changes.updated,
    destroyed: changes.destroyed,
  };
}

// --- /set (RFC 8620 §5.3) ---------------------------------------------------------------------------------------------

export interface SetCall {
  readonly account: JmapAccount;
  readonly ifInState: string | null;
  /** By creation id. */
  readonly create: ReadonlyMap<Id, JsonObject>;
  /** By id as the client wrote it, `#` references included: what is made in this call is known only when it is made. */
  readonly update: ReadonlyMap<Id, JsonObject>;
  /** Each once, also as written. */
  readonly destroy: readonly Id[];
}

/** @throws MethodError `invalidArguments`, `accountNotFound`, `accountReadOnly`, `requestTooLarge`. */
export function readSet<S extends Shape>(args: JsonObject, asker: Asker, more: S): SetCall & Read<S> {
  const [read, rest] = readBoth(
    args,
    {
      accountId: aWritableAccount(asker),
      ifInState: nullable(aText),
      create: nullable(mapOf(anObject)),
      update: nullable(mapOf(anObject, true)),
      destroy: nullable(listOf(anIdOrReference)),
    },
    more,
  );
  const create = read.create ?? new Map<Id, JsonObject>();
  const update = read.update ?? new Map<Id, JsonObject>();
  const destroy = [...new Set(read.destroy)];
  if (create.size + update.size + destroy.length > coreLimits.maxObjectsInSet) {
    throw requestTooLarge(`At most ${coreLimits.maxObjectsInSet} objects at once.`);
  }
  return { ...rest, ...read, account: read.accountId, create, update, destroy };
}

/** @throws MethodError `stateMismatch`. */
export function checkState(ifInState: string | null, state: string): void {
  if (ifInState !== null && ifInState !== state) throw stateMismatch();
}

/** What became of each object; filled while a /set works. */
export interface SetOutcome {
  readonly created: Map<Id, JsonObject>;
  readonly updated: Map<Id, JsonObject | null>;
  readonly destroyed: Id[];
  readonly notCreated: Map<Id, SetError>;
  readonly notUpdated: Map<Id, SetError>;
  readonly notDestroyed: Map<Id, SetError>;
}

export function emptyOutcome(): SetOutcome {
  return { created: new Map(), updated: new Map(), destroyed: [], notCreated: new Map(), notUpdated: new Map(), notDestroyed: new Map() };
}

export function formatSet(account: JmapAccount, oldState: string | null, newState: string, outcome: SetOutcome): JsonObject {
  return {
    accountId: account.id,
    oldState,
    newState,
    created: formatMap(outcome.created),
    updated: formatMap(outcome.updated),
    destroyed: outcome.destroyed.length === 0 ? null : outcome.destroyed,
    notCreated: formatErrors(outcome.notCreated),
    notUpdated: formatErrors(outcome.notUpdated),
    notDestroyed: formatErrors(outcome.notDestroyed),
  };
}

function formatMap(map: ReadonlyMap<Id, JsonObject | null>): JsonObject | null {
  return map.size === 0 ? null : Object.fromEntries(map);
}

function formatErrors(map: ReadonlyMap<Id, SetError>): JsonObject | null {
  return map.size === 0 ? null : Object.fromEntries([...map].map(([id, error]) => [id, formatSetError(error)]));
}

// --- /copy (RFC 8620 §5.4) --------------------------------------------------------------------------------------------

export interface CopyCall {
  readonly from: JmapAccount;
  readonly ifFromInState: string | null;
  readonly account: JmapAccount;
  readonly ifInState: string | null;
  readonly create: ReadonlyMap<Id, JsonObject>;
  readonly onSuccessDestroyOriginal: boolean;
  readonly destroyFromIfInState: string | null;
}

/** @throws MethodError `invalidArguments`, `fromAccountNotFound`, `accountNotFound`, `accountReadOnly`, `requestTooLarge`. */
export function readCopy<S extends Shape>(args: JsonObject, asker: Asker, more: S): CopyCall & Read<S> {
  const [read, rest] = readBoth(
    args,
    {
      fromAccountId: (value, name) => {
        const account = asker.accounts.get(anId(value, name));
        if (account === undefined) throw new MethodError('fromAccountNotFound', 'There is no such account to copy from.');
        return account;
      },
      ifFromInState: nullable(aText),
      accountId: aWritableAccount(asker),
      ifInState: nullable(aText),
      create: mapOf(anObject),
      onSuccessDestroyOriginal: optional(aBoolean, false),
      destroyFromIfInState: nullable(aText),
    },
    more,
  );
  // "This MUST be different to the fromAccountId."
  if (read.fromAccountId === read.accountId)
    throw invalidArguments('The two accounts have to be different.', ['fromAccountId', 'accountId']);
  if (read.create.size > coreLimits.maxObjectsInSet) throw requestTooLarge(`At most ${coreLimits.maxObjectsInSet} objects at once.`);
  return { ...rest, ...read, from: read.fromAccountId, account: read.accountId };
}

export function formatCopy(
  call: CopyCall,
  oldState: string | null,
  newState: string,
  outcome: Pick<SetOutcome, 'created' | 'notCreated'>,
): JsonObject {
  return {
    fromAccountId: call.from.id,
    accountId: call.account.id,
    oldState,
    newState,
    created: formatMap(outcome.created),
    notCreated: formatErrors(outcome.notCreated),
  };
}
