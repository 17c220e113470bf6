// JMAP over WebSocket (RFC 8887): requests, answers and changes on one connection. Knows the messages and the library that frames them; what is answered
// is the service's, who asks the door's. A client that does not read is not read from, and at last let go.
import type { Duplex } from 'node:stream';
import type { IncomingMessage } from 'node:http';
import { WebSocketServer, type RawData, type WebSocket } from 'ws';
import { concatBytes, type Bytes } from '../../base/bytes.ts';
import type { Log } from '../../base/log.ts';
import { isArray, isObject } from '../../protocol/jmap/arguments.ts';
import type { JsonObject } from '../../protocol/jmap/contract.ts';
import { coreLimits } from '../../protocol/jmap/limits.ts';
import { formatStateChange, mergeChanged, type Changed, type Listening } from '../../protocol/jmap/push-hub.ts';
import { formatRequestTrouble, overLimit, parseJson, RequestTrouble } from '../../protocol/jmap/request.ts';
import { markOfStates, type Entrant, type JmapService } from '../../protocol/jmap/service.ts';
import type { WebSurroundings } from './listener.ts';
import { originOf, type WebDoor } from './web-door.ts';

export interface JmapSocketParts {
  readonly service: JmapService;
  readonly door: Pick<WebDoor, 'identify'>;
  readonly secure: boolean;
  readonly log: Log;
}

export interface JmapSockets {
  /** An upgrade to `/jmap/ws`. Answers on the socket, whatever it is. */
  upgrade(incoming: IncomingMessage, socket: Duplex, head: Buffer, request: Request, surroundings: WebSurroundings): Promise<void>;
  close(): void;
}

const pingMs = 30_000;
/** Octets that wait to be read by the client: beyond the first nothing more is read, beyond the second it is let go. */
const congestedOctets = 1024 * 1024;
const hopelessOctets = 128 * 1024 * 1024;
/** Requests of one connection that are under way or wait for their turn. */
const requestsMax = 64;
const tagMax = 255;

/** RFC 6455 §7.4.1. */
const codes = { goingAway: 1001, unsupported: 1003, policy: 1008 } as const;

export function openJmapSockets(parts: JmapSocketParts): JmapSockets {
  const { service, door, log } = parts;
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: true,
    // A frame of an answer is compressed by nobody: memory per connection, and secrets beside what others chose (RFC 7692 §8).
    perMessageDeflate: false,
    maxPayload: coreLimits.maxSizeRequest,
    handleProtocols: (protocols) => (protocols.has('jmap') ? 'jmap' : false),
  });

  async function upgrade(
    incoming: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    request: Request,
    surroundings: WebSurroundings,
  ): Promise<void> {
    socket.on('error', () => socket.destroy());
    const found = await door.identify(request, surroundings);
    if (found instanceof Response) return refuse(socket, found.status, Object.fromEntries(found.headers));
    // RFC 8887 §4.1: the client MUST ask for the subprotocol.
    const offered = (incoming.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
    if (!offered.includes('jmap')) return refuse(socket, 400, {});
    const leave = service.gates.enter('sockets', found.principal.account);
    if (leave === null) return refuse(socket, 429, {});
    socket.once('close', leave);
    await service.prepare();
    if (socket.destroyed) return leave();
    server.handleUpgrade(incoming, socket, head, (opened) => {
      const origin = originOf(request, parts.secure);
      openSession(opened, { entrant: found, origin, remoteAddress: surroundings.remoteAddress, service, log });
    });
  }

  return {
    upgrade,
    close() {
      for (const client of server.clients) {
        client.close(codes.goingAway);
        // Whoever does not answer is not waited for.
        service.clock.after(1_000, () => client.terminate());
      }
    },
  };
}

function refuse(socket: Duplex, status: number, headers: Readonly<Record<string, string>>): void {
  const challenge = headers['www-authenticate'];
  socket.end(
    `HTTP/1.1 ${status} No\r\nconnection: close\r\ncontent-length: 0\r\n${challenge === undefined ? '' : `www-authenticate: ${challenge}\r\n`}\r\n`,
  );
}

interface SocketParts {
  readonly entrant: Entrant;
  readonly origin: string;
  readonly remoteAddress: string;
  readonly service: JmapService;
  readonly log: Log;
}

/** Lives by the events of its socket. */
function openSession(socket: WebSocket, parts: SocketParts): SocketSession {
  return new SocketSession(socket, parts);
}

/** State over time: one connection. */
class SocketSession {
  readonly #socket: WebSocket;
  readonly #parts: SocketParts;
  readonly #gone = new AbortController();
  readonly #letGo: () => void;
  #stopPing = (): void => {};
  #isAlive = true;
  #underWay = 0;
  #listening: Listening | null = null;
  /** The last wish for changes, so that one after another is fulfilled. */
  #wish: Promise<void> = Promise.resolve();
  #pending: Changed | null = null;

  constructor(socket: WebSocket, parts: SocketParts) {
    this.#socket = socket;
    this.#parts = parts;
    this.#letGo = parts.service.hold(parts.entrant, {
      changed: (accounts) => void this.#listening?.follow(accounts).catch((trouble: unknown) => this.#fail(trouble)),
      ended: () => socket.close(codes.policy),
    });
    socket.on('message', (content, isBinary) => this.#take(content, isBinary));
    socket.on('pong', () => (this.#isAlive = true));
    socket.on('close', () => this.#end());
    // What is too large or no frame at all: the library closes, with the code of the book.
    socket.on('error', () => {});
    this.#beat();
  }

  #beat(): void {
    this.#stopPing = this.#parts.service.clock.after(pingMs, () => {
      if (!this.#isAlive) return this.#socket.terminate();
      this.#isAlive = false;
      this.#socket.ping();
      this.#beat();
    });
  }

  #end(): void {
    this.#stopPing();
    this.#letGo();
    this.#listening?.end();
    this.#listening = null;
    this.#gone.abort(new Error('the connection has ended'));
  }

  #fail(trouble: unknown): void {
    this.#parts.log.error('a websocket failed', {}, trouble);
    this.#socket.terminate();
  }

  #take(content: RawData, isBinary: boolean): void {
    // RFC 8887 §4.2: text only.
    if (isBinary) return this.#socket.close(codes.unsupported);
    let id: string | undefined;
    try {
      const message = parseJson(bytesOf(content));
      if (!isObject(message)) throw new RequestTrouble('notRequest', 'A message is an object.');
      if (typeof message.id === 'string' && message.id.length <= tagMax) id = message.id;
      switch (message['@type']) {
        case 'Request':
          return void this.#answer(message, id).catch((trouble: unknown) => this.#fail(trouble));
        case 'WebSocketPushEnable':
          return this.#enable(message);
        case 'WebSocketPushDisable':
          this.#wish = this.#wish.then(() => this.#disable());
          return;
        default:
          throw new RequestTrouble('notRequest', 'There is no message of this type.');
      }
    } catch (trouble) {
      if (trouble instanceof RequestTrouble) this.#refuse(trouble, id);
      else this.#fail(trouble);
    }
  }

  /** RFC 8887 §4.3.2 and §4.3.3. */
  async #answer(message: JsonObject, id: string | undefined): Promise<void> {
    const { service, entrant, origin, remoteAddress } = this.#parts;
    const leave = this.#underWay < requestsMax ? service.gates.enter('requests', entrant.principal.account) : null;
    if (leave === null) return this.#refuse(overLimit('maxConcurrentRequests', 'Too many requests at once.'), id);
    this.#underWay += 1;
    try {
      const request = service.dispatcher.readValue(message);
      const more = { '@type': 'Response', ...(id === undefined ? {} : { requestId: id }) };
      // Until it has gone out it counts as under way: who does not read has only so many answers waiting.
      await this.#write(await service.answer(request, entrant, { origin, remoteAddress, signal: this.#gone.signal }, more));
    } catch (trouble) {
      if (trouble instanceof RequestTrouble) this.#refuse(trouble, id);
      else if (!this.#gone.signal.aborted) throw trouble;
    } finally {
      this.#underWay -= 1;
      leave();
    }
  }

  /** RFC 8887 §4.3.4. */
  #refuse(trouble: RequestTrouble, id: string | undefined): void {
    void this.#write(
      JSON.stringify({ '@type': 'RequestError', ...(id === undefined ? {} : { requestId: id }), ...formatRequestTrouble(trouble) }),
    );
  }

  /** RFC 8887 §4.3.5.2. */
  #enable(message: JsonObject): void {
    const { dataTypes = null, pushState = null } = message;
    const areTypes =
      dataTypes === null || (isArray(dataTypes) && dataTypes.length <= 100 && dataTypes.every((type) => typeof type === 'string'));
    if (!areTypes || (pushState !== null && typeof pushState !== 'string'))
      throw new RequestTrouble('notRequest', 'dataTypes are names, pushState is text.');
    const types = dataTypes === null ? null : new Set(dataTypes as readonly string[]);
    this.#wish = this.#wish
      .then(async () => {
        this.#disable();
        if (this.#gone.signal.aborted) return;
        const { service, entrant } = this.#parts;
        const listening = await service.hub.listen([...service.accountsOf(entrant).values()], types, (changed) => this.#heard(changed));
        if (this.#gone.signal.aborted) return listening.end();
        this.#listening = listening;
        // What has changed since the client was told last.
        if (pushState !== null && pushState !== markOfStates(listening.states())) this.#heard(listening.states());
        else this.#flush();
      })
      .catch((trouble: unknown) => this.#fail(trouble));
  }

  #disable(): void {
    this.#listening?.end();
    this.#listening = null;
    this.#pending = null;
  }

  #heard(changed: Changed): void {
    this.#pending = this.#pending === null ? changed : mergeChanged(this.#pending, changed);
    this.#flush();
  }

  #flush(): void {
    if (this.#pending === null || this.#listening === null || this.#socket.bufferedAmount > congestedOctets) return;
    const change = formatStateChange(this.#pending);
    this.#pending = null;
    void this.#write(JSON.stringify({ ...change, pushState: markOfStates(this.#listening.states()) }));
  }

  /** Settles when it has gone out, or the connection has. */
  #write(text: string): Promise<void> {
    const socket = this.#socket;
    if (socket.readyState !== socket.OPEN) return Promise.resolve();
    if (socket.bufferedAmount > hopelessOctets) {
      socket.terminate();
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      socket.send(text, () => {
        resolve();
        if (socket.bufferedAmount > congestedOctets) return;
        if (socket.isPaused) socket.resume();
        this.#flush();
      });
      if (socket.bufferedAmount > congestedOctets) socket.pause();
    });
  }
}

function bytesOf(content: RawData): Bytes {
  if (Array.isArray(content)) return concatBytes(content);
  return content instanceof ArrayBuffer ? new Uint8Array(content) : content;
}
