// How rows of DATA/directory.sqlite are read and written as values. Knows SQL; knows no rule between rows. The tables: directory-schema.ts.
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type {
  AccountRow,
  AliasRow,
  AppPasswordRow,
  DomainRow,
  FactorProof,
  FactorRow,
  LoginProtocol,
  NewAppPassword,
  SetupLinkRow,
  WebSessionRow,
} from '../../store/directory-contract.ts';
import type { OutsideAccountRow, OutsideHealth } from '../../store/outside-contract.ts';
import { accountCells, formatScram, numberOrNull, parseScram, textOrNull, type Cell, type Row } from './directory-cells.ts';
import { openDirectoryFile } from './directory-schema.ts';

export class DirectoryRows {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(path: string) {
    this.#db = openDirectoryFile(path);
  }

  // --- transactions -------------------------------------------------------------------------------------------------

  begin(): void {
    this.#db.exec('begin immediate');
  }

  commit(): void {
    this.#db.exec('commit');
  }

  /** Harmless when there is nothing to take back. */
  rollback(): void {
    if (this.#db.isTransaction) this.#db.exec('rollback');
  }

  /** Changes when another connection has written. */
  get version(): number {
    return Number(this.#one('pragma data_version'));
  }

  close(): void {
    this.#statements.clear();
    this.#db.close();
  }

  #one(sql: string): Cell {
    const row = this.#prepared(sql).get() as Row | undefined;
    return row === undefined ? null : (Object.values(row)[0] ?? null);
  }

  #prepared(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) this.#statements.set(sql, (statement = this.#db.prepare(sql)));
    return statement;
  }

  #run(sql: string, ...cells: Cell[]): number {
    return Number(this.#prepared(sql).run(...cells).lastInsertRowid);
  }

  #all<T>(sql: string, read: (row: Row) => T): T[] {
    return (this.#prepared(sql).all() as Row[]).map(read);
  }

  // --- reading ------------------------------------------------------------------------------------------------------

  domains(): DomainRow[] {
    return this.#all('select * from domain', (row) => ({
      name: String(row['name']),
      catchAll: textOrNull(row['catch_all']),
      subaddress: textOrNull(row['subaddress']),
    }));
  }

  accounts(): AccountRow[] {
    return this.#all('select * from account order by id', (row) => ({
      id: Number(row['id']),
      address: String(row['address']),
      name: String(row['name']),
      passwordHash: String(row['password_hash']),
      scram: parseScram(String(row['scram'])),
      quota: numberOrNull(row['quota']),
      createdAt: Number(row['created_at']),
      closedAt: numberOrNull(row['closed_at']),
    }));
  }

  aliases(): AliasRow[] {
    return this.#all('select * from alias', (row) => ({
      address: String(row['address']),
      targets: JSON.parse(String(row['targets'])) as string[],
    }));
  }

  appPasswords(): AppPasswordRow[] {
    return this.#all('select * from app_password order by id', (row) => ({
      id: Number(row['id']),
      account: Number(row['account']),
      name: String(row['name']),
      sha256: String(row['sha256']),
      ...(row['scram'] === null || row['scram'] === undefined ? {} : { scram: parseScram(String(row['scram'])) }),
      protocols: JSON.parse(String(row['protocols'])) as LoginProtocol[],
      createdAt: Number(row['created_at']),
      lastUsedAt: numberOrNull(row['last_used_at']),
      lastUsedFrom: textOrNull(row['last_used_from']),
      uses: JSON.parse(textOrNull(row['uses']) ?? '{}') as AppPasswordRow['uses'],
    }));
  }

  setupLinks(): SetupLinkRow[] {
    return this.#all('select * from setup_link order by id', (row) => ({
      id: Number(row['id']),
      account: Number(row['account']),
      sha256: String(row['sha256']),
      device: textOrNull(row['device']),
      createdAt: Number(row['created_at']),
      expiresAt: Number(row['expires_at']),
      used: JSON.parse(textOrNull(row['used']) ?? 'null') as SetupLinkRow['used'],
    }));
  }

  webSessions(): WebSessionRow[] {
    return this.#all('select * from web_session order by id', (row) => ({
      id: Number(row['id']),
      account: Number(row['account']),
      sha256: String(row['sha256']),
      passwordMark: String(row['password_mark']),
      device: String(row['device']),
      how: String(row['how']) as WebSessionRow['how'],
      createdAt: Number(row['created_at']),
      lastUsedAt: Number(row['last_used_at']),
      lastUsedFrom: String(row['last_used_from']),
    }));
  }

  factors(): FactorRow[] {
    return this.#all('select * from factor order by id', (row) => ({
      id: Number(row['id']),
      account: Number(row['account']),
      name: String(row['name']),
      createdAt: Number(row['created_at']),
      lastUsedAt: numberOrNull(row['last_used_at']),
      proof: JSON.parse(String(row['proof'])) as FactorProof,
    }));
  }

  outsideAccounts(): OutsideAccountRow[] {
    return this.#all('select * from outside_account', (row) => ({
      id: Number(row['id']),
      owner: Number(row['owner']),
      address: String(row['address']),
      name: String(row['name']),
      provider: textOrNull(row['provider']),
      receive: JSON.parse(String(row['receive'])) as OutsideAccountRow['receive'],
      send: JSON.parse(String(row['send'])) as OutsideAccountRow['send'],
      secret: row['secret'] as Uint8Array,
      leaving: JSON.parse(String(row['leaving'])) as OutsideAccountRow['leaving'],
      sentCopy: String(row['sent_copy']) as OutsideAccountRow['sentCopy'],
      provenance: JSON.parse(String(row['provenance'])) as OutsideAccountRow['provenance'],
      provenAt: numberOrNull(row['proven_at']),
      createdAt: Number(row['created_at']),
      paused: row['paused'] === 1,
      closedAt: numberOrNull(row['closed_at']),
      health: JSON.parse(String(row['health'])) as OutsideHealth,
    }));
  }

  values(): { readonly name: string; readonly value: string }[] {
    return this.#all('select * from value', (row) => ({ name: String(row['name']), value: String(row['value']) }));
  }

  // --- writing ------------------------------------------------------------------------------------------------------

  putDomain(row: DomainRow): void {
    this.#run('insert or replace into domain values (?, ?, ?)', row.name, row.catchAll, row.subaddress);
  }

  removeDomain(name: string): void {
    this.#run('delete from domain where name = ?', name);
  }

  addAccount(row: Omit<AccountRow, 'id'>): number {
    return this.#run(
      'insert into account (address, name, password_hash, scram, quota, created_at, closed_at) values (?, ?, ?, ?, ?, ?, ?)',
      ...accountCells(row),
    );
  }

  updateAccount(row: AccountRow): void {
    this.#run(
      'update account set address = ?, name = ?, password_hash = ?, scram = ?, quota = ?, created_at = ?, closed_at = ? where id = ?',
      ...accountCells(row),
      row.id,
    );
  }

  removeAccount(id: number): void {
    this.#run('delete from account where id = ?', id);
  }

  putAlias(row: AliasRow): void {
    this.#run('insert or replace into alias values (?, ?)', row.address, JSON.stringify(row.targets));
  }

  removeAlias(address: string): void {
    this.#run('delete from alias where address = ?', address);
  }

  addAppPassword(row: NewAppPassword): number {
    return this.#run(
      'insert into app_password (account, name, sha256, protocols, created_at, scram) values (?, ?, ?, ?, ?, ?)',
      row.account,
      row.name,
      row.sha256,
      JSON.stringify(row.protocols),
      row.createdAt,
      row.scram === undefined ? null : formatScram(row.scram),
    );
  }

  /** `uses`: those since the last writing. */
  touchAppPassword(id: number, uses: AppPasswordRow['uses']): void {
    const last = Object.values(uses).toSorted((a, b) => b.at - a.at)[0];
    if (last === undefined) return;
    this.#run(
      `update app_password set last_used_at = ?, last_used_from = ?, uses = json_patch(coalesce(uses, '{}'), ?) where id = ?`,
      last.at,
      last.from,
      JSON.stringify(uses),
      id,
    );
  }

  addWebSession(row: Omit<WebSessionRow, 'id'>): number {
    return this.#run(
      `insert into web_session (account, sha256, password_mark, device, how, created_at, last_used_at, last_used_from)
       values (?, ?, ?, ?, ?, ?, ?, ?)`,
      row.account,
      row.sha256,
      row.passwordMark,
      row.device,
      row.how,
      row.createdAt,
      row.lastUsedAt,
      row.lastUsedFrom,
    );
  }

  touchWebSession(id: number, at: number, from: string): void {
    this.#run('update web_session set last_used_at = ?, last_used_from = ? where id = ?', at, from, id);
  }

  removeWebSession(id: number): void {
    this.#run('delete from web_session where id = ?', id);
  }

  addFactor(row: Omit<FactorRow, 'id' | 'lastUsedAt'>): number {
    return this.#run(
      'insert into factor (account, name, created_at, proof) values (?, ?, ?, ?)',
      row.account,
      row.name,
      row.createdAt,
      JSON.stringify(row.proof),
    );
  }

  useFactor(row: FactorRow): void {
    this.#run('update factor set last_used_at = ?, proof = ? where id = ?', row.lastUsedAt, JSON.stringify(row.proof), row.id);
  }

  removeFactor(id: number): void {
    this.#run('delete from factor where id = ?', id);
  }

  addSetupLink(row: Omit<SetupLinkRow, 'id' | 'used'>): number {
    return this.#run(
      'insert into setup_link (account, sha256, device, created_at, expires_at) values (?, ?, ?, ?, ?)',
      row.account,
      row.sha256,
      row.device,
      row.createdAt,
      row.expiresAt,
    );
  }

  useSetupLink(row: SetupLinkRow): void {
    this.#run('update setup_link set used = ? where id = ?', JSON.stringify(row.used), row.id);
  }

  removeSetupLink(id: number): void {
    this.#run('delete from setup_link where id = ?', id);
  }

  removeAppPassword(id: number): void {
    this.#run('delete from app_password where id = ?', id);
  }

  /** The next of the numbers that people's accounts have; taken when the transaction is. */
  nextAccountId(): number {
    this.#run("update sqlite_sequence set seq = seq + 1 where name = 'account'");
    return Number(this.#one("select seq from sqlite_sequence where name = 'account'"));
  }

  /** Adds or replaces. */
  putOutsideAccount(row: OutsideAccountRow): void {
    this.#run(
      `insert or replace into outside_account
        (id, owner, address, name, provider, receive, send, secret, leaving, sent_copy, provenance, proven_at, created_at, paused, closed_at, health)
        values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      row.id,
      row.owner,
      row.address,
      row.name,
      row.provider,
      JSON.stringify(row.receive),
      JSON.stringify(row.send),
      row.secret,
      JSON.stringify(row.leaving),
      row.sentCopy,
      JSON.stringify(row.provenance),
      row.provenAt,
      row.createdAt,
      row.paused ? 1 : 0,
      row.closedAt,
      JSON.stringify(row.health),
    );
  }

  noteOutsideHealth(id: number, health: OutsideHealth): void {
    this.#run('update outside_account set health = ? where id = ?', JSON.stringify(health), id);
  }

  removeOutsideAccount(id: number): void {
    this.#run('delete from outside_account where id = ?', id);
  }

  putValue(name: string, value: string): void {
    this.#run('insert or replace into value values (?, ?)', name, value);
  }
}
