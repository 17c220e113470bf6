// The places of letters, and the sets of flags and mailboxes that they make, each kept once. Knows RFC 8621 §4.1.1; knows no column.
import type { MailboxId, Uid } from './contract.ts';
import { FlagSets } from './flag-sets.ts';
import { DELETED, DRAFT, SEEN, type FlagSet } from './mailbox-state.ts';
import { mergeFlags } from './revising.ts';

export interface Place {
  readonly mailbox: MailboxId;
  readonly uid: Uid;
  readonly flags: FlagSet;
}

/** False for one with \Deleted: it is out of sight. */
export function counts(place: Place): boolean {
  return (place.flags.system & DELETED) === 0;
}

/** RFC 8621 §2: neither $seen nor $draft. */
export function isUnread({ system }: FlagSet): boolean {
  return (system & (SEEN | DRAFT)) === 0;
}

export class ShelfSets {
  readonly flags = new FlagSets();
  /** Ascending ids; the same set is the same array. */
  readonly boxes: (readonly MailboxId[])[] = [];
  readonly #boxesOf = new Map<string, number>();
  readonly #oneBox = new Map<MailboxId, number>();

  /** Index of the set of one mailbox. */
  internOne(mailbox: MailboxId): number {
    let index = this.#oneBox.get(mailbox);
    if (index === undefined) this.#oneBox.set(mailbox, (index = this.boxes.push([mailbox]) - 1));
    return index;
  }

  /** Index of the set of the mailboxes of places. */
  internBoxes(places: readonly Place[]): number {
    const ids = [...new Set(places.map(({ mailbox }) => mailbox))].sort((a, b) => a - b);
    if (ids.length === 1) return this.internOne(ids[0]!);
    const key = ids.join(' ');
    let index = this.#boxesOf.get(key);
    if (index === undefined) this.#boxesOf.set(key, (index = this.boxes.push(ids) - 1));
    return index;
  }

  /** The flags of a letter that lies in these places. */
  merge(places: readonly Place[]): FlagSet {
    const { system, keywords } = mergeFlags(places.map(({ flags }) => flags));
    return this.flags.intern(system, keywords);
  }
}
