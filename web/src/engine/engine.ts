// The engine of the mail app: joins the client, the accounts, the lists on screen, the outbox and the undo. Knows what each request and
// each topic of contract.ts is answered with; knows no framework, no DOM, no worker.
import { Account } from './account.ts';
import { deedOf } from './actions.ts';
import type { CacheStore } from './cache/contract.ts';
import {
  tayoriCapability,
  trouble,
  type AccountView,
  type Engine,
  type News,
  type RequestName,
  type Requests,
  type SignInAnswer,
  type StatusView,
  type ThreadView,
  type TopicName,
  type Topics,
  type UndoView,
  type Watch,
} from './contract.ts';
import { draftRows, draftView } from './drafts.ts';
import { Files } from './files.ts';
import { core, JmapClient, mail, submission } from './jmap/client.ts';
import { isOwnAccount, Keeping, keptAtHand } from './keeping.ts';
import { Line, type Changed } from './jmap/line.ts';
import type { Id, Identity, Json, JsonObject, Session } from './jmap/objects.ts';
import { ListView } from './list-view.ts';
import { Outbox } from './outbox.ts';
import type { Change } from './overlay.ts';
import { People } from './people.ts';
import { Preferences } from './preferences.ts';
import { troubleOf } from './port.ts';
import { mailboxViews, sourcesOf } from './rows.ts';
import type { Surroundings } from './surroundings.ts';
import { threadView } from './thread-view.ts';
import { WholeWork } from './whole.ts';
import * as writing from './writing.ts';

/** What is kept of heads, conversations and opened letters on this device. */
const kept = { heads: 30_000, threads: 30_000, bodies: keptAtHand.bodies, windows: 100, people: 5_000 } as const;
const undoSteps = 50;

interface Step {
  readonly view: UndoView;
  readonly rows: readonly number[];
  readonly inverses: readonly Change[];
  /** It was done in pieces, and is taken back so. */
  readonly isWhole?: boolean;
}

interface Viewer {
  refresh(): void;
  readonly watch: Watch<TopicName>;
}

export async function openEngine(surroundings: Surroundings): Promise<Engine> {
  // The server is asked who is there while the device's own memory is opened.
  const session = new JmapClient(surroundings).openSession();
  session.catch(() => undefined); // Told where it is awaited.
  const front = await surroundings.openCache('tayori');
  const engine = new MailEngine(surroundings, front);
  await engine.begin(session);
  return engine;
}

class MailEngine implements Engine {
  readonly #surroundings: Surroundings;
  /** Who was here last; all else is in a cache of that person's own. */
  readonly #front: CacheStore;
  readonly #client: JmapClient;
  readonly #line: Line;
  readonly #whole: WholeWork;
  #cache: CacheStore;
  #files: Files;
  #outbox: Outbox;
  #people: People;
  #preferences: Preferences;
  #accounts = new Map<Id, Account>();
  #session: Session | null = null;
  #state: StatusView['session'] = 'unknown';
  #reached = true;
  #steps: Step[] = [];
  #lastStep = 0;
  readonly #viewers = new Map<number, Viewer>();
  #lastViewer = 0;
  readonly #keeping: Keeping;
  #scheduled = false;
  #lookingAround: Promise<void> | null = null;
  #failedLooks = 0;
  #callOffLook: (() => void) | null = null;
  /** Stands for the password that was right, until the second factor has come. */
  #ticket = '';
  readonly #newsEars = new Set<(news: News) => void>();
  readonly #changeEars = new Set<(accountId: Id, types: readonly string[]) => void>();

  constructor(surroundings: Surroundings, front: CacheStore) {
    this.#surroundings = surroundings;
    this.#front = front;
    this.#cache = front;
    this.#client = new JmapClient(surroundings);
    this.#whole = new WholeWork(this.#client);
    this.#client.heard = (reached) => this.#noteReached(reached);
    this.#client.outdated = () => void this.#lookAround().catch(() => undefined);
    this.#client.shortcut = (body) => this.#line.request(body);
    this.#line = new Line(surroundings, {
      opened: () => {
        this.#noteReached(true);
        void this.#syncAll();
      },
      closed: () => {
        this.#changed();
        // A session that has ended is the one reason that does not pass by itself.
        void this.#lookAround().catch(() => undefined);
      },
      changed: (changed) => this.#hear(changed),
    });
    this.#files = this.#newFiles();
    this.#outbox = this.#newOutbox('');
    this.#people = new People(front);
    this.#preferences = new Preferences(this.#client, front, () => this.#changed());
    this.#keeping = new Keeping({
      surroundings,
      client: this.#client,
      cache: () => this.#cache,
      accounts: () => [...this.#accounts.values()],
      own: () => Object.entries(this.#session?.accounts ?? {}).find(([, one]) => isOwnAccount(one.accountCapabilities))?.[0] ?? null,
    });
    surroundings.onOnline(() => {
      if (!surroundings.isOnline()) {
        this.#noteReached(false);
        return;
      }
      this.#files.hurry();
      this.#line.hurry();
      void this.#lookAround().catch(() => undefined);
    });
  }

  // --- who is there ---------------------------------------------------------------------------------------------------

  /** `session`: asked for already. */
  async begin(session: Promise<Session>): Promise<void> {
    const [last] = await this.#front.read('facts', ['last']);
    if (typeof last === 'string') await this.#enter(last, null);
    void this.#lookAround(session).catch(() => undefined);
  }

  /** Opens a person's cache, and shows what is in it. */
  async #enter(username: string, session: Session | null): Promise<void> {
    this.#cache = await this.#surroundings.openCache(`tayori:${username}`);
    const [known] = await this.#cache.read('facts', ['session']);
    this.#files = this.#newFiles();
    this.#outbox = this.#newOutbox(username);
    this.#people = new People(this.#cache);
    this.#preferences = new Preferences(this.#client, this.#cache, () => this.#changed());
    await this.#preferences.load();
    this.#accounts = new Map();
    this.#steps = [];
    await this.#admit(session ?? (known as Session | undefined) ?? null);
    await this.#files.load();
    await this.#outbox.load();
    void writing.tidyDrafts(this.#writing()).catch(() => undefined);
    this.#changed();
    for (const [table, most] of Object.entries(kept)) void this.#cache.trim(table as keyof typeof kept, most).catch(() => undefined);
  }

  /** The accounts of a session: those that are new are loaded, those that are gone are let go. */
  async #admit(session: Session | null): Promise<void> {
    if (!session) return;
    const ids = Object.entries(session.accounts).flatMap(([id, { accountCapabilities }]) => (accountCapabilities[mail] ? [id] : []));
    const accounts = new Map<Id, Account>();
    for (const id of ids) {
      let account = this.#accounts.get(id);
      if (!account) {
        account = new Account(id, this.#client, this.#cache, {
          changed: () => this.#changed(),
          arrived: (heads) => {
            this.#keeping.hurry();
            for (const heard of this.#newsEars) heard({ kind: 'arrived', accountId: id, heads });
          },
        });
        await account.load();
      }
      accounts.set(id, account);
    }
    this.#session = session;
    this.#client.resume(session);
    this.#preferences.settle(session.primaryAccounts[tayoriCapability] ?? null);
    this.#accounts = accounts;
    if (this.#state === 'unknown') this.#state = 'in';
    this.#changed();
  }

  /** Reads the session and brings everything up to date. @throws EngineTrouble. */
  #lookAround(early?: Promise<Session>): Promise<void> {
    this.#lookingAround ??= this.#look(early).finally(() => (this.#lookingAround = null));
    return this.#lookingAround;
  }

  async #look(early?: Promise<Session>): Promise<void> {
    let session: Session;
    try {
      session = await (early ?? this.#client.openSession());
    } catch (error) {
      const { kind } = troubleOf(error);
      if (kind === 'offline') this.#noteReached(false);
      if (kind === 'signed-out') {
        this.#line.stop();
        this.#state = 'signed-out';
      } else if (kind === 'offline' && !this.#line.isOpen) this.#lookAgain();
      this.#changed();
      throw error;
    }
    this.#failedLooks = 0;
    if (this.#session?.username !== session.username || this.#cache === this.#front) await this.#enter(session.username, session);
    else await this.#admit(session);
    this.#state = 'in';
    this.#changed();
    this.#line.start(session);
    // The letters do not wait for the device's disk.
    const noted = [
      this.#front.write([{ table: 'facts', key: 'last', value: session.username }]).catch(() => undefined),
      this.#cache.write([{ table: 'facts', key: 'session', value: session }]).catch(() => undefined),
    ];
    await Promise.all([this.#syncAll(), ...noted]);
  }

  /** Browsers do not always tell when the network is back: it is tried, more and more seldom. */
  #lookAgain(): void {
    const wait = Math.min(60_000, 2000 * 2 ** this.#failedLooks) * (0.5 + this.#surroundings.random() / 2);
    this.#failedLooks += 1;
    this.#callOffLook?.();
    this.#callOffLook = this.#surroundings.after(wait, () => {
      this.#callOffLook = null;
      void this.#lookAround().catch(() => undefined);
    });
  }

  async #syncAll(): Promise<void> {
    await Promise.all([this.#preferences, ...this.#accounts.values()].map((one) => one.sync().catch(() => undefined)));
    this.#outbox.drain();
    this.#changed();
    this.#keeping.hurry();
  }

  #hear(changed: Changed): void {
    for (const [accountId, types] of Object.entries(changed)) {
      const names = Object.keys(types);
      if (names.some((name) => name === 'Email' || name === 'Mailbox' || name === 'Thread'))
        void this.#accounts
          .get(accountId)
          ?.sync()
          .catch(() => undefined);
      if (names.includes('Settings')) void this.#preferences.sync().catch(() => undefined);
      for (const heard of this.#changeEars) heard(accountId, names);
    }
  }

  #noteReached(reached: boolean): void {
    if (reached === this.#reached) return;
    this.#reached = reached;
    if (reached) {
      this.#files.hurry();
      this.#outbox.drain();
    }
    this.#changed();
  }

  async #signIn(address: string, body: JsonObject): Promise<SignInAnswer> {
    let answer;
    try {
      answer = await this.#client.post(address, body);
    } catch (error) {
      if (troubleOf(error).kind === 'offline') return { state: 'refused', reason: 'unreachable', seconds: null };
      throw error;
    }
    const { status, json, retryAfter } = answer;
    if (status === 200 && json['state'] === 'second') {
      this.#ticket = String(json['ticket'] ?? '');
      return { state: 'second', methods: (json['methods'] as readonly string[] | undefined) ?? [], passkey: json['passkey'] ?? null };
    }
    if (status === 200) {
      await this.#lookAround();
      return { state: 'in' };
    }
    return { state: 'refused', reason: refusalOf(status, json), seconds: retryAfter };
  }

  async #signOut(forget: boolean): Promise<void> {
    this.#line.stop();
    // What waits is told first, as long as we may.
    await this.#outbox.settle();
    await this.#client.post('/auth/logout', {}).catch(() => undefined);
    await this.#front.write([{ table: 'facts', key: 'last', value: undefined }]);
    this.#keeping.keep(null);
    if (forget) await this.#cache.clear();
    this.#session = null;
    this.#client.resume(null);
    this.#accounts = new Map();
    this.#cache = this.#front;
    this.#files = this.#newFiles();
    this.#outbox = this.#newOutbox('');
    this.#preferences = new Preferences(this.#client, this.#front, () => this.#changed());
    this.#steps = [];
    this.#state = 'signed-out';
    this.#changed();
  }

  #newFiles(): Files {
    return new Files({
      client: this.#client,
      cache: this.#cache,
      surroundings: this.#surroundings,
      changed: () => this.#changed(),
      carried: () => this.#outbox.drain(),
    });
  }

  #writing(): writing.WritingParts {
    return {
      client: this.#client,
      surroundings: this.#surroundings,
      cache: this.#cache,
      outbox: this.#outbox,
      files: this.#files,
      people: this.#people,
      accounts: () => this.#accounts.values(),
      account: (id) => this.#accounts.get(id) ?? null,
      destroy: async (accountId, emailIds) => void (await this.#act({ name: 'destroy', letters: [{ accountId, emailIds }] })),
      changed: () => this.#changed(),
    };
  }

  #newOutbox(name: string): Outbox {
    return new Outbox({
      client: this.#client,
      cache: this.#cache,
      surroundings: this.#surroundings,
      files: this.#files,
      name: `tayori:${name}`,
      account: (id) => this.#accounts.get(id) ?? null,
      news: (news) => {
        // What the server refused cannot be undone.
        if (news.kind === 'refused') this.#steps = [];
        for (const heard of this.#newsEars) heard(news);
      },
      changed: () => this.#changed(),
    });
  }

  // --- views ----------------------------------------------------------------------------------------------------------

  /** Everything that may look different is looked at once, after all that happens in this turn. */
  #changed(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      for (const viewer of Array.from(this.#viewers.values())) viewer.refresh();
    });
  }

  /** Pushes what `look` gives, when it is not what was pushed last. */
  #view<T extends TopicName>(look: () => Topics[T]['push'] | null, heard: (push: Topics[T]['push']) => void): Watch<T> {
    let last = '';
    return this.#register({
      refresh: () => {
        const push = look();
        if (push === null) return;
        const text = JSON.stringify(push);
        if (text === last) return;
        last = text;
        heard(push);
      },
    });
  }

  #register<T extends TopicName>(parts: { refresh(): void; adjust?(args: Topics[T]['args']): void; end?(): void }): Watch<T> {
    const id = ++this.#lastViewer;
    const watch: Watch<T> = {
      adjust: (args) => parts.adjust?.(args),
      end: () => {
        this.#viewers.delete(id);
        parts.end?.();
      },
    };
    this.#viewers.set(id, { refresh: () => parts.refresh(), watch: watch as Watch<TopicName> });
    parts.refresh();
    return watch;
  }

  watch<T extends TopicName>(topic: T, args: Topics[T]['args'], heard: (push: Topics[T]['push']) => void): Watch<T> {
    return (this.#topics[topic] as (args: Topics[T]['args'], heard: (push: Topics[T]['push']) => void) => Watch<T>)(args, heard);
  }

  readonly #topics: { readonly [T in TopicName]: (args: Topics[T]['args'], heard: (push: Topics[T]['push']) => void) => Watch<T> } = {
    preferences: (_args, heard) => this.#view<'preferences'>(() => this.#preferences.view, heard),
    status: (_args, heard) => this.#view<'status'>(() => this.#status(), heard),
    mailboxes: (_args, heard) =>
      this.#view<'mailboxes'>(
        () => ({
          isComplete: this.#accounts.size > 0 && [...this.#accounts.values()].every(({ mailboxes }) => mailboxes !== null),
          mailboxes: [...this.#accounts.values()].flatMap((account) =>
            mailboxViews(account, this.#session?.accounts[account.id]?.isReadOnly ?? false),
          ),
        }),
        heard,
      ),
    list: (args, heard) => {
      const view = new ListView(args, () => [...this.#accounts.values()], this.#client, heard);
      return this.#register<'list'>({ refresh: () => view.refresh(), adjust: (changed) => view.adjust(changed), end: () => view.end() });
    },
    thread: (args, heard) => this.#watchThread(args, heard),
    drafts: (_args, heard) => {
      let last = '';
      return this.#register<'drafts'>({
        refresh: () =>
          void draftRows(this.#cache)
            .all()
            .then((rows) => {
              const views = rows.filter(({ isSending }) => !isSending).map(draftView);
              const text = JSON.stringify(views);
              if (text === last) return;
              last = text;
              heard(views);
            }),
      });
    },
    outbox: (_args, heard) =>
      this.#view<'outbox'>(
        () => ({
          items: this.#outbox.rows.map((row) => ({
            id: row.id,
            kind: row.kind,
            accountId: row.accountId,
            label: row.kind === 'change' ? row.what : row.label,
            since: row.since,
            trouble: this.#outbox.troubleOf(row.id),
            key: row.kind === 'change' ? null : row.key,
          })),
        }),
        heard,
      ),
    files: ({ key }, heard) => this.#view<'files'>(() => this.#files.of(key), heard),
    news: (_args, heard) => {
      this.#newsEars.add(heard);
      return { adjust: () => undefined, end: () => this.#newsEars.delete(heard) };
    },
    work: (_args, heard) => ({ adjust: () => undefined, end: this.#whole.listen(heard) }),
    changed: ({ types }, heard) => {
      const ear = (accountId: Id, names: readonly string[]): void => {
        const wanted = names.filter((name) => types.includes(name));
        if (wanted.length > 0) heard({ accountId, types: wanted });
      };
      this.#changeEars.add(ear);
      return { adjust: () => undefined, end: () => this.#changeEars.delete(ear) };
    },
  };

  #status(): StatusView {
    const isOffline = !this.#reached;
    const accounts = Object.entries(this.#session?.accounts ?? {}).map(
      ([id, { name, isPersonal, isReadOnly, accountCapabilities }]): AccountView => ({
        id,
        name,
        isPersonal,
        isReadOnly,
        capabilities: accountCapabilities,
      }),
    );
    return {
      session: this.#state,
      username: this.#session?.username ?? '',
      accounts: inOrder(accounts, this.#preferences.view?.['accountOrder']),
      capabilities: this.#session?.capabilities ?? {},
      line: this.#line.isOpen ? 'live' : isOffline ? 'off' : 'on',
      isOffline,
      waiting: this.#outbox.rows.length,
      waitingLetters: this.#outbox.rows.filter(({ kind }) => kind === 'send').length,
      undo: this.#steps.at(-1)?.view ?? null,
      history: this.#steps.map(({ view }) => view).toReversed(),
    };
  }

  #watchThread(args: Topics['thread']['args'], heard: (push: ThreadView) => void): Watch<'thread'> {
    let wanted = args;
    let problem: ThreadView['trouble'] = null;
    let read = '';
    let last = '';
    const look = (): void => {
      const account = this.#accounts.get(wanted.accountId);
      const key = `${wanted.accountId}/${wanted.threadId}`;
      const ids = account?.thread(wanted.threadId) ?? null;
      const isMissing = account && (ids === null || ids.some((id) => account.body(id) === null));
      const name = `${key} ${ids?.join()} ${this.#line.isOpen}`;
      if (isMissing && read !== name) {
        read = name;
        account.needThread(wanted.threadId).then(
          () => {
            problem = null;
            look();
          },
          (error: unknown) => {
            problem = troubleOf(error);
            look();
          },
        );
      }
      const view = threadView(wanted, account ?? null, problem);
      const text = JSON.stringify(view);
      if (text === last) return;
      last = text;
      heard(view);
    };
    return this.#register<'thread'>({
      refresh: look,
      adjust: (changed) => {
        wanted = changed;
        problem = null;
        look();
      },
    });
  }

  // --- requests -------------------------------------------------------------------------------------------------------

  async ask<N extends RequestName>(name: N, args: Requests[N]['args']): Promise<Requests[N]['answer']> {
    return (this.#requests[name] as (args: Requests[N]['args']) => Promise<Requests[N]['answer']>)(args);
  }

  readonly #requests: { readonly [N in RequestName]: (args: Requests[N]['args']) => Promise<Requests[N]['answer']> } = {
    signIn: ({ login, password }) => this.#signIn('/auth/login', { login, password }),
    signInSecond: (args) => this.#signIn('/auth/second', { ticket: this.#ticket, ...(args as JsonObject) }),
    passkeyOptions: async () => (await this.#client.post('/auth/passkey/ask', {})).json['options'] ?? null,
    signInPasskey: ({ passkey }) => this.#signIn('/auth/passkey/login', { passkey }),
    keepAtHand: async (look) => {
      this.#keeping.keep(look);
      return null;
    },
    signOut: async ({ forget }) => {
      await this.#signOut(forget);
      return null;
    },
    refresh: async () => {
      this.#line.hurry();
      await this.#lookAround();
      return null;
    },
    act: (action) => this.#act(action),
    undo: ({ step }) => this.#undo(step),
    actWhole: async ({ query, actions }) => {
      // What waits goes first, so that both come in the order in which they were asked.
      await this.#outbox.settle();
      const { count, inverses } = await this.#whole.act(this.#lists(query), actions);
      const view: UndoView = { step: ++this.#lastStep, what: actions[0]?.name ?? 'change', count };
      if (inverses.length > 0) this.#steps = [...this.#steps, { view, rows: [], inverses, isWhole: true }].slice(-undoSteps);
      void this.#syncAll();
      return view;
    },
    stopWork: async () => {
      this.#whole.stop();
      return null;
    },
    bringIn: async ({ files, ...target }) => {
      const parts = { client: this.#client, cache: this.#cache, surroundings: this.#surroundings };
      const { bringIn } = await import('./letters-in.ts');
      try {
        return await this.#whole.run('bring-in', (told, isStopped) => bringIn(parts, target, files, told, isStopped));
      } finally {
        void this.#syncAll();
      }
    },
    broughtBefore: async ({ file, ...target }) => (await import('./letters-in.ts')).broughtBefore(this.#cache, target, file),
    count: async ({ query }) => {
      const counts = await Promise.all(this.#lists(query).map((list) => this.#whole.count(list)));
      return counts.reduce((sum, count) => sum + count, 0);
    },
    saveDraft: async (draft) => {
      await writing.saveDraft(this.#writing(), draft);
      return null;
    },
    loadDraft: async ({ key }) => {
      const row = await draftRows(this.#cache).get(key);
      return row ? draftView(row) : null;
    },
    dropDraft: async ({ key }) => {
      await writing.dropDraft(this.#writing(), key);
      return null;
    },
    openDraft: (args) => writing.openDraft(this.#writing(), args),
    source: (args) => writing.source(this.#writing(), args),
    send: async (args) => {
      await writing.send(this.#writing(), args);
      return null;
    },
    recall: ({ key }) => writing.recall(this.#writing(), key),
    unsend: (args) => writing.unsend(this.#writing(), args),
    retry: async () => {
      this.#files.hurry();
      await this.#outbox.settle();
      return null;
    },
    scheduled: () => writing.scheduled(this.#writing()),
    attach: async (args) => {
      await this.#files.add(args);
      return null;
    },
    detach: async ({ id }) => {
      await this.#files.drop([id]);
      return null;
    },
    attached: async ({ id }) => this.#files.file(id),
    identities: async ({ accountId }) => {
      const key = `identities/${accountId}`;
      try {
        const reply = await this.#client.request([['Identity/get', { accountId, ids: null }, 'i']], [core, mail, submission]);
        const { list } = reply.get('Identity/get', 'i');
        await this.#cache.write([{ table: 'facts', key, value: list }]);
        return list;
      } catch (error) {
        const [known] = await this.#cache.read('facts', [key]);
        if (known === undefined || troubleOf(error).kind !== 'offline') throw error;
        return known as Identity[];
      }
    },
    rows: async ({ query, threads, start, end }) => {
      const stop = Math.min(end, start + 5000);
      const rows = new Map<number, Requests['rows']['answer'][number]>();
      await new Promise<void>((resolve, reject) => {
        const view = new ListView(
          { query, threads, start, end: stop },
          () => [...this.#accounts.values()],
          this.#client,
          (patch) => {
            for (const { at, row } of patch.rows) if (row) rows.set(at, row);
            if (patch.trouble) reject(trouble(patch.trouble.kind, patch.trouble.type, patch.trouble.description));
            else if (patch.total !== null && rows.size >= Math.min(stop, patch.total) - start) resolve();
            else return;
            queueMicrotask(() => watch.end());
          },
        );
        const watch = this.#register<'list'>({ refresh: () => view.refresh(), end: () => view.end() });
      });
      return [...rows].toSorted(([a], [b]) => a - b).map(([, row]) => row);
    },
    recipients: ({ text, limit }) => this.#people.find(text, limit),
    changeMailbox: async ({ accountId, create, update, destroy }) => {
      const reply = await this.#client.request([
        [
          'Mailbox/set',
          {
            accountId,
            ...(create ? { create: { m: { ...create } } } : {}),
            ...(update ? { update: { [update.id]: update.patch } } : {}),
            ...(destroy === undefined ? {} : { destroy: [destroy], onDestroyRemoveEmails: false }),
          },
          's',
        ],
      ]);
      const answer = reply.get('Mailbox/set', 's');
      const [refused] = Object.values({ ...answer.notCreated, ...answer.notUpdated, ...answer.notDestroyed });
      if (refused) throw trouble('refused', refused.type, refused.description ?? '');
      await this.#accounts.get(accountId)?.sync();
      return { id: answer.created?.['m']?.id ?? null };
    },
    changePreferences: async (patch) => {
      await this.#preferences.change(patch);
      return null;
    },
    auth: async ({ path, body }) => {
      if (!path.startsWith('/auth/')) throw trouble('refused', 'path', 'only the ways in are asked here');
      const { status, json } = await this.#client.post(path, body);
      return { status, json };
    },
    call: async ({ using, calls }) => (await this.#client.request(calls, [core, mail, ...using])).responses,
  };

  // --- doing and undoing ----------------------------------------------------------------------------------------------

  async #act(action: Requests['act']['args']): Promise<UndoView> {
    // What is not known here is read first; without a network what is known is acted on.
    for (const { accountId, emailIds } of action.letters) {
      const account = this.#accounts.get(accountId);
      const unknown = emailIds.filter((id) => !account?.told(id));
      if (unknown.length > 0) await account?.needRows(unknown).catch(() => undefined);
    }
    const deeds = action.letters.flatMap((letters) => {
      const account = this.#accounts.get(letters.accountId);
      const deed = account ? deedOf(action, letters, account) : null;
      return deed ? [deed] : [];
    });
    const count = deeds.reduce((sum, deed) => sum + deed.count, 0);
    const view: UndoView = { step: ++this.#lastStep, what: action.name, count };
    const since = this.#surroundings.now();
    const rows = await Promise.all(
      deeds.map((deed) => this.#outbox.add({ kind: 'change', what: action.name, count: deed.count, since, ...deed.change })),
    );
    const inverses = deeds.flatMap(({ inverse }) => inverse ?? []);
    if (inverses.length > 0 && action.silent !== true) this.#steps = [...this.#steps, { view, rows, inverses }].slice(-undoSteps);
    this.#changed();
    return view;
  }

  async #undo(step: number | undefined): Promise<UndoView | null> {
    const first = step === undefined ? this.#steps.length - 1 : this.#steps.findIndex(({ view }) => view.step === step);
    if (first < 0) return null;
    const undone = this.#steps.slice(first).toReversed();
    this.#steps = this.#steps.slice(0, first);
    for (const { rows, inverses, view, isWhole } of undone) {
      if (isWhole) {
        await this.#outbox.settle();
        await this.#whole.undo(inverses, view.count);
        await this.#syncAll();
        continue;
      }
      for (const [index, inverse] of inverses.entries()) {
        // What has not left yet is simply not sent.
        if (await this.#outbox.withdraw((row) => row.id === rows[index])) continue;
        await this.#outbox.add({ kind: 'change', what: 'change', count: view.count, since: this.#surroundings.now(), ...inverse });
      }
    }
    this.#changed();
    return undone.at(-1)?.view ?? null;
  }

  #lists(query: Parameters<typeof sourcesOf>[0]): ReturnType<typeof sourcesOf> {
    return sourcesOf(query, [...this.#accounts.values()], new Date(this.#surroundings.now()));
  }
}

/** As the person has ordered them; those that are not named come behind, their own first. */
function inOrder(accounts: readonly AccountView[], order: Json | undefined): readonly AccountView[] {
  const places = new Map(Array.isArray(order) ? (order as readonly Json[]).map((id, at) => [id, at] as const) : []);
  const place = ({ id }: AccountView): number => places.get(id) ?? places.size;
  return accounts.toSorted((a, b) => place(a) - place(b) || Number(b.isPersonal) - Number(a.isPersonal));
}

function refusalOf(status: number, { code }: JsonObject): Extract<SignInAnswer, { state: 'refused' }>['reason'] {
  if (status === 429) return 'slow-down';
  if (status === 410) return 'expired';
  if (status === 403) return code === 'no-perm' ? 'app-password' : 'insecure';
  return 'wrong';
}
