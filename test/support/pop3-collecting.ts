// Collection by POP3 on real parts: the embedded store, the ledger on disk, connections by the book. As a module for tests, and as a program of
// its own that is killed: `node pop3-collecting.ts '{"data":…}'` makes one visit and says a line at each step.
// Knows how the parts are joined; knows no provider.
import { argv, exit } from 'node:process';
import { silentLog } from '../../src/base/log.ts';
import { silentMeter } from '../../src/base/meter.ts';
import { systemChance, systemClock } from '../../src/io/clock.ts';
import { openLedger } from '../../src/io/collection/ledger.ts';
import { openOutsideConnector } from '../../src/io/outside-connector.ts';
import { openEmbeddedStore, type EmbeddedStore } from '../../src/io/store/embedded.ts';
import { openPop3Collector } from '../../src/journey/collection/pop3.ts';
import type { Pop3CollectorParts } from '../../src/journey/collection/pop3-parts.ts';
import { openPop3Client } from '../../src/protocol/pop3/client.ts';
import type { CollectionLedger } from '../../src/store/ledger-contract.ts';
import type { OutsideAccountRow, Pop3Leaving, SocketSecurity } from '../../src/store/outside-contract.ts';

export interface Collecting {
  /** The data folder. */
  readonly data: string;
  /** The account whose INBOX is filled; made when it is missing. */
  readonly account: number;
  readonly host: string;
  readonly port: number;
  readonly security: SocketSecurity;
  readonly login: string;
  readonly password: string;
  /** PEM. */
  readonly authority: string;
  readonly leaving: Pop3Leaving;
}

export interface OpenCollecting {
  readonly store: EmbeddedStore;
  readonly ledger: CollectionLedger;
  readonly told: Parameters<Pop3CollectorParts['well']>[0][];
  /** One visit. */
  visit(change?: Partial<Pop3CollectorParts>): Promise<void>;
  close(): Promise<void>;
}

export async function openCollecting(options: Collecting): Promise<OpenCollecting> {
  const { account, host, port, security, login, password } = options;
  const store = await openEmbeddedStore({
    dir: options.data,
    shards: 1,
    clock: systemClock,
    chance: systemChance,
    log: silentLog,
    meter: silentMeter,
  });
  await store.createAccount(account, []);
  const ledger = openLedger(options.data);
  const told: OpenCollecting['told'] = [];
  const row = {
    id: account,
    owner: 1,
    address: login,
    leaving: options.leaving,
    receive: { service: 'pop3', host, port, security, login, auth: 'password', exceptions: [] },
  } as unknown as OutsideAccountRow;
  const connector = openOutsideConnector({ guard: { addressesOf: async () => ['127.0.0.1'] }, authorities: [options.authority] });
  return {
    store,
    ledger,
    told,
    visit: (change = {}) =>
      openPop3Collector({
        store,
        ledger: ledger.pop3,
        connector,
        keeper: { credentialsOf: async () => ({ login, kind: 'password', secret: password }) },
        openClient: openPop3Client,
        clock: systemClock,
        chance: systemChance,
        log: silentLog,
        letterMax: 50_000_000,
        row,
        progress() {},
        well: (facts) => void told.push(facts),
        ...change,
      }).run(new AbortController().signal),
    async close() {
      await store.close();
      await ledger.close();
    },
  };
}

/** Texts of the INBOX, sorted. */
export async function inboxOf(store: EmbeddedStore, account: number): Promise<string[]> {
  const inbox = (await store.mailboxes(account)).find(({ role }) => role === 'inbox')!;
  const state = await store.openMailbox(account, inbox.id);
  const letters = await store.readLetters(account, [...state.messages.subarray(0, state.count)]);
  state.release();
  return letters.map((letter) => Buffer.from(letter!).toString('latin1')).toSorted();
}

if (import.meta.main) {
  const say = (step: string): void => void process.stdout.write(`${step}\n`);
  const options = JSON.parse(argv[2]!) as Collecting;
  const collecting = await openCollecting(options);
  const { store, ledger } = collecting;
  say('open');
  await collecting.visit({
    batch: 5,
    store: said(store, ['commit'], say),
    ledger: said(ledger.pop3, ['write', 'find'], say),
    openClient: (connection, parts) => said(openPop3Client(connection, parts), ['begin', 'listing', 'retrieve', 'remove', 'quit'], say),
  });
  say('end');
  await collecting.close();
  exit(0);
}

/** The same object, that says when a method is called and when it settles. */
function said<T extends object>(target: T, names: readonly string[], say: (step: string) => void): T {
  return new Proxy(target, {
    get(_target, name) {
      const value = Reflect.get(target, name, target) as unknown;
      if (typeof value !== 'function') return value;
      if (!names.includes(String(name))) return value.bind(target);
      return async (...words: unknown[]) => {
        say(`${String(name)}…`);
        const result = (await Reflect.apply(value, target, words)) as unknown;
        say(`${String(name)}.`);
        return result;
      };
    },
  });
}
