// What every engine asks of a write to an item, so that all refuse the same. Knows bounds and words; knows no engine and no row.
import { bytesFromUtf8 } from '../base/bytes.ts';
import { Refusal } from '../base/trouble.ts';
import type { Commit, AccountId, ModSeq } from './contract.ts';
import { itemOctetsMax, itemsMax, type Item, type ItemKind, type ItemWrite } from './items-contract.ts';

/** What an engine keeps of an item's value: JSON. @throws Refusal `too-big`. */
export function formatItem(value: unknown): string {
  const text = JSON.stringify(value) ?? 'null';
  // No unit of UTF-16 makes more than three octets: most texts need not be measured.
  if (text.length * 3 > itemOctetsMax && bytesFromUtf8(text).length > itemOctetsMax)
    throw new Refusal('too-big', `An item may have ${itemOctetsMax} octets`);
  return text;
}

/** The text that a write brings, if any. @throws Refusal `too-big`. */
export function textOf(write: ItemWrite): string | null {
  if ('add' in write) return formatItem(write.add);
  return 'put' in write ? formatItem(write.put) : null;
}

/**
 * May the item be changed by this write? An item that somebody else has removed meanwhile is not what it was.
 * @throws Refusal `changed`, `nonexistent`.
 */
export function checkItem(
  is: Pick<Item, 'modSeq'> | null,
  write: { readonly kind: ItemKind; readonly id: number; readonly ifModSeq?: ModSeq | undefined },
): void {
  const { ifModSeq } = write;
  if (ifModSeq !== undefined && (is === null || is.modSeq > ifModSeq))
    throw new Refusal('changed', 'Somebody else was first', `item ${write.kind} ${write.id} is not as it was at ${ifModSeq}`);
  if (is === null) throw new Refusal('nonexistent', 'There is no such item', `there is no item ${write.kind} ${write.id}`);
}

/** @throws Refusal `limit`. */
export function checkItemCount(before: number): void {
  if (before >= itemsMax) throw new Refusal('limit', `There may be ${itemsMax} items of a kind`);
}

/** The one account whose items a commit changes, or null. @throws Refusal `cannot`: two accounts may live in two shards, and then it would be two decisions. */
export function accountOfItems(items: NonNullable<Commit['items']>): AccountId | null {
  const [first] = items;
  if (first === undefined) return null;
  if (items.some(({ account }) => account !== first.account)) throw new Refusal('cannot', 'The items of one commit are of one account');
  return first.account;
}

/** Whether somebody who waits for the next due item should look again. */
export function mayBeDue(writes: readonly ItemWrite[]): boolean {
  return writes.some((write) => 'dueAt' in write && write.dueAt != null);
}

/** MODSEQ of a kind that nothing has changed yet: that of an account when it is made. */
export const firstModSeq: ModSeq = 1;

/** Uploads of one account at a time, and the octets of all of them. */
export const uploadsMax = 1000;
export const uploadOctetsMax = 1 << 30;

/** @throws Refusal `limit` when there is no room for one more of this size. */
export function checkUploadRoom(count: number, octets: number, size: number): void {
  if (count >= uploadsMax || octets + size > uploadOctetsMax)
    throw new Refusal('limit', 'There are too many uploads that nobody has used yet');
}
