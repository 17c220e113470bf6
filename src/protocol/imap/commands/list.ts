// LIST with all its options (RFC 9051 §6.3.9, RFC 5258, 5819, 6154). Knows which names are to be shown with which attributes; the grammar is in
// grammar/list.ts, the patterns in grammar/list-pattern.ts.
import type { MailboxInfo } from '../../../store/contract.ts';
import type { Command, Context } from '../context.ts';
import { parseList, type ListArguments } from '../grammar/list.ts';
import { namePattern } from '../grammar/list-pattern.ts';
import { parentNames, type WrittenName } from '../grammar/mailbox-name.ts';
import { useOfRole } from '../special-use.ts';
import { formatStatus } from './status.ts';

export const list: Command<ListArguments> = {
  parse: parseList,
  async run(context, args) {
    if (!args.extended && args.patterns[0] === '') {
      // RFC 9051 §6.3.9: the hierarchy delimiter is asked for.
      context.untagged('LIST (\\Noselect) "/" ""');
      return { text: 'LIST completed' };
    }
    const { store } = context.parts;
    const tree = new MailboxTree(await store.mailboxes(context.account), await store.subscriptions(context.account));
    const { status } = args.returns;
    let text = '';
    for (const entry of chooseEntries(tree, args)) {
      text += formatEntry(context, entry.name, tree.attributes(entry.name, args.returns.subscribed), formatChildInfo(entry.childInfo));
      const mailbox = tree.mailboxes.get(entry.name);
      if (status.length > 0 && mailbox !== undefined) text += await formatStatus(context, mailbox, status);
    }
    if (text !== '') context.wire.write(text);
    return { text: 'LIST completed' };
  },
};

/** The mailboxes of an account with the names that are only there because there are names below them. */
export class MailboxTree {
  readonly mailboxes: ReadonlyMap<string, MailboxInfo>;
  readonly subscribed: ReadonlySet<string>;
  /** Names, there or not, below which there are mailboxes. */
  readonly #parents = new Set<string>();

  constructor(mailboxes: readonly MailboxInfo[], subscriptions: readonly string[]) {
    this.mailboxes = new Map(mailboxes.map((mailbox) => [mailbox.name, mailbox]));
    this.subscribed = new Set(subscriptions);
    for (const { name } of mailboxes) for (const parent of parentNames(name)) this.#parents.add(parent);
  }

  /** Every name a client can see, INBOX first. */
  names(more: Iterable<string> = []): string[] {
    return [...new Set([...this.mailboxes.keys(), ...this.#parents, ...more])].sort(compareNames);
  }

  /** RFC 9051 §7.3.1. \Noselect stands beside \NonExistent for clients that know only RFC 3501. */
  attributes(name: string, withSubscribed: boolean): string[] {
    const mailbox = this.mailboxes.get(name);
    const attributes = mailbox === undefined ? ['\\NonExistent', '\\Noselect'] : [];
    attributes.push(this.#parents.has(name) ? '\\HasChildren' : '\\HasNoChildren');
    const use = useOfRole(mailbox?.role ?? null);
    if (use !== null) attributes.push(use);
    if (withSubscribed && this.subscribed.has(name)) attributes.push('\\Subscribed');
    return attributes;
  }
}

interface ListEntry {
  readonly name: string;
  /** RFC 9051 §6.3.9.6: the criteria that something below it meets; empty for none. */
  readonly childInfo: readonly string[];
}

function chooseEntries(tree: MailboxTree, { selection, reference, patterns }: ListArguments): ListEntry[] {
  const matchers = patterns.filter((pattern) => pattern !== '').map((pattern) => namePattern((reference + pattern).normalize('NFC')));
  const matches = (name: string): boolean => matchers.some((matcher) => matcher(name));
  const criteria: string[] = [];
  if (selection.subscribed) criteria.push('SUBSCRIBED');
  if (selection.specialUse) criteria.push('SPECIAL-USE');
  if (criteria.length === 0)
    return tree
      .names()
      .filter(matches)
      .map((name) => ({ name, childInfo: [] }));

  const names = tree.names(selection.subscribed ? tree.subscribed : []);
  const meets = (name: string): boolean =>
    (!selection.subscribed || tree.subscribed.has(name)) &&
    (!selection.specialUse || useOfRole(tree.mailboxes.get(name)?.role ?? null) !== null);
  const chosen = names.filter(meets);
  const shown = new Map<string, ListEntry>();
  for (const name of chosen) if (matches(name)) shown.set(name, { name, childInfo: [] });
  if (selection.recursive) {
    for (const child of chosen) {
      for (const parent of parentNames(child)) {
        // RFC 9051 §6.3.9.6: a name that does not meet the criteria itself is only shown for a child that is not.
        if (shown.has(parent) ? true : !shown.has(child) && matches(parent)) shown.set(parent, { name: parent, childInfo: criteria });
      }
    }
  }
  return [...shown.values()].sort((a, b) => compareNames(a.name, b.name));
}

/** RFC 9051 §7.3.1, §9 (mailbox-list). `extended`: what stands in the last parentheses. */
export function formatEntry(context: Context, name: string, attributes: readonly string[], extended = ''): string {
  return `* LIST (${attributes.join(' ')}) "/" ${context.formatName(name)}${extended === '' ? '' : ` (${extended})`}\r\n`;
}

function formatChildInfo(criteria: readonly string[]): string {
  return criteria.length === 0 ? '' : `"CHILDINFO" (${criteria.map((criterion) => `"${criterion}"`).join(' ')})`;
}

/** RFC 9051 §6.3.9.7: the name the client used for a mailbox that we call otherwise; empty when they are the same. */
export function formatOldName(context: Context, { name, written }: WrittenName): string {
  return name === written ? '' : `"OLDNAME" (${context.formatName(written)})`;
}

/** Tells a client of RFC 9051 how the mailbox is called, when it wrote another name. */
export function tellOtherName(context: Context, mailbox: WrittenName, attributes: readonly string[] = []): void {
  const oldName = context.enabled.rev2 ? formatOldName(context, mailbox) : '';
  if (oldName !== '') context.wire.write(formatEntry(context, mailbox.name, attributes, oldName));
}

export function compareNames(a: string, b: string): number {
  if ((a === 'INBOX') !== (b === 'INBOX')) return a === 'INBOX' ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}
