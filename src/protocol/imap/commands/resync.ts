// What a client missed since it was here last (RFC 7162 §3.2.5): VANISHED (EARLIER), and FETCH of changed flags. Knows sets and the view.
import type { Uid } from '../../../store/contract.ts';
import type { Context, Selected } from '../context.ts';
import type { QresyncArguments } from '../grammar/select.ts';
import { formatGaps } from '../fetch/vanished.ts';
import { formatNumbers, setHas, type SequenceSet } from '../grammar/sequence-set.ts';
import { formatFlagsFetch } from '../updates.ts';
import type { MailboxView } from '../view.ts';

const everyUid: SequenceSet = { saved: false, ranges: [1, 0xffff_ffff], toStar: 0 };

export async function resync(context: Context, selected: Selected, { modSeq, knownUids, match }: QresyncArguments): Promise<void> {
  const { state, view } = selected;
  const uidNext = state.uidNext;
  const known = (uid: Uid): boolean => knownUids === null || setHas(knownUids, 0, uid);
  // First, while positions in the state are those of the view.
  const changed: string[] = [];
  for (const index of state.changedSince(modSeq))
    if (known(state.uids[index]!)) changed.push(formatFlagsFetch(selected, index + 1, index, true));
  const vanished = await context.parts.store.vanishedSince(context.account, selected.mailbox, modSeq);
  const floor = match === null ? 0 : lastMatch(view, match.seqs, match.uids);
  const text =
    vanished === null
      ? formatGaps(view, knownUids ?? everyUid, floor + 1, uidNext - 1)
      : // What has gone since the mailbox was opened is told in its own turn.
        formatNumbers(vanished.filter((uid) => uid > floor && known(uid) && view.seqOf(uid) === 0));
  if (text !== '') context.untagged(`VANISHED (EARLIER) ${text}`);
  for (let at = 0; at < changed.length && !context.wire.closing; at += 1000) {
    context.wire.write(changed.slice(at, at + 1000).join(''));
    if (context.wire.congested) await context.wire.drained();
  }
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
