// The queue at work, with lanes that do as they are told: what one letter's trouble does to the others, and how often the store is asked.
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { bytesFromLatin1, latin1FromBytes, noBytes } from '../../base/bytes.ts';
import type { Chance } from '../../base/clock.ts';
import { silentLog, type Log } from '../../base/log.ts';
import { silentMeter } from '../../base/meter.ts';
import { Refusal, Unavailable } from '../../base/trouble.ts';
import { openMemoryStore } from '../../store/memory/store.ts';
import { FalseClock } from '../../../test/support/clock.ts';
import type { Consignment, Result } from '../delivery/contract.ts';
import type { Reporter } from '../report/contract.ts';
import { QueueRunner } from './runner.ts';

const minute = 60_000;
const day = 24 * 60 * minute;
const chance: Chance = { bytes: (length) => new Uint8Array(length), fraction: () => 0.5 };
const delivered: Result = { kind: 'delivered', host: 'mx', words: '250 ok', dsnPassedOn: true };

interface Script {
  /** What becomes of a letter on a lane; delivered when nothing is said. `unreachable`: so is the domain. */
  readonly deliver?: (consignment: Consignment, domain: string, lane: number) => Promise<Result | 'unreachable'>;
  readonly close?: (lane: number) => Promise<void>;
  /** Called in place of reading a letter's octets; null: they are read. */
  readonly unreadable?: (letter: string) => Error | null;
  readonly report?: () => void;
}

function openWorld(t: TestContext, script: Script = {}) {
  const clock = new FalseClock();
  const store = openMemoryStore({ clock, chance });
  const reports: { action: string; about: string[]; octets: string | null; words: string }[] = [];
  const lines: string[] = [];
  const done: string[] = [];
  let asked = 0;
  let lanes = 0;
  const { queue, openQueued } = store;
  const { take, nextDue } = queue;
  queue.take = (...what) => {
    asked++;
    return take.apply(queue, what);
  };
  queue.nextDue = () => {
    asked++;
    return nextDue.call(queue);
  };
  store.openQueued = async (letter) => {
    const trouble = script.unreadable?.(letter) ?? null;
    if (trouble !== null) throw trouble;
    return openQueued.call(store, letter);
  };
  const reporter: Reporter = {
    delivered: async () => null,
    async report(recipients, octets) {
      script.report?.();
      const { action, words } = recipients[0]!;
      const about = recipients.map(({ row }) => row.recipient);
      reports.push({ action, about, words, octets: octets === null ? null : latin1FromBytes(octets) });
      return null;
    },
  };
  const log: Log = {
    ...silentLog,
    info: (event) => lines.push(event),
    warn: (event) => lines.push(event),
    error: (event) => lines.push(event),
  };
  const runner = new QueueRunner({
    store,
    openLane: (domain) => {
      const lane = ++lanes;
      return {
        async deliver(consignment) {
          const result = (await script.deliver?.(consignment, domain, lane)) ?? delivered;
          const unreachable = result === 'unreachable';
          const each: Result = unreachable ? { kind: 'later', host: null, status: '4.4.1', words: 'nobody there' } : result;
          if (each.kind === 'delivered') done.push(consignment.letter);
          return { results: new Map(consignment.rows.map((row) => [row.id, each])), events: [], unreachable };
        },
        close: async () => script.close?.(lane),
      };
    },
    reporter,
    clock,
    chance,
    log,
    meter: silentMeter,
  });
  runner.start();
  t.after(() => runner.stop());
  return {
    clock,
    store,
    runner,
    reports,
    lines,
    done,
    /** How often the store was asked for rows, or when there will be some. */
    asked: () => asked,
    /** Letters of these names, each to its one recipient. */
    async send(names: readonly string[], to = (name: string) => `${name}@there.test`) {
      const letters = names.map(async (letter) => {
        const spool = store.spool(1000);
        await spool.add(bytesFromLatin1(`Subject: ${letter}\r\n\r\n`));
        const recipient = to(letter);
        const [dueAt, expiresAt] = [clock.now(), clock.now() + 5 * day];
        const row = { recipient, domain: recipient.split('@')[1]!, dueAt, expiresAt, notify: [], originalRecipient: null };
        return { letter, prefix: noBytes(), spool, receivedAt: dueAt, reversePath: 'hanako@here.test', placements: [], queue: [row] };
      });
      await store.commit({ letters: await Promise.all(letters) });
    },
    waiting: () => queue.list({ limit: 100_000 }),
    pass: (ms: number) => clock.advance(ms, () => runner.idle()),
  };
}

const names = (count: number, name = 'n'): string[] => Array.from({ length: count }, (_, at) => `${name}${at}`);
const settle = (): Promise<void> => new Promise((settled) => setImmediate(settled));

// --- one letter's trouble -------------------------------------------------------------------------------------------

for (const [what, trouble] of [
  ['a damaged letter', () => new Unavailable('store-stopped', 'This letter is damaged')],
  ['a defect of ours', () => new TypeError('undefined is no function')],
] as const)
  test(`${what} is put off, with a line in the log; the others of its domain go on`, async (t) => {
    const bad = names(6);
    const world = openWorld(t, { unreadable: (letter) => (bad.includes(letter) ? trouble() : null) });
    await world.send(names(20));
    await world.runner.idle();
    assert.deepEqual(world.done.toSorted(), names(20).slice(6).toSorted());
    const waiting = await world.waiting();
    assert.deepEqual(
      waiting.map(({ letter, attempts, dueAt }) => [letter, attempts, dueAt - world.clock.now()]),
      bad.map((letter) => [letter, 1, 2 * minute]),
    );
    // The words of a defect are for nobody outside.
    assert.ok(
      waiting.every(({ lastReply }) => lastReply === (what === 'a damaged letter' ? 'This letter is damaged' : 'an error of this server')),
    );
    assert.deepEqual(world.lines, Array(6).fill('a letter in the queue could not be read or worked on'));
  });

test('a defect in the middle of a delivery: nothing more goes on that lane, as nobody knows where it stopped', async (t) => {
  let broken: number | null = null;
  const after: number[] = [];
  const closed: number[] = [];
  const world = openWorld(t, {
    async deliver(_consignment, _domain, lane) {
      if (broken !== null) {
        after.push(lane);
        return delivered;
      }
      broken = lane;
      throw new TypeError('undefined is no function');
    },
    close: async (lane) => void closed.push(lane),
  });
  await world.send(names(20));
  await world.runner.idle();
  assert.equal(world.done.length, 19);
  assert.ok(!after.includes(broken!));
  assert.equal(closed.filter((lane) => lane === broken).length, 1);
});

test('a letter that can be read again goes out after all', async (t) => {
  let isDamaged = true;
  const world = openWorld(t, { unreadable: () => (isDamaged ? new Unavailable('disk-fault', 'no') : null) });
  await world.send(['a']);
  await world.pass(10 * minute);
  assert.deepEqual(world.done, []);
  isDamaged = false;
  await world.pass(30 * minute);
  assert.deepEqual(world.done, ['a']);
});

test('a letter that stays unreadable fails when its time is over: its sender hears of it, without the text', async (t) => {
  const world = openWorld(t, { unreadable: () => new Unavailable('store-stopped', 'This letter is damaged') });
  await world.send(['a']);
  await world.pass(6 * day);
  assert.deepEqual(await world.waiting(), []);
  const words = 'This letter is damaged';
  assert.deepEqual(world.reports, [
    { action: 'delayed', about: ['a@there.test'], octets: null, words },
    { action: 'failed', about: ['a@there.test'], octets: null, words },
  ]);
  const events = await world.store.trace.ofLetter('a');
  assert.deepEqual([events.at(-1)!.station, events.at(-1)!.result], ['queue', 'failed']);
});

test('letters taken out of the queue meanwhile are dropped without a word; the others of their domain go on', async (t) => {
  const gate = Promise.withResolvers<void>();
  t.after(() => gate.resolve());
  const world = openWorld(t, { deliver: () => gate.promise.then(() => delivered) });
  await world.send(names(20));
  await settle();
  const gone = names(20).slice(8, 16);
  const rows = (await world.waiting()).filter(({ letter }) => gone.includes(letter));
  assert.equal(await world.store.queue.remove(rows.map(({ id }) => id)), 8);
  gate.resolve();
  await world.runner.idle();
  assert.deepEqual(
    world.done.toSorted(),
    names(20)
      .filter((name) => !gone.includes(name))
      .toSorted(),
  );
  assert.deepEqual(await world.waiting(), []);
  assert.deepEqual(world.reports, []);
  for (const letter of gone) assert.deepEqual(await world.store.trace.ofLetter(letter), []);
});

test('while a domain rests, unreadable letters and such as are gone do not hold up the others', async (t) => {
  const world = openWorld(t, {
    deliver: async () => 'unreachable',
    unreadable: (letter) =>
      letter.startsWith('bad') ? new Unavailable('disk-fault', 'no') : letter.startsWith('gone') ? new Refusal('nonexistent', 'no') : null,
  });
  await world.send(['a']);
  await world.runner.idle();
  await world.send([...names(10, 'bad'), ...names(10, 'gone'), 'b', 'c']);
  await world.runner.idle();
  for (const { letter, attempts, dueAt } of await world.waiting()) {
    assert.equal(attempts, letter.startsWith('gone') ? 0 : 1, letter);
    assert.ok(dueAt > world.clock.now());
  }
});

test('a report that cannot be written leaves its letter for later and the lane to the others', async (t) => {
  const refused = names(6);
  const world = openWorld(t, {
    deliver: async ({ letter }) => (refused.includes(letter) ? { kind: 'never', host: 'mx', status: '5.1.1', words: 'nobody' } : delivered),
    report() {
      throw new Unavailable('disk-full', 'no room');
    },
  });
  await world.send(names(20));
  await world.runner.idle();
  assert.deepEqual(world.done.toSorted(), names(20).slice(6).toSorted());
  assert.deepEqual(
    (await world.waiting()).map(({ letter, attempts }) => [letter, attempts]),
    refused.map((letter) => [letter, 0]),
  );
});

test('a letter that comes while the only lane says farewell is taken when that is said', async (t) => {
  const farewell = Promise.withResolvers<void>();
  t.after(() => farewell.resolve());
  const world = openWorld(t, { close: () => farewell.promise });
  await world.send(['a']);
  await settle();
  await world.send(['b']);
  await settle();
  farewell.resolve();
  await world.runner.idle();
  assert.deepEqual(world.done, ['a', 'b']);
  assert.deepEqual(await world.waiting(), []);
});

test('a domain that takes letters gets more lanes as it does, up to its most, before more rows are fetched', async (t) => {
  let [now, most] = [0, 0];
  const world = openWorld(t, {
    async deliver() {
      most = Math.max(most, ++now);
      await settle();
      now--;
      return delivered;
    },
  });
  await world.send(names(300));
  await world.runner.idle();
  assert.equal(world.done.length, 300);
  assert.equal(most, 20);
});

// --- how often the store is asked -----------------------------------------------------------------------------------

test('thousands of due rows for one slow domain: the store is asked once a second, and other domains are served', async (t) => {
  const gate = Promise.withResolvers<void>();
  t.after(() => gate.resolve());
  const world = openWorld(t, {
    deliver: (_, domain) => (domain === 'there.test' ? gate.promise.then(() => delivered) : Promise.resolve(delivered)),
  });
  await world.send(names(3000));
  await settle();
  const before = world.asked();
  assert.ok(before <= 10, `${before} questions for what goes into memory`);
  await world.clock.advance(10_000);
  assert.ok(world.asked() - before <= 25, `${world.asked() - before} questions in ten seconds in which nothing moved`);
  const quiet = world.asked();
  for (const name of names(50, 'quick')) {
    await world.send([name], () => 'taro@quick.test');
    await world.clock.advance(10);
  }
  await world.clock.advance(300);
  assert.deepEqual(world.done, names(50, 'quick'));
  assert.ok(world.asked() - quiet <= 15, `${world.asked() - quiet} questions for 50 letters to others in 800 ms`);
  gate.resolve();
  await world.runner.idle();
  // As room is made the rest is fetched, and no time has to go by for that.
  assert.equal(world.done.length, 3050);
  assert.deepEqual(await world.waiting(), []);
  assert.ok(world.asked() - quiet <= 100, `${world.asked() - quiet} questions for the rest`);
});

test('all lanes busy: the store is asked again when one becomes free, and once a second before', async (t) => {
  const gate = Promise.withResolvers<void>();
  t.after(() => gate.resolve());
  const world = openWorld(t, { deliver: () => gate.promise.then(() => delivered) });
  await world.send(names(500), (name) => `taro@${name}.test`);
  await settle();
  const before = world.asked();
  await world.clock.advance(10_000);
  assert.ok(world.asked() - before <= 25, `${world.asked() - before} questions in ten seconds in which nothing moved`);
  gate.resolve();
  await world.runner.idle();
  assert.equal(world.done.length, 500);
});
