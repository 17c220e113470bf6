// What a shelf is made of, as an engine reads it from its rows. Knows rows and columns; knows no SQL.
import type { AccountId, MailboxId, MessageId, ModSeq, Uid } from './contract.ts';
import { DELETED, type FlagSet } from './mailbox-state.ts';
import type { MailboxShape } from './shelf-change.ts';
import { findLetter, lettersFrom, withRoom, type ShelfLetters } from './shelf-columns.ts';
import { counts, type Place, type ShelfSets } from './shelf-sets.ts';

/** MODSEQs of when it came into sight, lost a place last. */
export type TakeLetter = (message: MessageId, thread: number, created: ModSeq, changed: ModSeq) => void;
/** `words`: keywords joined by spaces. */
export type TakePlace = (
  mailbox: MailboxId,
  uid: Uid,
  message: MessageId,
  system: number,
  words: string,
  modSeq: ModSeq,
  size: number,
  receivedAt: number,
) => void;

/** Everything an engine knows of an account when it opens its shelf. */
export interface ShelfRows {
  readonly account: AccountId;
  readonly modSeq: ModSeq;
  /** How many letters there are about; then letters that lie somewhere, ascending, and all places. Given one by one: rows as values would be garbage. */
  readonly count: number;
  readLetters(take: TakeLetter): void;
  readPlaces(take: TakePlace): void;
  readonly mailboxes: readonly (MailboxShape & { readonly id: MailboxId; readonly highestModSeq: ModSeq })[];
  /** The last MODSEQ at which a letter, a mailbox went. */
  readonly lastGone: { readonly letter: ModSeq; readonly mailbox: ModSeq };
  /** `[thread, modseq]`: when a letter of a thread went last. */
  readonly goneOf: readonly (readonly [number, ModSeq])[];
}

/** A letter that lies somewhere, but nowhere in sight. */
export interface HiddenLetter {
  readonly thread: number;
  readonly size: number;
  readonly receivedAt: number;
  readonly places: readonly Place[];
}

export interface LoadedLetters {
  readonly letters: ShelfLetters;
  /** All places of letters in sight that have others than one. */
  readonly many: Map<MessageId, readonly Place[]>;
  readonly hidden: Map<MessageId, HiddenLetter>;
}

export function loadLetters(rows: ShelfRows, sets: ShelfSets): LoadedLetters {
  const all = lettersFrom(rows.count, (take) => rows.readLetters(take));
  const flagSets = new Map<string, FlagSet>();
  const hidden = new Map<MessageId, HiddenLetter>();
  const inSeveral = new Map<MessageId, readonly Place[]>();
  const placeOf = (at: number): Place => ({
    mailbox: sets.boxes[all.boxes[at]!]![0]!,
    uid: all.uids[at]!,
    flags: sets.flags.sets[all.flags[at]!]!,
  });
  const many = new Map<number, Place[]>();
  rows.readPlaces((mailbox, uid, message, system, words, modSeq, size, receivedAt) => {
    const at = findLetter(all, message);
    // A place whose letter is not there: `verify` names it.
    if (at < 0) return;
    let flags: FlagSet | undefined;
    if (words === '') flags = sets.flags.intern(system, []);
    else {
      const key = `${system} ${words}`;
      flags = flagSets.get(key);
      if (flags === undefined) flagSets.set(key, (flags = sets.flags.intern(system, words.split(' '))));
    }
    const isHidden = (system & DELETED) !== 0;
    if (!isHidden && modSeq > all.modSeqs[at]!) all.modSeqs[at] = modSeq;
    if (all.sizes[at] === 0 || receivedAt < all.receivedAt[at]!) all.receivedAt[at] = receivedAt;
    all.sizes[at] = size;
    const list = many.get(at);
    if (list !== undefined) list.push({ mailbox, uid, flags });
    else if (isHidden) many.set(at, [...(all.uids[at] === 0 ? [] : [placeOf(at)]), { mailbox, uid, flags }]);
    else if (all.uids[at] === 0) {
      all.uids[at] = uid;
      all.boxes[at] = sets.internOne(mailbox);
      all.flags[at] = flags.index;
    } else many.set(at, [placeOf(at), { mailbox, uid, flags }]);
  });
  const left: number[] = [];
  for (const [at, list] of many) {
    all.uids[at] = 0;
    const inSight = list.filter(counts);
    const message = all.messages[at]!;
    if (inSight.length === 0) {
      left.push(at);
      hidden.set(message, { thread: all.threads[at]!, size: all.sizes[at]!, receivedAt: all.receivedAt[at]!, places: list });
      continue;
    }
    inSeveral.set(message, list);
    all.boxes[at] = sets.internBoxes(inSight);
    all.flags[at] = sets.merge(inSight).index;
  }
  // A letter that counts places it has not: `verify` names it too.
  for (let at = 0; at < all.count; at++) if (all.uids[at] === 0 && !many.has(at)) left.push(at);
  left.sort((a, b) => a - b);
  const letters = left.length === 0 ? all : withRoom(all, all.count - left.length, left);
  return { letters, many: inSeveral, hidden };
}
