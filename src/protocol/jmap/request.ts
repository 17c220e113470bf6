// The Request object of RFC 8620 §3.3: read, or refused as a whole (§3.6.1). Knows its shape and the request's limits; knows no method.
import { SyntaxTrouble } from '../../base/trouble.ts';
import type { Bytes } from '../../base/bytes.ts';
import { isArray, isObject } from './arguments.ts';
import type { Id, Json, JsonObject } from './contract.ts';
import { parseIJson } from './i-json.ts';
import { isId } from './ids.ts';
import { coreLimits } from './limits.ts';

export interface Invocation {
  readonly name: string;
  readonly arguments: JsonObject;
  readonly id: string;
}

export interface Request {
  readonly using: ReadonlySet<string>;
  readonly calls: readonly Invocation[];
  /** Null when the client gave none: then the answer has none either. */
  readonly createdIds: ReadonlyMap<Id, Id> | null;
}

/** RFC 8620 §3.6.1, as problem details (RFC 9457). */
export class RequestTrouble extends Error {
  override readonly name = 'RequestTrouble';
  readonly type: 'unknownCapability' | 'notJSON' | 'notRequest' | 'limit';
  readonly status: number;
  readonly limit: string | null;
  constructor(type: RequestTrouble['type'], detail: string, limit: string | null = null, status = 400) {
    super(detail);
    this.type = type;
    this.limit = limit;
    this.status = status;
  }
}

export function formatRequestTrouble(trouble: RequestTrouble): JsonObject {
  return {
    type: `urn:ietf:params:jmap:error:${trouble.type}`,
    status: trouble.status,
    detail: trouble.message,
    ...(trouble.limit === null ? {} : { limit: trouble.limit }),
  };
}

export function overLimit(limit: string, detail: string): RequestTrouble {
  return new RequestTrouble('limit', detail, limit);
}

/** @throws RequestTrouble. */
export function parseJson(body: Bytes): Json {
  if (body.length > coreLimits.maxSizeRequest) throw overLimit('maxSizeRequest', 'The request is too large.');
  try {
    return parseIJson(body);
  } catch (trouble) {
    if (!(trouble instanceof SyntaxTrouble)) throw trouble;
    throw new RequestTrouble('notJSON', trouble.message);
  }
}

/** `knows`: whether there is such a capability here. @throws RequestTrouble. */
export function readRequest(value: Json, knows: (capability: string) => boolean): Request {
  if (!isObject(value)) throw notRequest('A request is an object.');
  const { using, methodCalls, createdIds } = value;
  if (!isArray(using) || !using.every((capability) => typeof capability === 'string')) throw notRequest('"using" is an array of strings.');
  if (!isArray(methodCalls)) throw notRequest('"methodCalls" is an array.');
  // "A server MUST ignore any other properties it does not understand."
  const calls = methodCalls.map(readInvocation);
  const created = createdIds === undefined ? null : readCreatedIds(createdIds);
  if (calls.length > coreLimits.maxCallsInRequest) {
    throw overLimit('maxCallsInRequest', `At most ${coreLimits.maxCallsInRequest} calls in one request.`);
  }
  const unknown = using.find((capability) => !knows(capability as string));
  if (unknown !== undefined) {
    throw new RequestTrouble('unknownCapability', `There is no capability ${JSON.stringify(unknown).slice(0, 200)} here.`);
  }
  return { using: new Set(using as readonly string[]), calls, createdIds: created };
}

function notRequest(detail: string): RequestTrouble {
  return new RequestTrouble('notRequest', detail);
}

/** RFC 8620 §3.2. */
function readInvocation(value: Json): Invocation {
  if (!isArray(value) || value.length !== 3) throw notRequest('A method call is an array of three.');
  const [name, args, id] = value;
  if (typeof name !== 'string' || !isObject(args) || typeof id !== 'string')
    throw notRequest('A method call is a name, an object and an id.');
  return { name, arguments: args, id };
}

function readCreatedIds(value: Json): ReadonlyMap<Id, Id> {
  if (!isObject(value)) throw notRequest('"createdIds" is an object.');
  const map = new Map<Id, Id>();
  for (const [creationId, id] of Object.entries(value)) {
    if (!isId(creationId) || typeof id !== 'string' || !isId(id)) throw notRequest('"createdIds" is an object of ids.');
    map.set(creationId, id);
  }
  return map;
}
