// What the main thread keeps of accounts: lists of mailboxes, live states of those in use, and who listens.
// Knows effects of commits and how they change what is kept; knows no SQL and no job.
import type { AccountChange, AccountId, MailboxId, MailboxInfo } from '../../store/contract.ts';
import type { PackedMailbox } from '../../store/packed-mailbox.ts';
import type { AccountEffect, MailboxEffect } from './jobs.ts';

/** Octets of states that nobody has open and that are kept for the next SELECT. */
const keptOctets = 64 << 20;
/** Lists of mailboxes that are kept. */
const keptLists = 10_000;
const octetsPerLetter = 44;

interface Held {
  readonly state: PackedMailbox;
  holders: number;
}

export interface MailboxLoader {
  mailboxes(account: AccountId): MailboxInfo[];
  hasAccount(account: AccountId): boolean;
  loadMailbox(account: AccountId, mailbox: MailboxId, released: () => void): PackedMailbox | null;
}

export class OpenMailboxes {
  readonly #loaderOf: (account: AccountId) => MailboxLoader;
  readonly #lists = new Map<AccountId, Map<MailboxId, MailboxInfo>>();
  readonly #sorted = new Map<AccountId, readonly MailboxInfo[]>();
  readonly #states = new Map<AccountId, Map<MailboxId, Held>>();
  /** States without a holder, the one let go longest ago first. */
  readonly #idle = new Set<PackedMailbox>();
  #idleOctets = 0;
  readonly #listeners = new Map<AccountId, Set<(change: AccountChange) => void>>();
  #untold: AccountChange[] = [];

  constructor(loaderOf: (account: AccountId) => MailboxLoader) {
    this.#loaderOf = loaderOf;
  }

  /** Ordered by name; null when there is no such account. */
  list(account: AccountId): readonly MailboxInfo[] | null {
    const sorted = this.#sorted.get(account);
    if (sorted !== undefined) return sorted;
    const infos = this.#infos(account);
    if (infos === null) return null;
    const list = [...infos.values()];
    this.#sorted.set(account, list);
    return list;
  }

  has(account: AccountId): boolean {
    return this.#lists.has(account) || this.#infos(account) !== null;
  }

  find(account: AccountId, mailbox: MailboxId): MailboxInfo | null {
    return this.#infos(account)?.get(mailbox) ?? null;
  }

  open(account: AccountId, mailbox: MailboxId): PackedMailbox | null {
    const held = this.#states.get(account)?.get(mailbox);
    if (held !== undefined) {
      if (held.holders++ === 0) this.#unidle(held.state);
      return held.state;
    }
    const state = this.#loaderOf(account).loadMailbox(account, mailbox, () => this.#release(account, mailbox, state!));
    if (state === null) return null;
    let states = this.#states.get(account);
    if (states === undefined) this.#states.set(account, (states = new Map()));
    states.set(mailbox, { state, holders: 1 });
    return state;
  }

  subscribe(account: AccountId, heard: (change: AccountChange) => void): () => void {
    // Wrapped: the same function may be given twice, and each way to stop ends one of them.
    const entry = (change: AccountChange): void => heard(change);
    const listeners = this.#listeners.get(account) ?? new Set();
    this.#listeners.set(account, listeners.add(entry));
    return () => {
      listeners.delete(entry);
      if (listeners.size === 0 && this.#listeners.get(account) === listeners) this.#listeners.delete(account);
    };
  }

  apply(effect: AccountEffect): void {
    const { account } = effect;
    if (effect.structure || effect.removed) {
      this.#lists.delete(account);
      this.#sorted.delete(account);
    }
    const states = this.#states.get(account);
    const infos = this.#lists.get(account);
    for (const change of effect.mailboxes) {
      const held = states?.get(change.mailbox);
      if (change.numbers === null) {
        held?.state.markGone();
        if (held !== undefined && held.holders === 0) this.#unidle(held.state);
        states?.delete(change.mailbox);
        continue;
      }
      if (held !== undefined && change.numbers.highestModSeq === effect.modSeq && effect.modSeq > held.state.highestModSeq)
        this.#applyToState(held, effect.modSeq, change);
      const info = infos?.get(change.mailbox);
      if (info !== undefined && change.numbers.highestModSeq > info.highestModSeq) {
        infos!.set(change.mailbox, { ...info, ...change.numbers });
        this.#sorted.delete(account);
      }
    }
    if (this.#listeners.has(account)) {
      this.#untold.push({
        account,
        modSeq: effect.modSeq,
        mailboxes: effect.mailboxes.map((change) => change.mailbox),
        items: effect.items,
      });
    }
  }

  /** Tells listeners of what has been applied. */
  tell(): void {
    if (this.#untold.length === 0) return;
    const untold = this.#untold;
    this.#untold = [];
    for (const change of untold) for (const heard of Array.from(this.#listeners.get(change.account) ?? [])) heard(change);
  }

  #applyToState(held: Held, modSeq: number, change: MailboxEffect): void {
    const { state } = held;
    const before = held.holders === 0 ? sizeOf(state) : 0;
    state.apply({
      modSeq,
      added: change.added.map(([uid, message, system, keywords, size, receivedAt, savedAt]) => ({
        uid,
        message,
        modSeq,
        flags: state.internFlags(system, keywords),
        size,
        receivedAt,
        savedAt,
      })),
      flags: change.flags.flatMap(({ system, keywords, uids }) => {
        const flags = state.internFlags(system, keywords);
        return uids.map((uid) => ({ uid, flags }));
      }),
      expunged: change.expunged,
      uidNext: change.numbers!.uidNext,
    });
    if (held.holders === 0) this.#idleOctets += sizeOf(state) - before;
  }

  #infos(account: AccountId): Map<MailboxId, MailboxInfo> | null {
    const held = this.#lists.get(account);
    if (held !== undefined) return held;
    const loader = this.#loaderOf(account);
    if (!loader.hasAccount(account)) return null;
    // Ordered by name; a changed entry keeps its place.
    const ordered = loader.mailboxes(account).sort((a, b) => (a.name < b.name ? -1 : 1));
    const infos = new Map(ordered.map((info) => [info.id, info]));
    if (this.#lists.size >= keptLists) {
      const oldest = this.#lists.keys().next().value!;
      this.#lists.delete(oldest);
      this.#sorted.delete(oldest);
    }
    this.#lists.set(account, infos);
    return infos;
  }

  #release(account: AccountId, mailbox: MailboxId, state: PackedMailbox): void {
    const held = this.#states.get(account)?.get(mailbox);
    if (held === undefined || held.state !== state || held.holders === 0) return;
    if (--held.holders > 0) return;
    this.#idle.add(state);
    this.#idleOctets += sizeOf(state);
    while (this.#idleOctets > keptOctets && this.#idle.size > 1) {
      const oldest = this.#idle.values().next().value!;
      this.#unidle(oldest);
      const states = this.#states.get(oldest.account)!;
      states.delete(oldest.mailbox);
      if (states.size === 0) this.#states.delete(oldest.account);
    }
  }

  #unidle(state: PackedMailbox): void {
    if (this.#idle.delete(state)) this.#idleOctets -= sizeOf(state);
  }
}

function sizeOf(state: PackedMailbox): number {
  return state.uids.length * octetsPerLetter + 1024;
}
