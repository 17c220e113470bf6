// An HTTP or HTTPS port. Knows sockets, bounds and when the application is loaded (at the first request, so that the start stays
// short); knows no page.
import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer, type Server as HttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { isLoopback, networkOf, plainAddress } from '../../base/address.ts';
import type { Log } from '../../base/log.ts';
import { once } from '../../base/once.ts';
import type { Certificates } from '../tls/certificates.ts';

/** What is known of a request besides what is in it. */
export interface WebSurroundings {
  readonly remoteAddress: string;
}

/** What hono and every application of the web standard offers. */
export interface WebApplication {
  fetch(request: Request, surroundings: WebSurroundings): Response | Promise<Response>;
  /** RFC 6455 §4.2: a WebSocket is wanted. Answers on the socket, whatever it is. Missing: there are none. */
  upgrade?(incoming: IncomingMessage, socket: Duplex, head: Buffer, request: Request, surroundings: WebSurroundings): Promise<void>;
  /** The listener ends: connections that have left it (WebSockets) are to end too. */
  close?(): void;
}

export interface WebListenerOptions {
  readonly host: string;
  readonly port: number;
  /** Null: in the clear. */
  readonly secure: Certificates | null;
  readonly load: () => Promise<WebApplication>;
  /** Connections from one network (IPv4 /24, IPv6 /64); the loopback network is not counted. */
  readonly perNetwork: number;
  /** Paths whose requests may take long to arrive (uploads): who reads them looks after silence. */
  readonly isSlow?: (path: string) => boolean;
  readonly log: Log;
}

export interface WebListener {
  readonly port: number;
  /** Shows the certificates as they are now. */
  renew(): void;
  close(): Promise<void>;
}

const connectionsMax = 1_000;
const headerOctetsMax = 16 * 1024;
/** Who holds a connection and asks nothing is not waited for; Node would wait two minutes for a handshake, and look every half minute. */
const silenceMs = 10_000;
const looksEveryMs = 5_000;
/** Until all of a request is here; and where it may be large. */
const requestMs = 30_000;
const slowRequestMs = 3_600_000;

/** @throws Error when the port cannot be had. */
export function openWebListener(options: WebListenerOptions): Promise<WebListener> {
  const { log, secure } = options;
  /** The latest, which the end of the listener waits for. */
  let opening: Promise<WebApplication> | null = null;
  const application = once(() => (opening = options.load()));
  const serving = once(load);
  const surroundingsOf = (socket: { readonly remoteAddress?: string | undefined }): WebSurroundings => ({
    remoteAddress: plainAddress(socket.remoteAddress ?? ''),
  });

  async function load(): Promise<(request: IncomingMessage, response: ServerResponse) => unknown> {
    const [{ getRequestListener }, loaded] = await Promise.all([import('@hono/node-server'), application()]);
    return getRequestListener((request, { incoming }) => loaded.fetch(request, surroundingsOf(incoming.socket)));
  }

  function serve(request: IncomingMessage, response: ServerResponse): void {
    if (options.isSlow?.(request.url ?? '') !== true) endSlow(request);
    serving()
      .then((listener) => listener(request, response))
      .catch((error: unknown) => {
        log.error('cannot answer a web request', {}, error);
        if (!response.headersSent) response.writeHead(500);
        response.end();
      });
  }

  /** Node knows one time for all requests of a server; large ones need another. */
  function endSlow(request: IncomingMessage): void {
    if (request.complete) return;
    const late = setTimeout(() => {
      if (!request.complete) request.socket.destroy();
    }, requestMs);
    const stop = () => clearTimeout(late);
    request.once('end', stop);
    request.once('close', stop);
  }

  async function upgrade(incoming: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => socket.destroy());
    try {
      const loaded = await application();
      const request = new Request(`${secure === null ? 'http' : 'https'}://${incoming.headers.host ?? ''}${incoming.url ?? '/'}`, {
        headers: headersOf(incoming),
      });
      if (loaded.upgrade === undefined) socket.end('HTTP/1.1 426 No\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
      else await loaded.upgrade(incoming, socket, head, request, surroundingsOf(incoming.socket));
    } catch (error) {
      // A host or path that is none is the peer's fault.
      if (!(error instanceof TypeError)) log.error('cannot answer a web request', {}, error);
      socket.destroy();
    }
  }

  const networks = new Map<string, number>();
  /** One network must not have all connections. */
  function count(socket: Socket): void {
    const address = plainAddress(socket.remoteAddress ?? '');
    const network = networkOf(address);
    const there = networks.get(network) ?? 0;
    if (there >= options.perNetwork && !isLoopback(address)) return void socket.destroy();
    networks.set(network, there + 1);
    socket.once('close', () => {
      const left = networks.get(network)! - 1;
      if (left > 0) networks.set(network, left);
      else networks.delete(network);
    });
  }

  const bounds = {
    maxHeaderSize: headerOctetsMax,
    headersTimeout: silenceMs,
    requestTimeout: slowRequestMs,
    keepAliveTimeout: 5_000,
    connectionsCheckingInterval: looksEveryMs,
  };
  // Everything else that is offered (h2c by curl) is an ordinary request.
  const upgrades = {
    shouldUpgradeCallback: ({ headers, method }: IncomingMessage) => method === 'GET' && headers.upgrade?.toLowerCase() === 'websocket',
  };
  const sealed: HttpsServer | null =
    secure === null
      ? null
      : createHttpsServer(
          {
            ...bounds,
            ...upgrades,
            ...secure.pem(),
            handshakeTimeout: silenceMs,
            minVersion: 'TLSv1.2',
            ALPNProtocols: ['http/1.1'],
            SNICallback: (name, done) => secure.offer('http/1.1').options().SNICallback!(name, done),
          },
          serve,
        );
  const server: Server | HttpsServer = sealed ?? createHttpServer({ ...bounds, ...upgrades }, serve);
  server.on('upgrade', (incoming: IncomingMessage, socket: Duplex, head: Buffer) => void upgrade(incoming, socket, head));
  server.maxConnections = connectionsMax;
  server.prependListener('connection', count);
  server.on('clientError', (_error, socket) => socket.destroy());
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: options.host, port: options.port }, () => {
      server.off('error', reject);
      server.on('error', (error) => log.warn('web listener failed', {}, error));
      resolve({
        port: (server.address() as AddressInfo).port,
        renew: () => void (secure !== null && sealed?.setSecureContext({ ...secure.pem(), minVersion: 'TLSv1.2' })),
        close: () =>
          new Promise((done) => {
            server.close(() => done());
            server.closeAllConnections();
            opening?.then((loaded) => loaded.close?.()).catch(() => {});
          }),
      });
    });
  });
}

function headersOf({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers();
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) headers.append(rawHeaders[at]!, rawHeaders[at + 1]!);
  return headers;
}
