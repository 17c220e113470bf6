// The open line to the server, over which changes arrive: WebSocket (RFC 8887), else EventSource (RFC 8620 §7.3), and a new one when it
// breaks, after a wait that grows and is not the same for all. Knows state changes; knows nothing of what changed.
import { trouble } from '../contract.ts';
import type { EventStream, Socket, Surroundings } from '../surroundings.ts';
import { refusal } from './client.ts';
import type { Id, JsonObject, Session } from './objects.ts';

/** RFC 8620 §7.1: account → type → state. */
export type Changed = Readonly<Record<Id, Readonly<Record<string, string>>>>;

export interface LineEars {
  /** It stands: what happened before has to be asked for. */
  opened(): void;
  /** It broke, or could not be made. */
  closed(): void;
  changed(changed: Changed): void;
}

const websocket = 'urn:ietf:params:jmap:websocket';
const firstWaitMs = 1000;
const longestWaitMs = 60_000;
/** Without a word for so long a request on the socket is lost. */
const patienceMs = 60_000;

export class Line {
  readonly #surroundings: Surroundings;
  readonly #ears: LineEars;
  #session: Session | null = null;
  #socket: Socket | null = null;
  #events: EventStream | null = null;
  #open = false;
  #failures = 0;
  #socketFailures = 0;
  #callOff: (() => void) | null = null;
  #lastRequest = 0;
  readonly #asked = new Map<
    string,
    { readonly resolve: (answer: JsonObject) => void; readonly reject: (error: Error) => void; readonly callOff: () => void }
  >();

  constructor(surroundings: Surroundings, ears: LineEars) {
    this.#surroundings = surroundings;
    this.#ears = ears;
  }

  get isOpen(): boolean {
    return this.#open;
  }

  start(session: Session): void {
    this.#session = session;
    if (this.#socket || this.#events || this.#callOff) return;
    this.#connect();
  }

  stop(): void {
    this.#session = null;
    this.#callOff?.();
    this.#callOff = null;
    this.#drop();
  }

  /** The network came back: no more waiting. */
  hurry(): void {
    if (!this.#session || this.#open || !this.#callOff) return;
    this.#callOff();
    this.#callOff = null;
    this.#failures = 0;
    this.#connect();
  }

  /** RFC 8887 §4.3.2; null while there is no socket. */
  request(body: JsonObject): Promise<JsonObject> | null {
    const socket = this.#socket;
    if (!socket || !this.#open) return null;
    const id = `R${++this.#lastRequest}`;
    return new Promise((resolve, reject) => {
      const callOff = this.#surroundings.after(patienceMs, () => {
        this.#asked.delete(id);
        reject(trouble('offline', 'slow', 'no answer in time'));
        if (this.#socket === socket) this.#broke();
      });
      this.#asked.set(id, { resolve, reject, callOff });
      socket.send(JSON.stringify({ '@type': 'Request', id, ...body }));
    });
  }

  #connect(): void {
    const session = this.#session;
    if (!session) return;
    const told = session.capabilities[websocket];
    // Proxies that break WebSockets are known to let event streams through.
    if (this.#surroundings.openSocket && told && this.#socketFailures < 2)
      this.#connectSocket(String(told['url']), told['supportsPush'] === true);
    else if (this.#surroundings.openEvents) this.#connectEvents(session.eventSourceUrl);
  }

  #connectSocket(address: string, push: boolean): void {
    const url = new URL(address, this.#surroundings.origin);
    url.protocol = url.protocol === 'http:' || url.protocol === 'ws:' ? 'ws:' : 'wss:';
    const socket = (this.#socket = this.#surroundings.openSocket!(url.href, 'jmap'));
    socket.addEventListener('open', () => {
      if (socket !== this.#socket) return;
      this.#socketFailures = 0;
      if (push) socket.send(JSON.stringify({ '@type': 'WebSocketPushEnable', dataTypes: null }));
      this.#stands();
    });
    socket.addEventListener('message', ({ data }) => {
      if (socket === this.#socket) this.#hear(String(data));
    });
    socket.addEventListener('close', () => {
      if (socket !== this.#socket) return;
      if (!this.#open) this.#socketFailures += 1;
      this.#broke();
    });
    socket.addEventListener('error', () => undefined);
  }

  #connectEvents(template: string): void {
    const address = template.replace('{types}', '*').replace('{closeafter}', 'no').replace('{ping}', '30');
    const events = (this.#events = this.#surroundings.openEvents!(new URL(address, this.#surroundings.origin).href));
    events.addEventListener('open', () => {
      if (events === this.#events) this.#stands();
    });
    events.addEventListener('state', ({ data }) => {
      if (events === this.#events) this.#hear(String(data));
    });
    events.addEventListener('error', () => {
      if (events === this.#events) this.#broke();
    });
  }

  #stands(): void {
    this.#open = true;
    this.#failures = 0;
    this.#ears.opened();
  }

  #hear(text: string): void {
    let message: JsonObject;
    try {
      message = JSON.parse(text) as JsonObject;
    } catch {
      return;
    }
    const type = message['@type'];
    if (type === 'StateChange') {
      this.#ears.changed(message['changed'] as unknown as Changed);
      return;
    }
    const id = String(message['requestId'] ?? '');
    const waiter = this.#asked.get(id);
    if (!waiter) return;
    this.#asked.delete(id);
    waiter.callOff();
    if (type === 'RequestError') waiter.reject(refusal(message));
    else waiter.resolve(message);
  }

  #drop(): void {
    const socket = this.#socket;
    const events = this.#events;
    this.#socket = null;
    this.#events = null;
    socket?.close();
    events?.close();
    for (const waiter of this.#asked.values()) {
      waiter.callOff();
      waiter.reject(trouble('offline', 'broken', 'the line broke'));
    }
    this.#asked.clear();
    this.#open = false;
  }

  #broke(): void {
    this.#drop();
    this.#ears.closed();
    if (!this.#session) return;
    const wait = Math.min(longestWaitMs, firstWaitMs * 2 ** this.#failures) * (0.5 + this.#surroundings.random() / 2);
    this.#failures += 1;
    this.#callOff = this.#surroundings.after(wait, () => {
      this.#callOff = null;
      this.#connect();
    });
  }
}
