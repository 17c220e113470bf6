// Mailbox/set (RFC 8621 §2.5): mailboxes made, renamed, moved, given a role, an order, a subscription, and removed. Knows arguments and errors; each
// object is one change of the store.
import { Refusal } from '../../../base/trouble.ts';
import type { MailboxId, MailboxInfo, MailboxRole, MailStore } from '../../../store/contract.ts';
import type { MailboxRevision, Shelf } from '../../../store/shelf-contract.ts';
import { aBoolean, optional } from '../arguments.ts';
import type { Asker, Id, JmapAccount, Json, JsonObject, Method } from '../contract.ts';
import { invalidProperties, notFound, NotSet, setError } from '../errors.ts';
import { formatId, formatState, parseId } from '../ids.ts';
import { applyPatch, sameJson } from '../patch.ts';
import { runSet } from '../set.ts';
import { checkState, readSet, resolveId, type SetCall } from '../standard.ts';
import { delimiter, formatMailbox, isMailboxProperty, treeOf, type MailboxNode } from './mailbox-object.ts';
import { isRole, joinName, levelsOf, mostLevels, readName } from './mailbox-name.ts';
import { orderUpdates, type Wanted } from './mailbox-order.ts';
import { withShelf, type MailParts } from './parts.ts';

const defaults: JsonObject = { parentId: null, role: null, sortOrder: 0, isSubscribed: true };
const settable: ReadonlySet<string> = new Set(['name', ...Object.keys(defaults)]);

export function mailboxSet({ store }: Pick<MailParts, 'store'>): Method {
  return async (args, asker) => {
    const call = readSet(args, asker, { onDestroyRemoveEmails: optional(aBoolean, false) });
    return withShelf(store, call.account.account, async (shelf) => {
      // Names that are given up for a moment are no state that anybody asked for.
      let state: string | null = formatState(shelf.mailboxModSeq);
      checkState(call.ifInState, state);
      const desk = new MailboxDesk(store, shelf, asker, call.account, call.onDestroyRemoveEmails);
      const { response, outcome } = await runSet(await desk.inOrder(call), asker, {
        state: async () => {
          const told = state ?? formatState(shelf.mailboxModSeq);
          state = null;
          return told;
        },
        create: (object) => desk.create(object),
        update: (id, patch) => desk.update(id, patch),
        destroy: (id) => desk.destroy(id),
        references: ({ parentId }) => (typeof parentId === 'string' && parentId.startsWith('#') ? [parentId.slice(1)] : []),
      });
      await desk.giveBack(new Set(outcome.notUpdated.keys()));
      return { response };
    });
  };
}

/** What the properties of a mailbox come to for the store. */
interface Plan {
  readonly fullName: string;
  readonly role: MailboxRole | null;
  readonly sortOrder: number;
  readonly subscribed: boolean;
}

class MailboxDesk {
  readonly #store: MailStore;
  readonly #shelf: Shelf;
  readonly #asker: Asker;
  readonly #account: JmapAccount;
  readonly #removeEmails: boolean;
  /** Names and roles that mailboxes gave up for others, until it was their turn. */
  readonly #givenUp = new Map<Id, MailboxRevision>();

  constructor(store: MailStore, shelf: Shelf, asker: Asker, account: JmapAccount, removeEmails: boolean) {
    this.#store = store;
    this.#shelf = shelf;
    this.#asker = asker;
    this.#account = account;
    this.#removeEmails = removeEmails;
  }

  async create(object: JsonObject): Promise<JsonObject & { readonly id: Id }> {
    const unknown = Object.keys(object).filter((name) => !settable.has(name));
    if (unknown.length > 0) throw new NotSet(invalidProperties(unknown, 'These are not set by a client.'));
    const tree = await this.#tree();
    const plan = this.#plan({ ...defaults, ...object }, tree, null);
    const { id } = await this.#store.createMailbox(this.#account.account, plan.fullName, plan.role);
    // RFC 8621 §2: what a person makes they want to see.
    await this.#store.reviseMailbox(this.#account.account, id, { subscribed: plan.subscribed, sortOrder: plan.sortOrder });
    const node = (await this.#tree()).get(id);
    if (node === undefined) throw new NotSet(notFound());
    const made = formatMailbox(node, this.#shelf, this.#account);
    const told = Object.entries(made).filter(
      ([name, value]) => !Object.hasOwn(object, name) || (name !== 'parentId' && !sameJson(object[name], value)),
    );
    return { ...Object.fromEntries(told), id: formatId('F', id) };
  }

  async update(id: Id, patch: JsonObject): Promise<JsonObject | null> {
    const tree = await this.#tree();
    const node = nodeOf(tree, id);
    const before = formatMailbox(node, this.#shelf, this.#account);
    const after = applyPatch(before, patch, defaults);
    const wrong = Object.keys(after).filter(
      (name) => !isMailboxProperty(name) || (!settable.has(name) && !sameJson(after[name], before[name])),
    );
    for (const name of Object.keys(before)) if (!Object.hasOwn(after, name)) wrong.push(name);
    if (wrong.length > 0) throw new NotSet(invalidProperties(wrong, 'These are not set by a client.'));
    const plan = this.#plan(after, tree, node);
    const { info } = node;
    const change: MailboxRevision = {
      ...(plan.fullName === info.name ? {} : { name: plan.fullName }),
      ...(plan.role === info.role ? {} : { role: plan.role }),
      ...(plan.subscribed === info.subscribed ? {} : { subscribed: plan.subscribed }),
      ...(plan.sortOrder === info.sortOrder ? {} : { sortOrder: plan.sortOrder }),
    };
    if (Object.keys(change).length === 0) return null;
    try {
      await this.#store.reviseMailbox(this.#account.account, info.id, change);
    } catch (trouble) {
      if (trouble instanceof Refusal && trouble.code === 'already-exists') throw new NotSet(invalidProperties(['name'], trouble.message));
      throw trouble;
    }
    const name = plan.fullName.slice(plan.fullName.lastIndexOf(delimiter) + 1);
    // A name is kept in one form (NFC); the client is told when it is another than it wrote.
    return typeof patch['name'] === 'string' && change.name !== undefined && !plan.fullName.endsWith(patch['name']) ? { name } : null;
  }

  async destroy(id: Id): Promise<void> {
    const node = nodeOf(await this.#tree(), id);
    const { info } = node;
    const inside = `${info.name}${delimiter}`;
    if ((await this.#store.mailboxes(this.#account.account)).some(({ name }) => name.startsWith(inside)))
      throw new NotSet(setError('mailboxHasChild', 'There are mailboxes below it.'));
    if (!this.#removeEmails && this.#shelf.counts(info.id).totalEmails > 0)
      throw new NotSet(setError('mailboxHasEmail', 'There are emails in it.'));
    // Its letters come to rest, where they can be brought back from, if they are nowhere else.
    await this.#store.deleteMailbox(this.#account.account, info.id);
  }

  /** Updates so that names and roles are free when they are wanted; of what is destroyed, the lowest first. */
  async inOrder<C extends SetCall>(call: C): Promise<C> {
    const there = await this.#store.mailboxes(this.#account.account);
    const tree = treeOf(there);
    const written = new Map<MailboxId, Id>();
    const wanted: Wanted[] = [];
    for (const [id, patch] of call.update) {
      const mailbox = parseId('F', resolveId(this.#asker, id) ?? '');
      const node = mailbox === null ? undefined : tree.get(mailbox);
      if (node === undefined || mailbox === null) continue;
      written.set(mailbox, id);
      wanted.push({ mailbox, fullName: this.#wantedName(node, patch, tree), role: patch['role'] as string | null | undefined });
    }
    const { order, circles } = orderUpdates(wanted, there);
    for (const [mailbox, gives] of circles) {
      // Its turn comes last of those in the circle; until then it has a name that nobody wants, and no role.
      const { name, role } = tree.get(mailbox)!.info;
      if (role === 'inbox') continue;
      const before = { ...(gives.name ? { name } : {}), ...(gives.role ? { role } : {}) };
      const meanwhile = { ...(gives.name ? { name: `${name.slice(0, 200)}~F${mailbox}` } : {}), ...(gives.role ? { role: null } : {}) };
      await this.#store.reviseMailbox(this.#account.account, mailbox, meanwhile);
      this.#givenUp.set(formatId('F', mailbox), before);
    }
    const update = new Map<Id, JsonObject>();
    for (const mailbox of order) update.set(written.get(mailbox)!, call.update.get(written.get(mailbox)!)!);
    for (const [id, patch] of call.update) if (!update.has(id)) update.set(id, patch);
    const depth = (id: Id): number => levelsOf(tree.get(parseId('F', resolveId(this.#asker, id) ?? '') ?? 0)?.info.name ?? '');
    return { ...call, update, destroy: call.destroy.toSorted((a, b) => depth(b) - depth(a)) };
  }

  /** A mailbox that gave up its name and was refused the other one has it again, where nobody has taken it; so with roles. */
  async giveBack(refused: ReadonlySet<Id>): Promise<void> {
    for (const [id, before] of this.#givenUp) {
      if (!refused.has(id)) continue;
      try {
        await this.#store.reviseMailbox(this.#account.account, parseId('F', id)!, before);
      } catch (trouble) {
        if (!(trouble instanceof Refusal)) throw trouble;
      }
    }
  }

  #wantedName(node: MailboxNode, patch: JsonObject, tree: ReadonlyMap<MailboxId, MailboxNode>): string | undefined {
    if (patch['name'] === undefined && patch['parentId'] === undefined) return undefined;
    const name = typeof patch['name'] === 'string' ? readName(patch['name']) : node.name;
    const parentId =
      patch['parentId'] === undefined ? (node.parent === null ? null : formatId('F', node.parent.info.id)) : patch['parentId'];
    const above = typeof parentId === 'string' ? tree.get(parseId('F', parentId) ?? 0)?.info.name : null;
    return name === null || above === undefined ? undefined : joinName(above, name);
  }

  async #tree(): Promise<ReadonlyMap<MailboxId, MailboxNode>> {
    return treeOf(await this.#store.mailboxes(this.#account.account));
  }

  /** @throws NotSet with all that is wrong. `node`: the mailbox as it is, null for a new one. */
  #plan(object: JsonObject, tree: ReadonlyMap<MailboxId, MailboxNode>, node: MailboxNode | null): Plan {
    const wrong = new Set<string>();
    const parent = this.#parentOf(object['parentId'], tree);
    if (parent === undefined) wrong.add('parentId');
    for (let above: MailboxNode | null = parent ?? null; above !== null; above = above.parent) if (above === node) wrong.add('parentId');
    const same = node !== null && object['name'] === node.name && (parent ?? null) === node.parent;
    const name = typeof object['name'] === 'string' ? (same ? node.name : readName(object['name'])) : null;
    if (name === null) wrong.add('name');
    const { role, sortOrder, isSubscribed } = object;
    if (role !== null && (typeof role !== 'string' || !isRole(role))) wrong.add('role');
    if (!Number.isSafeInteger(sortOrder) || (sortOrder as number) < 0 || (sortOrder as number) >= 2 ** 31) wrong.add('sortOrder');
    if (typeof isSubscribed !== 'boolean') wrong.add('isSubscribed');
    const fullName = same ? node.info.name : joinName(parent?.info.name ?? null, name ?? '');
    const others = [...tree.values()].filter((other) => other !== node).map(({ info }) => info);
    if (name !== null && !wrong.has('parentId')) {
      if (others.some((other) => other.name === fullName)) wrong.add('name');
      const deepest = node === null ? 0 : deepestBelow(node.info, others);
      if (levelsOf(fullName) + deepest > mostLevels) wrong.add('parentId');
    }
    if (role !== null && others.some((other) => other.role === role)) wrong.add('role');
    if (node?.info.role === 'inbox') {
      if (fullName !== node.info.name) wrong.add('name');
      if (role !== 'inbox') wrong.add('role');
    }
    if (wrong.size > 0) throw new NotSet(invalidProperties([...wrong]));
    return { fullName, role: role as MailboxRole | null, sortOrder: sortOrder as number, subscribed: isSubscribed as boolean };
  }

  /** Undefined for one that is not there. */
  #parentOf(value: Json | undefined, tree: ReadonlyMap<MailboxId, MailboxNode>): MailboxNode | null | undefined {
    if (value === null) return null;
    const id = typeof value === 'string' ? resolveId(this.#asker, value) : null;
    return tree.get(parseId('F', id ?? '') ?? 0);
  }
}

function nodeOf(tree: ReadonlyMap<MailboxId, MailboxNode>, id: Id): MailboxNode {
  const node = tree.get(parseId('F', id) ?? 0);
  if (node === undefined) throw new NotSet(notFound());
  return node;
}

/** Levels of the mailboxes that move along. */
function deepestBelow(info: MailboxInfo, others: readonly MailboxInfo[]): number {
  const inside = `${info.name}${delimiter}`;
  let deepest = 0;
  for (const { name } of others) if (name.startsWith(inside)) deepest = Math.max(deepest, levelsOf(name) - levelsOf(info.name));
  return deepest;
}
