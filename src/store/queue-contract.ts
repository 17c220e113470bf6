// The durable queue: letters for others, kept until they are gone. Knows rows and leases; knows no SMTP and no schedule.
import type { AccountId, LetterId } from './contract.ts';

/** RFC 3461 §4.1 NOTIFY. */
export type DsnNotify = 'never' | 'success' | 'failure' | 'delay';

/** The domain of rows that only hold on to a letter until its sender's hour has come. No lane takes them, and nobody hurries them. */
export const waitingDomain = 'waiting.invalid';

export interface NewQueueRecipient {
  /** The forward-path without brackets. */
  readonly recipient: string;
  /** Lower-case A-label domain, or an address literal: what is routed and what concurrency is counted by. */
  readonly domain: string;
  /** First attempt, milliseconds since 1970. */
  readonly dueAt: number;
  /** After this no new attempt is made and the sender gets a report. */
  readonly expiresAt: number;
  readonly notify: readonly DsnNotify[];
  /** RFC 3461 §4.2, `type;address` as it came, or null. */
  readonly originalRecipient: string | null;
  /** The account at another provider through whose server alone it goes; null or missing: the domain's own servers. */
  readonly via?: AccountId | null;
}

export interface QueueRecipient extends NewQueueRecipient {
  readonly id: number;
  readonly letter: LetterId;
  readonly reversePath: string;
  readonly envelopeId: string | null;
  readonly returns: 'full' | 'headers' | null;
  readonly smtpUtf8: boolean;
  readonly bodyType: '7bit' | '8bitmime' | 'binarymime';
  readonly size: number;
  readonly createdAt: number;
  readonly attempts: number;
  /** `held` rows are not taken until they are released. */
  readonly state: 'ready' | 'held';
  /** What the last attempt ended with, for people; null before the first. */
  readonly lastReply: string | null;
  /** Server of the last attempt. */
  readonly lastHost: string | null;
  /** The delay report has been sent. */
  readonly delayTold: boolean;
  /** Proves that a result belongs to the lease under which the row was taken. */
  readonly leaseEpoch: number;
  readonly via: AccountId | null;
}

/** The road of a row, which concurrency is counted by: its domain, or `via N` for that account's provider. No domain holds a space. */
export function roadOf(row: Pick<QueueRecipient, 'domain' | 'via'>): string {
  return row.via === null ? row.domain : `via ${row.via}`;
}

/** The result of an attempt on one row; part of a `Commit`. A result whose `leaseEpoch` is not the row's is passed over. */
export type QueueResult = { readonly id: number; readonly leaseEpoch: number } & (
  | { readonly done: 'delivered' | 'failed' | 'removed' }
  | {
      readonly done: 'later';
      readonly dueAt: number;
      readonly reply: string;
      readonly host: string | null;
      readonly delayTold: boolean;
    }
);

export interface QueueStore {
  /**
   * Takes rows that are due, oldest first, at most `limit`; they are not given again for `lease` ms. `now` is wall time.
   * Rows whose road (`roadOf`) is in `without` are left.
   */
  take(now: number, lease: number, limit: number, without: readonly string[]): Promise<readonly QueueRecipient[]>;
  /** Prolongs leases. Returns the ids that are still ours. */
  renew(rows: readonly { readonly id: number; readonly leaseEpoch: number }[], now: number, lease: number): Promise<readonly number[]>;
  /** When the next row is due, or null. */
  nextDue(): Promise<number | null>;
  /** Rows that fulfil all of the filter. */
  list(filter: {
    readonly letter?: LetterId;
    readonly domain?: string;
    readonly via?: AccountId;
    /** Asked of each reverse-path, since which are somebody's own only the address book knows; the rows of others are not read. */
    readonly from?: (reversePath: string) => boolean;
    readonly limit: number;
  }): Promise<readonly QueueRecipient[]>;
  /** Makes rows due at `now`; a held row is released. Returns how many. */
  retry(ids: readonly number[], now: number): Promise<number>;
  hold(ids: readonly number[]): Promise<number>;
  /** Takes rows out without a report. */
  remove(ids: readonly number[]): Promise<number>;
  count(): Promise<{ readonly ready: number; readonly held: number; readonly letters: number }>;
  /** Called whenever rows may have become due earlier than `nextDue` said. */
  onNew(heard: () => void): () => void;
}
