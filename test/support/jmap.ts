// A JMAP client for tests, on fetch and `ws`. Knows the wire from outside only.
import { WebSocket } from 'ws';

/** Name, arguments (what a test looks into), id. */
export type Invoked = readonly [string, Record<string, any>, string];

export interface JmapAsker {
  readonly origin: string;
  readonly headers: Readonly<Record<string, string>>;
  session(): Promise<Record<string, any>>;
  /** methodResponses. */
  call(calls: readonly (readonly [string, object, string])[], using?: readonly string[]): Promise<readonly Invoked[]>;
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** Event and data of each, as they come. */
  events(query: string, headers?: Record<string, string>): Promise<EventStream>;
  socket(): Promise<SocketTalk>;
}

export interface EventStream {
  readonly status: number;
  next(): Promise<{ readonly event: string; readonly id: string; readonly data: any } | null>;
  close(): void;
}

export interface SocketTalk {
  send(message: object | string | Buffer): void;
  next(): Promise<any>;
  readonly closed: Promise<number>;
  close(): void;
}

const all = ['core', 'mail', 'blob', 'quota'].map((name) => `urn:ietf:params:jmap:${name}`);

export function jmapAsker(origin: string, login: string, password: string): JmapAsker {
  const headers = { authorization: `Basic ${Buffer.from(`${login}:${password}`).toString('base64')}` };
  const ask = (path: string, init: RequestInit = {}) =>
    fetch(new URL(path, origin), { ...init, headers: { ...headers, ...(init.headers as object) } });
  return {
    origin,
    headers,
    fetch: ask,
    session: async () => (await ask('/.well-known/jmap')).json() as Promise<Record<string, any>>,
    async call(methodCalls, using = all) {
      const answer = await ask('/jmap/api', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ using, methodCalls }),
      });
      const { methodResponses } = (await answer.json()) as { methodResponses: readonly Invoked[] };
      return methodResponses;
    },
    async events(query, more = {}) {
      const gone = new AbortController();
      const answer = await ask(`/jmap/events?${query}`, { headers: more, signal: gone.signal });
      const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
      let text = '';
      return {
        status: answer.status,
        async next() {
          for (;;) {
            const end = text.indexOf('\n\n');
            if (end >= 0) {
              const block = text.slice(0, end);
              text = text.slice(end + 2);
              const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1] ?? '';
              if (field('event') === '') continue;
              return { event: field('event'), id: field('id'), data: JSON.parse(field('data')) as unknown };
            }
            const { done, value } = await reader.read();
            if (done) return null;
            text += value;
          }
        },
        close: () => gone.abort(),
      };
    },
    async socket() {
      const socket = new WebSocket(`${origin.replace(/^http/, 'ws')}/jmap/ws`, 'jmap', { headers });
      const waiting: unknown[] = [];
      const takers: ((message: unknown) => void)[] = [];
      socket.on('message', (content) => {
        const message: unknown = JSON.parse((content as Buffer).toString());
        const taker = takers.shift();
        if (taker) taker(message);
        else waiting.push(message);
      });
      const closed = new Promise<number>((resolve) => socket.on('close', resolve));
      await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
      return {
        send: (message) => socket.send(typeof message === 'string' || Buffer.isBuffer(message) ? message : JSON.stringify(message)),
        next: () => (waiting.length > 0 ? Promise.resolve(waiting.shift()) : new Promise((resolve) => takers.push(resolve))),
        closed,
        close: () => socket.close(),
      };
    },
  };
}
