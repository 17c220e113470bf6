// What one person may set in motion at other people's servers, as JMAP says no to it. Knows the allowance and two kinds of no.
import { Refusal } from '../base/trouble.ts';
import type { Allowance } from '../journey/outside/allowance.ts';
import type { AccountId } from '../store/contract.ts';

/** One look-up of a person. @throws Refusal `login-delayed`, which JMAP tells as `rateLimit`. */
export function takeLookUp(allowance: Allowance, owner: AccountId): void {
  asRate(() => allowance.take(owner, 'look-up'));
}

/** Too much in too short a time is another no than too much at once. */
export function asRate(take: () => void): void {
  try {
    take();
  } catch (refusal) {
    if (!(refusal instanceof Refusal) || refusal.code !== 'limit') throw refusal;
    throw new Refusal('login-delayed', refusal.message, refusal.reason);
  }
}
