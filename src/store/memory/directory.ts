// The directory in memory: the whole of directory-contract.ts without a disk, for tests and demonstrations.
// Knows how ids are given; the rows and rules are directory-picture.ts.
import type { Bytes } from '../../base/bytes.ts';
import type { AccountId } from '../contract.ts';
import type {
  AccountRow,
  AliasRow,
  AppPasswordRow,
  Directory,
  DomainRow,
  FactorProof,
  FactorRow,
  LoginProtocol,
  NewAppPassword,
  SetupLinkRow,
  SetupLinkUse,
  WebSessionRow,
} from '../directory-contract.ts';
import { DirectoryPicture, usedAppPassword } from '../directory-picture.ts';
import type { OutsideAccountRow, OutsideHealth } from '../outside-contract.ts';

export function openMemoryDirectory(): Directory {
  return new MemoryDirectory();
}

class MemoryDirectory extends DirectoryPicture implements Directory {
  /** Ids are never given twice, also after removal. */
  #lastAccount = 0;
  #lastAppPassword = 0;
  #lastSetupLink = 0;
  #lastWebSession = 0;
  #lastFactor = 0;

  async putDomain(row: DomainRow): Promise<void> {
    this.keepDomain(row);
    this.tell();
  }

  async removeDomain(name: string): Promise<void> {
    this.checkUnused(name);
    if (this.dropDomain(name)) this.tell();
  }

  async addAccount(row: Omit<AccountRow, 'id'>): Promise<AccountRow> {
    this.checkNewAddress(row.address);
    const added: AccountRow = { ...row, id: ++this.#lastAccount };
    this.keepAccount(added);
    this.tell();
    return added;
  }

  async updateAccount(id: AccountId, change: Partial<Omit<AccountRow, 'id'>>): Promise<AccountRow> {
    const after = this.changedAccount(id, change);
    this.keepAccount(after);
    this.tell();
    return after;
  }

  async removeAccount(id: AccountId): Promise<void> {
    if (this.dropAccount(id)) this.tell();
  }

  async putAlias(row: AliasRow): Promise<void> {
    this.checkAlias(row);
    this.keepAlias(row);
    this.tell();
  }

  async removeAlias(address: string): Promise<void> {
    if (this.dropAlias(address)) this.tell();
  }

  async addAppPassword(row: NewAppPassword): Promise<AppPasswordRow> {
    this.checkAppPassword(row);
    const added: AppPasswordRow = { ...row, id: ++this.#lastAppPassword, lastUsedAt: null, lastUsedFrom: null, uses: {} };
    this.keepAppPassword(added);
    this.tell();
    return added;
  }

  async removeAppPassword(id: number): Promise<void> {
    if (this.dropAppPassword(id)) this.tell();
  }

  touchAppPassword(id: number, at: number, from: string, protocol: LoginProtocol): void {
    const row = this.appPassword(id);
    if (row !== null) this.keepAppPassword(usedAppPassword(row, at, from, protocol));
  }

  async addSetupLink(row: Omit<SetupLinkRow, 'id' | 'used'>): Promise<SetupLinkRow> {
    this.checkNewSetupLink(row);
    return this.#linked({ ...row, id: ++this.#lastSetupLink, used: null });
  }

  async claimSetupLink(id: number, use: SetupLinkUse): Promise<SetupLinkRow> {
    return this.#linked(this.claimedSetupLink(id, use));
  }

  async noteSetupLink(id: number, appPassword: number): Promise<SetupLinkRow> {
    return this.#linked(this.notedSetupLink(id, appPassword));
  }

  #linked(row: SetupLinkRow): SetupLinkRow {
    this.keepSetupLink(row);
    this.tell();
    return row;
  }

  async removeSetupLink(id: number): Promise<void> {
    if (this.dropSetupLink(id)) this.tell();
  }

  async addWebSession(row: Omit<WebSessionRow, 'id'>): Promise<WebSessionRow> {
    this.checkNewWebSession(row);
    const added: WebSessionRow = { ...row, id: ++this.#lastWebSession };
    this.keepWebSession(added);
    this.tell();
    return added;
  }

  async removeWebSession(id: number): Promise<void> {
    if (this.dropWebSession(id)) this.tell();
  }

  touchWebSession(id: number, at: number, from: string): void {
    const row = this.findWebSession(id);
    if (row !== null) this.keepWebSession({ ...row, lastUsedAt: at, lastUsedFrom: from });
  }

  async addFactor(row: Omit<FactorRow, 'id' | 'lastUsedAt'>): Promise<FactorRow> {
    this.checkNewFactor(row);
    return this.#factored({ ...row, id: ++this.#lastFactor, lastUsedAt: null });
  }

  async useFactor(id: number, at: number, use: (row: FactorRow) => FactorProof): Promise<FactorRow> {
    return this.#factored(this.usedFactor(id, at, use));
  }

  #factored(row: FactorRow): FactorRow {
    this.keepFactor(row);
    this.tell();
    return row;
  }

  async removeFactor(id: number): Promise<void> {
    if (this.dropFactor(id)) this.tell();
  }

  async addOutsideAccount(row: Omit<OutsideAccountRow, 'id' | 'secret'>, seal: (id: AccountId) => Bytes): Promise<OutsideAccountRow> {
    this.checkNewOutside(row);
    const id = ++this.#lastAccount;
    const added: OutsideAccountRow = { ...row, id, secret: seal(id) };
    this.keepOutside(added);
    this.tell();
    return added;
  }

  async updateOutsideAccount(id: AccountId, change: Partial<Omit<OutsideAccountRow, 'id' | 'owner'>>): Promise<OutsideAccountRow> {
    const after = this.changedOutside(id, change);
    this.keepOutside(after);
    this.tell();
    return after;
  }

  async removeOutsideAccount(id: AccountId): Promise<void> {
    if (this.dropOutside(id)) this.tell();
  }

  noteOutsideHealth(id: AccountId, health: OutsideHealth): void {
    const row = this.outsideAccount(id);
    if (row !== null) this.keepOutside({ ...row, health });
  }

  async putValue(name: string, value: string): Promise<void> {
    this.keepValue(name, value);
    this.tell();
  }

  async close(): Promise<void> {
    this.forgetListeners();
  }
}
