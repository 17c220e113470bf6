// Accounts at other providers from their beginning to their end: made with their mail, given secrets, at rest, brought back, removed for
// good. The service of the command line and of the app. Knows rows, the vault and what mail begins with; knows no protocol and proves nothing.
import { noBytes } from '../../base/bytes.ts';
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import { Refusal } from '../../base/trouble.ts';
import type { AccountId, MailboxRole, MailStore } from '../../store/contract.ts';
import type { Directory } from '../../store/directory-contract.ts';
import type { OutsideAccountRow, OutsideHealth } from '../../store/outside-contract.ts';
import { boundTo, type OutsideSecret, type Vault } from './contract.ts';

export interface OutsideAccountsParts {
  readonly directory: Directory;
  readonly store: Pick<MailStore, 'createAccount' | 'removeAccount'>;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly log: Log;
  readonly firstMailboxes: readonly { readonly name: string; readonly role: MailboxRole }[];
  /** How long an account that was taken away can be brought back, milliseconds. */
  readonly restMs: number;
}

/** All that a person or the discovery has decided. */
export interface NewOutsideAccount extends Omit<OutsideAccountRow, 'id' | 'secret' | 'createdAt' | 'closedAt' | 'paused' | 'health'> {
  readonly secret: OutsideSecret;
}

export interface OutsideAccounts {
  /** Those of one person or of all; those taken away only when asked for. */
  list(owner?: AccountId, alsoClosed?: boolean): readonly OutsideAccountRow[];
  /** @throws Refusal `nonexistent`. Also one that was taken away. */
  get(owner: AccountId, address: string): OutsideAccountRow;
  /**
   * Whether it may be added. @throws Refusal `already-exists`; `cannot` for an address of our own domains: it has a mailbox here, and nobody
   * carries it for us.
   */
  checkNew(owner: AccountId, address: string): void;
  /**
   * With its mail. One of the same address that was taken away comes back with its letters and the new settings.
   * @throws Refusal `already-exists`, `cannot`, `limit`, `nonexistent` (owner); CauseTrouble `key-missing`.
   */
  add(account: NewOutsideAccount): Promise<OutsideAccountRow>;
  /** @throws CauseTrouble `key-missing`. */
  secretOf(row: OutsideAccountRow): OutsideSecret;
  /**
   * A new secret is a new chance: what was wrong with the old one is forgotten. With it what else changes, in one stroke.
   * @throws CauseTrouble `key-missing`.
   */
  setSecret(
    id: AccountId,
    secret: OutsideSecret,
    change?: Partial<Pick<OutsideAccountRow, 'receive' | 'send' | 'provenance'>>,
  ): Promise<OutsideAccountRow>;
  change(
    id: AccountId,
    change: Partial<Pick<OutsideAccountRow, 'name' | 'receive' | 'send' | 'leaving' | 'sentCopy' | 'provenance' | 'provenAt' | 'health'>>,
  ): Promise<OutsideAccountRow>;
  pause(id: AccountId): Promise<OutsideAccountRow>;
  resume(id: AccountId): Promise<OutsideAccountRow>;
  /** Taken away: nothing is fetched or sent, nobody reads it; the letters rest. */
  close(id: AccountId): Promise<OutsideAccountRow>;
  reopen(id: AccountId): Promise<OutsideAccountRow>;
  /**
   * When the vault's key is lost for good: lets all secrets go, so that a new key can be made; each account wants its password again.
   * Returns how many.
   */
  forgetSecrets(): Promise<number>;
  /** Removes for good those that have rested long enough. Returns them, so that others forget what they kept of them. */
  removeRested(): Promise<readonly OutsideAccountRow[]>;
}

/** Nothing is fetched for it, and nobody signs in: it or its owner was taken away. Pausing is another matter. */
export function isAtRest(row: OutsideAccountRow, directory: Pick<Directory, 'accountById'>): boolean {
  return row.closedAt !== null || directory.accountById(row.owner)?.closedAt !== null;
}

/** Where a person finds what concerns an account: in its own INBOX, or in the person's when it was taken away and nobody reads it. */
export function inboxOf(account: AccountId, directory: Pick<Directory, 'outsideAccount' | 'accountById'>): AccountId | null {
  const row = directory.outsideAccount(account);
  if (row === null) return null;
  return row.closedAt === null ? row.id : (directory.accountById(row.owner)?.id ?? null);
}

export function openOutsideAccounts(parts: OutsideAccountsParts): OutsideAccounts {
  return new OutsideAccountsService(parts);
}

function newHealth(at: number): OutsideHealth {
  return { state: 'good', cause: null, words: '', at, lastReceivedAt: null, lastSentAt: null };
}

class OutsideAccountsService implements OutsideAccounts {
  readonly #parts: OutsideAccountsParts;
  constructor(parts: OutsideAccountsParts) {
    this.#parts = parts;
  }

  list(owner?: AccountId, alsoClosed = false): readonly OutsideAccountRow[] {
    return this.#parts.directory.outsideAccounts(owner).filter((row) => alsoClosed || row.closedAt === null);
  }

  get(owner: AccountId, address: string): OutsideAccountRow {
    const row = this.#parts.directory.outsideAccountByAddress(owner, address);
    if (row === null) throw new Refusal('nonexistent', `there is no account "${address}" at another provider`);
    return row;
  }

  checkNew(owner: AccountId, address: string): void {
    const { directory } = this.#parts;
    const domain = address.slice(address.lastIndexOf('@') + 1);
    if (directory.domain(domain) !== null) throw new Refusal('cannot', `${domain} is a domain of this server, not another provider`);
    const there = directory.outsideAccountByAddress(owner, address);
    if (there !== null && there.closedAt === null) throw new Refusal('already-exists', `${address} is here already`);
  }

  async add({ secret, ...account }: NewOutsideAccount): Promise<OutsideAccountRow> {
    this.checkNew(account.owner, account.address);
    const { directory, vault, clock, log } = this.#parts;
    const now = clock.now();
    const before = directory.outsideAccountByAddress(account.owner, account.address);
    // The row stands before the mail, and as one that was taken away: who hears of rows begins to fetch at once. When the power goes in between,
    // nobody sees half an account, and the same command given again makes what is missing.
    const begin = { ...account, createdAt: now, closedAt: now, paused: false, health: newHealth(now) };
    const row =
      before === null
        ? await directory.addOutsideAccount(begin, (id) => vault.seal(secret, boundTo({ id, owner: account.owner })))
        : await directory.updateOutsideAccount(before.id, { ...begin, secret: vault.seal(secret, boundTo(before)) });
    const open = await this.#open(row.id);
    log.info('outside-account-added', { account: row.id, owner: row.owner, address: row.address, receive: row.receive.service });
    return open;
  }

  async #open(id: AccountId): Promise<OutsideAccountRow> {
    const { directory, store, firstMailboxes } = this.#parts;
    await store.createAccount(id, firstMailboxes);
    return directory.updateOutsideAccount(id, { closedAt: null });
  }

  secretOf(row: OutsideAccountRow): OutsideSecret {
    return this.#parts.vault.open(row.secret, boundTo(row));
  }

  async setSecret(
    id: AccountId,
    secret: OutsideSecret,
    change: Parameters<OutsideAccounts['setSecret']>[2] = {},
  ): Promise<OutsideAccountRow> {
    const { directory, vault, clock } = this.#parts;
    const row = this.#there(id);
    const { lastReceivedAt, lastSentAt } = row.health;
    return directory.updateOutsideAccount(id, {
      ...change,
      secret: vault.seal(secret, boundTo(row)),
      health: { ...newHealth(clock.now()), lastReceivedAt, lastSentAt },
    });
  }

  change(id: AccountId, change: Parameters<OutsideAccounts['change']>[1]): Promise<OutsideAccountRow> {
    return this.#parts.directory.updateOutsideAccount(id, change);
  }

  pause(id: AccountId): Promise<OutsideAccountRow> {
    return this.#parts.directory.updateOutsideAccount(id, { paused: true });
  }

  resume(id: AccountId): Promise<OutsideAccountRow> {
    return this.#parts.directory.updateOutsideAccount(id, { paused: false });
  }

  async close(id: AccountId): Promise<OutsideAccountRow> {
    const { directory, clock, log } = this.#parts;
    const row = this.#there(id);
    if (row.closedAt !== null) return row;
    log.info('outside-account-closed', { account: id, address: row.address });
    return directory.updateOutsideAccount(id, { closedAt: clock.now() });
  }

  async reopen(id: AccountId): Promise<OutsideAccountRow> {
    const row = this.#there(id);
    return row.closedAt === null ? row : this.#open(id);
  }

  async forgetSecrets(): Promise<number> {
    const { directory, clock, log } = this.#parts;
    const rows = directory.outsideAccounts();
    for (const row of rows) {
      const health: OutsideHealth = { ...row.health, state: 'bad', cause: 'key-missing', words: '', at: clock.now() };
      await directory.updateOutsideAccount(row.id, { secret: noBytes(), health });
    }
    log.warn('the secrets of accounts at other providers were let go', { accounts: rows.length });
    return rows.length;
  }

  async removeRested(): Promise<readonly OutsideAccountRow[]> {
    const { directory, store, clock, log, restMs } = this.#parts;
    const rested = directory.outsideAccounts().filter(({ closedAt }) => closedAt !== null && clock.now() - closedAt >= restMs);
    for (const row of rested) {
      // Mail first: an account without mail can be removed again, mail without an account would be found by nobody.
      await store.removeAccount(row.id);
      await directory.removeOutsideAccount(row.id);
      log.info('outside-account-removed', { account: row.id, address: row.address });
    }
    return rested;
  }

  #there(id: AccountId): OutsideAccountRow {
    const row = this.#parts.directory.outsideAccount(id);
    if (row === null) throw new Refusal('nonexistent', 'there is no such account at another provider');
    return row;
  }
}
