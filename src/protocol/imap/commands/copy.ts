// COPY and UID COPY (RFC 9051 §6.4.7, RFC 4315 §3). Knows the answer; one call of the store copies all or none.
import type { CopyResult } from '../../../store/contract.ts';
import type { Command, Context, Done } from '../context.ts';
import type { Cursor } from '../grammar/cursor.ts';
import { parseMailboxName } from '../grammar/mailbox-name.ts';
import { readSequenceSet } from '../grammar/search-keys.ts';
import { formatNumbers, type SequenceSet } from '../grammar/sequence-set.ts';
import { selectLetters, uidsOf } from '../selection.ts';

export interface CopyArguments {
  readonly set: SequenceSet;
  readonly mailbox: string;
}

/** RFC 9051 §9 (copy, move). */
export function parseCopy(cursor: Cursor): CopyArguments {
  cursor.space();
  const set = readSequenceSet(cursor);
  cursor.space();
  const mailbox = parseMailboxName(cursor);
  cursor.end();
  return { set, mailbox };
}

function copyCommand(byUid: boolean): Command<CopyArguments> {
  return {
    parse: parseCopy,
    async run(context, args): Promise<Done> {
      const copied = await copyLetters(context, args, byUid, false);
      return 'text' in copied ? copied : { code: copyUid(copied), text: 'COPY completed' };
    },
  };
}

export const copy = copyCommand(false);
export const uidCopy = copyCommand(true);

/** RFC 4315 §3 (resp-code-copy). */
export function copyUid({ uidValidity, from, to }: CopyResult): string {
  return `COPYUID ${uidValidity} ${formatNumbers(from)} ${formatNumbers(to)}`;
}

/**
 * The copying of COPY and MOVE: what was copied, or the answer when nothing was.
 * @throws Refusal `nonexistent` for the target, which is answered as TRYCREATE; `over-quota`
 */
export async function copyLetters(
  context: Context,
  { set, mailbox }: CopyArguments,
  byUid: boolean,
  move: boolean,
): Promise<CopyResult | Done> {
  const { selected, parts, account, principal } = context;
  if (byUid && selected.view.stale) context.sync(true);
  const letters = selectLetters(selected, set, byUid);
  const target = await context.findMailbox(mailbox);
  // RFC 9051 §6.4.7: all or none. A number whose letter has gone cannot be copied (RFC 2180 §4.4.1).
  if (letters.missing > 0 && !byUid) return { status: 'NO', code: 'EXPUNGEISSUED', text: 'Some of the letters are no longer there' };
  const nothing: Done = { text: `There was nothing to ${move ? 'move' : 'copy'}` };
  if (letters.count === 0) return nothing;
  const result = await parts.store.copy(account, selected.mailbox, uidsOf(letters), target.id, { move, quota: principal.quota });
  return result.from.length === 0 ? nothing : result;
}
