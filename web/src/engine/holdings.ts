// What this device knows of one account: mailboxes, heads of letters, conversations, texts, and the server's states of which they are; in memory, and
// of it what is worth it on the device. Knows tables of the cache; knows no server and no list.
import type { CacheStore, CacheWrite, Table } from './cache/contract.ts';
import type { EmailBody, EmailHead, Id, Mailbox, Thread } from './jmap/objects.ts';

/** Heads and texts in memory beyond this many make room. */
const headsInMemory = 20_000;
const bodiesInMemory = 300;

export interface States {
  readonly Mailbox: string;
  readonly Thread: string;
  readonly Email: string;
}
interface Kept {
  readonly states: States;
}
interface Tables {
  readonly heads: Map<Id, EmailHead>;
  readonly threads: Map<Id, readonly Id[]>;
  readonly bodies: Map<Id, EmailBody>;
}

export class Holdings implements Tables {
  readonly id: Id;
  readonly heads = new Map<Id, EmailHead>();
  readonly threads = new Map<Id, readonly Id[]>();
  readonly bodies = new Map<Id, EmailBody>();
  readonly #cache: CacheStore;
  #mailboxes: ReadonlyMap<Id, Mailbox> | null = null;
  #states: States | null = null;
  readonly #dirty = new Map<string, CacheWrite>();
  #areStatesNew = false;
  #saving: Promise<void> = Promise.resolve();

  constructor(id: Id, cache: CacheStore) {
    this.id = id;
    this.#cache = cache;
  }

  get mailboxes(): ReadonlyMap<Id, Mailbox> | null {
    return this.#mailboxes;
  }
  get states(): States | null {
    return this.#states;
  }

  /** Letter, conversation and its letters are there. */
  isRowKnown(id: Id): boolean {
    const head = this.heads.get(id);
    return head !== undefined && (this.threads.get(head.threadId)?.every((member) => this.heads.has(member)) ?? false);
  }

  // --- from the device and to it --------------------------------------------------------------------------------------

  /** What was kept at the end of the last time. */
  async load(): Promise<void> {
    const [[facts], [mailboxes]] = await Promise.all([
      this.#cache.read('facts', [`account/${this.id}`]),
      this.#cache.read('mailboxes', [this.id]),
    ]);
    if (facts === undefined || mailboxes === undefined) return;
    this.#states = (facts as Kept).states;
    this.#mailboxes = new Map((mailboxes as Mailbox[]).map((mailbox) => [mailbox.id, mailbox]));
  }

  /** Brings to memory what the device has of these. */
  async fetch<T extends keyof Tables>(table: T, ids: readonly Id[]): Promise<void> {
    const into = this[table] as Map<Id, unknown>;
    const missing = ids.filter((id) => !into.has(id));
    if (missing.length === 0) return;
    const values = await this.#cache.read(
      table,
      missing.map((id) => `${this.id}/${id}`),
    );
    missing.forEach((id, index) => {
      if (values[index] !== undefined && !into.has(id)) into.set(id, values[index]);
    });
  }

  /** All that the device and memory have of a table. */
  async all<T extends keyof Tables>(table: T): Promise<Tables[T]> {
    const mine = `${this.id}/`;
    const found = new Map<Id, unknown>();
    for (const { key, value } of await this.#cache.all(table)) if (key.startsWith(mine)) found.set(key.slice(mine.length), value);
    for (const [id, value] of this[table]) found.set(id, value);
    return found as Tables[T];
  }

  #keep(table: Table, id: Id, value: unknown): void {
    const key = `${this.id}/${id}`;
    this.#dirty.set(`${table}/${key}`, { table, key, value });
  }

  /** One transaction: objects, the states to which they belong, and `more`. A device that keeps nothing is no reason to stop: all is at the server. */
  save(more: readonly CacheWrite[]): Promise<void> {
    const writes = [...this.#dirty.values(), ...more];
    this.#dirty.clear();
    if (this.#areStatesNew && this.#states && this.#mailboxes) {
      this.#areStatesNew = false;
      writes.push({ table: 'facts', key: `account/${this.id}`, value: { states: this.#states } satisfies Kept });
      writes.push({ table: 'mailboxes', key: this.id, value: [...this.#mailboxes.values()] });
    }
    if (writes.length > 0) this.#saving = this.#saving.then(() => this.#cache.write(writes)).catch(() => undefined);
    return this.#saving;
  }

  // --- as the server tells it -----------------------------------------------------------------------------------------

  /** `isKept`: on the device too. What is only passed by in a long list is not: writing each of its letters would cost more than showing it. */
  takeHead(head: EmailHead, isKept: boolean): void {
    this.heads.delete(head.id);
    this.heads.set(head.id, head);
    if (isKept) this.#keep('heads', head.id, head);
    if (this.heads.size > headsInMemory) this.heads.delete(this.heads.keys().next().value!);
  }

  takeThread(thread: Thread, isKept: boolean): void {
    this.threads.set(thread.id, thread.emailIds);
    if (isKept) this.#keep('threads', thread.id, thread.emailIds);
  }

  /** A letter that was opened: with its head and its conversation, wherever in a list it stood. */
  /** `needed`: what is open just now stays, however much it is. */
  takeBody(body: EmailBody, needed: ReadonlySet<Id>): void {
    this.bodies.set(body.id, body);
    this.#keep('bodies', body.id, body);
    const oldest = this.bodies.keys().next().value!;
    if (this.bodies.size > bodiesInMemory && !needed.has(oldest)) this.bodies.delete(oldest);
    const head = this.heads.get(body.id);
    const members = head && this.threads.get(head.threadId);
    if (head) this.#keep('heads', head.id, head);
    if (head && members) this.#keep('threads', head.threadId, members);
  }

  takeStates(states: States, mailboxes: ReadonlyMap<Id, Mailbox>): void {
    this.#states = states;
    this.#mailboxes = mailboxes;
    this.#areStatesNew = true;
  }

  drop(table: keyof Tables, id: Id): void {
    this[table].delete(id);
    this.#keep(table, id, undefined);
  }

  /** All but the bodies, which never change. */
  async startOver(): Promise<void> {
    for (const table of ['heads', 'threads'] as const) {
      for (const { key } of await this.#cache.all(table))
        if (key.startsWith(`${this.id}/`)) this.#keep(table, key.slice(this.id.length + 1), undefined);
      this[table].clear();
    }
    this.#states = null;
  }
}
