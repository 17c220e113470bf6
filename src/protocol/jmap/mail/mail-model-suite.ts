// Random lives of an account, with IMAP and JMAP acting on it: whoever follows /changes and /queryChanges from any old state has what a fresh look
// gives (RFC 8620 §5.2, §5.6). The seed of a life that fails is printed by fast-check.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { MailStore } from '../../../store/contract.ts';
import type { JsonObject } from '../contract.ts';
import { openMailWorld, type MailWorld } from './mail-world-suite.ts';
import { runs } from '../../../../test/support/depth.ts';

const boxes = ['INBOX', 'Archive', 'Drafts', 'Trash'] as const;
const flags = ['\\Seen', '\\Flagged', '\\Draft', '\\Deleted', '$Important'] as const;

type Act =
  | {
      readonly kind: 'append';
      readonly box: number;
      readonly thread: number;
      /** Another thread that it names first: it lies in one of the two, and neither changes. */
      readonly joins: number | null;
      readonly flag: number;
      readonly day: number;
      readonly words: number;
    }
  | { readonly kind: 'flags'; readonly box: number; readonly pick: number; readonly how: 'add' | 'remove'; readonly flag: number }
  | { readonly kind: 'expunge'; readonly box: number; readonly pick: number }
  | { readonly kind: 'copy'; readonly box: number; readonly pick: number; readonly to: number; readonly move: boolean }
  | { readonly kind: 'revise'; readonly pick: number; readonly to: number; readonly flag: number; readonly destroy: boolean }
  | { readonly kind: 'mailbox'; readonly name: number; readonly what: 'make' | 'remove' | 'rename' | 'unsubscribe' }
  | { readonly kind: 'look'; readonly client: number };

const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('append' as const),
      box: fc.nat(3),
      thread: fc.nat(5),
      joins: fc.option(fc.nat(5)),
      flag: fc.nat(5),
      day: fc.nat(30),
      words: fc.nat(3),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('flags' as const),
      box: fc.nat(3),
      pick: fc.nat(),
      how: fc.constantFrom('add' as const, 'remove' as const),
      flag: fc.nat(4),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('expunge' as const), box: fc.nat(3), pick: fc.nat() }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('copy' as const), box: fc.nat(3), pick: fc.nat(), to: fc.nat(3), move: fc.boolean() }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('revise' as const),
      pick: fc.nat(),
      to: fc.nat(3),
      flag: fc.nat(2),
      destroy: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('mailbox' as const),
      name: fc.nat(3),
      what: fc.constantFrom('make' as const, 'remove' as const, 'rename' as const, 'unsubscribe' as const),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('look' as const), client: fc.nat(4) }) },
);

async function perform(world: MailWorld, one: Exclude<Act, { kind: 'look' }>): Promise<void> {
  const { store } = world;
  if (one.kind === 'append') {
    const words = ['', '会議の資料', 'lunch & tea', 'Ｌｕｎｃｈ'][one.words]!;
    const joins = one.joins === null ? '' : `<t${one.joins}@x> `;
    const text =
      `From: a${one.words}@x.example\nTo: b${one.flag}@x.example\nSubject: S${one.thread}\nDate: ${1 + ((one.day * 7) % 28)} Jan 2026 10:00 +0900\n` +
      `References: ${joins}<t${one.thread}@x>\n\n${words}\n`;
    await world.append(boxes[one.box]!, text, one.flag === 5 ? [] : [flags[one.flag]!], Date.UTC(2026, 0, 1 + one.day));
    return;
  }
  if (one.kind === 'revise') {
    const shelf = await store.openShelf(1);
    const message = shelf.count === 0 ? 0 : shelf.messages[one.pick % shelf.count]!;
    shelf.release();
    const mailbox = await world.mailbox(boxes[one.to]!);
    await store.revise(
      1,
      [
        one.destroy
          ? { message, destroy: true }
          : { message, mailboxes: { set: [mailbox] }, flags: { how: 'add', flags: [flags[one.flag]!] } },
      ],
      null,
    );
    return;
  }
  if (one.kind === 'mailbox') {
    const name = `Box${one.name}`;
    const there = (await store.mailboxes(1)).find((each) => each.name === name);
    if (one.what === 'unsubscribe') await store.setSubscribed(1, name, false);
    else if (there === undefined) await store.createMailbox(1, name, null);
    else if (one.what === 'remove') await store.deleteMailbox(1, there.id);
    else if (one.what === 'rename') await store.reviseMailbox(1, there.id, { sortOrder: there.sortOrder + 1 });
    return;
  }
  const name = boxes[one.box]!;
  const state = await store.openMailbox(1, await world.mailbox(name));
  const uid = state.count === 0 ? null : state.uids[one.pick % state.count]!;
  state.release();
  if (uid === null) return;
  if (one.kind === 'flags') await world.setFlags(name, [uid], one.how, [flags[one.flag]!]);
  else if (one.kind === 'expunge') await world.expunge(name, [uid]);
  else await world.copy(name, [uid], boxes[one.to]!, one.move);
}

/** Queries that clients follow, each with all that can move its results. */
const queries: readonly JsonObject[] = [
  { filter: { inMailbox: 'F1' }, sort: [{ property: 'receivedAt', isAscending: false }], collapseThreads: true },
  { filter: { inMailbox: 'F1' }, sort: [{ property: 'receivedAt', isAscending: false }] },
  { filter: null, sort: [{ property: 'receivedAt', isAscending: true }], collapseThreads: true },
  { filter: null },
  { filter: { text: '会議' }, sort: [{ property: 'size' }] },
  { filter: { operator: 'NOT', conditions: [{ text: 'lunch' }, { inMailbox: 'F4' }] }, collapseThreads: true },
  { filter: { someInThreadHaveKeyword: '$flagged' }, sort: [{ property: 'subject' }, { property: 'receivedAt' }] },
  { filter: { noneInThreadHaveKeyword: '$seen', inMailboxOtherThan: ['F4'] }, collapseThreads: true },
  { filter: null, sort: [{ property: 'allInThreadHaveKeyword', keyword: '$seen' }, { property: 'from' }] },
  {
    filter: { notKeyword: '$important' },
    sort: [{ property: 'hasKeyword', keyword: '$flagged', isAscending: false }, { property: 'sentAt' }],
  },
  {
    filter: { inMailbox: 'F1' },
    sort: [
      { property: 'hasKeyword', keyword: '$flagged', isAscending: false },
      { property: 'receivedAt', isAscending: false },
    ],
    collapseThreads: true,
  },
  { filter: { after: '2026-01-10T00:00:00Z', maxSize: 160 } },
  { filter: { inMailbox: 'F1' }, sort: [{ property: 'to' }, { property: 'sentAt', isAscending: false }], collapseThreads: true },
  { filter: { from: 'a1' }, sort: [{ property: 'sentAt' }] },
  { filter: null, sort: [{ property: 'someInThreadHaveKeyword', keyword: '$flagged' }], collapseThreads: true },
];

interface QueryCopy {
  state: string;
  ids: string[];
}

/** What a client has kept of the account since it looked last. */
class Client {
  readonly #world: MailWorld;
  readonly #maxChanges: number | null;
  readonly #objects = new Map<string, { state: string; objects: Map<string, JsonObject> }>();
  readonly #queries: (QueryCopy | null)[] = queries.map(() => null);
  readonly #folders: { state: string; ids: string[] }[] = [];

  constructor(world: MailWorld, maxChanges: number | null) {
    this.#world = world;
    this.#maxChanges = maxChanges;
  }

  async look(): Promise<void> {
    for (const type of ['Email', 'Thread', 'Mailbox']) await this.#followObjects(type);
    for (const [index, query] of queries.entries()) this.#queries[index] = await this.#followQuery('Email', query, this.#queries[index]!);
    const folders = { sortAsTree: true, sort: [{ property: 'sortOrder' }, { property: 'name' }] };
    this.#folders[0] = await this.#followQuery('Mailbox', folders, this.#folders[0] ?? null);
  }

  async #followObjects(type: string): Promise<void> {
    const properties = type === 'Email' ? { properties: ['threadId', 'mailboxIds', 'keywords'] } : {};
    const fresh = await this.#world.ask(`${type}/get`, { ids: null, ...properties });
    const now = new Map((fresh.list as unknown as JsonObject[]).map((object) => [String(object['id']), object]));
    const kept = this.#objects.get(type);
    if (kept === undefined) {
      this.#objects.set(type, { state: String(fresh.state), objects: now });
      return;
    }
    for (let more = true, rounds = 0; more; rounds++) {
      assert.ok(rounds < 500, 'changes come to an end');
      const changes = await this.#world.ask(`${type}/changes`, { sinceState: kept.state, maxChanges: this.#maxChanges });
      const { created, updated, destroyed } = changes as unknown as Record<string, string[]>;
      if (this.#maxChanges !== null) assert.ok(created!.length + updated!.length + destroyed!.length <= this.#maxChanges);
      for (const id of destroyed!) kept.objects.delete(id);
      for (const id of updated!) {
        const object = now.get(id);
        if (object === undefined) continue;
        const before = kept.objects.get(id);
        const counts = changes['updatedProperties'] as string[] | null | undefined;
        // RFC 8621 §4.1.1: immutable.
        if (type === 'Email' && before !== undefined) assert.equal(object['threadId'], before['threadId'], `the thread of ${id}`);
        // Only those properties are fetched anew.
        if (counts && before !== undefined)
          kept.objects.set(id, { ...before, ...Object.fromEntries(counts.map((name) => [name, object[name]!])) });
        else kept.objects.set(id, object);
      }
      for (const id of created!) {
        const object = now.get(id);
        if (object !== undefined) kept.objects.set(id, object);
      }
      kept.state = String(changes['newState']);
      more = (changes['hasMoreChanges'] as unknown) === true;
    }
    assert.equal(kept.state, fresh.state, `state of ${type}`);
    assert.deepEqual(new Map([...kept.objects].sort()), new Map([...now].sort()), type);
  }

  async #followQuery(type: string, query: JsonObject, kept: QueryCopy | null): Promise<QueryCopy> {
    const fresh = await this.#world.ask(`${type}/query`, query);
    const now = fresh.ids as unknown as string[];
    if (kept !== null) {
      const changes = await this.#world.ask(`${type}/queryChanges`, { ...query, sinceQueryState: kept.state, calculateTotal: true });
      const removed = new Set(changes.removed as unknown as string[]);
      const ids = kept.ids.filter((id) => !removed.has(id));
      for (const { id, index } of changes.added as unknown as { id: string; index: number }[]) ids.splice(index, 0, id);
      assert.deepEqual(ids, now, `${type}/queryChanges of ${JSON.stringify(query)} since ${kept.state}`);
      assert.equal(changes.total, now.length);
      assert.equal(changes.newQueryState, fresh.queryState);
      await this.#followBeginning(type, query, kept, now);
    }
    return { state: String(fresh.queryState), ids: now };
  }

  /** RFC 8620 §5.6 upToId: who has no more than the beginning of the results, and names the last it has, still gets a true beginning. */
  async #followBeginning(type: string, query: JsonObject, kept: QueryCopy, now: readonly string[]): Promise<void> {
    const had = kept.ids.slice(0, Math.ceil(kept.ids.length / 2));
    if (had.length === 0) return;
    const call = { ...query, sinceQueryState: kept.state, upToId: had.at(-1)! };
    const changes = await this.#world.ask(`${type}/queryChanges`, call);
    const removed = new Set(changes.removed as unknown as string[]);
    const ids = had.filter((id) => !removed.has(id));
    for (const { id, index } of changes.added as unknown as { id: string; index: number }[])
      if (index <= ids.length) ids.splice(index, 0, id);
    assert.deepEqual(
      ids,
      now.slice(0, ids.length),
      `${type}/queryChanges up to ${call.upToId} of ${JSON.stringify(query)} since ${kept.state}`,
    );
  }
}

/** `open`: an empty store, its clock made by the caller; null for the world's own one in memory. */
export function runMailModel(name: string, numRuns: number, open: (() => Promise<MailStore>) | null): void {
  test(`${name}: whoever follows the changes has what a fresh look gives`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(act, { minLength: 5, maxLength: 60 }), async (life) => {
        const world = await openMailWorld(open === null ? {} : { store: await open() });
        try {
          const clients = [null, 1, 2, 5, null].map((maxChanges) => new Client(world, maxChanges));
          for (const one of life) {
            if (one.kind === 'look') await clients[one.client]!.look();
            else await perform(world, one);
          }
          for (const client of clients) await client.look();
        } finally {
          await world.store.close();
        }
      }),
      { numRuns: runs(numRuns) },
    );
  });
}
