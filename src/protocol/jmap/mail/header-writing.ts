// Header fields as a client sets them (RFC 8621 §4.1.2, §4.1.3, §4.6): each property becomes one field, in the form that it may have.
// Knows forms and which field takes which; knows no body and no store.
import { SyntaxTrouble } from '../../../base/trouble.ts';
import { formatAddressList, isDotAtom, type Address, type Mailbox } from '../../../message/address/address-list.ts';
import { checkId } from '../../../message/build/body.ts';
import { formatField, formatTextField } from '../../../message/build/field.ts';
import { formatDate } from '../../../message/header/date.ts';
import { encodeText } from '../../../message/header/encoded-word.ts';
import { unfold } from '../../../message/header/fields.ts';
import { isArray, isObject, parseDate } from '../arguments.ts';
import type { Json, JsonObject } from '../contract.ts';
import { convenienceProperties, parseHeaderProperty, type HeaderForm, type HeaderProperty } from './header-property.ts';

/** RFC 5322 §3.6: how fields that have a property of their own are spelled. */
const spellings: ReadonlyMap<string, string> = new Map(
  'Message-ID In-Reply-To References Sender From To Cc Bcc Reply-To Subject Date'.split(' ').map((name) => [name.toLowerCase(), name]),
);

/** What a property of Email or of a body part sets; null when it sets no field, or may not in that form. */
export function fieldSetBy(property: string): HeaderProperty | null {
  return convenienceProperties.get(property) ?? parseHeaderProperty(property);
}

/** As the client spelled it. */
function nameOf({ property, field }: HeaderProperty): string {
  return property.startsWith('header:') ? property.slice(7, 7 + field.length) : spellings.get(field)!;
}

/** Addresses, ids or URLs of one field. */
const listMax = 10_000;

/**
 * The field, or several for `:all`, with their line ends; empty for null, which sets none.
 * @throws SyntaxTrouble for a value that is not of the form, or would break out of its field.
 */
export function formatHeaderProperty(property: HeaderProperty, value: Json): string {
  if (value === null) return '';
  const name = nameOf(property);
  if (!property.all) return formatOne(name, property.form, value);
  return listOf(name, value)
    .map((one) => formatOne(name, property.form, one))
    .join('');
}

function formatOne(name: string, form: HeaderForm, value: Json): string {
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
    case 'MessageIds': {
      const ids = listOf(name, value).map((id) => `<${checkId(textOf(name, id))}>`);
      return listField(name, ids.join(' '));
    }
    case 'Date':
      return formatField(name, dateOf(name, textOf(name, value)));
    case 'URLs': {
      const urls = listOf(name, value).map((url) => urlOf(name, textOf(name, url)));
      return listField(name, urls.join(', '));
    }
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

/** RFC 8620 §1.4 (Date), kept in its zone. */
function dateOf(field: string, text: string): string {
  const time = parseDate(text, false);
  if (time === null) throw new SyntaxTrouble(`set ${field}: no date as RFC 3339 writes it`);
  const zone = /([+-])(\d\d):(\d\d)$/.exec(text);
  const minutes = zone === null ? 0 : Number(zone[2]) * 60 + Number(zone[3]);
  return formatDate(time, zone?.[1] === '-' ? -minutes : minutes);
}

/** RFC 2369 §2: in angle brackets. */
function urlOf(field: string, url: string): string {
  if (url === '' || !/^[\x21-\x3b\x3d\x3f-\x7e]*$/.test(url)) throw new SyntaxTrouble(`set ${field}: no URL`);
  return `<${url}>`;
}

function listOf(field: string, value: Json): readonly Json[] {
  if (!isArray(value) || value.length > listMax) throw new SyntaxTrouble(`set ${field}: a list of at most ${listMax} was expected`);
  return value;
}

function objectOf(field: string, value: Json): JsonObject {
  if (!isObject(value)) throw new SyntaxTrouble(`set ${field}: an object was expected`);
  return value;
}

function textOf(field: string, value: Json): string {
  if (typeof value !== 'string') throw new SyntaxTrouble(`set ${field}: text was expected`);
  return value;
}
