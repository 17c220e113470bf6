// What a client missed since it was here last (RFC 7162 §3.2.5): VANISHED (EARLIER), and FETCH of changed flags. Knows sets and the view.
import type { Uid } from '../../../store/contract.ts';
import type { Context, Selected } from '../context.ts';
import type { QresyncArguments } from '../grammar/select.ts';
import { eachRange, formatNumbers, setHas, type SequenceSet } from '../grammar/sequence-set.ts';
import { formatFlagsFetch } from '../updates.ts';
import type { MailboxView } from '../view.ts';

export async function resync(context: Context, selected: Selected, { modSeq, knownUids, match }: QresyncArguments): Promise<void> {
  const { state, view } = selected;
  const uidNext = state.uidNext;
  const known = (uid: Uid): boolean => knownUids === null || setHas(knownUids, 0, uid);
  // First, while positions in the state are those of the view.
  let changed = '';
  for (const index of state.changedSince(modSeq))
    if (known(state.uids[index]!)) changed += formatFlagsFetch(selected, index + 1, index, true);
  const vanished = await context.parts.store.vanishedSince(context.account, selected.mailbox, modSeq);
  const floor = match === null ? 0 : lastMatch(view, match.seqs, match.uids);
  const text =
    vanished === null
      ? formatMissing(view, knownUids ?? { saved: false, ranges: uidNext > 1 ? [1, uidNext - 1] : [], toStar: 0 }, floor, uidNext)
      : // What has gone since the mailbox was opened is told in its own turn.
        formatNumbers(vanished.filter((uid) => uid > floor && known(uid) && view.seqOf(uid) === 0));
  if (text !== '') context.untagged(`VANISHED (EARLIER) ${text}`);
  if (changed !== '') context.wire.write(changed);
}

/** RFC 7162 §3.2.5.2: the highest UID up to which the client's numbers are ours; it knows of all that has gone below. */
function lastMatch(view: MailboxView, seqs: SequenceSet, uids: SequenceSet): Uid {
  let floor = 0;
  const walk = numbersOf(uids);
  for (const seq of numbersOf(seqs)) {
    const uid = walk.next();
    if (uid.done === true || seq > view.count || view.uidOf(seq) !== uid.value) break;
    floor = uid.value;
  }
  return floor;
}

function* numbersOf(set: SequenceSet): Generator<number, undefined> {
  for (let i = 0; i < set.ranges.length; i += 2) for (let n = set.ranges[i]!; n <= set.ranges[i + 1]!; n++) yield n;
  return undefined;
}

/** All UIDs of `among` above `floor` and below `uidNext` that are not in the mailbox: what is left to say when expunges are no longer remembered. */
function formatMissing(view: MailboxView, among: SequenceSet, floor: Uid, uidNext: Uid): string {
  const parts: string[] = [];
  const gap = (low: Uid, high: Uid): void => {
    if (low <= high) parts.push(low === high ? `${low}` : `${low}:${high}`);
  };
  eachRange(among, 0, (low, high) => {
    let from = Math.max(low, floor + 1);
    const to = Math.min(high, uidNext - 1);
    for (let at = view.indexFrom(from); at < view.count && view.uids[at]! <= to; at++) {
      gap(from, view.uids[at]! - 1);
      from = view.uids[at]! + 1;
    }
    gap(from, to);
  });
  return parts.join(',');
}
