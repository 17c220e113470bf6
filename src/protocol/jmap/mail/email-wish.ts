// What a client wants to have of emails: the arguments that Email/get and Email/parse share (RFC 8621 §4.2, §4.9), and from where each property
// is to be had. Knows names; reads nothing.
import { aBoolean, aText, anUnsigned, listOf, optional, type Read } from '../arguments.ts';
import { invalidArguments, requestTooLarge } from '../errors.ts';
import { defaultBodyProperties, isBodyProperty } from './body-part.ts';
import { convenienceProperties, parseHeaderProperty, type HeaderProperty } from './header-property.ts';

/** §4.2: the default of Email/get, and what of it has a meaning for Email/parse (§4.9). */
export const defaultEmailProperties: readonly string[] = [
  'id',
  'blobId',
  'threadId',
  'mailboxIds',
  'keywords',
  'size',
  'receivedAt',
  'messageId',
  'inReplyTo',
  'references',
  'sender',
  'from',
  'to',
  'cc',
  'bcc',
  'replyTo',
  'subject',
  'sentAt',
  'hasAttachment',
  'preview',
  'bodyValues',
  'textBody',
  'htmlBody',
  'attachments',
];
export const defaultParseProperties: readonly string[] = defaultEmailProperties.slice(defaultEmailProperties.indexOf('messageId'));

const metadata = new Set(['id', 'blobId', 'threadId', 'mailboxIds', 'keywords', 'size', 'receivedAt']);
/** From the facts of a letter. */
const fromFacts = new Set(['hasAttachment', 'preview']);
const fromBody = new Set(['bodyStructure', 'bodyValues', 'textBody', 'htmlBody', 'attachments']);

export function isEmailProperty(name: string): boolean {
  return (
    metadata.has(name) ||
    fromFacts.has(name) ||
    fromBody.has(name) ||
    name === 'headers' ||
    convenienceProperties.has(name) ||
    parseHeaderProperty(name) !== null
  );
}

/** The arguments about bodies. */
export const bodyArguments = {
  bodyProperties: optional(listOf(aText), defaultBodyProperties),
  fetchTextBodyValues: optional(aBoolean, false),
  fetchHTMLBodyValues: optional(aBoolean, false),
  fetchAllBodyValues: optional(aBoolean, false),
  maxBodyValueBytes: optional(anUnsigned, 0),
} as const;
export type BodyArguments = Read<typeof bodyArguments>;

export interface EmailWish {
  /** Each once, in the order of the request. */
  readonly properties: readonly string[];
  /** Those that are made of header fields. */
  readonly headers: readonly HeaderProperty[];
  /** The least that has to be read: nothing but the shelf, the facts, the header section, or the whole letter. */
  readonly reads: 'shelf' | 'facts' | 'header' | 'letter';
  readonly body: BodyArguments;
}

/** Header fields can be named without end, and a letter may have a thousand parts. */
const mostProperties = 250;

/** @throws MethodError `invalidArguments`, `requestTooLarge`. */
export function readWish(properties: Iterable<string>, body: BodyArguments): EmailWish {
  const wrong = body.bodyProperties.filter((name) => !isBodyProperty(name));
  if (wrong.length > 0)
    throw invalidArguments(`There is no body property ${wrong.slice(0, 10).join(', ').slice(0, 500)}.`, ['bodyProperties']);
  const names = [...new Set(properties)];
  if (names.length > mostProperties || body.bodyProperties.length > mostProperties)
    throw requestTooLarge(`At most ${mostProperties} properties of each email, and of each body part.`);
  const headers: HeaderProperty[] = [];
  let reads = 0;
  for (const name of names) {
    const own = convenienceProperties.get(name);
    const header = own ?? parseHeaderProperty(name);
    if (header !== null) headers.push(header);
    if (fromBody.has(name)) reads = 3;
    else if (name === 'headers' || (header !== null && (own === undefined || name === 'references'))) reads = Math.max(reads, 2);
    else if (header !== null || fromFacts.has(name)) reads = Math.max(reads, 1);
  }
  return { properties: names, headers, reads: (['shelf', 'facts', 'header', 'letter'] as const)[reads]!, body };
}
