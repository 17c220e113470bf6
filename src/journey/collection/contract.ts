// Collection: letters of accounts at other providers, fetched and kept equal. Knows what a collector is; imap and pop3 are its kinds.
import type { AccountId } from '../../store/contract.ts';
import type { Cause } from '../outside/causes.ts';
import type { OutsideAccountRow } from '../../store/outside-contract.ts';

/** How far a first or a long fetch has come. */
export interface CollectionProgress {
  readonly account: AccountId;
  /** Name of the folder in hand. */
  readonly mailbox: string;
  /** Of all folders together, since the fetch began. */
  readonly done: number;
  readonly of: number;
}

/** Keeps one account equal with its provider. */
export interface Collector {
  /**
   * Works until the signal: IMAP lives on its connection, POP3 makes one visit and settles.
   * Settles in order when told to stop: what it was about is written down, and the next one goes on there.
   * @throws CauseTrouble (journey/outside/causes.ts); Unavailable.
   */
  run(signal: AbortSignal): Promise<void>;
}

export interface CollectorParts {
  readonly row: OutsideAccountRow;
  /** Null: what was to be fetched is here. */
  readonly progress: (progress: CollectionProgress | null) => void;
  /** A letter came in, or everything is equal: the account is well. */
  readonly well: (facts: {
    readonly received: number;
    /** Well on the whole, but some letters stay at the provider: too large, or not to be had. */
    readonly remark?: { readonly cause: Cause; readonly words: string };
  }) => void;
}

export type OpenCollector = (parts: CollectorParts) => Collector;
