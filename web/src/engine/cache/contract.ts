// A place on this device for what the engine knows. Knows tables of keyed values; knows nothing of mail. `indexed.ts` keeps them in the
// browser, `memory.ts` as long as the program runs.

/**
 * `facts`: few, by name. `mailboxes`: an account's, in one. `heads`, `threads`, `bodies`: by `account/id`. `windows`: beginnings of lists.
 * `outbox`, `drafts`, `files` (what is attached to drafts): never trimmed. `people`: addresses.
 */
export const tables = ['facts', 'mailboxes', 'heads', 'threads', 'bodies', 'windows', 'outbox', 'drafts', 'people', 'files'] as const;
export type Table = (typeof tables)[number];

export interface CacheWrite {
  readonly table: Table;
  readonly key: string;
  /** Undefined takes it away. */
  readonly value: unknown;
}

export interface CacheStore {
  /** In order; undefined for what is not there. */
  read(table: Table, keys: readonly string[]): Promise<readonly unknown[]>;
  /** Those whose key begins so, one after the other, ascending by key, until `visit` answers false: for rows that are too many or too large to be had at once. */
  each(table: Table, prefix: string, visit: (key: string, value: unknown) => boolean): Promise<void>;
  /** Ascending; without their values. */
  keys(table: Table, prefix: string): Promise<readonly string[]>;
  /** Ascending by key. */
  all(table: Table): Promise<readonly { readonly key: string; readonly value: unknown }[]>;
  /** All or none; on disk when it settles. */
  write(writes: readonly CacheWrite[]): Promise<void>;
  /** Takes away those written longest ago until `most` are left. */
  trim(table: Table, most: number): Promise<void>;
  clear(): Promise<void>;
}
