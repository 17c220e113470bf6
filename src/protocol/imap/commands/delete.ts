// DELETE (RFC 9051 §6.3.5).
import { Refusal } from '../../../base/trouble.ts';
import type { SessionCommand } from '../context.ts';
import { parseMailboxName } from '../grammar/mailbox-name.ts';

export const deleteMailbox: SessionCommand<string> = {
  parse(cursor) {
    cursor.space();
    const name = parseMailboxName(cursor);
    cursor.end();
    return name;
  },
  async run(session, written) {
    const { store } = session.parts;
    const name = written.length > 1 && written.endsWith('/') ? written.slice(0, -1) : written;
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
    return { text: 'DELETE completed' };
  },
};
