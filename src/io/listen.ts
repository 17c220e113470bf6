// A listening port: accepts connections, counts them per network, reads a PROXY header where one is due, and hands each to the socket shell.
// Knows ports and limits; knows no protocol but for the one line in which it says "too many".
import { randomBytes } from 'node:crypto';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { isLoopback, networkOf, plainAddress } from '../base/address.ts';
import { concatBytes, type Bytes } from '../base/bytes.ts';
import type { Log } from '../base/log.ts';
import type { Meter } from '../base/meter.ts';
import type { SessionFactory } from '../protocol/line/session.ts';
import { parseProxyHeader } from './proxy-protocol.ts';
import { Connection } from './serve.ts';
import type { TlsOffer } from './tls/certificates.ts';

export interface ListenerLimits {
  /** Connections in all. */
  readonly connections: number;
  /** Connections from one network (IPv4 /24, IPv6 /64); the loopback network is not counted. */
  readonly perNetwork: number;
}

export interface ListenerOptions {
  /** For logs and metrics: `imaps`. */
  readonly protocol: string;
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly security: 'none' | 'starttls' | 'tls';
  readonly tls: TlsOffer | null;
  readonly sessions: SessionFactory;
  readonly limits: ListenerLimits;
  /** What a client over the limit hears before the connection closes, with CRLF; not sent where TLS comes first. */
  readonly tooManyLine: string;
  /** Addresses of proxies whose PROXY header is believed, and demanded. */
  readonly proxyTrusted: readonly string[];
  readonly log: Log;
  readonly meter: Meter;
}

export interface Listener {
  readonly host: string;
  readonly port: number;
  /** Connections now. */
  readonly connections: number;
  /** Stops accepting, lets every session say goodbye, and cuts what is left after `graceMs`. */
  close(graceMs: number): Promise<void>;
}

const processPrefix = randomBytes(3).toString('hex');
let connectionCount = 0;
/** A proxy that does not send its header is not waited for. */
const proxyPatienceMs = 5000;

/** @throws Error (EADDRINUSE, EACCES …) when the port cannot be had. */
export function openListener(options: ListenerOptions): Promise<Listener> {
  const { log, meter, protocol } = options;
  const open = new Set<Connection>();
  const networks = new Map<string, number>();
  let closing = false;

  const server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000, allowHalfOpen: true }, (socket) => {
    const remote = { address: plainAddress(socket.remoteAddress ?? ''), port: socket.remotePort ?? 0 };
    if (options.proxyTrusted.includes(remote.address))
      readProxyHeader(socket, log, (client, early) => accept(socket, client ?? remote, early));
    else accept(socket, remote, null);
  });

  function accept(socket: Socket, remote: { address: string; port: number }, early: Bytes | null): void {
    const network = networkOf(remote.address);
    const there = networks.get(network) ?? 0;
    if (closing || open.size >= options.limits.connections || (there >= options.limits.perNetwork && !isLoopback(remote.address))) {
      meter.count('tayori_connections_refused_total', { protocol });
      log.info('too many connections', { protocol, remote: remote.address, open: open.size });
      socket.on('error', () => {});
      if (options.security === 'tls') socket.destroy();
      else socket.end(options.tooManyLine, () => socket.destroy());
      return;
    }
    networks.set(network, there + 1);
    meter.count('tayori_connections_total', { protocol });
    const connection: Connection = new Connection(socket, {
      sessions: options.sessions,
      tls: options.tls,
      log,
      remote,
      local: { address: plainAddress(socket.localAddress ?? ''), port: socket.localPort ?? 0 },
      id: `${processPrefix}${(++connectionCount).toString(36)}`,
      ended: () => {
        open.delete(connection);
        const left = networks.get(network)! - 1;
        if (left > 0) networks.set(network, left);
        else networks.delete(network);
      },
    });
    open.add(connection);
    connection.start(options.security === 'tls', early);
  }

  const watching = setInterval(() => {
    const now = performance.now();
    for (const connection of open) connection.watch(now);
  }, 1000);
  watching.unref();

  return new Promise((resolve, reject) => {
    const refuse = (error: Error) => {
      clearInterval(watching);
      reject(error);
    };
    server.once('error', refuse);
    server.listen({ host: options.host, port: options.port, backlog: 1024 }, () => {
      server.off('error', refuse);
      // EMFILE and its kin: the process goes on with the connections it has (reliability FT-08).
      server.on('error', (error) => log.warn('cannot accept', { protocol }, error));
      const { port } = server.address() as AddressInfo;
      meter.gauge(`tayori_connections_${protocol}`, () => open.size);
      resolve({
        host: options.host,
        port,
        get connections() {
          return open.size;
        },
        async close(graceMs) {
          closing = true;
          const closed = new Promise<void>((done) => server.close(() => done()));
          for (const connection of open) connection.shutdown();
          const cut = setTimeout(() => {
            for (const connection of open) connection.destroy();
          }, graceMs);
          await closed;
          clearTimeout(cut);
          clearInterval(watching);
        },
      });
    });
  });
}

function readProxyHeader(
  socket: Socket,
  log: Log,
  done: (client: { address: string; port: number } | null, early: Bytes | null) => void,
): void {
  let held: Bytes[] = [];
  const fail = (reason: string) => {
    log.warn('no PROXY header from a trusted proxy', { remote: socket.remoteAddress ?? '', reason });
    socket.destroy();
  };
  const timer = setTimeout(() => fail('silence'), proxyPatienceMs);
  const onError = () => socket.destroy();
  const onData = (chunk: Bytes) => {
    held.push(chunk);
    const all = concatBytes(held);
    held = [all];
    try {
      const header = parseProxyHeader(all);
      if (header === null) return;
      socket.pause();
      stop();
      done(header.client, all.length > header.length ? all.subarray(header.length) : null);
      socket.resume();
    } catch (trouble) {
      stop();
      fail((trouble as Error).message);
    }
  };
  const stop = () => {
    clearTimeout(timer);
    socket.off('data', onData);
    socket.off('error', onError);
    socket.off('close', stop);
  };
  socket.on('data', onData);
  socket.on('error', onError);
  socket.on('close', stop);
}
