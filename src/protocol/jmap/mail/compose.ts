// A letter as a client describes it (RFC 8621 §4.6) becomes a header and the outline of a body, or the error of the book.
// Knows the properties of Email that make a letter; writes no octets and keeps nothing.
import { SyntaxTrouble } from '../../../base/trouble.ts';
import { formatField } from '../../../message/build/field.ts';
import type { OutlinePart } from '../../../message/build/outline.ts';
import { formatDate } from '../../../message/header/date.ts';
import { isArray, isObject } from '../arguments.ts';
import type { BlobSource, Id, JsonObject, SetError } from '../contract.ts';
import { makePart, type PartMaking } from './compose-parts.ts';
import { formatHeaderProperty, fieldSetBy } from './header-writing.ts';

export interface Composed {
  /** Fields of the letter, without those of its body. */
  readonly header: string;
  readonly body: OutlinePart;
}

export interface ComposeFacts {
  readonly findBlob: (id: Id) => Promise<BlobSource | null>;
  /** Wall time, milliseconds, for Date. */
  readonly at: number;
  /** Without brackets, for Message-ID; asked only when it is missing. `domain`: of the first author, or null. */
  readonly makeMessageId: (domain: string | null) => string;
}

/** Properties of Email that are no part of the letter itself, or that only the server sets. */
const aside = new Set('mailboxIds keywords receivedAt'.split(' '));
const bodyNames = new Set('bodyStructure bodyValues textBody htmlBody attachments'.split(' '));

/** RFC 5322 §3.6: the order in which people read them; others follow as they were given. */
const order = 'date from sender reply-to to cc bcc subject message-id in-reply-to references'.split(' ');

/** @throws nothing for what a client wrote: that is a SetError. */
export async function compose(email: JsonObject, facts: ComposeFacts): Promise<Composed | SetError> {
  const wrong = new Set<string>();
  const fields = readLetterFields(email, wrong);
  const making: PartMaking = {
    findBlob: facts.findBlob,
    bodyValues: bodyValuesOf(email, wrong),
    wrong,
    missingBlobs: new Set(),
    taken: new Set(fields.keys()),
    count: 0,
  };
  const body = await makeBody(email, making);
  // RFC 8621 §4.6: every blob that is missing is told, before anything else that is wrong.
  if (making.missingBlobs.size > 0)
    return { type: 'blobNotFound', description: 'Some parts are not here (any more).', notFound: [...making.missingBlobs] };
  if (wrong.size > 0 || body === null) return { type: 'invalidProperties', properties: [...wrong] };
  return { header: writeHeader(fields, facts), body };
}

/** By lower-case name, each with its line ends. */
function readLetterFields(email: JsonObject, wrong: Set<string>): Map<string, string> {
  const fields = new Map<string, string>();
  const setBy = new Map<string, string>();
  for (const [property, value] of Object.entries(email)) {
    if (aside.has(property) || bodyNames.has(property)) continue;
    const about = fieldSetBy(property);
    const field = about?.field ?? '';
    if (about === null || field.startsWith('content-')) {
      wrong.add(property);
      continue;
    }
    // RFC 8621 §4.6: two properties for one field are refused, both by name.
    const before = setBy.get(field);
    if (before !== undefined) {
      wrong.add(before).add(property);
      continue;
    }
    setBy.set(field, property);
    try {
      const text = formatHeaderProperty(about, value);
      if (text !== '') fields.set(field, text);
    } catch (trouble) {
      if (!(trouble instanceof SyntaxTrouble)) throw trouble;
      wrong.add(property);
    }
  }
  return fields;
}

function bodyValuesOf(email: JsonObject, wrong: Set<string>): JsonObject {
  const { bodyValues = null } = email;
  if (bodyValues === null) return {};
  if (isObject(bodyValues)) return bodyValues;
  wrong.add('bodyValues');
  return {};
}

async function makeBody(email: JsonObject, making: PartMaking): Promise<OutlinePart | null> {
  const { bodyStructure = null } = email;
  if (bodyStructure !== null) {
    for (const name of ['textBody', 'htmlBody', 'attachments']) if (given(email, name)) making.wrong.add(name);
    return makePart(bodyStructure, 'bodyStructure', making);
  }
  const text = await only(email, 'textBody', 'text/plain', making);
  const html = await only(email, 'htmlBody', 'text/html', making);
  const files = await attachmentsOf(email, making);
  if (text === null || html === null || files === null) return null;
  return arrange(text, html, files);
}

function given(email: JsonObject, name: string): boolean {
  return email[name] !== undefined && email[name] !== null;
}

/** RFC 8621 §4.6: exactly one part, of one type. Undefined when there is none, null when it is wrong. */
async function only(email: JsonObject, name: string, type: string, making: PartMaking): Promise<OutlinePart | null | undefined> {
  if (!given(email, name)) return undefined;
  const list = email[name];
  const [part] = isArray(list) && list.length === 1 ? list : [null];
  const told = isObject(part) ? part['type'] : null;
  if (part === null || part === undefined || (told !== undefined && told !== null && told !== type)) {
    making.wrong.add(name);
    return null;
  }
  return makePart(part, `${name}/0`, making, { type });
}

interface Attached {
  readonly part: OutlinePart;
  /** Named by the HTML, not listed beside it. */
  readonly within: boolean;
}

async function attachmentsOf(email: JsonObject, making: PartMaking): Promise<readonly Attached[] | null> {
  if (!given(email, 'attachments')) return [];
  const list = email['attachments'];
  if (!isArray(list)) {
    making.wrong.add('attachments');
    return null;
  }
  const found: Attached[] = [];
  for (const [index, one] of list.entries()) {
    const about: JsonObject = isObject(one) ? one : {};
    const said = typeof about['disposition'] === 'string' || 'header:Content-Disposition' in about;
    const part = await makePart(one, `attachments/${index}`, making, said ? {} : { disposition: 'attachment' });
    // The others are looked at all the same: every blob that is missing is told.
    if (part !== null) found.push({ part, within: about['disposition'] === 'inline' && typeof about['cid'] === 'string' });
  }
  return found.length === list.length ? found : null;
}

/** RFC 2046 §5.1.4, RFC 2387: alternatives, the pictures of the HTML with it, files behind. */
function arrange(text: OutlinePart | undefined, html: OutlinePart | undefined, files: readonly Attached[]): OutlinePart {
  const within = html === undefined ? [] : files.filter((file) => file.within).map(({ part }) => part);
  const behind = files.filter((file) => html === undefined || !file.within).map(({ part }) => part);
  const page: OutlinePart | undefined =
    html === undefined || within.length === 0
      ? html
      : { kind: 'multipart', subtype: 'related', parameters: [['type', 'text/html']], fields: '', parts: [html, ...within] };
  const shown: OutlinePart | undefined =
    text !== undefined && page !== undefined
      ? { kind: 'multipart', subtype: 'alternative', fields: '', parts: [text, page] }
      : (text ?? page);
  const all = shown === undefined ? behind : [shown, ...behind];
  if (all.length === 0) return emptyText;
  return all.length === 1 ? all[0]! : { kind: 'multipart', subtype: 'mixed', fields: '', parts: all };
}

const emptyText: OutlinePart = {
  kind: 'ready',
  fields: 'Content-Type: text/plain; charset=us-ascii\r\nContent-Transfer-Encoding: 7bit\r\n',
  bytes: new Uint8Array(0),
};

function writeHeader(fields: Map<string, string>, { at, makeMessageId }: ComposeFacts): string {
  const all = new Map(fields);
  // RFC 8621 §4.6: Date and Message-ID are made when they are missing.
  if (!all.has('date')) all.set('date', formatField('Date', formatDate(at)));
  if (!all.has('message-id')) {
    const domain = /@([A-Za-z0-9.-]+)>?\s*$/.exec(fields.get('from') ?? '')?.[1] ?? null;
    all.set('message-id', formatField('Message-ID', `<${makeMessageId(domain)}>`));
  }
  let header = '';
  for (const name of order) header += all.get(name) ?? '';
  for (const [name, text] of all) if (!order.includes(name) && name !== 'mime-version') header += text;
  return `${header}MIME-Version: 1.0\r\n`;
}
