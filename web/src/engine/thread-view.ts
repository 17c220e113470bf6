// A conversation as it is shown: its letters, oldest first, with what the person did counted in. Knows heads and bodies; knows no server.
import type { Account } from './account.ts';
import type { LetterView, ThreadView, Topics, Trouble } from './contract.ts';

export function threadView(
  { accountId, threadId }: Topics['thread']['args'],
  account: Account | null,
  trouble: Trouble | null,
): ThreadView {
  const ids = account?.thread(threadId) ?? null;
  if (!account || ids === null) return { accountId, threadId, subject: '', letters: null, trouble };
  const letters = ids.flatMap((id): LetterView[] => {
    const head = account.head(id);
    return head ? [{ accountId, head, body: account.body(id) }] : [];
  });
  // None is known yet, though there are some.
  if (letters.length === 0 && ids.some((id) => account.told(id) === null))
    return { accountId, threadId, subject: '', letters: null, trouble };
  return { accountId, threadId, subject: letters[0]?.head.subject ?? '', letters, trouble };
}
