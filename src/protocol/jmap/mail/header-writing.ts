// Header fields as a client sets them (RFC 8621 §4.1.2, §4.1.3, §4.6): each property becomes one field, in the form that it may have.
// Knows forms and which field takes which; knows no body and no store.
import { SyntaxTrouble } from '../../../base/trouble.ts';
import { formatAddressList, isDotAtom, type Address, type Mailbox } from '../../../message/address/address-list.ts';
import { checkId } from '../../../message/build/body.ts';
import { formatField, formatTextField } from '../../../message/build/field.ts';
import { formatDate } from '../../../message/header/date.ts';
import { encodeText } from '../../../message/header/encoded-word.ts';
import { unfold } from '../../../message/header/fields.ts';
import type { Json, JsonObject } from '../contract.ts';

export type HeaderForm = 'Raw' | 'Text' | 'Addresses' | 'GroupedAddresses' | 'MessageIds' | 'Date' | 'URLs';

/** A property that stands for a header field. */
export interface HeaderProperty {
  /** As it was written. */
  readonly name: string;
  readonly form: HeaderForm;
  readonly all: boolean;
}

/** RFC 8621 §4.1.3: the convenience properties of Email. */
export const namedFields: ReadonlyMap<string, HeaderProperty> = new Map(
  (
    [
      ['messageId', 'Message-ID', 'MessageIds'],
      ['inReplyTo', 'In-Reply-To', 'MessageIds'],
      ['references', 'References', 'MessageIds'],
      ['sender', 'Sender', 'Addresses'],
      ['from', 'From', 'Addresses'],
      ['to', 'To', 'Addresses'],
      ['cc', 'Cc', 'Addresses'],
      ['bcc', 'Bcc', 'Addresses'],
      ['replyTo', 'Reply-To', 'Addresses'],
      ['subject', 'Subject', 'Text'],
      ['sentAt', 'Date', 'Date'],
    ] as const
  ).map(([property, name, form]) => [property, { name, form, all: false }]),
);

const pattern = /^header:([\x21-\x39\x3b-\x7e]+?)(?::as(Raw|Text|Addresses|GroupedAddresses|MessageIds|Date|URLs))?(:all)?$/;

/** Null for what is no `header:` property. */
export function readHeaderProperty(property: string): HeaderProperty | null {
  const match = pattern.exec(property);
  return match === null ? null : { name: match[1]!, form: (match[2] as HeaderForm | undefined) ?? 'Raw', all: match[3] !== undefined };
}

const addressFields = new Set(
  'from sender reply-to to cc bcc resent-from resent-sender resent-reply-to resent-to resent-cc resent-bcc'.split(' '),
);
const idFields = new Set('message-id in-reply-to references resent-message-id'.split(' '));
const dateFields = new Set(['date', 'resent-date']);
const listFields = new Set('list-help list-unsubscribe list-subscribe list-post list-owner list-archive'.split(' '));
const textFields = new Set(['subject', 'comments', 'keywords', 'list-id']);
/** Every field of RFC 5322 and RFC 2369; others take every form. */
const bookFields = new Set([
  ...addressFields,
  ...idFields,
  ...dateFields,
  ...listFields,
  'subject',
  'comments',
  'keywords',
  'return-path',
  'received',
]);
const formFields: Readonly<Record<Exclude<HeaderForm, 'Raw'>, ReadonlySet<string>>> = {
  Text: textFields,
  Addresses: addressFields,
  GroupedAddresses: addressFields,
  MessageIds: idFields,
  Date: dateFields,
  URLs: listFields,
};

/** RFC 8621 §4.1.2: which field may be set in which form. */
export function isFormAllowed({ name, form }: HeaderProperty): boolean {
  const field = name.toLowerCase();
  return form === 'Raw' || !bookFields.has(field) || formFields[form].has(field);
}

/** Addresses, ids or URLs of one field. */
const listMax = 10_000;

/**
 * The field, or several for `:all`, with their line ends; empty for null, which sets none.
 * @throws SyntaxTrouble for a value that is not of the form, or would break out of its field.
 */
export function formatHeaderProperty(property: HeaderProperty, value: Json): string {
  if (value === null) return '';
  if (!property.all) return formatOne(property, value);
  if (!isList(value)) throw new SyntaxTrouble(`set ${property.name}: a list of values was expected`);
  return value.map((one) => formatOne(property, one)).join('');
}

function formatOne({ name, form }: HeaderProperty, value: Json): string {
  switch (form) {
    case 'Raw':
      return formatRaw(name, textOf(name, value));
    case 'Text':
      // RFC 8621 §4.1.2.2: read in NFC, so written in it.
      return formatTextField(name, textOf(name, value).normalize('NFC'));
    case 'Addresses':
      return listField(name, formatAddressList(addressesOf(name, value)));
    case 'GroupedAddresses':
      return listField(name, formatAddressList(groupsOf(name, value)));
    case 'MessageIds':
      return listField(name, listOf(name, value).map((id) => `<${checkId(textOf(name, id))}>`).join(' '));
    case 'Date':
      return formatField(name, dateOf(name, textOf(name, value)));
    case 'URLs':
      return listField(name, listOf(name, value).map((url) => urlOf(name, textOf(name, url))).join(', '));
  }
}

/** RFC 5322 §2.2: a field without anything in it is better left out, whatever reads it. */
function listField(name: string, text: string): string {
  return text === '' ? '' : formatField(name, text);
}

/** RFC 8621 §4.1.2.1. What is not ASCII becomes encoded words; what is stays as it was folded. */
function formatRaw(name: string, raw: string): string {
  if (/\0|\r(?!\n[ \t])|(?<!\r)\n/.test(raw)) throw new SyntaxTrouble(`set ${name}: a line end or NUL stands in its value`);
  const text = unfold(raw);
  if (/[^\x00-\x7f]/.test(raw)) return formatField(name, encodeText(text, true));
  const lines = `${name}:${raw}`.split('\r\n');
  if (!/^[!-9;-~]{1,76}$/.test(name) || lines.some((line) => line.length > 998 || line.trim() === '')) return formatField(name, text);
  return `${lines.join('\r\n')}\r\n`;
}

/** @throws SyntaxTrouble. */
export function addressesOf(field: string, value: Json): Mailbox[] {
  return listOf(field, value).map((one) => {
    const { name = null, email } = objectOf(field, one);
    if (name !== null && typeof name !== 'string') throw new SyntaxTrouble(`set ${field}: a name is text or null`);
    return mailboxFrom(field, name, textOf(field, email ?? null));
  });
}

function groupsOf(field: string, value: Json): Address[] {
  const list: Address[] = [];
  for (const one of listOf(field, value)) {
    const { name = null, addresses } = objectOf(field, one);
    const members = addressesOf(field, addresses ?? null);
    if (name === null) list.push(...members);
    else list.push({ kind: 'group', name: lineOf(field, textOf(field, name)), members });
  }
  return list;
}

/**
 * A draft may hold half an address (RFC 8621 §4.6). What is none is quoted whole, so that it reads back as it was and is never two addresses;
 * it is looked at again when the letter is to be sent.
 */
function mailboxFrom(field: string, name: string | null, email: string): Mailbox {
  const text = lineOf(field, email).trim();
  const at = text.lastIndexOf('@');
  const domain = text.slice(at + 1);
  const whole = at < 1 || !(isDotAtom(domain) || /^\[[\x21-\x5a\x5e-\x7e]*\]$/.test(domain));
  const quotedLocal = /^"(?:[^"\\]|\\.)*"$/.test(text.slice(0, at)) ? text.slice(1, at - 1).replace(/\\(.)/g, '$1') : text.slice(0, at);
  return {
    kind: 'mailbox',
    name: name === null || name.trim() === '' ? null : lineOf(field, name).normalize('NFC'),
    route: null,
    local: whole ? text : quotedLocal,
    domain: whole ? null : domain,
  };
}

function lineOf(field: string, text: string): string {
  if (/[\r\n\0]/.test(text)) throw new SyntaxTrouble(`set ${field}: a line end or NUL stands in its value`);
  return text.toWellFormed();
}

const dateTime = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:Z|([+-])(\d\d):(\d\d))$/;

/** RFC 8620 §1.4 (Date): RFC 3339, with its zone. Milliseconds and minutes east. @throws SyntaxTrouble. */
export function readDate(what: string, text: string): { readonly time: number; readonly zone: number } {
  const match = dateTime.exec(text);
  const time = match === null ? Number.NaN : Date.parse(text);
  if (match === null || Number.isNaN(time) || Number(match[8] ?? 0) > 23 || Number(match[9] ?? 0) > 59)
    throw new SyntaxTrouble(`${what}: no date as RFC 3339 writes it`);
  const zone = Number(match[8] ?? 0) * 60 + Number(match[9] ?? 0);
  return { time, zone: match[7] === '-' ? -zone : zone };
}

function dateOf(field: string, text: string): string {
  const { time, zone } = readDate(`set ${field}`, text);
  return formatDate(time, zone);
}

/** RFC 2369 §2: in angle brackets. */
function urlOf(field: string, url: string): string {
  if (url === '' || !/^[\x21-\x3b\x3d\x3f-\x7e]*$/.test(url)) throw new SyntaxTrouble(`set ${field}: no URL`);
  return `<${url}>`;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function listOf(field: string, value: Json): readonly Json[] {
  if (!isList(value) || value.length > listMax) throw new SyntaxTrouble(`set ${field}: a list of at most ${listMax} was expected`);
  return value;
}

function objectOf(field: string, value: Json): JsonObject {
  if (value === null || typeof value !== 'object' || isList(value)) throw new SyntaxTrouble(`set ${field}: an object was expected`);
  return value;
}

function textOf(field: string, value: Json): string {
  if (typeof value !== 'string') throw new SyntaxTrouble(`set ${field}: text was expected`);
  return value;
}
