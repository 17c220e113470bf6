// Blobs by method: Blob/copy (RFC 8620 §6.3), Blob/upload, Blob/get and Blob/lookup (RFC 9404). Knows ranges, digests and uploads; knows no letter
// beyond its id.
import { base64FromBytes, bytesFromBase64, bytesFromUtf8, concatBytes, type Bytes } from '../../base/bytes.ts';
import { runningDigest, type HashName } from '../../base/digest.ts';
import type { MailStore } from '../../store/contract.ts';
import {
  aText,
  anId,
  anIdOrReference,
  anObject,
  anUnsigned,
  isObject,
  listOf,
  mapOf,
  nullable,
  optional,
  readArguments,
  textOfUtf8,
} from './arguments.ts';
import { MethodError, type Asker, type Blobs, type BlobSource, type Id, type JmapAccount, type Json, type JsonObject } from './contract.ts';
import type { Method, MethodGroup, SetError } from './contract.ts';
import { formatSetError, invalidArguments, invalidProperties, notFound, NotSet, requestTooLarge, setError, setErrorOf } from './errors.ts';
import { formatId, parseBlobId } from './ids.ts';
import { coreLimits } from './limits.ts';
import { anAccount, aWritableAccount, resolveId } from './standard.ts';

export interface BlobParts {
  readonly store: Pick<MailStore, 'openShelf' | 'uploads' | 'spool'>;
  readonly blobs: Blobs;
}

const blobCapability = 'urn:ietf:params:jmap:blob';
/** Sources of one blob that is put together. */
const sourcesMax = 64;
/** Octets of data, before they are written as text, that one Blob/get answers. */
const dataMax = 8_000_000;
/** Octets that one Blob/get reads to reckon digests of them. */
const digestedMax = 256 * 1024 * 1024;
const pieceOctets = 256 * 1024;
/** RFC 9404 §4.2: names of the registry of HTTP digest algorithms. */
const digests: Readonly<Record<string, HashName>> = { 'digest:sha': 'SHA-1', 'digest:sha-256': 'SHA-256' };
const typeNames = ['Mailbox', 'Thread', 'Email'] as const;

export function blobGroup(parts: BlobParts): MethodGroup {
  return {
    capability: blobCapability,
    methods: {
      'Blob/upload': async (args, asker) => ({ response: await upload(args, asker, parts) }),
      'Blob/get': async (args, asker) => ({ response: await get(args, asker, parts) }),
      'Blob/lookup': async (args, asker) => ({ response: await lookup(args, asker, parts) }),
    },
    session: () => ({}),
    account: () => ({
      maxSizeBlobSet: coreLimits.maxSizeUpload,
      maxDataSources: sourcesMax,
      supportedTypeNames: typeNames,
      supportedDigestAlgorithms: Object.keys(digests).map((name) => name.slice('digest:'.length)),
    }),
  };
}

// --- Blob/copy --------------------------------------------------------------------------------------------------------

/** A method of the core. */
export function blobCopy(parts: BlobParts): Method {
  return async (args, asker) => {
    const { fromAccountId, accountId, blobIds } = readArguments(args, {
      fromAccountId: (value, name) => {
        const account = asker.accounts.get(anId(value, name));
        if (account === undefined) throw new MethodError('fromAccountNotFound', 'There is no such account to copy from.');
        return account;
      },
      accountId: aWritableAccount(asker),
      blobIds: listOf(anId),
    });
    const ids = new Set(blobIds);
    if (ids.size > coreLimits.maxObjectsInSet) throw requestTooLarge(`At most ${coreLimits.maxObjectsInSet} blobs at once.`);
    const copied: [Id, Id][] = [];
    const notCopied: [Id, SetError][] = [];
    for (const id of ids) {
      // oxlint-disable-next-line no-await-in-loop -- one at a time: each may be large
      const error = await trying(async () => {
        const source = await parts.blobs.find(fromAccountId, id);
        if (source === null) throw new NotSet(notFound());
        const { blobId } = await keep(accountId, source.type, [{ source, start: 0, end: source.size }], parts);
        copied.push([id, blobId]);
      });
      if (error !== null) notCopied.push([id, error]);
    }
    return {
      response: {
        fromAccountId: fromAccountId.id,
        accountId: accountId.id,
        copied: copied.length === 0 ? null : Object.fromEntries(copied),
        notCopied: formatErrors(notCopied),
      },
    };
  };
}

async function trying(work: () => Promise<void>): Promise<SetError | null> {
  try {
    await work();
    return null;
  } catch (thrown) {
    const error = setErrorOf(thrown);
    if (error === null) throw thrown;
    return error;
  }
}

function formatErrors(errors: readonly (readonly [Id, SetError])[]): JsonObject | null {
  return errors.length === 0 ? null : Object.fromEntries(errors.map(([id, error]) => [id, formatSetError(error)]));
}

// --- Blob/upload (RFC 9404 §4.1) --------------------------------------------------------------------------------------

type Piece = Bytes | { readonly source: BlobSource; readonly start: number; readonly end: number };

async function upload(args: JsonObject, asker: Asker, parts: BlobParts): Promise<JsonObject> {
  const { accountId: account, create } = readArguments(args, { accountId: aWritableAccount(asker), create: mapOf(anObject) });
  if (create.size > coreLimits.maxObjectsInSet) throw requestTooLarge(`At most ${coreLimits.maxObjectsInSet} blobs at once.`);
  const created: [Id, JsonObject][] = [];
  const notCreated: [Id, SetError][] = [];
  for (const [creationId, object] of create) {
    // oxlint-disable-next-line no-await-in-loop -- a later one may refer to an earlier one
    const error = await trying(async () => {
      const { data, type } = readUpload(object);
      const pieces: Piece[] = [];
      // oxlint-disable-next-line no-await-in-loop -- in order
      for (const each of data) pieces.push(await readSource(each, account, asker, parts.blobs));
      const made = await keep(account, type, pieces, parts);
      asker.createdIds.set(creationId, made.blobId);
      created.push([creationId, { id: made.blobId, type, size: made.size }]);
    });
    if (error !== null) notCreated.push([creationId, error]);
  }
  return {
    accountId: account.id,
    created: created.length === 0 ? null : Object.fromEntries(created),
    notCreated: formatErrors(notCreated),
  };
}

function readUpload(object: JsonObject): { readonly data: readonly JsonObject[]; readonly type: string } {
  const wrong = Object.keys(object).filter((name) => name !== 'data' && name !== 'type');
  const { data, type = null } = object;
  if (!Array.isArray(data) || !data.every((each) => isObject(each))) wrong.push('data');
  if (type !== null && (typeof type !== 'string' || !isMediaType(type))) wrong.push('type');
  if (wrong.length > 0) throw new NotSet(invalidProperties(wrong));
  const sources = data as readonly JsonObject[];
  if (sources.length > sourcesMax) throw new NotSet(setError('tooLarge', `At most ${sourcesMax} sources.`));
  return { data: sources, type: (type as string | null) ?? 'application/octet-stream' };
}

/** RFC 9110 §8.3.1, parameters included, as it may stand in a header field. */
export function isMediaType(text: string): boolean {
  return text.length <= 255 && /^[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+(?:[ \t]*;[\t\x20-\x7e]*)?$/.test(text);
}

async function readSource(object: JsonObject, account: JmapAccount, asker: Asker, blobs: Blobs): Promise<Piece> {
  const { 'data:asText': text, 'data:asBase64': base64, blobId, offset = null, length = null } = object;
  const kinds = [text, base64, blobId].filter((value) => value !== undefined && value !== null);
  const allowed =
    blobId === undefined ? ['data:asText', 'data:asBase64', 'blobId'] : ['data:asText', 'data:asBase64', 'blobId', 'offset', 'length'];
  if (kinds.length !== 1 || Object.keys(object).some((name) => !allowed.includes(name)))
    throw wrongData('A source is one of text, base64 or a blob.');
  if (typeof text === 'string') return bytesFromUtf8(text);
  if (typeof base64 === 'string') {
    const octets = parseBase64(base64);
    if (octets === null) throw wrongData('This is not base64.');
    return octets;
  }
  if (typeof blobId !== 'string') throw wrongData('A source is text.');
  const range = { start: readOffset(offset) ?? 0, length: readOffset(length) };
  const id = resolveId(asker, blobId);
  const source = id === null ? null : await blobs.find(account, id);
  if (source === null) throw new NotSet(setError('blobNotFound', 'There is no such blob.', { notFound: [blobId.slice(0, 256)] }));
  const end = range.length === null ? source.size : range.start + range.length;
  // "If the range does not exist, the source is invalid."
  if (range.start > source.size || end > source.size) throw wrongData('The blob is not that long.');
  return { source, start: range.start, end };
}

function wrongData(description: string): NotSet {
  return new NotSet(invalidProperties(['data'], description));
}

function readOffset(value: Json): number | null {
  if (value === null) return null;
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw wrongData('Offset and length are whole numbers from 0.');
  return value as number;
}

/** RFC 4648 §4, with or without padding, nothing else in it. */
function parseBase64(text: string): Bytes | null {
  const body = text.replace(/={1,2}$/, '');
  if (!/^[A-Za-z0-9+/]*$/.test(body) || body.length % 4 === 1 || (body !== text && text.length % 4 !== 0)) return null;
  return bytesFromBase64(text);
}

/** Durable when it settles. */
async function keep(
  account: JmapAccount,
  type: string,
  pieces: readonly Piece[],
  { store }: BlobParts,
): Promise<{ readonly blobId: Id; readonly size: number }> {
  const size = pieces.reduce((sum, piece) => sum + ('source' in piece ? piece.end - piece.start : piece.length), 0);
  if (size > coreLimits.maxSizeUpload) throw new NotSet(setError('tooLarge', `At most ${coreLimits.maxSizeUpload} octets.`));
  const spool = store.spool(coreLimits.maxSizeUpload);
  try {
    for (const piece of pieces) {
      if (!('source' in piece)) await spool.add(piece);
      else for await (const octets of piecesOf(piece.source, piece.start, piece.end)) await spool.add(octets);
    }
    const made = await store.uploads.add(account.account, spool, type);
    return { blobId: formatId('U', made.id), size: made.size };
  } finally {
    spool.discard();
  }
}

async function* piecesOf(source: BlobSource, start: number, end: number): AsyncGenerator<Bytes> {
  for (let at = start; at < end;) {
    const octets = await source.read(at, Math.min(end, at + pieceOctets));
    if (octets.length === 0) return;
    at += octets.length;
    // A copy: what a source gives may be its own memory, and a spool keeps what it is given.
    yield octets.slice();
  }
}

// --- Blob/get (RFC 9404 §4.2) -----------------------------------------------------------------------------------------

async function get(args: JsonObject, asker: Asker, { blobs }: BlobParts): Promise<JsonObject> {
  const read = readArguments(args, {
    accountId: anAccount(asker),
    ids: listOf(anIdOrReference),
    properties: optional(nullable(listOf(aText)), null),
    offset: optional(nullable(anUnsigned), null),
    length: optional(nullable(anUnsigned), null),
  });
  const properties = new Set(read.properties ?? ['data', 'size']);
  const unknown = [...properties].filter((name) => !isProperty(name));
  if (unknown.length > 0) throw invalidArguments(`A blob has no ${unknown.slice(0, 10).join(', ').slice(0, 200)}.`, ['properties']);
  const ids = new Set(read.ids.map((id) => resolveId(asker, id) ?? id));
  if (ids.size > coreLimits.maxObjectsInGet) throw requestTooLarge(`At most ${coreLimits.maxObjectsInGet} ids at once.`);
  const list: JsonObject[] = [];
  const missing: Id[] = [];
  const room = { left: dataMax, digested: digestedMax };
  for (const id of ids) {
    // Each may take a while; nobody may be there any more.
    asker.signal.throwIfAborted();
    // oxlint-disable-next-line no-await-in-loop -- one at a time: each may be large
    const source = await blobs.find(read.accountId, id);
    if (source === null) missing.push(id);
    // oxlint-disable-next-line no-await-in-loop -- as above
    else list.push({ id, ...(await formatBlob(source, properties, read.offset ?? 0, read.length, room)) });
  }
  return { accountId: read.accountId.id, list, notFound: missing };
}

function isProperty(name: string): boolean {
  return ['id', 'size', 'data', 'data:asText', 'data:asBase64'].includes(name) || Object.hasOwn(digests, name);
}

async function formatBlob(
  source: BlobSource,
  properties: ReadonlySet<string>,
  offset: number,
  length: number | null,
  room: { left: number; digested: number },
): Promise<JsonObject> {
  const start = Math.min(offset, source.size);
  const end = Math.min(source.size, length === null ? source.size : start + length);
  const isTruncated = offset > source.size || (length !== null && offset + length > source.size);
  const wantsData = properties.has('data') || properties.has('data:asText') || properties.has('data:asBase64');
  if (wantsData && (room.left -= end - start) < 0) throw requestTooLarge(`At most ${dataMax} octets at once: ask for a range.`);
  const running = Object.entries(digests)
    .filter(([name]) => properties.has(name))
    .map(([name, hash]) => [name, runningDigest(hash)] as const);
  if (running.length > 0 && (room.digested -= end - start) < 0)
    throw requestTooLarge(`Digests of at most ${digestedMax} octets at once: ask for fewer, or for a range.`);
  const pieces: Bytes[] = [];
  if (wantsData || running.length > 0) {
    for await (const octets of piecesOf(source, start, end)) {
      if (wantsData) pieces.push(octets);
      for (const [, hash] of running) hash.add(octets);
    }
  }
  const octets = pieces.length === 0 ? new Uint8Array() : concatBytes(pieces);
  return {
    ...(wantsData ? formatData(octets, properties) : {}),
    ...Object.fromEntries(running.map(([name, hash]) => [name, base64FromBytes(hash.end())])),
    ...(properties.has('size') ? { size: source.size } : {}),
    ...(isTruncated ? { isTruncated } : {}),
  };
}

/** "data": as text where the octets are valid UTF-8, else as base64. */
function formatData(octets: Bytes, properties: ReadonlySet<string>): JsonObject {
  const text = properties.has('data:asBase64') && !properties.has('data') && !properties.has('data:asText') ? null : textOfUtf8(octets);
  const isEncodingProblem = text === null && (properties.has('data') || properties.has('data:asText'));
  return {
    ...(properties.has('data:asText') || (properties.has('data') && text !== null) ? { 'data:asText': text } : {}),
    ...(properties.has('data:asBase64') || (properties.has('data') && text === null) ? { 'data:asBase64': base64FromBytes(octets) } : {}),
    ...(isEncodingProblem ? { isEncodingProblem } : {}),
  };
}

// --- Blob/lookup (RFC 9404 §4.3) --------------------------------------------------------------------------------------

async function lookup(args: JsonObject, asker: Asker, { store, blobs }: BlobParts): Promise<JsonObject> {
  const read = readArguments(args, { accountId: anAccount(asker), typeNames: listOf(aText), ids: listOf(anIdOrReference) });
  const unknown = read.typeNames.filter((name) => !typeNames.some((known) => known === name));
  if (unknown.length > 0)
    throw new MethodError('unknownDataType', `Nothing is looked up in ${unknown.slice(0, 5).join(', ').slice(0, 200)}.`);
  const ids = new Set(read.ids.map((id) => resolveId(asker, id) ?? id));
  if (ids.size > coreLimits.maxObjectsInGet) throw requestTooLarge(`At most ${coreLimits.maxObjectsInGet} ids at once.`);
  const list: JsonObject[] = [];
  const missing: Id[] = [];
  const shelf = await store.openShelf(read.accountId.account);
  try {
    for (const id of ids) {
      asker.signal.throwIfAborted();
      // oxlint-disable-next-line no-await-in-loop -- one at a time
      if ((await blobs.find(read.accountId, id)) === null) {
        missing.push(id);
        continue;
      }
      const blob = parseBlobId(id);
      const index = blob?.of === 'letter' ? shelf.indexOf(blob.number) : -1;
      const found: Readonly<Record<string, readonly Id[]>> =
        blob === null || index < 0
          ? {}
          : {
              Email: [formatId('M', blob.number)],
              Thread: [formatId('T', shelf.threads[index]!)],
              Mailbox: shelf.mailboxesAt(index).map((mailbox) => formatId('F', mailbox)),
            };
      list.push({ id, matchedIds: Object.fromEntries(read.typeNames.map((name) => [name, found[name] ?? []])) });
    }
  } finally {
    shelf.release();
  }
  return { accountId: read.accountId.id, list, notFound: missing };
}
