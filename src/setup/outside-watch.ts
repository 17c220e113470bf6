// When a running server looks by itself at accounts at other providers: once a day, and an hour after something did not work. Knows when;
// what is looked at is outside-health.ts, loaded with the first look.
import { causeSides, type Cause } from '../journey/outside/causes.ts';
import { isAtRest } from '../journey/outside/accounts.ts';
import type { OutsideAccountRow } from '../store/outside-contract.ts';
import type { Office } from './office.ts';

const dayMs = 86_400_000;
const lookEveryMs = 10 * 60_000;
/** What did not work is looked at again so soon; a login that was refused is not, providers lock accounts. */
const againMs = 3_600_000;

/** Looks at one account after the other when its day is over. */
export function startOutsideWatch(office: Office): { close(): Promise<void> } {
  const { directory, clock, log } = office;
  const looked = new Map<number, number>();
  const ending = new AbortController();
  let cancel = clock.after(lookEveryMs, () => void round());
  let underWay: Promise<void> | null = null;

  async function round(): Promise<void> {
    underWay = look();
    await underWay;
    underWay = null;
    if (!ending.signal.aborted) cancel = clock.after(lookEveryMs, () => void round());
  }

  async function look(): Promise<void> {
    for (const row of directory.outsideAccounts()) {
      if (ending.signal.aborted) return;
      if (row.paused || isAtRest(row, directory) || !isDue(row)) continue;
      looked.set(row.id, clock.now());
      try {
        const { checkHealth } = await import('./outside-health.ts');
        await checkHealth(office, row, { signIn: !waitsForPerson(row), signal: ending.signal });
      } catch (trouble) {
        if (!ending.signal.aborted) log.warn('the health of an account could not be looked at', { account: row.id }, trouble);
      }
    }
  }

  function isDue(row: OutsideAccountRow): boolean {
    const last = Math.max(looked.get(row.id) ?? 0, row.health.at);
    const every = row.health.state === 'good' || waitsForPerson(row) ? dayMs : againMs;
    return clock.now() - last >= every;
  }

  return {
    async close() {
      ending.abort();
      cancel();
      await underWay?.catch(() => {});
    },
  };
}

/** Only somebody who changes something can mend it: signing in again would be one more refusal. */
function waitsForPerson({ health }: OutsideAccountRow): boolean {
  return health.state === 'bad' && health.cause !== null && causeSides[health.cause as Cause] === 'you';
}
