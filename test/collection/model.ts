// A person's mail on both sides, for the tests of collection: the provider's server reached as another mail app would, the store here, the ledger,
// and a sync between them that can be broken off at any step. Knows how the two ends are compared.
import { openLedger } from '../../src/io/collection/ledger.ts';
import { systemChance, systemClock } from '../../src/io/clock.ts';
import { openLineConnector } from '../../src/io/line-connector.ts';
import { silentLog } from '../../src/base/log.ts';
import { Unavailable } from '../../src/base/trouble.ts';
import { firstMailboxes } from '../../src/journey/account/people.ts';
import { newMemory, type SyncMemory, type SyncParts } from '../../src/journey/collection/imap-parts.ts';
import { syncRound, type RoundAsk } from '../../src/journey/collection/imap-round.ts';
import { openImapShelf } from '../../src/journey/collection/imap-shelf.ts';
import type { RemoteShelf } from '../../src/journey/collection/remote-shelf.ts';
import { ImapClient } from '../../src/protocol/imap/client.ts';
import type { MailStore } from '../../src/store/contract.ts';
import type { CollectionLedger } from '../../src/store/ledger-contract.ts';
import { openMemoryStore } from '../../src/store/memory/store.ts';

/** Where the provider is. */
export interface Provider {
  readonly host: string;
  readonly port: number;
  readonly login: string;
  readonly password: string;
  readonly authority: string;
}

export const account = 1000;

export async function connect({ host, port, login, password, authority }: Provider): Promise<ImapClient> {
  const connector = openLineConnector({ localAddress: null, authorities: [authority] });
  const demand = { use: 'always', serverName: host, verify: 'certificate' } as const;
  const connection = await connector.connect({ address: '127.0.0.1', port, tls: 'implicit', demand }, 5000);
  const client = new ImapClient(connection, { clock: systemClock, chance: systemChance, server: { host, port } });
  await client.begin({ login, kind: 'password', secret: password }, null);
  return client;
}

/** Thrown where a test breaks off the sync. */
export class Killed extends Unavailable {
  constructor() {
    super('shutting-down', 'killed by the test');
  }
}

export class World {
  readonly provider: Provider;
  readonly store: MailStore;
  readonly ledger: CollectionLedger;
  memory: SyncMemory = newMemory();
  received = 0;
  letterLimit = 50 << 20;
  /** How the provider is reached. */
  dial: () => Promise<ImapClient>;
  /** `dial` gives the same one again. */
  keepsConnection = false;
  #shelf: RemoteShelf | null = null;

  constructor(provider: Provider, store: MailStore, ledger: CollectionLedger) {
    this.provider = provider;
    this.dial = () => connect(provider);
    this.store = store;
    this.ledger = ledger;
  }

  static async open(provider: Provider, store: MailStore = openMemoryStore({ clock: systemClock, chance: systemChance })): Promise<World> {
    await store.createAccount(account, firstMailboxes);
    return new World(provider, store, openLedger(':memory:'));
  }

  async close(): Promise<void> {
    await this.store.close();
    await this.ledger.close();
  }

  /** Rounds until nothing is left to do, the first as asked, else whole. `breakAfter`: so many writes and commands, then the sync dies. */
  async sync(breakAfter = Infinity, ask: RoundAsk = whole): Promise<void> {
    const client = await this.dial();
    let left = breakAfter;
    const step = () => {
      if (--left < 0) {
        client.close();
        throw new Killed();
      }
    };
    try {
      const open = () => openImapShelf({ client, clock: systemClock, peer: { host: 'provider', address: '127.0.0.1', tls: '' } });
      const shelf = this.keepsConnection ? (this.#shelf ??= open()) : open();
      const parts: SyncParts = {
        account,
        store: breaking(this.store, step, ['commit', 'copy', 'expunge', 'setFlags', 'createMailbox', 'renameMailbox', 'deleteMailbox']),
        ledger: breaking(this.ledger.imap, step, ['write', 'putFolder', 'removeFolder', 'putPending']),
        home: this.ledger.home,
        secret: this.ledger.secret,
        shelf: breaking(shelf, step, changing),
        clock: systemClock,
        log: silentLog,
        letterLimit: this.letterLimit,
        signal: new AbortController().signal,
        progress: () => {},
        received: (count) => (this.received += count),
        memory: breakAfter === Infinity ? this.memory : newMemory(),
      };
      for (let round = 0; await syncRound(parts, round === 0 ? ask : whole); round++)
        if (round > 50) throw new Error('the sync does not come to rest');
    } catch (trouble) {
      if (!(breakAfter < Infinity && trouble instanceof Unavailable)) throw trouble;
      // What dies forgets what it remembered.
      this.memory = newMemory();
    } finally {
      if (!this.keepsConnection) await client.end();
    }
  }
}

const whole: RoundAsk = { whole: true, heardHere: new Set(), heardThere: new Set() };
const changing: (keyof RemoteShelf)[] = ['create', 'rename', 'remove', 'changeFlags', 'transfer', 'expunge', 'append'];

/** The same object, which may die before or after any of these calls takes effect. */
function breaking<T extends object>(target: T, step: () => void, names: readonly (keyof T)[]): T {
  return new Proxy(target, {
    get(object, name) {
      const value = Reflect.get(object, name, object) as unknown;
      if (typeof value !== 'function') return value;
      const bound = value.bind(object) as (...args: unknown[]) => unknown;
      if (!names.includes(name as keyof T)) return bound;
      return async (...args: unknown[]) => {
        step();
        const result = await bound(...args);
        step();
        return result;
      };
    },
  });
}

/** What lies on one side: folder name → what each letter is, sorted. */
export type Shelf = Map<string, string[]>;

const keyOf = (octets: Uint8Array): string => /^X-Key: (\S+)\r$/m.exec(Buffer.from(octets).toString('latin1'))?.[1] ?? '?';
const inOrder = (flags: Iterable<string>): string =>
  [...flags]
    .filter((flag) => flag.toLowerCase() !== '\\recent')
    .sort()
    .join(' ');

export async function shelfThere(client: ImapClient): Promise<Shelf> {
  const shelf: Shelf = new Map();
  for (const { name, attributes } of await client.list()) {
    if (attributes.has('\\noselect') || attributes.has('\\nonexistent')) continue;
    await client.select(name);
    const letters: string[] = [];
    const uids = await client.uidsFrom(1);
    if (uids.length > 0)
      await client.fetchLetters(
        uids,
        'UID FLAGS',
        () => null,
        (_uid, { octets, flags }) => {
          if (octets instanceof Uint8Array) letters.push(`${keyOf(octets)} (${inOrder(flags ?? [])})`);
        },
      );
    shelf.set(name, letters.sort());
  }
  return shelf;
}

export async function shelfHere(store: MailStore): Promise<Shelf> {
  const shelf: Shelf = new Map();
  for (const box of await store.mailboxes(account)) {
    const state = await store.openMailbox(account, box.id);
    const letters: string[] = [];
    for (let at = 0; at < state.count; at++) {
      const [octets] = await store.readLetters(account, [state.messages[at]!]);
      letters.push(
        `${keyOf(octets!)} (${inOrder(
          state
            .flagsAt(at)
            .text.slice(1, -1)
            .split(' ')
            .filter((flag) => flag !== ''),
        )})`,
      );
    }
    state.release();
    shelf.set(box.name, letters.sort());
  }
  return shelf;
}

/** As lines, so that a difference can be read. Empty mailboxes of the first set are here only, until they hold something. */
export function asLines(shelf: Shelf): string[] {
  return [...shelf]
    .filter(([name, letters]) => letters.length > 0 || !firstMailboxes.some((box) => box.name === name))
    .flatMap(([name, letters]) => [`${name}:`, ...letters.map((letter) => `  ${name} ${letter}`)])
    .sort();
}

let count = 0;

/** A letter that can be known again. One in four has no Message-ID. */
export function letter(key: string, options: { readonly plain?: boolean; readonly octets?: number } = {}): Buffer {
  const lines = [
    `From: a@b.example`,
    `To: taro@foreign.example`,
    `Date: Mon, 23 Nov 2026 05:36:28 +0000`,
    `Subject: letter ${key}`,
    `X-Key: ${key}`,
    ...(options.plain === true ? [] : [`Message-ID: <${key}.${count++}@b.example>`]),
    '',
    'x'.repeat(Math.min(70, options.octets ?? 40)),
    ...Array.from({ length: Math.floor((options.octets ?? 0) / 72) }, () => 'y'.repeat(70)),
    '',
  ];
  return Buffer.from(lines.join('\r\n'));
}

export async function* oneOf(octets: Buffer): AsyncGenerator<Uint8Array> {
  yield octets;
}
