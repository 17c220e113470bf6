// EmailBodyParts that a client gives become the outline of a body (RFC 8621 §4.1.4, §4.6). Knows parts, their fields and their checks;
// asks for blobs by contract; knows no header of the letter itself.
import { SyntaxTrouble } from '../../../base/trouble.ts';
import { bytesFromUtf8 } from '../../../base/bytes.ts';
import { buildBody, checkId } from '../../../message/build/body.ts';
import { formatField, formatTextField } from '../../../message/build/field.ts';
import { lookAt, type OutlinePart } from '../../../message/build/outline.ts';
import { encodeText } from '../../../message/header/encoded-word.ts';
import { formatTyped, isToken, parameterText, parseTyped, splitMediaType } from '../../../message/header/parameters.ts';
import { isArray, isObject } from '../arguments.ts';
import type { BlobSource, Id, Json, JsonObject } from '../contract.ts';
import { formatHeaderProperty, fieldSetBy } from './header-writing.ts';

/** What the parts of one letter are made with. */
export interface PartMaking {
  /** Null for one that is not there. */
  readonly findBlob: (id: Id) => Promise<BlobSource | null>;
  readonly bodyValues: JsonObject;
  /** Paths of properties that are wrong, such as `bodyStructure/subParts`. */
  readonly wrong: Set<string>;
  readonly missingBlobs: Set<Id>;
  /** Fields of the letter itself, lower case: none may be set by a part of it again. */
  readonly taken: ReadonlySet<string>;
  /** Parts so far. */
  count: number;
}

/** Parts of one letter, and levels of them. */
const partsMax = 1000;
const depthMax = 20;
/** Octets of a text that are looked through for what the wire takes as it is; larger ones become base64 unseen. */
const lookMax = 8 * 1024 * 1024;

const partProperties = new Set('partId blobId size name type charset disposition cid language location subParts'.split(' '));

/** One part with all within it; null when something is wrong, which is told in `making`. */
export async function makePart(
  value: Json,
  path: string,
  making: PartMaking,
  forced: JsonObject = {},
  depth = 0,
): Promise<OutlinePart | null> {
  if (!isObject(value)) return fault(making, path);
  const part: JsonObject = { ...value, ...forced };
  if (++making.count > partsMax || depth > depthMax) return fault(making, path);
  const headers = readFields(part, path, making);
  const type = typeOf(part, headers, path, making);
  if (type === null || headers === null) return null;
  if (type.startsWith('multipart/')) return makeMultipart(part, type, headers, path, making, depth);
  if (present(part['subParts'])) return fault(making, `${path}/subParts`);
  const isText = present(part['partId']);
  if (isText === present(part['blobId'])) return fault(making, isText ? `${path}/blobId` : `${path}/partId`);
  return isText ? makeText(part, type, headers, path, making) : makeFile(part, type, headers, path, making);
}

function present(value: Json | undefined): value is Exclude<Json, null> {
  return value !== undefined && value !== null;
}

function fault(making: PartMaking, path: string): null {
  making.wrong.add(path);
  return null;
}

/** The Content-* fields that a part sets one by one, by lower-case name. Null when one of them is wrong. */
function readFields(part: JsonObject, path: string, making: PartMaking): Map<string, string> | null {
  const fields = new Map<string, string>();
  let good = true;
  const bad = (name: string): void => {
    good = false;
    making.wrong.add(`${path}/${name}`);
  };
  for (const [name, value] of Object.entries(part)) {
    if (partProperties.has(name)) continue;
    const property = name.startsWith('header:') ? fieldSetBy(name) : null;
    const field = property?.field ?? '';
    // RFC 8621 §4.6: no `headers`, no Content-Transfer-Encoding, no field twice, none that the letter has.
    if (property === null || field === 'content-transfer-encoding' || fields.has(field) || making.taken.has(field)) {
      bad(name);
      continue;
    }
    try {
      fields.set(field, formatHeaderProperty(property, value));
    } catch (trouble) {
      if (!(trouble instanceof SyntaxTrouble)) throw trouble;
      bad(name);
    }
  }
  for (const [name, field] of [
    ['type', 'content-type'],
    ['charset', 'content-type'],
    ['disposition', 'content-disposition'],
    ['cid', 'content-id'],
    ['language', 'content-language'],
    ['location', 'content-location'],
  ] as const)
    if (present(part[name]) && fields.has(field)) bad(name);
  // A name may stand in either; one of the two must be ours to write.
  if (present(part['name']) && fields.has('content-type') && fields.has('content-disposition')) bad('name');
  for (const name of ['name', 'type', 'charset', 'disposition', 'cid', 'location', 'partId', 'blobId'])
    if (present(part[name]) && typeof part[name] !== 'string') bad(name);
  return good ? fields : null;
}

/** The value of a whole field, without the line end that is the field's. */
function typedOf(field: string): ReturnType<typeof parseTyped> {
  return parseTyped(field.slice(field.indexOf(':') + 1).trimEnd());
}

/** Lower case. RFC 2045 §5.2 when nothing is said. */
function typeOf(part: JsonObject, fields: Map<string, string> | null, path: string, making: PartMaking): string | null {
  const raw = fields?.get('content-type');
  if (raw !== undefined && raw !== '') {
    const { value } = typedOf(raw);
    return splitMediaType(value) === null ? fault(making, `${path}/header:Content-Type`) : value;
  }
  const { type } = part;
  if (!present(type))
    return present(part['subParts']) ? 'multipart/mixed' : present(part['partId']) ? 'text/plain' : 'application/octet-stream';
  if (typeof type !== 'string' || splitMediaType(type.toLowerCase()) === null) return fault(making, `${path}/type`);
  return type.toLowerCase();
}

async function makeMultipart(
  part: JsonObject,
  type: string,
  fields: Map<string, string>,
  path: string,
  making: PartMaking,
  depth: number,
): Promise<OutlinePart | null> {
  const { subParts } = part;
  for (const name of ['partId', 'blobId', 'charset']) if (present(part[name])) return fault(making, `${path}/${name}`);
  if (!isArray(subParts) || subParts.length === 0) return fault(making, `${path}/subParts`);
  const parts: OutlinePart[] = [];
  for (const [index, one] of subParts.entries()) {
    const made = await makePart(one, `${path}/subParts/${index}`, making, {}, depth + 1);
    if (made !== null) parts.push(made);
  }
  const about = aboutFields(part, fields, path, making);
  if (about === null || parts.length !== subParts.length) return null;
  const raw = fields.get('content-type') ?? '';
  const given = raw === '' ? [] : typedOf(raw).parameters.filter(({ name }) => name !== 'boundary');
  return {
    kind: 'multipart',
    subtype: type.slice('multipart/'.length),
    parameters: given.map(({ name }) => [name, parameterText(given, name) ?? ''] as const),
    fields: about,
    parts,
  };
}

function makeText(part: JsonObject, type: string, fields: Map<string, string>, path: string, making: PartMaking): OutlinePart | null {
  const id = part['partId'] as string;
  const value = Object.hasOwn(making.bodyValues, id) ? making.bodyValues[id] : undefined;
  if (!isObject(value)) return fault(making, `${path}/partId`);
  const { value: text, isEncodingProblem = false, isTruncated = false, ...others } = value;
  // RFC 8621 §4.6: what was cut or could not be read must not become the letter.
  if (typeof text !== 'string' || isEncodingProblem !== false || isTruncated !== false || Object.keys(others).length > 0)
    return fault(making, `bodyValues/${id}`);
  for (const name of ['charset', 'size']) if (present(part[name])) return fault(making, `${path}/${name}`);
  // What a bodyValue holds is text; anything else is to come as a blob.
  if (!type.startsWith('text/')) return fault(making, `${path}/type`);
  const about = aboutFields(part, fields, path, making);
  if (about === null) return null;
  const raw = fields.get('content-type') ?? '';
  const given = raw === '' ? [] : typedOf(raw).parameters.filter(({ name }) => name !== 'charset');
  const name = nameParameter(part, fields);
  const body = buildBody(
    {
      kind: 'text',
      subtype: type.slice('text/'.length),
      text,
      parameters: [
        ...given.map((one) => [one.name, parameterText(given, one.name) ?? ''] as const),
        ...(name === null ? [] : [['name', name] as const]),
      ],
    },
    '',
  );
  return { kind: 'ready', fields: body.fields + about, bytes: body.bytes };
}

async function makeFile(
  part: JsonObject,
  type: string,
  fields: Map<string, string>,
  path: string,
  making: PartMaking,
): Promise<OutlinePart | null> {
  const id = part['blobId'] as Id;
  const source = await making.findBlob(id);
  const about = aboutFields(part, fields, path, making);
  if (source === null) making.missingBlobs.add(id);
  if (source === null || about === null) return null;
  const isMessage = type.startsWith('message/');
  const isText = type.startsWith('text/');
  const lines = isMessage || (isText && source.size <= lookMax) ? await lookAt(source) : 'unfit';
  // RFC 2045 §6.4: a message takes no encoding, so one that the wire would break goes as a file.
  const written = isMessage && lines === 'unfit' && type !== 'message/global' ? 'application/octet-stream' : type;
  const content = contentType(part, fields, written, isText, path, making);
  if (content === null) return null;
  // RFC 2046 §5.2.1. A text whose letters are not all ASCII goes encoded, so that servers without 8BITMIME take it.
  if ((isMessage && lines !== 'unfit') || lines === '7bit')
    return { kind: 'plain', fields: content + about, source, lines: lines as '7bit' | '8bit' };
  return { kind: 'base64', fields: content + about, source };
}

function contentType(
  part: JsonObject,
  fields: Map<string, string>,
  type: string,
  isText: boolean,
  path: string,
  making: PartMaking,
): string | null {
  const raw = fields.get('content-type') ?? '';
  if (raw !== '') return raw;
  const { charset } = part;
  if (present(charset) && (!isText || !isToken(charset as string))) return fault(making, `${path}/charset`);
  const name = part['name'];
  // Old programs read only `name`, as an encoded word (RFC 2047 in a parameter, which RFC 2231 §6 forbids but all understand).
  const old = typeof name === 'string' ? encodeText(name.replace(/[\r\n\0]/g, ' ')) : '';
  const oldName = old === '' || old.length > 500 ? '' : `; name="${old.replace(/["\\]/g, '\\$&')}"`;
  return formatField('Content-Type', formatTyped(type, present(charset) ? [['charset', charset as string]] : []) + oldName);
}

/** For texts: their Content-Type is written with parameters of RFC 2231, and only where no disposition can have the name. */
function nameParameter(part: JsonObject, fields: Map<string, string>): string | null {
  return typeof part['name'] === 'string' && fields.has('content-disposition') ? part['name'] : null;
}

/** All fields of a part but Content-Type and its encoding. */
function aboutFields(part: JsonObject, fields: Map<string, string>, path: string, making: PartMaking): string | null {
  let out = '';
  const write = (name: string, make: () => string): void => {
    try {
      out += make();
    } catch (trouble) {
      if (!(trouble instanceof SyntaxTrouble)) throw trouble;
      making.wrong.add(`${path}/${name}`);
      good = false;
    }
  };
  let good = true;
  const { name, disposition, cid, language, location } = part;
  if (!fields.has('content-disposition') && (present(disposition) || present(name)))
    write('disposition', () => {
      const kind = present(disposition) ? (disposition as string).toLowerCase() : 'attachment';
      if (!isToken(kind)) throw new SyntaxTrouble('set a disposition: no token');
      const file = present(name) ? (name as string) : null;
      if (file !== null && (/[\r\n\0]/.test(file) || bytesFromUtf8(file).length > 1000))
        throw new SyntaxTrouble('set a file name: too long, or of several lines');
      return formatField('Content-Disposition', formatTyped(kind, file === null ? [] : [['filename', file]]));
    });
  if (present(cid)) write('cid', () => formatField('Content-ID', `<${checkId(cid as string)}>`));
  if (present(language))
    write('language', () => {
      const tags = isArray(language) ? language : [];
      // RFC 3282 §2, RFC 5646 §2.1.
      if (tags.length === 0 || tags.some((tag) => typeof tag !== 'string' || !/^[A-Za-z0-9]{1,8}(?:-[A-Za-z0-9]{1,8})*$/.test(tag)))
        throw new SyntaxTrouble('set a language: no tags');
      return formatField('Content-Language', tags.join(', '));
    });
  if (present(location))
    write('location', () => {
      if (!/^[\x21-\x7e]+$/.test(location as string)) throw new SyntaxTrouble('set a location: no URI');
      return formatTextField('Content-Location', location as string);
    });
  for (const [field, text] of fields) if (field !== 'content-type') out += text;
  return good ? out : null;
}
