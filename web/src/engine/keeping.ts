// Brings letters to this device for times without a network, quietly: the newest of each inbox, and all letters of accounts that are emptied by POP3;
// their texts, their documents as they are drawn, and the pictures that lie in them. Knows accounts and where documents are had; the service worker
// hands out what is kept here, as it was served.
import type { Account } from './account.ts';
import { isOffline } from './account.ts';
import { tayoriCapability, trouble } from './contract.ts';
import type { CacheStore } from './cache/contract.ts';
import { frameAddress } from './frame-address.ts';
import { core, type JmapClient } from './jmap/client.ts';
import type { EmailBody, Id, JsonObject } from './jmap/objects.ts';
import { filterOf } from './rows.ts';
import type { Surroundings } from './surroundings.ts';

/** How letters are drawn (another look is another document), and how many days back those of the inbox are brought. */
export interface KeepLook {
  readonly theme: 'light' | 'dark';
  readonly language: 'ja' | 'en';
  readonly days: number;
}

/** Letters of an inbox; rows of a mailbox of POP3. */
const newest = 200;
const wholeMost = 5_000;
const pageRows = 100;
const bodiesAtOnce = 20;
const picturesMost = 30;
const dayMs = 86_400_000;
/** Between two pieces of work, so that what the person does goes first. */
const pauseMs = 150;
/** After something has changed. */
const calmMs = 2_000;

export interface KeepingParts {
  readonly surroundings: Surroundings;
  readonly client: JmapClient;
  readonly cache: () => CacheStore;
  readonly accounts: () => readonly Account[];
  /** The person's own account, where there is our capability. */
  readonly own: () => Id | null;
}

/** State over time: what has been brought here, and whether more is on its way. */
export class Keeping {
  readonly #parts: KeepingParts;
  /** Letters that were brought to this place, by account and look. */
  #brought: { readonly cache: CacheStore; readonly ids: Map<string, Set<Id>> } | null = null;
  #look: KeepLook | null = null;
  #running = false;
  #again = false;
  #callOff: (() => void) | null = null;

  constructor(parts: KeepingParts) {
    this.#parts = parts;
  }

  /** From now on; null: no more, such as when nobody is signed in. */
  keep(look: KeepLook | null): void {
    this.#look = look;
    this.hurry();
  }

  /** There may be new letters. */
  hurry(): void {
    if (this.#look === null) return;
    this.#callOff?.();
    this.#callOff = this.#parts.surroundings.after(calmMs, () => {
      this.#callOff = null;
      void this.#run();
    });
  }

  async #run(): Promise<void> {
    if (this.#running) {
      this.#again = true;
      return;
    }
    this.#running = true;
    try {
      // One window of this browser does it for all.
      await this.#parts.surroundings.exclusive('tayori-keeping', async () => {
        const carried = await this.#carried();
        for (const account of this.#parts.accounts()) await this.#keepAccount(account, carried.has(account.id));
      });
    } catch (error) {
      // Without a network there is nothing to bring; the next time the server is heard of it goes on.
      if (!isOffline(error)) this.#again = false;
    } finally {
      this.#running = false;
    }
    if (!this.#again) return;
    this.#again = false;
    this.hurry();
  }

  /** Accounts whose letters are carried home by POP3: here is the only place where one reads them. */
  async #carried(): Promise<ReadonlySet<Id>> {
    const accountId = this.#parts.own();
    if (accountId === null) return new Set();
    const reply = await this.#parts.client.request(
      [['OutsideAccount/get', { accountId, ids: null, language: this.#look?.language ?? 'ja' }, 'o']],
      [core, tayoriCapability],
    );
    const list = (reply.find('OutsideAccount/get', 'o')?.['list'] ?? []) as readonly {
      readonly id: Id;
      readonly receive?: { readonly service?: string };
    }[];
    return new Set(list.filter(({ receive }) => receive?.service === 'pop3').map(({ id }) => id));
  }

  async #keepAccount(account: Account, isCarried: boolean): Promise<void> {
    account.rowsKept = isCarried ? wholeMost : newest;
    const inbox = account.mailboxOf('inbox');
    const mailboxes = isCarried ? [...(account.mailboxes?.keys() ?? [])] : inbox ? [inbox.id] : [];
    const done = await this.#done(account);
    for (const mailbox of mailboxes) {
      const ids = await this.#rows(account, mailbox, account.rowsKept);
      // Letters carried home by POP3 are all read here; of the others those of the days that the person has chosen.
      const from = isCarried || this.#look === null ? '' : new Date(this.#parts.surroundings.now() - this.#look.days * dayMs).toISOString();
      const missing = ids.filter((id) => !done.has(id) && (account.told(id)?.receivedAt ?? from) >= from);
      for (let at = 0; at < missing.length; at += bodiesAtOnce) {
        const look = this.#look;
        if (look === null) return;
        const some = missing.slice(at, at + bodiesAtOnce);
        await account.needBodies(some);
        for (const id of some) {
          const body = account.body(id);
          if (body) await this.#document(account.id, body, look);
          done.add(id);
        }
        await this.#parts.cache().write([{ table: 'facts', key: this.#key(account, look), value: [...done] }]);
        await this.#pause();
      }
    }
  }

  /** Letters of the conversations at the beginning of a mailbox; the list itself is kept with them. */
  async #rows(account: Account, mailbox: Id, most: number): Promise<Id[]> {
    const held = await account.openWindow({
      filter: filterOf(mailbox, undefined),
      threads: true,
      // The same list as the one that is looked at.
      backFirst: account.mailboxOf('inbox')?.id === mailbox,
    });
    try {
      for (let at = 0; at < most && (held.window.total === null || at < held.window.total); at += pageRows) {
        const isKnown =
          held.window.beginning(at + pageRows).length >= Math.min(at + pageRows, held.window.total ?? Number.POSITIVE_INFINITY);
        if (isKnown) continue;
        await account.readPage(held, at, pageRows);
        await this.#pause();
      }
      const rows = held.window.beginning(most);
      await account.needRows(rows);
      const ids = rows.flatMap((id) => account.thread(account.told(id)?.threadId ?? '') ?? [id]);
      return [...new Set(ids)].slice(0, most * 2);
    } finally {
      account.closeWindow(held);
    }
  }

  #key(account: Account, { theme, language }: KeepLook): string {
    return `at-hand/${account.id}/${theme}-${language}`;
  }

  /** Once at each start it is looked up what of it is still there: that is when what was written longest ago makes room (here.ts). */
  async #done(account: Account): Promise<Set<Id>> {
    if (this.#look === null) return new Set();
    const cache = this.#parts.cache();
    if (this.#brought?.cache !== cache) this.#brought = { cache, ids: new Map() };
    const { ids } = this.#brought;
    const name = this.#key(account, this.#look);
    const known = ids.get(name);
    if (known) return known;
    const mine = `${account.id}/`;
    const [[noted], keys] = await Promise.all([cache.read('facts', [name]), cache.keys('bodies', mine)]);
    const kept = new Set(keys.map((key) => key.slice(mine.length)));
    const brought = new Set(((noted as readonly Id[] | undefined) ?? []).filter((id) => kept.has(id)));
    ids.set(name, brought);
    return brought;
  }

  /** As the frame asks for it, with the pictures that lie in the letter. Text needs none. */
  async #document(accountId: Id, { id, htmlBody }: EmailBody, { theme, language }: KeepLook): Promise<void> {
    if (!htmlBody.some(({ type }) => type === 'text/html')) return;
    const text = await this.#fetch(frameAddress(accountId, id, { images: false, theme, plain: false, language }));
    const pictures = new Set([...(text ?? '').matchAll(/\/letter\/A\d+\/M\d+\/part\/[\d.]+/g)].map(([address]) => address));
    for (const address of [...pictures].slice(0, picturesMost)) await this.#fetch(address);
  }

  /** @throws EngineTrouble `offline`. */
  async #fetch(address: string): Promise<string | null> {
    const { surroundings } = this.#parts;
    try {
      return (await surroundings.keepDocument?.(new URL(address, surroundings.origin).href)) ?? null;
    } catch (error) {
      throw trouble('offline', 'network', String(error));
    }
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => this.#parts.surroundings.after(pauseMs, resolve));
  }
}

/** The rest of the tables' room: what is brought here has to fit into it. */
export const keptAtHand = { bodies: 12_000 } as const;

/** Of a session's capabilities: is this the person's own account? */
export function isOwnAccount(capabilities: Readonly<Record<string, JsonObject>>): boolean {
  return capabilities[tayoriCapability]?.['personal'] === true;
}
