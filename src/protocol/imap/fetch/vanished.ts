// VANISHED (EARLIER): which UIDs of a set were expunged after a MODSEQ (RFC 7162 §3.2.6, §3.2.10.1). Knows the mailbox and the store.
import { formatUidSet, type Context } from '../context.ts';
import { eachRange, setHas, type SequenceSet } from '../grammar/sequence-set.ts';

/** The whole untagged answer, or nothing when none has vanished. */
export async function vanishedText(context: Context, set: SequenceSet, since: number): Promise<string> {
  const { selected, parts, account } = context;
  const { state } = selected;
  const last = selected.view.lastUid;
  const known = state.expungedSince(since) ?? (await parts.store.vanishedSince(account, selected.mailbox, since));
  const text = known === null ? gapsText(context, set) : formatUidSet(Array.from(known).filter((uid) => setHas(set, last, uid)));
  return text === '' ? '' : `* VANISHED (EARLIER) ${text}\r\n`;
}

/** RFC 7162 §3.2.6: beyond what is remembered, every UID of the set that is not there counts as expunged. */
function gapsText({ selected }: Context, set: SequenceSet): string {
  const { state, view } = selected;
  const pieces: string[] = [];
  const addGap = (low: number, high: number): void => {
    if (low <= high) pieces.push(low === high ? `${low}` : `${low}:${high}`);
  };
  eachRange(set, view.lastUid, (low, high) => {
    const end = Math.min(high, state.uidNext - 1);
    let next = low;
    for (let i = state.indexFrom(low); i < state.count && state.uids[i]! <= end; i++) {
      addGap(next, state.uids[i]! - 1);
      next = state.uids[i]! + 1;
    }
    addGap(next, end);
  });
  return pieces.join(',');
}
