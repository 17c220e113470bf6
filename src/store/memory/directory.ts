// The directory in memory: the whole of directory-contract.ts without a disk. Also the picture that the durable directory keeps of its
// file: it answers lookups from here, and checks a change here before it writes it.
// Knows rows and the rules between them; knows no hashing, no file and no protocol.
import { Refusal } from '../../base/trouble.ts';
import type { AccountId } from '../contract.ts';
import type { AccountRow, AliasRow, AppPasswordRow, Directory, DomainRow } from '../directory-contract.ts';

export function openMemoryDirectory(): Directory {
  return new MemoryDirectory();
}

export class MemoryDirectory implements Directory {
  readonly #domains = new Map<string, DomainRow>();
  readonly #accounts = new Map<AccountId, AccountRow>();
  readonly #byAddress = new Map<string, AccountRow>();
  readonly #aliases = new Map<string, AliasRow>();
  readonly #appPasswords = new Map<number, AppPasswordRow>();
  readonly #bySha256 = new Map<string, AppPasswordRow>();
  readonly #values = new Map<string, string>();
  readonly #listeners = new Set<() => void>();
  /** Ids are never given twice, also after removal. */
  #lastAccount = 0;
  #lastAppPassword = 0;

  // --- domains ------------------------------------------------------------------------------------------------------

  domains(): readonly DomainRow[] {
    return sorted(this.#domains.values(), (row) => row.name);
  }

  domain(name: string): DomainRow | null {
    return this.#domains.get(name) ?? null;
  }

  async putDomain(row: DomainRow): Promise<void> {
    this.#domains.set(row.name, row);
    this.#tell();
  }

  async removeDomain(name: string): Promise<void> {
    const used = [...this.#byAddress.keys(), ...this.#aliases.keys()].some((address) => domainOf(address) === name);
    if (used) throw new Refusal('in-use', `${name} has accounts or aliases`);
    if (this.#domains.delete(name)) this.#tell();
  }

  // --- accounts -----------------------------------------------------------------------------------------------------

  accounts(): readonly AccountRow[] {
    return sorted(this.#accounts.values(), (row) => row.address);
  }

  accountById(id: AccountId): AccountRow | null {
    return this.#accounts.get(id) ?? null;
  }

  accountByAddress(address: string): AccountRow | null {
    return this.#byAddress.get(address) ?? null;
  }

  async addAccount(row: Omit<AccountRow, 'id'>): Promise<AccountRow> {
    this.#checkAddress(row.address);
    const added: AccountRow = { ...row, id: ++this.#lastAccount };
    this.#keepAccount(added);
    this.#tell();
    return added;
  }

  async updateAccount(id: AccountId, change: Partial<Omit<AccountRow, 'id'>>): Promise<AccountRow> {
    const before = this.#account(id);
    if (change.address !== undefined && change.address !== before.address) this.#checkAddress(change.address);
    const after: AccountRow = { ...before, ...change, id };
    this.#byAddress.delete(before.address);
    this.#keepAccount(after);
    this.#tell();
    return after;
  }

  async removeAccount(id: AccountId): Promise<void> {
    const row = this.#accounts.get(id);
    if (row === undefined) return;
    this.#accounts.delete(id);
    this.#byAddress.delete(row.address);
    for (const password of this.appPasswords(id)) this.#dropAppPassword(password);
    this.#tell();
  }

  // --- aliases ------------------------------------------------------------------------------------------------------

  aliases(): readonly AliasRow[] {
    return sorted(this.#aliases.values(), (row) => row.address);
  }

  alias(address: string): AliasRow | null {
    return this.#aliases.get(address) ?? null;
  }

  async putAlias(row: AliasRow): Promise<void> {
    if (!this.#domains.has(domainOf(row.address)))
      throw new Refusal('nonexistent', `${domainOf(row.address)} is not a domain of this server`);
    if (this.#byAddress.has(row.address)) throw new Refusal('already-exists', `${row.address} is the address of an account`);
    this.#aliases.set(row.address, row);
    this.#tell();
  }

  async removeAlias(address: string): Promise<void> {
    if (this.#aliases.delete(address)) this.#tell();
  }

  // --- app passwords ------------------------------------------------------------------------------------------------

  appPasswords(account: AccountId): readonly AppPasswordRow[] {
    return [...this.#appPasswords.values()].filter((row) => row.account === account);
  }

  appPasswordBySha256(sha256: string): AppPasswordRow | null {
    return this.#bySha256.get(sha256) ?? null;
  }

  async addAppPassword(row: Omit<AppPasswordRow, 'id' | 'lastUsedAt' | 'lastUsedFrom'>): Promise<AppPasswordRow> {
    this.#account(row.account);
    if (this.#bySha256.has(row.sha256)) throw new Refusal('already-exists', 'This app password is taken');
    const added: AppPasswordRow = { ...row, id: ++this.#lastAppPassword, lastUsedAt: null, lastUsedFrom: null };
    this.#keepAppPassword(added);
    this.#tell();
    return added;
  }

  async removeAppPassword(id: number): Promise<void> {
    const row = this.#appPasswords.get(id);
    if (row === undefined) return;
    this.#dropAppPassword(row);
    this.#tell();
  }

  touchAppPassword(id: number, at: number, from: string): void {
    const row = this.#appPasswords.get(id);
    if (row !== undefined) this.#keepAppPassword({ ...row, lastUsedAt: at, lastUsedFrom: from });
  }

  // --- values -------------------------------------------------------------------------------------------------------

  value(name: string): string | null {
    return this.#values.get(name) ?? null;
  }

  async putValue(name: string, value: string): Promise<void> {
    this.#values.set(name, value);
    this.#tell();
  }

  onChange(heard: () => void): () => void {
    const entry = (): void => heard();
    this.#listeners.add(entry);
    return () => void this.#listeners.delete(entry);
  }

  async close(): Promise<void> {
    this.#listeners.clear();
  }

  // --- inside -------------------------------------------------------------------------------------------------------

  #account(id: AccountId): AccountRow {
    const row = this.#accounts.get(id);
    if (row === undefined) throw new Refusal('nonexistent', 'There is no such account');
    return row;
  }

  #checkAddress(address: string): void {
    const domain = domainOf(address);
    if (!this.#domains.has(domain)) throw new Refusal('nonexistent', `${domain} is not a domain of this server`);
    if (this.#byAddress.has(address) || this.#aliases.has(address)) throw new Refusal('already-exists', `${address} is taken`);
  }

  #keepAccount(row: AccountRow): void {
    this.#accounts.set(row.id, row);
    this.#byAddress.set(row.address, row);
  }

  #keepAppPassword(row: AppPasswordRow): void {
    this.#appPasswords.set(row.id, row);
    this.#bySha256.set(row.sha256, row);
  }

  #dropAppPassword(row: AppPasswordRow): void {
    this.#appPasswords.delete(row.id);
    this.#bySha256.delete(row.sha256);
  }

  #tell(): void {
    for (const heard of Array.from(this.#listeners)) heard();
  }
}

export function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1);
}

function sorted<T>(rows: Iterable<T>, key: (row: T) => string): T[] {
  return [...rows].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}
