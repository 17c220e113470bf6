// The store suite: random work done by the engine and by the memory engine side by side. They must agree after every step.
// Compared by what a mail app can see; ids, UIDVALIDITY and the values of MODSEQ are the engine's own, their order is not.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Chance, Clock } from '../../base/clock.ts';
import { Refusal } from '../../base/trouble.ts';
import type { AccountId, MailStore, MailboxRole } from '../contract.ts';
import { openMemoryStore } from '../memory/store.ts';
import { acceptOf, letterOf, lettersIn, makeAccount, pictureOf, verifies, type OpenStore } from './stand-suite.ts';
import { runs as runsNow } from '../../../test/support/depth.ts';

const names = ['INBOX', 'Sent', 'Trash', 'a', 'a/b', 'b', 'INBOX/x'] as const;
const name = fc.constantFrom(...names);
const flag = fc.constantFrom('\\Seen', '\\Deleted', '\\Flagged', '\\Draft', 'Kw', 'kW', '$Junk');
const flags = fc.array(flag, { maxLength: 3 });
const uids = fc.array(fc.integer({ min: 1, max: 15 }), { maxLength: 6 });
const role = fc.constantFrom<MailboxRole>('inbox', 'sent', 'junk');

const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('append' as const),
      name,
      flags,
      count: fc.integer({ min: 1, max: 3 }),
      quota: fc.option(fc.integer({ min: 0, max: 3000 })),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('deliver' as const),
      places: fc.array(fc.oneof(name, role), { maxLength: 3 }),
      flags,
      key: fc.option(fc.nat(5)),
      twin: fc.option(fc.nat(3)),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('flags' as const),
      name,
      uids,
      flags,
      how: fc.constantFrom('add' as const, 'remove' as const, 'replace' as const),
      since: fc.option(fc.nat(40)),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('expunge' as const), name, uids: fc.option(uids), onlyDeleted: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('copy' as const), name, to: name, uids, move: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('create' as const), name }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('rename' as const), name, to: name }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete' as const), name }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('subscribe' as const), name, on: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('restore' as const), from: fc.nat(3), count: fc.nat(4) }) },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

const stillClock: Clock = { now: () => 1_800_000_000_000, monotonic: () => 0, after: () => () => {} };
const noChance: Chance = { bytes: (length) => new Uint8Array(length), fraction: () => 0 };

/** One engine under the model, with what it told so far. */
class Side {
  readonly store: MailStore;
  readonly account: AccountId;
  /** Highest MODSEQ of the account after each step. */
  readonly marks: number[] = [];

  constructor(store: MailStore, account: AccountId) {
    this.store = store;
    this.account = account;
  }

  async idOf(name: string): Promise<number> {
    return (await this.store.mailboxes(this.account)).find((mailbox) => mailbox.name === name)?.id ?? 4711;
  }

  /** Does one step; gives what both sides must answer alike. */
  async play(one: Step, at: number): Promise<unknown> {
    try {
      return await this.#do(one, at);
    } catch (trouble) {
      if (trouble instanceof Refusal) return trouble.code;
      throw trouble;
    }
  }

  async #do(one: Step, at: number): Promise<unknown> {
    const { store, account } = this;
    if (one.kind === 'append') {
      const letters = [];
      for (let i = 0; i < one.count; i++) letters.push(await letterOf(store, `s${at}n${i}`, one.flags, at * 1000 + i));
      return (await store.append(account, await this.idOf(one.name), letters, one.quota)).uids;
    }
    if (one.kind === 'deliver') {
      const places = [];
      const roles: readonly string[] = ['inbox', 'sent', 'junk'] satisfies MailboxRole[];
      for (const place of one.places) {
        const mailbox = roles.includes(place) ? (place as MailboxRole) : await this.idOf(place);
        places.push({ account, mailbox, flags: one.flags, ...(one.key === null ? {} : { key: `k${one.key}` }) });
      }
      const more = {
        letter: `a${account}s${at}`,
        receivedAt: at * 1000,
        reversePath: `sender${account}@example.test`,
        ...(one.twin === null ? {} : { resentUntil: Number.MAX_SAFE_INTEGER }),
      };
      const accept = await acceptOf(store, one.twin === null ? `s${at}` : `twin${one.twin}`, places, more);
      const { letters } = await store.commit({ letters: [accept] });
      return letters.map(({ letter, resent, placed }) => ({ letter, resent, uids: resent ? [] : placed.map(({ uid }) => uid) }));
    }
    if (one.kind === 'flags') {
      const since = one.since === null ? undefined : this.marks[one.since % Math.max(1, this.marks.length)];
      const change = { how: one.how, flags: one.flags, ...(since === undefined ? {} : { unchangedSince: since }) };
      const { changed, modified } = await store.setFlags(account, await this.idOf(one.name), one.uids, change);
      return { changed: [...changed].sort(), modified: [...modified].sort() };
    }
    if (one.kind === 'expunge') return (await store.expunge(account, await this.idOf(one.name), one.uids, one.onlyDeleted)).uids;
    if (one.kind === 'copy') {
      const { from, to } = await store.copy(account, await this.idOf(one.name), one.uids, await this.idOf(one.to), {
        move: one.move,
        quota: null,
      });
      return { from, to };
    }
    if (one.kind === 'create') return (await store.createMailbox(account, one.name, null)).name;
    if (one.kind === 'rename') return store.renameMailbox(account, await this.idOf(one.name), one.to);
    if (one.kind === 'delete') return store.deleteMailbox(account, await this.idOf(one.name));
    if (one.kind === 'subscribe') return store.setSubscribed(account, one.name, one.on);
    const resting = (await store.resting(account, 100)).toSorted((a, b) =>
      a.subject < b.subject ? -1 : a.subject > b.subject ? 1 : a.uid - b.uid,
    );
    return store.restore(
      account,
      resting.slice(one.from, one.from + one.count).map(({ id }) => id),
    );
  }

  async mark(): Promise<void> {
    this.marks.push(Math.max(...(await this.store.mailboxes(this.account)).map((mailbox) => mailbox.highestModSeq)));
  }

  /** Order of change of all letters, and what vanished since each step, mailbox by mailbox. */
  async history(): Promise<unknown> {
    const modSeqs: number[] = [];
    const vanished: unknown[] = [];
    for (const { name, id } of await this.store.mailboxes(this.account)) {
      for (const letter of await lettersIn(this.store, this.account, name)) modSeqs.push(letter.modSeq);
      for (const mark of new Set(this.marks)) vanished.push([name, await this.store.vanishedSince(this.account, id, mark)]);
    }
    const ranks = [...new Set(modSeqs)].sort((a, b) => a - b);
    return { order: modSeqs.map((modSeq) => ranks.indexOf(modSeq)), vanished };
  }
}

/** The random test. One store serves all runs, each with an account of its own. */
export function modelSuite(open: OpenStore, runs = 40): void {
  test('random work: the engine and the memory engine agree', async () => {
    const opened = await open();
    let account = 100;
    try {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
          account++;
          const sides = [
            new Side(openMemoryStore({ clock: stillClock, chance: noChance }), account),
            new Side(opened.store, account),
          ] as const;
          for (const side of sides) {
            await makeAccount(side.store, account);
            await side.mark();
          }
          for (const [at, one] of steps.entries()) {
            const [expected, answer] = [await sides[0].play(one, at), await sides[1].play(one, at)];
            assert.deepEqual(answer, expected, `step ${at}: ${JSON.stringify(one)}`);
            for (const side of sides) await side.mark();
          }
          assert.deepEqual(await pictureOf(sides[1].store, account), await pictureOf(sides[0].store, account));
          assert.deepEqual(await sides[1].history(), await sides[0].history());
        }),
        { numRuns: runsNow(runs) },
      );
      await verifies(opened.store);
    } finally {
      await opened.end();
    }
  });
}
