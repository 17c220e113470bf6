// EXPUNGE and UID EXPUNGE (RFC 9051 §6.4.3, §6.4.9; RFC 4315 §2.1; RFC 7162 §3.2.7, §3.2.9). The EXPUNGE or VANISHED answers are told by the
// session before the end of the command, as all that is gone.
import type { Command, Context, Done } from '../context.ts';
import { readSequenceSet } from '../grammar/search-keys.ts';
import type { SequenceSet } from '../grammar/sequence-set.ts';
import { selectLetters, uidsOf } from '../selection.ts';

export const expunge: Command<null> = {
  parse(cursor) {
    cursor.end();
    return null;
  },
  async run(context): Promise<Done> {
    context.checkWritable();
    return expungeLetters(context, null);
  },
};

export const uidExpunge: Command<SequenceSet> = {
  parse(cursor) {
    cursor.space();
    const set = readSequenceSet(cursor);
    cursor.end();
    return set;
  },
  async run(context, set): Promise<Done> {
    context.checkWritable();
    return expungeLetters(context, uidsOf(selectLetters(context.selected, set, true)));
  },
};

async function expungeLetters(context: Context, uids: Uint32Array | null): Promise<Done> {
  const { selected, parts, account, enabled } = context;
  const text = uids === null ? 'EXPUNGE completed' : 'UID EXPUNGE completed';
  if (selected.state.deleted === 0 || uids?.length === 0) return { text };
  const result = await parts.store.expunge(account, selected.mailbox, uids, true);
  // RFC 7162 §3.2.7: only a client that keeps in step by MODSEQ wants to know it.
  const code = result.uids.length > 0 && enabled.condstore ? { code: `HIGHESTMODSEQ ${result.modSeq}` } : {};
  return { ...code, text };
}
