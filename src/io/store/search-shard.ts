// The text index of one shard at work: takes letters in by batches, merges segments, answers searches, verifies candidates.
// Knows letters by account and id, and reads them itself through connections of its own; knows no thread and no main program.
//
// Every search is complete: letters that are not in the index yet are taken in first. All work pauses often, so that a search never
// waits long for a batch or a merge of others.
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Bytes } from '../../base/bytes.ts';
import type { Log } from '../../base/log.ts';
import { Refusal } from '../../base/trouble.ts';
import { readTexts } from '../../message/text.ts';
import type { AccountId, MessageId, TextQuery } from '../../store/contract.ts';
import { fold } from '../../store/search/fold.ts';
import { textMatcher } from '../../store/search/match.ts';
import { SegmentBuilder, findInColumn, findInWords, isColumn, mergeSegments, type SegmentBlocks } from '../../store/search/segment.ts';
import { planLookups } from '../../store/search/tokens.ts';
import { SearchBooks, removeBooks, type SegmentRow } from './search-books.ts';
import { SearchCache } from './search-cache.ts';
import { SegmentGone, SegmentReader, type LetterPlace } from './segment-reader.ts';
import { ShardReader } from './shard-reader.ts';

/** Letters, and postings, of one batch; each batch is one transaction. */
const lettersAtOnce = 256;
const postingsAtOnce = 500_000;
/** Octets of letters held at a time. */
const octetsAtOnce = 1 << 20;
/** Longest work between two pauses, milliseconds. */
const turn = 5;
/** Neighbours of one size that become one segment, and the size at which a segment is left alone. */
const mergeAt = 8;
const mergedAtMost = 16_384;

interface AccountBooks {
  done: MessageId;
  segments: readonly SegmentRow[];
  gone: Set<MessageId>;
  /** Batches and merges of one account follow one another. */
  working: Promise<unknown> | null;
}

export class SearchShard {
  #books: SearchBooks;
  #cache: SearchCache;
  readonly #reader: ShardReader;
  readonly #octets: SegmentReader;
  readonly #dir: string;
  readonly #log: Log;
  readonly #accounts = new Map<AccountId, AccountBooks>();
  #turnEnds = 0;

  constructor(dir: string, shard: number, shards: number, log: Log) {
    this.#dir = dir;
    this.#log = log;
    this.#reader = new ShardReader(join(dir, 'mail.sqlite'), shard, shards);
    this.#octets = new SegmentReader(
      join(dir, 'segments'),
      (letters) => this.#reader.sha256Of(letters),
      () => performance.now(),
    );
    this.#books = new SearchBooks(join(dir, 'search.sqlite'), log);
    this.#cache = new SearchCache(this.#books);
  }

  close(): void {
    this.#books.close();
    this.#octets.close();
    this.#reader.close();
  }

  /** Throws a damaged index away and begins a new one. */
  startAnew(): void {
    this.#books.close();
    removeBooks(join(this.#dir, 'search.sqlite'));
    this.#books = new SearchBooks(join(this.#dir, 'search.sqlite'), this.#log);
    this.#cache = new SearchCache(this.#books);
    this.#accounts.clear();
  }

  // --- taking in ----------------------------------------------------------------------------------------------------

  /** Accounts with letters that are not in the index; those that are no more are forgotten. */
  async behind(): Promise<AccountId[]> {
    const accounts = this.#reader.accounts();
    const there = new Set(accounts);
    for (const account of this.#books.accounts()) if (!there.has(account)) this.removeAccount(account);
    const behind: AccountId[] = [];
    for (const account of accounts) {
      // The letters were put back to an earlier day: their ids will be given again, to others.
      if (this.#books.done(account) >= this.#nextMessage(account)) this.removeAccount(account);
      if (this.#reader.messagesAfter(account, this.#books.done(account), 1).length > 0) behind.push(account);
      await this.#pause();
    }
    return behind;
  }

  /** Accounts that have something in the index. */
  accounts(): AccountId[] {
    return this.#books.accounts();
  }

  /** Takes in one batch of an account, or merges what has become many. False when there was nothing left to do. */
  step(account: AccountId): Promise<boolean> {
    return this.#alone(account, async (books) => (await this.#takeBatch(account, books)) || (await this.#mergeLast(account, books)));
  }

  noteGone(account: AccountId, messages: readonly MessageId[]): void {
    this.#books.noteGone(account, messages);
    const books = this.#accounts.get(account);
    for (const message of messages) books?.gone.add(message);
  }

  removeAccount(account: AccountId): void {
    this.#accounts.delete(account);
    this.#books.removeAccount(account);
  }

  /** Writes segments anew of which a fifth is gone, until `ended`. */
  async tidy(ended: () => boolean): Promise<void> {
    for (const account of this.#books.goneAccounts()) {
      const { segments, gone } = this.#of(account);
      for (const segment of segments) {
        if (ended()) return;
        let count = 0;
        for (const message of gone) if (message >= segment.first && message <= segment.last) count++;
        if (count * 5 >= segment.count) await this.#alone(account, (books) => this.#merge(account, books, [segment]));
      }
    }
  }

  #nextMessage(account: AccountId): MessageId {
    return Number(this.#reader.row('select next_message from account where id = ?', account)?.[0] ?? Infinity);
  }

  #of(account: AccountId): AccountBooks {
    let books = this.#accounts.get(account);
    if (books === undefined) {
      books = {
        done: this.#books.done(account),
        segments: this.#books.segments(account),
        gone: new Set(this.#books.gone(account)),
        working: null,
      };
      this.#accounts.set(account, books);
    }
    return books;
  }

  async #alone<T>(account: AccountId, work: (books: AccountBooks) => Promise<T>): Promise<T> {
    const books = this.#of(account);
    while (books.working !== null) await books.working.catch(() => {});
    const working = work(books);
    books.working = working;
    try {
      return await working;
    } finally {
      books.working = null;
    }
  }

  async #takeBatch(account: AccountId, books: AccountBooks): Promise<boolean> {
    const messages = this.#reader.messagesAfter(account, books.done, lettersAtOnce);
    if (messages.length === 0) return false;
    const builder = new SegmentBuilder();
    let done = books.done;
    for await (const [message, octets] of this.#lettersOf(account, messages)) {
      builder.add(message, octets === null ? null : readTexts(octets));
      done = message;
      if (builder.size >= postingsAtOnce) break;
      await this.#pause();
    }
    const blocks = builder.finish();
    // Removed meanwhile: a batch of an account that is no more is dropped.
    if (this.#accounts.get(account) !== books) return false;
    const added = this.#books.add(account, blocks, done);
    books.done = done;
    if (added !== null) books.segments = [...books.segments, added];
    return true;
  }

  /** Letters in order, about a megabyte at a time; null for one that is gone or damaged. */
  async *#lettersOf(account: AccountId, messages: readonly MessageId[]): AsyncGenerator<readonly [MessageId, Bytes | null]> {
    for (let at = 0; at < messages.length;) {
      const places = this.#reader.places(account, messages.slice(at, at + 64));
      let end = 0;
      for (let octets = 0; end < places.length && (end === 0 || octets + (places[end]?.length ?? 0) <= octetsAtOnce); end++)
        octets += places[end]?.length ?? 0;
      const part = messages.slice(at, at + end);
      const letters = await this.#read(account, part, places.slice(0, end));
      for (const [index, message] of part.entries()) yield [message, letters[index] ?? null];
      at += end;
    }
  }

  async #read(account: AccountId, messages: readonly MessageId[], places: readonly (LetterPlace | null)[]): Promise<(Bytes | null)[]> {
    try {
      return await this.#octets.readAll(places);
    } catch (error) {
      // Moved between looking and reading.
      if (!(error instanceof SegmentGone)) throw error;
      return this.#octets.readAll(this.#reader.places(account, messages));
    }
  }

  // --- merging ------------------------------------------------------------------------------------------------------

  /** Merges the last segments when there are many of one size: a letter is written again once per size, sizes grow by eights. */
  async #mergeLast(account: AccountId, books: AccountBooks): Promise<boolean> {
    for (let size = mergeAt; size <= mergedAtMost; size *= mergeAt) {
      const { segments } = books;
      let from = segments.length;
      let letters = 0;
      while (from > 0 && segments[from - 1]!.count < size && letters + segments[from - 1]!.count <= mergedAtMost)
        letters += segments[--from]!.count;
      if (segments.length - from < mergeAt) continue;
      await this.#merge(account, books, segments.slice(from));
      return true;
    }
    return false;
  }

  async #merge(account: AccountId, books: AccountBooks, old: readonly SegmentRow[]): Promise<void> {
    // One that was merged into another meanwhile is not there any more.
    if (!old.every((segment) => books.segments.includes(segment))) return;
    const gone = new Set(books.gone);
    const merging = mergeSegments(
      old.map((segment) => this.#cache.whole(segment.id)),
      gone,
    );
    let blocks: SegmentBlocks | null = null;
    for (;;) {
      const step = merging.next();
      if (step.done === true) {
        blocks = step.value;
        break;
      }
      await this.#pause();
    }
    if (this.#accounts.get(account) !== books) return;
    const forgotten = [...gone].filter((message) => old.some(({ first, last }) => message >= first && message <= last));
    const merged = this.#books.replace(account, old, blocks, forgotten);
    for (const message of forgotten) books.gone.delete(message);
    for (const { id } of old) this.#cache.forget(id);
    const at = books.segments.indexOf(old[0]!);
    books.segments = [...books.segments.slice(0, at), ...(merged === null ? [] : [merged]), ...books.segments.slice(at + old.length)];
  }

  // --- searching ----------------------------------------------------------------------------------------------------

  /** Ids among those asked for whose letters hold the text. @throws Refusal `limit` when it has ended before it is done. */
  async search(account: AccountId, query: TextQuery, among: Uint32Array, ended: () => boolean): Promise<Uint32Array> {
    const last = among.at(-1);
    if (last === undefined) return among;
    while (this.#of(account).done < last && (await this.#alone(account, (books) => this.#takeBatch(account, books)))) checkTime(ended);
    const { certain, uncertain } = this.#find(account, query, among);
    if (uncertain.length > 0) {
      const holds = textMatcher(query);
      for await (const [message, octets] of this.#lettersOf(account, uncertain)) {
        if (octets !== null && holds(readTexts(octets))) certain.push(message);
        checkTime(ended);
        await this.#pause();
      }
    }
    return Uint32Array.from(certain);
  }

  /** In one go, so that no merge changes the segments meanwhile. */
  #find(account: AccountId, query: TextQuery, among: Uint32Array): { readonly certain: MessageId[]; readonly uncertain: MessageId[] } {
    const folded = fold(query.text);
    const plan = planLookups(folded);
    const wanted = new Walker(among);
    const certain: MessageId[] = [];
    const uncertain: MessageId[] = [];
    for (const { id, first, last, count } of this.#of(account).segments) {
      if (last < among[0]! || first > among.at(-1)!) continue;
      const { field } = query;
      const found = isColumn(field)
        ? findInColumn(this.#cache.columns(id)[field], folded)
        : findInWords(this.#cache.words(id), count, field, plan);
      if (found.certain.length === 0 && found.uncertain.length === 0) continue;
      const ids = this.#cache.ids(id);
      for (const position of found.certain) if (wanted.has(ids[position]!)) certain.push(ids[position]!);
      wanted.back(first);
      for (const position of found.uncertain) if (wanted.has(ids[position]!)) uncertain.push(ids[position]!);
    }
    return { certain, uncertain };
  }

  /** Lets others have their turn when this one was long. */
  async #pause(): Promise<void> {
    if (performance.now() < this.#turnEnds) return;
    await nextTurn();
    this.#turnEnds = performance.now() + turn;
  }
}

function checkTime(ended: () => boolean): void {
  if (ended()) throw new Refusal('limit', 'The search takes too long: narrow it, or ask again in a while');
}

/** Answers whether ascending ids are in an ascending list, in one walk along it. */
class Walker {
  readonly #list: Uint32Array;
  #at = 0;

  constructor(list: Uint32Array) {
    this.#list = list;
  }

  has(id: number): boolean {
    while (this.#at < this.#list.length && this.#list[this.#at]! < id) this.#at++;
    return this.#list[this.#at] === id;
  }

  /** Starts anew for ids from `id` on. */
  back(id: number): void {
    while (this.#at > 0 && (this.#at >= this.#list.length || this.#list[this.#at]! > id)) this.#at--;
  }
}
