// DELE, RSET, QUIT (RFC 1939 §5, §6): letters are marked at once and removed only by QUIT.
import type { CommandOf } from '../command.ts';
import type { Context, Transaction } from '../context.ts';
import { no, ok, type Reply } from '../response.ts';
import { isThere } from './listing.ts';

export function dele(context: Context, { number }: CommandOf<'DELE'>, { maildrop }: Transaction): void {
  if (!isThere(context, maildrop, number)) return;
  maildrop.mark(number);
  context.ok(context.words.marked(number));
}

export function rset(context: Context, _: CommandOf<'RSET'>, { maildrop }: Transaction): void {
  maildrop.unmarkAll();
  context.ok(context.words.letters(maildrop.letters, maildrop.octets));
}

/**
 * The UPDATE state: +OK stands for letters that are gone for good, -ERR for not knowing. Whichever it is, the maildrop is
 * free when the client hears it, and the connection closes.
 */
export async function quit(context: Context, _: CommandOf<'QUIT'>, transaction: Transaction | null): Promise<void> {
  // From here on the session is over, also for a peer that does not wait; the lock is held until we know.
  context.state = { at: 'closed' };
  const reply = transaction === null ? goodbye(context, 0) : await update(context, transaction);
  context.reply(reply);
  context.wire.close();
}

async function update(context: Context, transaction: Transaction): Promise<Reply> {
  try {
    return goodbye(context, await transaction.maildrop.removeMarked());
  } catch (trouble) {
    context.log.warn('pop3-not-removed', { login: transaction.principal.login }, trouble);
    return no(context.words.notRemoved, 'SYS/TEMP');
  } finally {
    context.release(transaction);
  }
}

function goodbye({ words, parts }: Context, removed: number): Reply {
  return ok(removed === 0 ? words.goodbye(parts.hostName) : words.goodbyeDeleted(parts.hostName, removed));
}
