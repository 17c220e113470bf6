// Items in memory. Fulfils ItemStore. A call's writes are planned first, against what is there, and made true in one go.
// Knows kinds, ids and tombstones; knows no letter.
import type { AccountId, ModSeq } from '../contract.ts';
import { checkItem, checkItemCount, firstModSeq, mayBeDue, textOf } from '../item-rules.ts';
import type { Item, ItemKind, ItemStore, ItemWrite } from '../items-contract.ts';
import { keptItemTombstones } from '../limits.ts';
import { AccountChanges } from './account-changes.ts';
import type { MemoryAccount } from './account.ts';

/** An item as it is kept: its value is text, so that nobody changes it from outside. */
type Held = Omit<Item, 'value'> & { readonly text: string };

interface Gone {
  readonly id: number;
  readonly createdModSeq: ModSeq;
  readonly modSeq: ModSeq;
}

interface Kind {
  readonly items: Map<number, Held>;
  lastId: number;
  state: ModSeq;
  gone: Gone[];
  /** Tombstones at or below it are forgotten. */
  floor: ModSeq;
}

/** What a call would make of a kind. Null: the item goes. */
interface KindPlan {
  readonly items: Map<number, Held | null>;
  lastId: number;
  count: number;
}

export interface ItemPlan {
  readonly modSeq: ModSeq;
  readonly ids: readonly number[];
  readonly kinds: ReadonlyMap<ItemKind, KindPlan>;
}

/** The items of one account. */
export class AccountItems {
  readonly #kinds = new Map<ItemKind, Kind>();

  kind(name: ItemKind): Readonly<Kind> {
    return this.#kinds.get(name) ?? { items: new Map(), lastId: 0, state: firstModSeq, gone: [], floor: 0 };
  }

  *all(): Iterable<Item> {
    for (const { items } of this.#kinds.values()) for (const item of items.values()) yield shown(item);
  }

  /** Changes nothing. @throws Refusal as ItemStore.write. */
  plan(writes: readonly ItemWrite[], modSeq: ModSeq): ItemPlan {
    const kinds = new Map<ItemKind, KindPlan>();
    const ids = writes.map((write) => {
      const is = this.kind(write.kind);
      const plan = kinds.get(write.kind) ?? { items: new Map<number, Held | null>(), lastId: is.lastId, count: is.items.size };
      const id = planWrite(write, is, plan, modSeq);
      kinds.set(write.kind, plan);
      return id;
    });
    return { modSeq, ids, kinds };
  }

  apply({ kinds, modSeq }: ItemPlan): void {
    for (const [name, plan] of kinds) {
      const kind = this.kind(name) as Kind;
      this.#kinds.set(name, kind);
      kind.lastId = plan.lastId;
      kind.state = modSeq;
      for (const [id, item] of plan.items) {
        const before = kind.items.get(id);
        if (item !== null) kind.items.set(id, item);
        else if (kind.items.delete(id)) kind.gone.push({ id, createdModSeq: before!.createdModSeq, modSeq });
      }
      if (kind.gone.length > keptItemTombstones) forgetTombstones(kind);
    }
  }
}

function planWrite(write: ItemWrite, is: Readonly<Kind>, plan: KindPlan, modSeq: ModSeq): number {
  const text = textOf(write);
  if ('add' in write) {
    checkItemCount(plan.count++);
    const id = ++plan.lastId;
    plan.items.set(id, { kind: write.kind, id, createdModSeq: modSeq, modSeq, dueAt: write.dueAt ?? null, text: text! });
    return id;
  }
  const { id } = write;
  const planned = plan.items.get(id);
  const before = planned === undefined ? (is.items.get(id) ?? null) : planned;
  checkItem(before, write);
  if ('remove' in write) {
    plan.items.set(id, null);
    plan.count--;
  } else plan.items.set(id, { ...before!, modSeq, dueAt: write.dueAt === undefined ? before!.dueAt : write.dueAt, text: text! });
  return id;
}

/** Forgets the older half, whole changes at a time. */
function forgetTombstones(kind: Kind): void {
  kind.floor = kind.gone[kind.gone.length >>> 1]!.modSeq;
  kind.gone = kind.gone.filter(({ modSeq }) => modSeq > kind.floor);
}

function shown({ text, ...item }: Held): Item {
  return { ...item, value: JSON.parse(text) as unknown };
}

export interface ItemParts {
  /** @throws Refusal `nonexistent`. */
  account(id: AccountId): MemoryAccount;
  accounts(): Iterable<MemoryAccount>;
  finish(changes: readonly AccountChanges[]): void;
}

export class MemoryItems implements ItemStore {
  readonly #parts: ItemParts;
  readonly #listeners = new Set<() => void>();

  constructor(parts: ItemParts) {
    this.#parts = parts;
  }

  async list(account: AccountId, kind: ItemKind): Promise<readonly Item[]> {
    return [...this.#parts.account(account).items.kind(kind).items.values()].sort((a, b) => a.id - b.id).map(shown);
  }

  async count(account: AccountId, kind: ItemKind): Promise<number> {
    return this.#parts.account(account).items.kind(kind).items.size;
  }

  async get(account: AccountId, kind: ItemKind, ids: readonly number[]): Promise<readonly (Item | null)[]> {
    const { items } = this.#parts.account(account).items.kind(kind);
    return ids.map((id) => {
      const item = items.get(id);
      return item === undefined ? null : shown(item);
    });
  }

  async write(id: AccountId, writes: readonly ItemWrite[]): Promise<{ readonly ids: readonly number[]; readonly modSeq: ModSeq }> {
    const account = this.#parts.account(id);
    if (writes.length === 0) return { ids: [], modSeq: account.modSeq };
    const changes = new AccountChanges(account);
    const plan = account.items.plan(writes, changes.modSeq);
    changes.items = plan;
    this.#parts.finish([changes]);
    this.tell(writes);
    return { ids: plan.ids, modSeq: plan.modSeq };
  }

  async state(account: AccountId, kind: ItemKind): Promise<ModSeq> {
    return this.#parts.account(account).items.kind(kind).state;
  }

  async changes(id: AccountId, name: ItemKind, since: ModSeq): ReturnType<ItemStore['changes']> {
    const account = this.#parts.account(id);
    const { items, gone, floor } = account.items.kind(name);
    if (since < floor || since > account.modSeq) return null;
    const changed = [...items.values()].filter(({ modSeq }) => modSeq > since).sort((a, b) => a.modSeq - b.modSeq || a.id - b.id);
    const created = changed
      .filter(({ createdModSeq }) => createdModSeq > since)
      .sort((a, b) => a.createdModSeq - b.createdModSeq || a.id - b.id);
    return {
      created: created.map((item) => item.id),
      updated: changed.filter(({ createdModSeq }) => createdModSeq <= since).map((item) => item.id),
      destroyed: gone
        .filter(({ createdModSeq, modSeq }) => modSeq > since && createdModSeq <= since)
        .sort((a, b) => a.modSeq - b.modSeq || a.id - b.id)
        .map((item) => item.id),
    };
  }

  async due(now: number, limit: number): Promise<readonly (Item & { readonly account: AccountId })[]> {
    return this.#waiting()
      .filter(({ dueAt }) => dueAt! <= now)
      .slice(0, limit);
  }

  async nextDue(): Promise<number | null> {
    return this.#waiting()[0]?.dueAt ?? null;
  }

  onDue(heard: () => void): () => void {
    const entry = (): void => heard();
    this.#listeners.add(entry);
    return () => void this.#listeners.delete(entry);
  }

  /** After a commit that wrote these. */
  tell(writes: readonly ItemWrite[]): void {
    if (mayBeDue(writes)) for (const heard of Array.from(this.#listeners)) heard();
  }

  /** Items with a due time, the longest due first. */
  #waiting(): (Item & { readonly account: AccountId })[] {
    const waiting: (Item & { readonly account: AccountId })[] = [];
    for (const account of this.#parts.accounts())
      for (const item of account.items.all()) if (item.dueAt !== null) waiting.push({ ...item, account: account.id });
    return waiting.sort((a, b) => a.dueAt! - b.dueAt! || a.account - b.account || a.id - b.id);
  }
}

/** The items' part of a commit, planned. Gives their ids. @throws Refusal. */
export function planItems(
  account: MemoryAccount,
  writes: readonly ItemWrite[],
  changes: Map<MemoryAccount, AccountChanges>,
): readonly number[] {
  const change = changes.get(account) ?? new AccountChanges(account);
  change.items = account.items.plan(writes, change.modSeq);
  changes.set(account, change);
  return change.items.ids;
}
