// Rules and vacation replies at the moment of delivery, for the same commit as the letter. What a person has set is kept in memory by account and
// read again when it changed: for people who have set nothing it costs one look into a map.
// Knows items of kinds `rule`, `vacation` and `replied`; knows no session and no queue.
import type { Chance, Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import { Refusal } from '../../base/trouble.ts';
import { bytesFromUtf8, noBytes } from '../../base/bytes.ts';
import { formatReturnPath } from '../../protocol/smtp/trace-fields.ts';
import type { AcceptLetter, AccountId, MailStore, MessageId, Placement } from '../../store/contract.ts';
import type { Directory } from '../../store/directory-contract.ts';
import { itemOctetsMax } from '../../store/items-contract.ts';
import { makeLetterId } from '../../store/letter-id.ts';
import type { Revision } from '../../store/shelf-contract.ts';
import type { AddressBook, RecipientLists } from '../account/contract.ts';
import type { Arrival, ArrivingLetter, Arrivals } from './contract.ts';
import { inRuleOrder, readRule, ruleKind, rulesMax, RuleTrouble, type Rule } from './rule.ts';
import { applyRules, RuleFacts } from './rules.ts';
import { buildReply, isAway, replyEveryMs, replyFor, vacationKind, type VacationValue } from './vacation.ts';

export interface ArrivalParts {
  readonly store: Pick<MailStore, 'items' | 'subscribe' | 'mailboxes' | 'spool' | 'readLetters' | 'revise'>;
  readonly directory: Pick<Directory, 'accountById' | 'outsideAccount'>;
  readonly addresses: AddressBook;
  readonly recipients: RecipientLists;
  readonly hostName: string;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly log: Log;
}

/** Who had a reply, and when: one item for each account, whose value is this. */
const repliedKind = 'replied';
const repliedMax = 2000;
/** Accounts of which it lies in memory; of the others it is read again. */
const repliedAccountsMax = 100;
/** After a commit that failed the sender comes again, seldom sooner. */
const promisedMs = 30_000;
/** Accounts whose settings are remembered. */
const rememberedMax = 10_000;

/** What an account has set. */
interface Wishes {
  readonly rules: readonly Rule[];
  readonly vacation: VacationValue | null;
}

const none: Wishes = { rules: [], vacation: null };

interface Remembered {
  /** Null while it has to be read. */
  wishes: Wishes | null;
  /** Counts changes: what was read before one is not kept after it. */
  changes: number;
  readonly forget: () => void;
}

export function openArrivals(parts: ArrivalParts): Arrivals {
  return new AccountArrivals(parts);
}

class AccountArrivals implements Arrivals {
  readonly #parts: ArrivalParts;
  readonly #remembered = new Map<AccountId, Remembered>();
  /** Who had a reply, by account; the item is written behind. */
  readonly #replied = new Map<AccountId, Map<string, number>>();
  /** Replies whose commit is on its way: two letters of one sender at once are answered once. Monotonic time until which each counts. */
  readonly #promised = new Map<string, number>();

  constructor(parts: ArrivalParts) {
    this.#parts = parts;
  }

  async sort(account: AccountId, messages: readonly MessageId[]): Promise<void> {
    const { store } = this.#parts;
    const { rules } = await this.#wishesOf(account);
    if (rules.length === 0) return;
    const mailboxes = await store.mailboxes(account);
    const inbox = mailboxes.find(({ name }) => name === 'INBOX')!.id;
    const revisions: Revision[] = [];
    for (const message of messages) {
      // oxlint-disable-next-line no-await-in-loop -- one letter in memory at a time
      const [octets] = await store.readLetters(account, [message]);
      if (octets === null || octets === undefined) continue;
      const { into, flags } = applyRules(rules, new RuleFacts(octets));
      const add = (into ?? []).flatMap(
        (target) => mailboxes.find(({ id, role }) => (target === 'trash' ? role === 'trash' : id === target))?.id ?? [],
      );
      if (add.length + flags.length === 0) continue;
      revisions.push({
        message,
        ...(flags.length === 0 ? {} : { flags: { how: 'add', flags } }),
        ...(add.length === 0 ? {} : { mailboxes: { add, remove: add.includes(inbox) ? [] : [inbox] } }),
      });
    }
    if (revisions.length > 0) await store.revise(account, revisions, null);
  }

  arrive(letter: ArrivingLetter, placements: readonly Placement[]): null | Promise<Arrival> {
    let open = false;
    for (const { account } of placements) if (this.#remembered.get(account)?.wishes !== none) open = true;
    return open ? this.#arrive(letter, placements) : null;
  }

  async #arrive(letter: ArrivingLetter, placements: readonly Placement[]): Promise<Arrival> {
    const placed: Placement[] = [];
    const replies: AcceptLetter[] = [];
    const given: (() => void)[] = [];
    const facts = new RuleFacts(letter.octets);
    const names = new Map<AccountId, string>();
    for (const placement of placements) {
      // oxlint-disable-next-line no-await-in-loop -- from memory, but for the first letter of an account
      const { rules, vacation } = await this.#wishesOf(placement.account);
      // oxlint-disable-next-line no-await-in-loop -- as above
      placed.push(...(rules.length === 0 ? [placement] : await this.#place(placement, rules, facts, names)));
      if (vacation === null || !isAway(vacation, letter.at)) continue;
      // oxlint-disable-next-line no-await-in-loop -- as above
      const reply = await this.#reply(letter, placement.account, vacation);
      if (reply === null) continue;
      replies.push(reply.letter);
      given.push(reply.given);
    }
    return { placements: placed, names, replies, committed: () => given.forEach((one) => one()) };
  }

  // --- what a person wishes -----------------------------------------------------------------------------------------

  async #wishesOf(account: AccountId): Promise<Wishes> {
    let remembered = this.#remembered.get(account);
    if (remembered === undefined) {
      this.#makeRoom();
      const fresh: Remembered = {
        wishes: null,
        changes: 0,
        forget: this.#parts.store.subscribe(account, ({ items }) => heard(fresh, items)),
      };
      this.#remembered.set(account, (remembered = fresh));
    }
    if (remembered.wishes !== null) return remembered.wishes;
    const { changes } = remembered;
    const wishes = await this.#read(account);
    if (remembered.changes === changes) remembered.wishes = wishes;
    return wishes;
  }

  #makeRoom(): void {
    if (this.#remembered.size < rememberedMax) return;
    const [oldest] = this.#remembered;
    oldest![1].forget();
    this.#remembered.delete(oldest![0]);
  }

  async #read(account: AccountId): Promise<Wishes> {
    const { items } = this.#parts.store;
    try {
      const [rules, vacations] = await Promise.all([items.list(account, ruleKind), items.list(account, vacationKind)]);
      const read = inRuleOrder(rules.slice(0, rulesMax).flatMap(({ id, value }) => ruleOf(id, value)))
        .map(({ rule }) => rule)
        .filter(({ enabled }) => enabled);
      const vacation = (vacations[0]?.value as VacationValue | undefined) ?? null;
      const away = vacation?.isEnabled === true ? vacation : null;
      return read.length === 0 && away === null ? none : { rules: read, vacation: away };
    } catch (trouble) {
      // An account without mail yet has no wishes either.
      if (trouble instanceof Refusal && trouble.code === 'nonexistent') return none;
      throw trouble;
    }
  }

  // --- rules --------------------------------------------------------------------------------------------------------

  async #place(
    placement: Placement,
    rules: readonly Rule[],
    facts: RuleFacts,
    names: Map<AccountId, string>,
  ): Promise<readonly Placement[]> {
    const { into, flags } = applyRules(rules, facts);
    if (into === null && flags.length === 0) return [placement];
    const marked: Placement = { ...placement, flags: [...new Set([...placement.flags, ...flags])], yields: true };
    if (into === null) return [marked];
    const there = await this.#parts.store.mailboxes(placement.account);
    // Strict: a mailbox that is gone takes no letter with it; it lies where it would lie without the rule.
    const found = new Map(
      into
        .flatMap((target) => there.find(({ id, role }) => (target === 'trash' ? role === target : id === target)) ?? [])
        .map((one) => [one.id, one.name]),
    );
    if (found.size === 0) return [marked];
    names.set(placement.account, [...found.values()].join(', '));
    const targets = [...found.keys()];
    // A key names one place of a letter (D-7).
    return targets.map((mailbox, index) => ({
      ...marked,
      mailbox,
      ...(marked.key === undefined || index === 0 ? {} : { key: `${marked.key}:${index}` }),
    }));
  }

  // --- vacation -----------------------------------------------------------------------------------------------------

  async #reply(
    letter: ArrivingLetter,
    account: AccountId,
    vacation: VacationValue,
  ): Promise<{ readonly letter: AcceptLetter; readonly given: () => void } | null> {
    const { addresses, directory, recipients, store, chance, hostName, log } = this.#parts;
    const row = directory.accountById(account);
    if (row === null || row.closedAt !== null) return null;
    const personal = (address: string): boolean => addresses.owns(account, address) && !isList(addresses, address);
    const to = replyFor(letter.octets, letter.reversePath, personal);
    // Nobody asked a whole list whether it wants to hear it.
    if (to === null || addresses.owns(account, to.address) || isList(addresses, to.address)) return null;
    const key = to.address.toLowerCase();
    const replied = await this.#repliedOf(account);
    if (letter.at - (replied.get(key) ?? -Infinity) < replyEveryMs || !this.#promise(`${account} ${key}`)) return null;
    // Full mailboxes and strangers' bounces are no reason for a second letter: it goes or it does not.
    const list = recipients.open({ onlyOurs: false, pastQuota: true });
    if ((await list.add({ address: to.address, notify: ['never'], originalRecipient: null }, 0)) !== null) return null;
    const id = makeLetterId(chance, letter.at);
    const octets = buildReply({
      vacation,
      to,
      author: { name: row.name, address: row.address },
      at: letter.at,
      messageId: `${id}@${hostName}`,
    });
    const spool = store.spool(Number.MAX_SAFE_INTEGER);
    await spool.add(octets);
    const queue = list.queueRows();
    log.info('arrival: a vacation reply', { letter: letter.letter, reply: id, account });
    return {
      letter: {
        letter: id,
        prefix: queue.length > 0 ? noBytes() : bytesFromUtf8(formatReturnPath('')),
        spool,
        receivedAt: letter.at,
        // RFC 3834 §3.3: nothing comes back to it.
        reversePath: '',
        placements: list.placements(),
        queue,
      },
      given: () => void this.#keep(account, key, letter.at),
    };
  }

  /** False: one is on its way. */
  #promise(key: string): boolean {
    const now = this.#parts.clock.monotonic();
    for (const [other, until] of this.#promised) if (until <= now) this.#promised.delete(other);
    if (this.#promised.has(key)) return false;
    this.#promised.set(key, now + promisedMs);
    return true;
  }

  async #repliedOf(account: AccountId): Promise<Map<string, number>> {
    let replied = this.#replied.get(account);
    if (replied !== undefined) return replied;
    const [item] = await this.#parts.store.items.list(account, repliedKind);
    replied = this.#replied.get(account);
    if (replied !== undefined) return replied;
    replied = new Map(Object.entries((item?.value as Record<string, number> | undefined) ?? {}));
    if (this.#replied.size >= repliedAccountsMax) this.#replied.delete(this.#replied.keys().next().value!);
    this.#replied.set(account, replied);
    return replied;
  }

  /** Lost in a crash it means one reply too many, never a letter too few. */
  async #keep(account: AccountId, address: string, at: number): Promise<void> {
    const { items } = this.#parts.store;
    try {
      const replied = await this.#repliedOf(account);
      replied.set(address, at);
      cutReplied(replied, this.#parts.clock.now());
      const [item] = await items.list(account, repliedKind);
      const value = Object.fromEntries(replied);
      await items.write(account, [item === undefined ? { kind: repliedKind, add: value } : { kind: repliedKind, id: item.id, put: value }]);
    } catch (trouble) {
      this.#parts.log.warn('arrival: who had a reply could not be written down', { account }, trouble);
    }
  }
}

/** The newest of those that count, as many as an item has room for: of the longest addresses that is a thousand. */
function cutReplied(replied: Map<string, number>, now: number): void {
  let count = 0;
  let octets = '{}'.length;
  for (const [address, at] of [...replied].toSorted(([, a], [, b]) => b - a)) {
    count++;
    octets += bytesFromUtf8(`${JSON.stringify(address)}:${at},`).length;
    if (now - at >= replyEveryMs || count > repliedMax || octets > itemOctetsMax) replied.delete(address);
  }
}

/** What another version of the program may have written is passed over, never an error. */
function ruleOf(id: number, value: unknown): { readonly id: number; readonly rule: Rule }[] {
  try {
    return [{ id, rule: readRule(value) }];
  } catch (trouble) {
    if (trouble instanceof RuleTrouble) return [];
    throw trouble;
  }
}

function isList(addresses: AddressBook, address: string): boolean {
  const road = addresses.resolve(address);
  return road.kind === 'list' && road.targets.length !== 1;
}

function heard(remembered: Remembered, items: readonly string[]): void {
  if (!items.includes(ruleKind) && !items.includes(vacationKind)) return;
  remembered.changes++;
  remembered.wishes = null;
}
