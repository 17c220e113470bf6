// /changes of emails, threads and mailboxes (RFC 8620 §5.2): arguments, the page, the ids. Knows which letter stands before which number.
import type { MailStore, MailboxId } from '../../../store/contract.ts';
import type { Shelf } from '../../../store/shelf-contract.ts';
import type { Asker, JsonObject } from '../contract.ts';
import { formatPage, readPage, readPagedChanges } from '../changes-page.ts';
import type { IdLetter } from '../ids.ts';
import { withShelf } from './parts.ts';

export type MailKind = 'emails' | 'threads' | 'mailboxes';

const letters: Readonly<Record<MailKind, IdLetter>> = { emails: 'M', threads: 'T', mailboxes: 'F' };

/** The MODSEQ that is the state of a kind. */
export function modSeqOf(shelf: Shelf, kind: MailKind): number {
  if (kind === 'emails') return shelf.emailModSeq;
  return kind === 'threads' ? shelf.threadModSeq : shelf.mailboxModSeq;
}

/** `added`: what a kind says beyond the standard, given those that were updated and the mailboxes of which only counters changed. */
export async function answerChanges(
  store: MailStore,
  args: JsonObject,
  asker: Asker,
  kind: MailKind,
  added: (updated: readonly number[], countsOnly: ReadonlySet<MailboxId>) => JsonObject = () => ({}),
): Promise<JsonObject> {
  const call = readPagedChanges(args, asker);
  const { cursor } = call;
  return withShelf(store, call.account.account, async (shelf) => {
    let countsOnly: ReadonlySet<MailboxId> = new Set();
    const page = await readPage(
      async (since) => {
        const changes = await store.changesSince(shelf.account, since);
        if (changes === null) return null;
        if (since <= cursor.modSeq) countsOnly = changes.mailboxes.countsOnly;
        return { modSeq: changes.modSeq, changes: changes[kind] };
      },
      cursor,
      call.maxChanges,
      () => modSeqOf(shelf, kind),
    );
    return { ...formatPage(call, page, letters[kind]), ...added(page.updated, countsOnly) };
  });
}
