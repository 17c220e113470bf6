// Identity (RFC 8621 §6): from which addresses an account writes, with names and signatures. The account's own addresses are there by
// themselves. Knows items of kind `identity`; who owns what is asked of the office.
import type { Item, ItemStore } from '../../../store/items-contract.ts';
import { isArray, isObject } from '../arguments.ts';
import type { Id, JmapAccount, Json, JsonObject, Method } from '../contract.ts';
import { invalidProperties, notFound, NotSet, setError } from '../errors.ts';
import { formatId, parseId } from '../ids.ts';
import { applyPatch, sameJson } from '../patch.ts';
import { runSet } from '../set.ts';
import { answerGet, readGet, readSet, type SetCall } from '../standard.ts';
import type { SendingDesk } from './contract.ts';
import { changesOfItems, decide, stateOf, unknownProperties } from '../item-methods.ts';

export const identityKind = 'identity';

export interface IdentityValue {
  readonly name: string;
  readonly email: string;
  readonly replyTo: Json;
  readonly bcc: Json;
  readonly textSignature: string;
  readonly htmlSignature: string;
  /** One of the account's own addresses: there as long as the address is. */
  readonly own: boolean;
}

export interface IdentityParts {
  readonly items: ItemStore;
  readonly desk: Pick<SendingDesk, 'addresses' | 'owns'>;
}

const properties = new Set('id name email replyTo bcc textSignature htmlSignature mayDelete'.split(' '));
const settable = new Set('name email replyTo bcc textSignature htmlSignature'.split(' '));
const defaults = { name: '', replyTo: null, bcc: null, textSignature: '', htmlSignature: '' } as const;
const signatureMax = 100_000;
const addressesMax = 100;

export class Identities {
  readonly #parts: IdentityParts;
  /** One at a time for an account, or two would make the same identity twice. */
  readonly #busy = new Map<number, Promise<void>>();

  constructor(parts: IdentityParts) {
    this.#parts = parts;
  }

  /** All of an account, by number, after its own addresses have been looked at. */
  async of(account: JmapAccount): Promise<ReadonlyMap<number, IdentityValue>> {
    await this.refresh(account);
    const items = await this.#parts.items.list(account.account, identityKind);
    return new Map(items.map(({ id, value }) => [id, value as IdentityValue]));
  }

  refresh({ account }: JmapAccount): Promise<void> {
    const work = (this.#busy.get(account) ?? Promise.resolve()).catch(() => {}).then(() => this.#refresh(account));
    this.#busy.set(account, work);
    return work.finally(() => {
      if (this.#busy.get(account) === work) this.#busy.delete(account);
    });
  }

  async #refresh(account: number): Promise<void> {
    const { items, desk } = this.#parts;
    const addresses = new Map(desk.addresses(account).map((one) => [one.address.toLowerCase(), one]));
    const writes: Parameters<ItemStore['write']>[1][number][] = [];
    for (const { id, value } of await items.list(account, identityKind)) {
      const { own, email } = value as IdentityValue;
      if (own && !addresses.delete(email.toLowerCase())) writes.push({ kind: identityKind, id, remove: true });
    }
    for (const { address, name } of addresses.values())
      writes.push({ kind: identityKind, add: { ...defaults, name, email: address, own: true } satisfies IdentityValue });
    if (writes.length > 0) await items.write(account, writes);
  }
}

export function identityMethods(parts: IdentityParts, identities: Identities): Readonly<Record<string, Method>> {
  return {
    'Identity/get': async (args, asker) => {
      const call = readGet(args, asker, (name) => properties.has(name), {});
      await identities.refresh(call.account);
      const state = await stateOf(parts.items, call.account, identityKind);
      const all = await identities.of(call.account);
      const objects = new Map([...all].map(([id, value]) => [formatId('I', id), shown(id, value)]));
      return { response: answerGet(call, state, objects) };
    },
    'Identity/changes': changesOfItems(parts.items, identityKind, 'I', (account) => identities.refresh(account)),
    'Identity/set': async (args, asker) => {
      const call = readSet(args, asker, {});
      await identities.refresh(call.account);
      const { response } = await runSet(call, asker, settableIdentities(parts, call));
      return { response };
    },
  };
}

function shown(id: number, { own, ...value }: IdentityValue): JsonObject & { readonly id: Id } {
  return { id: formatId('I', id), ...value, mayDelete: !own };
}

function settableIdentities({ items, desk }: IdentityParts, { account, ifInState }: SetCall): Parameters<typeof runSet>[2] {
  const find = async (id: Id): Promise<Item & { readonly value: IdentityValue }> => {
    const number = parseId('I', id);
    const [item] = number === null ? [null] : await items.get(account.account, identityKind, [number]);
    if (number === null || item === null || item === undefined) throw new NotSet(notFound());
    return { ...item, value: item.value as IdentityValue };
  };
  return {
    state: () => stateOf(items, account, identityKind),
    async create(object) {
      const wrong = unknownProperties(object, settable);
      const value: JsonObject = { ...defaults, ...object };
      wrong.push(...wrongValues(value));
      if (wrong.length > 0) throw new NotSet(invalidProperties([...new Set(wrong)]));
      if (!desk.owns(account.account, value['email'] as string))
        throw new NotSet(setError('forbiddenFrom', 'This address does not belong to the account.'));
      const { ids } = await items.write(account.account, [{ kind: identityKind, add: { ...value, own: false } }]);
      const omitted = Object.fromEntries(Object.entries(defaults).filter(([name]) => !(name in object)));
      return { id: formatId('I', ids[0]!), mayDelete: true, ...omitted };
    },
    update: (id, patch) =>
      decide(ifInState, async () => {
        const { id: number, value: before, modSeq: ifModSeq } = await find(id);
        const current = shown(number, before);
        const after = applyPatch(current, patch, defaults);
        const wrong = Object.keys({ ...current, ...after }).filter(
          (name) => !sameJson(current[name], after[name]) && (!settable.has(name) || name === 'email'),
        );
        wrong.push(...wrongValues(after));
        if (wrong.length > 0) throw new NotSet(invalidProperties([...new Set(wrong)]));
        const { id: _id, mayDelete: _mayDelete, ...value } = after;
        await items.write(account.account, [{ kind: identityKind, id: number, put: { ...value, own: before.own }, ifModSeq }]);
        return null;
      }),
    destroy: (id) =>
      decide(ifInState, async () => {
        const { id: number, value, modSeq: ifModSeq } = await find(id);
        if (value.own) throw new NotSet(setError('forbidden', 'This is an address of the account itself.'));
        await items.write(account.account, [{ kind: identityKind, id: number, remove: true, ifModSeq }]);
      }),
  };
}

function wrongValues(value: JsonObject): string[] {
  const wrong: string[] = [];
  const text = (name: string, most: number): void => {
    const one = value[name];
    if (typeof one !== 'string' || one.length > most) wrong.push(name);
  };
  text('name', 500);
  text('textSignature', signatureMax);
  text('htmlSignature', signatureMax);
  const { email } = value;
  if (typeof email !== 'string' || email.length > 400 || !/^[^\s<>]+@[^\s<>@]+$/.test(email)) wrong.push('email');
  if (typeof value['name'] === 'string' && /[\r\n\0]/.test(value['name'])) wrong.push('name');
  for (const name of ['replyTo', 'bcc']) if (!isAddressList(value[name])) wrong.push(name);
  return wrong;
}

function isAddressList(value: Json | undefined): boolean {
  if (value === null) return true;
  if (!isArray(value) || value.length > addressesMax) return false;
  return value.every(
    (one) =>
      isObject(one) &&
      Object.keys(one).every((name) => name === 'name' || name === 'email') &&
      typeof one['email'] === 'string' &&
      !/[\r\n\0]/.test(one['email']) &&
      (one['name'] === undefined || one['name'] === null || (typeof one['name'] === 'string' && !/[\r\n\0]/.test(one['name']))),
  );
}
