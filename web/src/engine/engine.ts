// The engine of the mail app: who is there, whether the server answers, and keeping everything up to date; joins the client, the line, what belongs to
// the person (here.ts), the deeds, and what each request and each topic is answered with (requests.ts, topics.ts). Knows no framework, no DOM, no worker.
import type { CacheStore } from './cache/contract.ts';
import type { Engine, SignInAnswer, StatusView } from './contract.ts';
import { Deeds } from './deeds.ts';
import { Here } from './here.ts';
import { JmapClient } from './jmap/client.ts';
import { Line, type Changed } from './jmap/line.ts';
import type { JsonObject, Session } from './jmap/objects.ts';
import { isOwnAccount, Keeping } from './keeping.ts';
import { troubleOf } from './port.ts';
import { requestsOf, writingPartsOf, type RequestParts } from './requests.ts';
import type { Surroundings } from './surroundings.ts';
import { topicsOf, type Ears } from './topics.ts';
import { Viewers } from './viewers.ts';
import { WholeWork } from './whole.ts';
import { tidyDrafts } from './writing.ts';

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
  readonly #here: Here;
  readonly #deeds: Deeds;
  readonly #keeping: Keeping;
  readonly #viewers = new Viewers();
  readonly #ears: Ears = { news: new Set(), changes: new Set() };
  readonly #requestParts: RequestParts;
  readonly ask: Engine['ask'];
  readonly watch: Engine['watch'];
  #state: StatusView['session'] = 'unknown';
  /** Somebody has signed out here without a network: the browser still holds the session, and the server has to hear that it has ended. */
  #owesSignOut = false;
  #paying: Promise<void> | null = null;
  #reached = true;
  #lookingAround: Promise<void> | null = null;
  #failedLooks = 0;
  #callOffLook: (() => void) | null = null;
  /** Stands for the password that was right, until the second factor has come. */
  #ticket = '';

  constructor(surroundings: Surroundings, front: CacheStore) {
    this.#surroundings = surroundings;
    this.#front = front;
    const viewers = this.#viewers;
    const client = (this.#client = new JmapClient(surroundings));
    client.heard = (reached) => this.#noteReached(reached);
    client.outdated = () => void this.#lookAround().catch(() => undefined);
    client.shortcut = (body) => this.#line.request(body);
    const line = (this.#line = new Line(surroundings, {
      opened: () => {
        this.#noteReached(true);
        void this.#syncAll();
      },
      closed: () => {
        viewers.changed();
        // A session that has ended is the one reason that does not pass by itself.
        void this.#lookAround().catch(() => undefined);
      },
      changed: (changed) => this.#hear(changed),
    }));
    const here = (this.#here = new Here({
      surroundings,
      client,
      front,
      changed: () => viewers.changed(),
      arrived: (accountId, heads) => {
        this.#keeping.hurry();
        for (const heard of this.#ears.news) heard({ kind: 'arrived', accountId, heads });
      },
      news: (news) => {
        // What the server refused cannot be undone.
        if (news.kind === 'refused' && news.row !== undefined) this.#deeds.forgetRow(news.row);
        for (const heard of this.#ears.news) heard(news);
      },
    }));
    const whole = new WholeWork(client);
    const deeds = (this.#deeds = new Deeds({ here, whole, surroundings, changed: () => viewers.changed(), sync: () => this.#syncAll() }));
    const keeping = (this.#keeping = new Keeping({
      surroundings,
      client,
      cache: () => here.cache,
      accounts: () => here.accounts,
      own: () => Object.entries(here.session?.accounts ?? {}).find(([, one]) => isOwnAccount(one.accountCapabilities))?.[0] ?? null,
    }));
    this.#requestParts = {
      here,
      client,
      surroundings,
      deeds,
      whole,
      keeping,
      viewers,
      presence: {
        signIn: (address, body) => this.#signIn(address, body),
        signOut: (anyway) => this.#signOut(anyway),
        refresh: () => {
          line.hurry();
          return this.#lookAround();
        },
      },
    };
    this.ask = requestsOf(this.#requestParts);
    this.watch = topicsOf({
      here,
      client,
      line,
      deeds,
      whole,
      viewers,
      ears: this.#ears,
      state: () => this.#state,
      isReached: () => this.#reached,
    });
    surroundings.onOnline(() => {
      if (!surroundings.isOnline()) {
        this.#noteReached(false);
        return;
      }
      here.files.hurry();
      line.hurry();
      void this.#lookAround().catch(() => undefined);
    });
  }

  /** `session`: asked for already. */
  async begin(session: Promise<Session>): Promise<void> {
    const [last, owesSignOut] = await this.#front.read('facts', ['last', 'owes-sign-out']);
    this.#owesSignOut = owesSignOut === true;
    if (typeof last === 'string') await this.#enter(last, null);
    void this.#lookAround(session).catch(() => undefined);
  }

  /** Opens a person's cache, and shows what is in it. */
  async #enter(username: string, session: Session | null): Promise<void> {
    this.#deeds.forget();
    await this.#here.enter(username, session);
    this.#noteSession();
    void tidyDrafts(writingPartsOf(this.#requestParts)).catch(() => undefined);
  }

  #noteSession(): void {
    if (this.#state === 'unknown' && this.#here.session) this.#state = 'in';
    this.#viewers.changed();
  }

  /** Reads the session and brings everything up to date. @throws EngineTrouble. */
  #lookAround(early?: Promise<Session>): Promise<void> {
    this.#lookingAround ??= this.#look(early).finally(() => (this.#lookingAround = null));
    return this.#lookingAround;
  }

  async #look(early?: Promise<Session>): Promise<void> {
    let session: Session;
    try {
      const isAnothers = this.#owesSignOut;
      await this.#paySignOut();
      session = await (isAnothers || !early ? this.#client.openSession() : early);
    } catch (error) {
      const { kind } = troubleOf(error);
      if (kind === 'offline') this.#noteReached(false);
      if (kind === 'signed-out') {
        this.#line.stop();
        this.#state = 'signed-out';
      } else if (kind === 'offline') {
        // Nobody is known on this device: the door is shown. Whom the server knows comes in when it answers.
        if (this.#state === 'unknown') this.#state = 'signed-out';
        if (!this.#line.isOpen) this.#lookAgain();
      }
      this.#viewers.changed();
      throw error;
    }
    this.#failedLooks = 0;
    if (this.#here.session?.username !== session.username || this.#here.isEmpty) await this.#enter(session.username, session);
    else await this.#here.admit(session);
    this.#state = 'in';
    this.#viewers.changed();
    this.#line.start(session);
    // The letters do not wait for the device's disk.
    const noted = [
      this.#front.write([{ table: 'facts', key: 'last', value: session.username }]).catch(() => undefined),
      this.#here.cache.write([{ table: 'facts', key: 'session', value: session }]).catch(() => undefined),
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
    await Promise.all([this.#here.preferences, ...this.#here.accounts].map((one) => one.sync().catch(() => undefined)));
    this.#here.outbox.drain();
    this.#viewers.changed();
    this.#keeping.hurry();
  }

  #hear(changed: Changed): void {
    for (const [accountId, types] of Object.entries(changed)) {
      const names = Object.keys(types);
      if (names.some((name) => name === 'Email' || name === 'Mailbox' || name === 'Thread'))
        void this.#here
          .account(accountId)
          ?.sync()
          .catch(() => undefined);
      if (names.includes('Settings')) void this.#here.preferences.sync().catch(() => undefined);
      for (const heard of this.#ears.changes) heard(accountId, names);
    }
  }

  #noteReached(reached: boolean): void {
    if (reached === this.#reached) return;
    this.#reached = reached;
    if (reached) {
      this.#here.files.hurry();
      this.#here.outbox.drain();
    }
    this.#viewers.changed();
  }

  async #signIn(address: string, body: JsonObject): Promise<SignInAnswer> {
    let answer;
    try {
      await this.#paySignOut();
      // The second factor belongs to the password that was right.
      answer = await this.#client.post(address, address === secondAddress ? { ticket: this.#ticket, ...body } : body);
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
      // A look that began before knows nothing of the cookie.
      await this.#lookingAround?.catch(() => undefined);
      await this.#lookAround();
      return { state: 'in' };
    }
    return { state: 'refused', reason: refusalOf(status, json), seconds: retryAfter };
  }

  /** Answers how much is left that only this device has: then nothing has happened yet, unless `anyway`. */
  async #signOut(anyway: boolean): Promise<number> {
    // What waits is told first, as long as we may.
    await this.#here.outbox.settle();
    const left = this.#here.outbox.rows.length;
    if (left > 0 && !anyway) return left;
    this.#line.stop();
    this.#owesSignOut = true;
    await this.#front.write([
      { table: 'facts', key: 'last', value: undefined },
      { table: 'facts', key: 'owes-sign-out', value: true },
    ]);
    this.#keeping.keep(null);
    await this.#here.leave();
    this.#deeds.forget();
    this.#state = 'signed-out';
    this.#viewers.changed();
    await this.#paySignOut().catch(() => undefined);
    return left;
  }

  /** Once: told a second time, it would end the session of who has signed in meanwhile. @throws EngineTrouble `offline`. */
  #paySignOut(): Promise<void> {
    this.#paying ??= this.#tellSignOut().finally(() => (this.#paying = null));
    return this.#paying;
  }

  async #tellSignOut(): Promise<void> {
    if (!this.#owesSignOut) return;
    await this.#client.post('/auth/logout', {});
    this.#owesSignOut = false;
    await this.#front.write([{ table: 'facts', key: 'owes-sign-out', value: undefined }]);
  }
}

const secondAddress = '/auth/second';

function refusalOf(status: number, { code }: JsonObject): Extract<SignInAnswer, { state: 'refused' }>['reason'] {
  if (status === 429) return 'slow-down';
  if (status === 410) return 'expired';
  if (status === 403) return code === 'no-perm' ? 'app-password' : 'insecure';
  return 'wrong';
}
