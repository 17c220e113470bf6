// The INBOX as it was at login, and what this session means to remove from it. Knows letters by message-number; knows no wire
// and no words. Letters that arrive later are not in it; letters that another program removes meanwhile are told to be gone.
import type { Bytes } from '../../base/bytes.ts';
import { giveSlab, slabSize, takeSlab } from '../../base/slabs.ts';
import { Refusal, Unavailable } from '../../base/trouble.ts';
import type { AccountId, LetterBytes, LetterId, MailStore, MessageId, Uid } from '../../store/contract.ts';
import type { MailboxState } from '../../store/mailbox-state.ts';
import type { MessageNumber } from './command.ts';

/** Letters above this size are read and sent in pieces. */
const largeLetter = 256 * 1024;
/** Read ahead for a client that walks through its letters: at most so many, as far as they go into a slab. */
const aheadLetters = 64;
/** Above this size the wire takes the octets over, and they must not lie in a slab. */
const aheadLetter = 60 * 1024;
/** With so few left, the next are read. */
const aheadLow = 8;

export type LetterSource = Bytes | LetterBytes;

/** Letters read together, by message-number, in their slab when they have one. */
interface Run {
  readonly slab: Bytes | undefined;
  readonly letters: Map<MessageNumber, Bytes>;
}

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

  /** Letters read ahead, and those behind them. */
  #ahead: Run | null = null;
  #next: Run | null = null;
  /** The number a client that walks in order asks for next. */
  #expected: MessageNumber = 1;
  /** Letters to read at once; grows while the client walks. */
  #stride = 1;
  /** A read that nobody waits for yet. */
  #coming: Promise<void> | null = null;
  #closed = false;

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
   * The letter: its octets at once when they were read ahead, a promise otherwise; the way to its pieces when it is large. The octets are
   * there until the next call.
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
    if (this.#next === null && this.#coming === null && this.#stride > aheadLow && this.#ahead!.letters.size <= aheadLow) this.#readOn();
    return ready;
  }

  #takeAhead(number: MessageNumber): Bytes | undefined {
    if (this.#next?.letters.has(number)) {
      giveBack(this.#ahead);
      this.#ahead = this.#next;
      this.#next = null;
    }
    const letter = this.#ahead?.letters.get(number);
    if (letter !== undefined) this.#ahead!.letters.delete(number);
    return letter;
  }

  #readOn(): void {
    let next = this.#expected;
    while (this.#ahead!.letters.has(next) || this.#marked.has(next)) next++;
    if (next > this.count || this.sizeOf(next) > largeLetter) return;
    const before = this.#ahead;
    this.#coming = this.#load(next)
      .then((run) => {
        // A client that has gone elsewhere meanwhile has begun anew.
        if (this.#ahead === before && !this.#closed) this.#next = run;
        else giveBack(run);
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
    this.#giveAheadBack();
    const run = await this.#load(first);
    if (this.#closed) {
      giveBack(run);
      throw new Unavailable('shutting-down', 'the session has ended');
    }
    this.#ahead = run;
    return this.#takeAhead(first) ?? this.#readAlone(first);
  }

  /** A run of letters from this one on, as far as one read should go; without those that could not be read. */
  async #load(first: MessageNumber): Promise<Run> {
    const numbers: MessageNumber[] = [first];
    let octets = this.sizeOf(first);
    if (octets <= aheadLetter)
      for (let number = first + 1; number <= this.count && numbers.length < this.#stride; number++) {
        const size = this.sizeOf(number);
        if (size > aheadLetter || octets + size > slabSize) break;
        if (this.#marked.has(number)) continue;
        numbers.push(number);
        octets += size;
      }
    const slab = numbers.length > 1 ? takeSlab() : undefined;
    const messages = numbers.map((number) => this.#messageOf(number));
    // When this fails, something may still be on its way into the slab: it is let go of.
    const found = await this.#store.readLetters(this.#state.account, messages, slab);
    const letters = new Map<MessageNumber, Bytes>();
    numbers.forEach((number, i) => {
      const letter = found[i];
      if (letter) letters.set(number, letter);
    });
    return { slab, letters };
  }

  #giveAheadBack(): void {
    giveBack(this.#ahead);
    giveBack(this.#next);
    this.#ahead = this.#next = null;
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
    this.#ahead?.letters.delete(number);
    this.#next?.letters.delete(number);
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
    this.#closed = true;
    this.#giveAheadBack();
    this.#state.release();
  }
}

function giveBack(run: Run | null): void {
  if (run?.slab !== undefined) giveSlab(run.slab);
}
