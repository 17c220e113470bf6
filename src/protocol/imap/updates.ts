// What others have changed, in the words of IMAP: EXPUNGE or VANISHED, EXISTS, FLAGS, FETCH (RFC 9051 §7.4, §7.5; RFC 7162 §3.2.10).
// Knows the order and the forms; the view (view.ts) knows what is to be told.
import type { Wire } from '../line/session.ts';
import type { Enabled, Selected } from './context.ts';
import { formatNumbers } from './grammar/sequence-set.ts';
import type { ViewChange } from './view.ts';

const systemFlagNames = '\\Answered \\Flagged \\Deleted \\Seen \\Draft';

/** RFC 9051 §7.3.5. */
export function formatFlags(keywords: readonly string[]): string {
  return `* FLAGS (${[systemFlagNames, ...keywords].join(' ')})\r\n`;
}

/** RFC 9051 §7.1: `\*` lets apps make keywords of their own. */
export function formatPermanentFlags(keywords: readonly string[], readOnly: boolean): string {
  const flags = readOnly ? '' : [systemFlagNames, ...keywords, '\\*'].join(' ');
  return `* OK [PERMANENTFLAGS (${flags})] ${readOnly ? 'Nothing can be changed' : 'All flags are kept'}\r\n`;
}

/** An untagged FETCH as it is told without being asked for. The UID always goes along (RFC 7162 §3.2.4 asks for it, others profit). */
export function formatFlagsFetch(selected: Selected, seq: number, index: number, condstore: boolean): string {
  const { state } = selected;
  const modSeq = condstore ? ` MODSEQ (${state.modSeqs[index]!})` : '';
  return `* ${seq} FETCH (UID ${state.uids[index]!} FLAGS ${state.flagsAt(index).text}${modSeq})\r\n`;
}

/** Characters gathered before they are written: a change of a million letters never stands in one string. */
const pieceLength = 65_536;

export function writeUpdates(wire: Pick<Wire, 'write'>, change: ViewChange, selected: Selected, enabled: Enabled): void {
  let text = '';
  const add = (line: string): void => {
    text += line;
    if (text.length < pieceLength) return;
    wire.write(text);
    text = '';
  };
  if (change.vanished.length > 0) {
    if (enabled.qresync) add(`* VANISHED ${formatNumbers(change.vanished.toReversed())}\r\n`);
    else for (const seq of change.expunged) add(`* ${seq} EXPUNGE\r\n`);
  }
  if (change.exists !== null) add(`* ${change.exists} EXISTS\r\n`);
  const { keywords } = selected.state;
  if (keywords.length !== selected.toldKeywords) {
    selected.toldKeywords = keywords.length;
    add(formatFlags(keywords) + formatPermanentFlags(keywords, selected.readOnly));
  }
  for (const { seq, index } of change.flags) add(formatFlagsFetch(selected, seq, index, enabled.condstore));
  if (text !== '') wire.write(text);
}
