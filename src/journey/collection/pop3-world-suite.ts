// A provider, a store, a ledger and the collector between them, in memory: for the tests of collection by POP3.
import assert from 'node:assert/strict';
import { latin1FromBytes } from '../../base/bytes.ts';
import type { Clock } from '../../base/clock.ts';
import { silentLog } from '../../base/log.ts';
import { openLedger } from '../../io/collection/ledger.ts';
import { systemChance } from '../../io/clock.ts';
import { openPop3Client } from '../../protocol/pop3/client.ts';
import type { MailStore } from '../../store/contract.ts';
import type { CollectionLedger } from '../../store/ledger-contract.ts';
import { openMemoryStore } from '../../store/memory/store.ts';
import type { OutsideAccountRow, Pop3Leaving } from '../../store/outside-contract.ts';
import type { CollectionProgress } from './contract.ts';
import { openPop3Collector } from './pop3.ts';
import type { Pop3CollectorParts } from './pop3-parts.ts';
import { ForeignProvider } from './pop3-suite.ts';

export const day = 24 * 60 * 60 * 1000;

class StandingClock implements Clock {
  time = Date.UTC(2026, 10, 27);
  now(): number {
    return this.time;
  }
  monotonic(): number {
    return this.time;
  }
  after(_ms: number, wake: () => void): () => void {
    const timer = setImmediate(wake);
    return () => clearImmediate(timer);
  }
}

function rowWith(leaving: Pop3Leaving): OutsideAccountRow {
  const server = { host: 'pop.foreign.test', port: 995, security: 'tls', login: 'taro', auth: 'password', exceptions: [] } as const;
  return {
    id: 7,
    owner: 1,
    address: 'taro@foreign.test',
    name: 'Taro',
    provider: null,
    receive: { ...server, service: 'pop3' },
    send: { ...server, service: 'smtp', port: 465 },
    secret: new Uint8Array(0),
    leaving,
    sentCopy: 'here',
    provenance: {},
    provenAt: null,
    createdAt: 0,
    paused: false,
    closedAt: null,
    health: { state: 'good', cause: null, words: '', at: 0, lastReceivedAt: null, lastSentAt: null },
  };
}

type WellFacts = Parameters<Pop3CollectorParts['well']>[0];

/** A provider, a store, a ledger, and the collector between them. */
export class World {
  readonly clock = new StandingClock();
  readonly provider = new ForeignProvider();
  readonly store: MailStore = openMemoryStore({ clock: this.clock, chance: systemChance });
  readonly ledger: CollectionLedger = openLedger(':memory:');
  readonly told: WellFacts[] = [];
  readonly progress: CollectionProgress[] = [];
  leaving: Pop3Leaving = { keep: 'forever' };
  letterMax = 100_000;

  static async open(change: (world: World) => void = () => {}): Promise<World> {
    const world = new World();
    await world.store.createAccount(7, [{ name: 'Sent', role: 'sent' }]);
    change(world);
    return world;
  }

  parts(change: Partial<Pop3CollectorParts> = {}): Pop3CollectorParts {
    return {
      store: this.store,
      ledger: this.ledger.pop3,
      connector: { connect: async () => this.provider.connect() },
      keeper: { credentialsOf: async () => ({ login: 'taro', kind: 'password', secret: 'taros-password' }) },
      openClient: openPop3Client,
      clock: this.clock,
      chance: systemChance,
      log: silentLog,
      letterMax: this.letterMax,
      row: rowWith(this.leaving),
      progress: (one) => void (one !== null && this.progress.push(one)),
      well: (facts) => void this.told.push(facts),
      ...change,
    };
  }

  visit(change: Partial<Pop3CollectorParts> = {}, signal = new AbortController().signal): Promise<void> {
    return openPop3Collector(this.parts(change)).run(signal);
  }

  /** Texts of the INBOX in order of arrival. */
  async inbox(): Promise<string[]> {
    const inbox = (await this.store.mailboxes(7)).find(({ role }) => role === 'inbox')!;
    const state = await this.store.openMailbox(7, inbox.id);
    const letters = await this.store.readLetters(7, [...state.messages.subarray(0, state.count)]);
    state.release();
    return letters.map((letter) => latin1FromBytes(letter!));
  }

  async expunge(text: string): Promise<void> {
    const at = (await this.inbox()).indexOf(text);
    const inbox = (await this.store.mailboxes(7)).find(({ role }) => role === 'inbox')!;
    const state = await this.store.openMailbox(7, inbox.id);
    const uid = state.uids[at]!;
    state.release();
    await this.store.expunge(7, inbox.id, [uid], false);
  }

  retrieved(): number {
    return this.provider.heard.filter((line) => line.startsWith('RETR')).length;
  }

  async assertHas(texts: readonly string[], words = ''): Promise<void> {
    assert.deepEqual((await this.inbox()).toSorted(), [...texts].toSorted(), words);
  }
}

/** The same object, some of its methods changed. */
export function changed<T extends object>(target: T, methods: Partial<T>): T {
  return new Proxy(target, {
    get(_target, name) {
      const own = (methods as Record<PropertyKey, unknown>)[name];
      if (own !== undefined) return own;
      const value = Reflect.get(target, name, target) as unknown;
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
