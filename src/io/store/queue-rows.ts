// The columns of a queue row as writer and readers select them. Knows rows; changes nothing.
import type { DsnNotify, QueueRecipient } from '../../store/queue-contract.ts';

export const queueTables = 'queue_row r join queue_letter q on q.letter = r.letter';
/** As `roadOf` of the contract. */
export const queueRoad = "case when r.via is null then r.domain else 'via ' || r.via end";
export const queueColumns =
  'r.id, q.journey, q.reverse_path, q.envelope_id, q.returns, q.smtp_utf8, q.body_type, q.size, q.created_at, r.recipient, r.domain, r.due_at, r.expires_at, r.notify, r.original, r.attempts, r.held, r.last_reply, r.last_host, r.delay_told, r.epoch, r.via';

export function parseQueueRow(row: readonly (string | number | null | Uint8Array)[], shard: number, shards: number): QueueRecipient {
  const text = (at: number): string => String(row[at]);
  const textOrNull = (at: number): string | null => (row[at] === null ? null : String(row[at]));
  return {
    id: Number(row[0]) * shards + shard,
    letter: text(1),
    reversePath: text(2),
    envelopeId: textOrNull(3),
    returns: textOrNull(4) as QueueRecipient['returns'],
    smtpUtf8: row[5] === 1,
    bodyType: text(6) as QueueRecipient['bodyType'],
    size: Number(row[7]),
    createdAt: Number(row[8]),
    recipient: text(9),
    domain: text(10),
    dueAt: Number(row[11]),
    expiresAt: Number(row[12]),
    notify: row[13] === '' ? [] : (text(13).split(' ') as DsnNotify[]),
    originalRecipient: textOrNull(14),
    attempts: Number(row[15]),
    state: row[16] === 1 ? 'held' : 'ready',
    lastReply: textOrNull(17),
    lastHost: textOrNull(18),
    delayTold: row[19] === 1,
    leaseEpoch: Number(row[20]),
    via: row[21] === null ? null : Number(row[21]),
  };
}
