// Reads an account's shelf, and what is gone from it, from the rows of a shard. Knows tables; keeps nothing.
// One picture of the database each: the shelf says up to which MODSEQ it is true.
import type { AccountId, ModSeq } from '../../store/contract.ts';
import { PackedShelf } from '../../store/packed-shelf.ts';
import type { GoneLetter, GoneMailbox } from '../../store/shelf-change.ts';
import type { MailboxRole } from '../../store/contract.ts';
import type { ShardReader } from './shard-reader.ts';

export function loadShelf(reader: ShardReader, account: AccountId, released: () => void): PackedShelf | null {
  return reader.inOnePicture(() => {
    const row = reader.row('select modseq, gone_floor, messages from account where id = ?', account);
    if (row === null) return null;
    const floor = Number(row[1]);
    const last = (table: string): ModSeq =>
      Math.max(floor, Number(reader.row(`select max(modseq) from ${table} where account = ?`, account)![0] ?? 0));
    const mailboxes = reader.rows('select id, role, created, changed, highest_modseq from mailbox where account = ?', account);
    return new PackedShelf(
      {
        account,
        modSeq: Number(row[0]),
        count: Number(row[2]),
        // The limit keeps the order of the inner query.
        readLetters: (take) =>
          reader.each(
            'select count(take(id, thread, created, changed)) from (select * from message where account = ? and places > 0 order by id limit -1)',
            take,
            account,
          ),
        readPlaces: (take) =>
          reader.each(
            'select count(take(mailbox, uid, message, flags, keywords, modseq, size, received_at)) from placement where account = ?',
            take,
            account,
          ),
        mailboxes: mailboxes.map(([id, role, created, changed, highest]) => ({
          id: Number(id),
          role: role as MailboxRole | null,
          createdModSeq: Number(created),
          changedModSeq: Number(changed),
          highestModSeq: Number(highest),
        })),
        lastGone: { letter: last('gone_letter'), mailbox: last('gone_mailbox') },
        goneOf: reader.rows('select thread, max(modseq) from gone_letter where account = ? group by thread', account) as [number, ModSeq][],
      },
      released,
    );
  });
}

/** What went after `since`; null when it is not remembered so far back. */
export function readGone(
  reader: ShardReader,
  account: AccountId,
  since: ModSeq,
): { readonly letters: readonly GoneLetter[]; readonly mailboxes: readonly GoneMailbox[] } | null {
  return reader.inOnePicture(() => {
    const floor = reader.row('select gone_floor from account where id = ?', account);
    if (floor === null || since < Number(floor[0])) return null;
    const letters = reader.rows(
      'select modseq, message, thread, created from gone_letter where account = ? and modseq > ? order by modseq',
      account,
      since,
    ) as number[][];
    const mailboxes = reader.rows('select modseq, mailbox, created from gone_mailbox where account = ? and modseq > ?', account, since);
    return {
      letters: letters.map(([modSeq, message, thread, created]) => ({
        modSeq: modSeq!,
        message: message!,
        thread: thread!,
        createdModSeq: created!,
      })),
      mailboxes: (mailboxes as number[][]).map(([modSeq, mailbox, created]) => ({
        modSeq: modSeq!,
        mailbox: mailbox!,
        createdModSeq: created!,
      })),
    };
  });
}
