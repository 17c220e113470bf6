// /get, /changes and /set of a type whose objects are items of the store: read whole, kept whole, states by the account's one counter.
// Knows items and the standard methods; what is in an object the type reads and shows.
import type { Item, ItemKind } from '../../../store/items-contract.ts';
import { MethodError, type Asker, type Id, type JmapAccount, type JsonObject, type Method } from '../contract.ts';
import { invalidProperties, NotSet, notFound, setError } from '../errors.ts';
import { formatId, parseId, type IdLetter } from '../ids.ts';
import { changesOfItems, decide, stateOf } from '../item-methods.ts';
import { applyPatch, sameJson } from '../patch.ts';
import { runSet } from '../set.ts';
import { answerGet, readGet, readSet } from '../standard.ts';
import type { TayoriParts } from './contract.ts';
import { checkOwn, unsent } from './properties.ts';

export interface ReadItem {
  readonly value: JsonObject;
  readonly dueAt?: number | null;
}

export interface ItemType {
  readonly name: string;
  readonly kind: ItemKind;
  readonly letter: IdLetter;
  /** Of one account. */
  readonly most: number;
  /** Of a person's own account alone. */
  readonly own: boolean;
  readonly properties: readonly string[];
  /** Those that the server sets: sent as they are, or not at all. */
  readonly serverSet: readonly string[];
  /** What a property is when it is not sent, or null is. */
  readonly defaults: JsonObject;
  /** Without its id. */
  readonly show: (item: Item) => JsonObject;
  /** A whole object; `before` is null for a new one. @throws NotSet. */
  readonly read: (object: JsonObject, asker: Asker, account: JmapAccount, before: Item | null) => ReadItem | Promise<ReadItem>;
  /** Another way to make one than to write it. */
  readonly make?: (read: ReadItem, account: JmapAccount) => Promise<Item>;
  /** Another way to remove one, with what follows from it. */
  readonly unmake?: (item: Item, account: JmapAccount) => Promise<void>;
}

export function itemMethods({ items }: Pick<TayoriParts, 'items'>, type: ItemType): Readonly<Record<string, Method>> {
  const { kind } = type;
  const checkAccount = (account: JmapAccount): JmapAccount => (type.own ? checkOwn(account) : account);
  const shown = (item: Item): JsonObject & { readonly id: Id } => ({ id: formatId(type.letter, item.id), ...type.show(item) });
  const state = (account: JmapAccount): Promise<string> => stateOf(items, account, kind);

  async function find(account: JmapAccount, id: Id): Promise<Item> {
    const number = parseId(type.letter, id);
    const item = number === null ? null : ((await items.get(account.account, kind, [number]))[0] ?? null);
    if (item === null) throw new NotSet(notFound());
    return item;
  }

  function checkServerSet(object: JsonObject, before: JsonObject): void {
    const wrong = type.serverSet.filter((name) => object[name] !== undefined && !sameJson(object[name], before[name]));
    if (wrong.length > 0) throw new NotSet(invalidProperties(wrong, 'The server sets these.'));
  }

  const without = (object: JsonObject, names: readonly string[]): JsonObject =>
    Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)));

  const get: Method = async (args, asker) => {
    const call = readGet(args, asker, (name) => type.properties.includes(name), {});
    const { account } = checkAccount(call.account);
    const before = await state(call.account);
    const wanted =
      call.ids === null
        ? await items.list(account, kind)
        : await items.get(
            account,
            kind,
            call.ids.map((id) => parseId(type.letter, id)).filter((id) => id !== null),
          );
    const all = new Map(wanted.filter((item) => item !== null).map((item) => [formatId(type.letter, item.id), shown(item)]));
    return { response: answerGet(call, before, all) };
  };

  const changes = changesOfItems(items, kind, type.letter, checkAccount);

  const set: Method = async (args, asker) => {
    const call = readSet(args, asker, {});
    const account = checkAccount(call.account);
    const { response } = await runSet(call, asker, {
      state: () => state(account),
      async create(object) {
        checkServerSet(object, {});
        if ((await items.count(account.account, kind)) >= type.most) throw new NotSet(setError('overQuota', `There may be ${type.most}.`));
        const read = await type.read({ ...type.defaults, ...object }, asker, account, null);
        const item = type.make === undefined ? await add(read, account) : await type.make(read, account);
        const made = shown(item);
        return { ...unsent(made, object), id: made.id };
      },
      update: (id, patch) =>
        decide(call.ifInState, async () => {
          const item = await find(account, id);
          const before = shown(item);
          const patched = applyPatch(before, patch, type.defaults);
          if (patched['id'] !== before.id) throw new NotSet(invalidProperties(['id'], 'An id stays.'));
          checkServerSet(patched, before);
          const read = await type.read(without(patched, ['id', ...type.serverSet]), asker, account, item);
          await items.write(account.account, [
            { kind, id: item.id, put: read.value, ...(read.dueAt === undefined ? {} : { dueAt: read.dueAt }), ifModSeq: item.modSeq },
          ]);
          const now = (await items.get(account.account, kind, [item.id]))[0];
          const rest = now == null ? {} : unsent(shown(now), patched);
          return Object.keys(rest).length === 0 ? null : rest;
        }),
      destroy: (id) =>
        decide(call.ifInState, async () => {
          const item = await find(account, id);
          if (type.unmake !== undefined) await type.unmake(item, account);
          else await items.write(account.account, [{ kind, id: item.id, remove: true, ifModSeq: item.modSeq }]);
        }),
    });
    return { response };
  };

  async function add(read: ReadItem, { account }: JmapAccount): Promise<Item> {
    const { ids } = await items.write(account, [{ kind, add: read.value, ...(read.dueAt === undefined ? {} : { dueAt: read.dueAt }) }]);
    const item = (await items.get(account, kind, ids))[0];
    if (item == null) throw new MethodError('serverFail', 'Gone already.');
    return item;
  }

  return { [`${type.name}/get`]: get, [`${type.name}/changes`]: changes, [`${type.name}/set`]: set };
}
