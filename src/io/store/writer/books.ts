// What every kind of job works with. Knows the parts of a writer; does nothing by itself.
import type { DatabaseSync } from 'node:sqlite';
import type { CrashPoint } from './crash-points.ts';
import type { Ledger } from './ledger.ts';
import type { Segments } from './segments.ts';
import type { Statements } from './statements.ts';

export interface Books {
  readonly db: DatabaseSync;
  readonly sql: Statements;
  readonly ledger: Ledger;
  readonly segments: Segments;
  readonly point: CrashPoint;
  readonly shard: number;
  readonly shards: number;
  readonly restingTime: number;
  /** Events whose keys are not written yet, about. */
  unkeyed: number;
  /** Rows of letters that the job at work has added. */
  added: number[];
  /** Ids that are given in this shard; read at start, and again after a rollback. */
  readonly next: { letter: number; queueRow: number; handOver: number };
}
