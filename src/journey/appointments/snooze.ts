// Letters that were put away until later come back: from the mailbox "Snoozed" into the one they lay in, unread.
// Knows items of kind `snooze` and the shelf; how a letter is put away is the business of whoever writes the item.
//
// First the letter, then the item: a crash in between leaves an item whose letter is not put away any more, and that only goes.
import { Refusal, Unavailable } from '../../base/trouble.ts';
import type { AccountId, MailboxId, MailStore, MessageId } from '../../store/contract.ts';
import type { Item } from '../../store/items-contract.ts';
import type { Appointment } from './contract.ts';

export const snoozeKind = 'snooze';
/** Where letters are while they are put away: a mailbox like others, which every mail app shows. */
export const snoozedName = 'Snoozed';

/** A keyword of letters that came back by themselves; an app takes it away. */
export const backKeyword = '$back';

/** Value of an item of kind `snooze`. */
export interface Snooze {
  readonly message: MessageId;
  /** Where it comes back to; INBOX when that is gone. */
  readonly mailbox: MailboxId;
}

export type SnoozeStore = Pick<MailStore, 'items' | 'mailboxes' | 'openShelf' | 'revise'>;

export function openSnoozes(store: SnoozeStore): Appointment {
  return {
    kind: snoozeKind,
    async act(item, account) {
      const { message, mailbox } = item.value as Snooze;
      const boxes = await store.mailboxes(account);
      const away = boxes.find(({ name }) => name === snoozedName);
      if (away !== undefined && (await liesIn(store, account, message, away.id))) {
        await checkSame(store, account, item);
        const back = boxes.find(({ id }) => id === mailbox && id !== away.id) ?? boxes.find(({ name }) => name === 'INBOX')!;
        const { outcomes } = await store.revise(
          account,
          [
            { message, flags: { how: 'remove', flags: ['\\Seen'] }, mailboxes: { add: [back.id], remove: [away.id] } },
            // By this the app shows it on top until it was looked at.
            { message, flags: { how: 'add', flags: [backKeyword] } },
          ],
          null,
        );
        const [outcome = 'nonexistent'] = outcomes;
        if (outcome !== 'done' && outcome !== 'same' && outcome !== 'nonexistent')
          throw new Unavailable('busy', `A letter that was put away cannot come back: ${outcome}`);
      }
      await store.items.write(account, [{ kind: snoozeKind, id: item.id, remove: true, ifModSeq: item.modSeq }]);
    },
  };
}

/** Somebody may have taken the letter out already, by whatever app: then it stays where it is. */
async function liesIn(store: SnoozeStore, account: AccountId, message: MessageId, mailbox: MailboxId): Promise<boolean> {
  const shelf = await store.openShelf(account);
  try {
    const index = shelf.indexOf(message);
    return index >= 0 && shelf.mailboxesAt(index).includes(mailbox);
  } finally {
    shelf.release();
  }
}

/** Who put it off while we were looking keeps it away. @throws Refusal `changed`. */
async function checkSame(store: SnoozeStore, account: AccountId, item: Item): Promise<void> {
  const [now] = await store.items.get(account, item.kind, [item.id]);
  if (now == null || now.modSeq !== item.modSeq) throw new Refusal('changed', 'Somebody else was first');
}
