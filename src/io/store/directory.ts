// The durable directory: DATA/directory.sqlite, answered from memory. Knows transactions, other processes and trouble of the disk;
// the rules between rows are store/directory-picture.ts, the SQL is directory-rows.ts, what is written behind is directory-notes.ts.
//
// A change is checked and written in one transaction on the newest rows, and is seen in memory when the commit has reached the disk.
// Changes are rare and a commit takes about a millisecond, so they run on this thread.
import { join } from 'node:path';
import type { Bytes } from '../../base/bytes.ts';
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import { Refusal, Unavailable } from '../../base/trouble.ts';
import type { AccountId } from '../../store/contract.ts';
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
} from '../../store/directory-contract.ts';
import { DirectoryPicture, usedAppPassword } from '../../store/directory-picture.ts';
import type { OutsideAccountRow, OutsideHealth } from '../../store/outside-contract.ts';
import { DirectoryNotes } from './directory-notes.ts';
import { DirectoryRows } from './directory-rows.ts';

export interface DirectoryOptions {
  /** The data folder; it exists. */
  readonly dir: string;
  readonly clock: Clock;
  readonly log: Log;
}

export interface OpenDirectory extends Directory {
  /** Looks now for changes of another process instead of within the next seconds. */
  lookAgain(): void;
}

export async function openDirectory(options: DirectoryOptions): Promise<OpenDirectory> {
  return new FileDirectory(options);
}

/** How often the file is asked whether another process has changed it. */
const lookEvery = 3000;

class FileDirectory extends DirectoryPicture implements OpenDirectory {
  readonly #rows: DirectoryRows;
  readonly #notes: DirectoryNotes;
  readonly #log: Log;
  readonly #looking: NodeJS.Timeout;
  #version: number;
  #closed = false;

  constructor({ dir, clock, log }: DirectoryOptions) {
    super();
    this.#notes = new DirectoryNotes(clock);
    this.#log = log;
    this.#rows = new DirectoryRows(join(dir, 'directory.sqlite'));
    this.#version = this.#rows.version;
    this.#load();
    // Does not keep the process alive.
    this.#looking = setInterval(() => this.#lookQuietly(), lookEvery).unref();
  }

  // --- changes ------------------------------------------------------------------------------------------------------

  putDomain(row: DomainRow): Promise<void> {
    return this.#change(() => {
      this.#rows.putDomain(row);
      return () => this.keepDomain(row);
    });
  }

  removeDomain(name: string): Promise<void> {
    return this.#change(() => {
      this.checkUnused(name);
      if (this.domain(name) === null) return null;
      this.#rows.removeDomain(name);
      return () => void this.dropDomain(name);
    });
  }

  async addAccount(row: Omit<AccountRow, 'id'>): Promise<AccountRow> {
    let id = 0;
    await this.#change(() => {
      this.checkNewAddress(row.address);
      id = this.#rows.addAccount(row);
      return () => this.keepAccount({ ...row, id });
    });
    return this.account(id);
  }

  async updateAccount(id: AccountId, change: Partial<Omit<AccountRow, 'id'>>): Promise<AccountRow> {
    await this.#change(() => {
      const after = this.changedAccount(id, change);
      this.#rows.updateAccount(after);
      return () => this.keepAccount(after);
    });
    return this.account(id);
  }

  removeAccount(id: AccountId): Promise<void> {
    return this.#change(() => {
      if (this.accountById(id) === null) return null;
      this.#rows.removeAccount(id);
      return () => void this.dropAccount(id);
    });
  }

  putAlias(row: AliasRow): Promise<void> {
    return this.#change(() => {
      this.checkAlias(row);
      this.#rows.putAlias(row);
      return () => this.keepAlias(row);
    });
  }

  removeAlias(address: string): Promise<void> {
    return this.#change(() => {
      if (this.alias(address) === null) return null;
      this.#rows.removeAlias(address);
      return () => void this.dropAlias(address);
    });
  }

  async addAppPassword(row: NewAppPassword): Promise<AppPasswordRow> {
    let added: AppPasswordRow | null = null;
    await this.#change(() => {
      this.checkAppPassword(row);
      added = { ...row, id: this.#rows.addAppPassword(row), lastUsedAt: null, lastUsedFrom: null, uses: {} };
      return () => this.keepAppPassword(added!);
    });
    return added!;
  }

  removeAppPassword(id: number): Promise<void> {
    return this.#change(() => {
      if (this.appPassword(id) === null) return null;
      this.#rows.removeAppPassword(id);
      return () => void this.dropAppPassword(id);
    });
  }

  touchAppPassword(id: number, at: number, from: string, protocol: LoginProtocol): void {
    const row = this.appPassword(id);
    if (row === null) return;
    this.keepAppPassword(usedAppPassword(row, at, from, protocol));
    this.#notes.noteUse(id, at, from, protocol);
  }

  async addSetupLink(row: Omit<SetupLinkRow, 'id' | 'used'>): Promise<SetupLinkRow> {
    let added: SetupLinkRow | null = null;
    await this.#change(() => {
      this.checkNewSetupLink(row);
      added = { ...row, id: this.#rows.addSetupLink(row), used: null };
      return () => this.keepSetupLink(added!);
    });
    return added!;
  }

  claimSetupLink(id: number, use: SetupLinkUse): Promise<SetupLinkRow> {
    return this.#linked(() => this.claimedSetupLink(id, use));
  }

  noteSetupLink(id: number, appPassword: number): Promise<SetupLinkRow> {
    return this.#linked(() => this.notedSetupLink(id, appPassword));
  }

  async #linked(make: () => SetupLinkRow): Promise<SetupLinkRow> {
    let after: SetupLinkRow | null = null;
    await this.#change(() => {
      const made = make();
      after = made;
      this.#rows.useSetupLink(made);
      return () => this.keepSetupLink(made);
    });
    return after!;
  }

  removeSetupLink(id: number): Promise<void> {
    return this.#change(() => {
      if (this.findSetupLink(id) === null) return null;
      this.#rows.removeSetupLink(id);
      return () => void this.dropSetupLink(id);
    });
  }

  async addWebSession(row: Omit<WebSessionRow, 'id'>): Promise<WebSessionRow> {
    let added: WebSessionRow | null = null;
    await this.#change(() => {
      this.checkNewWebSession(row);
      added = { ...row, id: this.#rows.addWebSession(row) };
      return () => this.keepWebSession(added!);
    });
    return added!;
  }

  removeWebSession(id: number): Promise<void> {
    return this.#change(() => {
      if (this.findWebSession(id) === null) return null;
      this.#rows.removeWebSession(id);
      return () => void this.dropWebSession(id);
    });
  }

  touchWebSession(id: number, at: number, from: string): void {
    const row = this.findWebSession(id);
    if (row === null) return;
    this.keepWebSession({ ...row, lastUsedAt: at, lastUsedFrom: from });
    this.#notes.noteVisit(id, at, from);
  }

  async addFactor(row: Omit<FactorRow, 'id' | 'lastUsedAt'>): Promise<FactorRow> {
    let added: FactorRow | null = null;
    await this.#change(() => {
      this.checkNewFactor(row);
      added = { ...row, id: this.#rows.addFactor(row), lastUsedAt: null };
      return () => this.keepFactor(added!);
    });
    return added!;
  }

  async useFactor(id: number, at: number, use: (row: FactorRow) => FactorProof): Promise<FactorRow> {
    let after: FactorRow | null = null;
    await this.#change(() => {
      const used = (after = this.usedFactor(id, at, use));
      this.#rows.useFactor(used);
      return () => this.keepFactor(used);
    });
    return after!;
  }

  removeFactor(id: number): Promise<void> {
    return this.#change(() => {
      if (this.findFactor(id) === null) return null;
      this.#rows.removeFactor(id);
      return () => void this.dropFactor(id);
    });
  }

  async addOutsideAccount(row: Omit<OutsideAccountRow, 'id' | 'secret'>, seal: (id: AccountId) => Bytes): Promise<OutsideAccountRow> {
    let added: OutsideAccountRow | null = null;
    await this.#change(() => {
      this.checkNewOutside(row);
      const id = this.#rows.nextAccountId();
      added = { ...row, id, secret: seal(id) };
      this.#rows.putOutsideAccount(added);
      return () => this.keepOutside(added!);
    });
    return added!;
  }

  async updateOutsideAccount(id: AccountId, change: Partial<Omit<OutsideAccountRow, 'id' | 'owner'>>): Promise<OutsideAccountRow> {
    let after: OutsideAccountRow | null = null;
    await this.#change(() => {
      after = this.changedOutside(id, change);
      this.#rows.putOutsideAccount(after);
      if (change.health !== undefined) this.#notes.forgetHealth(id);
      return () => this.keepOutside(after!);
    });
    return after!;
  }

  removeOutsideAccount(id: AccountId): Promise<void> {
    return this.#change(() => {
      if (this.outsideAccount(id) === null) return null;
      this.#rows.removeOutsideAccount(id);
      return () => void this.dropOutside(id);
    });
  }

  noteOutsideHealth(id: AccountId, health: OutsideHealth): void {
    const row = this.outsideAccount(id);
    if (row === null) return;
    this.keepOutside({ ...row, health });
    this.#notes.noteHealth(id, health);
  }

  putValue(name: string, value: string): Promise<void> {
    return this.#change(() => {
      this.#rows.putValue(name, value);
      return () => this.keepValue(name, value);
    });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    clearInterval(this.#looking);
    try {
      if (!this.#notes.isEmpty) await this.#change(() => null);
    } finally {
      this.#closed = true;
      this.forgetListeners();
      this.#rows.close();
    }
  }

  // --- inside -------------------------------------------------------------------------------------------------------

  /** One transaction. `write` checks, writes rows and gives what is then done to the picture; null when there is nothing to do. */
  async #change(write: () => (() => void) | null): Promise<void> {
    if (this.#closed) throw new Unavailable('store-stopped', 'The directory is closed');
    let keep: (() => void) | null;
    let committing = false;
    try {
      this.#rows.begin();
      this.lookAgain();
      keep = write();
      this.#notes.write(this.#rows);
      committing = true;
      this.#rows.commit();
    } catch (trouble) {
      this.#takeBack();
      if (trouble instanceof Refusal) throw trouble;
      // What is in the file now is read again before anything else is done with it.
      if (committing) this.#version = unknownVersion;
      throw this.#unavailable(trouble, committing);
    }
    this.#notes.clear();
    keep?.();
    if (keep !== null) this.tell();
  }

  #takeBack(): void {
    try {
      this.#rows.rollback();
    } catch (trouble) {
      this.#log.error('directory.rollback', {}, trouble);
    }
  }

  #unavailable(trouble: unknown, committing: boolean): Unavailable {
    this.#log.error('directory.write', { committing }, trouble);
    const code = trouble instanceof Error && 'errcode' in trouble ? Number(trouble.errcode) & 0xff : 0;
    if (code === sqliteFull) return new Unavailable('disk-full', 'The disk is full', trouble);
    if (code === sqliteBusy) return new Unavailable('busy', 'The directory is busy', trouble);
    // After a commit that failed nobody knows: the rows may have reached the disk (reliability D-6).
    return new Unavailable(committing ? 'unknown-outcome' : 'store-stopped', 'The directory could not be written', trouble);
  }

  lookAgain(): void {
    const version = this.#rows.version;
    if (version === this.#version) return;
    this.#version = version;
    this.#load();
    this.tell();
  }

  #lookQuietly(): void {
    try {
      this.lookAgain();
    } catch (trouble) {
      this.#log.warn('directory.read', {}, trouble);
    }
    if (!this.#notes.isDue) return;
    this.#change(() => null).catch((trouble: unknown) => this.#log.warn('directory.touch', {}, trouble));
  }

  #load(): void {
    const { domains, accounts, aliases, appPasswords, setupLinks, webSessions, factors, outside, values } = {
      domains: this.#rows.domains(),
      accounts: this.#rows.accounts(),
      aliases: this.#rows.aliases(),
      appPasswords: this.#rows.appPasswords(),
      outside: this.#rows.outsideAccounts(),
      setupLinks: this.#rows.setupLinks(),
      webSessions: this.#rows.webSessions(),
      factors: this.#rows.factors(),
      values: this.#rows.values(),
    };
    this.clear();
    for (const row of domains) this.keepDomain(row);
    for (const row of accounts) this.keepAccount(row);
    for (const row of aliases) this.keepAlias(row);
    for (const row of appPasswords) this.keepAppPassword(this.#notes.appPassword(row));
    for (const row of outside) this.keepOutside(this.#notes.outsideAccount(row));
    for (const row of setupLinks) this.keepSetupLink(row);
    for (const row of webSessions) this.keepWebSession(this.#notes.webSession(row));
    for (const row of factors) this.keepFactor(row);
    for (const { name, value } of values) this.keepValue(name, value);
  }
}

/** No value of `pragma data_version`. */
const unknownVersion = -1;
const sqliteBusy = 5;
const sqliteFull = 13;
