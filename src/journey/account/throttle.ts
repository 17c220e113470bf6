// How fast someone may guess passwords. Knows names, networks and times; knows no password and no protocol.
//
// Who failed waits before the next try: longer after each failure, never longer than a bound, and forgotten with time. Counted are
// - a name together with a network: three failures are free (a phone with an old password, a slip), then 1, 2, 4 … seconds;
// - a network with all the names it tries: twenty are free.
// A name that many networks guess at leaves each of them no free failures; nobody is locked out by that, since a first try is
// always heard. The networks from which a person has signed in before wait two seconds at most, whatever others do
// (reliability B-134): no hard lock exists that a stranger could turn.
import type { Clock } from '../../base/clock.ts';

const freeFailures = 3;
const freeNetworkFailures = 20;
const longestMs = 15 * 60_000;
const longestNetworkMs = 60_000;
const longestAtHomeMs = 2_000;
/** From here on a name is under attack, and a stranger's first failure weighs as much as this many. */
const attackFailures = 50;
const attackWeight = 6;
/** One failure is forgotten after this time. */
const forgetMs = 10 * 60_000;
const homeMs = 30 * 86_400_000;
const homesKept = 16;
/** Names, networks and pairs that are remembered; the oldest are forgotten first. */
const kept = 50_000;

interface Count {
  failures: number;
  /** Monotonic, of the last failure. */
  at: number;
}

class Counts {
  readonly #counts = new Map<string, Count>();

  /** Failures that are not forgotten yet. */
  read(key: string, now: number): number {
    const count = this.#counts.get(key);
    return count ? Math.max(0, count.failures - Math.floor((now - count.at) / forgetMs)) : 0;
  }

  lastAt(key: string): number {
    return this.#counts.get(key)?.at ?? -Infinity;
  }

  add(key: string, now: number): number {
    const failures = this.read(key, now) + 1;
    this.#counts.delete(key);
    this.#counts.set(key, { failures, at: now });
    if (this.#counts.size > kept) this.#counts.delete(this.#counts.keys().next().value!);
    return failures;
  }

  clear(key: string): void {
    this.#counts.delete(key);
  }
}

/** 1 s, 2 s, 4 s … after the free ones. */
function waitAfter(failures: number, free: number, longest: number): number {
  return failures <= free ? 0 : Math.min(longest, 1000 * 2 ** Math.min(30, failures - free - 1));
}

export class Throttle {
  readonly #clock: Clock;
  readonly #pairs = new Counts();
  readonly #networks = new Counts();
  readonly #names = new Counts();
  /** Name → network → when someone last signed in from there. */
  readonly #homes = new Map<string, Map<string, number>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Has this person signed in from this network in the last thirty days? */
  isHome(name: string, network: string): boolean {
    const at = this.#homes.get(name)?.get(network);
    return at !== undefined && this.#clock.monotonic() - at < homeMs;
  }

  /** Milliseconds until the next try is heard; 0 for now. `running`: tries of the same name and network whose end is not known yet. */
  wait(name: string, network: string, running: number): number {
    const now = this.#clock.monotonic();
    const home = this.isHome(name, network);
    const pair = `${network} ${name}`;
    const attacked = !home && this.#names.read(name, now) >= attackFailures;
    const failures = this.#pairs.read(pair, now);
    const weight = failures === 0 && running === 0 ? 0 : failures + running + (attacked ? attackWeight : 0);
    const due = waitAfter(weight, freeFailures, home ? longestAtHomeMs : longestMs);
    // While tries run nothing is known of when they will fail: as if it were now.
    const since = running > 0 ? now : this.#pairs.lastAt(pair);
    const wait = due === 0 ? 0 : since + due - now;
    if (home) return Math.max(0, wait);
    const networkDue = waitAfter(this.#networks.read(network, now), freeNetworkFailures, longestNetworkMs);
    return Math.max(0, wait, networkDue === 0 ? 0 : this.#networks.lastAt(network) + networkDue - now);
  }

  /** `repeated`: the same wrong password once more, as an app does that was not told of a change: no further guess. */
  failed(name: string, network: string, repeated: boolean): void {
    const now = this.#clock.monotonic();
    this.#networks.add(network, now);
    if (repeated) return;
    this.#pairs.add(`${network} ${name}`, now);
    this.#names.add(name, now);
  }

  succeeded(name: string, network: string): void {
    this.#pairs.clear(`${network} ${name}`);
    let homes = this.#homes.get(name);
    if (!homes) this.#homes.set(name, (homes = new Map()));
    homes.delete(network);
    homes.set(network, this.#clock.monotonic());
    if (homes.size > homesKept) homes.delete(homes.keys().next().value!);
  }
}
