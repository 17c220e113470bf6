// The vacation reply (RFC 3834, RFC 8621 §8): to whom one may go, and what it says. Knows headers and words; who had one lately is the
// arrival's memory.
import type { Bytes } from '../../base/bytes.ts';
import { formatAddrSpec, mailboxesOf, parseAddressList, type Mailbox } from '../../message/address/address-list.ts';
import { arrangeBody } from '../../message/build/body.ts';
import { buildLetter } from '../../message/build/letter.ts';
import { decodeHeaderText } from '../../message/header/encoded-word.ts';
import { fieldName, fieldValue, readHeader, type Header } from '../../message/header/fields.ts';
import { joinReferences, parseMessageId } from '../../message/header/message-id.ts';
import { htmlToText } from '../../message/html-text.ts';
import type { VacationValue } from '../../protocol/jmap/sending/vacation.ts';

export { vacationKind, type VacationValue } from '../../protocol/jmap/sending/vacation.ts';

/** RFC 3834 §2: once to each sender in so long. */
export const replyEveryMs = 7 * 24 * 3_600_000;

/** Is the person away at this time? */
export function isAway({ isEnabled, fromDate, toDate }: VacationValue, at: number): boolean {
  return isEnabled && (fromDate === null || at >= fromDate) && (toDate === null || at < toDate);
}

/** Fields by which lists and machines are known (RFC 3834 §2, §5; RFC 2369; RFC 2919). */
const listFields = new Set(
  'list-id list-post list-help list-unsubscribe list-subscribe list-owner list-archive mailing-list x-mailing-list'.split(' '),
);
const silentLocals =
  /^(?:mailer-daemon|listserv|majordomo|postmaster|no-?reply|do-?not-?reply|noreply|bounces?|.*-(?:request|owner|relay|bounces?)|owner-.*|bounce[-+=].*)$/i;

export interface ReplyTo {
  /** The reverse-path: where a reply goes (RFC 3834 §4). */
  readonly address: string;
  readonly messageId: string;
  readonly references: readonly string[];
  readonly subject: string;
}

/** `own`: whether an address is the person's. Null: this letter is not to be answered. */
export function replyFor(octets: Bytes, reversePath: string, own: (address: string) => boolean): ReplyTo | null {
  const local = reversePath.slice(0, reversePath.lastIndexOf('@'));
  if (reversePath === '' || local === '' || silentLocals.test(local) || own(reversePath)) return null;
  const header = readHeader(octets, 0, octets.length);
  const values = new Map<string, string>();
  let addressed = false;
  for (const field of header.fields) {
    const name = fieldName(header, field);
    if (listFields.has(name)) return null;
    const value = fieldValue(header, field);
    if (isFromMachine(name, value)) return null;
    // RFC 3834 §2: the person is named in To or Cc, so that letters to lists and blind copies are not answered.
    if (recipientFields.has(name)) addressed ||= mailboxesOf(parseAddressList(value)).some((one) => own(addressOf(one)));
    if (!values.has(name)) values.set(name, value);
  }
  if (!addressed) return null;
  const messageId = parseMessageId(values.get('message-id') ?? '');
  const earlier = joinReferences(values.get('references') ?? '', values.get('in-reply-to') ?? '');
  return {
    address: reversePath,
    messageId,
    references: messageId === '' ? earlier : [...earlier.filter((id) => id !== messageId).slice(-20), messageId],
    subject: decodeHeaderText(subjectOf(header)).slice(0, 400),
  };
}

const recipientFields = new Set(['to', 'cc', 'bcc', 'resent-to', 'resent-cc', 'resent-bcc']);

function isFromMachine(name: string, value: string): boolean {
  switch (name) {
    case 'auto-submitted':
      return !/^no\b/i.test(value);
    case 'precedence':
      return /^(?:bulk|list|junk)\b/i.test(value);
    // What Exchange and others send who do not know RFC 3834.
    case 'x-auto-response-suppress':
      return /\b(?:all|oof|autoreply)\b/i.test(value);
    case 'x-autoreply':
    case 'x-autorespond':
    case 'x-loop':
    case 'feedback-id':
      return true;
    case 'content-type':
      return /^multipart\/report\b/i.test(value);
    case 'x-spam-flag':
      return /^yes\b/i.test(value);
    case 'return-path':
      return value.replace(/\s/g, '') === '<>';
    default:
      return false;
  }
}

function addressOf(mailbox: Mailbox): string {
  return formatAddrSpec(mailbox);
}

function subjectOf(header: Header): string {
  for (const field of header.fields) if (fieldName(header, field) === 'subject') return fieldValue(header, field);
  return '';
}

export interface ReplyFacts {
  readonly vacation: VacationValue;
  readonly to: ReplyTo;
  readonly author: { readonly name: string; readonly address: string };
  readonly at: number;
  /** Without brackets. */
  readonly messageId: string;
}

/** RFC 3834 §3. In the person's words; in both languages of this house where they wrote none. */
export function buildReply({ vacation, to, author, at, messageId }: ReplyFacts): Bytes {
  const [first] = mailboxesOf(parseAddressList(`<${author.address}>`));
  const html = vacation.htmlBody ?? undefined;
  const text = vacation.textBody ?? (html === undefined ? usualWords : htmlToText(html, 100_000));
  return buildLetter({
    // RFC 3834 §3.1.7, §3.1.8: machines do not answer it.
    fields: [
      ['Auto-Submitted', 'auto-replied'],
      ['Precedence', 'bulk'],
      ['X-Auto-Response-Suppress', 'All'],
    ],
    date: { time: at },
    from: [{ ...first!, name: author.name === '' ? null : author.name }],
    to: parseAddressList(`<${to.address}>`),
    subject: vacation.subject ?? `自動返信 / Auto: ${to.subject}`.trim(),
    messageId,
    ...(to.messageId === '' ? {} : { inReplyTo: [to.messageId] }),
    ...(to.references.length === 0 ? {} : { references: to.references }),
    body: arrangeBody({ text, ...(html === undefined ? {} : { html }) }),
  });
}

const usualWords =
  'お手紙をありがとうございます。ただいま留守にしております。戻りましたらお返事いたします。\n\n' +
  'Thank you for your letter. I am away at the moment and will answer when I am back.\n';
