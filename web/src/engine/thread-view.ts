// A conversation as it is shown: its letters, oldest first, with what the person did counted in. Knows heads and bodies; knows no server.
import type { Account } from './account.ts';
import { beginsOpen, type LetterView, type ThreadView, type Topics, type Trouble } from './contract.ts';
import type { Id } from './jmap/objects.ts';

/** The letters of the conversation whose text is to be there. */
export function textsWanted({ threadId, opened }: Topics['thread']['args'], account: Account): readonly Id[] {
  const ids = account.thread(threadId) ?? [];
  if (opened === 'all') return ids;
  const wanted = new Set(beginsOpen(ids.flatMap((id) => account.head(id) ?? [])));
  for (const id of opened ?? []) wanted.add(id);
  return ids.filter((id) => wanted.has(id));
}

export function threadView(args: Topics['thread']['args'], account: Account | null, trouble: Trouble | null): ThreadView {
  const { accountId, threadId } = args;
  const ids = account?.thread(threadId) ?? null;
  if (!account || ids === null) return { accountId, threadId, subject: '', letters: null, trouble };
  const texts = new Set(textsWanted(args, account));
  const letters = ids.flatMap((id): LetterView[] => {
    const head = account.head(id);
    return head ? [{ accountId, head, body: texts.has(id) ? account.body(id) : null }] : [];
  });
  // None is known yet, though there are some.
  if (letters.length === 0 && ids.some((id) => account.told(id) === null))
    return { accountId, threadId, subject: '', letters: null, trouble };
  return { accountId, threadId, subject: letters[0]?.head.subject ?? '', letters, trouble };
}
