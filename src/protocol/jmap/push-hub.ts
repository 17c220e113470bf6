// One place that hears of changes and tells those who wait for them (RFC 8620 §7.1): EventSource, WebSocket and Web Push. Knows accounts and the
// states of types; knows no connection. What happens within a moment is told as one.
import type { Clock } from '../../base/clock.ts';
import type { AccountId, MailStore } from '../../store/contract.ts';
import type { Id, JmapAccount, JsonObject, MethodGroup } from './contract.ts';

export interface PushHubParts {
  readonly store: Pick<MailStore, 'subscribe'>;
  readonly clock: Clock;
  readonly groups: readonly MethodGroup[];
  /** Keeps at hand what states are read of, as long as somebody listens. Returns the way to let it go. */
  readonly keep?: (account: AccountId) => Promise<() => void>;
  readonly defect: (what: string, thrown: unknown) => void;
}

/** Account id → type → state. */
export type Changed = ReadonlyMap<Id, ReadonlyMap<string, string>>;

export interface Listening {
  /** All states of all accounts and wanted types as the listener knows them. */
  states(): Changed;
  /** Other accounts from now on: those that are new are told whole. */
  follow(accounts: readonly JmapAccount[]): Promise<void>;
  end(): void;
}

/** From a change to its telling: more changes within this time go along. */
export const gatherMs = 40;

interface Followed {
  account: JmapAccount;
  states: ReadonlyMap<string, string>;
  readonly listeners: Set<Listener>;
  readonly stop: () => void;
  /** Cancels the telling that is due. */
  due: (() => void) | null;
  reading: boolean;
  again: boolean;
}

interface Listener {
  readonly types: ReadonlySet<string> | null;
  readonly heard: (changed: Changed) => void;
}

/** State over time: who follows which account. */
export class PushHub {
  readonly #parts: PushHubParts;
  /** By account; an account is followed once, however many listen. */
  readonly #followed = new Map<AccountId, Promise<Followed>>();

  constructor(parts: PushHubParts) {
    this.#parts = parts;
    // For as long as the hub is there.
    for (const group of parts.groups)
      group.listen?.((account) => {
        this.#followed.get(account)?.then(
          (followed) => this.#changed(followed),
          () => {},
        );
      });
  }

  /** Types whose changes can be told. */
  types(): ReadonlySet<string> {
    return new Set(this.#parts.groups.flatMap((group) => Object.keys(group.states ?? {})));
  }

  /** `types`: null for all. What changes after this has settled is told. */
  async listen(accounts: readonly JmapAccount[], types: ReadonlySet<string> | null, heard: (changed: Changed) => void): Promise<Listening> {
    const listener: Listener = { types, heard };
    let mine = new Map<AccountId, Followed>();
    let ended = false;
    const leave = (followed: ReadonlyMap<AccountId, Followed>, kept: ReadonlyMap<AccountId, Followed>): void => {
      for (const [account, one] of followed) if (!kept.has(account)) this.#leave(account, one, listener);
    };
    const follow = async (wanted: readonly JmapAccount[]): Promise<Map<AccountId, Followed>> => {
      const next = new Map<AccountId, Followed>();
      try {
        // oxlint-disable-next-line no-await-in-loop -- a few
        for (const account of wanted) next.set(account.account, await this.#follow(account, listener));
      } catch (trouble) {
        leave(next, mine);
        throw trouble;
      }
      return next;
    };
    mine = await follow(accounts);
    return {
      states: () => new Map([...mine.values()].map(({ account, states }) => [account.id, wantedOf(states, types)])),
      follow: async (wanted) => {
        if (ended) return;
        const next = await follow(wanted);
        const added = [...next].filter(([account]) => !mine.has(account)).map(([, one]) => one);
        leave(mine, next);
        mine = next;
        if (ended) leave(mine, new Map());
        else if (added.length > 0) heard(new Map(added.map(({ account, states }) => [account.id, wantedOf(states, types)])));
      },
      end: () => {
        if (ended) return;
        ended = true;
        leave(mine, new Map());
      },
    };
  }

  async #follow(account: JmapAccount, listener: Listener): Promise<Followed> {
    let followed = this.#followed.get(account.account);
    if (followed === undefined) {
      followed = this.#begin(account);
      this.#followed.set(account.account, followed);
      followed.catch(() => this.#followed.delete(account.account));
    }
    const one = await followed;
    // Ended by the last who listened while this one waited.
    if (this.#followed.get(account.account) !== followed) return this.#follow(account, listener);
    one.listeners.add(listener);
    // Another quota, another name: as it is now.
    if (one.account !== account) {
      one.account = account;
      this.#changed(one);
    }
    return one;
  }

  async #begin(account: JmapAccount): Promise<Followed> {
    const letGo = (await this.#parts.keep?.(account.account)) ?? (() => {});
    // First heard, then read: nothing falls in between.
    const stopHearing = this.#parts.store.subscribe(account.account, () => this.#changed(followed));
    const followed: Followed = {
      account,
      states: new Map(),
      listeners: new Set(),
      stop: () => {
        stopHearing();
        letGo();
      },
      due: null,
      reading: true,
      again: false,
    };
    try {
      followed.states = await this.#read(account);
    } catch (trouble) {
      followed.stop();
      throw trouble;
    }
    followed.reading = false;
    if (followed.again) this.#changed(followed);
    return followed;
  }

  #leave(account: AccountId, one: Followed, listener: Listener): void {
    one.listeners.delete(listener);
    if (one.listeners.size > 0) return;
    one.stop();
    one.due?.();
    one.due = null;
    this.#followed.delete(account);
  }

  #changed(followed: Followed): void {
    if (followed.reading) followed.again = true;
    else followed.due ??= this.#parts.clock.after(gatherMs, () => void this.#tell(followed));
  }

  async #tell(followed: Followed): Promise<void> {
    followed.due = null;
    followed.reading = true;
    followed.again = false;
    try {
      const states = await this.#read(followed.account);
      const changed = new Map([...states].filter(([type, state]) => followed.states.get(type) !== state));
      followed.states = states;
      for (const listener of followed.listeners) {
        const told = wantedOf(changed, listener.types);
        if (told.size > 0) listener.heard(new Map([[followed.account.id, told]]));
      }
    } catch (trouble) {
      // Dropped pushes do no harm: "the next time it gets any records, it will discover the data has changed" (RFC 8620 §7).
      this.#parts.defect('push', trouble);
    } finally {
      followed.reading = false;
      if (followed.again && followed.listeners.size > 0) this.#changed(followed);
    }
  }

  async #read(account: JmapAccount): Promise<ReadonlyMap<string, string>> {
    const states = new Map<string, string>();
    for (const group of this.#parts.groups) {
      if (group.account(account) === null) continue;
      // oxlint-disable-next-line no-await-in-loop -- from memory
      for (const [type, read] of Object.entries(group.states ?? {})) states.set(type, await read(account));
    }
    return states;
  }
}

function wantedOf(states: ReadonlyMap<string, string>, types: ReadonlySet<string> | null): ReadonlyMap<string, string> {
  return types === null ? states : new Map([...states].filter(([type]) => types.has(type)));
}

/** RFC 8620 §7.1. */
export function formatStateChange(changed: Changed): JsonObject {
  return {
    '@type': 'StateChange',
    changed: Object.fromEntries([...changed].map(([id, states]) => [id, Object.fromEntries(states)])),
  };
}

/** Two changes as one, the later states winning. */
export function mergeChanged(first: Changed, second: Changed): Changed {
  const merged = new Map(first);
  for (const [id, states] of second) merged.set(id, new Map([...(merged.get(id) ?? []), ...states]));
  return merged;
}
