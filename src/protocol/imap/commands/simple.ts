// Commands without arguments that do next to nothing themselves: CAPABILITY, NOOP, CHECK, LOGOUT, UNSELECT, CLOSE.
import type { Done, SessionCommand } from '../context.ts';
import type { Cursor } from '../grammar/cursor.ts';

function plain(run: SessionCommand<void>['run']): SessionCommand<void> {
  return { parse: (cursor: Cursor) => cursor.end(), run };
}

/** RFC 9051 §6.1.1. */
export const capability = plain((session) => {
  session.untagged(`CAPABILITY ${session.capabilities()}`);
  return { text: 'CAPABILITY completed' };
});

const noopDone: Done = { text: 'NOOP completed' };

/** RFC 9051 §6.1.2: what others have changed is told after every command, so there is nothing left to do. */
export const noop = plain(() => noopDone);

/** RFC 3501 §6.4.1: a checkpoint. Everything answered is on disk already. */
export const check = plain(() => ({ text: 'CHECK completed' }));

/** RFC 9051 §6.1.3. */
export const logout = plain((session) => {
  session.untagged('BYE see you later');
  return { text: 'LOGOUT completed' };
});

/** RFC 9051 §6.4.2. */
export const unselect = plain((session) => {
  session.deselect();
  return { text: 'UNSELECT completed' };
});

/** RFC 9051 §6.4.1: letters with \Deleted go, without a word about them; not so in a mailbox opened by EXAMINE. */
export const close = plain(async (session) => {
  const { mailbox, readOnly, state } = session.selected;
  if (!readOnly && state.deleted > 0) await session.parts.store.expunge(session.account, mailbox, null, true);
  session.deselect();
  return { text: 'CLOSE completed' };
});
