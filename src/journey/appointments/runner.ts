// Keeps appointments: takes items that are due, the longest due first, and has them done by whoever does their kind.
// Knows due times, how many at once, and when to try again; knows no kind and changes no item.
//
// What failed waits in memory: after a restart it is simply due. Nothing is ever done twice at once, and nothing is given up.
import type { Chance, Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import { Refusal, Unavailable } from '../../base/trouble.ts';
import type { AccountId, MailStore, ModSeq } from '../../store/contract.ts';
import type { Item, ItemKind } from '../../store/items-contract.ts';
import type { Appointment } from './contract.ts';

export interface AppointmentParts {
  readonly store: Pick<MailStore, 'items'>;
  readonly appointments: readonly Appointment[];
  readonly clock: Clock;
  readonly chance: Chance;
  readonly log: Log;
}

type DueItem = Item & { readonly account: AccountId };

/** An item that is being done, or waits for another attempt. */
interface Held {
  readonly modSeq: ModSeq;
  attempts: number;
  /** Monotonic time of the next attempt; null while it is being done. */
  again: number | null;
}

const atOnce = 4;
/** Items looked at, those that wait for another attempt left out. */
const lookedAt = 100;
const lookedAtMost = 2000;
/** Looking again although nobody said that there is something new: wall time may have jumped. */
const lookAgainMs = 60_000;
const storeTroubleMs = 5000;
/** First wait and longest wait: when something is not possible now, and when it seems that it never will be. */
const soon = { first: 5000, most: 10 * 60_000 };
const seldom = { first: 60_000, most: 6 * 3_600_000 };

export class AppointmentRunner {
  readonly #parts: AppointmentParts;
  readonly #appointments: ReadonlyMap<ItemKind, Appointment>;
  readonly #held = new Map<string, Held>();
  readonly #jobs = new Set<Promise<void>>();
  #stopped = false;
  #looking = false;
  #lookAgain = false;
  #waiters: (() => void)[] = [];
  #cancelLook: (() => void) | null = null;
  #stopHearing: (() => void) | null = null;

  constructor(parts: AppointmentParts) {
    this.#parts = parts;
    this.#appointments = new Map(parts.appointments.map((appointment) => [appointment.kind, appointment]));
  }

  start(): void {
    this.#stopHearing = this.#parts.store.items.onDue(() => this.#look());
    this.#look();
  }

  /** Begins nothing new; settles when what is under way has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#stopHearing?.();
    this.#cancelLook?.();
    while (this.#jobs.size > 0) await Promise.all(this.#jobs);
  }

  /** Settles when nothing is under way and nothing can be done now. */
  idle(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiters.push(resolve);
      this.#tellIdle();
    });
  }

  #tellIdle(): void {
    if (this.#looking || this.#jobs.size > 0) return;
    for (const tell of this.#waiters.splice(0)) tell();
  }

  #look(): void {
    if (this.#stopped) return;
    if (this.#looking) {
      this.#lookAgain = true;
      return;
    }
    this.#looking = true;
    this.#cancelLook?.();
    this.#cancelLook = null;
    void this.#begin().then((wait) => {
      this.#looking = false;
      if (this.#lookAgain) {
        this.#lookAgain = false;
        this.#look();
      } else if (!this.#stopped) this.#cancelLook = this.#parts.clock.after(wait, () => this.#look());
      this.#tellIdle();
    });
  }

  /** Begins what is due, as far as there is a free hand. Gives the milliseconds until it is worth looking again. */
  async #begin(): Promise<number> {
    const { store, clock, log } = this.#parts;
    const limit = Math.min(lookedAt + this.#held.size, lookedAtMost);
    let items: readonly DueItem[];
    try {
      // `nextDue` would name those that wait for another attempt, again and again: what comes within the next minute is looked at instead.
      items = await store.items.due(clock.now() + lookAgainMs, limit);
    } catch (trouble) {
      if (!this.#stopped) log.warn('appointments cannot be read', {}, trouble);
      return storeTroubleMs;
    }
    if (items.length < limit) this.#forget(items);
    const [now, monotonic] = [clock.now(), clock.monotonic()];
    let wait = lookAgainMs;
    for (const item of items) {
      if (this.#stopped) break;
      if (item.dueAt! > now) return Math.min(wait, item.dueAt! - now);
      const held = this.#held.get(nameOf(item));
      if (held !== undefined && held.again === null) continue;
      if (held !== undefined && held.modSeq === item.modSeq && held.again! > monotonic) {
        wait = Math.min(wait, held.again! - monotonic);
        continue;
      }
      // Whoever ends looks again.
      if (this.#jobs.size >= atOnce) break;
      this.#do(item, held?.modSeq === item.modSeq ? held.attempts : 0);
    }
    return wait;
  }

  #do(item: DueItem, attempts: number): void {
    const name = nameOf(item);
    const held: Held = { modSeq: item.modSeq, attempts, again: null };
    this.#held.set(name, held);
    const job = this.#attempt(item)
      .then((waits) => {
        if (waits === null) {
          this.#held.delete(name);
          return;
        }
        held.again = this.#parts.clock.monotonic() + this.#waitOf(waits, held.attempts);
        held.attempts++;
      })
      .finally(() => {
        this.#jobs.delete(job);
        this.#look();
        this.#tellIdle();
      });
    this.#jobs.add(job);
  }

  /** Gives how to wait for another attempt, or null when it is done. Never rejects. */
  async #attempt({ account, ...item }: DueItem): Promise<typeof soon | null> {
    const { store, log } = this.#parts;
    const facts = { account, kind: item.kind, item: item.id };
    const appointment = this.#appointments.get(item.kind);
    if (appointment === undefined) {
      log.warn('an appointment that nobody here keeps', facts);
      return seldom;
    }
    try {
      await appointment.act(item, account);
      const [after] = await store.items.get(account, item.kind, [item.id]);
      if (after == null || after.modSeq !== item.modSeq) return null;
      log.error('an appointment was kept and is still there', facts);
      return seldom;
    } catch (trouble) {
      if (trouble instanceof Unavailable) {
        log.warn('an appointment cannot be kept now', facts, trouble);
        return soon;
      }
      // Somebody else was first, or the account has gone meanwhile: the next look sees how it is.
      if (
        trouble instanceof Refusal &&
        (trouble.code === 'changed' || trouble.code === 'nonexistent') &&
        (await this.#isOther(item, account))
      )
        return null;
      log.error('an appointment failed', facts, trouble);
      return seldom;
    }
  }

  /** Whether the item is not as it was any more. */
  async #isOther(item: Item, account: AccountId): Promise<boolean> {
    try {
      const [after] = await this.#parts.store.items.get(account, item.kind, [item.id]);
      return after == null || after.modSeq !== item.modSeq;
    } catch (trouble) {
      return trouble instanceof Refusal && trouble.code === 'nonexistent';
    }
  }

  /** Twice as long after each failure, ± 15 % so that items do not march in step. */
  #waitOf({ first, most }: typeof soon, attempts: number): number {
    return Math.min(first * 2 ** Math.min(attempts, 20), most) * (0.85 + 0.3 * this.#parts.chance.fraction());
  }

  /** Those that wait for another attempt and are not due any more: removed, or put off by somebody. */
  #forget(due: readonly DueItem[]): void {
    const names = new Set(due.map(nameOf));
    for (const [name, { again }] of this.#held) if (again !== null && !names.has(name)) this.#held.delete(name);
  }
}

function nameOf({ account, kind, id }: DueItem): string {
  return `${account} ${kind} ${id}`;
}
