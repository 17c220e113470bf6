// The ledger of IMAP collection as two tables. Knows SQL; the meaning of a row is store/ledger-contract.ts.
import type { ImapFolderRow, ImapLedger, ImapLetterRow, ImapPendingRow, ImapPlacedRow } from '../../store/ledger-contract.ts';
import type { LedgerFile } from './ledger.ts';

const numbersSkipped = 10_000;

export const imapTables = `
create table imap_folder (
  account integer not null,
  folder integer not null,
  path text not null,
  mailbox integer not null,
  name text not null,
  role text,
  object_id text not null,
  uid_validity integer not null,
  uid_next integer not null,
  mod_seq integer not null,
  local_mod_seq integer not null,
  primary key (account, folder)
) without rowid;
create unique index imap_folder_path on imap_folder (account, path);
create table imap_letter (
  account integer not null,
  folder integer not null,
  uid integer not null,
  local_uid integer not null,
  message integer not null,
  flags text not null,
  size integer not null,
  received_at integer not null,
  identity text not null,
  digest text not null,
  primary key (account, folder, uid)
) without rowid;
create table imap_pending (
  account integer not null,
  folder integer not null,
  message integer not null,
  attempts integer not null,
  primary key (account, folder, message)
) without rowid;
create index imap_letter_local on imap_letter (account, folder, local_uid);
create index imap_letter_message on imap_letter (account, message);
create index imap_letter_size on imap_letter (account, size);
`;

/** The second form: the provider's names of letters, and numbers of folders that are never given twice. */
export const imapNames = `
alter table imap_letter add column email_id text not null default '';
create index imap_letter_email on imap_letter (account, email_id) where email_id <> '';
create table imap_folder_number (
  account integer not null primary key,
  last integer not null
) without rowid;
-- Which numbers were given to folders that are gone is not known any more: a wide step over them.
insert into imap_folder_number
  select account, max(folder) + ${numbersSkipped} from
    (select account, folder from imap_folder union all select account, folder from imap_letter union all select account, folder from imap_pending)
  group by account;
`;

const folderColumns = `folder, path, mailbox, name, role, object_id as objectId, uid_validity as uidValidity, uid_next as uidNext,
 mod_seq as modSeq, local_mod_seq as localModSeq`;
const letterColumns = 'uid, local_uid as localUid, message, flags, size, received_at as receivedAt, identity, digest, email_id as emailId';
/** Values of one query. SQLite takes more; a statement text that is used again is worth more. */
const atOnce = 100;
const mostAlike = 1000;

export function openImapLedger(file: LedgerFile): ImapLedger {
  function putFolder(account: number, row: ImapFolderRow): void {
    file
      .statement('insert or replace into imap_folder values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
      .run(
        account,
        row.folder,
        row.path,
        row.mailbox,
        row.name,
        row.role,
        row.objectId,
        row.uidValidity,
        row.uidNext,
        row.modSeq,
        row.localModSeq,
      );
  }

  /** `where … in`, in pieces of one length, filled up with the last value, so that few texts are prepared. */
  function inPieces<Row>(values: readonly (number | string)[], query: (marks: string) => string, ...before: number[]): Row[] {
    const rows: Row[] = [];
    for (let at = 0; at < values.length; at += atOnce) {
      const piece = values.slice(at, at + atOnce);
      const length = piece.length === 1 ? 1 : atOnce;
      const filled = Array.from({ length }, (_, index) => piece[Math.min(index, piece.length - 1)]!);
      rows.push(...file.all<Row>(query(Array(length).fill('?').join(', ')), ...before, ...filled));
    }
    return rows;
  }

  return {
    async newFolder(account) {
      let last = 0;
      file.transaction(() => {
        file.statement('insert into imap_folder_number values (?, 1) on conflict (account) do update set last = last + 1').run(account);
        last = file.all<{ last: number }>('select last from imap_folder_number where account = ?', account)[0]!.last;
      });
      return last;
    },
    folders: async (account) =>
      file.all<ImapFolderRow>(`select ${folderColumns} from imap_folder where account = ? order by folder`, account).map(plain),
    async putFolder(account, row) {
      file.transaction(() => putFolder(account, row));
    },
    async removeFolder(account, folder) {
      file.transaction(() => {
        file.statement('delete from imap_letter where account = ? and folder = ?').run(account, folder);
        file.statement('delete from imap_pending where account = ? and folder = ?').run(account, folder);
        file.statement('delete from imap_folder where account = ? and folder = ?').run(account, folder);
      });
    },
    letters: async (account, folder, from, limit) =>
      file
        .all<ImapLetterRow>(
          `select ${letterColumns} from imap_letter where account = ? and folder = ? and uid >= ? order by uid limit ?`,
          account,
          folder,
          from,
          limit,
        )
        .map(plain),
    async pairs(account, folder) {
      const [{ count }] = file.all<{ count: number }>(
        'select count(*) as count from imap_letter where account = ? and folder = ?',
        account,
        folder,
      ) as [{ count: number }];
      const [uids, localUids] = [new Uint32Array(count), new Uint32Array(count)];
      let at = 0;
      const rows = file
        .statement('select uid, local_uid as localUid from imap_letter where account = ? and folder = ? order by uid')
        .iterate(account, folder) as Iterable<{ uid: number; localUid: number }>;
      for (const { uid, localUid } of rows) {
        uids[at] = uid;
        localUids[at++] = localUid;
      }
      return { uids, localUids };
    },
    lettersAt: async (account, folder, uids) =>
      inPieces<ImapLetterRow>(
        uids,
        (marks) => `select ${letterColumns} from imap_letter where account = ? and folder = ? and uid in (${marks})`,
        account,
        folder,
      ).map(plain),
    lettersOfLocal: async (account, folder, localUids) =>
      inPieces<ImapLetterRow>(
        localUids.filter((uid) => uid > 0),
        (marks) => `select ${letterColumns} from imap_letter where account = ? and folder = ? and local_uid in (${marks})`,
        account,
        folder,
      ).map(plain),
    lettersOfMessages: async (account, messages) =>
      inPieces<ImapPlacedRow>(
        messages.filter((message) => message > 0),
        (marks) => `select folder, ${letterColumns} from imap_letter where account = ? and message in (${marks})`,
        account,
      ).map(plain),
    async lettersOfSize(account, sizes) {
      const query = (marks: string) =>
        `select folder, ${letterColumns} from imap_letter where account = ? and size in (${marks}) limit ${mostAlike}`;
      return inPieces<ImapPlacedRow>(sizes, query, account).slice(0, mostAlike).map(plain);
    },
    lettersOfEmails: async (account, emailIds) =>
      inPieces<ImapPlacedRow>(
        emailIds.filter((id) => id !== ''),
        (marks) => `select folder, ${letterColumns} from imap_letter where account = ? and email_id <> '' and email_id in (${marks})`,
        account,
      ).map(plain),
    lettersWithoutEmail: async (account, folder, from, limit) =>
      file
        .all<ImapLetterRow>(
          `select ${letterColumns} from imap_letter
           where account = ? and folder = ? and uid >= ? and email_id = '' and local_uid > 0 order by uid limit ?`,
          account,
          folder,
          from,
          limit,
        )
        .map(plain),
    pending: async (account) =>
      file
        .all<ImapPendingRow>('select folder, message, attempts from imap_pending where account = ? order by folder, message', account)
        .map(plain),
    async putPending(account, rows) {
      file.transaction(() => {
        for (const { folder, message, attempts } of rows)
          if (attempts > 0)
            file.statement('insert or replace into imap_pending values (?, ?, ?, ?)').run(account, folder, message, attempts);
          else file.statement('delete from imap_pending where account = ? and folder = ? and message = ?').run(account, folder, message);
      });
    },
    async write(account, folder, { put = [], remove = [], row }) {
      file.transaction(() => {
        const insert = file.statement('insert or replace into imap_letter values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
        const erase = file.statement('delete from imap_letter where account = ? and folder = ? and uid = ?');
        for (const uid of remove) erase.run(account, folder, uid);
        for (const one of put)
          insert.run(
            account,
            folder,
            one.uid,
            one.localUid,
            one.message,
            one.flags,
            one.size,
            one.receivedAt,
            one.identity,
            one.digest,
            one.emailId,
          );
        if (row) putFolder(account, row);
      });
    },
  };
}

/** Rows of node:sqlite have no prototype, which `deepEqual` and spreading code stumble over. */
function plain<Row extends object>(row: Row): Row {
  return { ...row };
}
