// What types whose objects are items of an account have in common: their state, /changes, and decisions about one of which another may be quicker.
// Knows the item store's contract and RFC 8620 §5.2; knows no type.
import { Refusal } from '../../base/trouble.ts';
import type { ItemKind, ItemStore } from '../../store/items-contract.ts';
import { readPage, readPagedChanges, formatPage } from './changes-page.ts';
import type { JmapAccount, JsonObject, Method } from './contract.ts';
import { formatState, type IdLetter } from './ids.ts';

export async function stateOf(items: ItemStore, { account }: JmapAccount, kind: ItemKind): Promise<string> {
  return formatState(await items.state(account, kind));
}

/** `before`: brings the items up to date first, or refuses the account. */
export function changesOfItems(items: ItemStore, kind: ItemKind, letter: IdLetter, before?: (account: JmapAccount) => unknown): Method {
  return async (args, asker) => {
    const call = readPagedChanges(args, asker);
    const { account } = call.account;
    await before?.(call.account);
    let newest = 0;
    const page = await readPage(
      async (since) => {
        // Before the changes are read: what comes in between is told twice, never lost.
        const modSeq = await items.state(account, kind);
        newest = Math.max(newest, modSeq);
        const changes = await items.changes(account, kind, since);
        return changes === null ? null : { modSeq: Math.max(modSeq, since), changes };
      },
      call.cursor,
      call.maxChanges,
      () => Math.max(newest, call.since),
    );
    return { response: formatPage(call, page, letter) };
  };
}

/** Far more than there are apps that write the same object in one moment. */
const attemptsMax = 20;

/**
 * Reads an object, and writes it as it was not changed since: by `ifModSeq`. Of two who patch it at once the second looks again, and neither's change is
 * lost (RFC 8620 §5.3); who has named the state that they know (`ifInState`) is told that it is another.
 * @throws Refusal `changed`.
 */
export async function decide<T>(ifInState: string | null, attempt: () => Promise<T>): Promise<T> {
  for (let attempts = 1; ; attempts++) {
    try {
      // oxlint-disable-next-line no-await-in-loop -- again only when somebody else was quicker
      return await attempt();
    } catch (trouble) {
      if (!(trouble instanceof Refusal) || trouble.code !== 'changed' || ifInState !== null || attempts === attemptsMax) throw trouble;
    }
  }
}

/** The only item of a kind: of two made at once the first stays. @throws Refusal `changed`: it was not this one. */
export async function addOnly(items: ItemStore, { account }: JmapAccount, kind: ItemKind, value: unknown): Promise<void> {
  const { ids } = await items.write(account, [{ kind, add: value }]);
  const [first] = await items.list(account, kind);
  if (first?.id === ids[0]) return;
  await items.write(account, [{ kind, id: ids[0]!, remove: true }]);
  throw new Refusal('changed', 'Somebody else was first');
}

/** Properties that no client may set, or that nobody has heard of. */
export function unknownProperties(object: JsonObject, known: ReadonlySet<string>): string[] {
  return Object.keys(object).filter((name) => !known.has(name));
}
