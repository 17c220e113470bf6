// A clock that stands until it is told to go on: "two days later" takes no time.
import type { Clock } from '../../src/base/clock.ts';

export class FalseClock implements Clock {
  #now: number;
  #monotonic = 0;
  #timers: { at: number; wake: () => void }[] = [];

  constructor(now = Date.UTC(2026, 10, 23, 9)) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#monotonic;
  }

  after(ms: number, wake: () => void): () => void {
    const timer = { at: this.#monotonic + ms, wake };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((one) => one !== timer);
    };
  }

  /** Lets `ms` go by; timers ring in their order, and what they begin may go on in between. */
  async advance(ms: number, settle: () => Promise<void> = () => new Promise((done) => setImmediate(done))): Promise<void> {
    const end = this.#monotonic + ms;
    for (;;) {
      const next = this.#timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#now += Math.max(0, next.at - this.#monotonic);
      this.#monotonic = Math.max(this.#monotonic, next.at);
      next.wake();
      await settle();
    }
    this.#now += end - this.#monotonic;
    this.#monotonic = end;
    await settle();
  }
}
