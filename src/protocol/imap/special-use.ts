// RFC 6154 §2: the special uses, and the roles of mailboxes they stand for.
import type { MailboxRole } from '../../store/contract.ts';

const uses: Readonly<Partial<Record<MailboxRole, string>>> = {
  all: '\\All',
  archive: '\\Archive',
  drafts: '\\Drafts',
  flagged: '\\Flagged',
  important: '\\Important', // RFC 8457
  junk: '\\Junk',
  sent: '\\Sent',
  trash: '\\Trash',
};

/** The attribute in LIST, or null when the mailbox has none. */
export function useOfRole(role: MailboxRole | null): string | null {
  return (role === null ? undefined : uses[role]) ?? null;
}

/** Null for an unknown use, and for \All and \Flagged, which would be views of other mailboxes. */
export function roleOfUse(use: string): MailboxRole | null {
  const role = use.slice(1).toLowerCase() as MailboxRole;
  return uses[role] === undefined || role === 'all' || role === 'flagged' ? null : role;
}
