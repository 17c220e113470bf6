// The ledger of POP3 collection as two tables. Knows SQL; the meaning of a row is store/ledger-contract.ts.
import type { HomeLedger, Pop3FoundRow, Pop3Ledger, Pop3LetterRow, Pop3MaildropRow } from '../../store/ledger-contract.ts';
import type { LedgerFile } from './ledger.ts';

export const pop3Tables = `
create table pop3_maildrop (
  account integer primary key,
  not_before integer not null,
  adopts integer not null,
  distrusted integer not null,
  visited_at integer not null
);
create table pop3_letter (
  id integer primary key autoincrement,
  account integer not null,
  key text not null,
  size integer not null,
  header text not null,
  digest text not null,
  message integer not null,
  local_uid integer not null,
  kept_at integer not null,
  gone_at integer not null,
  tries integer not null,
  tried_at integer not null,
  trouble text not null
);
create unique index pop3_letter_key on pop3_letter (account, key);
create table home_letter (account integer not null, message integer not null, stays integer not null, primary key (account, message)) without rowid;
`;

const columns = `id, key, size, header, digest, message, local_uid as localUid, kept_at as keptAt, gone_at as goneAt, tries,
 tried_at as triedAt, trouble`;

export function openPop3Ledger(file: LedgerFile): Pop3Ledger {
  function put(account: number, row: Pop3LetterRow): void {
    const { key, size, header, digest, message, localUid, keptAt, goneAt, tries, triedAt, trouble } = row;
    file
      .statement(
        `insert or replace into pop3_letter (account, key, size, header, digest, message, local_uid, kept_at, gone_at, tries, tried_at, trouble)
         values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(account, key, size, header, digest, message, localUid, keptAt, goneAt, tries, triedAt, trouble);
  }

  return {
    async maildrop(account) {
      const [row] = file.all<{ notBefore: number; adopts: number; distrusted: number; visitedAt: number }>(
        'select not_before as notBefore, adopts, distrusted, visited_at as visitedAt from pop3_maildrop where account = ?',
        account,
      );
      return row === undefined ? null : { ...row, adopts: row.adopts !== 0, distrusted: row.distrusted !== 0 };
    },
    async putMaildrop(account, { notBefore, adopts, distrusted, visitedAt }: Pop3MaildropRow) {
      file.transaction(() => {
        file
          .statement('insert or replace into pop3_maildrop (account, not_before, adopts, distrusted, visited_at) values (?, ?, ?, ?, ?)')
          .run(account, notBefore, adopts ? 1 : 0, distrusted ? 1 : 0, visitedAt);
      });
    },
    async find(account, keys) {
      const find = file.statement(`select ${columns} from pop3_letter where account = ? and key = ?`);
      return keys.map((key) => {
        const row = find.get(account, key);
        return row === undefined ? null : plain(row);
      });
    },
    async rows(account) {
      const [{ count }] = file.all<{ count: number }>('select count(*) as count from pop3_letter where account = ?', account) as [
        { count: number },
      ];
      const ids = new Float64Array(count);
      const sizes = new Float64Array(count);
      const gone = new Uint8Array(count);
      let at = 0;
      const found = file
        .statement('select id, size, gone_at as goneAt from pop3_letter where account = ? order by id')
        .iterate(account) as Iterable<{ id: number; size: number; goneAt: number }>;
      for (const { id, size, goneAt } of found) {
        ids[at] = id;
        sizes[at] = size;
        gone[at++] = goneAt === 0 ? 0 : 1;
      }
      return { ids, sizes, gone };
    },
    async at(account, ids) {
      const find = file.statement(`select ${columns} from pop3_letter where id = ? and account = ?`);
      return ids.flatMap((id) => {
        const row = find.get(id, account);
        return row === undefined ? [] : [plain(row)];
      });
    },
    async messages(account) {
      const found = file.statement('select message from pop3_letter where account = ? and message > 0').iterate(account) as Iterable<{
        message: number;
      }>;
      const messages = new Set<number>();
      for (const { message } of found) messages.add(message);
      return messages;
    },
    async write(account, { put: rows = [], remove = [], gone, forgetBefore }) {
      file.transaction(() => {
        const erase = file.statement('delete from pop3_letter where id = ? and account = ?');
        for (const id of remove) erase.run(id, account);
        for (const row of rows) put(account, row);
        if (gone !== undefined) {
          const mark = file.statement('update pop3_letter set gone_at = ? where id = ? and account = ?');
          for (const id of gone.ids) mark.run(gone.at, id, account);
        }
        if (forgetBefore !== undefined)
          file.statement('delete from pop3_letter where account = ? and gone_at > 0 and gone_at < ?').run(account, forgetBefore);
      });
    },
  };
}

/** Rows of node:sqlite have no prototype, which `deepEqual` and spreading code stumble over. */
function plain(row: object): Pop3FoundRow {
  return { ...row } as Pop3FoundRow;
}

export function openHomeLedger(file: LedgerFile): HomeLedger {
  function read(account: number, least: 0 | 1): ReadonlySet<number> {
    const found = file.statement('select message from home_letter where account = ? and stays >= ?').iterate(account, least) as Iterable<{
      message: number;
    }>;
    const messages = new Set<number>();
    for (const { message } of found) messages.add(message);
    return messages;
  }
  return {
    async add(account, messages, stay) {
      file.transaction(() => {
        const insert = file.statement('insert or ignore into home_letter (account, message, stays) values (?, ?, ?)');
        for (const message of messages) insert.run(account, message, stay ? 1 : 0);
      });
    },
    messages: async (account) => read(account, 1),
    before: async (account) => read(account, 0),
    async clear(account) {
      file.transaction(() => void file.statement('delete from home_letter where account = ?').run(account));
    },
  };
}
