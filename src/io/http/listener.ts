// An HTTP or HTTPS port. Knows sockets, bounds and when the application is loaded (at the first request, so that the start stays
// short); knows no page.
import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer, type Server as HttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { isLoopback, networkOf, plainAddress } from '../../base/address.ts';
import type { Log } from '../../base/log.ts';
import type { Certificates } from '../tls/certificates.ts';

/** What is known of a request besides what is in it. */
export interface WebSurroundings {
  readonly remoteAddress: string;
}

/** What hono and every application of the web standard offers. */
export interface WebApplication {
  fetch(request: Request, surroundings: WebSurroundings): Response | Promise<Response>;
}

export interface WebListenerOptions {
  readonly host: string;
  readonly port: number;
  /** Null: in the clear. */
  readonly secure: Certificates | null;
  readonly load: () => Promise<WebApplication>;
  /** Connections from one network (IPv4 /24, IPv6 /64); the loopback network is not counted. */
  readonly perNetwork: number;
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

/** @throws Error when the port cannot be had. */
export function openWebListener(options: WebListenerOptions): Promise<WebListener> {
  const { log, secure } = options;
  let serving: Promise<(request: IncomingMessage, response: ServerResponse) => unknown> | null = null;

  async function load(): Promise<(request: IncomingMessage, response: ServerResponse) => unknown> {
    const [{ getRequestListener }, application] = await Promise.all([import('@hono/node-server'), options.load()]);
    return getRequestListener((request, { incoming }) =>
      application.fetch(request, { remoteAddress: plainAddress(incoming.socket.remoteAddress ?? '') }),
    );
  }

  function serve(request: IncomingMessage, response: ServerResponse): void {
    serving ??= load();
    serving
      .then((listener) => listener(request, response))
      .catch((error: unknown) => {
        log.error('cannot answer a web request', {}, error);
        if (!response.headersSent) response.writeHead(500);
        response.end();
      });
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
    requestTimeout: 30_000,
    keepAliveTimeout: 5_000,
    connectionsCheckingInterval: looksEveryMs,
  };
  const sealed: HttpsServer | null =
    secure === null
      ? null
      : createHttpsServer(
          {
            ...bounds,
            ...secure.pem(),
            handshakeTimeout: silenceMs,
            minVersion: 'TLSv1.2',
            ALPNProtocols: ['http/1.1'],
            SNICallback: (name, done) => secure.offer('http/1.1').options().SNICallback!(name, done),
          },
          serve,
        );
  const server: Server | HttpsServer = sealed ?? createHttpServer(bounds, serve);
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
          }),
      });
    });
  });
}
