// What waits to be told to the server: changes of letters, drafts, letters to send. Kept on this device before anything is shown as done, told in order,
// one window at a time, whichever window it came from; what cannot be told now waits and is tried again. Knows the queue; what each row means to the
// server is telling's (tell-changes.ts, tell-letters.ts).
//
// Told twice does no harm: a change says what is to be, not what to toggle; a draft and a letter carry a Message-ID by which an earlier try
// is found again.
import type { ActionName, News, SendOptions, Trouble } from './contract.ts';
import type { Account } from './account.ts';
import { carryOver } from './carry.ts';
import type { CacheStore } from './cache/contract.ts';
import { changeDraft } from './drafts.ts';
import type { Files } from './files.ts';
import type { JmapClient } from './jmap/client.ts';
import type { Id } from './jmap/objects.ts';
import type { Change } from './overlay.ts';
import { troubleOf } from './port.ts';
import type { Surroundings } from './surroundings.ts';
import { tellChange } from './tell-changes.ts';
import { tellDraft, tellSending } from './tell-letters.ts';

export type Waiting =
  | ({
      readonly kind: 'change';
      readonly id: number;
      readonly what: ActionName;
      readonly count: number;
      readonly since: number;
      /** The server may have heard it already. */
      readonly isTried?: boolean;
    } & Change)
  | {
      readonly kind: 'draft';
      readonly id: number;
      readonly accountId: Id;
      readonly key: string;
      readonly since: number;
      readonly label: string;
    }
  | {
      readonly kind: 'send';
      readonly id: number;
      readonly accountId: Id;
      readonly key: string;
      readonly options: SendOptions;
      readonly since: number;
      readonly label: string;
    };
type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never;
export type NewWaiting = WithoutId<Waiting>;

export interface OutboxParts {
  readonly client: JmapClient;
  readonly cache: CacheStore;
  readonly surroundings: Surroundings;
  readonly files: Files;
  /** Names the lock. */
  readonly name: string;
  account(id: Id): Account | null;
  news(news: News): void;
  changed(): void;
}

/** A draft that is being typed goes to the server this long after its last change. */
const draftRestMs = 3000;
/** A row that the server fails at so often, while it does others, is taken for refused: it must not hold up what stands behind it for ever. */
const failuresMost = 5;
/** What could not be told is tried again after so long, and more and more seldom. */
const [firstRestMs, longestRestMs] = [2000, 60_000];

export class Outbox {
  readonly #parts: OutboxParts;
  #rows: Waiting[] = [];
  /** Rows that are on disk; no other is told. */
  readonly #written = new Set<number>();
  /** What was carried to another account: by row, letters as they were called and as they are called there. For the way back. */
  readonly #carried = new Map<number, ReadonlyMap<Id, Id>>();
  #current: number | null = null;
  /** Told, while the lists follow: no longer to be withdrawn. */
  readonly #told = new Set<number>();
  /** Being taken off the disk by `withdraw`: not to be told, nor to be taken for another window's. */
  readonly #leaving = new Set<number>();
  #troubles = new Map<number, Trouble>();
  #last = 0;
  #draining: Promise<void> | null = null;
  #again = false;
  #isHurried = false;
  #callOff: (() => void) | null = null;
  #failures = 0;
  /** By row, how often in a row the server failed at it. */
  readonly #failedAt = new Map<number, number>();
  #isOver = false;

  constructor(parts: OutboxParts) {
    this.#parts = parts;
  }

  get rows(): readonly Waiting[] {
    return this.#rows;
  }
  troubleOf(id: number): Trouble | null {
    return this.#troubles.get(id) ?? null;
  }

  /** What was left at the end of the last time is shown as done again, and told. */
  async load(): Promise<void> {
    await this.#takeOver();
  }

  /** Somebody else is here now. */
  end(): void {
    this.#isOver = true;
    this.#callOff?.();
  }

  carriedBy(id: number): ReadonlyMap<Id, Id> | null {
    return this.#carried.get(id) ?? null;
  }

  /** Settles when it is kept on this device; telling the server follows by itself. */
  async add(row: NewWaiting): Promise<number> {
    // Ids of two windows must not meet: the moment, and chance within it.
    const { surroundings } = this.#parts;
    const id = (this.#last = Math.max(this.#last + 1, surroundings.now() * 1000 + Math.floor(surroundings.random() * 1000)));
    const waiting = { ...row, id } as Waiting;
    this.#rows.push(waiting);
    if (waiting.kind === 'change') this.#parts.account(waiting.accountId)?.overlay.add(waiting);
    this.#parts.changed();
    try {
      await this.#parts.cache.write([{ table: 'outbox', key: keyOf(id), value: waiting }]);
    } catch (error) {
      // A device that is full: nothing was done, and it is shown as it was.
      this.#forget([waiting]);
      throw error;
    }
    this.#written.add(id);
    this.drain(waiting.kind === 'draft' ? draftRestMs : 0);
    return id;
  }

  /** Takes away what has not been told yet. False: it was told, or is being told, by this window or another. */
  async withdraw(matches: (row: Waiting) => boolean): Promise<boolean> {
    const rows = this.#rows.filter(
      (row) => matches(row) && row.id !== this.#current && !this.#told.has(row.id) && !this.#leaving.has(row.id),
    );
    if (rows.length === 0) return false;
    for (const { id } of rows) this.#leaving.add(id);
    try {
      const onDisk = await this.#parts.cache.read(
        'outbox',
        rows.map(({ id }) => keyOf(id)),
      );
      const own = rows.filter((_row, index) => onDisk[index] !== undefined);
      await this.#done(own);
      // Another window has told the others: they go when the lists have followed.
      if (own.length < rows.length) this.drain();
      return own.length > 0;
    } finally {
      for (const { id } of rows) this.#leaving.delete(id);
    }
  }

  drain(afterMs = 0): void {
    if (this.#isOver) return;
    if (this.#draining) {
      this.#again = true;
      return;
    }
    if (afterMs > 0) {
      this.#callOff?.();
      this.#callOff = this.#parts.surroundings.after(afterMs, () => this.drain());
      return;
    }
    this.#callOff?.();
    this.#callOff = null;
    this.#draining = this.#parts.surroundings
      .exclusive(`${this.#parts.name}/outbox`, () => this.#tellAll())
      .then(
        () => this.#drained(null),
        (error: unknown) => this.#drained(troubleOf(error)),
      );
  }

  #drained(problem: Trouble | null): void {
    this.#draining = null;
    const wait = Math.min(longestRestMs, firstRestMs * 2 ** this.#failures) * (0.5 + this.#parts.surroundings.random() / 2);
    this.#failures = problem === null ? 0 : this.#failures + 1;
    if (this.#again) {
      this.#again = false;
      this.drain();
    }
    // A server that was busy does not say when it no longer is. Who signs in again is drained anyway.
    else if (problem !== null && problem.kind !== 'signed-out') this.drain(wait);
  }

  /** All that can be told now has been, also what was typed just now. */
  async settle(): Promise<void> {
    this.#isHurried = true;
    try {
      this.drain();
      while (this.#draining) await this.#draining;
    } finally {
      this.#isHurried = false;
    }
  }

  /** Rows on the disk that came from elsewhere: from the last time, or from another window, which may be gone before it could tell them. */
  async #takeOver(): Promise<void> {
    const unknown = (some: readonly Waiting[]): readonly Waiting[] => {
      const known = new Set([...this.#rows.map(({ id }) => id), ...this.#leaving]);
      return some.filter(({ id }) => !known.has(id));
    };
    const found = unknown((await this.#parts.cache.all('outbox')).map(({ value }) => value as Waiting));
    // What was attached there first: without it a letter would be refused.
    if (found.some(({ kind }) => kind !== 'change')) await this.#parts.files.load();
    const rows = unknown(found);
    if (rows.length === 0) return;
    this.#rows = [...this.#rows, ...rows].toSorted((a, b) => a.id - b.id);
    this.#last = Math.max(this.#last, ...rows.map(({ id }) => id));
    for (const row of rows) {
      this.#written.add(row.id);
      if (row.kind === 'change') this.#parts.account(row.accountId)?.overlay.add(row);
    }
    this.#parts.changed();
  }

  async #isOnDisk({ id }: Waiting): Promise<boolean> {
    return (await this.#parts.cache.read('outbox', [keyOf(id)]))[0] !== undefined;
  }

  async #tellAll(): Promise<void> {
    await this.#takeOver();
    const told: Waiting[] = [];
    try {
      for (const row of this.#rows.filter(({ id }) => this.#written.has(id))) {
        // Withdrawn meanwhile.
        if (!this.#rows.includes(row) || this.#leaving.has(row.id)) continue;
        this.#current = row.id;
        // Withdrawn by another window, or told by it.
        if (!(await this.#isOnDisk(row))) {
          told.push(row);
          this.#told.add(row.id);
          continue;
        }
        if (row.kind === 'draft' && !this.#isHurried && this.#parts.surroundings.now() - row.since < draftRestMs) {
          this.#callOff?.();
          this.#callOff = this.#parts.surroundings.after(draftRestMs, () => this.drain());
          continue;
        }
        // Nothing else waits for a large file; when it is there, this is told.
        if (row.kind !== 'change' && this.#parts.files.areGoing(row.key)) {
          this.#parts.files.hurry();
          continue;
        }
        try {
          await this.#tell(row);
          this.#troubles.delete(row.id);
        } catch (error) {
          const problem = this.#judged(row, troubleOf(error));
          // Not now: this and all that follows waits.
          if (problem.kind === 'offline' || problem.kind === 'signed-out') {
            this.#troubles.set(row.id, problem);
            throw error;
          }
          await this.#refused(row, problem);
        }
        told.push(row);
        this.#told.add(row.id);
        // A letter on its way is noted before anything else is done.
        if (row.kind !== 'change') await this.#parts.cache.write([{ table: 'outbox', key: keyOf(row.id), value: undefined }]);
      }
    } finally {
      this.#current = null;
      // The lists follow before what was laid over them goes, so that nothing flickers.
      const accounts = new Set(
        told.flatMap((row) => [row.accountId, ...(row.kind === 'change' && row.carry ? [row.carry.toAccountId] : [])]),
      );
      await Promise.all(
        [...accounts].map((id) =>
          this.#parts
            .account(id)
            ?.sync()
            .catch(() => undefined),
        ),
      );
      await this.#done(told);
    }
  }

  async #done(rows: readonly Waiting[]): Promise<void> {
    if (rows.length === 0) return;
    this.#forget(rows);
    await this.#parts.cache.write(rows.map(({ id }) => ({ table: 'outbox', key: keyOf(id), value: undefined })));
  }

  #forget(rows: readonly Waiting[]): void {
    const ids = new Set(rows.map(({ id }) => id));
    this.#rows = this.#rows.filter(({ id }) => !ids.has(id));
    for (const id of ids) {
      this.#written.delete(id);
      this.#told.delete(id);
      this.#troubles.delete(id);
      this.#failedAt.delete(id);
    }
    for (const accountId of new Set(rows.map((row) => row.accountId))) this.#parts.account(accountId)?.overlay.remove(ids);
    this.#parts.changed();
  }

  /** RFC 8620 §3.6.2: `serverPartialFail` may be a moment's trouble, or that of this row alone. */
  #judged({ id }: Waiting, problem: Trouble): Trouble {
    if (problem.type !== 'serverPartialFail') return problem;
    const failures = (this.#failedAt.get(id) ?? 0) + 1;
    this.#failedAt.set(id, failures);
    return failures < failuresMost ? problem : { ...problem, kind: 'refused' };
  }

  async #refused(row: Waiting, problem: Trouble): Promise<void> {
    // What will not go out is a draft again.
    if (row.kind === 'send') await changeDraft(this.#parts, row.key, (now) => now && { ...now, isSending: false });
    const what = row.kind === 'change' ? row.what : row.kind;
    this.#parts.news({
      kind: 'refused',
      what,
      count: row.kind === 'change' ? row.count : 1,
      trouble: problem,
      row: row.id,
      ...(row.kind === 'change' ? {} : { key: row.key }),
    });
  }

  async #tell(row: Waiting): Promise<void> {
    if (row.kind === 'change') await (row.carry ? this.#tellCarry(row) : tellChange(this.#parts, row));
    else if (row.kind === 'draft') await tellDraft(this.#parts, row);
    else await tellSending(this.#parts, row);
  }

  /** The copies first; what they are copies of goes when they are there. */
  async #tellCarry(row: Waiting & { kind: 'change' }): Promise<void> {
    const { client, cache } = this.#parts;
    const { id, accountId, update, destroy, carry, what } = row;
    // Another window may have tried it: the disk knows.
    const [noted] = (await cache.read('outbox', [keyOf(id)])) as readonly ((Waiting & { kind: 'change' }) | undefined)[];
    const isAgain = noted?.isTried === true;
    if (!isAgain) await cache.write([{ table: 'outbox', key: keyOf(id), value: { ...row, isTried: true } }]);
    const { made, problem, refused } = await carryOver(client, accountId, carry!, isAgain);
    this.#carried.set(id, made);
    const { carry: _carry, ...rest } = row;
    const leaving = {
      ...rest,
      update: Object.fromEntries(Object.entries(update).filter(([one]) => made.has(one))),
      destroy: destroy.filter((one) => made.has(one)),
    };
    if (made.size > 0) await tellChange(this.#parts, leaving);
    if (problem)
      this.#parts.news({
        kind: 'refused',
        what,
        count: refused,
        row: id,
        trouble: { kind: 'refused', type: problem.type, description: problem.description ?? '' },
      });
  }
}

function keyOf(id: number): string {
  return String(id).padStart(20, '0');
}
