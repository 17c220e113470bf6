// Who is here, and what belongs to them: their part of the device, their accounts, what waits to be told, what they have chosen. Made anew when somebody
// else comes. Knows which parts there are; knows no view and no request.
import { Account } from './account.ts';
import type { CacheStore } from './cache/contract.ts';
import { tayoriCapability, type News } from './contract.ts';
import { Files } from './files.ts';
import { mail, type JmapClient } from './jmap/client.ts';
import type { EmailHead, Id, Session } from './jmap/objects.ts';
import { keptAtHand } from './keeping.ts';
import { Outbox } from './outbox.ts';
import { People } from './people.ts';
import { Preferences } from './preferences.ts';
import type { Surroundings } from './surroundings.ts';

/** What is kept of heads, conversations and opened letters on this device. */
const kept = { heads: 30_000, threads: 30_000, bodies: keptAtHand.bodies, windows: 100, people: 5_000 } as const;

export interface HereParts {
  readonly surroundings: Surroundings;
  readonly client: JmapClient;
  /** Who was here last; all else is in a cache of that person's own. */
  readonly front: CacheStore;
  changed(): void;
  news(news: News): void;
  arrived(accountId: Id, heads: readonly EmailHead[]): void;
}

export class Here {
  readonly #parts: HereParts;
  #cache: CacheStore;
  #files: Files;
  #outbox: Outbox;
  #people: People;
  #preferences: Preferences;
  #accounts: ReadonlyMap<Id, Account> = new Map();
  #session: Session | null = null;

  constructor(parts: HereParts) {
    this.#parts = parts;
    this.#cache = parts.front;
    this.#files = this.#newFiles();
    this.#outbox = this.#newOutbox('');
    this.#people = new People(this.#cache);
    this.#preferences = this.#newPreferences();
  }

  get cache(): CacheStore {
    return this.#cache;
  }
  get files(): Files {
    return this.#files;
  }
  get outbox(): Outbox {
    return this.#outbox;
  }
  get people(): People {
    return this.#people;
  }
  get preferences(): Preferences {
    return this.#preferences;
  }
  get accounts(): readonly Account[] {
    return [...this.#accounts.values()];
  }
  account(id: Id): Account | null {
    return this.#accounts.get(id) ?? null;
  }
  get session(): Session | null {
    return this.#session;
  }
  /** Nobody was let in yet. */
  get isEmpty(): boolean {
    return this.#cache === this.#parts.front;
  }

  /** Opens a person's cache, with what is in it. */
  async enter(username: string, session: Session | null): Promise<void> {
    this.#begin(await this.#parts.surroundings.openCache(`tayori:${username}`), username);
    const [[known]] = await Promise.all([this.#cache.read('facts', ['session']), this.#preferences.load()]);
    await this.admit(session ?? (known as Session | undefined) ?? null);
    await Promise.all([this.#files.load(), this.#outbox.load()]);
    for (const [table, most] of Object.entries(kept)) void this.#cache.trim(table as keyof typeof kept, most).catch(() => undefined);
  }

  /** The accounts of a session: those that are new are loaded, those that are gone are let go. */
  async admit(session: Session | null): Promise<void> {
    if (!session) return;
    const ids = Object.entries(session.accounts).flatMap(([id, { accountCapabilities }]) => (accountCapabilities[mail] ? [id] : []));
    const accounts = new Map(ids.map((id) => [id, this.#accounts.get(id) ?? this.#newAccount(id)]));
    await Promise.all([...accounts].flatMap(([id, account]) => (this.#accounts.has(id) ? [] : [account.load()])));
    this.#session = session;
    this.#parts.client.resume(session);
    this.#preferences.settle(session.primaryAccounts[tayoriCapability] ?? null);
    this.#accounts = accounts;
  }

  /** Nothing of it stays on the device. */
  async leave(): Promise<void> {
    await this.#cache.clear();
    this.#session = null;
    this.#parts.client.resume(null);
    this.#begin(this.#parts.front, '');
  }

  #begin(cache: CacheStore, username: string): void {
    this.#outbox.end();
    this.#cache = cache;
    this.#accounts = new Map();
    this.#files = this.#newFiles();
    this.#outbox = this.#newOutbox(username);
    this.#people = new People(cache);
    this.#preferences = this.#newPreferences();
  }

  #newAccount(id: Id): Account {
    return new Account(id, this.#parts.client, this.#cache, {
      changed: () => this.#parts.changed(),
      arrived: (heads) => this.#parts.arrived(id, heads),
    });
  }

  #newFiles(): Files {
    const { client, surroundings, changed } = this.#parts;
    return new Files({ client, surroundings, cache: this.#cache, changed, carried: () => this.#outbox.drain() });
  }

  #newOutbox(name: string): Outbox {
    const { client, surroundings, changed, news } = this.#parts;
    return new Outbox({
      client,
      surroundings,
      cache: this.#cache,
      files: this.#files,
      name: `tayori:${name}`,
      account: (id) => this.account(id),
      news,
      changed,
    });
  }

  #newPreferences(): Preferences {
    return new Preferences(this.#parts.client, this.#cache, () => this.#parts.changed());
  }
}
