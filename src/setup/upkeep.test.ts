// The rounds of a running server: all that is due is done, and the end does not wait for it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLog } from '../base/log.ts';
import type { Certificates } from '../io/tls/certificates.ts';
import type { Office } from './office.ts';
import { startUpkeep } from './upkeep.ts';

/** A clock whose waits end when the test says so. */
function handClock() {
  const waits = new Map<() => void, number>();
  return {
    now: () => 0,
    monotonic: () => 0,
    after(ms: number, wake: () => void) {
      waits.set(wake, ms);
      return () => void waits.delete(wake);
    },
    waits,
    async next(): Promise<number> {
      const [wake, ms] = waits.entries().next().value!;
      waits.delete(wake);
      wake();
      for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
      return ms;
    },
  };
}

function upkeepOf(portions: number, checkFirst = false) {
  const clock = handClock();
  const calls = { store: 0, accounts: 0 };
  const checks: boolean[] = [];
  const office = {
    clock,
    log: silentLog,
    store: {
      upkeep: async () => ++calls.store < portions,
      async *verify({ quick }: { quick: boolean }) {
        checks.push(quick);
        yield { account: 1, what: 'a finding' };
      },
    },
    people: { removeRested: async () => void calls.accounts++ },
    settings: { certificate: 'given' },
  } as unknown as Office;
  const certificates = { list: () => [] } as unknown as Certificates;
  const upkeep = startUpkeep({ office, certificates, names: () => [], reload: async () => {}, checkFirst });
  return { clock, calls, checks, upkeep };
}

test('the store is tidied until nothing is left to do, then come the accounts, then ten minutes of rest', async () => {
  const { clock, calls, upkeep } = upkeepOf(3);
  assert.equal(await clock.next(), 30_000);
  assert.deepEqual(calls, { store: 1, accounts: 0 });
  await clock.next();
  await clock.next();
  assert.deepEqual(calls, { store: 3, accounts: 1 });
  assert.deepEqual([...clock.waits.values()], [600_000]);
  await upkeep.close();
  assert.equal(clock.waits.size, 0);
});

test('after an end that was not in order the data are checked, once', async () => {
  const { clock, checks, upkeep } = upkeepOf(1, true);
  await clock.next();
  await clock.next();
  assert.deepEqual(checks, [true]);
  await upkeep.close();
});

test('the end waits for one portion, not for all that is due', async () => {
  const { clock, calls, upkeep } = upkeepOf(1_000_000);
  await clock.next();
  await upkeep.close();
  assert.deepEqual(calls, { store: 1, accounts: 0 });
  assert.equal(clock.waits.size, 0);
});
