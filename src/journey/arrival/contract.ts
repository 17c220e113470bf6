// What happens to a letter at the moment when it is put into somebody's mailbox: their rules, their vacation reply. Knows the question;
// arrival.ts answers it.
import type { Bytes } from '../../base/bytes.ts';
import type { AcceptLetter, AccountId, LetterId, MessageId, Placement } from '../../store/contract.ts';

/** A letter that is about to be placed. */
export interface ArrivingLetter {
  readonly letter: LetterId;
  /** Wall time, milliseconds. */
  readonly at: number;
  /** RFC 5321 reverse-path without brackets; empty for `<>`. */
  readonly reversePath: string;
  /** Without the trace fields of this server. */
  readonly octets: Bytes;
}

export interface Arrival {
  /** Where the letter lies in the end: in the same order, one for each placement or several (never none). */
  readonly placements: readonly Placement[];
  /** Names of mailboxes other than INBOX, for the journey: of those whose letter a rule has moved. */
  readonly names: ReadonlyMap<AccountId, string>;
  /** Vacation replies, for the same commit. Their spools are the caller's to discard. */
  readonly replies: readonly AcceptLetter[];
  /** Called once the commit has settled well. */
  readonly committed: () => void;
}

export interface Arrivals {
  /**
   * Null when nobody of those placed has a rule or a vacation reply that could apply: the ordinary case, answered from memory at once.
   * Never rejects for what is in a letter; a rule that cannot be read is passed over.
   */
  arrive(letter: ArrivingLetter, placements: readonly Placement[]): null | Promise<Arrival>;
  /**
   * By the rules of its account, letters that were fetched from another provider and lie in INBOX already, in one transaction: collection must know first
   * which letter lies where, and carries what rules do to the provider like everything that a person does here. No vacation reply: the letters may
   * be old, and the provider may have given one.
   */
  sort(account: AccountId, messages: readonly MessageId[]): Promise<void>;
}
