// What became of a letter for each of its recipients, as far as is known here (RFC 8621 §7 DeliveryStatus): from the queue, where it still
// waits, and from its journey. Knows rows and events; knows no request.
import type { DeliveryStatus, SubmissionValue } from '../../protocol/jmap/sending/contract.ts';
import type { QueueRecipient } from '../../store/queue-contract.ts';
import type { TraceEvent } from '../../store/trace-contract.ts';
import type { AddressBook, Resolution } from '../account/contract.ts';
import type { MailStore } from '../../store/contract.ts';

const rowsMax = 10_000;

/** Nothing more is to be found out here: it did not go, or somebody's server has the last word on each recipient. */
export function isSettled({ undoStatus, failure, letter, status, envelope }: SubmissionValue): boolean {
  if (undoStatus !== 'final' || failure !== null || letter === null) return true;
  return status !== undefined && envelope.rcptTo.every(({ email }) => status[email] !== undefined && status[email].delivered !== 'queued');
}

export async function statusOf(
  { store, addresses }: { readonly store: Pick<MailStore, 'queue' | 'trace'>; readonly addresses: Pick<AddressBook, 'resolve'> },
  value: SubmissionValue,
): Promise<Readonly<Record<string, DeliveryStatus>> | null> {
  const recipients = value.envelope.rcptTo.map(({ email }) => email);
  if (value.failure !== null) return forAll(recipients, { smtpReply: `550 5.7.0 ${value.failure}`, delivered: 'no' });
  if (value.undoStatus === 'pending') return forAll(recipients, { smtpReply: '250 2.0.0 Held until its time', delivered: 'queued' });
  if (value.letter === null) return null;
  if (isSettled(value)) return value.status ?? null;
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
    const before = value.status?.[address];
    const now = shown === undefined ? before : before === undefined ? shown : later(shown, before);
    if (now !== undefined) found.push([address, now]);
  }
  return found.length === 0 ? null : Object.fromEntries(found);
}

/** As it is at the moment of sending, and told with it. */
export function isAsSent({ delivered, smtpReply, displayed }: DeliveryStatus): boolean {
  return displayed === undefined && (delivered === 'yes' || (delivered === 'queued' && smtpReply === waitingReply));
}

const waitingReply = '250 2.0.0 Waiting to be delivered';

/** What came back about a letter that was handed on is more than that it was. */
function later(now: DeliveryStatus, before: DeliveryStatus): DeliveryStatus {
  const { displayed } = before;
  const is = now.delivered === 'unknown' && before.delivered !== 'queued' ? before : now;
  return displayed === undefined ? is : { ...is, displayed };
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
  if (row !== undefined) return { smtpReply: replyText(row.lastReply, waitingReply), delivered: 'queued' };
  if (event === undefined) return null;
  const reply = event.facts['reply'];
  const words = typeof reply === 'string' ? reply : null;
  if (event.result === 'failed') return { smtpReply: replyText(words, '550 5.0.0 Could not be delivered'), delivered: 'no' };
  if (event.station === 'mailbox') return { smtpReply: '250 2.1.5 In the mailbox', delivered: 'yes' };
  // RFC 8621 §7: handed to another server is not yet read by anybody.
  if (event.station === 'delivery' && event.result === 'done')
    return { smtpReply: replyText(words, '250 2.0.0 Handed on'), delivered: 'unknown' };
  return { smtpReply: replyText(words, waitingReply), delivered: 'queued' };
}

/** RFC 8621 §7 (smtpReply): one line, beginning with a code. */
function replyText(words: string | null, otherwise: string): string {
  if (words === null || words === '') return otherwise;
  const line = words.replace(/\s+/g, ' ').trim();
  return /^[245]\d\d /.test(line) ? line : `${otherwise.slice(0, 9)} ${line}`;
}
