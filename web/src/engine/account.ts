// One account as this device knows it: mailboxes, heads of letters, conversations, lists in use. Brings it up to date by /changes and
// /queryChanges, reads what is missing, and keeps it on the device. Knows RFC 8620 §5 and RFC 8621 §2 to §4; knows no list on screen.
//
// All that a round brings is put in place at one moment, so that no view ever sees a new list with old letters.
import { backKeyword, EngineTrouble } from './contract.ts';
import type { CacheStore, CacheWrite, Table } from './cache/contract.ts';
import { from, type Call, type JmapClient, type Reply } from './jmap/client.ts';
import type { ChangesAnswer, EmailBody, EmailFilter, EmailHead, Id, JsonObject, Mailbox, Thread } from './jmap/objects.ts';
import { Overlay } from './overlay.ts';
import type { KeptLetter } from './search-grammar.ts';
import { QueryWindow } from './window.ts';

export const headProperties = [
  'id',
  'threadId',
  'mailboxIds',
  'keywords',
  'from',
  'to',
  'subject',
  'receivedAt',
  'size',
  'preview',
  'hasAttachment',
] as const;
const bodyProperties = [
  'id',
  'blobId',
  'header:Disposition-Notification-To:asAddresses',
  'cc',
  'bcc',
  'replyTo',
  'sentAt',
  'messageId',
  'inReplyTo',
  'references',
  'textBody',
  'htmlBody',
  'attachments',
  'bodyValues',
  'sender',
  'header:List-Id:asText',
  'header:List-Unsubscribe:asURLs',
  'header:List-Unsubscribe-Post:asText',
  'header:Authentication-Results:asText:all',
] as const;
/** Of a text part, shown at once; more is read as its own document. */
const bodyOctetsMax = 512 * 1024;
const bodiesInMemory = 300;
const headsAtOnce = 250;
/** Letters read in one request, and rows in one page of a list. */
const lettersAtOnce = 100;
/** Heads in memory beyond this many make room. */
const headsInMemory = 20_000;
/** Rows of a list's beginning that are there at the next start, usually. */
const windowKept = 200;
/** Rows whose letters are kept with the list. */
const screenKept = 40;
/** Letters that came, of which the heads are read without being asked. */
const arrivalsRead = 50;

export interface ListKey {
  readonly filter: EmailFilter;
  readonly threads: boolean;
  /** Those that were put off and have come back stand before all others. */
  readonly backFirst?: boolean;
}

export interface HeldWindow extends ListKey {
  readonly window: QueryWindow;
  users: number;
}

interface KeptWindow {
  readonly ids: Id[];
  readonly total: number;
  readonly state: string;
  readonly canFollow: boolean;
  readonly screen: {
    readonly state: string;
    readonly heads: readonly EmailHead[];
    readonly threads: readonly (readonly [Id, readonly Id[]])[];
  };
}
interface Kept {
  readonly states: States;
}
interface States {
  readonly Mailbox: string;
  readonly Thread: string;
  readonly Email: string;
}

export interface AccountEars {
  /** Something may look different now. */
  changed(): void;
  arrived(heads: readonly EmailHead[]): void;
}

export class Account {
  readonly id: Id;
  readonly overlay = new Overlay();
  /** Rows of a list's beginning that are there at the next start: more where all letters are brought here. */
  rowsKept = windowKept;
  readonly #client: JmapClient;
  readonly #cache: CacheStore;
  readonly #ears: AccountEars;
  readonly #heads = new Map<Id, EmailHead>();
  readonly #threads = new Map<Id, readonly Id[]>();
  readonly #bodies = new Map<Id, EmailBody>();
  #mailboxes: ReadonlyMap<Id, Mailbox> | null = null;
  #states: States | null = null;
  readonly #windows = new Map<string, HeldWindow>();
  readonly #dirty = new Map<string, CacheWrite>();
  #round: Promise<void> | null = null;
  #again = false;
  #saving: Promise<void> = Promise.resolve();

  constructor(id: Id, client: JmapClient, cache: CacheStore, ears: AccountEars) {
    this.id = id;
    this.#client = client;
    this.#cache = cache;
    this.#ears = ears;
  }

  // --- what is known --------------------------------------------------------------------------------------------------

  get mailboxes(): ReadonlyMap<Id, Mailbox> | null {
    return this.#mailboxes;
  }
  mailboxOf(role: string): Mailbox | null {
    return this.#mailboxes?.values().find((mailbox) => mailbox.role === role) ?? null;
  }
  /** As the server told it. */
  told(id: Id): EmailHead | null {
    return this.#heads.get(id) ?? null;
  }
  /** As it is to be shown: what the person did is counted in. Null: not known, or gone. */
  head(id: Id): EmailHead | null {
    const head = this.#heads.get(id);
    return head ? this.overlay.effective(head) : null;
  }
  /** Ids, oldest first; null: not known. */
  thread(id: Id): readonly Id[] | null {
    return this.#threads.get(id) ?? null;
  }
  body(id: Id): EmailBody | null {
    return this.#bodies.get(id) ?? null;
  }
  /** Letter, conversation and its letters are there. */
  isRowKnown(id: Id): boolean {
    const head = this.#heads.get(id);
    return head !== undefined && (this.#threads.get(head.threadId)?.every((member) => this.#heads.has(member)) ?? false);
  }

  // --- from the device ------------------------------------------------------------------------------------------------

  /** What was kept at the end of the last time. */
  async load(): Promise<void> {
    const [facts] = await this.#cache.read('facts', [`account/${this.id}`]);
    const [mailboxes] = await this.#cache.read('mailboxes', [this.id]);
    if (facts === undefined || mailboxes === undefined) return;
    this.#states = (facts as Kept).states;
    this.#mailboxes = new Map((mailboxes as Mailbox[]).map((mailbox) => [mailbox.id, mailbox]));
  }

  async #fromCache<T>(table: Table, ids: readonly Id[], into: Map<Id, T>): Promise<void> {
    const missing = ids.filter((id) => !into.has(id));
    if (missing.length === 0) return;
    const values = await this.#cache.read(
      table,
      missing.map((id) => `${this.id}/${id}`),
    );
    missing.forEach((id, index) => {
      if (values[index] !== undefined && !into.has(id)) into.set(id, values[index] as T);
    });
  }

  #keep(table: Table, id: Id, value: unknown): void {
    const key = `${this.id}/${id}`;
    this.#dirty.set(`${table}/${key}`, { table, key, value });
  }

  /** One transaction: objects and the states to which they belong. */
  save(): Promise<void> {
    const writes = [...this.#dirty.values()];
    this.#dirty.clear();
    if (this.#states && this.#mailboxes) {
      writes.push({ table: 'facts', key: `account/${this.id}`, value: { states: this.#states } satisfies Kept });
      writes.push({ table: 'mailboxes', key: this.id, value: [...this.#mailboxes.values()] });
    }
    for (const [key, { window }] of this.#windows) {
      if (window.state === null || window.total === null || window.state === keptState) continue;
      const ids = window.beginning(this.rowsKept);
      const value: KeptWindow = {
        ids,
        total: window.total,
        state: window.state,
        canFollow: window.canFollow,
        screen: this.#firstScreen(ids),
      };
      writes.push({ table: 'windows', key: `${this.id}/${key}`, value });
    }
    // A device that keeps nothing more is no reason to stop: all is at the server.
    this.#saving = this.#saving.then(() => this.#cache.write(writes)).catch(() => undefined);
    return this.#saving;
  }

  // --- lists in use ---------------------------------------------------------------------------------------------------

  /** Release it with `closeWindow`. */
  async openWindow(key: ListKey): Promise<HeldWindow> {
    const name = JSON.stringify([key.filter, key.threads, ...(key.backFirst ? ['back'] : [])]);
    let held = this.#windows.get(name);
    if (!held) {
      this.#windows.set(name, (held = { ...key, window: new QueryWindow(), users: 0 }));
      const [kept] = await this.#cache.read('windows', [`${this.id}/${name}`]);
      const { window } = held;
      if (kept !== undefined && window.state === null) {
        const { ids, total, state, canFollow, screen } = kept as KeptWindow;
        this.#takeScreen(screen);
        window.restore(ids, total, state, canFollow);
        // Kept from another time: what happened since has to be asked for.
        void this.sync().catch(() => undefined);
      }
    }
    held.users += 1;
    return held;
  }

  /** What the first rows show, in one piece: at the next start they are there after one reading, not after one for each letter. */
  #firstScreen(ids: readonly (Id | null)[]): KeptWindow['screen'] {
    const heads = new Map<Id, EmailHead>();
    const threads: [Id, readonly Id[]][] = [];
    for (const id of ids.slice(0, screenKept)) {
      if (id === null || !this.isRowKnown(id)) break;
      const { threadId } = this.#heads.get(id)!;
      const members = this.#threads.get(threadId)!;
      threads.push([threadId, members]);
      for (const member of [id, ...members]) heads.set(member, this.#heads.get(member)!);
      if (heads.size > 2 * screenKept) break;
    }
    return { state: this.#states?.Email ?? '', heads: [...heads.values()], threads };
  }

  /** True only for letters of the state at which we stand: what changed since is in the tables, and told to nobody again. */
  #takeScreen(screen: KeptWindow['screen'] | undefined): void {
    if (!screen || screen.state !== this.#states?.Email) return;
    for (const head of screen.heads) if (!this.#heads.has(head.id)) this.#heads.set(head.id, head);
    for (const [id, members] of screen.threads) if (!this.#threads.has(id)) this.#threads.set(id, members);
  }

  closeWindow(held: HeldWindow): void {
    held.users -= 1;
    // The five last ones stay, for going back.
    const idle = [...this.#windows].filter(([, { users }]) => users === 0);
    for (const [name] of idle.slice(0, Math.max(0, idle.length - 5))) this.#windows.delete(name);
  }

  /** Reads a part of a list with all that its rows show, in one request. */
  async readPage(held: HeldWindow, position: number, limit: number): Promise<void> {
    for (let tries = 0; tries < 3; tries++) {
      const reply = await this.#client.request([
        [
          'Email/query',
          {
            accountId: this.id,
            filter: held.filter as unknown as JsonObject,
            sort: sortOf(held),
            collapseThreads: held.threads,
            position,
            limit: Math.min(limit, lettersAtOnce),
            calculateTotal: true,
          },
          'q',
        ],
        ...this.#rowCalls({ '#ids': from('q', 'Email/query', '/ids') }),
      ]);
      const answer = reply.get('Email/query', 'q');
      this.#takeRows(reply);
      if (held.window.place(answer)) break;
      await this.sync();
      if (tries === 1) held.window.forget();
    }
    this.#ears.changed();
    void this.save();
  }

  /** Without a network: fills the list with what this device has kept of it, newest first; asked anew when the server is there again. */
  async findKept(held: HeldWindow, matches: (letter: KeptLetter) => boolean): Promise<void> {
    const mine = `${this.id}/`;
    const bodies = new Map((await this.#cache.all('bodies')).map(({ key, value }) => [key, value as EmailBody]));
    const heads = new Map<Id, EmailHead>();
    for (const { key, value } of await this.#cache.all('heads'))
      if (key.startsWith(mine)) heads.set(key.slice(mine.length), value as EmailHead);
    for (const [id, head] of this.#heads) heads.set(id, head);
    const found: EmailHead[] = [];
    for (const told of heads.values()) {
      const head = this.overlay.effective(told);
      const body = bodies.get(`${mine}${told.id}`) ?? this.#bodies.get(told.id);
      const text = body
        ? Object.values(body.bodyValues)
            .map(({ value }) => value)
            .join('\n')
        : '';
      if (head && matches({ head, cc: body?.cc ?? null, bcc: body?.bcc ?? null, body: text })) found.push(told);
    }
    found.sort((a, b) => (a.receivedAt < b.receivedAt ? 1 : a.receivedAt > b.receivedAt ? -1 : 0));
    const threads = new Set<Id>();
    const ids: Id[] = [];
    for (const head of found) {
      if (held.threads && threads.has(head.threadId)) continue;
      threads.add(head.threadId);
      ids.push(head.id);
      this.#heads.set(head.id, head);
      // Of a conversation of which only this is known, this is shown.
      if (!this.#threads.has(head.threadId)) await this.#fromCache('threads', [head.threadId], this.#threads);
    }
    held.window.restore(ids, ids.length, keptState, false);
    this.#ears.changed();
  }

  /** Heads, conversations and the conversations' heads of these letters: from the device, else from the server. */
  async needRows(ids: readonly Id[]): Promise<void> {
    await this.#fromCache('heads', ids, this.#heads);
    const threadIds = [...new Set(ids.flatMap((id) => this.#heads.get(id)?.threadId ?? []))];
    await this.#fromCache('threads', threadIds, this.#threads);
    await this.#fromCache(
      'heads',
      threadIds.flatMap((id) => this.#threads.get(id) ?? []),
      this.#heads,
    );
    const missing = ids.filter((id) => !this.isRowKnown(id));
    this.#ears.changed();
    for (let at = 0; at < missing.length; at += lettersAtOnce) {
      this.#takeRows(await this.#client.request(this.#rowCalls({ ids: missing.slice(at, at + lettersAtOnce) })));
      this.#ears.changed();
      void this.save();
    }
  }

  #rowCalls(ids: JsonObject): Call[] {
    const properties = [...headProperties];
    return [
      ['Email/get', { accountId: this.id, ...ids, properties }, 'h'],
      ['Thread/get', { accountId: this.id, '#ids': from('h', 'Email/get', '/list/*/threadId') }, 't'],
      ['Email/get', { accountId: this.id, '#ids': from('t', 'Thread/get', '/list/*/emailIds'), properties }, 'm'],
    ];
  }

  #takeRows(reply: Reply): void {
    for (const head of reply.get('Email/get', 'h').list) this.#takeHead(head);
    // A page of very long conversations may be too much at once; then the rows are shown without what the conversations add.
    for (const head of reply.find('Email/get', 'm')?.list ?? []) this.#takeHead(head);
    for (const thread of reply.find('Thread/get', 't')?.list ?? []) this.#takeThread(thread);
  }

  #takeHead(head: EmailHead): void {
    this.#heads.delete(head.id);
    this.#heads.set(head.id, head);
    this.#keep('heads', head.id, head);
    if (this.#heads.size > headsInMemory) this.#heads.delete(this.#heads.keys().next().value!);
  }

  #takeThread(thread: Thread): void {
    this.#threads.set(thread.id, thread.emailIds);
    this.#keep('threads', thread.id, thread.emailIds);
  }

  // --- a conversation -------------------------------------------------------------------------------------------------

  /** The letters of a conversation without their texts. @throws EngineTrouble; what the device has is there even then. */
  async needThread(threadId: Id): Promise<void> {
    await this.#fromCache('threads', [threadId], this.#threads);
    let ids = this.#threads.get(threadId) ?? [];
    await this.#fromCache('heads', ids, this.#heads);
    this.#ears.changed();
    if (ids.length === 0 || ids.some((id) => !this.#heads.has(id))) {
      const reply = await this.#client.request([
        ['Thread/get', { accountId: this.id, ids: [threadId] }, 't'],
        ['Email/get', { accountId: this.id, '#ids': from('t', 'Thread/get', '/list/*/emailIds'), properties: [...headProperties] }, 'm'],
      ]);
      const [thread] = reply.get('Thread/get', 't').list;
      for (const head of reply.find('Email/get', 'm')?.list ?? []) this.#takeHead(head);
      this.#takeThread(thread ?? { id: threadId, emailIds: [] });
      ids = thread?.emailIds ?? [];
      // More than the server tells in one answer.
      const missing = ids.filter((id) => !this.#heads.has(id));
      for (let at = 0; at < missing.length; at += headsAtOnce) {
        const args = { accountId: this.id, ids: missing.slice(at, at + headsAtOnce), properties: [...headProperties] };
        for (const head of (await this.#client.request([['Email/get', args, 'm']])).get('Email/get', 'm').list) this.#takeHead(head);
      }
      this.#ears.changed();
    }
  }

  async needBodies(ids: readonly Id[]): Promise<void> {
    const needed = new Set(ids);
    await this.#fromCache('bodies', ids, this.#bodies);
    this.#ears.changed();
    const missing = ids.filter((id) => !this.#bodies.has(id));
    for (let at = 0; at < missing.length; at += 20) {
      const args = { accountId: this.id, ids: missing.slice(at, at + 20), properties: [...bodyProperties] };
      const reply = await this.#client.request([
        ['Email/get', { ...args, fetchTextBodyValues: true, maxBodyValueBytes: bodyOctetsMax }, 'b'],
      ]);
      for (const email of reply.get('Email/get', 'b').list) {
        const body = email as unknown as EmailBody;
        this.#bodies.set(body.id, body);
        this.#keep('bodies', body.id, body);
        // What is open just now stays, however much it is.
        const oldest = this.#bodies.keys().next().value!;
        if (this.#bodies.size > bodiesInMemory && !needed.has(oldest)) this.#bodies.delete(oldest);
      }
      this.#ears.changed();
      void this.save();
    }
  }

  // --- up to date -----------------------------------------------------------------------------------------------------

  /** Brings all that is held to the server's state of now. Asked while a round runs, one more round follows. */
  sync(): Promise<void> {
    this.#again = true;
    this.#round ??= (async () => {
      try {
        while (this.#again) {
          this.#again = false;
          await this.#syncOnce();
        }
      } finally {
        this.#round = null;
      }
    })();
    return this.#round;
  }

  async #syncOnce(): Promise<void> {
    if (!this.#states) await this.#begin();
    else while (this.#states && (await this.#followOnce(this.#states)));
    this.#ears.changed();
    void this.save();
  }

  async #begin(): Promise<void> {
    const accountId = this.id;
    const reply = await this.#client.request([
      ['Mailbox/get', { accountId, ids: null }, 'm'],
      ['Thread/get', { accountId, ids: [] }, 't'],
      ['Email/get', { accountId, ids: [], properties: ['id'] }, 'e'],
    ]);
    const mailboxes = reply.get('Mailbox/get', 'm');
    this.#mailboxes = new Map(mailboxes.list.map((mailbox) => [mailbox.id, mailbox]));
    this.#states = { Mailbox: mailboxes.state, Thread: reply.get('Thread/get', 't').state, Email: reply.get('Email/get', 'e').state };
  }

  /** True: there is more. */
  async #followOnce(states: States): Promise<boolean> {
    const accountId = this.id;
    const windows = [...this.#windows.values()].filter(({ window }) => window.state !== null);
    const followed = windows.filter(({ window }) => window.canFollow);
    const reply = await this.#client.request([
      ['Mailbox/changes', { accountId, sinceState: states.Mailbox }, 'mc'],
      ['Mailbox/get', { accountId, '#ids': from('mc', 'Mailbox/changes', '/created') }, 'm1'],
      [
        'Mailbox/get',
        {
          accountId,
          '#ids': from('mc', 'Mailbox/changes', '/updated'),
          '#properties': from('mc', 'Mailbox/changes', '/updatedProperties'),
        },
        'm2',
      ],
      ['Thread/changes', { accountId, sinceState: states.Thread, maxChanges: 500 }, 'tc'],
      ['Email/changes', { accountId, sinceState: states.Email, maxChanges: 500 }, 'ec'],
      ...followed.map(({ filter, threads, window, backFirst }, index): Call => [
        'Email/queryChanges',
        {
          accountId,
          filter: filter as unknown as JsonObject,
          sort: sortOf({ backFirst: backFirst === true }),
          collapseThreads: threads,
          sinceQueryState: window.state,
          calculateTotal: true,
        },
        `w${index}`,
      ]),
    ]);
    const emails = reply.find('Email/changes', 'ec');
    const threads = reply.find('Thread/changes', 'tc');
    const mailboxes = reply.find('Mailbox/changes', 'mc');
    if (!emails || !threads || !mailboxes) {
      await this.#startOver();
      return false;
    }
    const rows = await this.#readChanged(emails, threads);

    // From here to the end nothing waits: all at one moment.
    if (rows) this.#takeRows(rows);
    this.#drop(emails, threads, rows);
    this.#mailboxes = mergeMailboxes(this.#mailboxes ?? new Map(), mailboxes, reply);
    for (const [index, { window }] of followed.entries()) {
      const answer = reply.find('Email/queryChanges', `w${index}`);
      if (!answer || !window.follow(answer)) window.forget();
    }
    for (const { window } of windows) if (window.state === keptState) window.forget();
    for (const { window } of windows) if (!window.canFollow && emails.newState !== emails.oldState) window.forget();
    this.#states = { Mailbox: mailboxes.newState, Thread: threads.newState, Email: emails.newState };
    const inbox = this.mailboxOf('inbox')?.id;
    const arrived = emails.created
      .flatMap((id) => this.#heads.get(id) ?? [])
      .filter((head) => inbox !== undefined && head.mailboxIds[inbox] === true && head.keywords['$seen'] !== true);
    if (arrived.length > 0) this.#ears.arrived(arrived);
    return emails.hasMoreChanges || threads.hasMoreChanges || mailboxes.hasMoreChanges;
  }

  /** Heads of letters that came or changed and are held, with their conversations. Null: none. */
  async #readChanged(emails: ChangesAnswer, threads: ChangesAnswer): Promise<Reply | null> {
    await this.#fromCache('heads', emails.updated, this.#heads);
    const changedThreads = new Set(threads.updated);
    await this.#fromCache('threads', threads.updated, this.#threads);
    // A conversation that changed is read again by one of its letters.
    const byThread = [...changedThreads].flatMap((id) => this.#threads.get(id)?.find((member) => !emails.destroyed.includes(member)) ?? []);
    const held = emails.updated.filter((id) => this.#heads.has(id));
    const ids = [...new Set([...emails.created.slice(-arrivalsRead), ...held, ...byThread])];
    if (ids.length === 0) return null;
    // What does not go into one request is dropped from what is held, and read when it is looked at.
    for (const id of ids.slice(lettersAtOnce)) this.#letGo(id);
    return this.#client.request(this.#rowCalls({ ids: ids.slice(0, lettersAtOnce) }));
  }

  #drop(emails: ChangesAnswer, threads: ChangesAnswer, rows: Reply | null): void {
    for (const id of emails.destroyed) {
      this.#letGo(id);
      this.#bodies.delete(id);
      this.#keep('bodies', id, undefined);
    }
    const fresh = new Set(rows?.find('Thread/get', 't')?.list.map(({ id }) => id));
    for (const id of [...threads.updated, ...threads.destroyed]) {
      if (fresh.has(id)) continue;
      this.#threads.delete(id);
      this.#keep('threads', id, undefined);
    }
  }

  #letGo(id: Id): void {
    this.#heads.delete(id);
    this.#keep('heads', id, undefined);
  }

  /** The server does not remember so far back (RFC 8620 §5.2 cannotCalculateChanges): all but the bodies, which never change, is asked for anew. */
  async #startOver(): Promise<void> {
    for (const table of ['heads', 'threads'] as const)
      for (const { key } of await this.#cache.all(table))
        if (key.startsWith(`${this.id}/`)) this.#keep(table, key.slice(this.id.length + 1), undefined);
    this.#heads.clear();
    this.#threads.clear();
    for (const { window } of this.#windows.values()) window.forget();
    this.#states = null;
    await this.#begin();
  }
}

/** State of a list that was looked up here: no server has said it. */
const keptState = 'kept';

/** RFC 8621 §4.4.2. */
function sortOf({ backFirst }: Pick<ListKey, 'backFirst'>): JsonObject[] {
  const newest = { property: 'receivedAt', isAscending: false };
  return backFirst ? [{ property: 'hasKeyword', keyword: backKeyword, isAscending: false }, newest] : [newest];
}

/** RFC 8621 §2.2: of those that only counted differently just the counters come. */
function mergeMailboxes(held: ReadonlyMap<Id, Mailbox>, changes: ChangesAnswer, reply: Reply): ReadonlyMap<Id, Mailbox> {
  const merged = new Map(held);
  for (const id of changes.destroyed) merged.delete(id);
  for (const call of ['m1', 'm2'])
    for (const mailbox of reply.find('Mailbox/get', call)?.list ?? []) merged.set(mailbox.id, { ...merged.get(mailbox.id), ...mailbox });
  return merged;
}

export function isOffline(error: unknown): boolean {
  return error instanceof EngineTrouble && error.trouble.kind === 'offline';
}
