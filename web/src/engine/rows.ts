// From letters and conversations to what a row of the list and the list of mailboxes show. Knows heads and roles; knows no server.
import { backKeyword, hasKeyword, snoozedName, type ListQuery, type Only, type MailboxView, type Row } from './contract.ts';
import type { Account } from './account.ts';
import { findFilter } from './find.ts';
import type { EmailAddress, EmailFilter, EmailHead, Id, Mailbox, Role } from './jmap/objects.ts';

/** The conditions under which a list of one mailbox shows a letter; also what decides whether one that was acted on is still shown. */
export function filterOf(mailboxId: Id, only: Only | undefined): EmailFilter {
  if (only === 'unread') return { inMailbox: mailboxId, notKeyword: '$seen' };
  if (only === 'flagged') return { inMailbox: mailboxId, hasKeyword: '$flagged' };
  if (only === 'attachment') return { inMailbox: mailboxId, hasAttachment: true };
  return { inMailbox: mailboxId };
}

/** As far as it can be told here: mailbox and keyword. Other conditions are taken for met. */
export function meets(head: EmailHead, filter: EmailFilter): boolean {
  if ('operator' in filter) return true;
  return (
    (filter.inMailbox === undefined || head.mailboxIds[filter.inMailbox] === true) &&
    (filter.hasKeyword === undefined || hasKeyword(head.keywords, filter.hasKeyword)) &&
    (filter.notKeyword === undefined || !hasKeyword(head.keywords, filter.notKeyword))
  );
}

/** The rows that what is pending takes out of a list: no letter of theirs belongs there any more. */
export function hiddenRows(account: Account, filter: EmailFilter, threads: boolean): ReadonlySet<Id> {
  const hidden = new Set<Id>();
  if (account.overlay.isEmpty) return hidden;
  for (const id of account.overlay.touched) {
    const told = account.told(id);
    if (!told) continue;
    const members = threads ? (account.thread(told.threadId) ?? [id]) : [id];
    const stays = members.some((member) => {
      const head = account.head(member);
      return head !== null && meets(head, filter);
    });
    if (!stays) for (const member of members) hidden.add(member);
  }
  return hidden;
}

/** Null: not all of it is here yet. */
export function rowOf(account: Account, emailId: Id, threads: boolean, role: Role | null, snippet: Row['snippet']): Row | null {
  const head = account.head(emailId) ?? account.told(emailId);
  if (!head) return null;
  const memberIds = threads ? account.thread(head.threadId) : [emailId];
  if (!memberIds) return null;
  const members = memberIds.flatMap((id) => account.head(id) ?? []);
  const shown = members.length === 0 ? [head] : members;
  return {
    accountId: account.id,
    emailId,
    threadId: head.threadId,
    emailIds: shown.map(({ id }) => id),
    people: peopleOf(shown, role === 'sent' || role === 'drafts'),
    subject: head.subject ?? '',
    preview: head.preview,
    receivedAt: head.receivedAt,
    count: shown.length,
    isUnread: shown.some(({ keywords }) => !hasKeyword(keywords, '$seen') && !hasKeyword(keywords, '$draft')),
    isFlagged: shown.some(({ keywords }) => hasKeyword(keywords, '$flagged')),
    isDraft: shown.some(({ keywords }) => hasKeyword(keywords, '$draft')),
    isAnswered: hasKeyword(head.keywords, '$answered'),
    isBack: shown.some(({ keywords }) => hasKeyword(keywords, backKeyword)),
    hasAttachment: shown.some(({ hasAttachment }) => hasAttachment),
    mailboxIds: [...new Set(shown.flatMap(({ mailboxIds }) => Object.keys(mailboxIds)))],
    snippet,
  };
}

function peopleOf(heads: readonly EmailHead[], isOutgoing: boolean): EmailAddress[] {
  const people = new Map<string, EmailAddress>();
  for (const head of heads)
    for (const person of (isOutgoing ? head.to : head.from) ?? []) {
      const key = person.email.toLowerCase();
      if (!people.has(key)) people.set(key, person);
    }
  return [...people.values()].slice(0, 5);
}

const roleOrder: readonly Role[] = ['inbox', 'flagged', 'important', 'drafts', 'sent', 'archive', 'all', 'junk', 'trash'];

/** Roles first, then sortOrder and name, children behind their parents; counters with what is pending. */
export function mailboxViews(account: Account, isReadOnly: boolean): MailboxView[] {
  const all = [...(account.mailboxes?.values() ?? [])];
  const children = Map.groupBy(all, ({ parentId }) => (parentId !== null && account.mailboxes?.has(parentId) ? parentId : ''));
  const counts = pendingCounts(account);
  const views: MailboxView[] = [];
  function rank({ role, name, parentId }: Mailbox): number {
    // What is put off stands behind the inbox to which it comes back.
    if (role === null && name === snoozedName && parentId === null) return 0.5;
    const at = role === null ? -1 : roleOrder.indexOf(role);
    return at < 0 ? roleOrder.length : at;
  }
  function add(parent: Id | '', depth: number): void {
    const sorted = (children.get(parent) ?? []).toSorted(
      (a, b) => rank(a) - rank(b) || a.sortOrder - b.sortOrder || a.name.localeCompare(b.name, undefined, { numeric: true }),
    );
    for (const mailbox of sorted) {
      const { id, name, role, parentId, totalEmails, unreadEmails, myRights } = mailbox;
      views.push({
        accountId: account.id,
        id,
        name,
        role,
        parentId,
        depth,
        total: Math.max(0, totalEmails + (counts.get(id)?.total ?? 0)),
        unread: Math.max(0, unreadEmails + (counts.get(id)?.unread ?? 0)),
        mayAdd: !isReadOnly && myRights['mayAddItems'] !== false,
        mayDelete: !isReadOnly && myRights['mayDelete'] === true,
        mayRename: !isReadOnly && myRights['mayRename'] === true,
      });
      if (depth < 20) add(id, depth + 1);
    }
  }
  add('', 0);
  return views;
}

function pendingCounts(account: Account): Map<Id, { total: number; unread: number }> {
  const counts = new Map<Id, { total: number; unread: number }>();
  function count(head: EmailHead | null, sign: 1 | -1): void {
    if (!head) return;
    for (const id of Object.keys(head.mailboxIds)) {
      const sum = counts.get(id) ?? { total: 0, unread: 0 };
      sum.total += sign;
      if (!hasKeyword(head.keywords, '$seen')) sum.unread += sign;
      counts.set(id, sum);
    }
  }
  for (const id of account.overlay.touched) {
    const told = account.told(id);
    if (!told) continue;
    count(told, -1);
    count(account.head(id), 1);
  }
  return counts;
}

export interface Source {
  readonly account: Account;
  readonly filter: EmailFilter;
  readonly role: Role | null;
  /** Letters that were put off and are back stand on top. */
  readonly backFirst: boolean;
}

/** Which lists of which accounts a query is made of. */
export function sourcesOf(query: ListQuery, accounts: readonly Account[], now: Date): Source[] {
  switch (query.kind) {
    case 'mailbox':
      return accounts
        .filter(({ id }) => id === query.accountId)
        .map((account) => ({
          account,
          filter: filterOf(query.mailboxId, query.only),
          role: account.mailboxes?.get(query.mailboxId)?.role ?? null,
          backFirst: account.mailboxes?.get(query.mailboxId)?.role === 'inbox',
        }));
    case 'unified':
      return accounts.flatMap((account) => {
        const mailbox = account.mailboxOf(query.role);
        return mailbox ? [{ account, filter: filterOf(mailbox.id, query.only), role: query.role, backFirst: query.role === 'inbox' }] : [];
      });
    case 'search':
      return accounts
        .filter(({ id }) => query.accountIds.length === 0 || query.accountIds.includes(id))
        .map((account) => ({ account, filter: query.filter, role: null, backFirst: false }));
    case 'find':
      return accounts
        .filter(({ id }) => query.accountIds.length === 0 || query.accountIds.includes(id))
        .flatMap((account) => {
          const filter = findFilter(account, query.text, now);
          return filter ? [{ account, filter, role: null, backFirst: false }] : [];
        });
  }
}
