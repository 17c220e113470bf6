// Letters leave mailboxes: expunged to rest, or moved away. Knows tombstones and resting rows; knows no octets.
import type { MessageId, Uid } from '../../../store/contract.ts';
import { DELETED } from '../../../store/mailbox-state.ts';
import type { Job, JobResults } from '../jobs.ts';
import type { Books } from './books.ts';
import type { AccountRow, MailboxRow } from './ledger.ts';
import { leavePlace } from './letters.ts';
import type { Row } from './statements.ts';
import type { Turn } from './turn.ts';

/** Takes a placement away and leaves a tombstone (RFC 7162 §3.2.7). What the letter does then is the caller's matter. */
export function removePlacement(
  books: Books,
  turn: Turn,
  account: AccountRow,
  box: MailboxRow,
  letter: { readonly uid: Uid; readonly message: MessageId; readonly system: number; readonly size: number },
): void {
  const change = turn.mailbox(account, box);
  change.expunged.push(letter.uid);
  change.expungedMessages.push(letter.message);
  books.sql.run('delete from placement where account = ? and mailbox = ? and uid = ?', account.id, box.id, letter.uid);
  books.sql.run(
    'insert into vanished (account, mailbox, modseq, uid, at) values (?, ?, ?, ?, ?)',
    account.id,
    box.id,
    turn.modSeq(account),
    letter.uid,
    turn.now,
  );
  books.ledger.countLetter(box, letter.system, letter.size, -1);
}

export interface PlacementRow {
  readonly uid: Uid;
  readonly message: MessageId;
  readonly system: number;
  readonly keywords: string;
  readonly size: number;
  readonly receivedAt: number;
}

const columns = 'uid, message, flags, keywords, size, received_at';

function placementOf(row: Row): PlacementRow {
  return {
    uid: Number(row[0]),
    message: Number(row[1]),
    system: Number(row[2]),
    keywords: String(row[3]),
    size: Number(row[4]),
    receivedAt: Number(row[5]),
  };
}

/** All letters of a mailbox, ascending. */
export function placementsOf(books: Books, box: MailboxRow): PlacementRow[] {
  return books.sql
    .rows(`select ${columns} from placement where account = ? and mailbox = ? order by uid`, box.account, box.id)
    .map(placementOf);
}

/** A letter goes out of sight, and can be brought back. */
export function rest(books: Books, turn: Turn, account: AccountRow, box: MailboxRow, letter: PlacementRow): void {
  books.sql.run(
    'insert into resting values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    account.id,
    account.nextRest++,
    letter.message,
    box.id,
    box.name,
    letter.uid,
    letter.system,
    letter.keywords,
    letter.receivedAt,
    turn.now,
  );
  leavePlace(books, turn, account, letter.message, letter.size, letter.system);
  books.ledger.touchAccount(account);
}

export function expunge(books: Books, turn: Turn, job: Extract<Job, { kind: 'expunge' }>): JobResults['expunge'] {
  const account = books.ledger.getAccount(job.account);
  const box = books.ledger.getMailbox(job.account, job.mailbox);
  const letters: PlacementRow[] = [];
  if (job.uids !== null) {
    for (const uid of new Set(job.uids)) {
      const row = books.sql.row(`select ${columns} from placement where account = ? and mailbox = ? and uid = ?`, account.id, box.id, uid);
      if (row !== null && (!job.onlyDeleted || (Number(row[2]) & DELETED) !== 0)) letters.push(placementOf(row));
    }
    letters.sort((a, b) => a.uid - b.uid);
  } else if (!job.onlyDeleted) letters.push(...placementsOf(books, box));
  else if (box.deleted > 0) {
    const rows = books.sql.rows(
      `select ${columns} from placement where account = ? and mailbox = ? and (flags & ${DELETED}) != 0 order by uid`,
      account.id,
      box.id,
    );
    letters.push(...rows.map(placementOf));
  }
  for (const letter of letters) {
    removePlacement(books, turn, account, box, letter);
    rest(books, turn, account, box, letter);
    books.point('after-expunge-row');
  }
  return { uids: letters.map(({ uid }) => uid), modSeq: letters.length === 0 ? account.modSeq : turn.modSeq(account) };
}
