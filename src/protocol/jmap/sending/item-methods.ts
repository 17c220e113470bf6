// What the types of sending have in common, as all are items of an account: /changes, and reading by id. Knows the item store's contract and
// RFC 8620 §5.2; knows no type.
import type { ItemKind, ItemStore } from '../../../store/items-contract.ts';
import type { Id, JmapAccount, JsonObject, Method } from '../contract.ts';
import { cannotCalculateChanges } from '../errors.ts';
import { formatId, formatState, type IdLetter } from '../ids.ts';
import { formatChanges, readChanges } from '../standard.ts';

export async function stateOf(items: ItemStore, { account }: JmapAccount, kind: ItemKind): Promise<string> {
  return formatState(await items.state(account, kind));
}

/** `before`: brings the items up to date first. */
export function changesOfItems(
  items: ItemStore,
  kind: ItemKind,
  letter: IdLetter,
  before?: (account: JmapAccount) => Promise<void>,
): Method {
  return async (args, asker) => {
    const call = readChanges(args, asker, {});
    await before?.(call.account);
    // Before the changes are read: what comes in between is told twice, never lost.
    const newState = await stateOf(items, call.account, kind);
    const changes = await items.changes(call.account.account, kind, call.since);
    if (changes === null) throw cannotCalculateChanges();
    const ids = (numbers: readonly number[]): Id[] => numbers.map((number) => formatId(letter, number));
    const { created, updated, destroyed } = changes;
    // A state in between would need to know when each went: fewer than these cannot be told.
    if (created.length + updated.length + destroyed.length > call.maxChanges)
      throw cannotCalculateChanges('There are more changes than that.');
    return {
      response: formatChanges(call, {
        newState: created.length + updated.length + destroyed.length === 0 ? call.sinceState : newState,
        hasMoreChanges: false,
        created: ids(created),
        updated: ids(updated),
        destroyed: ids(destroyed),
      }),
    };
  };
}

/** Properties that no client may set, or that nobody has heard of. */
export function unknownProperties(object: JsonObject, known: ReadonlySet<string>): string[] {
  return Object.keys(object).filter((name) => !known.has(name));
}
