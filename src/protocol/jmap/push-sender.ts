// Sends changes to push services (RFC 8620 §7.2): for each person with a verified subscription it listens to the hub, and hands messages to whoever
// delivers them. Knows subscriptions, waiting and giving up; knows no HTTP and no key.
import type { Chance, Clock } from '../../base/clock.ts';
import { Refusal } from '../../base/trouble.ts';
import type { AccountId, MailStore } from '../../store/contract.ts';
import type { Id, JmapAccount, JsonObject } from './contract.ts';
import { formatId } from './ids.ts';
import { formatStateChange, mergeChanged, type Changed, type Listening, type PushHub } from './push-hub.ts';
import { pushKind, type PushSubscription } from './push-subscriptions.ts';

/** `gone`: the subscription is no more. `later`: after `waitMs`, where the service said how long. */
export type PushOutcome =
  | { readonly kind: 'sent' }
  | { readonly kind: 'gone' }
  | { readonly kind: 'later'; readonly waitMs: number | null };
export type PushDelivery = (to: Pick<PushSubscription, 'url' | 'keys'>, message: JsonObject, urgent: boolean) => Promise<PushOutcome>;

export interface PushSenderParts {
  readonly store: Pick<MailStore, 'items'>;
  readonly hub: PushHub;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly deliver: PushDelivery;
  /** Accounts of a person; null when the person is not here any more. */
  readonly accountsOf: (person: AccountId) => readonly JmapAccount[] | null;
  /** Whether the credentials that made a subscription are still good. */
  readonly isValid: (person: AccountId, credentials: string) => boolean;
  /**
   * Does the person want to hear that letters have come to these accounts? Asked where a subscription is for that alone (`EmailDelivery`, RFC 8621 §1.5): a
   * browser that is woken and shows nothing shows a notice of its own.
   */
  readonly wants?: (person: AccountId, accounts: readonly Id[]) => Promise<boolean>;
  readonly defect: (what: string, thrown: unknown) => void;
}

/** Between two messages to one address, so that a busy mailbox does not make a busy phone. */
const restMs = 1_000;
const firstWaitMs = 5_000;
const longestWaitMs = 3_600_000;
/** Octets of one message as JSON: once it is encrypted, a push service takes 4096 (RFC 8030 §7.2). */
export const messageMax = 3900;
/** How often a code is sent that could not be handed over. */
const verifyTriesMax = 6;
const sweepMs = 3_600_000;
/** So many people are looked at without a break, and then others have their turn: of many thousands nobody notices that they are looked at. */
const peopleAtOnce = 100;
const breakMs = 5;

interface Address {
  readonly id: number;
  value: PushSubscription;
  waiting: Changed | null;
  sending: boolean;
  failures: number;
  /** Cancels the time that is waited. */
  rest: (() => void) | null;
}

interface Person {
  readonly addresses: Map<number, Address>;
  listening: Listening | null;
  /** The last reload, so that they come one after another. */
  last: Promise<void>;
}

/** State over time: what waits for which address. */
export class PushSender {
  readonly #parts: PushSenderParts;
  readonly #people = new Map<AccountId, Person>();
  #sweep: (() => void) | null = null;
  /** All are being looked at; and when that is done, once more. */
  #refreshing = false;
  #again = false;
  #closed = false;

  constructor(parts: PushSenderParts) {
    this.#parts = parts;
  }

  /** Looks for the subscriptions of these people, and from then on once an hour for what is over. */
  async start(people: readonly AccountId[]): Promise<void> {
    this.#sweep = this.#parts.clock.after(sweepMs, () => void this.refresh());
    await this.#each(people, async (person) => {
      // Few have any, and nothing is made for the others.
      if ((await this.#parts.store.items.list(person, pushKind)).length > 0) await this.changed(person, []);
    });
  }

  /** Subscriptions of this person were made, changed or destroyed; those `made` are sent their code. */
  changed(person: AccountId, made: readonly number[]): Promise<void> {
    if (this.#closed) return Promise.resolve();
    const one = this.#people.get(person) ?? { addresses: new Map(), listening: null, last: Promise.resolve() };
    this.#people.set(person, one);
    one.last = one.last.then(() => this.#load(person, one, made)).catch((trouble: unknown) => this.#parts.defect('push', trouble));
    return one.last;
  }

  /** People, passwords or accounts have changed: all are looked at again. */
  async refresh(): Promise<void> {
    if (this.#closed) return;
    this.#sweep?.();
    this.#sweep = this.#parts.clock.after(sweepMs, () => void this.refresh());
    this.#again = true;
    if (this.#refreshing) return;
    this.#refreshing = true;
    while (this.#again && !this.#closed) {
      this.#again = false;
      // oxlint-disable-next-line no-await-in-loop -- once more only where something has changed meanwhile
      await this.#each([...this.#people.keys()], (person) => this.changed(person, []));
    }
    this.#refreshing = false;
  }

  /** One after another, with breaks: it is not urgent. */
  async #each(people: readonly AccountId[], look: (person: AccountId) => Promise<void>): Promise<void> {
    for (const [index, person] of people.entries()) {
      // oxlint-disable-next-line no-await-in-loop -- as above
      if (index > 0 && index % peopleAtOnce === 0) await new Promise<void>((go) => this.#parts.clock.after(breakMs, go));
      if (this.#closed) return;
      // oxlint-disable-next-line no-await-in-loop -- as above
      await look(person).catch((trouble: unknown) => this.#parts.defect('push', trouble));
    }
  }

  close(): void {
    this.#closed = true;
    this.#sweep?.();
    for (const person of this.#people.values()) {
      person.listening?.end();
      for (const address of person.addresses.values()) address.rest?.();
    }
    this.#people.clear();
  }

  async #load(person: AccountId, one: Person, made: readonly number[]): Promise<void> {
    const { store, clock } = this.#parts;
    const accounts = this.#parts.accountsOf(person);
    const items = accounts === null ? [] : await store.items.list(person, pushKind);
    const now = clock.now();
    const there = new Set<number>();
    for (const { id, value } of items) {
      const subscription = value as PushSubscription;

      if (subscription.expires <= now || !this.#parts.isValid(person, subscription.credentials)) {
        // oxlint-disable-next-line no-await-in-loop -- rare
        await this.#remove(person, id);
        continue;
      }
      there.add(id);
      const known = one.addresses.get(id);
      if (known === undefined) {
        one.addresses.set(id, { id, value: subscription, waiting: null, sending: false, failures: 0, rest: null });
      } else known.value = subscription;
    }
    for (const [id, address] of one.addresses) {
      if (there.has(id)) continue;
      address.rest?.();
      one.addresses.delete(id);
    }
    for (const id of made) {
      const address = one.addresses.get(id);
      if (address !== undefined) void this.#verify(person, address);
    }
    await this.#listen(person, one, accounts ?? []);
  }

  async #listen(person: AccountId, one: Person, accounts: readonly JmapAccount[]): Promise<void> {
    const wanted = [...one.addresses.values()].some(({ value }) => value.verified);
    if (!wanted || this.#closed) {
      one.listening?.end();
      one.listening = null;
      if (one.addresses.size === 0) this.#people.delete(person);
    } else if (one.listening === null) {
      const listening = await this.#parts.hub.listen(accounts, null, (changed) => this.#heard(person, one, changed));
      if (this.#closed) listening.end();
      else one.listening = listening;
    } else await one.listening.follow(accounts);
  }

  #heard(person: AccountId, one: Person, changed: Changed): void {
    for (const address of one.addresses.values()) {
      if (!address.value.verified) continue;
      const { types } = address.value;
      const told = new Map(
        [...changed]
          .map(([id, states]) => [id, types === null ? states : new Map([...states].filter(([type]) => types.includes(type)))] as const)
          .filter(([, states]) => states.size > 0),
      );
      if (told.size === 0) continue;
      address.waiting = address.waiting === null ? told : mergeChanged(address.waiting, told);
      void this.#send(person, address);
    }
  }

  async #verify(person: AccountId, address: Address): Promise<void> {
    const { code } = address.value;
    const message = { '@type': 'PushVerification', pushSubscriptionId: formatId('P', address.id), verificationCode: code };
    const wait = await this.#deliver(person, address, message, true);
    if (wait === null || address.failures === 0 || address.failures > verifyTriesMax || this.#closed) return;
    address.rest = this.#parts.clock.after(wait, () => {
      address.rest = null;
      if (!address.value.verified) void this.#verify(person, address);
    });
  }

  async #send(person: AccountId, address: Address): Promise<void> {
    if (address.sending || address.rest !== null || address.waiting === null || this.#closed) return;
    if (!this.#parts.isValid(person, address.value.credentials) || address.value.expires <= this.#parts.clock.now()) {
      await this.changed(person, []);
      return;
    }
    const [told, left] = portionOf(address.waiting);
    address.waiting = left.size === 0 ? null : left;
    if (!(await this.#isWanted(person, address, [...told.keys()])) || this.#closed) {
      address.sending = false;
      if (address.waiting !== null) void this.#send(person, address);
      return;
    }
    const wait = await this.#deliver(person, address, formatStateChange(told), false);
    if (wait === null || this.#closed) return;
    if (address.failures > 0) address.waiting = address.waiting === null ? told : mergeChanged(told, address.waiting);
    address.rest = this.#parts.clock.after(wait, () => {
      address.rest = null;
      void this.#send(person, address);
    });
  }

  async #isWanted(person: AccountId, address: Address, accounts: readonly Id[]): Promise<boolean> {
    const { wants } = this.#parts;
    if (wants === undefined || address.value.types?.length !== 1 || address.value.types[0] !== 'EmailDelivery') return true;
    // Until it is delivered, or is not: what comes meanwhile waits.
    address.sending = true;
    try {
      return await wants(person, accounts);
    } catch (trouble) {
      // Rather once too often.
      this.#parts.defect('push', trouble);
      return true;
    }
  }

  /** How long to rest now; null when there is nobody any more. */
  async #deliver(person: AccountId, address: Address, message: JsonObject, urgent: boolean): Promise<number | null> {
    address.sending = true;
    try {
      const outcome = await this.#parts.deliver(address.value, message, urgent);
      if (outcome.kind === 'gone') {
        await this.#remove(person, address.id);
        await this.changed(person, []);
        return null;
      }
      if (outcome.kind === 'sent') {
        address.failures = 0;
        return restMs;
      }
      address.failures += 1;
      const usual = Math.min(longestWaitMs, firstWaitMs * 2 ** Math.min(address.failures - 1, 12));
      return outcome.waitMs === null ? usual * (0.5 + this.#parts.chance.fraction()) : Math.max(outcome.waitMs, firstWaitMs);
    } catch (trouble) {
      this.#parts.defect('push', trouble);
      address.failures += 1;
      return longestWaitMs;
    } finally {
      address.sending = false;
    }
  }

  async #remove(person: AccountId, id: number): Promise<void> {
    try {
      await this.#parts.store.items.write(person, [{ kind: pushKind, id, remove: true }]);
    } catch (trouble) {
      // Somebody was quicker.
      if (!(trouble instanceof Refusal)) throw trouble;
    }
  }
}

/** As many accounts as one message has room for, one at least, and the others. */
export function portionOf(waiting: Changed): readonly [told: Changed, left: Changed] {
  const told = new Map<Id, ReadonlyMap<string, string>>();
  const left = new Map(waiting);
  for (const [id, states] of waiting) {
    if (told.size > 0 && JSON.stringify(formatStateChange(new Map([...told, [id, states]]))).length > messageMax) break;
    told.set(id, states);
    left.delete(id);
  }
  return [told, left];
}
