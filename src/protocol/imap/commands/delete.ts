// DELETE (RFC 9051 §6.3.5).
import { Refusal } from '../../../base/trouble.ts';
import type { SessionCommand } from '../context.ts';
import { parseWrittenName, withoutDelimiter, type WrittenName } from '../grammar/mailbox-name.ts';
import { tellOtherName } from './list.ts';

export const deleteMailbox: SessionCommand<WrittenName> = {
  parse(cursor) {
    cursor.space();
    const mailbox = withoutDelimiter(parseWrittenName(cursor));
    cursor.end();
    return mailbox;
  },
  async run(session, asked) {
    const { store } = session.parts;
    const { name } = asked;
    if (name === 'INBOX') throw new Refusal('cannot', 'INBOX cannot be deleted');
    const there = await store.mailboxes(session.account);
    const found = there.find((mailbox) => mailbox.name === name);
    if (found === undefined) {
      // A name that is only there because there are names below it.
      const isParent = there.some((mailbox) => mailbox.name.startsWith(`${name}/`));
      throw isParent ? new Refusal('has-children', 'there are mailboxes below it') : new Refusal('nonexistent', 'there is no such mailbox');
    }
    // Mailboxes below stay: RFC 9051 §6.3.5 leaves the name as one that cannot be selected.
    await store.deleteMailbox(session.account, found.id);
    if (session.selectedOrNull?.mailbox === found.id) {
      session.deselect();
      session.untagged('OK [CLOSED] The mailbox has been deleted');
    }
    tellOtherName(session, asked, ['\\NonExistent']);
    return { text: 'DELETE completed' };
  },
};
