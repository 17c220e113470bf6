// What other stations tell about letters that apps of JMAP have sent. Knows the question; follow-up.ts answers it.
import type { Commit, CommitResult } from '../../store/contract.ts';

export interface SentNews {
  /** A commit that has settled well: what it did to letters on their way, and reports about them that it put into mailboxes. Never throws; works behind. */
  committed(work: Commit, result: CommitResult): void;
}
