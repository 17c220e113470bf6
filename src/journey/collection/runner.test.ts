// The runner with collectors that do as told and a clock that is turned by hand. Knows schedule, bounds and health.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLog } from '../../base/log.ts';
import type { OutsideAccountRow, OutsideHealth } from '../../store/outside-contract.ts';
import { outsideRow } from '../../../test/support/outside-row.ts';
import { CauseTrouble } from '../outside/causes.ts';
import type { CollectorParts } from './contract.ts';
import { CollectionRunner, type CollectionLimits } from './runner.ts';

class Hands {
  time = 0;
  #waits: { readonly at: number; readonly wake: () => void }[] = [];
  now = () => this.time;
  monotonic = () => this.time;
  after = (ms: number, wake: () => void) => {
    const wait = { at: this.time + ms, wake };
    this.#waits.push(wait);
    return () => void (this.#waits = this.#waits.filter((one) => one !== wait));
  };
  async turn(ms: number): Promise<void> {
    const until = this.time + ms;
    for (;;) {
      const next = this.#waits.filter(({ at }) => at <= until).toSorted((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.time = next.at;
      this.#waits = this.#waits.filter((one) => one !== next);
      next.wake();
      await settle();
    }
    this.time = until;
    await settle();
  }
  /** On to whatever is waited for next. */
  async toNext(): Promise<void> {
    await this.turn(Math.max(1, Math.min(...this.#waits.map(({ at }) => at)) - this.time));
  }
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

interface Run {
  readonly account: number;
  readonly parts: CollectorParts;
  readonly signal: AbortSignal;
  readonly end: () => void;
  readonly fail: (trouble: unknown) => void;
}

function open(count: number, limits: Partial<CollectionLimits> = {}) {
  const clock = new Hands();
  const rows = new Map<number, OutsideAccountRow>();
  for (let id = 1; id <= count; id++) rows.set(id, { ...outsideRow(500, `a${id}@x.test`), id, secret: new Uint8Array([id]) });
  const runs: Run[] = [];
  const heard = new Set<() => void>();
  let forgot = 0;
  const runner = new CollectionRunner({
    accounts: {
      list: () => [...rows.values()].filter(({ paused }) => !paused),
      find: (id) => rows.get(id) ?? null,
      onChange: (hear) => {
        heard.add(hear);
        return () => heard.delete(hear);
      },
      noteHealth: (id, health) => void (rows.has(id) && rows.set(id, { ...rows.get(id)!, health })),
    },
    open: (parts) => ({
      run: (signal) =>
        new Promise((resolve, reject) => {
          runs.push({ account: parts.row.id, parts, signal, end: resolve, fail: reject });
          signal.addEventListener('abort', () => resolve());
        }),
    }),
    forgetOthers: async () => void forgot++,
    clock,
    chance: { bytes: (length) => new Uint8Array(length), fraction: () => 0.5 },
    log: silentLog,
    limits,
  });
  const change = (id: number, to: Partial<OutsideAccountRow> | null) => {
    if (to === null) rows.delete(id);
    else rows.set(id, { ...rows.get(id)!, ...to });
    for (const hear of heard) hear();
  };
  const health = (id: number): OutsideHealth => rows.get(id)!.health;
  return { clock, runner, runs, rows, change, health, forgot: () => forgot };
}

test('one collector for each account that is not paused; a change of its server or secret begins it anew, one of its name does not', async () => {
  const { runner, runs, change } = open(2);
  change(2, { paused: true });
  runner.start();
  assert.deepEqual(
    runs.map(({ account }) => account),
    [1],
  );
  change(1, { name: 'Taro' });
  assert.equal(runs.length, 1);
  change(1, { secret: new Uint8Array([9]) });
  await settle();
  assert.ok(runs[0]!.signal.aborted);
  assert.equal(runs.length, 2);
  change(2, { paused: false });
  assert.equal(runs.length, 3);
  await runner.stop();
});

test('trouble of the way: again after a second, then two, then four, never longer than 15 minutes; well means from the beginning', async () => {
  const { runner, runs, clock, health } = open(1);
  runner.start();
  const delays: number[] = [];
  for (let at = 0; at < 14; at++) {
    const began = clock.time;
    runs.at(-1)!.fail(new CauseTrouble('connection-lost', 'x', 'reset'));
    await settle();
    assert.deepEqual([health(1).state, health(1).cause, health(1).words], ['waits', 'connection-lost', 'reset']);
    const before = runs.length;
    while (runs.length === before) await clock.toNext();
    delays.push(Math.round((clock.time - began) / 1000));
  }
  assert.deepEqual(delays.slice(0, 5), [1, 2, 4, 8, 16]);
  assert.equal(delays.at(-1), 900);
  runs.at(-1)!.parts.well({ received: 3 });
  assert.deepEqual([health(1).state, health(1).cause, health(1).lastReceivedAt], ['good', null, clock.time]);
  const began = clock.time;
  const before = runs.length;
  runs.at(-1)!.fail(new CauseTrouble('connection-lost', 'x'));
  await settle();
  while (runs.length === before) await clock.toNext();
  assert.ok(clock.time - began <= 1100);
  await runner.stop();
});

test('how far a fetch has come is told while it is under way, and no longer', async () => {
  const { runner, runs } = open(1);
  runner.start();
  const told = { account: 1, mailbox: 'INBOX', done: 3, of: 9 };
  runs[0]!.parts.progress(told);
  assert.deepEqual(runner.progressOf(1), told);
  // The collector lives on: its connection hears of new letters.
  runs[0]!.parts.progress(null);
  assert.equal(runner.progressOf(1), null);
  await runner.stop();
});

test('a refused password is tried once; retry and a new password try again', async () => {
  const { runner, runs, clock, health, change } = open(1);
  runner.start();
  runs[0]!.fail(new CauseTrouble('wrong-password', 'x', 'no'));
  await clock.turn(30 * 86_400_000);
  assert.deepEqual([runs.length, health(1).state, health(1).cause], [1, 'bad', 'wrong-password']);
  runner.retry(1);
  assert.equal(runs.length, 2);
  runs[1]!.fail(new CauseTrouble('wrong-password', 'x', 'no'));
  await settle();
  change(1, { secret: new Uint8Array([7]) });
  assert.equal(runs.length, 3);
  await runner.stop();
});

test('a refused password is not tried again because the program was started again', async () => {
  const { runner, runs, clock, change, rows } = open(1);
  clock.time = 1000;
  change(1, { health: { ...rows.get(1)!.health, state: 'bad', cause: 'wrong-password', at: 900 } });
  runner.start();
  await clock.turn(50 * 60_000);
  assert.equal(runs.length, 0);
  await clock.turn(20 * 60_000);
  assert.equal(runs.length, 1);
  await runner.stop();
});

test('a connection that signed in before a login was refused does not tell that all is well; one that did so after does', async () => {
  const { runner, runs, clock, change, rows, health } = open(1);
  runner.start();
  await clock.turn(1000);
  const bad = { ...rows.get(1)!.health, state: 'bad', at: clock.time } as const;
  change(1, { health: { ...bad, cause: 'sign-in-expired' } });
  runs[0]!.parts.well({ received: 0 });
  assert.deepEqual([health(1).cause, health(1).lastReceivedAt], ['sign-in-expired', null]);
  runs[0]!.parts.well({ received: 2 });
  assert.deepEqual([health(1).cause, health(1).lastReceivedAt], ['sign-in-expired', clock.time]);
  await clock.turn(1000);
  runs[0]!.fail(new CauseTrouble('connection-lost', 'x'));
  await settle();
  assert.equal(health(1).cause, 'sign-in-expired', 'a network that is down mends no sign-in');
  await clock.turn(5000);
  runs[1]!.parts.well({ received: 0 });
  assert.deepEqual([health(1).state, health(1).cause], ['good', null]);
  await runner.stop();
});

test('a visit that ended is made again after a while; who is in a hurry gets it at once', async () => {
  const { runner, runs, clock } = open(1);
  runner.start();
  runs[0]!.end();
  await settle();
  await clock.turn(4 * 60_000);
  assert.equal(runs.length, 1);
  await clock.turn(2 * 60_000);
  assert.equal(runs.length, 2);
  runs[1]!.end();
  await settle();
  runner.retry();
  assert.equal(runs.length, 3);
  await runner.stop();
});

test('no more connections to one host than it may have: others wait, and get their turn', async () => {
  const { runner, runs, clock } = open(3, { perHost: 2 });
  runner.start();
  assert.deepEqual(
    runs.map(({ account }) => account),
    [1, 2],
  );
  await clock.turn(3 * 60_000 + 1);
  assert.deepEqual(
    runs.map(({ account }) => account),
    [1, 2, 3],
  );
  assert.equal(runs.filter(({ signal }) => !signal.aborted).length, 2);
  await runner.stop();
});

test('an account that is gone is ended and forgotten', async () => {
  const { runner, runs, change, forgot } = open(1);
  runner.start();
  change(1, null);
  await settle();
  assert.ok(runs[0]!.signal.aborted);
  assert.equal(forgot(), 2);
  await runner.stop();
});

test('stop ends all and begins nothing', async () => {
  const { runner, runs, clock } = open(2);
  runner.start();
  await runner.stop();
  assert.ok(runs.every(({ signal }) => signal.aborted));
  await clock.turn(3_600_000);
  assert.equal(runs.length, 2);
});
