// What was said to a browser and waits for its answer: one use, a few minutes, so many and no more. Knows names and times; knows nothing of
// what waits.
import { base64UrlFromBytes } from '../../base/bytes.ts';
import type { Chance, Clock } from '../../base/clock.ts';

/** What waits is never null: that is the answer for a name that nobody was given. */
export class Challenges<T extends object | number> {
  readonly #clock: Clock;
  readonly #chance: Chance;
  readonly #lastMs: number;
  readonly #most: number;
  /** By name, oldest first. */
  readonly #waiting = new Map<string, { readonly what: T; readonly until: number }>();

  constructor({ clock, chance }: { readonly clock: Clock; readonly chance: Chance }, lastMs: number, most: number) {
    this.#clock = clock;
    this.#chance = chance;
    this.#lastMs = lastMs;
    this.#most = most;
  }

  /** The name: 256 random bits in base64url. The oldest makes room. */
  add(what: T): string {
    const name = base64UrlFromBytes(this.#chance.bytes(32));
    this.#waiting.set(name, { what, until: this.#clock.monotonic() + this.#lastMs });
    if (this.#waiting.size > this.#most) this.#waiting.delete(this.#waiting.keys().next().value!);
    return name;
  }

  find(name: string): T | null {
    const entry = this.#waiting.get(name);
    return entry !== undefined && entry.until > this.#clock.monotonic() ? entry.what : null;
  }

  /** Found once, then gone. */
  take(name: string): T | null {
    const what = this.find(name);
    this.#waiting.delete(name);
    return what;
  }
}
