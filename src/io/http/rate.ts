// How often one network may ask. Knows networks and times; knows no question.
import { networkOf } from '../../base/address.ts';
import type { Clock } from '../../base/clock.ts';

/** Networks that are remembered; the oldest are forgotten first. */
const kept = 10_000;

export class Rate {
  readonly #clock: Clock;
  readonly #most: number;
  readonly #withinMs: number;
  readonly #counts = new Map<string, { since: number; count: number }>();

  /** `most` in each stretch of `withinMs`. */
  constructor(clock: Clock, most: number, withinMs: number) {
    this.#clock = clock;
    this.#most = most;
    this.#withinMs = withinMs;
  }

  /** Has it been too often? Counts nothing. */
  isSpent(address: string): boolean {
    const entry = this.#counts.get(networkOf(address));
    return entry !== undefined && this.#clock.monotonic() - entry.since < this.#withinMs && entry.count >= this.#most;
  }

  /** Counts one; false when it was one too many. */
  take(address: string): boolean {
    const network = networkOf(address);
    const now = this.#clock.monotonic();
    const entry = this.#counts.get(network);
    if (entry === undefined || now - entry.since >= this.#withinMs) {
      this.#counts.delete(network);
      this.#counts.set(network, { since: now, count: 1 });
      if (this.#counts.size > kept) this.#counts.delete(this.#counts.keys().next().value!);
      return true;
    }
    entry.count++;
    return entry.count <= this.#most;
  }
}
