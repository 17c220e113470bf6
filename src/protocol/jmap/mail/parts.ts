// What the methods of mail are given, and how they get at the letters of an account. Knows the store's contract; knows no method.
import type { AccountId, MailStore } from '../../../store/contract.ts';
import type { Shelf } from '../../../store/shelf-contract.ts';
import type { Blobs } from '../contract.ts';

export interface MailParts {
  readonly store: MailStore;
  readonly blobs: Blobs;
  /** What Email/set and Email/import keep to, announced with the rest. */
  readonly maxSizeAttachmentsPerEmail: number;
}

/** Opens the account's letters for as long as `work` takes. */
export async function withShelf<T>(store: MailStore, account: AccountId, work: (shelf: Shelf) => T | Promise<T>): Promise<T> {
  const shelf = await store.openShelf(account);
  try {
    return await work(shelf);
  } finally {
    shelf.release();
  }
}
