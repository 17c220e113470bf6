// VANISHED (EARLIER): which UIDs of a set were expunged after a MODSEQ (RFC 7162 §3.2.6, §3.2.10.1). Knows the mailbox and the store.
import type { Context } from '../context.ts';
import type { MailboxView } from '../view.ts';
import { eachRange, formatNumbers, setHas, type SequenceSet } from '../grammar/sequence-set.ts';

/** The whole untagged answer, or nothing when none has vanished. */
export async function vanishedText(context: Context, set: SequenceSet, since: number): Promise<string> {
  const { selected, parts, account } = context;
  const { state } = selected;
  // What was the last letter may be what has vanished: here `*` is the last UID that was given.
  const last = state.uidNext - 1;
  const known = state.expungedSince(since) ?? (await parts.store.vanishedSince(account, selected.mailbox, since));
  const text =
    known === null
      ? formatGaps(selected.view, set, 1, state.uidNext - 1)
      : formatNumbers(Array.from(known).filter((uid) => setHas(set, last, uid)));
  return text === '' ? '' : `* VANISHED (EARLIER) ${text}\r\n`;
}

/**
 * RFC 7162 §3.2.6: beyond what is remembered, every UID of the set that is not there counts as expunged. `low` and `high`: the lowest
 * and the highest UID to be told.
 */
export function formatGaps(view: MailboxView, set: SequenceSet, low: number, high: number): string {
  const pieces: string[] = [];
  const addGap = (first: number, last: number): void => {
    if (first <= last) pieces.push(first === last ? `${first}` : `${first}:${last}`);
  };
  eachRange(set, Math.max(view.lastUid, high), (first, last) => {
    const end = Math.min(last, high);
    let next = Math.max(first, low);
    for (let at = view.indexFrom(next); at < view.count && view.uids[at]! <= end; at++) {
      addGap(next, view.uids[at]! - 1);
      next = view.uids[at]! + 1;
    }
    addGap(next, end);
  });
  return pieces.join(',');
}
