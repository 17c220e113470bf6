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
/** Of these so few are left when the next are read. */
const aheadLow = 24;

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
  /** A read that nobody waits for yet. */
  #coming: Promise<void> | null = null;

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
    this.#stride = number === this.#expected ? Math.min(aheadLetters, this.#stride * 2) : 1;
    this.#expected = number + 1;
    const ready = this.#takeAhead(number);
    if (ready === undefined)
      return this.#coming !== null && this.#stride > 1
        ? this.#coming.then(() => this.#takeAhead(number) ?? this.#readAhead(number))
        : this.#readAhead(number);
    // Little is left of what was read ahead: the disk reads on while the client takes the rest.
    if (this.#coming === null && this.#stride === aheadLetters && this.#ahead.size <= aheadLow) this.#readOn();
    return ready;
  }

  #takeAhead(number: MessageNumber): Bytes | undefined {
    const letter = this.#ahead.get(number);
    this.#ahead.delete(number);
    return letter;
  }

  #readOn(): void {
    let next = this.#expected;
    while (this.#ahead.has(next) || this.#marked.has(next)) next++;
    if (next > this.count || this.sizeOf(next) > largeLetter) return;
    const before = this.#ahead;
    this.#coming = this.#load(next)
      .then((letters) => {
        // A client that has gone elsewhere meanwhile has begun anew.
        if (this.#ahead === before) for (const [number, letter] of letters) before.set(number, letter);
      })
      // Met again, and told, when the letter itself is asked for.
      .catch(() => {})
      .finally(() => (this.#coming = null));
  }

  #checkThere(number: MessageNumber): void {
    if (this.#state.gone || this.#state.indexOf(this.uidOf(number)) < 0)
      throw new Refusal('expired', 'the letter has been removed meanwhile');
  }

  async #readAhead(first: MessageNumber): Promise<Bytes> {
    const letters = await this.#load(first);
    const letter = letters.get(first);
    letters.delete(first);
    this.#ahead = letters;
    return letter ?? this.#readAlone(first);
  }

  /** A run of letters from this one on, as far as one read should go; without those that could not be read. */
  async #load(first: MessageNumber): Promise<Map<MessageNumber, Bytes>> {
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
    const found = new Map<MessageNumber, Bytes>();
    numbers.forEach((number, i) => {
      const letter = letters[i];
      if (letter) found.set(number, letter);
    });
    return found;
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
