// FETCH and UID FETCH (RFC 9051 §6.4.5, §6.4.9) with the modifiers of RFC 7162. Knows the order in which things are said: what has vanished,
// then the letters; \Seen is set before, once for the whole command.
import { Refusal, SyntaxTrouble, Unavailable } from '../../../base/trouble.ts';
import type { Command, Context, Done } from '../context.ts';
import { answerFetch } from '../fetch/answer.ts';
import { isUnseen, planFetch } from '../fetch/plan.ts';
import { noteRead } from '../fetch/read-events.ts';
import { vanishedText } from '../fetch/vanished.ts';
import { parseFetchItems, parseFetchModifiers, type FetchItem, type FetchModifiers } from '../grammar/fetch-items.ts';
import { readSequenceSet } from '../grammar/search-keys.ts';
import type { SequenceSet } from '../grammar/sequence-set.ts';
import { keepLetters, selectLetters, uidsOf, type Letters } from '../selection.ts';

interface FetchArguments extends FetchModifiers {
  readonly set: SequenceSet;
  readonly items: readonly FetchItem[];
}

function fetchCommand(byUid: boolean): Command<FetchArguments> {
  return {
    parse(cursor) {
      cursor.space();
      const set = readSequenceSet(cursor);
      cursor.space();
      const items = parseFetchItems(cursor);
      const modifiers = parseFetchModifiers(cursor);
      cursor.end();
      // RFC 7162 §3.2.6
      if (modifiers.vanished && (!byUid || modifiers.changedSince === null))
        throw new SyntaxTrouble('VANISHED belongs to UID FETCH with CHANGEDSINCE', cursor.at);
      return { set, items, ...modifiers };
    },
    run: (context, args) => runFetch(context, args, byUid),
  };
}

export const fetch = fetchCommand(false);
export const uidFetch = fetchCommand(true);

async function runFetch(context: Context, { set, items, changedSince, vanished }: FetchArguments, byUid: boolean): Promise<Done> {
  const { selected, enabled } = context;
  if (vanished && !enabled.qresync) throw new SyntaxTrouble('VANISHED is for sessions with QRESYNC');
  // No number has been spoken of yet, so all that changed can be told first (RFC 9051 §7.5.1 allows it to UID commands).
  if (byUid && selected.view.stale) context.sync(true);
  const plan = planFetch(items, { byUid, modSeq: changedSince !== null, utf8: enabled.utf8 });
  if (plan.modSeq) context.enableCondstore();
  let letters = selectLetters(selected, set, byUid);
  if (changedSince !== null) {
    const { modSeqs } = letters.columns;
    letters = keepLetters(letters, (position) => modSeqs[position]! > changedSince);
  }
  if (vanished) context.wire.write(await vanishedText(context, set, changedSince!));
  let seen: ReadonlySet<number> = new Set();
  if (plan.marksSeen && !selected.readOnly) {
    const { columns } = letters;
    const unseen = keepLetters(letters, (position) => isUnseen(columns, selected.state.flagSets, position));
    if (unseen.count > 0) {
      seen = await markSeen(context, unseen);
      // Positions may have moved meanwhile; numbers and UIDs have not.
      const uids = changedSince === null ? null : new Set(uidsOf(letters));
      const again = selectLetters(selected, set, byUid);
      letters = uids === null ? again : keepLetters(again, (position) => uids.has(again.columns.uids[position]!));
    }
  }
  const { missing } = await answerFetch(context, plan, letters, seen);
  noteRead(context, plan, letters);
  // RFC 2180 §4.1.2, RFC 5530 §3: a number that the client knows and that has nothing behind it any more.
  if (!byUid && letters.missing + missing > 0)
    return { status: 'NO', code: 'EXPUNGEISSUED', text: 'Some of the letters are no longer there' };
  return { text: 'FETCH completed' };
}

/** The UIDs that are now \Seen by this command. That the store cannot write is no reason not to let anybody read. */
async function markSeen(context: Context, unseen: Letters): Promise<ReadonlySet<number>> {
  const { parts, account, selected } = context;
  try {
    const result = await parts.store.setFlags(account, selected.mailbox, uidsOf(unseen), { how: 'add', flags: ['\\Seen'] });
    selected.view.noteOwn(result.modSeq);
    return new Set(result.changed);
  } catch (trouble) {
    if (!(trouble instanceof Unavailable || trouble instanceof Refusal)) throw trouble;
    context.log.warn('imap.seen-not-set', { mailbox: selected.mailbox, letters: unseen.count }, trouble);
    return new Set();
  }
}
