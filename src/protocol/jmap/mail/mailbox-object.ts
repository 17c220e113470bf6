// Mailboxes as JMAP shows them (RFC 8621 §2): a tree of names, where the store has full names with `/`. Knows the properties; changes nothing.
//
// A name above others that is no mailbox itself (RFC 9051 §6.3.5 leaves such) is part of the name of what is below it.
import type { MailboxId, MailboxInfo } from '../../../store/contract.ts';
import type { Shelf } from '../../../store/shelf-contract.ts';
import type { JmapAccount, JsonObject } from '../contract.ts';
import { formatId } from '../ids.ts';

export const delimiter = '/';

/** Of one mailbox what RFC 8621 §2 says and the store has otherwise. */
export interface MailboxNode {
  readonly info: MailboxInfo;
  /** Without those above. INBOX is called Inbox, as people read it. */
  readonly name: string;
  readonly parent: MailboxNode | null;
}

export type MailboxTree = ReadonlyMap<MailboxId, MailboxNode>;

export function treeOf(mailboxes: readonly MailboxInfo[]): MailboxTree {
  const byName = new Map(mailboxes.map((info) => [info.name, info]));
  const tree = new Map<MailboxId, MailboxNode>();
  const nodeOf = (info: MailboxInfo): MailboxNode => {
    let node = tree.get(info.id);
    if (node === undefined) {
      let at = info.name.lastIndexOf(delimiter);
      while (at > 0 && !byName.has(info.name.slice(0, at))) at = info.name.lastIndexOf(delimiter, at - 1);
      const above = at > 0 ? byName.get(info.name.slice(0, at)) : undefined;
      const name = above === undefined ? info.name : info.name.slice(at + 1);
      node = { info, name: name === 'INBOX' && above === undefined ? 'Inbox' : name, parent: above === undefined ? null : nodeOf(above) };
      tree.set(info.id, node);
    }
    return node;
  };
  for (const info of mailboxes) nodeOf(info);
  return tree;
}

export const countProperties = ['totalEmails', 'unreadEmails', 'totalThreads', 'unreadThreads'] as const;
const properties: ReadonlySet<string> = new Set([
  'id',
  'name',
  'parentId',
  'role',
  'sortOrder',
  ...countProperties,
  'myRights',
  'isSubscribed',
]);

export function isMailboxProperty(name: string): boolean {
  return properties.has(name);
}

export function formatMailbox(node: MailboxNode, shelf: Shelf, account: JmapAccount): JsonObject {
  const { info, name, parent } = node;
  const { totalEmails, unreadEmails, totalThreads, unreadThreads } = shelf.counts(info.id);
  return {
    id: formatId('F', info.id),
    name,
    parentId: parent === null ? null : formatId('F', parent.info.id),
    role: info.role,
    sortOrder: info.sortOrder,
    totalEmails,
    unreadEmails,
    totalThreads,
    unreadThreads,
    myRights: rightsOf(info, account),
    isSubscribed: info.subscribed,
  };
}

/** An account is its owner's alone: everything may be done, except that INBOX stays what it is. */
function rightsOf(info: MailboxInfo, account: JmapAccount): JsonObject {
  const may = !account.isReadOnly;
  const mayMove = may && info.role !== 'inbox';
  return {
    mayReadItems: true,
    mayAddItems: may,
    mayRemoveItems: may,
    maySetSeen: may,
    maySetKeywords: may,
    mayCreateChild: may,
    mayRename: mayMove,
    mayDelete: mayMove,
    maySubmit: may,
  };
}
