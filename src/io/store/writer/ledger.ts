// The rows of accounts and mailboxes that the writer works with, held in memory and written back once per transaction.
// Knows counters, UIDs and MODSEQs; knows no letter. The writer is the only one who changes them, so memory is always right,
// except after a rollback: then all is forgotten and read again.
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { Refusal } from '../../../base/trouble.ts';
import { FlagSets } from '../../../store/flag-sets.ts';
import { DELETED, SEEN } from '../../../store/mailbox-state.ts';
import type { AccountId, MailboxId, MailboxRole, ModSeq } from '../../../store/contract.ts';
import type { MailboxShape } from '../../../store/shelf-change.ts';
import type { MailboxNumbers } from '../jobs.ts';

export interface AccountRow {
  readonly id: AccountId;
  modSeq: ModSeq;
  nextMessage: number;
  nextMailbox: number;
  nextRest: number;
  lastValidity: number;
  octets: number;
  messages: number;
  /** Letters and mailboxes that went at or before it are not remembered. */
  goneFloor: ModSeq;
  readonly mailboxes: Map<MailboxId, MailboxRow>;
  dirty: boolean;
}

export interface MailboxRow {
  readonly account: AccountId;
  readonly id: MailboxId;
  name: string;
  role: MailboxRole | null;
  uidValidity: number;
  uidNext: number;
  highestModSeq: ModSeq;
  messages: number;
  unseen: number;
  deleted: number;
  size: number;
  vanishedFloor: ModSeq;
  sortOrder: number;
  readonly created: ModSeq;
  /** When its name, role, subscription or order changed last. */
  changed: ModSeq;
  /** Interns the flag sets of its letters and knows the spelling of its keywords. */
  flags: FlagSets;
  dirty: boolean;
}

/** Accounts held between transactions. */
const accountsKept = 4096;

export class Ledger {
  readonly #accounts = new Map<AccountId, AccountRow>();
  readonly #dirtyAccounts = new Set<AccountRow>();
  readonly #dirtyMailboxes = new Set<MailboxRow>();
  readonly #selectAccount: StatementSync;
  readonly #selectMailboxes: StatementSync;
  readonly #updateAccount: StatementSync;
  readonly #updateMailbox: StatementSync;
  readonly #insertAccount: StatementSync;
  readonly #insertMailbox: StatementSync;
  readonly #deleteMailbox: StatementSync;
  readonly #deleteAccount: StatementSync;
  /** Counts changes in memory, so that a job that failed can be seen to have changed nothing. */
  changes = 0;

  constructor(db: DatabaseSync) {
    this.#selectAccount = db.prepare(
      'select modseq, next_message, next_mailbox, next_rest, last_validity, octets, messages, gone_floor from account where id = ?',
    );
    this.#selectAccount.setReturnArrays(true);
    this.#selectMailboxes = db.prepare(
      'select id, name, role, uid_validity, uid_next, highest_modseq, messages, unseen, deleted, size, keywords, vanished_floor, sort_order, created, changed from mailbox where account = ?',
    );
    this.#selectMailboxes.setReturnArrays(true);
    this.#updateAccount = db.prepare(
      'update account set modseq = ?, next_message = ?, next_mailbox = ?, next_rest = ?, last_validity = ?, octets = ?, messages = ?, gone_floor = ? where id = ?',
    );
    this.#updateMailbox = db.prepare(
      'update mailbox set name = ?, role = ?, uid_validity = ?, uid_next = ?, highest_modseq = ?, messages = ?, unseen = ?, deleted = ?, size = ?, keywords = ?, vanished_floor = ?, sort_order = ?, changed = ? where account = ? and id = ?',
    );
    this.#insertAccount = db.prepare(
      'insert into account (id, modseq, next_message, next_mailbox, next_rest, last_validity, octets, messages, gone_floor) values (?, 0, 1, 1, 1, 0, 0, 0, 0)',
    );
    this.#insertMailbox = db.prepare(
      `insert into mailbox (account, id, name, role, uid_validity, uid_next, highest_modseq, messages, unseen, deleted, size, keywords, vanished_floor,
         sort_order, created, changed)
       values (?, ?, ?, ?, ?, 1, ?, 0, 0, 0, 0, '', 0, 0, ?, ?)`,
    );
    this.#deleteMailbox = db.prepare('delete from mailbox where account = ? and id = ?');
    this.#deleteAccount = db.prepare('delete from account where id = ?');
  }

  findAccount(id: AccountId): AccountRow | null {
    const held = this.#accounts.get(id);
    if (held !== undefined) return held;
    const row = this.#selectAccount.get(id) as unknown as number[] | undefined;
    if (row === undefined) return null;
    const account: AccountRow = {
      id,
      modSeq: row[0]!,
      nextMessage: row[1]!,
      nextMailbox: row[2]!,
      nextRest: row[3]!,
      lastValidity: row[4]!,
      octets: row[5]!,
      messages: row[6]!,
      goneFloor: row[7]!,
      mailboxes: new Map(),
      dirty: false,
    };
    for (const box of this.#selectMailboxes.all(id) as unknown as (string | number | null)[][]) {
      const flags = new FlagSets();
      if (box[10] !== '') flags.learnAll(String(box[10]).split(' '));
      account.mailboxes.set(Number(box[0]), {
        account: id,
        id: Number(box[0]),
        name: String(box[1]),
        role: box[2] as MailboxRole | null,
        uidValidity: Number(box[3]),
        uidNext: Number(box[4]),
        highestModSeq: Number(box[5]),
        messages: Number(box[6]),
        unseen: Number(box[7]),
        deleted: Number(box[8]),
        size: Number(box[9]),
        vanishedFloor: Number(box[11]),
        sortOrder: Number(box[12]),
        created: Number(box[13]),
        changed: Number(box[14]),
        flags,
        dirty: false,
      });
    }
    this.#accounts.set(id, account);
    return account;
  }

  getAccount(id: AccountId): AccountRow {
    const account = this.findAccount(id);
    if (account === null) throw new Refusal('nonexistent', 'No such mailbox', `account ${id} has no mail here`);
    return account;
  }

  getMailbox(account: AccountId, id: MailboxId): MailboxRow {
    const box = this.getAccount(account).mailboxes.get(id);
    if (box === undefined) throw new Refusal('nonexistent', 'No such mailbox', `account ${account} has no mailbox ${id}`);
    return box;
  }

  /** A mailbox by id, or the one of a role: INBOX when no mailbox has it. */
  resolve(account: AccountId, target: MailboxId | MailboxRole): MailboxRow {
    if (typeof target === 'number') return this.getMailbox(account, target);
    let inbox: MailboxRow | undefined;
    for (const box of this.getAccount(account).mailboxes.values()) {
      if (box.role === target) return box;
      if (box.name === 'INBOX') inbox = box;
    }
    if (inbox === undefined) throw new Refusal('nonexistent', 'No such mailbox', `account ${account} has no INBOX`);
    return inbox;
  }

  byName(account: AccountRow, name: string): MailboxRow | null {
    for (const box of account.mailboxes.values()) if (box.name === name) return box;
    return null;
  }

  addAccount(id: AccountId): AccountRow {
    this.changes++;
    this.#insertAccount.run(id);
    return this.getAccount(id);
  }

  removeAccount(account: AccountRow): void {
    this.changes++;
    this.#deleteAccount.run(account.id);
    for (const box of account.mailboxes.values()) this.#drop(box);
    this.#dirtyAccounts.delete(account);
    this.#accounts.delete(account.id);
  }

  /** UIDVALIDITY is the second of its making, always higher than any before in the account (RFC 9051 §2.3.1.1). */
  nextValidity(account: AccountRow, now: number): number {
    account.lastValidity = Math.max(Math.floor(now / 1000), account.lastValidity + 1);
    this.touchAccount(account);
    return account.lastValidity;
  }

  addMailbox(account: AccountRow, name: string, role: MailboxRole | null, modSeq: ModSeq, now: number): MailboxRow {
    const box: MailboxRow = {
      account: account.id,
      id: account.nextMailbox++,
      name,
      role,
      uidValidity: this.nextValidity(account, now),
      uidNext: 1,
      highestModSeq: modSeq,
      messages: 0,
      unseen: 0,
      deleted: 0,
      size: 0,
      vanishedFloor: 0,
      sortOrder: 0,
      created: modSeq,
      changed: modSeq,
      flags: new FlagSets(),
      dirty: false,
    };
    this.#insertMailbox.run(account.id, box.id, name, role, box.uidValidity, modSeq, modSeq, modSeq);
    account.mailboxes.set(box.id, box);
    return box;
  }

  removeMailbox(account: AccountRow, box: MailboxRow): void {
    this.changes++;
    this.#deleteMailbox.run(account.id, box.id);
    account.mailboxes.delete(box.id);
    this.#drop(box);
  }

  #drop(box: MailboxRow): void {
    this.#dirtyMailboxes.delete(box);
  }

  touchAccount(account: AccountRow): void {
    this.changes++;
    if (account.dirty) return;
    account.dirty = true;
    this.#dirtyAccounts.add(account);
  }

  touchMailbox(box: MailboxRow): void {
    this.changes++;
    if (box.dirty) return;
    box.dirty = true;
    this.#dirtyMailboxes.add(box);
  }

  /** One letter more (`sign` 1) or less (-1) with these flags. */
  countLetter(box: MailboxRow, system: number, size: number, sign: 1 | -1): void {
    box.messages += sign;
    if ((system & SEEN) === 0) box.unseen += sign;
    if ((system & DELETED) !== 0) box.deleted += sign;
    box.size += sign * size;
  }

  /** Names change at once, because another job of the same transaction may want the old one. */
  writeMailbox(box: MailboxRow): void {
    this.#updateMailbox.run(
      box.name,
      box.role,
      box.uidValidity,
      box.uidNext,
      box.highestModSeq,
      box.messages,
      box.unseen,
      box.deleted,
      box.size,
      box.flags.keywords.join(' '),
      box.vanishedFloor,
      box.sortOrder,
      box.changed,
      box.account,
      box.id,
    );
    box.dirty = false;
    this.#dirtyMailboxes.delete(box);
  }

  /** Writes what changed; called last before COMMIT. */
  flush(): void {
    for (const account of this.#dirtyAccounts) {
      this.#updateAccount.run(
        account.modSeq,
        account.nextMessage,
        account.nextMailbox,
        account.nextRest,
        account.lastValidity,
        account.octets,
        account.messages,
        account.goneFloor,
        account.id,
      );
      account.dirty = false;
    }
    this.#dirtyAccounts.clear();
    for (const box of this.#dirtyMailboxes) this.writeMailbox(box);
  }

  /** After a COMMIT: keeps memory bounded. */
  trim(): void {
    if (this.#accounts.size <= accountsKept) return;
    for (const id of this.#accounts.keys()) {
      this.#accounts.delete(id);
      if (this.#accounts.size <= accountsKept / 2) break;
    }
  }

  /** After a ROLLBACK: memory may hold what never happened. */
  forget(): void {
    this.#accounts.clear();
    this.#dirtyAccounts.clear();
    this.#dirtyMailboxes.clear();
  }
}

export function shapeOf(box: MailboxRow): MailboxShape {
  return { role: box.role, createdModSeq: box.created, changedModSeq: box.changed };
}

export function numbersOf(box: MailboxRow): MailboxNumbers {
  return {
    uidNext: box.uidNext,
    highestModSeq: box.highestModSeq,
    messages: box.messages,
    unseen: box.unseen,
    deleted: box.deleted,
    size: box.size,
  };
}
