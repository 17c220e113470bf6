// What is done at a time that somebody has set: a letter that waits is sent, one that was put away comes back.
// Knows that each kind has somebody who does it; knows no kind.
import type { AccountId } from '../../store/contract.ts';
import type { Item, ItemKind } from '../../store/items-contract.ts';

/** Who does what items of a kind ask for, once they are due. */
export interface Appointment {
  readonly kind: ItemKind;
  /**
   * Does it, and in the same step removes the item or gives it another due time, so that it is done once: an item that is as it was before counts as
   * failed. Called again for the same item after a crash, and after trouble. Refusal `changed` says that somebody else was first.
   * @throws Unavailable when it is to be tried again soon.
   */
  act(item: Item, account: AccountId): Promise<void>;
}
