// Letters of the embedded engine as they are read: facts, octets, threads, names, searches. Knows shards and the texts that are kept ready; knows no
// writer. What is damaged is said and told, and hurts nobody else.
import type { Bytes } from '../../base/bytes.ts';
import type { Log } from '../../base/log.ts';
import type { Meter } from '../../base/meter.ts';
import { Refusal } from '../../base/trouble.ts';
import type { FactName, LetterFacts } from '../../message/facts.ts';
import { readFacts } from '../../message/read-facts.ts';
import type { AccountId, LetterBytes, LetterId, MailboxId, MessageId, ModSeq, TextQuery, Uid } from '../../store/contract.ts';
import { parseFact } from './fact-columns.ts';
import type { LetterIndex } from './letter-index.ts';
import { ReadyTexts, type ReadyName, type Texts } from './ready-texts.ts';
import { scanLetters } from './scan.ts';
import type { Shard } from './shard.ts';

export interface ReadingParts {
  /** @throws Unavailable after `close`, Refusal `nonexistent`. */
  shardOf(account: AccountId): Shard;
  /** @throws Refusal `nonexistent`. */
  checkAccount(account: AccountId): void;
  readonly search: LetterIndex | undefined;
  monotonic(): number;
  readonly log: Log;
  readonly meter: Meter;
}

export class EmbeddedReading {
  readonly #parts: ReadingParts;
  readonly #texts = new ReadyTexts();

  constructor(parts: ReadingParts) {
    this.#parts = parts;
  }

  async readFacts<N extends FactName>(
    account: AccountId,
    messages: ArrayLike<MessageId>,
    names: readonly N[],
  ): Promise<{ readonly [K in N]: readonly (LetterFacts[K] | undefined)[] }> {
    this.#parts.checkAccount(account);
    if (ReadyTexts.keeps(names)) return this.#readTexts(account, messages, names) as never;
    const { rows, stale } = this.#parts.shardOf(account).reader.facts(account, messages, names);
    const columns: Partial<Record<N, (LetterFacts[N] | undefined)[]>> = {};
    for (const [at, name] of names.entries()) {
      const column: (LetterFacts[N] | undefined)[] = new Array(rows.length);
      for (let index = 0; index < rows.length; index++) {
        const row = rows[index];
        column[index] = row === undefined ? undefined : (parseFact(name, row[at + 2] as string | number | null) as LetterFacts[N]);
      }
      columns[name] = column;
    }
    if (stale.length > 0) await this.#readFactsAgain(account, messages, stale, columns);
    return columns as { [K in N]: readonly (LetterFacts[K] | undefined)[] };
  }

  /** What is not kept ready is read, and kept. */
  async #readTexts(
    account: AccountId,
    messages: ArrayLike<MessageId>,
    names: readonly ReadyName[],
  ): Promise<Partial<Record<ReadyName, Texts>>> {
    const columns: Partial<Record<ReadyName, Texts>> = {};
    for (const name of names) columns[name] = this.#texts.read(account, name, messages);
    const missing: number[] = [];
    for (let index = 0; index < messages.length; index++)
      if (names.some((name) => columns[name]![index] === undefined)) missing.push(index);
    if (missing.length === 0) return columns;
    const wanted = Uint32Array.from(missing, (index) => messages[index]!);
    const { rows, stale } = this.#parts.shardOf(account).reader.facts(account, wanted, names);
    const old = new Set(stale);
    for (const [at, name] of names.entries())
      for (let k = 0; k < rows.length; k++) {
        const text = rows[k]?.[at + 2] as string | undefined;
        columns[name]![missing[k]!] = text;
        if (text !== undefined && !old.has(k)) this.#texts.keep(account, name, wanted[k]!, text);
      }
    const again = stale.map((k) => missing[k]!);
    if (again.length > 0) await this.#readFactsAgain(account, messages, again, columns);
    return columns;
  }

  /** Facts of another version are read from the octets, until `upkeep` has come to them. */
  async #readFactsAgain<N extends FactName>(
    account: AccountId,
    messages: ArrayLike<MessageId>,
    stale: readonly number[],
    columns: Partial<Record<N, (LetterFacts[N] | undefined)[]>>,
  ): Promise<void> {
    for (const index of stale) {
      const [octets] = await this.readLetters(account, [messages[index]!]);
      const facts = octets == null ? null : readFacts(octets);
      for (const name of Object.keys(columns) as N[]) columns[name]![index] = facts === null ? undefined : facts[name];
    }
  }

  async openLetter(account: AccountId, message: MessageId): Promise<LetterBytes> {
    this.#parts.checkAccount(account);
    const shard = this.#parts.shardOf(account);
    return shard.openPlace(
      () => shard.reader.places(account, [message])[0]!,
      () => this.#damaged(account, message),
    );
  }

  async readLetters(account: AccountId, messages: ArrayLike<MessageId>, memory?: Bytes): Promise<readonly (Bytes | null)[]> {
    this.#parts.checkAccount(account);
    return this.#parts.shardOf(account).readLetters(account, messages, memory, (message) => this.#damaged(account, message));
  }

  async readThreads(account: AccountId, messages: ArrayLike<MessageId>): Promise<readonly number[]> {
    this.#parts.checkAccount(account);
    return this.#parts.shardOf(account).reader.threads(account, messages);
  }

  async readLetterIds(account: AccountId, messages: ArrayLike<MessageId>): Promise<readonly LetterId[]> {
    this.#parts.checkAccount(account);
    return this.#parts.shardOf(account).reader.letterIds(account, messages);
  }

  async search(account: AccountId, query: TextQuery, among: ArrayLike<MessageId>): Promise<ReadonlySet<MessageId>> {
    this.#parts.checkAccount(account);
    const { search, monotonic } = this.#parts;
    if (search !== undefined) return search.search(account, query, among);
    const { reader } = this.#parts.shardOf(account);
    return scanLetters(
      {
        readFact: (messages, name) =>
          reader.facts(account, messages, [name]).rows.map((row) => (row === undefined ? undefined : String(row[2] ?? ''))),
        readLetters: (messages) => this.readLetters(account, messages),
        monotonic,
      },
      query,
      among,
    );
  }

  async vanishedSince(account: AccountId, mailbox: MailboxId, since: ModSeq): Promise<readonly Uid[] | null> {
    const vanished = this.#parts.shardOf(account).reader.vanishedSince(account, mailbox, since);
    if (vanished === 'nonexistent') throw new Refusal('nonexistent', 'There is no such mailbox');
    return vanished;
  }

  /** Letters that are gone for good. */
  forget(account: AccountId, messages: readonly MessageId[]): void {
    this.#texts.forget(account, messages);
  }

  forgetAccount(account: AccountId): void {
    this.#texts.forgetAccount(account);
  }

  #damaged(account: AccountId, message: MessageId): void {
    this.#parts.log.error('store.letter-damaged', { account, message });
    this.#parts.meter.count('tayori_store_damaged_letters_total');
  }
}
