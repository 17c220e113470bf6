// The octets of a letter on their way into the spool: counts them, and keeps what went wrong until it may be said.
// Knows the spool; knows neither DATA nor BDAT.
import type { Bytes } from '../../base/bytes.ts';
import type { Spool } from '../../store/contract.ts';
import { replies, replyForTrouble, type Reply } from './response.ts';

export class IncomingContent {
  readonly spool: Spool;
  readonly binary: boolean;
  /** RFC 3030: what arrives comes in chunks. */
  readonly chunked: boolean;
  /** Monotonic time of the beginning. */
  readonly startedAt: number;
  /** Octets that arrived, those thrown away included. */
  length = 0;
  /** Why the letter will be refused; its octets are thrown away from then on. */
  trouble: Reply | null = null;
  readonly #limit: number;

  constructor(
    spool: Spool,
    options: { readonly limit: number; readonly binary: boolean; readonly chunked: boolean; readonly now: number },
  ) {
    this.spool = spool;
    this.#limit = options.limit;
    this.binary = options.binary;
    this.chunked = options.chunked;
    this.startedAt = options.now;
  }

  /** A returned promise is to be awaited before the next call. */
  add(bytes: Bytes): void | Promise<void> {
    this.length += bytes.length;
    if (this.trouble !== null) return;
    if (this.length > this.#limit) return this.refuse(replies['too-big']);
    try {
      return this.spool.add(bytes)?.catch((trouble: unknown) => this.#failed(trouble));
    } catch (trouble) {
      this.#failed(trouble);
    }
  }

  refuse(reply: Reply): void {
    this.trouble ??= reply;
    this.spool.discard();
  }

  #failed(trouble: unknown): void {
    const reply = replyForTrouble(trouble);
    if (reply === null) throw trouble;
    this.refuse(reply);
  }
}
