// What a mailbox is called and how it looks in lists. Knows roles.
import { snoozedName, type MailboxView } from '../../engine/contract.ts';
import type { Id, Role } from '../../engine/jmap/objects.ts';
import type { IconName } from '../../parts/icons.ts';
import { live } from '../../state/live.svelte.ts';
import { o } from '../../texts/order.ts';
import { t } from '../../texts/texts.ts';

export function roleName(role: Role): string {
  const names: Partial<Record<Role, string>> = {
    inbox: t.inbox,
    drafts: t.drafts,
    sent: t.sent,
    archive: t.archive,
    junk: t.junk,
    trash: t.trash,
    flagged: t.flagged,
    all: t.allMail,
    important: t.important,
  };
  return names[role] ?? role;
}

/** Mailboxes with a role are called in the person's language, whatever they are called at the server. */
export function mailboxName({ role, name }: Pick<MailboxView, 'role' | 'name'>): string {
  // Made by the server, which speaks no language.
  if (role === null && name === snoozedName) return o.snoozed;
  return role === null || role === 'subscribed' ? name : roleName(role);
}

/** With the folders around it. */
export function mailboxPath(mailbox: MailboxView): string {
  const parent = mailbox.parentId === null ? null : live.mailbox(mailbox.accountId, mailbox.parentId);
  return parent ? `${mailboxPath(parent)} / ${mailboxName(mailbox)}` : mailboxName(mailbox);
}

export function mailboxIcon(role: Role | null): IconName {
  const icons: Partial<Record<Role, IconName>> = {
    inbox: 'inbox',
    drafts: 'drafts',
    sent: 'sent',
    archive: 'archive',
    junk: 'junk',
    trash: 'trash',
    flagged: 'star',
  };
  return (role && icons[role]) ?? 'folder';
}

/** Where the server gives all letters of an account (a ZIP archive), or of one mailbox (mbox), as a file. */
export function exportAddress(accountId: Id, mailbox: { readonly id: Id; readonly name: string } | null): string {
  const account = `/export/${encodeURIComponent(accountId)}`;
  return mailbox === null ? account : `${account}/${encodeURIComponent(mailbox.id)}?name=${encodeURIComponent(mailbox.name)}`;
}
