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
}

const names = ['date', 'subject', 'from', 'sender', 'reply-to', 'to', 'cc', 'bcc', 'in-reply-to', 'message-id', 'references'] as const;
const wanted = new Set<string>(names);
const noAddresses: readonly Address[] = [];

/**
 * Reads the envelope of a header section. A field that is there twice: the first counts, but destination fields are joined
 * (RFC 5322 §4.5.3). `hint`: the charset to try for raw 8-bit text.
 */
export function readEnvelope(header: Header, hint = ''): Envelope {
  const values: Record<string, string> = {};
  for (const field of header.fields) {
    const length = field.nameEnd - field.start;
    if (length < 2 || length > 11) continue;
    const name = fieldName(header, field);
    if (!wanted.has(name)) continue;
    const before = values[name];
    if (before === undefined) values[name] = fieldValue(header, field);
    else if ((name === 'to' || name === 'cc' || name === 'bcc') && before.length < 100_000)
      values[name] = `${before}, ${fieldValue(header, field)}`;
  }
  const addresses = (name: string): readonly Address[] => {
    const value = values[name];
    return value === undefined || value === '' ? noAddresses : parseAddressList(decodeRawHeader(value, hint));
  };
  const from = addresses('from');
  const sender = addresses('sender');
  const replyTo = addresses('reply-to');
  return {
    date: values['date'] ?? null,
    subject: values['subject'] ?? null,
    from,
    sender: sender.length > 0 ? sender : from,
    replyTo: replyTo.length > 0 ? replyTo : from,
    to: addresses('to'),
    cc: addresses('cc'),
    bcc: addresses('bcc'),
    inReplyTo: values['in-reply-to'] ?? null,
    messageId: values['message-id'] ?? null,
    references: values['references'] ?? null,
  };
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
export function imapAddresses(list: readonly Address[]): string {
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
