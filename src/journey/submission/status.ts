// What became of a letter for each of its recipients, as far as is known here (RFC 8621 §7 DeliveryStatus): from the queue, where it still
// waits, and from its journey. Knows rows and events; knows no request.
import type { DeliveryStatus, SubmissionValue } from '../../protocol/jmap/sending/contract.ts';
import type { QueueRecipient } from '../../store/queue-contract.ts';
import type { TraceEvent } from '../../store/trace-contract.ts';
import type { Resolution } from '../account/contract.ts';
import type { SubmissionParts } from './outgoing.ts';

const rowsMax = 10_000;

export async function statusOf(
  { store, addresses }: Pick<SubmissionParts, 'store' | 'addresses'>,
  value: SubmissionValue,
): Promise<Readonly<Record<string, DeliveryStatus>> | null> {
  const recipients = value.envelope.rcptTo.map(({ email }) => email);
  if (value.failure !== null) return forAll(recipients, { smtpReply: `550 5.7.0 ${value.failure}`, delivered: 'no' });
  if (value.undoStatus === 'pending') return forAll(recipients, { smtpReply: '250 2.0.0 Held until its time', delivered: 'queued' });
  if (value.letter === null) return null;
  const [rows, events] = await Promise.all([
    store.queue.list({ letter: value.letter, limit: rowsMax }),
    store.trace.ofLetter(value.letter),
  ]);
  const waiting = new Map(rows.map((row) => [row.recipient, row]));
  const last = new Map<string, TraceEvent>();
  for (const event of events) if (event.recipient !== null && told.has(event.station)) last.set(event.recipient, event);
  const found: [string, DeliveryStatus][] = [];
  for (const address of recipients) {
    const ends = [...new Set([address, ...endsOf(addresses.resolve(address))])];
    const known = ends.flatMap((end) => oneStatus(waiting.get(end), last.get(end)) ?? []);
    // Of a list: what still waits, then what went wrong, then what is not known, are worth more than what is well.
    const shown = order.map((delivered) => known.find((one) => one.delivered === delivered)).find((one) => one !== undefined);
    if (shown !== undefined) found.push([address, shown]);
  }
  return found.length === 0 ? null : Object.fromEntries(found);
}

const told: ReadonlySet<TraceEvent['station']> = new Set(['mailbox', 'delivery', 'queue']);
const order: readonly DeliveryStatus['delivered'][] = ['queued', 'no', 'unknown', 'yes'];

function forAll(recipients: readonly string[], status: DeliveryStatus): Record<string, DeliveryStatus> {
  return Object.fromEntries(recipients.map((address) => [address, status]));
}

function endsOf(resolution: Resolution): string[] {
  switch (resolution.kind) {
    case 'account':
    case 'elsewhere':
      return [resolution.address];
    case 'list':
      return resolution.targets.flatMap(endsOf);
    case 'unknown':
      return [];
  }
}

function oneStatus(row: QueueRecipient | undefined, event: TraceEvent | undefined): DeliveryStatus | null {
  if (row !== undefined) return { smtpReply: replyText(row.lastReply, '250 2.0.0 Waiting to be delivered'), delivered: 'queued' };
  if (event === undefined) return null;
  const reply = event.facts['reply'];
  const words = typeof reply === 'string' ? reply : null;
  if (event.result === 'failed') return { smtpReply: replyText(words, '550 5.0.0 Could not be delivered'), delivered: 'no' };
  if (event.station === 'mailbox') return { smtpReply: '250 2.1.5 In the mailbox', delivered: 'yes' };
  // RFC 8621 §7: handed to another server is not yet read by anybody.
  if (event.station === 'delivery' && event.result === 'done')
    return { smtpReply: replyText(words, '250 2.0.0 Handed on'), delivered: 'unknown' };
  return { smtpReply: replyText(words, '250 2.0.0 Waiting to be delivered'), delivered: 'queued' };
}

/** RFC 8621 §7 (smtpReply): one line, beginning with a code. */
function replyText(words: string | null, otherwise: string): string {
  if (words === null || words === '') return otherwise;
  const line = words.replace(/\s+/g, ' ').trim();
  return /^[245]\d\d /.test(line) ? line : `${otherwise.slice(0, 9)} ${line}`;
}
