// What is kept of letters that were sent, and for how long. Knows items of kind `submission`; knows no letter.
import type { SubmissionValue } from '../../protocol/jmap/sending/contract.ts';
import type { AccountId, MailStore } from '../../store/contract.ts';

export const submissionKind = 'submission';

const keptMs = 30 * 24 * 3_600_000;
/** Records of one account that went or were called back; more are forgotten, the oldest first (RFC 8621 §7 lets a server do so). */
const keptMax = 2000;
/** Looked at once in so many sendings. */
const every = 64;

/** Forgets old records now and then, so that a person's sending never ends because of them. `id`: of the newest. */
export async function tidy(store: Pick<MailStore, 'items'>, account: AccountId, id: number, now: number): Promise<void> {
  if (id % every !== 0) return;
  const done = (await store.items.list(account, submissionKind)).filter(({ value }) => (value as SubmissionValue).undoStatus !== 'pending');
  const old = done.filter(({ value }, index) => index < done.length - keptMax || (value as SubmissionValue).sendAt < now - keptMs);
  if (old.length > 0)
    await store.items.write(
      account,
      old.map((item) => ({ kind: submissionKind, id: item.id, remove: true as const })),
    );
}
