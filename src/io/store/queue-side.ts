// The queue as stations see it: rows of all shards. Fulfils QueueStore. Knows shards and ids; knows no schedule.
import type { QueueRecipient, QueueStore } from '../../store/queue-contract.ts';
import type { Shard } from './shard.ts';
import { nextDue, queueCount, queueRows } from './queue-reader.ts';

type Change = 'queueRetry' | 'queueHold' | 'queueRemove';

export class EmbeddedQueue implements QueueStore {
  readonly #shards: () => readonly Shard[];
  readonly #listeners = new Set<() => void>();

  /** `shards` throws when the store is closed. */
  constructor(shards: () => readonly Shard[]) {
    this.#shards = shards;
  }

  async take(now: number, lease: number, limit: number, without: readonly string[]): Promise<readonly QueueRecipient[]> {
    const taken: QueueRecipient[] = [];
    for (const shard of this.#shards()) {
      const due = nextDue(shard.reader);
      // Asking costs nothing; a transaction is worth it only when something is due.
      if (due === null || due > now || taken.length >= limit) continue;
      taken.push(...(await shard.writer.send<'queueTake'>({ kind: 'queueTake', now, lease, limit: limit - taken.length, without })));
    }
    return taken.sort((a, b) => a.dueAt - b.dueAt);
  }

  async renew(
    rows: readonly { readonly id: number; readonly leaseEpoch: number }[],
    now: number,
    lease: number,
  ): Promise<readonly number[]> {
    const shards = this.#shards();
    const kept = await Promise.all(
      shards.map((shard) => {
        const own = rows.filter((row) => row.id % shards.length === shard.number);
        return own.length === 0 ? [] : shard.writer.send<'queueRenew'>({ kind: 'queueRenew', rows: own, now, lease });
      }),
    );
    return kept.flat();
  }

  async nextDue(): Promise<number | null> {
    const due = this.#shards()
      .map((shard) => nextDue(shard.reader))
      .filter((time) => time !== null);
    return due.length === 0 ? null : Math.min(...due);
  }

  async list(filter: Parameters<QueueStore['list']>[0]): Promise<readonly QueueRecipient[]> {
    return this.#shards()
      .flatMap((shard) => queueRows(shard.reader, filter))
      .slice(0, filter.limit);
  }

  async retry(ids: readonly number[], now: number): Promise<number> {
    const changed = await this.#change('queueRetry', ids, now);
    if (changed > 0) this.tellNew();
    return changed;
  }

  hold(ids: readonly number[]): Promise<number> {
    return this.#change('queueHold', ids, 0);
  }

  remove(ids: readonly number[]): Promise<number> {
    return this.#change('queueRemove', ids, 0);
  }

  async count(): Promise<{ readonly ready: number; readonly held: number; readonly letters: number }> {
    const sum = { ready: 0, held: 0, letters: 0 };
    for (const shard of this.#shards()) {
      const { ready, held, letters } = queueCount(shard.reader);
      sum.ready += ready;
      sum.held += held;
      sum.letters += letters;
    }
    return sum;
  }

  onNew(heard: () => void): () => void {
    const entry = (): void => heard();
    this.#listeners.add(entry);
    return () => void this.#listeners.delete(entry);
  }

  tellNew(): void {
    for (const heard of Array.from(this.#listeners)) heard();
  }

  async #change(kind: Change, ids: readonly number[], now: number): Promise<number> {
    const shards = this.#shards();
    const changed = await Promise.all(
      shards.map((shard) => {
        const own = ids.filter((id) => id % shards.length === shard.number);
        return own.length === 0 ? 0 : shard.writer.send<Change>({ kind, ids: own, now });
      }),
    );
    return changed.reduce((sum, count) => sum + count, 0);
  }
}
