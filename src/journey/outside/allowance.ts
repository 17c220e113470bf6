// How much one person may set in motion at other people's servers: look-ups, tries of ports, failed logins. Knows counts and times.
import type { Clock } from '../../base/clock.ts';
import { Refusal } from '../../base/trouble.ts';
import type { AccountId } from '../../store/contract.ts';

export type AllowedWork = 'look-up' | 'port' | 'failed-login' | 'sign-in';

/** So much in so long. */
const bounds: Readonly<Record<AllowedWork, { readonly count: number; readonly ms: number }>> = {
  'look-up': { count: 5, ms: 60_000 },
  port: { count: 30, ms: 60_000 },
  // Four set-ups that fail with all their tries: somebody who guesses at another provider's passwords by way of us.
  'failed-login': { count: 12, ms: 3_600_000 },
  'sign-in': { count: 10, ms: 600_000 },
};
/** People that are remembered; the one longest unseen is forgotten. */
const peopleMax = 10_000;

export class Allowance {
  readonly #clock: Clock;
  readonly #times = new Map<string, number[]>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @throws Refusal `limit`, with the seconds to wait. */
  take(person: AccountId, work: AllowedWork, count = 1): void {
    this.check(person, work, count);
    this.note(person, work, count);
  }

  /**
   * Takes what may be needed at most before it begins, so that many at once do not all find room; told what was needed, gives back the rest.
   * @throws Refusal `limit`.
   */
  hold(person: AccountId, work: AllowedWork, count: number): (needed: number) => void {
    this.take(person, work, count);
    let held = count;
    return (needed) => {
      const times = this.#times.get(`${person} ${work}`) ?? [];
      times.splice(Math.max(0, times.length - Math.max(0, held - needed)));
      held = 0;
    };
  }

  /** @throws Refusal `limit`. */
  check(person: AccountId, work: AllowedWork, count = 1): void {
    const times = this.#read(person, work);
    const { count: most, ms } = bounds[work];
    if (times.length + count <= most) return;
    const first = times[Math.max(0, times.length + count - most - 1)] ?? this.#clock.monotonic();
    const wait = Math.max(1, Math.ceil((first + ms - this.#clock.monotonic()) / 1000));
    throw new Refusal('limit', `too much at once; please try again in ${wait} s`, `${work} of person ${person}`);
  }

  note(person: AccountId, work: AllowedWork, count = 1): void {
    const now = this.#clock.monotonic();
    const key = `${person} ${work}`;
    const times = [...this.#read(person, work), ...Array.from({ length: count }, () => now)].slice(-1000);
    this.#times.delete(key);
    this.#times.set(key, times);
    if (this.#times.size > peopleMax) this.#times.delete(this.#times.keys().next().value!);
  }

  #read(person: AccountId, work: AllowedWork): readonly number[] {
    const since = this.#clock.monotonic() - bounds[work].ms;
    return (this.#times.get(`${person} ${work}`) ?? []).filter((at) => at > since);
  }
}
