// The envelope of an EmailSubmission (RFC 8621 §7): as a client gives it, or read from the letter; its parameters (RFC 3461, RFC 4865).
// Knows addresses and parameters; whether they may be used is the office's to say.
import { bytesFromUtf8, type Bytes } from '../../../base/bytes.ts';
import { formatAddrSpec, mailboxesOf, parseAddressList } from '../../../message/address/address-list.ts';
import { decodeRawHeader } from '../../../message/charset/decode.ts';
import { fieldName, fieldValue, readHeader } from '../../../message/header/fields.ts';
import type { DsnNotify } from '../../../store/queue-contract.ts';
import { isArray, isObject, parseDate } from '../arguments.ts';
import type { Json, JsonObject, SetError } from '../contract.ts';
import { invalidProperties } from '../errors.ts';
import type { SendingEnvelope, SubmissionValue } from './contract.ts';

export type Envelope = SubmissionValue['envelope'];
type Address = Envelope['mailFrom'];
type Parameters = Exclude<Address['parameters'], null>;

/** RFC 8621 §1.3.2 maxDelayedSend, seconds. */
export const maxDelayedSend = 366 * 24 * 3600;
/** Of an envelope before it is looked at by the office. */
const recipientsMax = 10_000;

const mailParameters = new Set('SIZE BODY SMTPUTF8 RET ENVID HOLDFOR HOLDUNTIL'.split(' '));
const recipientParameters = new Set('NOTIFY ORCPT'.split(' '));

/** As it was given. Null stays null: the letter says it. */
export function readEnvelope(value: Json | undefined): Envelope | null | SetError {
  if (value === undefined || value === null) return null;
  const wrong = (at: string, description: string): SetError => invalidProperties([at], description);
  if (!isObject(value) || Object.keys(value).some((name) => name !== 'mailFrom' && name !== 'rcptTo'))
    return wrong('envelope', 'An envelope has mailFrom and rcptTo.');
  const mailFrom = readAddress(value['mailFrom'], mailParameters);
  if (typeof mailFrom === 'string') return wrong('envelope/mailFrom', mailFrom);
  const list = value['rcptTo'];
  if (!isArray(list) || list.length > recipientsMax) return wrong('envelope/rcptTo', 'A list of addresses was expected.');
  const rcptTo: Address[] = [];
  for (const [index, one] of list.entries()) {
    const address = readAddress(one, recipientParameters);
    if (typeof address === 'string') return wrong(`envelope/rcptTo/${index}`, address);
    rcptTo.push(address);
  }
  return { mailFrom, rcptTo };
}

/** A sentence when it is wrong. */
function readAddress(value: Json | undefined, known: ReadonlySet<string>): Address | string {
  if (!isObject(value)) return 'An address has email and parameters.';
  const { email, parameters = null, ...others } = value;
  if (typeof email !== 'string' || email.length > 400 || /[\0\r\n]/.test(email) || Object.keys(others).length > 0)
    return 'An address has email and parameters.';
  if (parameters === null) return { email, parameters: null };
  if (!isObject(parameters)) return 'Parameters are an object.';
  const read: { [name: string]: string | null } = {};
  for (const [name, told] of Object.entries(parameters)) {
    if (!known.has(name.toUpperCase())) return `${name.slice(0, 60)} is not offered here.`;
    if (told !== null && typeof told !== 'string') return 'A parameter is text or null.';
    const fault = faultOfParameter(name.toUpperCase(), told);
    if (fault !== null) return fault;
    read[name.toUpperCase()] = told;
  }
  if (read['HOLDFOR'] !== undefined && read['HOLDUNTIL'] !== undefined) return 'HOLDFOR and HOLDUNTIL do not stand together.';
  return { email, parameters: read };
}

function faultOfParameter(name: string, value: string | null): string | null {
  const text = value ?? '';
  switch (name) {
    case 'RET':
      return /^(?:FULL|HDRS)$/i.test(text) ? null : 'RET is FULL or HDRS.';
    case 'ENVID':
      return /^[\x20-\x7e]{1,100}$/.test(text) ? null : 'ENVID is at most 100 printable characters.';
    case 'NOTIFY':
      return readNotify(text) === null ? 'NOTIFY is NEVER, or some of SUCCESS, FAILURE, DELAY.' : null;
    case 'ORCPT':
      return /^[A-Za-z0-9-]+;.{1,400}$/.test(text) ? null : 'ORCPT is an address type, ";" and an address.';
    // RFC 4865 §4.1: up to nine digits. §4.2: a date of RFC 3339.
    case 'HOLDFOR':
      return /^[0-9]{1,9}$/.test(text) && Number(text) <= maxDelayedSend ? null : `HOLDFOR is at most ${maxDelayedSend} seconds.`;
    case 'HOLDUNTIL':
      return parseDate(text, false) === null ? 'HOLDUNTIL is a date such as 2026-01-31T12:00:00Z.' : null;
    default:
      return null;
  }
}

function readNotify(text: string): readonly DsnNotify[] | null {
  const words = text.toLowerCase().split(',');
  if (words.length === 1 && words[0] === 'never') return ['never'];
  const known = words.every((word) => word === 'success' || word === 'failure' || word === 'delay');
  return known && new Set(words).size === words.length ? (words as DsnNotify[]) : null;
}

/** When it is to go, milliseconds; null when nothing was said. A SetError beyond `maxDelayedSend`. */
export function releaseOf({ mailFrom }: Envelope, now: number): number | null | SetError {
  const { HOLDFOR: seconds = null, HOLDUNTIL: until = null } = mailFrom.parameters ?? {};
  if (seconds === null && until === null) return null;
  const at = seconds !== null ? now + Number(seconds) * 1000 : parseDate(until!, false)!;
  return at <= now + maxDelayedSend * 1000 ? at : invalidProperties(['envelope/mailFrom'], `At most ${maxDelayedSend} seconds ahead.`);
}

/** What of it matters on the way. */
export function readEnvelopeAddresses({ mailFrom, rcptTo }: Envelope): SendingEnvelope {
  const { ENVID: envelopeId = null, RET: returns = null } = mailFrom.parameters ?? {};
  const seen = new Set<string>();
  return {
    reversePath: mailFrom.email,
    envelopeId,
    returns: returns === null ? null : returns.toUpperCase() === 'FULL' ? 'full' : 'headers',
    recipients: rcptTo
      .filter(({ email }) => !seen.has(email) && seen.add(email))
      .map(({ email, parameters }) => ({
        address: email,
        notify: readNotify(parameters?.['NOTIFY'] ?? '') ?? [],
        originalRecipient: xtextRecipient(parameters),
      })),
  };
}

/** RFC 3461 §4.2: on the wire the address is xtext. */
function xtextRecipient(parameters: Parameters | null): string | null {
  const told = parameters?.['ORCPT'] ?? null;
  if (told === null) return null;
  const semicolon = told.indexOf(';') + 1;
  let out = told.slice(0, semicolon);
  for (const octet of bytesFromUtf8(told.slice(semicolon)))
    out +=
      octet >= 33 && octet <= 126 && octet !== 43 && octet !== 61
        ? String.fromCharCode(octet)
        : `+${octet.toString(16).toUpperCase().padStart(2, '0')}`;
  return out;
}

/** RFC 8621 §7: what the letter itself says. `identity`: whose address is used where the letter has none or another one. */
export function envelopeOf(octets: Bytes, identity: string): Envelope | SetError {
  const header = readHeader(octets, 0, octets.length);
  const values = new Map<string, string[]>();
  for (const field of header.fields) {
    const name = fieldName(header, field);
    if (!relevant.has(name)) continue;
    const list = values.get(name) ?? [];
    list.push(decodeRawHeader(fieldValue(header, field), 'utf-8'));
    values.set(name, list);
  }
  const by = values.has('sender') ? 'sender' : 'from';
  const fields = values.get(by) ?? [];
  const authors = mailboxesOf(parseAddressList(fields.at(-1) ?? ''));
  // RFC 8621 §7: several of them are refused, as nobody knows which is meant.
  if (fields.length > 1 || authors.length > 1)
    return { type: 'invalidEmail', properties: [by], description: `One ${by === 'sender' ? 'Sender' : 'From'} address was expected.` };
  const author = authors[0] === undefined ? '' : formatAddrSpec(authors[0]);
  const recipients = new Set<string>();
  for (const name of ['to', 'cc', 'bcc'])
    for (const value of values.get(name) ?? [])
      for (const mailbox of mailboxesOf(parseAddressList(value))) {
        const address = formatAddrSpec(mailbox);
        if (address !== '' && address !== '""') recipients.add(address);
      }
  if (recipients.size > recipientsMax) return { type: 'tooManyRecipients', maxRecipients: recipientsMax };
  return {
    mailFrom: { email: author.toLowerCase() === identity.toLowerCase() ? author : identity, parameters: null },
    rcptTo: [...recipients].map((email) => ({ email, parameters: null })),
  };
}

const relevant = new Set('sender from to cc bcc'.split(' '));

export function envelopeAsJson(envelope: Envelope): JsonObject {
  return envelope as unknown as JsonObject;
}
