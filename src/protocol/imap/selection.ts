// Which letters of the selected mailbox a command is about: a set of numbers or UIDs, seen through the session's view.
// Knows sets, the view and the columns of the mailbox; knows no store. What comes out is a picture of one moment, which stays right
// while others change the mailbox.
import { SyntaxTrouble } from '../../base/trouble.ts';
import type { MailboxState } from '../../store/mailbox-state.ts';
import type { Selected } from './context.ts';
import { eachRange, type SequenceSet } from './grammar/sequence-set.ts';

/** Columns of a mailbox at one moment: an expunge by others leaves them as they were. */
export type Columns = Pick<MailboxState, 'uids' | 'messages' | 'modSeqs' | 'sizes' | 'receivedAt' | 'savedAt' | 'flagIndexes'>;

export interface Letters {
  readonly count: number;
  /** The client's sequence numbers, ascending. */
  readonly seqs: Uint32Array;
  /** Positions in `columns`, in the same order. */
  readonly at: Uint32Array;
  readonly columns: Columns;
  /** Letters that the client has a number for and that are gone. */
  readonly missing: number;
}

export function columnsOf(state: MailboxState): Columns {
  const { uids, messages, modSeqs, sizes, receivedAt, savedAt, flagIndexes } = state;
  return { uids, messages, modSeqs, sizes, receivedAt, savedAt, flagIndexes };
}

/**
 * The letters of a set. As numbers: a number that the client cannot know of is BAD (RFC 9051 §9, seq-number). As UIDs: those that are not there are passed over.
 * @throws SyntaxTrouble
 */
export function selectLetters(selected: Selected, set: SequenceSet, byUid: boolean): Letters {
  const { view, state } = selected;
  if (set.saved) return selectSaved(selected);
  /** Pairs: positions in the view, from and (exclusive) to. */
  const ranges: number[] = [];
  let asked = 0;
  const addRange = (from: number, to: number): void => {
    if (to <= from) return;
    ranges.push(from, to);
    asked += to - from;
  };
  if (byUid) {
    const { uids, count } = view;
    eachRange(set, view.lastUid, (low, high) => {
      const from = view.indexFrom(low);
      // Most ranges are one UID or the rest of the mailbox: both without a second search.
      const to =
        high >= view.lastUid ? count : low === high ? from + (uids[from] === low && from < count ? 1 : 0) : view.indexFrom(high + 1);
      addRange(from, to);
    });
  } else {
    checkNumbers(set, view.count);
    eachRange(set, view.count, (low, high) => addRange(low - 1, Math.min(high, view.count)));
  }
  const seqs = new Uint32Array(asked);
  const at = new Uint32Array(asked);
  let count = 0;
  const { aligned } = view;
  for (let i = 0; i < ranges.length; i += 2)
    for (let place = ranges[i]!; place < ranges[i + 1]!; place++) {
      const position = aligned ? place : state.indexOf(view.uids[place]!);
      if (position < 0) continue;
      seqs[count] = place + 1;
      at[count++] = position;
    }
  return { count, seqs: seqs.subarray(0, count), at: at.subarray(0, count), columns: columnsOf(state), missing: asked - count };
}

/** RFC 5182 §2.1: `$` passes over what is gone, whatever the command speaks of. */
function selectSaved({ view, state, searchResult }: Selected): Letters {
  const seqs = new Uint32Array(searchResult.length);
  const at = new Uint32Array(searchResult.length);
  let count = 0;
  for (const uid of searchResult) {
    const seq = view.seqOf(uid);
    const position = seq === 0 ? -1 : state.indexOf(uid);
    if (position < 0) continue;
    seqs[count] = seq;
    at[count++] = position;
  }
  return { count, seqs: seqs.subarray(0, count), at: at.subarray(0, count), columns: columnsOf(state), missing: 0 };
}

/**
 * RFC 9051 §9 (seq-number): a number above the letters there is BAD. Liberal: `n:*` is taken whatever n is, also in an empty mailbox, because
 * apps ask so for what is new.
 */
export function checkNumbers(set: SequenceSet, count: number): void {
  const largest = set.ranges.at(-1) ?? 0;
  if (largest > count) throw new SyntaxTrouble(`there is no letter number ${largest}: the mailbox has ${count}`);
}

/** Those letters of `letters` for which `keep` holds; `keep` is asked with the position in the columns. */
export function keepLetters(letters: Letters, keep: (position: number) => boolean): Letters {
  const seqs = new Uint32Array(letters.count);
  const at = new Uint32Array(letters.count);
  let count = 0;
  for (let i = 0; i < letters.count; i++) {
    if (!keep(letters.at[i]!)) continue;
    seqs[count] = letters.seqs[i]!;
    at[count++] = letters.at[i]!;
  }
  return { ...letters, count, seqs: seqs.subarray(0, count), at: at.subarray(0, count) };
}

/** Their UIDs, ascending. */
export function uidsOf(letters: Letters): Uint32Array {
  return letters.at.map((position) => letters.columns.uids[position]!);
}

/** Their EMAILID numbers, in the same order. */
export function messagesOf(letters: Letters, from = 0, to = letters.count): Uint32Array {
  return letters.at.subarray(from, to).map((position) => letters.columns.messages[position]!);
}
