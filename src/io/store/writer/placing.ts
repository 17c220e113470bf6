// Letters come to lie in mailboxes: accepted, appended, copied, moved, restored.
// Knows placements, quota and the keys of idempotent delivery; knows no queue.
import { hash } from 'node:crypto';
import { Refusal } from '../../../base/trouble.ts';
import type { AccountId, MailboxId, MessageId, Placement, Uid } from '../../../store/contract.ts';
import { partFlags } from '../../../store/flag-sets.ts';
import { maxKeywords, maxKeywordText, placementKeyTime, resendTime } from '../../../store/limits.ts';
import { DELETED, type FlagSet } from '../../../store/mailbox-state.ts';
import type { AcceptedLetter, AcceptJob, Cargo, HandOver, Job, JobResults } from '../jobs.ts';
import type { Books } from './books.ts';
import type { AccountRow, MailboxRow } from './ledger.ts';
import { addLetter, addMessage, sha256, takePlace, type Landed } from './letters.ts';
import { addQueueRows } from './queue.ts';
import { removePlacement } from './removing.ts';
import type { Row } from './statements.ts';
import type { Turn } from './turn.ts';

/** Finds the octets of a cargo. */
export type Land = (cargo: Cargo) => Landed;

const insertPlacement = 'insert into placement values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)';

/** Puts a letter of the account at the end of a mailbox. */
export function addPlacement(
  books: Books,
  turn: Turn,
  account: AccountRow,
  box: MailboxRow,
  letter: { readonly message: MessageId; readonly size: number; readonly receivedAt: number; readonly flags: FlagSet },
): Uid {
  const change = turn.mailbox(account, box);
  const uid = box.uidNext++;
  const { flags, size } = letter;
  books.sql.run(
    insertPlacement,
    account.id,
    box.id,
    uid,
    letter.message,
    flags.system,
    flags.keywords.join(' '),
    turn.modSeq(account),
    size,
    letter.receivedAt,
    turn.now,
  );
  books.ledger.countLetter(box, flags.system, size, 1);
  change.added.push([uid, letter.message, flags.system, flags.keywords, size, letter.receivedAt, turn.now]);
  books.point('after-placement');
  return uid;
}

/** A set of the mailbox. Keywords beyond the limit are left off: a letter that arrives is worth more than its keywords. */
export function internSome(box: MailboxRow, system: number, keywords: readonly string[]): FlagSet {
  if (keywords.length === 0 || box.flags.countWith(keywords) <= maxKeywords) return box.flags.intern(system, keywords);
  const fitting: string[] = [];
  for (const keyword of keywords) if (box.flags.countWith([...fitting, keyword]) <= maxKeywords) fitting.push(keyword);
  return box.flags.intern(system, fitting);
}

/** @throws Refusal `limit`. */
export function checkKeywords(books: Books, box: MailboxRow, keywords: readonly string[]): void {
  if (keywords.length === 0) return;
  let text = 0;
  for (const { flags } of books.ledger.getAccount(box.account).mailboxes.values()) text += flags.textLength;
  if (text > maxKeywordText) throw new Refusal('limit', 'There are too many different sets of keywords');
  if (box.flags.countWith(keywords) > maxKeywords) throw new Refusal('limit', `A mailbox has at most ${maxKeywords} keywords`);
}

export function checkQuota(account: AccountRow, octets: number, quota: number | null): void {
  if (quota !== null && octets > 0 && account.octets + octets > quota) throw new Refusal('over-quota', 'The mailbox is full');
}

/** A letter to be accepted, looked at before anything is written. */
export interface Checked {
  readonly job: AcceptJob;
  readonly landed: Landed;
  readonly resendHash: Uint8Array | null;
  readonly resentAs: AcceptedLetter | null;
  readonly placements: readonly { readonly account: AccountRow; readonly box: MailboxRow; readonly placement: Placement }[];
}

/** @throws Refusal before anything has been changed. */
export function checkAccept(books: Books, job: AcceptJob, land: Land, now: number): Checked {
  const placements: Checked['placements'][number][] = [];
  for (const placement of job.placements) {
    const { account, key } = placement;
    const { box, flags } = placeOf(books, placement);
    // Two mailboxes of two rules are gone: once is enough.
    if (placement.yields === true && placements.some((other) => other.box === box)) continue;
    if (key !== undefined) {
      if (books.sql.row('select 1 from placed where account = ? and key = ? and at > ?', account, key, now - placementKeyTime) !== null)
        continue;
      if (placements.some((other) => other.account.id === account && other.placement.key === key)) continue;
    }
    placements.push({ account: books.ledger.getAccount(account), box, placement: { ...placement, flags } });
  }
  const landed = land(job.cargo);
  if (job.resendKey === null) return { job, landed, resendHash: null, resentAs: null, placements };
  const octets = job.cargo.file === null ? sha256(landed.octets!.subarray(job.cargo.prefix)) : job.cargo.file.spoolSha256;
  const resendHash = hash('sha256', Buffer.concat([octets, Buffer.from(job.resendKey)]), 'buffer');
  return { job, landed, resendHash, resentAs: findAccepted(books, resendHash, job.resentUntil, now), placements };
}

/** @throws Refusal where the place does not yield. */
function placeOf(
  books: Books,
  { account, mailbox, flags, yields = false }: Placement,
): { readonly box: MailboxRow; readonly flags: Placement['flags'] } {
  const isGone = yields && typeof mailbox === 'number' && !books.ledger.getAccount(account).mailboxes.has(mailbox);
  const box = books.ledger.resolve(account, isGone ? 'inbox' : mailbox);
  try {
    checkKeywords(books, box, partFlags(flags).keywords);
    return { box, flags };
  } catch (trouble) {
    if (!yields || !(trouble instanceof Refusal)) throw trouble;
    return { box, flags: flags.filter((flag) => flag.startsWith('\\')) };
  }
}

/** Takes over a letter that `checkAccept` has looked at. */
export function accept(books: Books, turn: Turn, checked: Checked, handOvers: Omit<HandOver, 'index'>[]): AcceptedLetter {
  const { job } = checked;
  if (checked.resentAs !== null) return checked.resentAs;
  // The same letter twice in one commit: the second one was checked before the first one was written.
  const twin = checked.resendHash === null ? null : findAccepted(books, checked.resendHash, job.resentUntil, turn.now);
  if (twin !== null) return twin;
  const accepted = takeOver(books, turn, checked, handOvers);
  if (checked.resendHash !== null) {
    const sql = 'insert or replace into accepted (hash, journey, placed, at) values (?, ?, ?, ?)';
    books.sql.run(sql, checked.resendHash, job.letter, JSON.stringify(accepted.placed), turn.now);
  }
  return accepted;
}

function findAccepted(books: Books, resendHash: Uint8Array, until: number, now: number): AcceptedLetter | null {
  if (until <= now - resendTime) return null;
  const row = books.sql.row(
    'select journey, placed from accepted where hash = ? and at > ? and at <= ?',
    resendHash,
    now - resendTime,
    until,
  );
  return row === null ? null : { letter: String(row[0]), resent: true, placed: JSON.parse(String(row[1])) as AcceptedLetter['placed'] };
}

function takeOver(books: Books, turn: Turn, checked: Checked, handOvers: Omit<HandOver, 'index'>[]): AcceptedLetter {
  const { job, landed, placements } = checked;
  const accounts = new Set(placements.map(({ account }) => account.id));
  const away = new Set(job.elsewhere.map((placement) => placement.account % books.shards));
  const refs = accounts.size + (job.queue.length > 0 ? 1 : 0) + away.size;
  if (refs === 0) return { letter: job.letter, resent: false, placed: [] };
  const letter = addLetter(books, job.cargo, landed, job.letter, refs, accounts.size > 0);
  const messages = new Map<AccountId, MessageId>();
  const placed: { account: AccountId; mailbox: MailboxId; uid: Uid }[] = [];
  for (const { account, box, placement } of placements) {
    let message = messages.get(account.id);
    if (message === undefined) {
      const own = placements.filter((other) => other.account === account);
      const hidden = own.filter((other) => (partFlags(other.placement.flags).system & DELETED) !== 0).length;
      message = addMessage(books, turn, account, letter, own.length, hidden).message;
      messages.set(account.id, message);
    }
    const { system, keywords } = partFlags(placement.flags);
    const flags = internSome(box, system, keywords);
    const uid = addPlacement(books, turn, account, box, { message, size: letter.length, receivedAt: job.receivedAt, flags });
    placed.push({ account: account.id, mailbox: box.id, uid });
    if (placement.key !== undefined)
      books.sql.run('insert or replace into placed (account, key, at) values (?, ?, ?)', account.id, placement.key, turn.now);
  }
  if (job.queue.length > 0) addQueueRows(books, letter, job);
  for (const shard of away) {
    const id = books.next.handOver++;
    const work = {
      kind: 'letter' as const,
      letter: job.letter,
      receivedAt: job.receivedAt,
      reversePath: job.reversePath,
      // The key makes the second half of the delivery harmless when it happens twice. The letter's id is in it because numbers of
      // hand-over rows begin anew after a start that finds none, and a key is remembered for weeks.
      placements: job.elsewhere
        .filter((placement) => placement.account % books.shards === shard)
        .map((placement, index) => ({ ...placement, key: placement.key ?? `handover:${books.shard}:${id}:${job.letter}:${index}` })),
    };
    books.sql.run('insert into handover (id, letter, shard, work) values (?, ?, ?, ?)', id, letter.id, shard, JSON.stringify(work));
    books.point('after-handover-row');
    handOvers.push({ id, shard, work });
  }
  return { letter: job.letter, resent: false, placed };
}

export function append(books: Books, turn: Turn, job: Extract<Job, { kind: 'append' }>, land: Land): JobResults['append'] {
  const account = books.ledger.getAccount(job.account);
  const box = books.ledger.getMailbox(job.account, job.mailbox);
  checkQuota(
    account,
    job.letters.reduce((sum, letter) => sum + letter.cargo.length, 0),
    job.quota,
  );
  const parted = job.letters.map((letter) => partFlags(letter.flags));
  checkKeywords(
    books,
    box,
    parted.flatMap(({ keywords }) => keywords),
  );
  const uids: Uid[] = [];
  for (const [index, item] of job.letters.entries()) {
    const letter = addLetter(books, item.cargo, land(item.cargo), item.letter, 1, true);
    const flags = box.flags.intern(parted[index]!.system, parted[index]!.keywords);
    const { message } = addMessage(books, turn, account, letter, 1, (flags.system & DELETED) === 0 ? 0 : 1);
    uids.push(addPlacement(books, turn, account, box, { message, size: letter.length, receivedAt: item.receivedAt, flags }));
  }
  return { uidValidity: box.uidValidity, uids, modSeq: uids.length === 0 ? account.modSeq : turn.modSeq(account) };
}

/** RFC 9051 §6.4.7 COPY and §6.4.8 MOVE. */
export function copy(books: Books, turn: Turn, job: Extract<Job, { kind: 'copy' }>): JobResults['copy'] {
  const account = books.ledger.getAccount(job.account);
  const from = books.ledger.getMailbox(job.account, job.from);
  const to = books.ledger.getMailbox(job.account, job.to);
  const rows: { readonly uid: Uid; readonly row: Row }[] = [];
  for (const uid of new Set(job.uids)) {
    const row = books.sql.row(
      'select message, flags, keywords, size, received_at from placement where account = ? and mailbox = ? and uid = ?',
      account.id,
      from.id,
      uid,
    );
    if (row !== null) rows.push({ uid, row });
  }
  rows.sort((a, b) => a.uid - b.uid);
  const wanted = new Set(rows.map(({ row }) => String(row[2])).filter((words) => words !== ''));
  checkKeywords(
    books,
    to,
    [...wanted].flatMap((words) => words.split(' ')),
  );
  const targetUids: Uid[] = [];
  for (const { uid, row } of rows) {
    const [message, system, keywords, size, receivedAt] = [Number(row[0]), Number(row[1]), String(row[2]), Number(row[3]), Number(row[4])];
    if (job.move) removePlacement(books, turn, account, from, { uid, message, system, size });
    else takePlace(books, turn, account, message, size, system);
    const flags = internSome(to, system, keywords === '' ? [] : keywords.split(' '));
    targetUids.push(addPlacement(books, turn, account, to, { message, size, receivedAt, flags }));
    books.point('after-copy-row');
  }
  return {
    uidValidity: to.uidValidity,
    from: rows.map(({ uid }) => uid),
    to: targetUids,
    modSeq: rows.length === 0 ? account.modSeq : turn.modSeq(account),
  };
}

/** Letters at rest come back. */
export function restore(books: Books, turn: Turn, job: Extract<Job, { kind: 'restore' }>): number {
  const account = books.ledger.getAccount(job.account);
  let restored = 0;
  for (const id of new Set(job.ids)) {
    const row = books.sql.row(
      `delete from resting where account = ? and id = ? returning message, mailbox, flags, keywords, received_at`,
      account.id,
      id,
    );
    if (row === null) continue;
    const message = Number(row[0]);
    const box = account.mailboxes.get(Number(row[1])) ?? books.ledger.resolve(account.id, 'inbox');
    const length = books.sql.row(
      'select l.length from message m join letter l on l.id = m.letter where m.account = ? and m.id = ?',
      account.id,
      message,
    );
    const size = Number(length![0]);
    const keywords = String(row[3]);
    // \Deleted is why it went; it must not go again with the next EXPUNGE.
    const system = Number(row[2]) & ~DELETED;
    takePlace(books, turn, account, message, size, system);
    const flags = internSome(box, system, keywords === '' ? [] : keywords.split(' '));
    addPlacement(books, turn, account, box, { message, size, receivedAt: Number(row[4]), flags });
    restored++;
  }
  return restored;
}
