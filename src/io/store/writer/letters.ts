// Rows of letters: their octets' place, their facts, who refers to them, and their thread.
// Knows the tables letter, message and thread_key; knows no mailbox.
import { hash } from 'node:crypto';
import { factsVersion } from '../../../message/facts.ts';
import { readFacts } from '../../../message/read-facts.ts';
import type { AccountId, LetterId, MessageId } from '../../../store/contract.ts';
import { namesNearestFirst } from '../../../store/letter-names.ts';
import { DELETED } from '../../../store/mailbox-state.ts';
import { factColumns, formatFacts } from '../fact-columns.ts';
import type { Cargo } from '../jobs.ts';
import type { Books } from './books.ts';
import type { AccountRow } from './ledger.ts';
import type { Row } from './statements.ts';
import type { Turn } from './turn.ts';

/** The octets of a letter where the writer has them. */
export interface Landed {
  readonly segment: number;
  readonly start: number;
  /** Null for a large letter, whose facts and digest came along. */
  readonly octets: Uint8Array | null;
}

export interface LetterRow {
  readonly id: number;
  readonly length: number;
  readonly messageId: string;
  readonly references: readonly string[];
}

const factNames = factColumns.map(([, column]) => column);
const insertLetter = `insert into letter (id, segment, start, length, refs, sha256, journey, facts_version, ${factNames.join(', ')})
  values (?, ?, ?, ?, ?, ?, ?, ?, ${factNames.map(() => '?').join(', ')})`;
const insertBareLetter =
  'insert into letter (id, segment, start, length, refs, sha256, journey, facts_version) values (?, ?, ?, ?, ?, ?, ?, 0)';
const messageIdAt = factColumns.findIndex(([name]) => name === 'messageId');
const referencesAt = factColumns.findIndex(([name]) => name === 'references');

export function sha256(octets: Uint8Array): Uint8Array {
  return hash('sha256', octets, 'buffer');
}

/** Adds a letter that `refs` others refer to. `withFacts`: somebody here will read it. */
export function addLetter(books: Books, cargo: Cargo, landed: Landed, journey: LetterId, refs: number, withFacts: boolean): LetterRow {
  const id = books.next.letter++;
  books.added.push(id);
  const digest = cargo.file === null ? sha256(landed.octets!) : cargo.file.sha256;
  const start = landed.start;
  if (withFacts) {
    const values = cargo.file === null ? formatFacts(readFacts(landed.octets!)) : cargo.file.facts!;
    books.sql.run(insertLetter, id, landed.segment, start, cargo.length, refs, digest, journey, factsVersion, ...values);
    books.segments.count(landed.segment, cargo.length);
    books.point('after-letter-row');
    const references = String(values[referencesAt] ?? '');
    return {
      id,
      length: cargo.length,
      messageId: String(values[messageIdAt] ?? ''),
      references: references === '' ? [] : references.split('\n'),
    };
  }
  books.sql.run(insertBareLetter, id, landed.segment, start, cargo.length, refs, digest, journey);
  books.segments.count(landed.segment, cargo.length);
  books.point('after-letter-row');
  return { id, length: cargo.length, messageId: '', references: [] };
}

/** One that refers to the letter is gone; with the last one the letter goes. */
export function releaseLetter(books: Books, letter: number): void {
  const row = books.sql.row('update letter set refs = refs - 1 where id = ? returning refs, segment, length', letter);
  if (row === null || Number(row[0]) > 0) return;
  books.sql.run('delete from letter where id = ?', letter);
  books.segments.count(Number(row[1]), -Number(row[2]));
}

/** The account holds the letter from now on, in `places` places, of which `hidden` have \Deleted. */
export function addMessage(
  books: Books,
  turn: Turn,
  account: AccountRow,
  letter: LetterRow,
  places: number,
  hidden: number,
): { readonly message: MessageId; readonly thread: number } {
  const id = account.nextMessage++;
  account.messages++;
  account.octets += letter.length;
  books.ledger.touchAccount(account);
  const thread = joinThread(books, account, letter, id);
  books.sql.run(
    'insert into message (account, id, letter, thread, places, hidden, created, changed) values (?, ?, ?, ?, ?, ?, ?, 0)',
    account.id,
    id,
    letter.id,
    thread,
    places,
    hidden,
    turn.modSeq(account),
  );
  turn.newMessage(account, id);
  turn.thread(account, id, thread);
  return { message: id, thread };
}

/** Rows of `message` that tell whether a letter is in sight, and since when. */
const sight = 'places, hidden, thread, created';

/**
 * A letter of the account has a place less. Without any it does not count against the quota, but can come back.
 * `system`: the flags it had there; a place with \Deleted was out of sight already.
 */
export function leavePlace(books: Books, turn: Turn, account: AccountRow, message: MessageId, size: number, system: number): void {
  const row =
    (system & DELETED) === 0
      ? books.sql.row(
          `update message set places = places - 1, changed = ? where account = ? and id = ? returning ${sight}`,
          turn.modSeq(account),
          account.id,
          message,
        )
      : books.sql.row(
          `update message set places = places - 1, hidden = hidden - 1 where account = ? and id = ? returning ${sight}`,
          account.id,
          message,
        );
  if (row === null) return;
  if ((system & DELETED) === 0) noteGone(books, turn, account, message, row);
  if (Number(row[0]) > 0) return;
  account.messages--;
  account.octets -= size;
  books.ledger.touchAccount(account);
}

/** The opposite of `leavePlace`. */
export function takePlace(books: Books, turn: Turn, account: AccountRow, message: MessageId, size: number, system: number): void {
  const row = books.sql.row(
    `update message set places = places + 1, hidden = hidden + ? where account = ? and id = ? returning ${sight}`,
    (system & DELETED) === 0 ? 0 : 1,
    account.id,
    message,
  );
  if (row === null) return;
  if ((system & DELETED) === 0) noteSeen(books, turn, account, message, row);
  if (Number(row[0]) !== 1) return;
  turn.thread(account, message, Number(row[2]));
  account.messages++;
  account.octets += size;
  books.ledger.touchAccount(account);
}

/** A place of a letter gets \Deleted. */
export function hidePlace(books: Books, turn: Turn, account: AccountRow, message: MessageId): void {
  const row = books.sql.row(
    `update message set hidden = hidden + 1, changed = ? where account = ? and id = ? returning ${sight}`,
    turn.modSeq(account),
    account.id,
    message,
  );
  if (row !== null) noteGone(books, turn, account, message, row);
}

/** The opposite of `hidePlace`. */
export function showPlace(books: Books, turn: Turn, account: AccountRow, message: MessageId): void {
  const row = books.sql.row(`update message set hidden = hidden - 1 where account = ? and id = ? returning ${sight}`, account.id, message);
  if (row !== null) noteSeen(books, turn, account, message, row);
}

/** After the loss of a place in sight: was it the last one? */
function noteGone(books: Books, turn: Turn, account: AccountRow, message: MessageId, row: Row): void {
  const [places, hidden, thread, created] = row as number[];
  if (places !== hidden) return;
  books.sql.run(
    'insert or replace into gone_letter (account, modseq, message, thread, created, at) values (?, ?, ?, ?, ?, ?)',
    account.id,
    turn.modSeq(account),
    message,
    thread!,
    created!,
    turn.now,
  );
}

/** After a place in sight came: is it the first one? */
function noteSeen(books: Books, turn: Turn, account: AccountRow, message: MessageId, row: Row): void {
  if (Number(row[0]) - Number(row[1]) !== 1) return;
  books.sql.run('update message set created = ? where account = ? and id = ?', turn.modSeq(account), account.id, message);
}

/** A thread does not grow beyond this. */
const threadLimit = 10_000;

/**
 * RFC 8474 §5.2 THREADID: letters that carry or refer to the same Message-ID belong together. The thread's number is that of its first letter.
 * A letter that names letters of several threads lies with the nearest (store/letter-names.ts); threads never unite, so that no letter's thread
 * changes (RFC 8621 §3). One for which its thread has no room begins another, and those that answer it find it there.
 */
function joinThread(books: Books, { id: account }: AccountRow, letter: LetterRow, message: MessageId): number {
  let thread = 0;
  const unknown: number[] = [];
  for (const key of new Set(namesNearestFirst(letter.messageId, letter.references).map(threadKey))) {
    const row = books.sql.row('select thread from thread_key where account = ? and hash = ?', account, key);
    if (row === null) unknown.push(key);
    else if (thread === 0) thread = Number(row[0]);
  }
  if (thread === 0 || isFull(books, account, thread)) thread = message;
  for (const key of unknown) books.sql.run('insert into thread_key (account, hash, thread) values (?, ?, ?)', account, key, thread);
  return thread;
}

function isFull(books: Books, account: AccountId, thread: number): boolean {
  const row = books.sql.row(
    `select count(*) from (select 1 from message where account = ? and thread = ? limit ${threadLimit})`,
    account,
    thread,
  );
  return Number(row![0]) >= threadLimit;
}

/** 48 bits of the SHA-256: small in the index, and a chance collision in an account with a million letters is one in 500. */
function threadKey(messageId: string): number {
  return Number.parseInt(hash('sha256', messageId, 'hex').slice(0, 12), 16);
}

/** Frees a letter of an account for good. */
export function removeMessage(books: Books, account: AccountId, message: MessageId): boolean {
  const row = books.sql.row('delete from message where account = ? and id = ? and places = 0 returning letter, thread', account, message);
  if (row === null) return false;
  releaseLetter(books, Number(row[0]));
  const thread = Number(row[1]);
  if (books.sql.row('select 1 from message where account = ? and thread = ? limit 1', account, thread) === null) {
    books.sql.run('delete from thread_key where account = ? and thread = ?', account, thread);
  }
  return true;
}
