// Long commands stop now and then, so that other sessions get their turn and a slow reader is not written to death.
// Knows the clock and the wire; knows no command.
import type { Clock } from '../../base/clock.ts';
import { Refusal, Unavailable } from '../../base/trouble.ts';
import type { Wire } from '../line/session.ts';

/** Milliseconds at work before others get their turn. */
const turnLength = 8;

export class Turns {
  readonly #clock: Clock;
  readonly #wire: Wire;
  #since: number;
  readonly #start: number;

  constructor(clock: Clock, wire: Wire) {
    this.#clock = clock;
    this.#wire = wire;
    this.#start = this.#since = clock.monotonic();
  }

  /** True when `pause` has something to wait for. */
  get due(): boolean {
    return this.#wire.congested || this.#wire.closing || this.#clock.monotonic() - this.#since >= turnLength;
  }

  /** @throws Unavailable when the peer is gone or the server is stopping. */
  async pause(): Promise<void> {
    if (this.#wire.closing) throw new Unavailable('shutting-down', 'The connection is ending');
    if (this.#wire.congested) await this.#wire.drained();
    else if (this.#clock.monotonic() - this.#since >= turnLength) await new Promise<void>((go) => this.#clock.after(0, go));
    this.#since = this.#clock.monotonic();
  }

  /** @throws Refusal `limit` when the command has taken longer than `ms` (reliability S-06). */
  checkBudget(ms: number): void {
    if (this.#clock.monotonic() - this.#start > ms) throw new Refusal('limit', 'The search takes too long; narrow it by date or sender');
  }
}
