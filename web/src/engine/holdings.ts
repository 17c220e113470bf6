// What this device knows of one account: mailboxes, heads of letters, conversations, texts, and the server's states of which they are; in memory, and
// of it what is worth it on the device. Knows tables of the cache; knows no server and no list.
import type { CacheStore, CacheWrite, Table } from './cache/contract.ts';
import type { EmailBody, EmailHead, Id, Mailbox, Thread } from './jmap/objects.ts';

/** What is in memory beyond this many makes room. */
const inMemory = { heads: 20_000, threads: 20_000, bodies: 300 } as const;

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

type ValueOf<M> = M extends Map<Id, infer V> ? V : never;

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
    const needed = new Set(ids);
    missing.forEach((id, index) => {
      if (values[index] !== undefined && !into.has(id)) this.#hold(table, id, values[index], needed);
    });
  }

  /** `needed`: what is wanted just now stays, however much it is. */
  #hold<T extends keyof Tables>(table: T, id: Id, value: unknown, needed: ReadonlySet<Id> | null = null): void {
    const into = this[table] as Map<Id, unknown>;
    into.delete(id);
    into.set(id, value);
    while (into.size > inMemory[table]) {
      const oldest = into.keys().next().value!;
      if (needed?.has(oldest)) return;
      into.delete(oldest);
    }
  }

  /** All that memory and the device have of a table, one after the other, until `visit` answers false. */
  async each<T extends keyof Tables>(table: T, visit: (id: Id, value: ValueOf<Tables[T]>) => boolean): Promise<void> {
    const seen = new Set<Id>();
    for (const [id, value] of this[table]) {
      seen.add(id);
      if (!visit(id, value as ValueOf<Tables[T]>)) return;
    }
    const mine = `${this.id}/`;
    await this.#cache.each(table, mine, (key, value) => {
      const id = key.slice(mine.length);
      return seen.has(id) || visit(id, value as ValueOf<Tables[T]>);
    });
  }

  #keep(table: Table, id: Id, value: unknown): void {
    const key = `${this.id}/${id}`;
    this.#dirty.set(`${table}/${key}`, { table, key, value });
  }

  /**
   * One transaction: objects, the states to which they belong, and what `more` tells then. A device that keeps nothing is no reason to stop: all is at the
   * server. But what could not be written goes with the next try, as newer states must not stand beside older letters.
   */
  save(more: () => readonly CacheWrite[]): Promise<void> {
    this.#saving = this.#saving.then(async () => {
      const rows = new Map(this.#dirty);
      const states = this.#areStatesNew ? this.#stateWrites() : [];
      const writes = [...rows.values(), ...states, ...more()];
      if (writes.length === 0) return;
      this.#dirty.clear();
      if (states.length > 0) this.#areStatesNew = false;
      try {
        await this.#cache.write(writes);
      } catch {
        if (states.length > 0) this.#areStatesNew = true;
        // A text that is not there is read again; it never was another.
        for (const [name, row] of rows)
          if (!this.#dirty.has(name) && (row.table !== 'bodies' || row.value === undefined)) this.#dirty.set(name, row);
      }
    });
    return this.#saving;
  }

  #stateWrites(): CacheWrite[] {
    if (!this.#states || !this.#mailboxes) return [];
    return [
      { table: 'facts', key: `account/${this.id}`, value: { states: this.#states } satisfies Kept },
      { table: 'mailboxes', key: this.id, value: [...this.#mailboxes.values()] },
    ];
  }

  // --- as the server tells it -----------------------------------------------------------------------------------------

  /** `isKept`: on the device too. What is only passed by in a long list is not: writing each of its letters would cost more than showing it. */
  takeHead(head: EmailHead, isKept: boolean): void {
    this.#hold('heads', head.id, head);
    if (isKept) this.#keep('heads', head.id, head);
  }

  takeThread(thread: Thread, isKept: boolean): void {
    this.#hold('threads', thread.id, thread.emailIds);
    if (isKept) this.#keep('threads', thread.id, thread.emailIds);
  }

  /** A letter that was opened: with its head and its conversation, wherever in a list it stood. `needed`: those that are open just now. */
  takeBody(body: EmailBody, needed: ReadonlySet<Id>): void {
    this.#hold('bodies', body.id, body, needed);
    this.#keep('bodies', body.id, body);
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
      const mine = `${this.id}/`;
      for (const key of await this.#cache.keys(table, mine)) this.#keep(table, key.slice(mine.length), undefined);
      this[table].clear();
    }
    this.#states = null;
  }
}
