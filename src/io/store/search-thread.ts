// The thread of the text index: hears of new letters and of searches, one after the other but never waiting for one another.
// Knows messages and when there is time for work in the background; the work itself is search-shard.ts.
import { join } from 'node:path';
import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import type { Log } from '../../base/log.ts';
import { Unavailable } from '../../base/trouble.ts';
import type { AccountId, MessageId, TextQuery } from '../../store/contract.ts';
import type { TroubleNote } from './jobs.ts';
import { isDamage } from './search-books.ts';
import { SearchShard } from './search-shard.ts';
import { noteTrouble } from './trouble-note.ts';

export interface SearchStart {
  readonly dir: string;
  readonly shards: number;
}

export type ToSearch =
  | { readonly kind: 'added'; readonly accounts: readonly (readonly [shard: number, account: AccountId])[] }
  | { readonly kind: 'removed'; readonly shard: number; readonly account: AccountId; readonly messages: readonly MessageId[] }
  | { readonly kind: 'accountRemoved'; readonly shard: number; readonly account: AccountId }
  | {
      readonly kind: 'search';
      readonly number: number;
      readonly shard: number;
      readonly account: AccountId;
      readonly query: TextQuery;
      readonly among: Uint32Array;
    }
  | { readonly kind: 'upkeep' | 'close'; readonly number: number };

export type FromSearch =
  | { readonly kind: 'answer'; readonly number: number; readonly found: Uint32Array }
  | { readonly kind: 'trouble'; readonly number: number; readonly trouble: TroubleNote }
  /** There has been nothing to do for a while: the thread may be ended. */
  | { readonly kind: 'idle' }
  | { readonly kind: 'log'; readonly event: string; readonly cause: string };

/** How long a search may take, and upkeep. */
const budget = 10_000;
/** New letters are taken in when none has come for this long … */
const quiet = 500;
/** … or when the first has waited this long; then only for a quarter of the time while letters go on coming. */
const waitAtMost = 5000;
/** Without anything to do for this long the thread offers to end. */
const idleAfter = 120_000;

class SearchThread {
  readonly #shards: readonly SearchShard[];
  readonly #say: (message: FromSearch) => void;
  /** Accounts with letters to take in, by shard and id. */
  readonly #waiting = new Map<string, readonly [number, AccountId]>();
  #lastAdded = 0;
  #waitingSince = 0;
  #working = false;
  readonly #stop = new AbortController();
  #closed = false;
  #running = 0;
  readonly #idle: NodeJS.Timeout;

  constructor({ dir, shards }: SearchStart, say: (message: FromSearch) => void) {
    this.#say = say;
    const tell = (event: string, cause: unknown): void =>
      say({ kind: 'log', event, cause: cause instanceof Error ? (cause.stack ?? cause.message) : String(cause) });
    const log: Log = {
      debug() {},
      info() {},
      warn: (event, _fields, cause) => tell(event, cause),
      error: (event, _fields, cause) => tell(event, cause),
      with: () => log,
    };
    this.#shards = Array.from({ length: shards }, (_, shard) => new SearchShard(join(dir, `shard-${shard}`), shard, shards, log));
    this.#idle = setTimeout(() => this.#offerEnd(), idleAfter).unref();
    void this.#catchUp();
  }

  hear(message: ToSearch): void {
    this.#idle.refresh();
    if (message.kind === 'added') return this.#noteAdded(message.accounts);
    if (message.kind === 'removed') return this.#shards[message.shard]!.noteGone(message.account, message.messages);
    if (message.kind === 'accountRemoved') return this.#shards[message.shard]!.removeAccount(message.account);
    this.#answer(message.number, () => this.#do(message));
  }

  async #do(message: Exclude<ToSearch, { kind: 'added' | 'removed' | 'accountRemoved' }>): Promise<Uint32Array> {
    const end = performance.now() + budget;
    const ended = (): boolean => this.#closed || performance.now() > end;
    if (message.kind === 'search') {
      const { shard, account, query, among } = message;
      return this.#mended(shard, (index) => index.search(account, query, among, ended));
    }
    if (message.kind === 'upkeep') await this.#upkeep(ended);
    else await this.#close();
    return new Uint32Array(0);
  }

  /** Does the work, and once more on a new index when this one turns out to be damaged. */
  async #mended<T>(shard: number, work: (index: SearchShard) => Promise<T>): Promise<T> {
    const index = this.#shards[shard]!;
    try {
      return await work(index);
    } catch (error) {
      if (!isDamage(error) || this.#closed) throw error;
      this.#say({ kind: 'log', event: 'search.damaged', cause: String(error) });
      index.startAnew();
      return work(index);
    }
  }

  #answer(number: number, work: () => Promise<Uint32Array>): void {
    this.#running++;
    work()
      .then(
        (found) => this.#say({ kind: 'answer', number, found }),
        (error: unknown) => this.#say({ kind: 'trouble', number, trouble: noteTrouble(this.#closed ? stopped(error) : error) }),
      )
      .finally(() => this.#running--);
  }

  // --- background ---------------------------------------------------------------------------------------------------

  #noteAdded(accounts: readonly (readonly [number, AccountId])[]): void {
    this.#lastAdded = performance.now();
    if (this.#waiting.size === 0) this.#waitingSince = this.#lastAdded;
    for (const one of accounts) this.#waiting.set(one.join(':'), one);
    if (!this.#working) void this.#work();
  }

  async #work(): Promise<void> {
    this.#working = true;
    try {
      while (this.#waiting.size > 0 && !this.#closed) {
        const start = performance.now();
        const busy = start - this.#lastAdded < quiet;
        if (busy && start - this.#waitingSince < waitAtMost) {
          await this.#sleep(quiet);
          continue;
        }
        const [key, [shard, account]] = this.#waiting.entries().next().value!;
        if (!(await this.#mended(shard, (index) => index.step(account)))) this.#waiting.delete(key);
        if (busy) await this.#sleep((performance.now() - start) * 3);
        else await nextTurn();
      }
    } catch (error) {
      // What is left is taken in by the next search, or after the next letter.
      this.#waiting.clear();
      if (!this.#closed)
        this.#say({ kind: 'log', event: 'search.index', cause: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    } finally {
      this.#working = false;
    }
  }

  /** Ends early when the thread does. */
  async #sleep(ms: number): Promise<void> {
    await wait(ms, null, { signal: this.#stop.signal }).catch(() => {});
  }

  async #catchUp(): Promise<void> {
    try {
      for (const [number, shard] of this.#shards.entries()) {
        const behind = await shard.behind();
        if (behind.length > 0) this.#noteAdded(behind.map((account) => [number, account] as const));
      }
    } catch (error) {
      if (!this.#closed) this.#say({ kind: 'log', event: 'search.catch-up', cause: String(error) });
    }
  }

  async #upkeep(ended: () => boolean): Promise<void> {
    for (const shard of this.#shards) {
      const accounts = new Set([...(await shard.behind()), ...shard.accounts()]);
      for (const account of accounts) while (!ended() && (await shard.step(account)));
      await shard.tidy(ended);
    }
  }

  #offerEnd(): void {
    if (this.#working || this.#running > 0) this.#idle.refresh();
    else this.#say({ kind: 'idle' });
  }

  async #close(): Promise<void> {
    this.#closed = true;
    this.#stop.abort();
    // This very message is one of those that run.
    while (this.#running > 1 || this.#working) await wait(5);
    for (const shard of this.#shards) shard.close();
  }
}

/** What a question under way is told when the thread ends. */
function stopped(cause: unknown): Unavailable {
  return new Unavailable('store-stopped', 'The store is closed', cause);
}

const port = parentPort;
if (port !== null) {
  const thread = new SearchThread(workerData as SearchStart, (message) =>
    port.postMessage(message, message.kind === 'answer' ? [message.found.buffer as ArrayBuffer] : []),
  );
  port.on('message', (message: ToSearch) => thread.hear(message));
}
