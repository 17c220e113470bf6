// SELECT and EXAMINE (RFC 9051 §6.3.2, §6.3.3; CONDSTORE and QRESYNC of RFC 7162). Resynchronisation is in resync.ts.
import { SyntaxTrouble } from '../../../base/trouble.ts';
import { SEEN, type MailboxState } from '../../../store/mailbox-state.ts';
import type { Done, Selected, SessionCommand, SessionControl } from '../context.ts';
import type { WrittenName } from '../grammar/mailbox-name.ts';
import { parseSelect, type SelectArguments } from '../grammar/select.ts';
import { formatFlags, formatPermanentFlags } from '../updates.ts';
import { MailboxView } from '../view.ts';
import { formatEntry, formatOldName, MailboxTree } from './list.ts';
import { resync } from './resync.ts';

export const select = selecting('SELECT', false);
export const examine = selecting('EXAMINE', true);

function selecting(word: string, readOnly: boolean): SessionCommand<SelectArguments> {
  return {
    parse: parseSelect,
    run: (session, args) => {
      // RFC 7162 §3.2.5: before anything else happens.
      if (args.qresync !== null && !session.enabled.qresync) throw new SyntaxTrouble('QRESYNC must be enabled first');
      return openSelected(session, args, word, readOnly);
    },
  };
}

async function openSelected(
  session: SessionControl,
  { mailbox: asked, condstore, qresync }: SelectArguments,
  word: string,
  readOnly: boolean,
): Promise<Done> {
  if (session.selectedOrNull !== null) {
    // RFC 9051 §6.3.2: all answers after CLOSED speak of the new mailbox; when it cannot be opened, none is selected.
    session.deselect();
    session.untagged('OK [CLOSED] The mailbox before is closed');
  }
  const { store } = session.parts;
  const mailbox = await session.findMailbox(asked.name);
  const listEntry = session.enabled.rev2 ? await formatOwnEntry(session, asked) : '';
  const state = await store.openMailbox(session.account, mailbox.id);
  if (condstore) session.enableCondstore();
  const selected: Selected = {
    mailbox: mailbox.id,
    readOnly,
    state,
    view: new MailboxView(state),
    searchResult: new Uint32Array(0),
    toldKeywords: state.keywords.length,
  };
  session.select(selected);
  session.wire.write(formatOpening(session, selected) + listEntry);
  if (qresync !== null && qresync.uidValidity === state.uidValidity) await resync(session, selected, qresync);
  return { code: readOnly ? 'READ-ONLY' : 'READ-WRITE', text: `${word} completed` };
}

/** RFC 9051 §6.3.2: SELECT answers with the LIST entry of the mailbox. */
async function formatOwnEntry(session: SessionControl, asked: WrittenName): Promise<string> {
  const tree = new MailboxTree(await session.parts.store.mailboxes(session.account), []);
  return formatEntry(session, asked.name, tree.attributes(asked.name, false), formatOldName(session, asked));
}

function formatOpening(session: SessionControl, { state, mailbox, readOnly }: Selected): string {
  const { rev2 } = session.enabled;
  let text = formatFlags(state.keywords) + formatPermanentFlags(state.keywords, readOnly);
  text += `* ${state.count} EXISTS\r\n`;
  if (!rev2) {
    // RFC 3501 §6.3.1. No letter is ever \Recent here.
    text += '* 0 RECENT\r\n';
    const unseen = firstUnseen(state);
    if (unseen > 0) text += `* OK [UNSEEN ${unseen}] The first unseen letter\r\n`;
  }
  text += `* OK [UIDVALIDITY ${state.uidValidity}] UIDs valid\r\n* OK [UIDNEXT ${state.uidNext}] Predicted next UID\r\n`;
  // RFC 7162 §3.1.2.1; RFC 8474 §4.2.
  return `${text}* OK [HIGHESTMODSEQ ${Math.max(1, state.highestModSeq)}] Highest\r\n* OK [MAILBOXID (F${mailbox})] The mailbox\r\n`;
}

/** The number of the first letter without \Seen, or 0. Looks at 100,000 letters in a tenth of a millisecond. */
function firstUnseen(state: MailboxState): number {
  if (state.unseen === 0) return 0;
  const seen = Uint8Array.from(state.flagSets, (set) => set.system & SEEN);
  const { flagIndexes, count } = state;
  for (let i = 0; i < count; i++) if (seen[flagIndexes[i]!] === 0) return i + 1;
  return 0;
}
