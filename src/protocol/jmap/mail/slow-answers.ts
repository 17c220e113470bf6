// What is asked of letters and cannot be told from the shelf: is a text in it, has it an attachment, by what is it sorted. Answers are kept: the content
// of a letter never changes. Knows the store; knows no filter and no order.
import { latin1FromBytes, type Bytes } from '../../../base/bytes.ts';
import { Refusal } from '../../../base/trouble.ts';
import type { FactName } from '../../../message/facts.ts';
import { decodeHeaderText } from '../../../message/header/encoded-word.ts';
import { headerFieldRanges, unfold } from '../../../message/header/fields.ts';
import type { AccountId, MailStore, MessageId } from '../../../store/contract.ts';
import { fold } from '../../../store/search/fold.ts';
import { unsupportedFilter } from '../query.ts';
import type { Leaf } from './email-condition.ts';

export type SlowLeaf = Extract<Leaf, { readonly kind: 'search' | 'header' | 'hasAttachment' }>;

/** Yes or no of letters by id, and which of them have been asked. Two bits a letter. */
export class SlowAnswer {
  readonly #resolve: (messages: Uint32Array) => Promise<Iterable<MessageId>>;
  #asked = new Uint32Array(64);
  #holds = new Uint32Array(64);

  constructor(store: MailStore, account: AccountId, leaf: SlowLeaf) {
    this.#resolve = (messages) => ask(store, account, leaf, messages);
  }

  /** Undefined: not known yet. */
  of(message: MessageId): boolean | undefined {
    const word = message >>> 5;
    const bit = 1 << (message & 31);
    if (word >= this.#asked.length || (this.#asked[word]! & bit) === 0) return undefined;
    return (this.#holds[word]! & bit) !== 0;
  }

  /** `messages` ascending. @throws MethodError `unsupportedFilter` when it takes too long. */
  async learn(messages: Uint32Array): Promise<void> {
    const found = await this.#resolve(messages);
    const last = messages.at(-1);
    if (last === undefined) return;
    if (last >>> 5 >= this.#asked.length) {
      const words = Math.max((last >>> 5) + 1, this.#asked.length * 2);
      this.#asked = grown(this.#asked, words);
      this.#holds = grown(this.#holds, words);
    }
    for (const message of messages) this.#asked[message >>> 5]! |= 1 << (message & 31);
    for (const message of found) this.#holds[message >>> 5]! |= 1 << (message & 31);
  }
}

function grown(words: Uint32Array<ArrayBuffer>, length: number): Uint32Array<ArrayBuffer> {
  const more = new Uint32Array(length);
  more.set(words);
  return more;
}

async function ask(store: MailStore, account: AccountId, leaf: SlowLeaf, messages: Uint32Array): Promise<Iterable<MessageId>> {
  if (leaf.kind === 'search') {
    try {
      return await store.search(account, { field: leaf.field, text: leaf.text }, messages);
    } catch (trouble) {
      // RFC 8620 §5.5: "the client SHOULD suggest that the user simplify their search".
      if (trouble instanceof Refusal && trouble.code === 'limit') throw unsupportedFilter(trouble.message);
      throw trouble;
    }
  }
  if (leaf.kind === 'header') return findByHeader(store, account, leaf.name, leaf.text, messages);
  const { hasAttachment } = await store.readFacts(account, messages, ['hasAttachment']);
  return messages.filter((_message, at) => (hasAttachment[at] ?? false) === leaf.value);
}

/** Letters whose headers one search may read: their octets have to be fetched. */
const mostHeaders = 20_000;
const lettersAtOnce = 200;
/** Octets of a header that are looked at. */
const longestHeader = 1_000_000;

async function findByHeader(store: MailStore, account: AccountId, name: string, text: string, messages: Uint32Array): Promise<MessageId[]> {
  if (messages.length > mostHeaders)
    throw unsupportedFilter('Too many letters to be asked for this field: narrow the search by mailbox or date.');
  const wanted = fold(text);
  const found: MessageId[] = [];
  for (let from = 0; from < messages.length; from += lettersAtOnce) {
    const some = messages.subarray(from, from + lettersAtOnce);
    const { headerLength } = await store.readFacts(account, some, ['headerLength']);
    for (const [at, message] of some.entries()) {
      const length = headerLength[at];
      if (length === undefined) continue;
      const header = await readHeader(store, account, message, length);
      if (header !== null && headerHas(header, name, wanted)) found.push(message);
    }
  }
  return found;
}

async function readHeader(store: MailStore, account: AccountId, message: MessageId, length: number): Promise<Bytes | null> {
  try {
    return await (await store.openLetter(account, message)).read(0, Math.min(length, longestHeader));
  } catch (trouble) {
    if (trouble instanceof Refusal && trouble.code === 'nonexistent') return null;
    throw trouble;
  }
}

/** Whether a field of this lower-case name holds the folded text; an empty text asks only for the field. */
function headerHas(header: Bytes, name: string, wanted: string): boolean {
  for (const range of headerFieldRanges(header).fields) {
    if (range.name !== name) continue;
    if (wanted === '') return true;
    const raw = latin1FromBytes(header, range.start, range.end);
    if (fold(decodeHeaderText(unfold(raw.slice(raw.indexOf(':') + 1)))).includes(wanted)) return true;
  }
  return false;
}

/** Facts that letters are sorted by. */
export type SortFact = Extract<FactName, 'baseSubject' | 'displayFrom' | 'displayTo' | 'sentAt'>;

/** More new texts than this at once: all of them are put in order anew. */
const mostInserted = 64;

/** By what letters are sorted: one fact of each by id, as a number that compares as the fact does. */
export class SortColumn {
  readonly #store: MailStore;
  readonly #account: AccountId;
  readonly #fact: SortFact;
  readonly #form: (value: string) => string;
  /** A time, or the text. */
  readonly #values = new Map<MessageId, string | number>();
  /** Texts in their order, and the number of each. */
  #order: string[] = [];
  #ranks = new Map<string, number>();

  /** `form`: the form in which texts are compared. */
  constructor(store: MailStore, account: AccountId, fact: SortFact, form: (value: string) => string) {
    this.#store = store;
    this.#account = account;
    this.#fact = fact;
    this.#form = form;
  }

  knows(message: MessageId): boolean {
    return this.#values.has(message);
  }

  /** Undefined: not known yet. Numbers of before and after a `learn` do not compare. */
  of(message: MessageId): number | undefined {
    const value = this.#values.get(message);
    return typeof value === 'string' ? this.#ranks.get(value) : value;
  }

  async learn(messages: Uint32Array): Promise<void> {
    const fresh = new Set<string>();
    for (let from = 0; from < messages.length; from += 5000) {
      const some = messages.subarray(from, from + 5000);
      const column: readonly (string | number | null | undefined)[] = (await this.#store.readFacts(this.#account, some, [this.#fact]))[
        this.#fact
      ];
      for (const [at, message] of some.entries()) {
        const value = column[at] ?? (this.#fact === 'sentAt' ? 0 : '');
        const kept = typeof value === 'string' ? this.#form(value) : value;
        this.#values.set(message, kept);
        if (typeof kept === 'string' && !this.#ranks.has(kept)) fresh.add(kept);
      }
    }
    this.#rank(fresh);
  }

  /** A few new texts are put between those that are there; comparing numbers is much cheaper than comparing texts. */
  #rank(fresh: ReadonlySet<string>): void {
    if (fresh.size === 0) return;
    if (fresh.size <= mostInserted && this.#order.length > 0) {
      for (const text of fresh) if (!this.#ranks.has(text) && !this.#insert(text)) return this.#rankAll(fresh);
    } else this.#rankAll(fresh);
  }

  #rankAll(fresh: ReadonlySet<string>): void {
    this.#order = [...new Set([...this.#order, ...fresh])].sort();
    this.#ranks = new Map(this.#order.map((text, index) => [text, index]));
  }

  /** False when there is no number left between its neighbours. */
  #insert(text: string): boolean {
    let low = 0;
    let high = this.#order.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#order[middle]! < text) low = middle + 1;
      else high = middle;
    }
    const before = low === 0 ? this.#ranks.get(this.#order[0]!)! - 2 : this.#ranks.get(this.#order[low - 1]!)!;
    const behind = low === this.#order.length ? before + 2 : this.#ranks.get(this.#order[low]!)!;
    const rank = (before + behind) / 2;
    if (rank <= before || rank >= behind) return false;
    this.#order.splice(low, 0, text);
    this.#ranks.set(text, rank);
    return true;
  }
}
