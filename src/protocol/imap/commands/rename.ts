// RENAME (RFC 9051 §6.3.6).
import { Refusal } from '../../../base/trouble.ts';
import type { MailboxInfo } from '../../../store/contract.ts';
import type { Command } from '../context.ts';
import { checkNewName, parentNames, parseWrittenName, withoutDelimiter, type WrittenName } from '../grammar/mailbox-name.ts';
import { makeParents } from './create.ts';
import { tellOtherName } from './list.ts';

export interface RenameArguments {
  readonly source: WrittenName;
  readonly target: WrittenName;
}

export const rename: Command<RenameArguments> = {
  parse(cursor) {
    cursor.space();
    const source = withoutDelimiter(parseWrittenName(cursor));
    cursor.space();
    const target = withoutDelimiter(parseWrittenName(cursor));
    cursor.end();
    return { source, target };
  },
  async run(context, { source, target }) {
    const { store, limits } = context.parts;
    const { name: from } = source;
    const { name: to } = target;
    const there = await store.mailboxes(context.account);
    const moving = movedMailboxes(there, from);
    if (moving.length === 0) throw new Refusal('nonexistent', 'there is no such mailbox');
    checkNewName(to, limits);
    if (there.some((mailbox) => mailbox.name === to)) throw new Refusal('already-exists', 'there is a mailbox of the new name already');
    if (from !== 'INBOX') {
      if (to.startsWith(`${from}/`)) throw new Refusal('cannot', 'a mailbox cannot be moved below itself');
      // The names below move along and must fit as well.
      for (const { name } of there) if (name.startsWith(`${from}/`)) checkNewName(to + name.slice(from.length), limits);
    }
    await makeParents(context, to);
    for (const mailbox of moving) {
      const name = to + mailbox.name.slice(from.length);
      await makeParents(context, name);
      await store.renameMailbox(context.account, mailbox.id, name);
    }
    // RFC 9051 §6.3.6: the old name as the client wrote it stands beside the new one as we call it.
    if (source.name !== source.written || target.name !== target.written) tellOtherName(context, { name: to, written: source.written });
    return { text: 'RENAME completed' };
  },
};

/**
 * What is to be renamed for this name: the mailbox, whose children move along by themselves; or, where the name only stands
 * above others, the highest of those.
 */
function movedMailboxes(there: readonly MailboxInfo[], from: string): readonly MailboxInfo[] {
  const found = there.find((mailbox) => mailbox.name === from);
  if (found !== undefined) return [found];
  const below = there.filter((mailbox) => mailbox.name.startsWith(`${from}/`));
  const names = new Set(below.map((mailbox) => mailbox.name));
  return below.filter((mailbox) => !parentNames(mailbox.name).some((parent) => names.has(parent)));
}
