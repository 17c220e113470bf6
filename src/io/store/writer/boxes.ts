// Accounts and mailboxes are made, renamed, removed. Knows names and levels; knows no letter's content.
import { Refusal } from '../../../base/trouble.ts';
import type { AccountId, MailboxId } from '../../../store/contract.ts';
import { maxMailboxes } from '../../../store/limits.ts';
import type { Job } from '../jobs.ts';
import type { Books } from './books.ts';
import type { AccountRow, MailboxRow } from './ledger.ts';
import { forgetItemStates, removeItems } from './items.ts';
import { releaseLetter } from './letters.ts';
import { addPlacement } from './placing.ts';
import { placementsOf, removePlacement, rest } from './removing.ts';
import type { Turn } from './turn.ts';

export function createAccount(books: Books, turn: Turn, job: Extract<Job, { kind: 'createAccount' }>): null {
  if (books.ledger.findAccount(job.account) !== null) return null;
  const account = books.ledger.addAccount(job.account);
  const modSeq = turn.modSeq(account);
  const inbox = { name: 'INBOX', role: 'inbox' as const };
  for (const { name, role } of [inbox, ...job.mailboxes.filter((box) => box.name !== 'INBOX')]) {
    if (books.ledger.byName(account, name) !== null) continue;
    books.ledger.addMailbox(account, name, role, modSeq, turn.now);
    subscribe(books, account.id, name);
  }
  turn.structure(account);
  return null;
}

export function removeAccount(books: Books, turn: Turn, account: AccountId): null {
  const row = books.ledger.findAccount(account);
  if (row === null) return null;
  turn.modSeq(row);
  for (const box of row.mailboxes.values()) turn.touch(row, box);
  turn.removed(row);
  for (const [letter] of books.sql.rows('select letter from message where account = ?', account)) releaseLetter(books, Number(letter));
  for (const table of [
    'message',
    'placement',
    'vanished',
    'resting',
    'thread_key',
    'placed',
    'mailbox',
    'subscription',
    'gone_letter',
    'gone_mailbox',
  ])
    books.sql.run(`delete from ${table} where account = ?`, account);
  removeItems(books, account);
  books.ledger.removeAccount(row);
  return null;
}

export function createMailbox(books: Books, turn: Turn, job: Extract<Job, { kind: 'createMailbox' }>): MailboxId {
  const account = books.ledger.getAccount(job.account);
  if (books.ledger.byName(account, job.name) !== null) throw new Refusal('already-exists', 'A mailbox of that name is there already');
  if (account.mailboxes.size >= maxMailboxes) throw new Refusal('limit', `An account has at most ${maxMailboxes} mailboxes`);
  turn.structure(account);
  const box = books.ledger.addMailbox(account, job.name, job.role, turn.modSeq(account), turn.now);
  turn.reshape(account, box);
  return box.id;
}

export function renameMailbox(books: Books, turn: Turn, job: Extract<Job, { kind: 'renameMailbox' }>): null {
  const account = books.ledger.getAccount(job.account);
  const box = books.ledger.getMailbox(job.account, job.mailbox);
  if (books.ledger.byName(account, job.name) !== null) throw new Refusal('already-exists', 'A mailbox of that name is there already');
  if (box.name === 'INBOX') return emptyInboxInto(books, turn, account, box, job.name);
  moveNames(books, turn, account, box, job.name);
  return null;
}

/** A mailbox and its children get their new names. Gives their old ones. @throws Refusal before anything has changed. */
function moveNames(books: Books, turn: Turn, account: AccountRow, box: MailboxRow, wanted: string): Map<MailboxRow, string> {
  const below = `${box.name}/`;
  const moved = [...account.mailboxes.values()].filter((other) => other === box || other.name.startsWith(below));
  const before = new Map(moved.map((other) => [other, other.name]));
  const names = new Map(moved.map((other) => [other, wanted + other.name.slice(box.name.length)]));
  for (const name of names.values()) {
    const there = books.ledger.byName(account, name);
    if (there !== null && !names.has(there)) throw new Refusal('already-exists', `A mailbox named ${name} is there already`);
  }
  turn.structure(account);
  // A new name may be another's old one (a → a/b with a child of that name): first all get names that nobody has.
  for (const other of moved) {
    other.name = `\u0000${other.id}`;
    books.ledger.writeMailbox(other);
  }
  for (const [other, name] of names) {
    turn.reshape(account, other);
    other.name = name;
    books.ledger.writeMailbox(other);
  }
  return before;
}

/** RFC 9051 §6.3.6: INBOX stays, its letters move to a new mailbox, its children stay where they are. */
function emptyInboxInto(books: Books, turn: Turn, account: AccountRow, inbox: MailboxRow, name: string): null {
  if (account.mailboxes.size >= maxMailboxes) throw new Refusal('limit', `An account has at most ${maxMailboxes} mailboxes`);
  turn.structure(account);
  const target = books.ledger.addMailbox(account, name, null, turn.modSeq(account), turn.now);
  turn.reshape(account, target);
  for (const letter of placementsOf(books, inbox)) {
    removePlacement(books, turn, account, inbox, letter);
    const flags = target.flags.intern(letter.system, letter.keywords === '' ? [] : letter.keywords.split(' '));
    addPlacement(books, turn, account, target, { message: letter.message, size: letter.size, receivedAt: letter.receivedAt, flags });
  }
  return null;
}

export function deleteMailbox(books: Books, turn: Turn, job: Extract<Job, { kind: 'deleteMailbox' }>): null {
  const account = books.ledger.getAccount(job.account);
  const box = books.ledger.getMailbox(job.account, job.mailbox);
  if (box.name === 'INBOX') throw new Refusal('cannot', 'INBOX cannot be deleted');
  turn.structure(account);
  turn.touch(account, box);
  for (const letter of placementsOf(books, box)) rest(books, turn, account, box, letter);
  for (const table of ['placement', 'vanished'])
    books.sql.run(`delete from ${table} where account = ? and mailbox = ?`, account.id, box.id);
  books.sql.run(
    'insert into gone_mailbox (account, modseq, mailbox, created, at) values (?, ?, ?, ?, ?)',
    account.id,
    turn.modSeq(account),
    box.id,
    box.created,
    turn.now,
  );
  books.ledger.removeMailbox(account, box);
  return null;
}

export function setSubscribed(books: Books, turn: Turn, job: Extract<Job, { kind: 'setSubscribed' }>): null {
  const account = books.ledger.getAccount(job.account);
  const there = books.sql.row('select 1 from subscription where account = ? and name = ?', account.id, job.name) !== null;
  if (there === job.subscribed) return null;
  turn.structure(account);
  const box = books.ledger.byName(account, job.name);
  if (box !== null) turn.reshape(account, box);
  if (job.subscribed) subscribe(books, account.id, job.name);
  else unsubscribe(books, account.id, job.name);
  return null;
}

/** RFC 8621 §2.5 update of a mailbox. @throws Refusal before anything has changed. */
export function reviseMailbox(books: Books, turn: Turn, job: Extract<Job, { kind: 'reviseMailbox' }>): null {
  const account = books.ledger.getAccount(job.account);
  const box = books.ledger.getMailbox(job.account, job.mailbox);
  const { name = box.name, role = box.role, sortOrder = box.sortOrder } = job.change;
  if (box.name === 'INBOX' && (name !== box.name || role !== box.role))
    throw new Refusal('cannot', 'INBOX keeps its name and what it is for');
  if (role !== null && role !== box.role && [...account.mailboxes.values()].some((other) => other.role === role))
    throw new Refusal('cannot', 'Another mailbox is for that already');
  if (name !== box.name) {
    if (books.ledger.byName(account, name) !== null) throw new Refusal('already-exists', 'A mailbox of that name is there already');
    // RFC 8621 §2: isSubscribed is the mailbox's, so it goes where the name goes.
    const subscribed = [...moveNames(books, turn, account, box, name)].filter(([, old]) => unsubscribe(books, account.id, old));
    for (const [moved] of subscribed) subscribe(books, account.id, moved.name);
  }
  const isSubscribed = books.sql.row('select 1 from subscription where account = ? and name = ?', account.id, name) !== null;
  const { subscribed = isSubscribed } = job.change;
  if (subscribed && !isSubscribed) subscribe(books, account.id, name);
  if (!subscribed && isSubscribed) unsubscribe(books, account.id, name);
  if (subscribed === isSubscribed && role === box.role && sortOrder === box.sortOrder) return null;
  turn.structure(account);
  turn.reshape(account, box);
  box.role = role;
  box.sortOrder = sortOrder;
  return null;
}

/** True when it was there. */
function unsubscribe(books: Books, account: AccountId, name: string): boolean {
  return books.sql.run('delete from subscription where account = ? and name = ?', account, name) > 0;
}

function subscribe(books: Books, account: AccountId, name: string): void {
  books.sql.run('insert or ignore into subscription (account, name) values (?, ?)', account, name);
}

const farBehind = 1 << 20;

/** Reliability D-10: after a restore from a backup, UIDs that were told since must not be met again under the same UIDVALIDITY. */
export function newValidity(books: Books, turn: Turn): null {
  for (const [id] of books.sql.rows('select id from account')) {
    const account = books.ledger.getAccount(Number(id));
    turn.structure(account);
    // EMAILID and MAILBOXID (RFC 8474) and MODSEQs of after the backup may be known somewhere too: go on far behind them.
    account.nextMessage += farBehind;
    account.nextMailbox += farBehind;
    account.modSeq += farBehind;
    // Nor can be told what went after the backup.
    account.goneFloor = account.modSeq;
    for (const table of ['gone_letter', 'gone_mailbox']) books.sql.run(`delete from ${table} where account = ?`, account.id);
    forgetItemStates(books, account, farBehind);
    for (const box of account.mailboxes.values()) {
      turn.reshape(account, box);
      box.uidValidity = books.ledger.nextValidity(account, turn.now);
      box.highestModSeq = account.modSeq;
    }
  }
  return null;
}
