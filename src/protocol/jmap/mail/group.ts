// `urn:ietf:params:jmap:mail` (RFC 8621 §1.3.1): the methods of Mailbox, Thread, Email and SearchSnippet, and what is announced of them.
// Knows which method is where. Those that write emails are given by whoever has them.
import type { Shelf } from '../../../store/shelf-contract.ts';
import type { JmapAccount, Method, MethodGroup } from '../contract.ts';
import { formatState } from '../ids.ts';
import { emailChanges, emailGet, emailParse } from './email-get.ts';
import { emailQuery, emailQueryChanges, emailSorts } from './email-query.ts';
import { longestName, mostLevels } from './mailbox-name.ts';
import { mailboxChanges, mailboxGet, mailboxQuery, mailboxQueryChanges } from './mailbox-read.ts';
import { mailboxSet } from './mailbox-set.ts';
import { withShelf, type MailParts } from './parts.ts';
import { searchSnippetGet } from './search-snippets.ts';
import { threadChanges, threadGet } from './threads.ts';
import { mailboxesPerEmailMax } from './write-parts.ts';

export const mailCapability = 'urn:ietf:params:jmap:mail';

/** `writing`: Email/set, /import and /copy. */
export function mailGroup(parts: MailParts, writing: Readonly<Record<string, Method>> = {}): MethodGroup {
  const state = (of: (shelf: Shelf) => number) => async (account: JmapAccount) =>
    formatState(await withShelf(parts.store, account.account, of));
  return {
    capability: mailCapability,
    methods: {
      'Mailbox/get': mailboxGet(parts),
      'Mailbox/changes': mailboxChanges(parts),
      'Mailbox/query': mailboxQuery(parts),
      'Mailbox/queryChanges': mailboxQueryChanges(parts),
      'Mailbox/set': mailboxSet(parts),
      'Thread/get': threadGet(parts),
      'Thread/changes': threadChanges(parts),
      'Email/get': emailGet(parts),
      'Email/changes': emailChanges(parts),
      'Email/query': emailQuery(parts),
      'Email/queryChanges': emailQueryChanges(parts),
      'Email/parse': emailParse(parts),
      'SearchSnippet/get': searchSnippetGet(parts),
      ...writing,
    },
    session: () => ({}),
    account: (account) => ({
      maxMailboxesPerEmail: mailboxesPerEmailMax,
      maxMailboxDepth: mostLevels,
      maxSizeMailboxName: longestName,
      maxSizeAttachmentsPerEmail: parts.maxSizeAttachmentsPerEmail,
      emailQuerySortOptions: Object.keys(emailSorts),
      mayCreateTopLevelMailbox: !account.isReadOnly,
    }),
    states: {
      Mailbox: state((shelf) => shelf.mailboxModSeq),
      Thread: state((shelf) => shelf.threadModSeq),
      Email: state((shelf) => shelf.emailModSeq),
      EmailDelivery: state(deliveryModSeq),
    },
  };
}

const delivered = new WeakMap<Shelf, { readonly at: number; readonly modSeq: number }>();

/** RFC 8621 §1.5: when a letter came last. Never goes back while the shelf is open, also when that letter is destroyed. */
function deliveryModSeq(shelf: Shelf): number {
  const known = delivered.get(shelf);
  if (known?.at === shelf.emailModSeq) return known.modSeq;
  let modSeq = known?.modSeq ?? 0;
  for (let index = 0; index < shelf.count; index++) if (shelf.createdModSeqs[index]! > modSeq) modSeq = shelf.createdModSeqs[index]!;
  delivered.set(shelf, { at: shelf.emailModSeq, modSeq });
  return modSeq;
}
