// Letters while a change is at work on them: what each of them will be, gathered from what happened in each mailbox. Knows changes and places; knows no
// column.
import type { MailboxId, MessageId } from './contract.ts';
import type { FlagSets } from './flag-sets.ts';
import type { ShelfChange } from './shelf-change.ts';
import { counts, type Place } from './shelf-sets.ts';

/** A letter while a change is at work on it. */
export interface Draft {
  readonly message: MessageId;
  /** Its position before; -1 when it was out of sight. */
  readonly at: number;
  readonly thread: number;
  size: number;
  receivedAt: number;
  places: Place[];
  /** Something that counts about it changed. */
  touched: boolean;
}

/** What there is before the change. */
export interface DraftGround {
  /** A letter as it is; null: there is none. */
  draft(message: MessageId): Draft | null;
  /** Letters with a place in a mailbox, also one that does not count. */
  lettersIn(mailbox: MailboxId): readonly MessageId[];
}

function newcomer(message: MessageId, thread: number | undefined): Draft {
  return { message, at: -1, thread: thread ?? message, size: 0, receivedAt: 0, places: [], touched: false };
}

export function draftsOf(change: ShelfChange, sets: FlagSets, ground: DraftGround): Map<MessageId, Draft> {
  const drafts = new Map<MessageId, Draft>();
  const threads = new Map(change.threads);
  const draftOf = (message: MessageId): Draft => {
    let draft = drafts.get(message);
    if (draft === undefined) drafts.set(message, (draft = ground.draft(message) ?? newcomer(message, threads.get(message))));
    return draft;
  };
  for (const { mailbox, added, flags, expunged, expungedMessages, numbers } of change.mailboxes) {
    if (numbers === null) {
      for (const message of ground.lettersIn(mailbox)) {
        const draft = draftOf(message);
        draft.touched ||= draft.places.some((place) => place.mailbox === mailbox && counts(place));
        draft.places = draft.places.filter((place) => place.mailbox !== mailbox);
      }
      continue;
    }
    for (const { system, keywords, uids, messages } of flags) {
      const set = sets.intern(system, keywords);
      for (const [index, uid] of uids.entries()) {
        const draft = draftOf(messages[index]!);
        const where = draft.places.findIndex((place) => place.uid === uid && place.mailbox === mailbox);
        if (where < 0) continue;
        const place = { mailbox, uid, flags: set };
        draft.touched ||= counts(place) || counts(draft.places[where]!);
        draft.places[where] = place;
      }
    }
    for (const [uid, message, system, keywords, size, receivedAt] of added) {
      const draft = draftOf(message);
      const place = { mailbox, uid, flags: sets.intern(system, keywords) };
      if (draft.places.length === 0) {
        draft.size = size;
        draft.receivedAt = receivedAt;
      }
      draft.places.push(place);
      draft.touched ||= counts(place);
    }
    for (const [index, uid] of expunged.entries()) {
      const draft = draftOf(expungedMessages[index]!);
      const where = draft.places.findIndex((place) => place.uid === uid && place.mailbox === mailbox);
      if (where < 0) continue;
      draft.touched ||= counts(draft.places[where]!);
      draft.places.splice(where, 1);
    }
  }
  return drafts;
}
