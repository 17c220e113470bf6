// The text index of the embedded engine, seen from the main thread. Fulfils LetterIndex (letter-index.ts).
// Knows when its thread is started and what is said to it; the index itself lives there (search-thread.ts), with files and memory of its
// own, and reads letters by itself. If the thread dies, searches under way are told to come again and the next one starts another.
import { Worker } from 'node:worker_threads';
import type { Log } from '../../base/log.ts';
import { Unavailable } from '../../base/trouble.ts';
import type { AccountId, MessageId, TextQuery } from '../../store/contract.ts';
import type { LetterIndex, LetterSource } from './letter-index.ts';
import type { FromSearch, SearchStart, ToSearch } from './search-thread.ts';
import { makeTrouble } from './trouble-note.ts';

export interface SearchIndexOptions {
  /** The data folder; the index of shard n is `shard-n/search.sqlite`. */
  readonly dir: string;
  readonly log: Log;
}

export function openSearchIndex(options: SearchIndexOptions): LetterIndex {
  return new SearchIndex(options);
}

/** New letters are told together. */
const tellAfter = 100;
/** Memory for JavaScript values of the thread, in MiB: beyond it the thread dies, not the program. */
const memoryAtMost = 512;

/** Number of the question that ends an idle thread. */
const lastQuestion = 0;

interface Waiting {
  resolve(found: Uint32Array): void;
  reject(trouble: Error): void;
}

class SearchIndex implements LetterIndex {
  readonly #options: SearchIndexOptions;
  #source: LetterSource | null = null;
  #worker: Worker | null = null;
  #timer: NodeJS.Timeout | null = null;
  readonly #added = new Set<AccountId>();
  readonly #waiting = new Map<number, Waiting>();
  #lastNumber = 0;
  /** There may be something for upkeep to do; at first there may be letters left over from last time. */
  #untidy = true;
  #closed = false;

  constructor(options: SearchIndexOptions) {
    this.#options = options;
  }

  async open(source: LetterSource): Promise<void> {
    this.#source = source;
  }

  added(account: AccountId): void {
    if (this.#closed) return;
    if (this.#added.size === 0) {
      this.#timer = setTimeout(() => this.#tellAdded(), tellAfter).unref();
    }
    this.#added.add(account);
  }

  removed(account: AccountId, messages: readonly MessageId[]): void {
    if (messages.length > 0) this.#tell({ kind: 'removed', shard: this.#shardOf(account), account, messages });
  }

  accountRemoved(account: AccountId): void {
    this.#added.delete(account);
    this.#tell({ kind: 'accountRemoved', shard: this.#shardOf(account), account });
  }

  async search(account: AccountId, query: TextQuery, among: ArrayLike<MessageId>): Promise<ReadonlySet<MessageId>> {
    if (among.length === 0) return new Set();
    const shard = this.#shardOf(account);
    const wanted = among instanceof Uint32Array ? among.slice() : Uint32Array.from(among);
    return new Set(await this.#ask((number) => ({ kind: 'search', number, shard, account, query, among: wanted })));
  }

  async upkeep(): Promise<void> {
    if (!this.#untidy) return;
    this.#untidy = false;
    await this.#ask((number) => ({ kind: 'upkeep', number }));
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    const worker = this.#worker;
    if (worker !== null) await this.#ask((number) => ({ kind: 'close', number })).catch(() => {});
    this.#closed = true;
    this.#worker = null;
    await worker?.terminate();
  }

  // --- the thread ---------------------------------------------------------------------------------------------------

  #shardOf(account: AccountId): number {
    return this.#source!.shardOf(account);
  }

  #tellAdded(): void {
    const accounts = Array.from(this.#added, (account) => [this.#shardOf(account), account] as const);
    this.#added.clear();
    this.#tell({ kind: 'added', accounts });
  }

  #tell(message: ToSearch): void {
    if (this.#closed) return;
    if (message.kind !== 'search' && message.kind !== 'upkeep') this.#untidy = true;
    this.#running().postMessage(message, message.kind === 'search' ? [message.among.buffer as ArrayBuffer] : []);
  }

  #ask(message: (number: number) => ToSearch): Promise<Uint32Array> {
    if (this.#closed) return Promise.reject(new Unavailable('store-stopped', 'The store is closed'));
    const number = ++this.#lastNumber;
    const { promise, resolve, reject } = Promise.withResolvers<Uint32Array>();
    this.#waiting.set(number, { resolve, reject });
    this.#tell(message(number));
    // Only a question keeps the process alive.
    this.#worker?.ref();
    return promise;
  }

  #running(): Worker {
    if (this.#worker !== null) return this.#worker;
    const start: SearchStart = { dir: this.#options.dir, shards: this.#source!.shards };
    const worker = new Worker(new URL('./search-thread.ts', import.meta.url), {
      workerData: start,
      name: 'search',
      resourceLimits: { maxOldGenerationSizeMb: memoryAtMost },
    });
    worker.unref();
    worker.on('message', (message: FromSearch) => this.#hear(worker, message));
    worker.on('error', (error: Error) => this.#lost(worker, error));
    worker.on('exit', () => this.#lost(worker, null));
    this.#worker = worker;
    return worker;
  }

  #hear(worker: Worker, message: FromSearch): void {
    if (message.kind === 'log') return this.#options.log.warn(message.event, { cause: message.cause });
    if (message.kind === 'idle') return this.#offerEnd(worker);
    if (message.number === lastQuestion) return void worker.terminate();
    const waiting = this.#waiting.get(message.number);
    this.#waiting.delete(message.number);
    if (this.#waiting.size === 0) this.#worker?.unref();
    if (message.kind === 'answer') waiting?.resolve(message.found);
    else waiting?.reject(makeTrouble(message.trouble));
  }

  /** The next question starts another thread; this one ends when its files are closed. */
  #offerEnd(worker: Worker): void {
    if (this.#waiting.size > 0 || this.#added.size > 0 || this.#worker !== worker) return;
    this.#worker = null;
    worker.postMessage({ kind: 'close', number: lastQuestion } satisfies ToSearch, []);
  }

  #lost(worker: Worker, cause: Error | null): void {
    if (cause !== null) this.#options.log.error('search.thread', {}, cause);
    if (this.#worker !== worker) return;
    this.#worker = null;
    for (const waiting of this.#waiting.values())
      waiting.reject(new Unavailable('busy', 'The search was interrupted, try again', cause ?? undefined));
    this.#waiting.clear();
  }
}
