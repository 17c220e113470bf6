// A small post office in memory that speaks the JMAP which the app asks: for the engine's tests and for looking at the pages with 100,000
// letters. Knows RFC 8620 §5 and of RFC 8621 what the engine uses; keeps nothing, sends nothing. The real one is src/protocol/jmap.
import type { EmailFilter, EmailHead, Id, Json, JsonObject, Mailbox, PatchObject } from '../src/engine/jmap/objects.ts';
import { tayoriCapability } from '../src/engine/contract.ts';
import { patchHead } from '../src/engine/overlay.ts';
import { applied } from '../src/engine/preferences.ts';

type Invocation = readonly [name: string, args: JsonObject, id: string];
type Writable<T> = { -readonly [K in keyof T]: T[K] };

export interface Letter extends Writable<EmailHead> {
  readonly text: string;
  readonly html: string | null;
  readonly messageId: string;
  readonly attachments: readonly JsonObject[];
}

interface Logged {
  readonly seq: number;
  readonly type: 'Email' | 'Thread' | 'Mailbox';
  readonly id: Id;
  readonly kind: 'created' | 'updated' | 'destroyed';
}

export class Office {
  readonly accountId: Id;
  readonly username: string;
  readonly letters = new Map<Id, Letter>();
  /** Letters whose text somebody has asked for. */
  readonly textsAsked = new Set<Id>();
  readonly mailboxes = new Map<Id, Writable<Mailbox>>();
  readonly submissions: JsonObject[] = [];
  /** The one Settings object (docs/jmap.md). */
  settings: JsonObject = { id: 'singleton', theme: 'system', imageSenders: {} };
  /** Told after each change, as a StateChange. */
  readonly ears = new Set<(change: JsonObject) => void>();
  /** Refuses these letters, to see what an app does then. */
  readonly refuses = new Set<Id>();
  /** Methods that answer with this error, `isDone`: although they have done their work. */
  readonly failing = new Map<string, { readonly type: string; readonly isDone?: boolean }>();
  /** Requests that came. */
  requests = 0;
  #seq = 1;
  #log: Logged[] = [];
  #floor = 1;
  #sorted: Letter[] | null = null;
  readonly #threads = new Map<Id, Id[]>();
  readonly #results = new Map<string, readonly Id[]>();

  constructor(accountId: Id, username: string) {
    this.accountId = accountId;
    this.username = username;
    const names = { inbox: 'Inbox', drafts: 'Drafts', sent: 'Sent', archive: 'Archive', junk: 'Junk', trash: 'Trash' } as const;
    for (const [index, [role, name]] of Object.entries(names).entries())
      this.addMailbox(`F${index + 1}`, name, role as Mailbox['role'], null);
  }

  addMailbox(id: Id, name: string, role: Mailbox['role'], parentId: Id | null): void {
    const rights = { mayAddItems: true, mayDelete: role === null, mayRename: role === null };
    this.mailboxes.set(id, {
      id,
      name,
      role,
      parentId,
      sortOrder: 0,
      totalEmails: 0,
      unreadEmails: 0,
      totalThreads: 0,
      unreadThreads: 0,
      isSubscribed: true,
      myRights: rights,
    });
    this.#note('Mailbox', id, 'created');
  }

  get session(): JsonObject {
    const mine = { [core]: {}, [mail]: {}, [submission]: { maxDelayedSend: 86_400 } };
    return {
      username: this.username,
      accounts: { [this.accountId]: { name: this.username, isPersonal: true, isReadOnly: false, accountCapabilities: mine } },
      primaryAccounts: { [mail]: this.accountId, [tayoriCapability]: this.accountId },
      capabilities: {
        [core]: { maxObjectsInSet: 500, maxConcurrentRequests: 4 },
        [mail]: {},
        [submission]: {},
        'urn:ietf:params:jmap:websocket': { url: '/jmap/ws', supportsPush: true },
      },
      apiUrl: '/jmap/api',
      uploadUrl: '/jmap/upload/{accountId}',
      downloadUrl: '/jmap/download/{accountId}/{blobId}/{name}?type={type}',
      eventSourceUrl: '/jmap/events?types={types}&closeafter={closeafter}&ping={ping}',
      state: 's1',
    };
  }

  add(letter: Letter): void {
    this.letters.set(letter.id, letter);
    const members = this.#threads.get(letter.threadId) ?? [];
    this.#note('Thread', letter.threadId, members.length === 0 ? 'created' : 'updated');
    members.push(letter.id);
    members.sort((a, b) => this.letters.get(a)!.receivedAt.localeCompare(this.letters.get(b)!.receivedAt));
    this.#threads.set(letter.threadId, members);
    this.#count(letter, 1);
    this.#note('Email', letter.id, 'created');
  }

  update(id: Id, patch: PatchObject): void {
    const letter = this.letters.get(id)!;
    this.#count(letter, -1);
    const { keywords, mailboxIds } = patchHead(letter, patch);
    Object.assign(letter, { keywords, mailboxIds });
    this.#count(letter, 1);
    this.#note('Email', id, 'updated');
  }

  destroy(id: Id): void {
    const letter = this.letters.get(id)!;
    this.#count(letter, -1);
    this.letters.delete(id);
    const left = this.#threads.get(letter.threadId)!.filter((member) => member !== id);
    if (left.length === 0) this.#threads.delete(letter.threadId);
    else this.#threads.set(letter.threadId, left);
    this.#note('Thread', letter.threadId, left.length === 0 ? 'destroyed' : 'updated');
    this.#note('Email', id, 'destroyed');
  }

  /** Forgets what happened until now: whoever asks from before hears cannotCalculateChanges. */
  forgetPast(): void {
    this.#floor = this.#seq;
    this.#log = [];
    this.#results.clear();
  }

  /** RFC 8620 §7.1. */
  announce(): void {
    const state = String(this.#seq);
    const change = { '@type': 'StateChange', changed: { [this.accountId]: { Email: state, Thread: state, Mailbox: state } } };
    for (const heard of this.ears) heard(change);
  }

  request(body: JsonObject): JsonObject {
    this.requests += 1;
    const answers: Invocation[] = [];
    const created = new Map<Id, Id>();
    for (const [name, args, id] of body['methodCalls'] as unknown as readonly Invocation[]) {
      try {
        const resolved = resolve(args, answers);
        const method = this.#methods[name];
        if (!method) throw new Problem('unknownMethod');
        const failure = this.failing.get(name);
        if (failure && failure.isDone !== true) throw new Problem(failure.type);
        const done = method(resolved, created);
        if (failure) throw new Problem(failure.type);
        for (const answer of done) answers.push([answer[0], answer[1], id]);
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        answers.push(['error', { type: error.message }, id]);
      }
    }
    return { methodResponses: answers as unknown as Json, sessionState: 's1' };
  }

  readonly #methods: Record<string, (args: JsonObject, created: Map<Id, Id>) => (readonly [string, JsonObject])[]> = {
    'Mailbox/get': (args) => [['Mailbox/get', this.#get(args, this.mailboxes as ReadonlyMap<Id, object>)]],
    'Mailbox/changes': (args) => [['Mailbox/changes', { ...this.#changes('Mailbox', args), updatedProperties: null }]],
    'Mailbox/set': (args) => {
      const made: Record<string, Json> = {};
      for (const [key, value] of Object.entries((args['create'] ?? {}) as Record<string, JsonObject>)) {
        const id = `F${this.mailboxes.size + 100}`;
        this.addMailbox(id, String(value['name']), null, (value['parentId'] as Id | null) ?? null);
        made[key] = { id };
      }
      return [['Mailbox/set', this.#set({ created: made })]];
    },
    'Thread/get': (args) => {
      const wanted = args['ids'] as readonly Id[];
      const threads = new Map(wanted.flatMap((id) => (this.#threads.has(id) ? [[id, { id, emailIds: [...this.#threads.get(id)!] }]] : [])));
      return [['Thread/get', this.#get(args, threads)]];
    },
    'Thread/changes': (args) => [['Thread/changes', this.#changes('Thread', args)]],
    'Email/get': (args) => {
      const wanted = new Set(args['properties'] as readonly string[] | undefined);
      const bodies = wanted.has('bodyValues');
      if (bodies) for (const id of args['ids'] as readonly Id[]) this.textsAsked.add(id);
      const found = new Map(
        (args['ids'] as readonly Id[]).flatMap((id) => (this.letters.has(id) ? [[id, this.#email(this.letters.get(id)!, bodies)]] : [])),
      );
      return [['Email/get', this.#get(args, found)]];
    },
    'Email/changes': (args) => [['Email/changes', this.#changes('Email', args)]],
    'Email/query': (args) => {
      const ids = this.#result(args);
      const position = Number(args['position'] ?? 0);
      const state = String(this.#seq);
      const answer = { accountId: this.accountId, queryState: state, canCalculateChanges: true, position, total: ids.length };
      return [['Email/query', { ...answer, ids: ids.slice(position, position + Number(args['limit'] ?? 100)) }]];
    },
    'Email/queryChanges': (args) => {
      const before = this.#results.get(`${String(args['sinceQueryState'])} ${keyOf(args)}`);
      if (!before) throw new Problem('cannotCalculateChanges');
      const now = this.#result(args);
      const [old, fresh] = [new Set(before), new Set(now)];
      return [
        [
          'Email/queryChanges',
          {
            accountId: this.accountId,
            oldQueryState: String(args['sinceQueryState']),
            newQueryState: String(this.#seq),
            total: now.length,
            removed: before.filter((id) => !fresh.has(id)),
            added: now.flatMap((id, index) => (old.has(id) ? [] : [{ id, index }])),
          },
        ],
      ];
    },
    'Email/set': (args, created) => {
      const answer: Record<string, Record<string, Json>> = { created: {}, updated: {}, notUpdated: {} };
      for (const [key, value] of Object.entries((args['create'] ?? {}) as Record<string, JsonObject>)) {
        const id = `M${1_000_000 + this.#seq}`;
        this.add(fromCreation(id, value));
        created.set(key, id);
        answer['created']![key] = { id, threadId: `T${id.slice(1)}`, blobId: `B${id.slice(1)}`, size: 1000 };
      }
      for (const [id, patch] of Object.entries((args['update'] ?? {}) as Record<string, PatchObject>)) {
        if (this.refuses.has(id)) answer['notUpdated']![id] = { type: 'forbidden' };
        else if (this.letters.has(id)) {
          this.update(id, patch);
          answer['updated']![id] = null;
        } else answer['notUpdated']![id] = { type: 'notFound' };
      }
      const destroyed = ((args['destroy'] ?? []) as readonly Id[]).filter((id) => this.letters.has(id));
      for (const id of destroyed) this.destroy(id);
      return [['Email/set', this.#set({ ...answer, destroyed })]];
    },
    'SearchSnippet/get': (args) => [
      [
        'SearchSnippet/get',
        {
          accountId: this.accountId,
          list: (args['emailIds'] as readonly Id[]).map((emailId) => ({ emailId, subject: null, preview: null })),
          notFound: null,
        },
      ],
    ],
    'Settings/get': () => [['Settings/get', { accountId: this.accountId, state: '1', list: [this.settings], notFound: [] }]],
    'Settings/set': (args) => {
      const patch = (args['update'] as JsonObject)['singleton'] as PatchObject;
      if (patch['theme'] === 'none') return [['Settings/set', { updated: null, notUpdated: { singleton: { type: 'invalidProperties' } } }]];
      this.settings = applied(this.settings, patch);
      for (const heard of this.ears) heard({ '@type': 'StateChange', changed: { [this.accountId]: { Settings: String(++this.#seq) } } });
      return [['Settings/set', { updated: { singleton: null } }]];
    },
    'Identity/get': () => [
      [
        'Identity/get',
        {
          accountId: this.accountId,
          state: '1',
          list: [
            { id: 'I1', name: '', email: this.username, replyTo: null, bcc: null, textSignature: '', htmlSignature: '', mayDelete: false },
          ],
          notFound: [],
        },
      ],
    ],
    'EmailSubmission/query': (args) => {
      const ids = ((args['filter'] as JsonObject)['emailIds'] ?? []) as readonly Id[];
      const found = this.submissions.filter(({ emailId }) => ids.includes(String(emailId))).map(({ id }) => id ?? null);
      return [
        ['EmailSubmission/query', { accountId: this.accountId, queryState: '1', canCalculateChanges: false, position: 0, ids: found }],
      ];
    },
    'EmailSubmission/get': (args) => {
      const made = new Map(this.submissions.map((one) => [String(one['id']), { ...one, sendAt: '2026-01-01T00:00:20Z' }]));
      return [['EmailSubmission/get', this.#get(args, made)]];
    },
    'EmailSubmission/set': (args, created) => {
      const made: Record<string, Json> = {};
      const updates = args['onSuccessUpdateEmail'] as Record<string, PatchObject> | undefined;
      for (const [key, value] of Object.entries((args['create'] ?? {}) as Record<string, JsonObject>)) {
        const emailId = created.get(String(value['emailId']).slice(1)) ?? String(value['emailId']);
        const id = `S${this.submissions.length + 1}`;
        this.submissions.push({ id, emailId, envelope: value['envelope'] ?? null });
        made[key] = { id, sendAt: '2026-01-01T00:00:20Z', undoStatus: 'pending' };
        if (updates?.[`#${key}`]) this.update(emailId, updates[`#${key}`]!);
      }
      return [['EmailSubmission/set', this.#set({ created: made })]];
    },
  };

  #set(answer: Record<string, Json>): JsonObject {
    return { accountId: this.accountId, oldState: null, newState: String(this.#seq), ...answer };
  }

  #get(args: JsonObject, objects: ReadonlyMap<Id, object>): JsonObject {
    const ids = (args['ids'] as readonly Id[] | null) ?? [...objects.keys()];
    const list = [...new Set(ids)].flatMap((id) => (objects.get(id) as unknown as JsonObject | undefined) ?? []);
    return { accountId: this.accountId, state: String(this.#seq), list, notFound: ids.filter((id) => !objects.has(id)) };
  }

  #changes(type: Logged['type'], args: JsonObject): JsonObject {
    const since = Number(args['sinceState']);
    if (since < this.#floor) throw new Problem('cannotCalculateChanges');
    const first = new Map<Id, Logged['kind']>();
    const last = new Map<Id, Logged['kind']>();
    for (const { seq, type: kind, id, kind: what } of this.#log) {
      if (kind !== type || seq <= since) continue;
      if (!first.has(id)) first.set(id, what);
      last.set(id, what);
    }
    const lists: Record<Logged['kind'], Id[]> = { created: [], updated: [], destroyed: [] };
    for (const [id, what] of last) {
      const isNew = first.get(id) === 'created';
      if (what === 'destroyed') {
        if (!isNew) lists.destroyed.push(id);
      } else lists[isNew ? 'created' : 'updated'].push(id);
    }
    return { accountId: this.accountId, oldState: String(since), newState: String(this.#seq), hasMoreChanges: false, ...lists };
  }

  #result(args: JsonObject): readonly Id[] {
    const key = `${this.#seq} ${keyOf(args)}`;
    const known = this.#results.get(key);
    if (known) return known;
    this.#sorted ??= [...this.letters.values()].toSorted((a, b) =>
      a.receivedAt === b.receivedAt ? 0 : a.receivedAt < b.receivedAt ? 1 : -1,
    );
    const seen = new Set<Id>();
    const ids: Id[] = [];
    for (const letter of this.#sorted) {
      if (!matches(letter, (args['filter'] ?? {}) as unknown as EmailFilter)) continue;
      if (args['collapseThreads'] === true) {
        if (seen.has(letter.threadId)) continue;
        seen.add(letter.threadId);
      }
      ids.push(letter.id);
    }
    this.#results.set(key, ids);
    if (this.#results.size > 200) this.#results.delete(this.#results.keys().next().value!);
    return ids;
  }

  #email(letter: Letter, bodies: boolean): object {
    const { text, html, messageId, attachments, ...head } = letter;
    if (!bodies) return head;
    const part = (partId: string, type: string, size: number): JsonObject => ({
      partId,
      blobId: `B${letter.id.slice(1)}-${partId}`,
      size,
      name: null,
      type,
      charset: 'utf-8',
      disposition: null,
      cid: null,
    });
    const textPart = part('1', 'text/plain', text.length);
    const values = { '1': { value: text, isTruncated: false, isEncodingProblem: false } };
    return {
      id: letter.id,
      blobId: `B${letter.id.slice(1)}`,
      cc: null,
      bcc: null,
      replyTo: null,
      sentAt: letter.receivedAt,
      messageId: [messageId],
      inReplyTo: null,
      references: null,
      textBody: [textPart],
      htmlBody: [html === null ? textPart : part('2', 'text/html', html.length)],
      attachments,
      bodyValues: values,
    };
  }

  #count({ mailboxIds, keywords }: Letter, sign: 1 | -1): void {
    for (const id of Object.keys(mailboxIds)) {
      const mailbox = this.mailboxes.get(id);
      if (!mailbox) continue;
      mailbox.totalEmails += sign;
      if (keywords['$seen'] !== true) mailbox.unreadEmails += sign;
      this.#note('Mailbox', id, 'updated');
    }
  }

  #note(type: Logged['type'], id: Id, kind: Logged['kind']): void {
    this.#seq += 1;
    if (type === 'Email') this.#sorted = null;
    this.#log.push({ seq: this.#seq, type, id, kind });
  }
}

const core = 'urn:ietf:params:jmap:core';
const mail = 'urn:ietf:params:jmap:mail';
const submission = 'urn:ietf:params:jmap:submission';

class Problem extends Error {}

function keyOf(args: JsonObject): string {
  return JSON.stringify([args['filter'] ?? null, args['collapseThreads'] ?? false]);
}

function matches(letter: Letter, filter: EmailFilter): boolean {
  if ('operator' in filter) {
    const met = filter.conditions.map((condition) => matches(letter, condition));
    return filter.operator === 'AND' ? met.every(Boolean) : filter.operator === 'OR' ? met.some(Boolean) : !met.some(Boolean);
  }
  const text = filter.text === undefined ? undefined : unquote(filter.text);
  const holds = (value: string | null | undefined, wanted: string | undefined): boolean =>
    wanted === undefined || (value ?? '').toLowerCase().includes(unquote(wanted));
  return (
    (filter.inMailbox === undefined || letter.mailboxIds[filter.inMailbox] === true) &&
    (filter.hasKeyword === undefined || letter.keywords[filter.hasKeyword] === true) &&
    (filter.notKeyword === undefined || letter.keywords[filter.notKeyword] !== true) &&
    holds(letter.subject, filter.subject) &&
    holds(letter.from?.map(({ name, email }) => `${name ?? ''} ${email}`).join(), filter.from) &&
    (filter.inMailboxOtherThan === undefined || Object.keys(letter.mailboxIds).some((id) => !filter.inMailboxOtherThan!.includes(id))) &&
    (filter.hasAttachment === undefined || letter.hasAttachment === filter.hasAttachment) &&
    (filter.header === undefined || letter.messageId === filter.header[1]) &&
    (text === undefined || `${letter.subject ?? ''} ${letter.text} ${letter.from?.[0]?.name ?? ''}`.toLowerCase().includes(text))
  );
}

function unquote(text: string): string {
  return text.replaceAll(/^"|"$|\\(?=.)/g, '').toLowerCase();
}

function fromCreation(id: Id, value: JsonObject): Letter {
  const values = (value['bodyValues'] ?? {}) as Record<string, { value: string }>;
  const head = value as unknown as Partial<EmailHead> & { readonly messageId?: readonly string[] };
  return {
    id,
    threadId: `T${id.slice(1)}`,
    mailboxIds: head.mailboxIds ?? {},
    keywords: head.keywords ?? {},
    from: head.from ?? null,
    to: head.to ?? null,
    subject: head.subject ?? null,
    receivedAt: new Date().toISOString(),
    size: 1000,
    preview: values['text']?.value.slice(0, 120) ?? '',
    hasAttachment: false,
    text: values['text']?.value ?? '',
    html: values['html']?.value ?? null,
    messageId: head.messageId?.[0] ?? '',
    attachments: [],
  };
}

/** RFC 8620 §3.7. */
function resolve(args: JsonObject, answers: readonly Invocation[]): JsonObject {
  const resolved: Record<string, Json> = {};
  for (const [name, value] of Object.entries(args)) {
    if (!name.startsWith('#')) {
      resolved[name] = value;
      continue;
    }
    const { resultOf, name: method, path } = value as { resultOf: string; name: string; path: string };
    const answer = answers.find((candidate) => candidate[2] === resultOf && candidate[0] === method);
    if (!answer) throw new Problem('invalidResultReference');
    resolved[name.slice(1)] = follow(answer[1], path.split('/').slice(1));
  }
  return resolved;
}

function follow(value: Json, path: readonly string[]): Json {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  if (step === '*') return (value as readonly Json[]).flatMap((member) => follow(member, rest) as Json);
  return follow((value as JsonObject)[step] ?? null, rest);
}
