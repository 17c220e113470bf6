// The queue in memory: rows, leases by time of visibility, epochs. Fulfils QueueStore.
// Knows rows and the octets they hold on to; knows no transaction (the store applies results) and no schedule.
import type { Bytes } from '../../base/bytes.ts';
import { Refusal } from '../../base/trouble.ts';
import type { AcceptLetter, LetterId } from '../contract.ts';
import { roadOf, type QueueRecipient, type QueueResult, type QueueStore } from '../queue-contract.ts';

type Row = { -readonly [K in keyof QueueRecipient]: QueueRecipient[K] };

export class MemoryQueue implements QueueStore {
  readonly #rows = new Map<number, Row>();
  readonly #octets = new Map<LetterId, Bytes>();
  readonly #listeners = new Set<() => void>();
  readonly #checkOpen: () => void;
  #lastId = 0;

  constructor(checkOpen: () => void) {
    this.#checkOpen = checkOpen;
  }

  // --- for the store ------------------------------------------------------------------------------------------------

  accept(letter: AcceptLetter, octets: Bytes, now: number): void {
    if (letter.queue.length === 0) return;
    this.#octets.set(letter.letter, octets);
    for (const recipient of letter.queue) {
      const id = ++this.#lastId;
      this.#rows.set(id, {
        ...recipient,
        id,
        letter: letter.letter,
        reversePath: letter.reversePath,
        envelopeId: letter.dsn?.envelopeId ?? null,
        returns: letter.dsn?.returns ?? null,
        smtpUtf8: letter.smtpUtf8 ?? false,
        bodyType: letter.bodyType ?? '7bit',
        size: octets.length,
        createdAt: now,
        attempts: 0,
        state: 'ready',
        lastReply: null,
        lastHost: null,
        delayTold: false,
        leaseEpoch: 0,
        via: recipient.via ?? null,
      });
    }
  }

  finish(result: QueueResult): void {
    const row = this.#rows.get(result.id);
    if (row === undefined || row.leaseEpoch !== result.leaseEpoch) return;
    if (result.done !== 'later') return this.#drop(row);
    row.attempts++;
    row.dueAt = result.dueAt;
    row.lastReply = result.reply;
    row.lastHost = result.host;
    row.delayTold = result.delayTold;
  }

  octetsOf(letter: LetterId): Bytes {
    const octets = this.#octets.get(letter);
    if (octets === undefined) throw new Refusal('nonexistent', 'The queue holds no such letter');
    return octets;
  }

  tellNew(): void {
    for (const heard of Array.from(this.#listeners)) heard();
  }

  #drop(row: Row): void {
    this.#rows.delete(row.id);
    for (const other of this.#rows.values()) if (other.letter === row.letter) return;
    this.#octets.delete(row.letter);
  }

  #those(ids: readonly number[]): Row[] {
    return [...new Set(ids)].flatMap((id) => this.#rows.get(id) ?? []);
  }

  // --- QueueStore ---------------------------------------------------------------------------------------------------

  async take(now: number, lease: number, limit: number, without: readonly string[]): Promise<readonly QueueRecipient[]> {
    this.#checkOpen();
    const left = new Set(without);
    const due = [...this.#rows.values()]
      .filter((row) => row.state === 'ready' && row.dueAt <= now && !left.has(roadOf(row)))
      .sort((a, b) => a.dueAt - b.dueAt || a.id - b.id)
      .slice(0, limit);
    for (const row of due) {
      row.dueAt = now + lease;
      row.leaseEpoch++;
    }
    return due.map(copyOf);
  }

  async renew(
    rows: readonly { readonly id: number; readonly leaseEpoch: number }[],
    now: number,
    lease: number,
  ): Promise<readonly number[]> {
    this.#checkOpen();
    const ours = rows.flatMap(({ id, leaseEpoch }) => this.#those([id]).filter((row) => row.leaseEpoch === leaseEpoch));
    for (const row of ours) row.dueAt = now + lease;
    return ours.map((row) => row.id);
  }

  async nextDue(): Promise<number | null> {
    this.#checkOpen();
    let next: number | null = null;
    for (const row of this.#rows.values()) if (row.state === 'ready' && (next === null || row.dueAt < next)) next = row.dueAt;
    return next;
  }

  async list(filter: Parameters<QueueStore['list']>[0]): Promise<readonly QueueRecipient[]> {
    this.#checkOpen();
    return [...this.#rows.values()]
      .filter((row) => (filter.letter ?? row.letter) === row.letter && (filter.domain ?? row.domain) === row.domain)
      .filter((row) => (filter.via ?? row.via) === row.via && (filter.from?.(row.reversePath) ?? true))
      .slice(0, filter.limit)
      .map(copyOf);
  }

  async retry(ids: readonly number[], now: number): Promise<number> {
    this.#checkOpen();
    const rows = this.#those(ids);
    for (const row of rows) {
      row.dueAt = now;
      row.state = 'ready';
    }
    if (rows.length > 0) this.tellNew();
    return rows.length;
  }

  async hold(ids: readonly number[]): Promise<number> {
    this.#checkOpen();
    const rows = this.#those(ids);
    for (const row of rows) row.state = 'held';
    return rows.length;
  }

  async remove(ids: readonly number[]): Promise<number> {
    this.#checkOpen();
    const rows = this.#those(ids);
    for (const row of rows) this.#drop(row);
    return rows.length;
  }

  async count(): Promise<{ readonly ready: number; readonly held: number; readonly letters: number }> {
    this.#checkOpen();
    let held = 0;
    for (const row of this.#rows.values()) if (row.state === 'held') held++;
    return { ready: this.#rows.size - held, held, letters: this.#octets.size };
  }

  onNew(heard: () => void): () => void {
    const entry = (): void => heard();
    this.#listeners.add(entry);
    return () => void this.#listeners.delete(entry);
  }
}

/** A row as it is now; ours goes on changing. */
function copyOf(row: Row): QueueRecipient {
  return { ...row };
}
