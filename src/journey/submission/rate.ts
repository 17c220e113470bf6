// How many recipients elsewhere one account may write to in an hour: a stolen password must not make this server a spammer.
// Knows counts and time; knows no letter.
import type { Clock } from '../../base/clock.ts';
import type { AccountId } from '../../store/contract.ts';

const hour = 60 * 60_000;

/** A bucket per account that fills up again over an hour. */
export class SendingRate {
  readonly #clock: Clock;
  readonly #perHour: number;
  /** What is left, and when that was counted. Accounts whose bucket is full again are forgotten. */
  readonly #left = new Map<AccountId, { left: number; at: number }>();

  constructor(clock: Clock, perHour: number) {
    this.#clock = clock;
    this.#perHour = perHour;
  }

  /** Takes `recipients` from what is left; false, and nothing taken, when that is too much. */
  take(account: AccountId, recipients: number): boolean {
    if (recipients === 0) return true;
    const now = this.#clock.monotonic();
    const bucket = this.#left.get(account);
    const left = bucket === undefined ? this.#perHour : Math.min(this.#perHour, bucket.left + ((now - bucket.at) / hour) * this.#perHour);
    if (recipients > left) return false;
    if (this.#left.size > 10_000) this.#forgetFull(now);
    this.#left.set(account, { left: left - recipients, at: now });
    return true;
  }

  #forgetFull(now: number): void {
    for (const [account, { at }] of this.#left) if (now - at >= hour) this.#left.delete(account);
  }
}
