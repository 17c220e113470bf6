// Which names and roles a mailbox may be given by JMAP (RFC 8621 §2): those that IMAP can show, too (RFC 9051 §5.1, RFC 5198). Knows names only.
import type { MailboxRole } from '../../../store/contract.ts';
import { delimiter } from './mailbox-object.ts';

/** Announced as maxSizeMailboxName and maxMailboxDepth; the same that IMAP keeps to. */
export const longestName = 255;
export const mostLevels = 50;

/** In NFC; null for what cannot be one. */
export function readName(text: string): string | null {
  const name = text.normalize('NFC');
  if (!name.isWellFormed() || /[\p{Cc}\u2028\u2029\ufffe\uffff*%\\/]/u.test(name)) return null;
  if (name === '' || name === '.' || name === '..' || name.startsWith('#') || name.trim() !== name) return null;
  return new TextEncoder().encode(name).length > longestName ? null : name;
}

/** The full name of a mailbox below another, or at the top. INBOX in any case is INBOX. */
export function joinName(above: string | null, name: string): string {
  if (above !== null) return above + delimiter + name;
  return name.toUpperCase() === 'INBOX' ? 'INBOX' : name;
}

export function levelsOf(fullName: string): number {
  return fullName.split(delimiter).length;
}

const roles: ReadonlySet<string> = new Set<MailboxRole>([
  'inbox',
  'all',
  'archive',
  'drafts',
  'flagged',
  'important',
  'junk',
  'sent',
  'trash',
]);

export function isRole(text: string): text is MailboxRole {
  return roles.has(text);
}
