// One POP3 session per maildrop (RFC 1939 §4), and how long to wait between two (RFC 2449 §6.5). Knows accounts and times;
// one of these is shared by all POP3 listeners of the process.
import type { Clock } from '../../base/clock.ts';
import { Refusal } from '../../base/trouble.ts';
import type { AccountId } from '../../store/contract.ts';

export class MaildropLocks {
  readonly #clock: Clock;
  readonly #delayMs: number;
  readonly #held = new Set<AccountId>();
  readonly #lastLogin = new Map<AccountId, number>();

  /** `delayMs`: the least time between two logins of one person; 0 for none. */
  constructor(clock: Clock, delayMs = 0) {
    this.#clock = clock;
    this.#delayMs = delayMs;
  }

  /** Whole seconds, for CAPA. */
  get loginDelay(): number {
    return Math.ceil(this.#delayMs / 1000);
  }

  /** Returns the way to give it back, which may be called twice. @throws Refusal `in-use`, `login-delayed`. */
  acquire(account: AccountId): () => void {
    if (this.#held.has(account)) throw new Refusal('in-use', 'another session has this maildrop open');
    const now = this.#clock.monotonic();
    if (this.#delayMs > 0) {
      const wait = (this.#lastLogin.get(account) ?? -Infinity) + this.#delayMs - now;
      if (wait > 0) throw new Refusal('login-delayed', `wait ${Math.ceil(wait / 1000)} s between two logins`);
      this.#lastLogin.set(account, now);
    }
    this.#held.add(account);
    let released = false;
    return () => {
      if (!released) this.#held.delete(account);
      released = true;
    };
  }
}
