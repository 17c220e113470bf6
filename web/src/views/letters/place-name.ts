// What the list that lies open is called.
import { live } from '../../state/live.svelte.ts';
import { t } from '../../texts/texts.ts';
import { mailboxName, roleName } from '../mailboxes/names.ts';
import type { Place } from './desk.svelte.ts';

export function placeName({ query }: Place): string {
  if (query.kind === 'unified') return query.role === 'inbox' ? t.allInboxes : roleName(query.role);
  if (query.kind === 'find') return t.search;
  const mailbox = live.mailbox(query.accountId, query.mailboxId);
  return mailbox ? mailboxName(mailbox) : '';
}
