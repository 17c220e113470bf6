// The INBOX as it was at login, and what this session means to remove from it. Knows letters by message-number; knows no wire
// and no words. Letters that arrive later are not in it; letters that another program removes meanwhile are told to be gone.
import type { Bytes } from '../../base/bytes.ts';
import { Refusal, Unavailable } from '../../base/trouble.ts';
import type { AccountId, LetterBytes, LetterId, MailStore, MessageId, Uid } from '../../store/contract.ts';
import type { MailboxState } from '../../store/mailbox-state.ts';
import type { MessageNumber } from './command.ts';

/** Letters above this size are read and sent in pieces. */
const largeLetter = 256 * 1024;
/** Read ahead for a client that walks through its letters: at most so much. */
const aheadOctets = 1024 * 1024;
const aheadLetters = 64;

export type LetterSource = Bytes | LetterBytes;

export class Maildrop {
  readonly #store: MailStore;
  readonly #state: MailboxState;
  readonly #uids: Uint32Array;
  readonly #messages: Uint32Array;
  readonly #sizes: Uint32Array;
  /** Letters at login, marked ones too. */
  readonly count: number;
  readonly #marked = new Set<MessageNumber>();
  #octets = 0;
  #markedOctets = 0;

  /** Letters read ahead, by message-number. */
  #ahead = new Map<MessageNumber, Bytes>();
  /** The number a client that walks in order asks for next. */
  #expected: MessageNumber = 1;
  /** Letters to read at once; grows while the client walks. */
  #stride = 1;

  /** @throws Refusal, Unavailable. */
  static async open(store: MailStore, account: AccountId): Promise<Maildrop> {
    const inbox = (await store.mailboxes(account)).find((mailbox) => mailbox.role === 'inbox');
    if (!inbox) throw new Unavailable('store-stopped', 'there is no INBOX');
    return new Maildrop(store, await store.openMailbox(account, inbox.id));
  }

  private constructor(store: MailStore, state: MailboxState) {
    this.#store = store;
    this.#state = state;
    // These arrays with the count of now are a snapshot (store/mailbox-state.ts).
    this.count = state.count;
    this.#uids = state.uids;
    this.#messages = state.messages;
    this.#sizes = state.sizes;
    for (let i = 0; i < this.count; i++) this.#octets += this.#sizes[i]!;
  }

  /** Letters and octets without the marked ones (RFC 1939 §5 STAT). */
  get letters(): number {
    return this.count - this.#marked.size;
  }
  get octets(): number {
    return this.#octets - this.#markedOctets;
  }

  has(number: MessageNumber): boolean {
    return number >= 1 && number <= this.count;
  }
  isMarked(number: MessageNumber): boolean {
    return this.#marked.has(number);
  }
  sizeOf(number: MessageNumber): number {
    return this.#sizes[number - 1]!;
  }
  uidOf(number: MessageNumber): Uid {
    return this.#uids[number - 1]!;
  }
  /** RFC 1939 §7 UIDL: UIDVALIDITY and UID together are never used again. */
  uniqueIdOf(number: MessageNumber): string {
    return `${this.#state.uidValidity}.${this.uidOf(number)}`;
  }

  // --- reading ------------------------------------------------------------------------------------------------------

  /**
   * The letter: its octets at once when they were read ahead, a promise otherwise; the way to its pieces when it is large.
   * @throws (or rejects with) Refusal `expired` when another program has removed it meanwhile; Unavailable.
   */
  read(number: MessageNumber): Bytes | Promise<LetterSource> {
    this.#checkThere(number);
    if (this.sizeOf(number) > largeLetter) return this.#store.openLetter(this.#state.account, this.#messageOf(number));
    const ready = this.#ahead.get(number);
    this.#stride = number === this.#expected ? Math.min(aheadLetters, this.#stride * 2) : 1;
    this.#expected = number + 1;
    if (!ready) return this.#readAhead(number);
    this.#ahead.delete(number);
    return ready;
  }

  #checkThere(number: MessageNumber): void {
    if (this.#state.gone || this.#state.indexOf(this.uidOf(number)) < 0)
      throw new Refusal('expired', 'the letter has been removed meanwhile');
  }

  async #readAhead(first: MessageNumber): Promise<Bytes> {
    const numbers: MessageNumber[] = [];
    let octets = 0;
    for (let number = first; number <= this.count && numbers.length < this.#stride; number++) {
      const size = this.sizeOf(number);
      if (number > first && (size > largeLetter || octets + size > aheadOctets)) break;
      if (number > first && this.#marked.has(number)) continue;
      numbers.push(number);
      octets += size;
    }
    const letters = await this.#store.readLetters(
      this.#state.account,
      numbers.map((number) => this.#messageOf(number)),
    );
    this.#ahead = new Map();
    numbers.forEach((number, i) => {
      const letter = letters[i];
      if (letter && number !== first) this.#ahead.set(number, letter);
    });
    return letters[0] ?? this.#readAlone(first);
  }

  /** It was not among those read: gone, or damaged, which is another thing altogether. Opening tells which. */
  async #readAlone(number: MessageNumber): Promise<Bytes> {
    try {
      const source = await this.#store.openLetter(this.#state.account, this.#messageOf(number));
      return await source.read(0, source.length);
    } catch (trouble) {
      if (trouble instanceof Refusal && trouble.code === 'nonexistent')
        throw new Refusal('expired', 'the letter has been removed meanwhile');
      throw trouble;
    }
  }

  #messageOf(number: MessageNumber): MessageId {
    return this.#messages[number - 1]!;
  }

  /** Journey ids of letters, in order. */
  letterIds(numbers: readonly MessageNumber[]): Promise<readonly LetterId[]> {
    return this.#store.readLetterIds(
      this.#state.account,
      numbers.map((number) => this.#messageOf(number)),
    );
  }

  // --- removing -----------------------------------------------------------------------------------------------------

  mark(number: MessageNumber): void {
    if (this.#marked.has(number)) return;
    this.#marked.add(number);
    this.#markedOctets += this.sizeOf(number);
    this.#ahead.delete(number);
  }

  unmarkAll(): void {
    this.#marked.clear();
    this.#markedOctets = 0;
  }

  /** Removes what is marked, in one step; durable when it settles. Returns how many letters went by our doing. @throws Unavailable. */
  async removeMarked(): Promise<number> {
    if (this.#marked.size === 0) return 0;
    const uids = Uint32Array.from(this.#marked, (number) => this.uidOf(number)).sort();
    return (await this.#store.expunge(this.#state.account, this.#state.mailbox, uids, false)).uids.length;
  }

  /** Lets go of the mailbox. Called once. */
  close(): void {
    this.#ahead = new Map();
    this.#state.release();
  }
}
