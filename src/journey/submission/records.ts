// What is kept of letters that were sent, and for how long. Knows items of kind `submission`; knows no letter.
import type { SubmissionValue } from '../../protocol/jmap/sending/contract.ts';
import type { AccountId, Commit, LetterId, MailStore } from '../../store/contract.ts';

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

/** Letters that a commit has delivered, put off or given up. */
export function movedBy({ events = [] }: Commit): ReadonlySet<LetterId> {
  const moved = new Set<LetterId>();
  for (const { letter, station, result } of events)
    if (station === 'delivery' || (station === 'queue' && result !== 'done')) moved.add(letter);
  return moved;
}

/** Does a commit tell anything of letters that were sent? Reports have no way back (RFC 3464 §2, RFC 8098 §3). */
export function isNews(work: Commit): boolean {
  return movedBy(work).size > 0 || (work.letters ?? []).some(({ reversePath, placements }) => reversePath === '' && placements.length > 0);
}
