// Which letter a report is about, and what it says of each recipient. Knows reports and submissions as values; asks nobody and keeps nothing.
import { addressOfField, fieldOf, type Report, type ReportFields } from '../../message/report.ts';
import type { DeliveryStatus, SubmissionValue } from '../../protocol/jmap/sending/contract.ts';
import type { Item } from '../../store/items-contract.ts';

/** What counts of a report once it was read. */
export type ReportWords = Pick<Report, 'kind' | 'groups' | 'messageId'>;

/** How a report names the letter: by the envelope id that the app gave (RFC 3461 §4.4), or the Message-ID. */
export function namesIn({ kind, groups, messageId }: ReportWords): readonly string[] {
  const first = groups[0] ?? [];
  const envelopeId = kind === 'delivery-status' ? (fieldOf(first, 'original-envelope-id') ?? '') : '';
  const told = (fieldOf(first, 'original-message-id') ?? '').replace(/^<|>$/g, '');
  return namesFrom(envelopeId, told === '' ? messageId : told);
}

/** How a report may name a letter that went. */
export function namesOf({ envelope, messageId, letter }: SubmissionValue): readonly string[] {
  if (letter === null) return [];
  const { parameters } = envelope.mailFrom;
  return namesFrom(parameters?.['ENVID'] ?? parameters?.['envid'] ?? '', messageId ?? '');
}

function namesFrom(envelopeId: string, messageId: string): string[] {
  return [...(envelopeId === '' ? [] : [`envelope ${envelopeId}`]), ...(messageId === '' ? [] : [`message ${messageId}`])];
}

/** Of several the newest that went to somebody whom the report names. */
export function submissionMeant(items: readonly Item[], report: ReportWords): Item | null {
  const names = new Set(namesIn(report));
  const meant = items.filter(({ value }) => namesOf(value as SubmissionValue).some((name) => names.has(name)));
  return meant.findLast((item) => reportedBy(report, item.value as SubmissionValue).size > 0) ?? null;
}

type Told = Partial<DeliveryStatus>;

/** What a report says of recipients that the letter had, by address as it stands in the envelope. */
export function reportedBy({ kind, groups }: ReportWords, value: SubmissionValue): ReadonlyMap<string, Told> {
  const recipients = new Map(value.envelope.rcptTo.map(({ email }) => [email.toLowerCase(), email]));
  const told = new Map<string, Told>();
  for (const group of groups) {
    const address =
      recipients.get(addressOfField(fieldOf(group, 'original-recipient')).toLowerCase()) ??
      recipients.get(addressOfField(fieldOf(group, 'final-recipient')).toLowerCase());
    if (address !== undefined) told.set(address, kind === 'delivery-status' ? deliveryOf(group) : displayOf(group));
  }
  return told;
}

/** RFC 8621 §7: what a report said stands for the reply. */
function deliveryOf(group: ReportFields): Told {
  const action = (fieldOf(group, 'action') ?? '').toLowerCase();
  const status = /^[245]\.\d{1,3}\.\d{1,3}/.exec(fieldOf(group, 'status') ?? '')?.[0] ?? (action === 'failed' ? '5.0.0' : '2.0.0');
  const diagnostic = (fieldOf(group, 'diagnostic-code') ?? '').replace(/^[^;]*;\s*/, '').slice(0, 400);
  const smtpReply = (words: string, code: string): string =>
    /^[245]\d\d /.test(diagnostic) ? diagnostic : `${code} ${status} ${diagnostic === '' ? words : diagnostic}`;
  if (action === 'failed') return { delivered: 'no', smtpReply: smtpReply('Could not be delivered', '550') };
  if (action === 'delivered') return { delivered: 'yes', smtpReply: smtpReply('Delivered', '250') };
  return {};
}

/** RFC 8098 §3.2.6.2: only this one says that it was shown. */
function displayOf(group: ReportFields): Told {
  return /;\s*displayed\b/i.test(fieldOf(group, 'disposition') ?? '') ? { displayed: 'yes' } : {};
}

/** What another server says counts where this one has handed the letter on and knows no more. */
export function believe(is: DeliveryStatus, { delivered, smtpReply, displayed }: Told): DeliveryStatus {
  const knows = delivered === undefined || is.delivered !== 'unknown';
  return {
    ...(knows ? is : { ...is, delivered, smtpReply: smtpReply ?? is.smtpReply }),
    ...(displayed === undefined ? {} : { displayed }),
  };
}
