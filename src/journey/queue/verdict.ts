// What comes of one attempt for each recipient of a letter: delivered, later, or returned; the lines of the queue and of the trace that say so, and what
// the sender is told. Knows the schedule and RFC 3461; writes nothing down.
import type { QueueRecipient, QueueResult } from '../../store/queue-contract.ts';
import type { TraceEvent } from '../../store/trace-contract.ts';
import type { LaneOutcome, Result } from '../delivery/contract.ts';
import type { ReportAction, ReportedRecipient } from '../report/contract.ts';
import { tellDelayAfterMs } from './schedule.ts';

export interface Verdict {
  readonly queue: readonly QueueResult[];
  readonly events: TraceEvent[];
  readonly reported: readonly ReportedRecipient[];
}

/** `nextAt`: when a recipient that has to wait is tried again, milliseconds; beyond its `expiresAt` it is returned. */
export function judge(
  rows: readonly QueueRecipient[],
  outcome: LaneOutcome,
  now: number,
  nextAt: (row: QueueRecipient) => number,
): Verdict {
  const queue: QueueResult[] = [];
  const events: TraceEvent[] = [...outcome.events];
  const reported: ReportedRecipient[] = [];
  const tell = (row: QueueRecipient, action: ReportAction, status: string, words: string, host: string | null, cause?: string) =>
    reported.push({ row, action, status, words, host, lastAttemptAt: now, ...(cause === undefined ? {} : { cause }) });
  for (const row of rows) {
    const result = outcome.results.get(row.id) ?? noResult;
    const proof = { id: row.id, leaseEpoch: row.leaseEpoch };
    if (result.kind === 'delivered') {
      queue.push({ ...proof, done: 'delivered' });
      // RFC 3461 §5.2.2: a next server that cannot report success leaves it to us to say how far the letter came.
      if (row.notify.includes('success') && !result.dsnPassedOn) tell(row, 'relayed', '2.0.0', result.words, result.host);
      continue;
    }
    const next = nextAt(row);
    if (result.kind === 'later' && next < row.expiresAt) {
      const delayDue = !row.delayTold && (result.tellNow === true || now - row.createdAt >= tellDelayAfterMs);
      if (delayDue && wants(row, 'delay')) tell(row, 'delayed', result.status, result.words, result.host, result.cause);
      queue.push({ ...proof, done: 'later', dueAt: next, reply: result.words, host: result.host, delayTold: row.delayTold || delayDue });
      events.push({
        letter: row.letter,
        at: now,
        station: 'queue',
        result: 'later',
        recipient: row.recipient,
        account: null,
        facts: { attempt: row.attempts + 1, nextAt: next, reply: result.words, ...causeOf(result) },
      });
      continue;
    }
    // RFC 3463 §3.5 (X.4.7): it could be tried no longer.
    const status = result.kind === 'never' ? result.status : '4.4.7';
    queue.push({ ...proof, done: 'failed' });
    events.push({
      letter: row.letter,
      at: now,
      station: 'queue',
      result: 'failed',
      recipient: row.recipient,
      account: null,
      facts: { attempt: row.attempts + 1, reply: result.words, ...causeOf(result) },
    });
    if (wants(row, 'failure')) tell(row, 'failed', status, result.words, result.host, result.cause);
  }
  return { queue, events, reported };
}

const noResult: Result = { kind: 'later', host: null, status: '4.3.0', words: 'no result' };

function causeOf({ cause }: Extract<Result, { kind: 'later' | 'never' }>): { readonly cause?: string } {
  return cause === undefined ? {} : { cause };
}

/** RFC 3461 §4.1: without NOTIFY failures are told, and delays too as every sender expects. */
function wants(row: QueueRecipient, what: 'failure' | 'delay'): boolean {
  return row.notify.length === 0 || row.notify.includes(what);
}
