// One account as this device knows it: reads what is missing, brings it up to date, and tells what is to be shown. Joins what is held (holdings.ts), the
// lists in use (held-lists.ts) and what changes (following.ts). Knows RFC 8620 §5 and RFC 8621 §3 and §4; knows no list on screen.
import { EngineTrouble } from './contract.ts';
import type { CacheStore } from './cache/contract.ts';
import { begin, follow, type FollowingParts } from './following.ts';
import { HeldLists, keptState, queryOf, type HeldWindow, type ListKey } from './held-lists.ts';
import { Holdings } from './holdings.ts';
import { from, type JmapClient } from './jmap/client.ts';
import type { EmailBody, EmailHead, Id, Mailbox } from './jmap/objects.ts';
import { Overlay } from './overlay.ts';
import { headProperties, lettersAtOnce, rowCalls, takeRows } from './row-reading.ts';
import type { KeptLetter } from './search-grammar.ts';

export type { HeldWindow } from './held-lists.ts';

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
/** Letters of a long conversation read in one request. */
const headsAtOnce = 250;
/** Texts read in one request. */
const bodiesAtOnce = 20;

export interface AccountEars {
  /** Something may look different now. */
  changed(): void;
  arrived(heads: readonly EmailHead[]): void;
}

export class Account {
  readonly id: Id;
  readonly overlay = new Overlay();
  readonly #client: JmapClient;
  readonly #ears: AccountEars;
  readonly #holdings: Holdings;
  readonly #lists: HeldLists;
  readonly #following: FollowingParts;
  #round: Promise<void> | null = null;
  #again = false;

  constructor(id: Id, client: JmapClient, cache: CacheStore, ears: AccountEars) {
    this.id = id;
    this.#client = client;
    this.#ears = ears;
    this.#holdings = new Holdings(id, cache);
    this.#lists = new HeldLists(this.#holdings, cache);
    this.#following = { client, holdings: this.#holdings, lists: this.#lists };
  }

  // --- what is known --------------------------------------------------------------------------------------------------

  get mailboxes(): ReadonlyMap<Id, Mailbox> | null {
    return this.#holdings.mailboxes;
  }
  mailboxOf(role: string): Mailbox | null {
    return this.mailboxes?.values().find((mailbox) => mailbox.role === role) ?? null;
  }
  /** As the server told it. */
  told(id: Id): EmailHead | null {
    return this.#holdings.heads.get(id) ?? null;
  }
  /** As it is to be shown: what the person did is counted in. Null: not known, or gone. */
  head(id: Id): EmailHead | null {
    const head = this.#holdings.heads.get(id);
    return head ? this.overlay.effective(head) : null;
  }
  /** Ids, oldest first; null: not known. */
  thread(id: Id): readonly Id[] | null {
    return this.#holdings.threads.get(id) ?? null;
  }
  body(id: Id): EmailBody | null {
    return this.#holdings.bodies.get(id) ?? null;
  }
  /** Letter, conversation and its letters are there. */
  isRowKnown(id: Id): boolean {
    return this.#holdings.isRowKnown(id);
  }
  /** Rows of a list's beginning that are there at the next start. */
  get rowsKept(): number {
    return this.#lists.rowsKept;
  }
  set rowsKept(rows: number) {
    if (rows !== this.#lists.rowsKept) this.#lists.note();
    this.#lists.rowsKept = rows;
  }

  // --- the device -----------------------------------------------------------------------------------------------------

  load(): Promise<void> {
    return this.#holdings.load();
  }

  save(): Promise<void> {
    return this.#holdings.save(() => this.#lists.takeWrites());
  }

  // --- lists in use ---------------------------------------------------------------------------------------------------

  /** Release it with `closeWindow`. */
  async openWindow(key: ListKey): Promise<HeldWindow> {
    const { held, isOld } = await this.#lists.open(key);
    if (isOld) void this.sync().catch(() => undefined);
    return held;
  }

  closeWindow(held: HeldWindow): void {
    this.#lists.close(held);
  }

  /** Reads a part of a list with all that its rows show, in one request. */
  async readPage(held: HeldWindow, position: number, limit: number): Promise<void> {
    const isKept = position < this.rowsKept;
    for (let tries = 0; tries < 3; tries++) {
      const reply = await this.#client.request([
        ['Email/query', { accountId: this.id, ...queryOf(held), position, limit: Math.min(limit, lettersAtOnce) }, 'q'],
        ...rowCalls(this.id, { '#ids': from('q', 'Email/query', '/ids') }),
      ]);
      const answer = reply.get('Email/query', 'q');
      takeRows(this.#holdings, reply, isKept);
      if (held.window.place(answer)) break;
      await this.sync();
      if (tries === 1) held.window.forget();
    }
    if (isKept) this.#lists.note(held);
    this.#ears.changed();
    void this.save();
  }

  /**
   * Without a network: fills the list with what this device has kept of it, newest first; asked anew when the server is there again. The texts go by one
   * after the other, as all of them at once may be more than a device can hold. `isWanted`: false stops it, and nothing is filled.
   */
  async findKept(held: HeldWindow, matches: (letter: KeptLetter) => boolean, isWanted: () => boolean): Promise<void> {
    const heads = new Map<Id, EmailHead>();
    const found: EmailHead[] = [];
    const look = (told: EmailHead, body: EmailBody | null): void => {
      const head = this.overlay.effective(told);
      const values = Object.values(body?.bodyValues ?? {}).map(({ value }) => value);
      if (head && matches({ head, cc: body?.cc ?? null, bcc: body?.bcc ?? null, body: values.join('\n') })) found.push(told);
    };
    await this.#holdings.each('heads', (id, head) => {
      heads.set(id, head);
      return isWanted();
    });
    await this.#holdings.each('bodies', (id, body) => {
      const head = heads.get(id);
      if (head) look(head, body);
      heads.delete(id);
      return isWanted();
    });
    if (!isWanted()) return;
    for (const head of heads.values()) look(head, null);
    found.sort((a, b) => (a.receivedAt < b.receivedAt ? 1 : a.receivedAt > b.receivedAt ? -1 : 0));
    const rows = held.threads ? [...Map.groupBy(found, ({ threadId }) => threadId).values()].map(([newest]) => newest!) : found;
    held.window.restore(
      rows.map(({ id }) => id),
      rows.length,
      keptState,
      false,
    );
    this.#ears.changed();
  }

  /** Heads, conversations and the conversations' heads of these letters: from the device, else from the server. */
  async needRows(ids: readonly Id[]): Promise<void> {
    const holdings = this.#holdings;
    await holdings.fetch('heads', ids);
    const threadIds = [...new Set(ids.flatMap((id) => holdings.heads.get(id)?.threadId ?? []))];
    await holdings.fetch('threads', threadIds);
    await holdings.fetch(
      'heads',
      threadIds.flatMap((id) => holdings.threads.get(id) ?? []),
    );
    const missing = ids.filter((id) => !this.isRowKnown(id));
    this.#ears.changed();
    for (let at = 0; at < missing.length; at += lettersAtOnce) {
      takeRows(holdings, await this.#client.request(rowCalls(this.id, { ids: missing.slice(at, at + lettersAtOnce) })), true);
      this.#lists.note();
      this.#ears.changed();
      void this.save();
    }
  }

  // --- a conversation -------------------------------------------------------------------------------------------------

  /** The letters of a conversation without their texts. @throws EngineTrouble; what the device has is there even then. */
  async needThread(threadId: Id): Promise<void> {
    const holdings = this.#holdings;
    await holdings.fetch('threads', [threadId]);
    let ids = holdings.threads.get(threadId) ?? [];
    await holdings.fetch('heads', ids);
    this.#ears.changed();
    if (ids.length === 0 || ids.some((id) => !holdings.heads.has(id))) {
      const reply = await this.#client.request([
        ['Thread/get', { accountId: this.id, ids: [threadId] }, 't'],
        ['Email/get', { accountId: this.id, '#ids': from('t', 'Thread/get', '/list/*/emailIds'), properties: [...headProperties] }, 'm'],
      ]);
      const [thread] = reply.get('Thread/get', 't').list;
      for (const head of reply.find('Email/get', 'm')?.list ?? []) holdings.takeHead(head, true);
      holdings.takeThread(thread ?? { id: threadId, emailIds: [] }, true);
      ids = thread?.emailIds ?? [];
      // More than the server tells in one answer.
      const missing = ids.filter((id) => !holdings.heads.has(id));
      for (let at = 0; at < missing.length; at += headsAtOnce) {
        const args = { accountId: this.id, ids: missing.slice(at, at + headsAtOnce), properties: [...headProperties] };
        for (const head of (await this.#client.request([['Email/get', args, 'm']])).get('Email/get', 'm').list)
          holdings.takeHead(head, true);
      }
      this.#ears.changed();
    }
  }

  async needBodies(ids: readonly Id[]): Promise<void> {
    const needed = new Set(ids);
    await this.#holdings.fetch('bodies', ids);
    this.#ears.changed();
    const missing = ids.filter((id) => !this.#holdings.bodies.has(id));
    for (let at = 0; at < missing.length; at += bodiesAtOnce) {
      const args = { accountId: this.id, ids: missing.slice(at, at + bodiesAtOnce), properties: [...bodyProperties] };
      const reply = await this.#client.request([
        ['Email/get', { ...args, fetchTextBodyValues: true, maxBodyValueBytes: bodyOctetsMax }, 'b'],
      ]);
      for (const email of reply.get('Email/get', 'b').list) this.#holdings.takeBody(email as unknown as EmailBody, needed);
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
    if (!this.#holdings.states) await begin(this.#following);
    else while (this.#holdings.states && (await this.#followOnce()));
    this.#ears.changed();
    void this.save();
  }

  /** True: there is more. */
  async #followOnce(): Promise<boolean> {
    const { hasMore, created } = await follow(this.#following, this.#holdings.states!);
    const inbox = this.mailboxOf('inbox')?.id;
    const arrived = created.filter((head) => inbox !== undefined && head.mailboxIds[inbox] === true && head.keywords['$seen'] !== true);
    if (arrived.length > 0) this.#ears.arrived(arrived);
    return hasMore;
  }
}

export function isOffline(error: unknown): boolean {
  return error instanceof EngineTrouble && error.trouble.kind === 'offline';
}
