// Appointments are kept in their order, at their time, once, and again after trouble; and the letters that were put away come back.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { bytesFromUtf8 } from '../../base/bytes.ts';
import { silentLog, type Log } from '../../base/log.ts';
import { Refusal, Unavailable } from '../../base/trouble.ts';
import type { MailStore } from '../../store/contract.ts';
import type { Item } from '../../store/items-contract.ts';
import { maxKeywords } from '../../store/limits.ts';
import { openMemoryStore } from '../../store/memory/store.ts';
import { FalseClock } from '../../../test/support/clock.ts';
import type { Appointment } from './contract.ts';
import { AppointmentRunner } from './runner.ts';
import { openSnoozes, snoozeKind, snoozedName } from './snooze.ts';

const chance = { bytes: (length: number) => new Uint8Array(length).fill(7), fraction: () => 0.5 };
const account = 1;
const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

interface World {
  readonly clock: FalseClock;
  readonly store: MailStore;
  readonly said: string[];
  run(...appointments: readonly Appointment[]): AppointmentRunner;
}

/** First lets everybody look who has heard something: a clock of tests would else run ahead of them. */
async function pass(clock: FalseClock, ms: number): Promise<void> {
  await new Promise(setImmediate);
  await clock.advance(ms);
}

async function inWorld(work: (world: World) => Promise<void>): Promise<void> {
  const clock = new FalseClock();
  const store = openMemoryStore({ clock, chance });
  for (const one of [account, 2]) await store.createAccount(one, []);
  const said: string[] = [];
  const say = (event: string): void => void said.push(event);
  const log: Log = { ...silentLog, warn: say, error: say };
  const runners: AppointmentRunner[] = [];
  const run = (...appointments: readonly Appointment[]): AppointmentRunner => {
    const runner = new AppointmentRunner({ store, appointments, clock, chance, log });
    runners.push(runner);
    runner.start();
    return runner;
  };
  await work({ clock, store, said, run });
  await Promise.all(runners.map((runner) => runner.stop()));
}

/** Removes each item that is due and notes when that was. */
function keeper(
  store: MailStore,
  clock: FalseClock,
  kept: (readonly [unknown, number])[],
  before: (item: Item) => void = () => {},
): Appointment {
  const began = clock.now();
  return {
    kind: 'note',
    async act(item, owner) {
      before(item);
      await store.items.write(owner, [{ kind: 'note', id: item.id, remove: true, ifModSeq: item.modSeq }]);
      kept.push([item.value, clock.now() - began]);
    },
  };
}

const note = (value: unknown, dueAt: number | null) => ({ kind: 'note', add: value, dueAt });

suite('the runner of appointments', () => {
  test('what is due at the start is done in its order, what comes later at its time, whoever wrote it', () =>
    inWorld(async ({ clock, store, run }) => {
      const kept: (readonly [unknown, number])[] = [];
      const now = clock.now();
      await store.items.write(account, [note('second', now - 10), note('later', now + 5 * minute), note('never', null)]);
      await store.items.write(2, [note('first', now - 20)]);
      const runner = run(keeper(store, clock, kept));
      await runner.idle();
      assert.deepEqual(kept, [
        ['first', 0],
        ['second', 0],
      ]);
      await store.items.write(account, [note('soon', now + 3 * second)]);
      await pass(clock, 2 * hour);
      assert.deepEqual(kept.slice(2), [
        ['soon', 3 * second],
        ['later', 5 * minute],
      ]);
      assert.deepEqual(
        (await store.items.list(account, 'note')).map(({ value }) => value),
        ['never'],
      );
    }));

  test('an item that is put off or removed before its time is not done at it', () =>
    inWorld(async ({ clock, store, run }) => {
      const kept: (readonly [unknown, number])[] = [];
      const now = clock.now();
      run(keeper(store, clock, kept));
      await store.items.write(account, [note('put off', now + minute), note('called back', now + minute)]);
      await pass(clock, 30 * second);
      await store.items.write(account, [
        { kind: 'note', id: 1, put: 'put off', dueAt: now + hour },
        { kind: 'note', id: 2, remove: true },
      ]);
      await pass(clock, 2 * hour);
      assert.deepEqual(kept, [['put off', hour]]);
    }));

  test('few at once, and none twice at once', () =>
    inWorld(async ({ clock, store, said, run }) => {
      const under = new Set<number>();
      const seen: number[] = [];
      let most = 0;
      const gates: (() => void)[] = [];
      await store.items.write(
        account,
        Array.from({ length: 20 }, (_, at) => note(at, clock.now() - 100 + at)),
      );
      const runner = run({
        kind: 'note',
        async act(item) {
          assert.ok(!under.has(item.id));
          under.add(item.id);
          seen.push(item.id);
          most = Math.max(most, under.size);
          await new Promise<void>((resolve) => gates.push(resolve));
          await store.items.write(account, [{ kind: 'note', id: item.id, remove: true }]);
          under.delete(item.id);
        },
      });
      for (let turn = 0; turn < 40; turn++) {
        await pass(clock, minute);
        gates.shift()?.();
      }
      await runner.idle();
      assert.equal(most, 4);
      assert.deepEqual(
        seen,
        Array.from({ length: 20 }, (_, at) => at + 1),
      );
      assert.deepEqual(said, []);
    }));

  test('what is not possible now is tried again later and later, and keeps nothing else from being done', () =>
    inWorld(async ({ clock, store, run }) => {
      const tried: number[] = [];
      const kept: (readonly [unknown, number])[] = [];
      const began = clock.now();
      const trouble = (item: Item): void => {
        if (item.value !== 'stuck') return;
        tried.push(clock.now() - began);
        if (clock.now() - began < 20 * minute) throw new Unavailable('busy', 'not now');
      };
      await store.items.write(account, [note('stuck', began - 10), note('other', began - 5)]);
      run(keeper(store, clock, kept, trouble));
      await pass(clock, hour);
      const waits = tried.map((at, index) => at - (tried[index - 1] ?? 0)).slice(1);
      assert.deepEqual(
        waits,
        [5, 10, 20, 40, 80, 160, 320, 600].map((seconds) => seconds * second),
      );
      assert.deepEqual(kept, [
        ['other', 0],
        ['stuck', tried.at(-1)],
      ]);
    }));

  test('a defect, an item that stays as it was, and a kind that nobody keeps are said and seldom tried', () =>
    inWorld(async ({ clock, store, said, run }) => {
      let tries = 0;
      await store.items.write(account, [
        note('throws', clock.now()),
        note('stays', clock.now()),
        { kind: 'strange', add: 1, dueAt: clock.now() },
      ]);
      run({
        kind: 'note',
        async act(item) {
          tries++;
          if (item.value === 'throws') throw new TypeError('a defect');
        },
      });
      await pass(clock, 10 * second);
      assert.equal(tries, 2);
      assert.deepEqual([...said].sort(), [
        'an appointment failed',
        'an appointment that nobody here keeps',
        'an appointment was kept and is still there',
      ]);
      await pass(clock, 24 * hour);
      assert.ok(tries > 10 && tries < 40, String(tries));
    }));

  test('who loses the item to somebody else says nothing and goes on', () =>
    inWorld(async ({ clock, store, said, run }) => {
      const kept: (readonly [unknown, number])[] = [];
      await store.items.write(account, [note('a', clock.now()), note('b', clock.now() + 1)]);
      const began = clock.now();
      const appointment: Appointment = {
        kind: 'note',
        async act(item, owner) {
          if (item.value === 'a') await store.items.write(owner, [{ kind: 'note', id: item.id, put: 'a2', dueAt: began + minute }]);
          await keeper(store, clock, kept).act(item, owner);
        },
      };
      run(appointment);
      await pass(clock, hour);
      assert.deepEqual(
        kept.map(([value]) => value),
        ['b', 'a2'],
      );
      assert.deepEqual(said, []);
    }));

  test('an account that goes meanwhile is no trouble', () =>
    inWorld(async ({ clock, store, said, run }) => {
      await store.items.write(2, [note('a', clock.now())]);
      const runner = run({
        kind: 'note',
        async act() {
          await store.removeAccount(2);
          throw new Refusal('nonexistent', 'There is no such account');
        },
      });
      await runner.idle();
      await pass(clock, hour);
      assert.deepEqual(said, []);
    }));

  test('it stops when what is under way has ended, and begins nothing more', () =>
    inWorld(async ({ clock, store, run }) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      let begun = 0;
      await store.items.write(account, [note('a', clock.now())]);
      const runner = run({
        kind: 'note',
        async act(item, owner) {
          begun++;
          await promise;
          await store.items.write(owner, [{ kind: 'note', id: item.id, remove: true }]);
        },
      });
      await pass(clock, second);
      let stopped = false;
      const stopping = runner.stop().then(() => (stopped = true));
      await store.items.write(account, [note('b', clock.now())]);
      await pass(clock, hour);
      assert.deepEqual([begun, stopped], [1, false]);
      resolve();
      await stopping;
      await pass(clock, hour);
      assert.deepEqual([begun, (await store.items.list(account, 'note')).map(({ value }) => value)], [1, ['b']]);
    }));

  test('a store that cannot be read now is asked again', () =>
    inWorld(async ({ clock, store, said, run }) => {
      const kept: (readonly [unknown, number])[] = [];
      const { due } = store.items;
      let fails = 3;
      store.items.due = (now, limit) => {
        if (fails-- > 0) throw new Unavailable('disk-fault', 'not now');
        return due.call(store.items, now, limit);
      };
      await store.items.write(account, [note('a', clock.now())]);
      run(keeper(store, clock, kept));
      await pass(clock, minute);
      assert.deepEqual(kept, [['a', 15 * second]]);
      assert.equal(said.length, 3);
    }));
});

async function mailboxId(store: MailStore, name: string): Promise<number> {
  return (await store.mailboxes(account)).find((box) => box.name === name)!.id;
}

/** A letter that was put away from a mailbox, with its item. */
async function putAway(store: MailStore, dueAt: number, from: string): Promise<number> {
  const spool = store.spool(1000);
  await spool.add(bytesFromUtf8('Subject: later\r\n\r\nlater\r\n'));
  const away = await mailboxId(store, snoozedName);
  const { messages } = await store.addLetters(account, [{ spool, mailboxes: [away], flags: ['\\Seen', '\\Flagged'] }], null);
  const { message } = messages[0]!;
  await store.items.write(account, [{ kind: snoozeKind, add: { message, mailbox: await mailboxId(store, from) }, dueAt }]);
  return message;
}

async function whereabouts(store: MailStore, message: number): Promise<string> {
  const shelf = await store.openShelf(account);
  try {
    const index = shelf.indexOf(message);
    if (index < 0) return 'nowhere';
    const names = new Map((await store.mailboxes(account)).map(({ id, name }) => [id, name]));
    const { text } = shelf.flagsAt(index);
    return `${shelf
      .mailboxesAt(index)
      .map((id) => names.get(id))
      .sort()
      .join(' ')} ${text}`;
  } finally {
    shelf.release();
  }
}

const seen = `${snoozedName} (\\Seen \\Flagged)`;
const back = 'Work (\\Flagged $back)';

/** What becomes of the letter between the day it was put away and the hour it is to come back, and where it is then. */
const snoozed: readonly (readonly [string, string, (store: MailStore, message: number) => Promise<unknown>])[] = [
  ['comes back unread where it lay', back, async () => {}],
  [
    'comes back to INBOX when the mailbox is gone',
    'INBOX (\\Flagged $back)',
    async (store) => store.deleteMailbox(account, await mailboxId(store, 'Work')),
  ],
  [
    'that was taken out by hand stays where it is, as it is',
    'INBOX (\\Seen \\Flagged)',
    async (store, message) => store.revise(account, [{ message, mailboxes: { set: [await mailboxId(store, 'INBOX')] } }], null),
  ],
  [
    'that lies elsewhere, too, stays there',
    'INBOX Work (\\Flagged $back)',
    async (store, message) => store.revise(account, [{ message, mailboxes: { add: [await mailboxId(store, 'INBOX')], remove: [] } }], null),
  ],
  [
    'comes back without its mark where there is no room for another keyword',
    'Work (\\Flagged)',
    async (store) => {
      const spool = store.spool(1000);
      await spool.add(bytesFromUtf8('Subject: labels\r\n\r\n'));
      const flags = Array.from({ length: maxKeywords }, (_none, at) => `label${at}`);
      await store.addLetters(account, [{ spool, mailboxes: [await mailboxId(store, 'Work')], flags }], null);
      spool.discard();
    },
  ],
  ['that is gone leaves nothing', 'nowhere', (store, message) => store.revise(account, [{ message, destroy: true }], null)],
  ['goes with the mailbox "Snoozed"', 'nowhere', async (store) => store.deleteMailbox(account, await mailboxId(store, snoozedName))],
];

suite('letters that were put away', () => {
  for (const [name, wanted, meanwhile] of snoozed)
    test(`a letter ${name}`, () =>
      inWorld(async ({ clock, store, said, run }) => {
        for (const box of ['Work', snoozedName]) await store.createMailbox(account, box, null);
        const message = await putAway(store, clock.now() + hour, 'Work');
        assert.equal(await whereabouts(store, message), seen);
        run(openSnoozes(store));
        await pass(clock, hour - 1);
        assert.equal(await whereabouts(store, message), seen);
        await meanwhile(store, message);
        await pass(clock, second);
        assert.equal(await whereabouts(store, message), wanted);
        assert.deepEqual(await store.items.list(account, snoozeKind), []);
        assert.deepEqual(said, []);
      }));

  test('what cannot be done leaves the letter away and its item there, and is done the next time', () =>
    inWorld(async ({ clock, store, run }) => {
      for (const box of ['Work', snoozedName]) await store.createMailbox(account, box, null);
      const message = await putAway(store, clock.now(), 'Work');
      let broken = true;
      const { reviseNoting } = store;
      store.reviseNoting = async (...work) => {
        if (broken) throw new Unavailable('disk-full', 'not now');
        return reviseNoting.apply(store, work);
      };
      run(openSnoozes(store));
      await pass(clock, second);
      assert.equal(await whereabouts(store, message), seen);
      assert.equal((await store.items.list(account, snoozeKind)).length, 1);
      broken = false;
      await pass(clock, minute);
      assert.deepEqual(await store.items.list(account, snoozeKind), []);
      assert.equal(await whereabouts(store, message), back);
    }));

  test('one that is put off at the very moment stays away until then', () =>
    inWorld(async ({ clock, store, said, run }) => {
      for (const box of ['Work', snoozedName]) await store.createMailbox(account, box, null);
      const message = await putAway(store, clock.now(), 'Work');
      const snoozes = openSnoozes(store);
      const later = clock.now() + hour;
      run({
        kind: snoozeKind,
        async act(item, owner) {
          if (clock.now() < later) await store.items.write(owner, [{ kind: snoozeKind, id: item.id, put: item.value, dueAt: later }]);
          await snoozes.act(item, owner);
        },
      });
      await pass(clock, hour - 1);
      assert.equal(await whereabouts(store, message), seen);
      await pass(clock, second);
      assert.equal(await whereabouts(store, message), back);
      assert.deepEqual(said, []);
    }));
});
