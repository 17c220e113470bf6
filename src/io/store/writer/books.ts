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
  /** Ids that are given in this shard; read at start, and again after a rollback. */
  readonly next: { letter: number; queueRow: number; handOver: number };
}

/** Octets of one batch, and where they lie in a segment. */
export interface Hold {
  readonly octets: Uint8Array | null;
  readonly segment: number;
  readonly start: number;
}
