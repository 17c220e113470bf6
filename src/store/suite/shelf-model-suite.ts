// The store suite: random work on whole accounts, by the ways of IMAP and by those of JMAP, done by the engine and by the memory engine side by
// side. Apps that follow by `changesSince` alone, from any old state, must end with the true picture. Knows shelf-contract.ts; knows no engine.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Chance, Clock } from '../../base/clock.ts';
import { Refusal } from '../../base/trouble.ts';
import type { AccountId, MailboxRole, MailStore, ModSeq } from '../contract.ts';
import { openMemoryStore } from '../memory/store.ts';
import type { NewLetter, Revision, Shelf, ShelfChanges } from '../shelf-contract.ts';
import { checkShelf, Follower } from './shelf-picture-suite.ts';
import { letterText, makeAccount, spoolOf, verifies, type OpenStore } from './stand-suite.ts';
import { runs as runsNow } from '../../../test/support/depth.ts';

const names = ['INBOX', 'Sent', 'Trash', 'a', 'a/b', 'b'] as const;
const name = fc.constantFrom(...names);
const flags = fc.array(fc.constantFrom('\\Seen', '\\Deleted', '\\Flagged', '\\Draft', 'Kw', 'kW', '$Junk'), { maxLength: 3 });
/** Without \Deleted, which no JMAP app can set. */
const keywords = fc.array(fc.constantFrom('\\Seen', '\\Flagged', '\\Draft', 'Kw', 'kW', '$Junk'), { maxLength: 3 });
const how = fc.constantFrom('add' as const, 'remove' as const, 'replace' as const);
const uids = fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 6 });
const message = fc.integer({ min: 1, max: 20 });
/** Numbers of earlier letters that a letter refers to; of several threads: it lies in one of them. */
const refers = fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 2 });
const boxes = fc.array(name, { maxLength: 3 });
const revision = fc.record(
  {
    message,
    flags: fc.record({ how, flags: keywords }),
    mailboxes: fc.oneof(fc.record({ set: boxes }), fc.record({ add: boxes, remove: boxes })),
    destroy: fc.constant(true),
  },
  { requiredKeys: ['message'] },
);

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('append' as const), name, flags, refers, count: fc.integer({ min: 1, max: 2 }) }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('add' as const), boxes, flags, refers, at: fc.nat(30) }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('flags' as const), name, uids, flags, how }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('expunge' as const), name, uids: fc.option(uids), onlyDeleted: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('copy' as const), name, to: name, uids, move: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('create' as const), name }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('rename' as const), name, to: name }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete' as const), name }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('subscribe' as const), name, on: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('restore' as const), from: fc.nat(3), count: fc.nat(4) }) },
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant('revise' as const), revisions: fc.array(revision, { minLength: 1, maxLength: 4 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('reviseMailbox' as const),
      name,
      change: fc.record(
        {
          name,
          role: fc.constantFrom<MailboxRole | null>(null, 'archive', 'trash', 'inbox'),
          subscribed: fc.boolean(),
          sortOrder: fc.nat(3),
        },
        { requiredKeys: [] },
      ),
    }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

const stillClock: Clock = { now: () => 1_800_000_000_000, monotonic: () => 0, after: () => () => {} };
const noChance: Chance = { bytes: (length) => new Uint8Array(length), fraction: () => 0 };

class Side {
  readonly store: MailStore;
  readonly account: AccountId;
  readonly marks: ModSeq[] = [];
  readonly followers: Follower[] = [];
  /** Held open throughout: the live one is looked at, not one that was read anew. */
  shelf: Shelf | null = null;
  #letters = 0;

  constructor(store: MailStore, account: AccountId) {
    this.store = store;
    this.account = account;
  }

  async play(one: Step): Promise<unknown> {
    try {
      return await this.#do(one);
    } catch (trouble) {
      if (trouble instanceof Refusal) return trouble.code;
      throw trouble;
    }
  }

  async #idOf(wanted: string): Promise<number> {
    return (await this.store.mailboxes(this.account)).find((mailbox) => mailbox.name === wanted)?.id ?? 4711;
  }

  async #ids(wanted: readonly string[]): Promise<number[]> {
    const ids: number[] = [];
    for (const one of wanted) ids.push(await this.#idOf(one));
    return ids;
  }

  async #letter(refersTo: readonly number[], flagsOf: readonly string[], at: number): Promise<Omit<NewLetter, 'mailboxes'>> {
    const number = this.#letters++;
    const references = refersTo.map((other) => `<n${other}@example.test>`).join(' ');
    const text = letterText(`n${number}`, references === '' ? [] : [`References: ${references}`]);
    return { spool: await spoolOf(this.store, text), flags: flagsOf, receivedAt: at * 1000, letter: `n${number}` };
  }

  async #do(one: Step): Promise<unknown> {
    const { store, account } = this;
    if (one.kind === 'append') {
      const letters = [];
      for (let i = 0; i < one.count; i++) letters.push(await this.#letter(one.refers, one.flags, this.#letters));
      return (await store.append(account, await this.#idOf(one.name), letters, null)).uids;
    }
    if (one.kind === 'add') {
      const mailboxes = await this.#ids(one.boxes);
      const letters = [];
      for (const refersTo of [one.refers, []]) letters.push({ ...(await this.#letter(refersTo, one.flags, one.at)), mailboxes });
      return (await store.addLetters(account, letters, null)).messages;
    }
    if (one.kind === 'flags') {
      const { changed } = await store.setFlags(account, await this.#idOf(one.name), one.uids, { how: one.how, flags: one.flags });
      return [...changed].sort();
    }
    if (one.kind === 'expunge') return (await store.expunge(account, await this.#idOf(one.name), one.uids, one.onlyDeleted)).uids;
    if (one.kind === 'copy') {
      const target = await this.#idOf(one.to);
      return (await store.copy(account, await this.#idOf(one.name), one.uids, target, { move: one.move, quota: null })).to;
    }
    if (one.kind === 'create') return (await store.createMailbox(account, one.name, null)).id;
    if (one.kind === 'rename') return store.renameMailbox(account, await this.#idOf(one.name), one.to);
    if (one.kind === 'delete') return store.deleteMailbox(account, await this.#idOf(one.name));
    if (one.kind === 'subscribe') return store.setSubscribed(account, one.name, one.on);
    if (one.kind === 'reviseMailbox') return store.reviseMailbox(account, await this.#idOf(one.name), one.change);
    if (one.kind === 'revise') {
      const revisions: Revision[] = [];
      for (const { mailboxes, ...rest } of one.revisions) {
        if (mailboxes === undefined) revisions.push(rest);
        else if ('set' in mailboxes) revisions.push({ ...rest, mailboxes: { set: await this.#ids(mailboxes.set) } });
        else revisions.push({ ...rest, mailboxes: { add: await this.#ids(mailboxes.add), remove: await this.#ids(mailboxes.remove) } });
      }
      return (await store.revise(account, revisions, null)).outcomes;
    }
    const resting = (await store.resting(account, 100)).toSorted((a, b) => a.message - b.message || a.mailbox - b.mailbox || a.uid - b.uid);
    return store.restore(
      account,
      resting.slice(one.from, one.from + one.count).map(({ id }) => id),
    );
  }

  async mark(): Promise<void> {
    this.shelf ??= await this.store.openShelf(this.account);
    this.marks.push(this.shelf.modSeq);
    this.followers.push(await Follower.begin(this.store, this.account));
  }
}

export function shelfModelSuite(open: OpenStore, runs = 30): void {
  test('random work: who follows by changes alone sees what is true, and the engine and the memory engine agree', async () => {
    const opened = await open();
    let account = 100;
    const late: { readonly follower: Follower; readonly told: ShelfChanges | null }[] = [];
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
            const [expected, answer] = [await sides[0].play(one), await sides[1].play(one)];
            assert.deepEqual(answer, expected, `step ${at}: ${JSON.stringify(one)}`);
            for (const side of sides) await checkShelf(side.store, account);
            for (const side of sides) await side.mark();
          }
          const pictures = [await checkShelf(sides[0].store, account), await checkShelf(sides[1].store, account)];
          assert.deepEqual(pictures[1], pictures[0]);
          for (const at of sides[0].followers.keys()) {
            const expected = await sides[0].followers[at]!.follow(pictures[0]!);
            const follower = sides[1].followers[at]!.copy();
            const answer = await sides[1].followers[at]!.follow(pictures[1]!);
            late.push({ follower, told: answer });
            assert.deepEqual(answer?.emails, expected?.emails);
            assert.deepEqual(answer?.threads, expected?.threads);
            assert.deepEqual(answer?.mailboxes.created, expected?.mailboxes.created);
            assert.deepEqual(answer?.mailboxes.destroyed, expected?.mailboxes.destroyed);
          }
          for (const side of sides) side.shelf!.release();
        }),
        { numRuns: runsNow(runs) },
      );
      await verifies(opened.store);
      if (opened.reopen === undefined) return;
      // A shelf that is read anew, and what is remembered of long ago.
      const again = await opened.reopen();
      for (let one = 101; one <= account; one++) {
        const picture = await checkShelf(again, one);
        for (const { follower, told } of late.filter((other) => other.follower.account === one)) {
          const answer = await follower.copy(again).follow(picture);
          assert.deepEqual(answer?.emails, told?.emails);
          assert.deepEqual(answer?.threads, told?.threads);
        }
      }
    } finally {
      await opened.end();
    }
  });
}
