// The directory as it lies in memory: rows by every name they are looked up by, and the rules between them.
// Every directory answers lookups from here, and checks a change here before it makes it. Knows no file, no hashing and no protocol.
import { Refusal } from '../base/trouble.ts';
import type { AccountId } from './contract.ts';
import {
  mostOutsideAccounts,
  type AccountRow,
  type AliasRow,
  type AppPasswordRow,
  type DomainRow,
  type FactorProof,
  type FactorRow,
  type LoginProtocol,
  type SetupLinkRow,
  type SetupLinkUse,
  type WebSessionRow,
} from './directory-contract.ts';
import type { OutsideAccountRow } from './outside-contract.ts';
import { OwnedRows } from './owned-rows.ts';

export class DirectoryPicture {
  readonly #domains = new Map<string, DomainRow>();
  readonly #accounts = new Map<AccountId, AccountRow>();
  readonly #byAddress = new Map<string, AccountRow>();
  readonly #aliases = new Map<string, AliasRow>();
  readonly #appPasswords = new OwnedRows<AppPasswordRow>(accountOf, sha256Of);
  readonly #setupLinks = new OwnedRows<SetupLinkRow>(accountOf, sha256Of);
  readonly #webSessions = new OwnedRows<WebSessionRow>(accountOf, sha256Of);
  readonly #factors = new OwnedRows<FactorRow>(accountOf, ({ proof }) => (proof.kind === 'passkey' ? proof.credential : null));
  readonly #outside = new OwnedRows<OutsideAccountRow>(
    ({ owner }) => owner,
    ({ owner, address }) => outsideKey(owner, address),
  );
  readonly #values = new Map<string, string>();
  readonly #listeners = new Set<() => void>();

  // --- lookups ------------------------------------------------------------------------------------------------------

  domains(): readonly DomainRow[] {
    return sorted(this.#domains.values(), (row) => row.name);
  }

  domain(name: string): DomainRow | null {
    return this.#domains.get(name) ?? null;
  }

  accounts(): readonly AccountRow[] {
    return sorted(this.#accounts.values(), (row) => row.address);
  }

  accountById(id: AccountId): AccountRow | null {
    return this.#accounts.get(id) ?? null;
  }

  accountByAddress(address: string): AccountRow | null {
    return this.#byAddress.get(address) ?? null;
  }

  aliases(): readonly AliasRow[] {
    return sorted(this.#aliases.values(), (row) => row.address);
  }

  alias(address: string): AliasRow | null {
    return this.#aliases.get(address) ?? null;
  }

  appPasswords(account: AccountId): readonly AppPasswordRow[] {
    return this.#appPasswords.list(account);
  }

  appPasswordBySha256(sha256: string): AppPasswordRow | null {
    return this.#appPasswords.byKey(sha256);
  }

  outsideAccounts(owner?: AccountId): readonly OutsideAccountRow[] {
    return this.#outside.list(owner).sort((a, b) => a.id - b.id);
  }

  outsideAccount(id: AccountId): OutsideAccountRow | null {
    return this.#outside.get(id);
  }

  outsideAccountByAddress(owner: AccountId, address: string): OutsideAccountRow | null {
    return this.#outside.byKey(outsideKey(owner, address));
  }

  setupLinks(account: AccountId): readonly SetupLinkRow[] {
    return this.#setupLinks.list(account);
  }

  setupLinkBySha256(sha256: string): SetupLinkRow | null {
    return this.#setupLinks.byKey(sha256);
  }

  webSessions(account?: AccountId): readonly WebSessionRow[] {
    return this.#webSessions.list(account);
  }

  webSessionBySha256(sha256: string): WebSessionRow | null {
    return this.#webSessions.byKey(sha256);
  }

  factors(account: AccountId): readonly FactorRow[] {
    return this.#factors.list(account);
  }

  factorByCredential(credential: string): FactorRow | null {
    return this.#factors.byKey(credential);
  }

  value(name: string): string | null {
    return this.#values.get(name) ?? null;
  }

  onChange(heard: () => void): () => void {
    // Wrapped: the same function may be given twice, and each way to stop ends one of them.
    const entry = (): void => heard();
    this.#listeners.add(entry);
    return () => void this.#listeners.delete(entry);
  }

  // --- rules --------------------------------------------------------------------------------------------------------

  protected checkUnused(domain: string): void {
    const used = [...this.#byAddress.keys(), ...this.#aliases.keys()].some((address) => domainOf(address) === domain);
    if (used) throw new Refusal('in-use', `${domain} has accounts or aliases`);
  }

  /** An address stands for one account or one alias, in a domain of ours. */
  protected checkNewAddress(address: string): void {
    this.#checkDomain(address);
    if (this.#byAddress.has(address) || this.#aliases.has(address)) throw new Refusal('already-exists', `${address} is taken`);
  }

  protected checkAlias(row: AliasRow): void {
    this.#checkDomain(row.address);
    if (this.#byAddress.has(row.address)) throw new Refusal('already-exists', `${row.address} is the address of an account`);
  }

  protected checkAppPassword(row: Pick<AppPasswordRow, 'account' | 'sha256'>): void {
    this.account(row.account);
    if (this.#appPasswords.byKey(row.sha256) !== null) throw new Refusal('already-exists', 'This app password is taken');
  }

  protected account(id: AccountId): AccountRow {
    const row = this.#accounts.get(id);
    if (row === undefined) throw new Refusal('nonexistent', 'There is no such account');
    return row;
  }

  /** The row after a change, checked. */
  protected changedAccount(id: AccountId, change: Partial<Omit<AccountRow, 'id'>>): AccountRow {
    const before = this.account(id);
    if (change.address !== undefined && change.address !== before.address) this.checkNewAddress(change.address);
    return { ...before, ...change, id };
  }

  protected appPassword(id: number): AppPasswordRow | null {
    return this.#appPasswords.get(id);
  }

  protected checkNewOutside(row: Pick<OutsideAccountRow, 'owner' | 'address'>): void {
    this.account(row.owner);
    if (this.outsideAccountByAddress(row.owner, row.address) !== null)
      throw new Refusal('already-exists', `There is an account ${row.address} already`);
    if (this.outsideAccounts(row.owner).length >= mostOutsideAccounts)
      throw new Refusal('limit', `One person has ${mostOutsideAccounts} accounts at other providers at most`);
  }

  /** The row after a change, checked. */
  protected changedOutside(id: AccountId, change: Partial<Omit<OutsideAccountRow, 'id' | 'owner'>>): OutsideAccountRow {
    const before = this.#outside.get(id);
    if (before === null) throw new Refusal('nonexistent', 'There is no such account at another provider');
    const after = { ...before, ...change, id, owner: before.owner };
    const there = this.outsideAccountByAddress(after.owner, after.address);
    if (there !== null && there.id !== id) throw new Refusal('already-exists', `There is an account ${after.address} already`);
    return after;
  }

  protected checkNewSetupLink(row: Pick<SetupLinkRow, 'account' | 'sha256'>): void {
    this.account(row.account);
    if (this.#setupLinks.byKey(row.sha256) !== null) throw new Refusal('already-exists', 'This link is taken');
  }

  protected findSetupLink(id: number): SetupLinkRow | null {
    return this.#setupLinks.get(id);
  }

  /** The row after its first use, checked. */
  protected claimedSetupLink(id: number, used: SetupLinkUse): SetupLinkRow {
    const row = this.#setupLink(id);
    if (row.used !== null) throw new Refusal('in-use', 'This link was used before');
    return { ...row, used };
  }

  protected notedSetupLink(id: number, appPassword: number): SetupLinkRow {
    const row = this.#setupLink(id);
    return { ...row, used: row.used && { ...row.used, appPassword } };
  }

  protected checkNewWebSession(row: Pick<WebSessionRow, 'account' | 'sha256'>): void {
    this.account(row.account);
    if (this.#webSessions.byKey(row.sha256) !== null) throw new Refusal('already-exists', 'This session is taken');
  }

  protected findWebSession(id: number): WebSessionRow | null {
    return this.#webSessions.get(id);
  }

  protected checkNewFactor(row: Pick<FactorRow, 'account' | 'proof'>): void {
    this.account(row.account);
    if (row.proof.kind === 'passkey' && this.#factors.byKey(row.proof.credential) !== null)
      throw new Refusal('already-exists', 'This passkey is here already');
  }

  protected findFactor(id: number): FactorRow | null {
    return this.#factors.get(id);
  }

  /** The row after one more use, checked. */
  protected usedFactor(id: number, at: number, use: (row: FactorRow) => FactorProof): FactorRow {
    const row = this.#factors.get(id);
    if (row === null) throw new Refusal('nonexistent', 'There is no such factor');
    return { ...row, lastUsedAt: at, proof: use(row) };
  }

  #setupLink(id: number): SetupLinkRow {
    const row = this.#setupLinks.get(id);
    if (row === null) throw new Refusal('nonexistent', 'There is no such link');
    return row;
  }

  #checkDomain(address: string): void {
    const domain = domainOf(address);
    if (!this.#domains.has(domain)) throw new Refusal('nonexistent', `${domain} is not a domain of this server`);
  }

  // --- changes ------------------------------------------------------------------------------------------------------

  protected keepDomain(row: DomainRow): void {
    this.#domains.set(row.name, row);
  }

  protected dropDomain(name: string): boolean {
    return this.#domains.delete(name);
  }

  protected keepAccount(row: AccountRow): void {
    const before = this.#accounts.get(row.id);
    if (before !== undefined) this.#byAddress.delete(before.address);
    this.#accounts.set(row.id, row);
    this.#byAddress.set(row.address, row);
  }

  protected dropAccount(id: AccountId): boolean {
    const row = this.#accounts.get(id);
    if (row === undefined) return false;
    this.#accounts.delete(id);
    this.#byAddress.delete(row.address);
    for (const password of this.appPasswords(id)) this.dropAppPassword(password.id);
    for (const outside of this.outsideAccounts(id)) this.dropOutside(outside.id);
    for (const link of this.setupLinks(id)) this.dropSetupLink(link.id);
    for (const session of this.webSessions(id)) this.dropWebSession(session.id);
    for (const factor of this.factors(id)) this.dropFactor(factor.id);
    return true;
  }

  protected keepAlias(row: AliasRow): void {
    this.#aliases.set(row.address, row);
  }

  protected dropAlias(address: string): boolean {
    return this.#aliases.delete(address);
  }

  protected keepAppPassword(row: AppPasswordRow): void {
    this.#appPasswords.keep(row);
  }

  protected dropAppPassword(id: number): boolean {
    return this.#appPasswords.drop(id);
  }

  protected keepOutside(row: OutsideAccountRow): void {
    this.#outside.keep(row);
  }

  protected dropOutside(id: AccountId): boolean {
    return this.#outside.drop(id);
  }

  protected keepSetupLink(row: SetupLinkRow): void {
    this.#setupLinks.keep(row);
  }

  protected dropSetupLink(id: number): boolean {
    return this.#setupLinks.drop(id);
  }

  protected keepWebSession(row: WebSessionRow): void {
    this.#webSessions.keep(row);
  }

  protected dropWebSession(id: number): boolean {
    return this.#webSessions.drop(id);
  }

  protected keepFactor(row: FactorRow): void {
    this.#factors.keep(row);
  }

  protected dropFactor(id: number): boolean {
    return this.#factors.drop(id);
  }

  protected keepValue(name: string, value: string): void {
    this.#values.set(name, value);
  }

  /** Forgets all rows; who listens stays. */
  protected clear(): void {
    for (const rows of [this.#domains, this.#accounts, this.#byAddress, this.#aliases, this.#values]) rows.clear();
    for (const rows of [this.#appPasswords, this.#setupLinks, this.#webSessions, this.#factors, this.#outside]) rows.clear();
  }

  protected tell(): void {
    for (const heard of Array.from(this.#listeners)) heard();
  }

  protected forgetListeners(): void {
    this.#listeners.clear();
  }
}

function accountOf({ account }: { readonly account: AccountId }): AccountId {
  return account;
}

function sha256Of({ sha256 }: { readonly sha256: string }): string {
  return sha256;
}

/** Strict: no provider known to us has two people whose addresses differ in case alone, though RFC 5321 §2.4 allows it. */
function outsideKey(owner: AccountId, address: string): string {
  return `${owner} ${address.toLowerCase()}`;
}

/** The row after one more use. */
export function usedAppPassword(row: AppPasswordRow, at: number, from: string, protocol: LoginProtocol): AppPasswordRow {
  return { ...row, lastUsedAt: at, lastUsedFrom: from, uses: { ...row.uses, [protocol]: { at, from } } };
}

function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1);
}

function sorted<T>(rows: Iterable<T>, key: (row: T) => string): T[] {
  return [...rows].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}
