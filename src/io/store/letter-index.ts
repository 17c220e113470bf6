// What the engine asks of a text index, and what it tells it. Knows letters by account and id; knows no posting and no tokenizer.
// The engine works without one: it then reads the letters themselves.
import type { Bytes } from '../../base/bytes.ts';
import type { AccountId, MessageId, TextQuery } from '../../store/contract.ts';

/** The engine as an index sees it. */
export interface LetterSource {
  readonly shards: number;
  shardOf(account: AccountId): number;
  /** Ids above `after`, ascending, at most `limit`: what an index that fell behind walks through. Letters at rest are among them. */
  messagesAfter(account: AccountId, after: MessageId, limit: number): readonly MessageId[];
  accounts(shard: number): readonly AccountId[];
  /** Whole octets, in order; null for a letter that is gone or damaged. */
  readLetters(account: AccountId, messages: ArrayLike<MessageId>): Promise<readonly (Bytes | null)[]>;
}

export interface LetterIndex {
  /** Called once, when the engine is open and before anything else. */
  open(source: LetterSource): Promise<void>;
  /** New letters of an account, after the commit. Must return at once. */
  added(account: AccountId, messages: readonly MessageId[]): void;
  /** Letters that are gone for good, after the commit. Must return at once. */
  removed(account: AccountId, messages: readonly MessageId[]): void;
  accountRemoved(account: AccountId): void;
  /** As `MailStore.search`. */
  search(account: AccountId, query: TextQuery, among: ArrayLike<MessageId>): Promise<ReadonlySet<MessageId>>;
  /** Bounded work: indexes what is not indexed. */
  upkeep(): Promise<void>;
  close(): Promise<void>;
}
