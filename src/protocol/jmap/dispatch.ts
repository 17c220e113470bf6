// One request, from its octets to the answer's text: each call in order, each answer or error in its place (RFC 8620 §3). Knows groups of
// methods; knows no method, no HTTP and no person beyond what the asker is.
import type { Bytes } from '../../base/bytes.ts';
import { MethodError, type Asker, type Json, type JsonObject, type Method, type MethodGroup } from './contract.ts';
import { formatMethodError } from './errors.ts';
import { answerOctetsMax } from './limits.ts';
import { resolveReferences, type Response } from './references.ts';
import { parseJson, readRequest, type Invocation, type Request } from './request.ts';

export type Who = Omit<Asker, 'using' | 'createdIds'>;

export interface Dispatcher {
  readonly groups: readonly MethodGroup[];
  /** The Request object in a body. @throws RequestTrouble. */
  read(body: Bytes): Request;
  /** The same of a value, such as a WebSocket message's. @throws RequestTrouble. */
  readValue(value: Json): Request;
  /** The Response object as JSON text; `more`: members in front of it. Rejects with nothing but the reason of `who.signal`. */
  answer(request: Request, who: Who, sessionState: string, more?: JsonObject): Promise<string>;
}

export interface DispatchParts {
  readonly groups: readonly MethodGroup[];
  /** Told of defects: what was thrown that nobody is to see. */
  readonly defect: (method: string, thrown: unknown) => void;
}

interface Known {
  readonly group: MethodGroup;
  readonly method: Method;
}

export function openDispatcher({ groups, defect }: DispatchParts): Dispatcher {
  const capabilities = new Set(groups.map(({ capability }) => capability));
  const known = new Map<string, Known[]>();
  for (const group of groups) {
    for (const [name, method] of Object.entries(group.methods)) known.set(name, [...(known.get(name) ?? []), { group, method }]);
  }

  /** Groups that the request does not use are not there (RFC 8620 §1.8). */
  function find(name: string, asker: Asker): Known {
    const found = known.get(name)?.find(({ group }) => asker.using.has(group.capability));
    if (found === undefined) throw new MethodError('unknownMethod', 'There is no such method, or its capability is not used.');
    return found;
  }

  async function call(invocation: Invocation, asker: Asker, responses: readonly Response[]): Promise<readonly Response[]> {
    const { name, id } = invocation;
    try {
      const { group, method } = find(name, asker);
      const args = resolveReferences(invocation.arguments, responses);
      checkSupport(group, args.accountId, asker, 'accountNotSupportedByMethod');
      checkSupport(group, args.fromAccountId, asker, 'fromAccountNotSupportedByMethod');
      const { response, also = [] } = await method(args, asker);
      return [{ name, arguments: response, id }, ...also.map((each) => ({ name: each.name, arguments: each.arguments, id }))];
    } catch (thrown) {
      asker.signal.throwIfAborted();
      return [{ name: 'error', arguments: formatMethodError(thrown, (trouble) => defect(name, trouble)), id }];
    }
  }

  async function answer(request: Request, who: Who, sessionState: string, more: JsonObject = {}): Promise<string> {
    const asker: Asker = { ...who, using: request.using, createdIds: new Map(request.createdIds) };
    const responses: Response[] = [];
    const texts: string[] = [];
    let octets = 0;
    for (const invocation of request.calls) {
      asker.signal.throwIfAborted();
      const tooMuch = octets > answerOctetsMax;
      const error = { type: 'requestTooLarge', description: 'The answer is too long already: ask for the rest in another request.' };
      // oxlint-disable-next-line no-await-in-loop -- "The method calls MUST be processed sequentially, in order."
      const answers = tooMuch ? [{ name: 'error', arguments: error, id: invocation.id }] : await call(invocation, asker, responses);
      for (const response of answers) {
        responses.push(response);
        const text = JSON.stringify([response.name, response.arguments, response.id]);
        octets += text.length;
        texts.push(text);
      }
    }
    const createdIds = request.createdIds === null ? {} : { createdIds: Object.fromEntries(asker.createdIds) };
    // Written by hand: each answer is text already.
    const rest = JSON.stringify({ ...more, ...createdIds, sessionState });
    return `{"methodResponses":[${texts.join(',')}],${rest.slice(1)}`;
  }

  return {
    groups,
    read: (body) => readRequest(parseJson(body), (capability) => capabilities.has(capability)),
    readValue: (value) => readRequest(value, (capability) => capabilities.has(capability)),
    answer,
  };
}

/** RFC 8620 §2: an account may be without a capability. An id that is none is the method's to refuse. */
function checkSupport(group: MethodGroup, id: Json | undefined, asker: Asker, error: string): void {
  const account = typeof id === 'string' ? asker.accounts.get(id) : undefined;
  if (account !== undefined && group.account(account) === null) throw new MethodError(error, 'This account has no such thing.');
}
