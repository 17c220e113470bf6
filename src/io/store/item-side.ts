// Items as stations and protocols see them, over all shards. Fulfils ItemStore. Knows shards; knows no row.
import type { AccountId, ModSeq } from '../../store/contract.ts';
import { mayBeDue, textOf } from '../../store/item-rules.ts';
import type { Item, ItemKind, ItemStore, ItemWrite } from '../../store/items-contract.ts';
import { countItems, readDueItems, readItem, readItemChanges, readItemState, readItems, readNextDueItem } from './item-rows.ts';
import type { ItemLine } from './jobs.ts';
import type { Shard } from './shard.ts';

export interface ItemParts {
  /** Throws when the store is closed. */
  shards(): readonly Shard[];
  /** @throws Refusal `nonexistent`. */
  checkAccount(account: AccountId): void;
  /** @throws Unavailable `disk-full`. */
  checkRoom(octets: number): void;
}

export class EmbeddedItems implements ItemStore {
  readonly #parts: ItemParts;
  readonly #listeners = new Set<() => void>();

  constructor(parts: ItemParts) {
    this.#parts = parts;
  }

  async list(account: AccountId, kind: ItemKind): Promise<readonly Item[]> {
    return readItems(this.#shardOf(account).reader, account, kind);
  }

  async count(account: AccountId, kind: ItemKind): Promise<number> {
    return countItems(this.#shardOf(account).reader, account, kind);
  }

  async get(account: AccountId, kind: ItemKind, ids: readonly number[]): Promise<readonly (Item | null)[]> {
    const { reader } = this.#shardOf(account);
    return ids.map((id) => readItem(reader, account, kind, id));
  }

  async write(account: AccountId, writes: readonly ItemWrite[]): Promise<{ readonly ids: readonly number[]; readonly modSeq: ModSeq }> {
    const shard = this.#shardOf(account);
    const lines = this.linesOf(writes);
    const done = await shard.writer.send<'items'>({ kind: 'items', account, lines });
    this.tell(writes);
    return done;
  }

  async state(account: AccountId, kind: ItemKind): Promise<ModSeq> {
    return readItemState(this.#shardOf(account).reader, account, kind);
  }

  async changes(account: AccountId, kind: ItemKind, since: ModSeq): ReturnType<ItemStore['changes']> {
    return readItemChanges(this.#shardOf(account).reader, account, kind, since);
  }

  async due(now: number, limit: number): Promise<readonly (Item & { readonly account: AccountId })[]> {
    return this.#parts
      .shards()
      .flatMap((shard) => readDueItems(shard.reader, now, limit))
      .sort((a, b) => a.dueAt! - b.dueAt! || a.account - b.account || a.id - b.id)
      .slice(0, limit);
  }

  async nextDue(): Promise<number | null> {
    const times = this.#parts
      .shards()
      .map((shard) => readNextDueItem(shard.reader))
      .filter((time) => time !== null);
    return times.length === 0 ? null : Math.min(...times);
  }

  onDue(heard: () => void): () => void {
    const entry = (): void => heard();
    this.#listeners.add(entry);
    return () => void this.#listeners.delete(entry);
  }

  /** Writes as they go to a writer. New items need room; whoever ends or removes one makes room. @throws Refusal `too-big`, Unavailable. */
  linesOf(writes: readonly ItemWrite[]): ItemLine[] {
    const lines = writes.map((write): ItemLine => {
      const text = textOf(write);
      if ('add' in write) return { kind: write.kind, how: 'add', id: 0, text, dueAt: write.dueAt, ifModSeq: undefined };
      const { kind, id, ifModSeq } = write;
      if ('remove' in write) return { kind, how: 'remove', id, text, dueAt: undefined, ifModSeq };
      return { kind, how: 'put', id, text, dueAt: write.dueAt, ifModSeq };
    });
    const added = lines.reduce((sum, { how, text }) => (how === 'add' ? sum + text!.length : sum), 0);
    if (added > 0) this.#parts.checkRoom(added);
    return lines;
  }

  /** After a commit that wrote these. */
  tell(writes: readonly ItemWrite[]): void {
    if (mayBeDue(writes)) for (const heard of Array.from(this.#listeners)) heard();
  }

  #shardOf(account: AccountId): Shard {
    this.#parts.checkAccount(account);
    const shards = this.#parts.shards();
    return shards[account % shards.length]!;
  }
}
