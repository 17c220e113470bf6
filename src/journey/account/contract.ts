// Where an address leads: what the stations ask about addresses. Knows the questions; addresses.ts answers them from the directory.
import type { AccountId } from '../../store/contract.ts';

/** Where an address leads. */
export type Resolution =
  /** One of ours: deliver into this account. `detail` is the subaddress tag, or null. */
  | { readonly kind: 'account'; readonly account: AccountId; readonly address: string; readonly detail: string | null }
  /** An alias: these, each resolved already (no aliases left), at most 1,000; loops are cut. */
  | { readonly kind: 'list'; readonly targets: readonly Resolution[] }
  /** A domain of ours without such a person. */
  | { readonly kind: 'unknown' }
  /** Not a domain of ours. */
  | { readonly kind: 'elsewhere'; readonly address: string; readonly domain: string };

/** What SMTP asks about addresses. Fulfilled by journey/account/addresses.ts on a Directory. */
export interface AddressBook {
  /** `address` as in a path, without brackets; the bare `postmaster` is the first domain's. Never waits. */
  resolve(address: string): Resolution;
  /** May this account put this address into MAIL FROM and From? Main address, subaddresses, aliases that lead to it. */
  owns(account: AccountId, address: string): boolean;
  isOurs(domain: string): boolean;
}
