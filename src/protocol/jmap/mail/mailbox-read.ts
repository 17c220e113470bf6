// Mailbox/get, /changes, /query and /queryChanges (RFC 8621 §2.1 to §2.4). Knows filters and orders of mailboxes, of which there are few: each query
// looks at all of them.
import type { MailStore } from '../../../store/contract.ts';
import type { Shelf, ShelfChanges } from '../../../store/shelf-contract.ts';
import { aBoolean, aText, anId, nullable, optional } from '../arguments.ts';
import type { Id, JsonObject, Method } from '../contract.ts';
import { cannotCalculateChanges } from '../errors.ts';
import { formatId, formatState, parseState } from '../ids.ts';
import {
  compareTexts,
  formatQuery,
  formatQueryChanges,
  matches,
  readQuery,
  readQueryChanges,
  unsupportedFilter,
  windowOf,
  type Askable,
  type Comparator,
  type Filter,
} from '../query.ts';
import { answerGet, readGet } from '../standard.ts';
import { answerChanges } from './changes.ts';
import { queryLimit } from './email-query.ts';
import { countProperties, formatMailbox, isMailboxProperty, treeOf, type MailboxNode, type MailboxTree } from './mailbox-object.ts';
import { withShelf, type MailParts } from './parts.ts';

type StorePart = Pick<MailParts, 'store'>;

export function mailboxGet({ store }: StorePart): Method {
  return async (args, asker) => {
    const call = readGet(args, asker, isMailboxProperty, {});
    return withShelf(store, call.account.account, async (shelf) => {
      const tree = treeOf(await store.mailboxes(shelf.account));
      const all = new Map<Id, JsonObject>();
      for (const node of tree.values()) all.set(formatId('F', node.info.id), formatMailbox(node, shelf, call.account));
      return { response: answerGet(call, formatState(shelf.mailboxModSeq), all) };
    });
  };
}

export function mailboxChanges({ store }: StorePart): Method {
  return async (args, asker) => ({
    response: await answerChanges(store, args, asker, 'mailboxes', (updated, countsOnly) => ({
      updatedProperties: updated.length > 0 && updated.every((mailbox) => countsOnly.has(mailbox)) ? countProperties : null,
    })),
  });
}

type Condition = (node: MailboxNode) => boolean;

const askable: Askable<Condition> = {
  condition: (object) => {
    const tests = Object.entries(object).map(([name, value]): Condition => {
      switch (name) {
        case 'parentId': {
          const wanted = nullable(anId)(value, name);
          return ({ parent }) => (parent === null ? null : formatId('F', parent.info.id)) === wanted;
        }
        case 'name': {
          const wanted = aText(value, name).normalize('NFC').toLowerCase();
          return (node) => node.name.toLowerCase().includes(wanted);
        }
        case 'role': {
          const wanted = nullable(aText)(value, name);
          return ({ info }) => info.role === wanted;
        }
        case 'hasAnyRole': {
          const wanted = aBoolean(value, name);
          return ({ info }) => (info.role !== null) === wanted;
        }
        case 'isSubscribed': {
          const wanted = aBoolean(value, name);
          return ({ info }) => info.subscribed === wanted;
        }
        default:
          throw unsupportedFilter(`Mailboxes are not filtered by ${name.slice(0, 60)}.`);
      }
    });
    return (node) => tests.every((test) => test(node));
  },
  sort: { sortOrder: [], name: [] },
};
const trees = { sortAsTree: optional(aBoolean, false), filterAsTree: optional(aBoolean, false) } as const;

interface MailboxQuery {
  readonly filter: Filter<Condition> | null;
  readonly sort: readonly Comparator[];
  readonly sortAsTree: boolean;
  readonly filterAsTree: boolean;
}

function find(tree: MailboxTree, { filter, sort, sortAsTree, filterAsTree }: MailboxQuery): readonly MailboxNode[] {
  const holds = (node: MailboxNode): boolean => filter === null || matches(filter, (condition) => condition(node));
  const within = (node: MailboxNode | null): boolean => node === null || (holds(node) && within(node.parent));
  const found = [...tree.values()].filter(filterAsTree ? within : holds);
  const compare = (a: MailboxNode, b: MailboxNode): number => {
    for (const { property, isAscending, collation } of sort) {
      const order = property === 'name' ? compareTexts(a.name, b.name, collation) : a.info.sortOrder - b.info.sortOrder;
      if (order !== 0) return isAscending ? order : -order;
    }
    return a.info.id - b.info.id;
  };
  return found.sort(sortAsTree ? (a, b) => compareAsTree(a, b, compare) : compare);
}

/** RFC 8621 §2.3 (sortAsTree): those above first, else by the nearest ancestors that are siblings. */
function compareAsTree(a: MailboxNode, b: MailboxNode, compare: (a: MailboxNode, b: MailboxNode) => number): number {
  const one = lineOf(a);
  const other = lineOf(b);
  for (let level = 0; level < one.length && level < other.length; level++)
    if (one[level] !== other[level]) return compare(one[level]!, other[level]!);
  return one.length - other.length;
}

/** From the top down to the mailbox itself. */
function lineOf(node: MailboxNode): MailboxNode[] {
  const line: MailboxNode[] = [];
  for (let each: MailboxNode | null = node; each !== null; each = each.parent) line.unshift(each);
  return line;
}

export function mailboxQuery({ store }: StorePart): Method {
  return async (args, asker) => {
    const call = readQuery(args, asker, askable, trees);
    return withShelf(store, call.account.account, async (shelf) => {
      const all = find(treeOf(await store.mailboxes(shelf.account)), call).map(({ info }) => formatId('F', info.id));
      const window = windowOf(call, all.length, (anchor) => all.indexOf(anchor), queryLimit);
      return {
        response: formatQuery(call, {
          queryState: formatState(shelf.mailboxModSeq),
          canCalculateChanges: true,
          window,
          ids: all.slice(window.start, window.end),
          total: all.length,
        }),
      };
    });
  };
}

export function mailboxQueryChanges({ store }: StorePart): Method {
  return async (args, asker) => {
    const call = readQueryChanges(args, asker, askable, trees);
    const since = parseState(call.sinceQueryState);
    if (since === null) throw cannotCalculateChanges('This is no state of ours.');
    return withShelf(store, call.account.account, async (shelf) => {
      const { changes, tree } = await momentOf(store, shelf, since);
      const found = find(tree, call);
      const { created, updated, destroyed, countsOnly } = changes.mailboxes;
      const touched = new Set(updated.filter((mailbox) => !countsOnly.has(mailbox)));
      // A change of one moves others: below it in a tree, or, where a name above went or came, in name and parent.
      const moves = created.length > 0 || destroyed.length > 0 || touched.size > 0;
      if (moves) for (const id of tree.keys()) if (!created.includes(id)) touched.add(id);
      const fresh = new Set([...created, ...touched]);
      const added = found.flatMap(({ info }, index) => (fresh.has(info.id) ? [{ id: formatId('F', info.id), index }] : []));
      return {
        response: formatQueryChanges(call, {
          newQueryState: formatState(Math.min(shelf.mailboxModSeq, changes.modSeq)),
          removed: [...destroyed, ...touched].map((mailbox) => formatId('F', mailbox)),
          added,
          total: found.length,
        }),
      };
    });
  };
}

/** What changed and what there is, both of one moment. */
async function momentOf(
  store: MailStore,
  shelf: Shelf,
  since: number,
): Promise<{ readonly changes: ShelfChanges; readonly tree: MailboxTree }> {
  for (;;) {
    const { mailboxModSeq } = shelf;
    const changes = await store.changesSince(shelf.account, since);
    if (changes === null) throw cannotCalculateChanges();
    const tree = treeOf(await store.mailboxes(shelf.account));
    if (shelf.mailboxModSeq === mailboxModSeq) return { changes, tree };
  }
}
