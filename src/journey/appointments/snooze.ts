// Letters that were put away until later come back: from the mailbox "Snoozed" into the one they lay in, unread.
// Knows items of kind `snooze` and the shelf; how a letter is put away is the business of whoever writes the item.
//
// The letter comes back and its item goes in one commit. Who puts it off in the same moment has changed the item: then it stays away.
import { Refusal, Unavailable } from '../../base/trouble.ts';
import type { AccountId, MailboxId, MailStore, MessageId } from '../../store/contract.ts';
import type { ItemWrite } from '../../store/items-contract.ts';
import type { RevisionFlags } from '../../store/shelf-contract.ts';
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

export type SnoozeStore = Pick<MailStore, 'items' | 'mailboxes' | 'openShelf' | 'reviseNoting'>;

export function openSnoozes(store: SnoozeStore): Appointment {
  return {
    kind: snoozeKind,
    async act(item, account) {
      const done = { kind: snoozeKind, id: item.id, remove: true, ifModSeq: item.modSeq } as const;
      const comeBack = (flags: RevisionFlags): Promise<void> => bringBack(store, account, item.value as Snooze, done, flags);
      try {
        // By the keyword the app shows it on top until it was looked at.
        await comeBack({ how: 'add', flags: [backKeyword], without: ['\\Seen'] }).catch((trouble: unknown) => {
          // A mailbox full of other keywords has no room for this one: no reason to stay away for ever.
          if (!(trouble instanceof Refusal) || trouble.code !== 'limit') throw trouble;
          return comeBack({ how: 'remove', flags: ['\\Seen'] });
        });
      } catch (trouble) {
        if (!(trouble instanceof Refusal) || trouble.code === 'changed') throw trouble;
        // Gone since it was looked for, the letter or the mailbox: the next attempt sees how it is.
        throw new Unavailable('busy', `A letter that was put away cannot come back: ${trouble.message}`);
      }
    },
  };
}

/**
 * The letter back to where it lay, and its note `gone`, in one commit; whoever has put it elsewhere meanwhile, there it stays. What cannot be looked at now
 * keeps its note, or it would stay away for ever. @throws Refusal, Unavailable.
 */
export async function bringBack(
  store: SnoozeStore,
  account: AccountId,
  { message, mailbox }: Snooze,
  gone: ItemWrite,
  flags: RevisionFlags | null = null,
): Promise<void> {
  const boxes = await store.mailboxes(account);
  const away = boxes.find(({ name }) => name === snoozedName);
  if (away === undefined || !(await liesIn(store, account, message, away.id))) return void (await store.items.write(account, [gone]));
  const back = boxes.find(({ id }) => id === mailbox && id !== away.id) ?? boxes.find(({ name }) => name === 'INBOX')!;
  const mailboxes = { add: [back.id], remove: [away.id] };
  await store.reviseNoting(account, { message, mailboxes, ...(flags === null ? {} : { flags }) }, [gone]);
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
