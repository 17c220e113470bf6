// Letters that are taken over: laid into mailboxes and the queue, once however often they are sent again (reliability D-7). Knows accounts and the queue;
// knows no listener.
import type { Bytes } from '../../base/bytes.ts';
import { sha256Hex } from '../../base/digest.ts';
import type { LetterFacts } from '../../message/facts.ts';
import type { AcceptLetter, AccountId, CommitResult, MailboxId, Uid } from '../contract.ts';
import { partFlags } from '../flag-sets.ts';
import { placementKeyTime, resendTime } from '../limits.ts';
import { AccountChanges } from './account-changes.ts';
import type { MemoryAccount, MemoryMailbox } from './account.ts';
import type { MemoryQueue } from './queue.ts';

type Accepted = CommitResult['letters'][number];

export interface AcceptanceParts {
  /** @throws Refusal `nonexistent`. */
  account(id: AccountId): MemoryAccount;
  readonly queue: Pick<MemoryQueue, 'accept'>;
  now(): number;
}

export class Acceptance {
  readonly #parts: AcceptanceParts;
  /** Letters taken over lately, by what makes a re-send equal. */
  readonly #accepted = new Map<string, { readonly at: number; readonly result: Accepted }>();

  constructor(parts: AcceptanceParts) {
    this.#parts = parts;
  }

  /** Throws before anything has happened when a place is not there or would have too many keywords. */
  check(letters: readonly AcceptLetter[]): void {
    const flags = new Map<MemoryMailbox, string[][]>();
    for (const placement of letters.flatMap((letter) => letter.placements)) {
      const account = this.#parts.account(placement.account);
      const { mailbox, flags: wanted } = account.placeOf(placement);
      const list = flags.get(mailbox) ?? [];
      list.push([...wanted]);
      flags.set(mailbox, list);
      account.checkKeywords(mailbox, list);
    }
  }

  accept(letter: AcceptLetter, octets: Bytes, facts: LetterFacts, changes: Map<MemoryAccount, AccountChanges>): Accepted {
    const now = this.#parts.now();
    const sameness = resendKey(letter, octets);
    if (letter.resentUntil !== undefined) {
      const earlier = this.#accepted.get(sameness);
      if (earlier !== undefined && earlier.at <= letter.resentUntil && now - earlier.at < resendTime)
        return { ...earlier.result, resent: true };
    }
    const stored = new Map<MemoryAccount, ReturnType<MemoryAccount['addLetter']>>();
    const placed: { account: AccountId; mailbox: MailboxId; uid: Uid }[] = [];
    for (const placement of letter.placements) {
      const account = this.#parts.account(placement.account);
      const { mailbox, flags: wanted } = account.placeOf(placement);
      // Two mailboxes of two rules are gone: once is enough.
      if (placement.yields === true && placed.some((other) => other.account === account.id && other.mailbox === mailbox.id)) continue;
      if (placement.key !== undefined) {
        const used = account.placementKeys.get(placement.key);
        if (used !== undefined && now - used < placementKeyTime) continue;
        account.placementKeys.set(placement.key, now);
      }
      const change = changes.get(account) ?? new AccountChanges(account);
      changes.set(account, change);
      const one = stored.get(account) ?? account.addLetter(octets, facts, letter.letter);
      stored.set(account, one);
      const { system, keywords } = partFlags(wanted);
      const uid = change.add(mailbox, one, mailbox.state.internFlags(system, keywords), letter.receivedAt, now);
      placed.push({ account: account.id, mailbox: mailbox.id, uid });
    }
    this.#parts.queue.accept(letter, octets, now);
    const result: Accepted = { letter: letter.letter, resent: false, placed };
    if (letter.resentUntil !== undefined) this.#accepted.set(sameness, { at: now, result });
    return result;
  }

  forgetBefore(time: number): void {
    for (const [key, { at }] of this.#accepted) if (at <= time) this.#accepted.delete(key);
  }
}

/** Same octets from the client, same reverse-path, same recipients (reliability D-7). */
function resendKey(letter: AcceptLetter, octets: Bytes): string {
  const recipients = [...letter.placements.map(({ account }) => `${account}`), ...letter.queue.map(({ recipient }) => recipient)].sort();
  return sha256Hex(octets.subarray(letter.prefix.length), '\0', letter.reversePath, '\0', recipients.join('\0'));
}
