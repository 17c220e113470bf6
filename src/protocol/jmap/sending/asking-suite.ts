// Requests of JMAP from calls written in a test. Test code only.
import { bytesFromUtf8 } from '../../../base/bytes.ts';
import type { Json, JsonObject } from '../contract.ts';
import type { Dispatcher } from '../dispatch.ts';
import type { Request } from '../request.ts';

export type AskedCalls = readonly (readonly [name: string, args: JsonObject, id: string])[];

export function parseRequest(dispatcher: Dispatcher, using: readonly string[], methodCalls: Json): Request {
  return dispatcher.read(bytesFromUtf8(JSON.stringify({ using, methodCalls })));
}
