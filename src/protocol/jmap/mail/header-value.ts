// The value of a header field in each of its forms (RFC 8621 §4.1.2). Knows the forms; the grammars behind them are those of src/message.
//
// Liberal: encoded words inside quotes and without white space around are decoded, as everywhere here (message/header/encoded-word.ts):
// Outlook and many scripts write them.
import { bytesFromLatin1, utf8FromBytes } from '../../../base/bytes.ts';
import { formatAddrSpec, mailboxesOf, parseAddressList, type Address, type Mailbox } from '../../../message/address/address-list.ts';
import { decodeRawHeader } from '../../../message/charset/decode.ts';
import { parseSentDate } from '../../../message/header/date.ts';
import { decodeWords } from '../../../message/header/encoded-word.ts';
import { fieldName, fieldValue, type FieldRange, type Header } from '../../../message/header/fields.ts';
import { parseMessageIds } from '../../../message/header/message-id.ts';
import { skipComment } from '../../../message/header/parameters.ts';
import type { Json, JsonObject } from '../contract.ts';
import type { HeaderForm, HeaderProperty } from './header-property.ts';

/** Message ids, and URLs, of one field that are shown. */
const mostInField = 10_000;

/** Fields by lower-case name, in their order. */
type FieldsByName = ReadonlyMap<string, readonly FieldRange[]>;

function fieldsByName(header: Header): FieldsByName {
  const byName = new Map<string, FieldRange[]>();
  for (const field of header.fields) {
    const name = fieldName(header, field);
    if (name === '') continue;
    const list = byName.get(name);
    if (list === undefined) byName.set(name, [field]);
    else list.push(field);
  }
  return byName;
}

/**
 * By property. `hint`: the charset to try for raw 8-bit text. A client may ask for one field under as many names as its letters have capitals: each form of
 * it is read once.
 */
export function readHeaderProperties(header: Header, wanted: readonly HeaderProperty[], hint: string): { [property: string]: Json } {
  const fields = fieldsByName(header);
  const read = new Map<string, Json>();
  const values: { [property: string]: Json } = {};
  for (const one of wanted) {
    const key = `${one.field} ${one.form} ${one.all}`;
    let value = read.get(key);
    if (value === undefined) read.set(key, (value = readHeaderProperty(header, fields, one, hint)));
    values[one.property] = value;
  }
  return values;
}

/** RFC 8621 §4.1.3: the last instance or null, or all of them. */
function readHeaderProperty(header: Header, fields: FieldsByName, wanted: HeaderProperty, hint: string): Json {
  const instances = fields.get(wanted.field) ?? [];
  if (wanted.all) return instances.map((field) => readForm(header, field, wanted.form, hint));
  const last = instances.at(-1);
  return last === undefined ? null : readForm(header, last, wanted.form, hint);
}

/** RFC 8621 §4.1.3 (headers): every field in its order, raw. */
export function readAllHeaders(header: Header): JsonObject[] {
  const all: JsonObject[] = [];
  for (const field of header.fields) {
    const name = header.text.slice(field.start - header.start, field.nameEnd - header.start);
    if (name !== '') all.push({ name, value: rawForm(header, field) });
  }
  return all;
}

function readForm(header: Header, field: FieldRange, form: HeaderForm, hint: string): Json {
  switch (form) {
    case 'Raw':
      return rawForm(header, field);
    case 'Text':
      return textForm(decodeRawHeader(fieldValue(header, field), hint));
    case 'Addresses':
      return addressesForm(parseAddressList(decodeRawHeader(fieldValue(header, field), hint)));
    case 'GroupedAddresses':
      return groupedForm(parseAddressList(decodeRawHeader(fieldValue(header, field), hint)));
    case 'MessageIds':
      return messageIdsForm(fieldValue(header, field));
    case 'Date':
      return dateForm(fieldValue(header, field));
    default:
      return urlsForm(fieldValue(header, field));
  }
}

/** §4.1.2.1: the octets behind the colon as UTF-8, without the line end and NUL. */
function rawForm(header: Header, field: FieldRange): string {
  const raw = header.text
    .slice(field.valueStart - header.start, field.end - header.start)
    .replace(/\r?\n$/, '')
    .replaceAll('\0', '');
  return /[\x80-\xff]/.test(raw) ? utf8FromBytes(bytesFromLatin1(raw)) : raw;
}

/** §4.1.2.2, of an unfolded value in which raw 8-bit text has been decoded. */
export function textForm(value: string): string {
  return clean(decodeWords(value));
}

/** Decoded text for people: no control characters, in NFC. */
function clean(decoded: string): string {
  const visible = /[\0-\x08\x0a-\x1f\x7f]/.test(decoded) ? decoded.replace(/[\0-\x08\x0a-\x1f\x7f]+/g, '') : decoded;
  return visible.toWellFormed().normalize('NFC');
}

/** §4.1.2.3. */
export function addressesForm(list: readonly Address[]): JsonObject[] {
  return mailboxesOf(list).map(emailAddress);
}

/** §4.1.2.4: mailboxes outside of groups stand together in a group without a name. */
function groupedForm(list: readonly Address[]): JsonObject[] {
  const groups: { name: string | null; addresses: JsonObject[] }[] = [];
  let loose: JsonObject[] | null = null;
  for (const address of list) {
    if (address.kind === 'group') {
      groups.push({ name: clean(decodeWords(address.name)).trim(), addresses: address.members.map(emailAddress) });
      loose = null;
    } else {
      if (loose === null) groups.push({ name: null, addresses: (loose = []) });
      loose.push(emailAddress(address));
    }
  }
  return groups;
}

function emailAddress(mailbox: Pick<Mailbox, 'name' | 'local' | 'domain'>): JsonObject {
  const name = mailbox.name === null ? '' : clean(decodeWords(mailbox.name)).trim();
  const empty = mailbox.local === '' && mailbox.domain === null;
  return { name: name === '' ? null : name, email: empty ? '' : clean(formatAddrSpec(mailbox)) };
}

/** §4.1.2.5; null when there is no id in it. */
export function messageIdsForm(value: string): string[] | null {
  const ids = parseMessageIds(withoutComments(value), mostInField);
  return ids.length === 0 ? null : ids.map((id) => (/[\x80-\xff]/.test(id) ? utf8FromBytes(bytesFromLatin1(id)) : id));
}

/** §4.1.2.6, in the zone in which it was written. */
export function dateForm(value: string): string | null {
  const sent = parseSentDate(value);
  if (sent === null) return null;
  const local = new Date(sent.time + sent.zone * 60_000).toISOString().slice(0, 19);
  if (sent.zone === 0) return `${local}Z`;
  const minutes = Math.abs(sent.zone);
  return `${local}${sent.zone < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

/** §4.1.2.7, RFC 2369 §2: white space inside the brackets goes; null when there is no URL, as in `List-Post: NO`. */
function urlsForm(value: string): string[] | null {
  const urls: string[] = [];
  for (const [, inner] of withoutComments(value).matchAll(/<([^<>]*)>/g)) {
    const url = inner!.replace(/[\s\0]+/g, '');
    if (url !== '' && urls.length < mostInField) urls.push(/[\x80-\xff]/.test(url) ? utf8FromBytes(bytesFromLatin1(url)) : url);
  }
  return urls.length === 0 ? null : urls;
}

/** Comments outside of brackets are gone (RFC 5322 §3.2.2). */
function withoutComments(text: string): string {
  if (!text.includes('(')) return text;
  let out = '';
  let inside = false;
  for (let at = 0; at < text.length;) {
    const code = text.charCodeAt(at);
    if (code === 40 && !inside) {
      at = skipComment(text, at);
      out += ' ';
      continue;
    }
    if (code === 60) inside = true;
    else if (code === 62) inside = false;
    out += text[at++];
  }
  return out;
}
