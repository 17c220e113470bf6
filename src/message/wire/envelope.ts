// The envelope of a message: the fields that ENVELOPE shows, read once, and their text (RFC 9051 §7.5.2, the same in RFC 3501 §7.4.2).
// Knows those ten fields and References; knows no MIME part.
import { parseAddressList, type Address, type Mailbox } from '../address/address-list.ts';
import { decodeRawHeader } from '../charset/decode.ts';
import { fieldName, fieldValue, type Header } from '../header/fields.ts';
import { imapDomain, imapHeaderText, imapText, imapWhole } from './imap-string.ts';

/** Raw values are unfolded, one character per octet, null when the field is missing. */
export interface Envelope {
  readonly date: string | null;
  readonly subject: string | null;
  readonly from: readonly Address[];
  readonly sender: readonly Address[];
  readonly replyTo: readonly Address[];
  readonly to: readonly Address[];
  readonly cc: readonly Address[];
  readonly bcc: readonly Address[];
  readonly inReplyTo: string | null;
  readonly messageId: string | null;
  readonly references: string | null;
  /** Bits of `envelopeMarks`. */
  readonly marks: number;
}

/** What the text of an envelope does not tell of the fields that it was made of. */
export const envelopeMarks = {
  /** A Sender, a Reply-To was there, and not only the From that stands in for it (RFC 9051 §7.5.2). */
  sender: 1,
  replyTo: 2,
  /** Something was changed: a field was there twice, empty, or not in ASCII, or an address had no domain. */
  changed: 4,
} as const;

const names = ['date', 'subject', 'from', 'sender', 'reply-to', 'to', 'cc', 'bcc', 'in-reply-to', 'message-id', 'references'] as const;
const wanted = new Set<string>(names);
const noAddresses: readonly Address[] = [];

/**
 * Reads the envelope of a header section. A field that is there twice: the first counts, but destination fields are joined
 * (RFC 5322 §4.5.3). `hint`: the charset to try for raw 8-bit text.
 */
export function readEnvelope(header: Header, hint = ''): Envelope {
  const values: Record<string, string> = {};
  let marks = 0;
  for (const field of header.fields) {
    const length = field.nameEnd - field.start;
    if (length < 2 || length > 11) continue;
    const name = fieldName(header, field);
    if (!wanted.has(name)) continue;
    const before = values[name];
    if (before === undefined) {
      const value = fieldValue(header, field);
      values[name] = value;
      if (name === 'sender') marks |= envelopeMarks.sender;
      else if (name === 'reply-to') marks |= envelopeMarks.replyTo;
      if (value === '' || !/^[\t\x20-\x7e]*$/.test(value)) marks |= envelopeMarks.changed;
      continue;
    }
    marks |= envelopeMarks.changed;
    if ((name === 'to' || name === 'cc' || name === 'bcc') && before.length < 100_000)
      values[name] = `${before}, ${fieldValue(header, field)}`;
  }
  const addresses = (name: string): readonly Address[] => {
    const value = values[name];
    return value === undefined || value === '' ? noAddresses : parseAddressList(decodeRawHeader(value, hint));
  };
  const from = addresses('from');
  const sender = addresses('sender');
  const replyTo = addresses('reply-to');
  const to = addresses('to');
  const cc = addresses('cc');
  const bcc = addresses('bcc');
  for (const list of [from, sender, replyTo, to, cc, bcc]) if (!isWhole(list)) marks |= envelopeMarks.changed;
  return {
    date: values['date'] ?? null,
    subject: values['subject'] ?? null,
    from,
    sender: sender.length > 0 ? sender : from,
    replyTo: replyTo.length > 0 ? replyTo : from,
    to,
    cc,
    bcc,
    inReplyTo: values['in-reply-to'] ?? null,
    messageId: values['message-id'] ?? null,
    references: values['references'] ?? null,
    marks,
  };
}

/** Whether an envelope shows these addresses as they are. */
function isWhole(list: readonly Address[]): boolean {
  for (const address of list) {
    if (address.kind === 'mailbox' ? !isWholeMailbox(address) : !address.members.every(isWholeMailbox)) return false;
  }
  return true;
}

function isWholeMailbox(mailbox: Mailbox): boolean {
  return mailbox.local !== '' && mailbox.domain !== null && mailbox.domain !== '';
}

/** RFC 9051 §7.5.2 (ENVELOPE). */
export function formatEnvelope(envelope: Envelope, hint = ''): string {
  const from = imapAddresses(envelope.from);
  return (
    `(${imapHeaderText(envelope.date, hint)} ${imapHeaderText(envelope.subject, hint)} ${from} ` +
    `${envelope.sender === envelope.from ? from : imapAddresses(envelope.sender)} ` +
    `${envelope.replyTo === envelope.from ? from : imapAddresses(envelope.replyTo)} ` +
    `${imapAddresses(envelope.to)} ${imapAddresses(envelope.cc)} ${imapAddresses(envelope.bcc)} ` +
    `${imapHeaderText(envelope.inReplyTo, hint)} ${imapHeaderText(envelope.messageId, hint)})`
  );
}

/** RFC 9051 §9 (env-from): groups begin with a name and NIL for the host, and end with NIL for both. */
function imapAddresses(list: readonly Address[]): string {
  if (list.length === 0) return 'NIL';
  let out = '(';
  for (const address of list) {
    if (address.kind === 'mailbox') out += imapMailbox(address);
    else {
      out += `(NIL NIL ${imapText(address.name)} NIL)`;
      for (const member of address.members) out += imapMailbox(member);
      out += '(NIL NIL NIL NIL)';
    }
  }
  return `${out})`;
}

/** NIL for a host would begin a group: a mailbox without one gets a word that says so, as widely done. */
function imapMailbox(mailbox: Mailbox): string {
  const local = mailbox.local === '' && mailbox.domain === null ? 'MISSING_MAILBOX' : mailbox.local;
  return `(${imapText(mailbox.name)} ${imapText(mailbox.route)} ${imapWhole(local)} ${imapDomain(mailbox.domain ?? 'MISSING_DOMAIN')})`;
}
