// The properties of an Email that are made of its content: from the text of its envelope, from its header section, from the whole letter
// (RFC 8621 §4.1.2 to §4.1.4). Knows octets and facts; knows no store and no id.
import type { LetterFacts } from '../../../message/facts.ts';
import type { Header } from '../../../message/header/fields.ts';
import { bodyParts } from '../../../message/mime/body-parts.ts';
import { parseParts } from '../../../message/mime/parts.ts';
import type { Part } from '../../../message/mime/tree.ts';
import { envelopeMarks } from '../../../message/wire/envelope.ts';
import { parseEnvelope } from '../../../message/wire/read-envelope.ts';
import type { Json, JsonObject } from '../contract.ts';
import { formatBodyPart, partIdOf, type OpenBody } from './body-part.ts';
import { bodyValue } from './body-value.ts';
import type { EmailWish } from './email-wish.ts';
import { addressesForm, dateForm, messageIdsForm, readAllHeaders, readHeaderProperties, textForm } from './header-value.ts';

export type Values = { [property: string]: Json };

/** What a list of letters shows of their headers, or null where the envelope does not tell it exactly: then the header has to be read. */
export function valuesFromEnvelope(wish: EmailWish, envelope: string, marks: number): Values | null {
  if ((marks & envelopeMarks.changed) !== 0) return null;
  const said = parseEnvelope(envelope);
  const values: Values = {};
  for (const { property, field } of wish.headers) {
    switch (field) {
      case 'message-id':
        values[property] = said.messageId === null ? null : messageIdsForm(said.messageId);
        break;
      case 'in-reply-to':
        values[property] = said.inReplyTo === null ? null : messageIdsForm(said.inReplyTo);
        break;
      case 'subject':
        values[property] = said.subject === null ? null : textForm(said.subject);
        break;
      case 'date':
        values[property] = said.date === null ? null : dateForm(said.date);
        break;
      case 'sender':
        values[property] = (marks & envelopeMarks.sender) === 0 ? null : addressesForm(said.sender);
        break;
      case 'reply-to':
        values[property] = (marks & envelopeMarks.replyTo) === 0 ? null : addressesForm(said.replyTo);
        break;
      case 'from':
      case 'to':
      case 'cc':
      case 'bcc':
        values[property] = said[field].length === 0 ? null : addressesForm(said[field]);
        break;
      default:
        return null;
    }
  }
  return values;
}

/** `hint`: the charset to try for raw 8-bit text. */
export function valuesFromHeader(wish: EmailWish, header: Header, hint: string): Values {
  const values: Values = readHeaderProperties(header, wish.headers, hint);
  if (wish.properties.includes('headers')) values['headers'] = readAllHeaders(header);
  return values;
}

/** About as many characters as they become as JSON: an answer that is too long is noticed before it is written. */
export function sizeOfValues(value: Json): number {
  if (typeof value === 'string') return value.length + 2;
  if (typeof value !== 'object' || value === null) return 5;
  let size = 2;
  if (Array.isArray(value)) for (const one of value as readonly Json[]) size += sizeOfValues(one);
  else for (const [name, one] of Object.entries(value as JsonObject)) size += name.length + 4 + sizeOfValues(one);
  return size;
}

/** The charset that the first text part names, from the part tree as it is kept. */
export function hintOfParts(parts: string): string {
  let part = parseParts(parts);
  while (part.type === 'multipart' && part.children[0] !== undefined) part = part.children[0];
  return part.charset;
}

/** Bodies and what else the whole letter is needed for. */
export function valuesFromLetter(wish: EmailWish, body: OpenBody): Values {
  const values = valuesFromHeader(wish, body.tree.header, body.hint);
  const wanted = (name: string): boolean => wish.properties.includes(name);
  const sorted = bodyParts(body.tree);
  const show = (parts: readonly Part[]): JsonObject[] => parts.map((part) => formatBodyPart(body, part, wish.body.bodyProperties, false));
  if (wanted('bodyStructure')) values['bodyStructure'] = formatBodyPart(body, body.tree, wish.body.bodyProperties, true);
  if (wanted('textBody')) values['textBody'] = show(sorted.textBody);
  if (wanted('htmlBody')) values['htmlBody'] = show(sorted.htmlBody);
  if (wanted('attachments')) values['attachments'] = show(sorted.attachments);
  if (wanted('bodyValues')) values['bodyValues'] = bodyValues(wish, body, sorted.textBody, sorted.htmlBody);
  return values;
}

/** RFC 8621 §4.2: text parts of the bodies that were asked for, each once. */
function bodyValues(wish: EmailWish, body: OpenBody, textBody: readonly Part[], htmlBody: readonly Part[]): JsonObject {
  const { fetchAllBodyValues, fetchHTMLBodyValues, fetchTextBodyValues, maxBodyValueBytes } = wish.body;
  const parts = new Set<Part>();
  if (fetchTextBodyValues) for (const part of textBody) parts.add(part);
  if (fetchHTMLBodyValues) for (const part of htmlBody) parts.add(part);
  if (fetchAllBodyValues) for (const part of body.numbers.keys()) parts.add(part);
  const values: Values = {};
  for (const part of parts) {
    const id = partIdOf(body, part);
    if (part.type === 'text' && id !== null) values[id] = bodyValue(body.bytes, part, maxBodyValueBytes);
  }
  return values;
}

/** Facts that a wish needs of each letter. */
export function factsOf(wish: EmailWish): (keyof LetterFacts)[] {
  const names: (keyof LetterFacts)[] = [];
  if (wish.reads === 'facts' && wish.headers.length > 0) names.push('envelope', 'envelopeMarks');
  if (wish.reads !== 'shelf' && wish.reads !== 'letter') names.push('headerLength', 'parts');
  if (wish.properties.includes('preview')) names.push('preview');
  if (wish.properties.includes('hasAttachment')) names.push('hasAttachment');
  return names;
}
