// What a revision means for a letter's mailboxes and flags: the part that is the same in every engine. Knows shelf-contract.ts; changes nothing.
import { Refusal } from '../base/trouble.ts';
import type { MailboxId } from './contract.ts';
import { changeFlags, partFlags } from './flag-sets.ts';
import { DRAFT, SEEN, type FlagSet } from './mailbox-state.ts';
import type { Revision, RevisionFlags, RevisionOutcome } from './shelf-contract.ts';

/** Mailboxes that a letter is to be laid into and taken out of, or why not. `here`: where it lies now, places that count. */
export function planMailboxes(
  here: readonly MailboxId[],
  change: Revision['mailboxes'],
  exists: (mailbox: MailboxId) => boolean,
): 'no-such-mailbox' | 'nowhere' | { readonly add: readonly MailboxId[]; readonly remove: readonly MailboxId[] } {
  if (change === undefined) return { add: [], remove: [] };
  const now = new Set(here);
  const wanted = new Set('set' in change ? change.set : [...here, ...change.add]);
  if ('remove' in change) for (const mailbox of change.remove) wanted.delete(mailbox);
  const add = [...wanted].filter((mailbox) => !now.has(mailbox));
  if (!add.every(exists)) return 'no-such-mailbox';
  if (wanted.size === 0) return 'nowhere';
  return { add, remove: [...now].filter((mailbox) => !wanted.has(mailbox)) };
}

/** The flags of one place after a revision. */
export function reviseFlags(
  sets: { internFlags(system: number, keywords: readonly string[]): FlagSet },
  before: FlagSet,
  { how, flags, without = [] }: RevisionFlags = { how: 'add', flags: [] },
): FlagSet {
  const gone = partFlags(without);
  const left = without.length === 0 ? before : changeFlags(sets, before, 'remove', gone.system, gone.keywords);
  const { system, keywords } = partFlags(flags);
  return changeFlags(sets, left, how, system, keywords);
}

interface PlainFlags {
  readonly system: number;
  readonly keywords: readonly string[];
}

/** RFC 8621 §4.1.1: the flags of a letter are those of all its places together, $seen and $draft only when all have it. At least one place. */
export function mergeFlags(places: readonly PlainFlags[]): PlainFlags {
  if (places.length === 1) return places[0]!;
  let any = 0;
  let every = SEEN | DRAFT;
  const keywords = new Map<string, string>();
  for (const { system, keywords: words } of places) {
    any |= system;
    every &= system;
    for (const word of words) if (!keywords.has(word.toLowerCase())) keywords.set(word.toLowerCase(), word);
  }
  return { system: (any & ~(SEEN | DRAFT)) | every, keywords: [...keywords.values()] };
}

/** Why nothing was done about a letter that was to be revised together with something else. */
export function refusalOf(outcome: RevisionOutcome): Refusal | null {
  switch (outcome) {
    case 'done':
    case 'same':
      return null;
    case 'nonexistent':
    case 'no-such-mailbox':
      return new Refusal('nonexistent', 'There is no such letter or mailbox', outcome);
    case 'nowhere':
      return new Refusal('cannot', 'A letter must lie in a mailbox');
    case 'limit':
      return new Refusal('limit', 'A mailbox cannot hold more different keywords');
    case 'over-quota':
      return new Refusal('over-quota', 'The mailbox is full');
  }
}
