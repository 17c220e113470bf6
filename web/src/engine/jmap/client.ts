// Talks JMAP: the session, requests with their answers by call id, over the WebSocket when one is open and else by POST. Knows RFC 8620 §2 and
// §3 and RFC 8887 §4.3; knows nothing of what the methods mean.
import { trouble, type EngineTrouble } from '../contract.ts';
import type { Surroundings } from '../surroundings.ts';
import type { AnswerOf, Id, JsonObject, Session } from './objects.ts';

export const core = 'urn:ietf:params:jmap:core';
export const mail = 'urn:ietf:params:jmap:mail';
export const submission = 'urn:ietf:params:jmap:submission';

/** RFC 8620 §3.2: method, arguments, call id. An argument `#x` may refer to an earlier call's answer (§3.7, `from`). */
export type Call = readonly [name: string, args: JsonObject, id: string];

/** RFC 8620 §3.7. */
export function from(id: string, name: string, path: string): JsonObject {
  return { resultOf: id, name, path };
}

export class Reply {
  readonly responses: readonly Call[];
  constructor(responses: readonly Call[]) {
    this.responses = responses;
  }
  /** The first answer to the call. @throws EngineTrouble `refused` for a method error. */
  get<N extends string>(name: N, id: string): AnswerOf<N> {
    const found = this.responses.find((response) => response[2] === id);
    if (!found) throw trouble('defect', 'noAnswer', `no answer to ${name}`);
    if (found[0] === 'error') throw refusal(found[1]);
    return found[1] as unknown as AnswerOf<N>;
  }
  /** Null when the server refused, such as for a state that it no longer remembers. @throws EngineTrouble `offline`: not now is no answer. */
  find<N extends string>(name: N, id: string): AnswerOf<N> | null {
    const of = this.responses.filter((response) => response[2] === id);
    const found = of.find((response) => response[0] === name);
    if (found) return found[1] as unknown as AnswerOf<N>;
    const problem = of[0]?.[0] === 'error' ? refusal(of[0][1]) : null;
    if (problem?.trouble.kind === 'offline') throw problem;
    return null;
  }
}

/**
 * RFC 8620 §3.6: of a request or of a method. "Not now" waits like a missing network: the server is busy or its disk is full, or too much is asked at once;
 * and so does "perhaps" (`serverPartialFail`), since whatever is told again does no harm. A limit of size is a no: it will be as large the next time.
 */
export function refusal(problem: JsonObject): EngineTrouble {
  const type = String(problem['type'] ?? 'unknown');
  const passes =
    type === 'serverUnavailable' ||
    type === 'serverPartialFail' ||
    (type === 'urn:ietf:params:jmap:error:limit' && String(problem['limit']).startsWith('maxConcurrent'));
  return trouble(passes ? 'offline' : 'refused', type, String(problem['description'] ?? problem['detail'] ?? ''));
}

/** Answers longer awaited than this are taken for lost; what is carried there may be as slow as this besides. */
const patienceMs = 60_000;
const slowestOctetsPerMs = 8;

/** Sends a request another way than by POST; null: that way is not open now. */
export type Shortcut = (request: JsonObject) => Promise<JsonObject> | null;

export class JmapClient {
  readonly #surroundings: Surroundings;
  #session: Session | null = null;
  #running = 0;
  readonly #queue: (() => void)[] = [];
  shortcut: Shortcut = () => null;
  /** Told after each exchange: did the server answer? */
  heard: (reached: boolean) => void = () => undefined;
  /** The session's state is no longer the one that we read (RFC 8620 §3.4). */
  outdated: () => void = () => undefined;

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
  }

  now(): number {
    return this.#surroundings.now();
  }

  get session(): Session | null {
    return this.#session;
  }

  /** A session that was kept from before: requests may go to its addresses until the server has told its own. */
  resume(session: Session | null): void {
    this.#session = session;
  }

  /** RFC 8620 §2. @throws EngineTrouble `signed-out`, `offline`. */
  async openSession(): Promise<Session> {
    const session = (await this.#exchange('/jmap/session', {
      method: 'GET',
      headers: { accept: 'application/json' },
    })) as unknown as Session;
    this.#session = session;
    return session;
  }

  /** @throws EngineTrouble: `offline`, `signed-out`, `refused` (the whole request, RFC 8620 §3.6.1). Errors of single methods are in the reply. */
  async request(calls: readonly Call[], using: readonly string[] = [core, mail]): Promise<Reply> {
    await this.#turn();
    try {
      const body: JsonObject = { using: [...using], methodCalls: calls.map((call) => [...call]) };
      const quick = this.shortcut(body);
      const answer = quick
        ? await quick
        : await this.#exchange(this.#session?.apiUrl ?? '/jmap/api', {
            method: 'POST',
            headers: { 'content-type': 'application/json', accept: 'application/json' },
            body: JSON.stringify(body),
          });
      if (typeof answer['sessionState'] === 'string' && this.#session && answer['sessionState'] !== this.#session.state) this.outdated();
      return new Reply(answer['methodResponses'] as unknown as readonly Call[]);
    } finally {
      this.#running -= 1;
      this.#queue.shift()?.();
    }
  }

  /** RFC 8620 §6.1. @throws as `request`. */
  async upload(accountId: Id, octets: Blob): Promise<{ readonly blobId: Id; readonly type: string; readonly size: number }> {
    const address = (this.#session?.uploadUrl ?? '/jmap/upload/{accountId}').replace('{accountId}', encodeURIComponent(accountId));
    const answer = await this.#exchange(address, {
      method: 'POST',
      headers: { 'content-type': octets.type || 'application/octet-stream' },
      body: octets,
    });
    return answer as unknown as { readonly blobId: Id; readonly type: string; readonly size: number };
  }

  /** Any JSON of the server's, such as `/auth/login`; without a body it is read. The status comes with it; 401 is an answer here. @throws EngineTrouble `offline`. */
  async post(
    address: string,
    body: JsonObject | null,
  ): Promise<{ readonly status: number; readonly json: JsonObject; readonly retryAfter: number | null }> {
    const response = await this.#fetch(
      address,
      body === null
        ? { method: 'GET', headers: { accept: 'application/json' } }
        : {
            method: 'POST',
            headers: { 'content-type': 'application/json', accept: 'application/json' },
            body: JSON.stringify(body),
          },
    );
    const json = (await response.json().catch(() => ({}))) as JsonObject;
    const seconds = Number(response.headers.get('retry-after'));
    return { status: response.status, json, retryAfter: seconds > 0 ? seconds : null };
  }

  /** RFC 8620 §2 maxConcurrentRequests; four unless the server says fewer. */
  async #turn(): Promise<void> {
    const told = Number(this.#session?.capabilities[core]?.['maxConcurrentRequests'] ?? 4);
    if (this.#running >= Math.max(1, Math.min(4, told))) await new Promise<void>((resolve) => this.#queue.push(resolve));
    this.#running += 1;
  }

  async #fetch(address: string, init: RequestInit): Promise<Response> {
    try {
      const response = await this.#surroundings.fetch(new URL(address, this.#surroundings.origin).href, {
        ...init,
        credentials: 'same-origin',
        cache: 'no-store',
        redirect: 'error',
        signal: AbortSignal.timeout(patienceMs + Math.ceil(octetsOf(init.body) / slowestOctetsPerMs)),
      });
      // A gateway before a server that is away.
      const reached = response.status < 502 || response.status > 504;
      this.heard(reached);
      if (!reached) throw trouble('offline', `http${response.status}`, 'the server is not there');
      return response;
    } catch (error) {
      if (error instanceof Error && error.name === 'EngineTrouble') throw error;
      this.heard(false);
      throw trouble('offline', 'network', error instanceof Error ? error.message : 'no network');
    }
  }

  async #exchange(address: string, init: RequestInit): Promise<JsonObject> {
    const response = await this.#fetch(address, init);
    if (response.status === 401) throw trouble('signed-out', 'unauthorized', 'not signed in');
    const body = (await response.json().catch(() => ({}))) as JsonObject;
    // 429 and 5xx pass: they wait in the outbox like a missing network.
    if (response.status === 429 || response.status >= 500)
      throw trouble('offline', `http${response.status}`, String(body['detail'] ?? response.statusText));
    if (!response.ok) throw refusal({ type: `http${response.status}`, ...body });
    return body;
  }
}

function octetsOf(body: RequestInit['body']): number {
  return body instanceof Blob ? body.size : typeof body === 'string' ? body.length : 0;
}
