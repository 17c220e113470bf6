// Contact/query and /queryChanges: which contacts there are, a page at a time; a person may keep more than one /get gives. Knows the order that they stand
// in; what a contact is, kept.ts says.
import {
  collationKey,
  formatQuery,
  readQuery,
  readQueryChanges,
  unsupportedFilter,
  windowOf,
  type Askable,
  type Comparator,
} from '../query.ts';
import type { Id, JsonObject, Method } from '../contract.ts';
import { cannotCalculateChanges } from '../errors.ts';
import { formatId } from '../ids.ts';
import { stateOf } from '../item-methods.ts';
import { coreLimits } from '../limits.ts';
import type { Item } from '../../../store/items-contract.ts';
import type { TayoriParts } from './contract.ts';
import { contactKind } from './kept.ts';
import { checkOwn } from './properties.ts';

/** Without a comparator they come by id: what is made while somebody reads page after page comes last, and moves no other. */
const askable: Askable<null> = {
  condition(object) {
    for (const name of Object.keys(object)) throw unsupportedFilter(`Contacts are not filtered by ${name.slice(0, 60)}.`);
    return null;
  },
  sort: { name: [] },
};

/** RFC 8620 §5.5 and §5.6. */
export function contactQueryMethods({ items }: Pick<TayoriParts, 'items'>): Readonly<Record<string, Method>> {
  return {
    'Contact/query': async (args, asker) => {
      const call = readQuery(args, asker, askable, {});
      const { account } = checkOwn(call.account);
      const queryState = await stateOf(items, call.account, contactKind);
      const ids = sorted(await items.list(account, contactKind), call.sort);
      const window = windowOf(call, ids.length, (anchor) => ids.indexOf(anchor), coreLimits.maxObjectsInGet);
      const page = ids.slice(window.start, window.end);
      return { response: formatQuery(call, { queryState, canCalculateChanges: false, window, ids: page, total: ids.length }) };
    },
    'Contact/queryChanges': async (args, asker) => {
      checkOwn(readQueryChanges(args, asker, askable, {}).account);
      throw cannotCalculateChanges('Ask for the contacts anew.');
    },
  };
}

function sorted(all: readonly Item[], sort: readonly Comparator[]): readonly Id[] {
  const ids = (some: readonly Item[]): Id[] => some.map(({ id }) => formatId('V', id));
  // Of several comparators by the same name only the first decides.
  const [by] = sort;
  if (by === undefined) return ids(all);
  const keys = new Map(all.map((item) => [item, collationKey(nameOf(item.value as JsonObject), by.collation)]));
  const order = (a: Item, b: Item): number => (keys.get(a)! < keys.get(b)! ? -1 : keys.get(a)! > keys.get(b)! ? 1 : 0);
  return ids(all.toSorted((a, b) => (by.isAscending ? order(a, b) : order(b, a)) || a.id - b.id));
}

/** As in a Japanese address book: by how the name is read; without it by the name, or by the first address. */
function nameOf({ reading, name, addresses }: JsonObject): string {
  const [first] = addresses as readonly { readonly email: string }[];
  return String(reading || name || first?.email);
}
