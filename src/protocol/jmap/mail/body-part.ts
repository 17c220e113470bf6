// A body part as the client asked for it (RFC 8621 §4.1.4, EmailBodyPart). Knows its properties; knows the part by the tree and the octets it stands in.
import type { Bytes } from '../../../base/bytes.ts';
import { parameterText } from '../../../message/header/parameters.ts';
import { numberParts } from '../../../message/mime/body-parts.ts';
import type { Part } from '../../../message/mime/tree.ts';
import { fileName } from '../../../message/text.ts';
import { decodedLength } from '../../../message/transfer.ts';
import type { Id, Json, JsonObject } from '../contract.ts';
import { parseHeaderProperty } from './header-property.ts';
import { readAllHeaders, readHeaderProperties } from './header-value.ts';

/** RFC 8621 §4.2. */
export const defaultBodyProperties: readonly string[] = [
  'partId',
  'blobId',
  'size',
  'name',
  'type',
  'charset',
  'disposition',
  'cid',
  'language',
  'location',
];

const known = new Set([...defaultBodyProperties, 'headers', 'subParts']);

export function isBodyProperty(name: string): boolean {
  return known.has(name) || parseHeaderProperty(name) !== null;
}

/** A letter, or a message that lies somewhere else, opened for its parts. */
export interface OpenBody {
  readonly bytes: Bytes;
  readonly tree: Part;
  readonly numbers: ReadonlyMap<Part, readonly number[]>;
  /** The charset to try for raw 8-bit text in fields. */
  readonly hint: string;
  /** The blob with the octets of the part of this number, decoded. */
  readonly blobOf: (path: readonly number[]) => Id | null;
}

export function openBody(bytes: Bytes, tree: Part, hint: string, blobOf: OpenBody['blobOf']): OpenBody {
  return { bytes, tree, hint, blobOf, numbers: numberParts(tree) };
}

/** Text, unique within the letter: the numbers of IMAP. Null for a multipart. */
export function partIdOf(body: OpenBody, part: Part): string | null {
  return body.numbers.get(part)?.join('.') ?? null;
}

/** `inTree`: with the parts in it, whatever was asked for: a structure without them is none. */
export function formatBodyPart(body: OpenBody, part: Part, properties: readonly string[], inTree: boolean): JsonObject {
  const out: { [name: string]: Json } = {};
  for (const name of properties) if (known.has(name)) out[name] = valueOf(body, part, name);
  const wanted = properties.flatMap((name) => parseHeaderProperty(name) ?? []);
  if (wanted.length > 0) Object.assign(out, readHeaderProperties(part.header, wanted, body.hint));
  if (part.type === 'multipart' && (inTree || properties.includes('subParts')))
    out['subParts'] = part.children.map((child) => formatBodyPart(body, child, properties, inTree));
  return out;
}

function valueOf(body: OpenBody, part: Part, name: string): Json {
  switch (name) {
    case 'partId':
      return partIdOf(body, part);
    case 'blobId': {
      const path = body.numbers.get(part);
      return path === undefined ? null : body.blobOf(path);
    }
    case 'size': {
      const octets = body.bytes.subarray(part.bodyStart, part.bodyEnd);
      // RFC 2045 §6.4: an encoding on a multipart or message counts as none.
      return part.children.length > 0 ? octets.length : decodedLength(part.encoding, octets);
    }
    case 'headers':
      return readAllHeaders(part.header);
    case 'name':
      return fileName(part)?.toWellFormed() ?? null;
    case 'type':
      return `${part.type}/${part.subtype}`;
    case 'charset':
      return parameterText(part.parameters, 'charset')?.toWellFormed() ?? (part.type === 'text' ? 'us-ascii' : null);
    case 'disposition':
      return part.disposition?.value ?? null;
    case 'cid':
      return contentId(part.id);
    case 'language':
      return languages(part.language);
    case 'location':
      return part.location === null ? null : part.location.replace(/\s+/g, '').toWellFormed();
    case 'subParts':
      return null;
    default:
      return null;
  }
}

/** RFC 2045 §7: without its brackets; liberal: also where they are missing. */
function contentId(raw: string | null): string | null {
  if (raw === null) return null;
  const id = (/<([^<>]*)>/.exec(raw)?.[1] ?? raw).replace(/\s+/g, '');
  return id === '' ? null : id;
}

/** RFC 3282 §2: tags with commas between; comments go. */
function languages(raw: string | null): string[] | null {
  if (raw === null) return null;
  const tags = raw
    .replace(/\([^()]*\)/g, '')
    .split(',')
    .map((tag) => tag.trim())
    .filter((tag) => tag !== '');
  return tags.length === 0 ? null : tags;
}
