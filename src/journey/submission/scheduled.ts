// A letter that was written for another day, and has gone: it leaves Drafts for Sent. Knows the keyword by which an app marks such a letter, and the
// shelf; knows no queue.
import type { AccountId, MailStore, MessageId } from '../../store/contract.ts';

/** Set by the app that schedules (docs/jmap.md); a letter without it stays where its app has put it. */
export const scheduledKeyword = '$scheduled';

export async function putAwayScheduled(
  store: Pick<MailStore, 'openShelf' | 'mailboxes' | 'revise'>,
  account: AccountId,
  message: MessageId,
): Promise<void> {
  const shelf = await store.openShelf(account);
  const index = shelf.indexOf(message);
  const isMarked = index >= 0 && shelf.flagsAt(index).keywords.some((keyword) => keyword.toLowerCase() === scheduledKeyword);
  const liesIn = index >= 0 ? shelf.mailboxesAt(index) : [];
  shelf.release();
  if (!isMarked) return;
  const boxes = await store.mailboxes(account);
  const drafts = boxes.find(({ role }) => role === 'drafts');
  const sent = boxes.find(({ role }) => role === 'sent');
  // Somebody may have moved it meanwhile: then only the mark goes.
  const moves = drafts !== undefined && sent !== undefined && liesIn.includes(drafts.id);
  await store.revise(
    account,
    [
      {
        message,
        flags: { how: 'remove', flags: [scheduledKeyword] },
        ...(moves ? { mailboxes: { add: [sent.id], remove: [drafts.id] } } : {}),
      },
    ],
    null,
  );
}
