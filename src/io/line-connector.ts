// Connections to other servers for line protocols. Knows sockets and TLS as a client; knows no protocol and decides nothing.
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls, createSecureContext, rootCertificates, type SecureContext, type TLSSocket } from 'node:tls';
import { noBytes, type Bytes } from '../base/bytes.ts';
import { Unavailable } from '../base/trouble.ts';
import type { LineConnection, LineConnector, PeerTls, TlsDemand } from '../protocol/line/connection.ts';
import { plainAddress } from '../base/address.ts';
import { shownCertificate, verifyPeer } from './tls/peer.ts';

export interface LineConnectorOptions {
  /** Our address for connections out, or null for the system's choice. */
  readonly localAddress: string | null;
  /** PEM of further authorities to believe, beside the system's. */
  readonly authorities?: readonly string[];
}

export function openLineConnector(options: LineConnectorOptions): LineConnector {
  // Made once: reading all authorities for each connection costs milliseconds.
  let context: SecureContext | null = null;
  const authorities = options.authorities ?? [];
  const secureContext = () =>
    (context ??= createSecureContext({
      minVersion: 'TLSv1.2',
      ...(authorities.length > 0 ? { ca: [...rootCertificates, ...authorities] } : {}),
    }));
  return {
    async connect(target, patience) {
      const socket = connect({
        host: target.address,
        port: target.port,
        noDelay: true,
        keepAlive: true,
        ...(options.localAddress === null ? {} : { localAddress: options.localAddress }),
      });
      await settled(socket, 'connect', patience, `connect to ${target.address} port ${target.port}`);
      const connection = new PeerConnection(socket, secureContext);
      if (target.tls === 'implicit') await connection.startTls(target.demand, patience);
      return connection;
    },
  };
}

/** Waits for one event of a new socket. @throws Unavailable, with the socket's error as its cause; the socket is destroyed then. */
export function settled(socket: Socket, event: 'connect' | 'secureConnect', patience: number, what: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (trouble: Unavailable | null) => {
      clearTimeout(timer);
      socket.off(event, done);
      socket.off('error', failed);
      socket.off('close', closed);
      if (trouble === null) return resolve();
      socket.on('error', () => {});
      socket.destroy();
      reject(trouble);
    };
    const done = () => end(null);
    const failed = (error: Error) => end(new Unavailable('timeout', `cannot ${what}: ${error.message}`, error));
    const closed = () => end(new Unavailable('timeout', `cannot ${what}: the peer closed`));
    const timer = setTimeout(
      () => end(new Unavailable('timeout', `cannot ${what}: no answer in ${Math.round(patience / 1000)} s`)),
      patience,
    );
    socket.on(event, done);
    socket.on('error', failed);
    socket.on('close', closed);
  });
}

/** One socket of ours to a peer. `secureContext` is asked when TLS begins. */
export class PeerConnection implements LineConnection {
  readonly remote: { readonly address: string; readonly port: number };
  readonly local: { readonly address: string; readonly port: number };
  tls: PeerTls | null = null;
  readonly #secureContext: () => SecureContext;
  #socket: Socket;
  #fault: Error | null = null;

  constructor(socket: Socket, secureContext: () => SecureContext) {
    this.remote = { address: plainAddress(socket.remoteAddress ?? ''), port: socket.remotePort ?? 0 };
    this.local = { address: plainAddress(socket.localAddress ?? ''), port: socket.localPort ?? 0 };
    this.#secureContext = secureContext;
    this.#socket = socket;
    this.#watch(socket);
  }

  #watch(socket: Socket): void {
    socket.pause();
    socket.on('error', (error) => (this.#fault ??= error));
  }

  async read(patience: number): Promise<Bytes | null> {
    const socket = this.#socket;
    for (;;) {
      const chunk = socket.read() as Bytes | null;
      if (chunk !== null) return chunk;
      if (this.#fault) throw new Unavailable('timeout', `the connection broke: ${this.#fault.message}`, this.#fault);
      if (socket.readableEnded || socket.destroyed) return null;
      await this.#event(['readable', 'end', 'close'], patience, 'nothing arrived');
    }
  }

  write(data: string | Bytes): void {
    if (!this.#socket.destroyed) this.#socket.write(data);
  }

  async drained(patience: number): Promise<void> {
    const socket = this.#socket;
    while (socket.writableNeedDrain && !socket.destroyed) {
      const before = socket.bytesWritten - socket.writableLength;
      try {
        await this.#event(['drain', 'close'], patience, 'nothing went out');
      } catch (trouble) {
        if (socket.bytesWritten - socket.writableLength === before) throw trouble;
      }
    }
    if (socket.destroyed)
      throw new Unavailable('timeout', `the connection broke: ${this.#fault?.message ?? 'the peer closed'}`, this.#fault);
  }

  /** Waits for the first of some events of the socket. @throws Unavailable `timeout` when none comes. */
  #event(names: readonly ('readable' | 'end' | 'close' | 'drain')[], patience: number, what: string): Promise<void> {
    const socket = this.#socket;
    return new Promise((resolve, reject) => {
      const end = (settle: () => void) => {
        clearTimeout(timer);
        for (const name of names) socket.off(name, done);
        settle();
      };
      const done = () => end(resolve);
      const timer = setTimeout(
        () => end(() => reject(new Unavailable('timeout', `${what} for ${Math.round(patience / 1000)} s`))),
        patience,
      );
      for (const name of names) socket.on(name, done);
    });
  }

  async startTls(demand: TlsDemand, patience: number): Promise<PeerTls> {
    // What came in the clear must not stand inside TLS (reliability B-015).
    if (this.#socket.readableLength > 0) {
      this.close();
      throw new Unavailable('timeout', 'the peer sent octets in the clear before the handshake');
    }
    const socket: TLSSocket = connectTls({
      socket: this.#socket,
      // RFC 6066 §3: an address literal is no server name.
      ...(isIP(demand.serverName) === 0 ? { servername: demand.serverName } : {}),
      // Verified below, by our own rules; an unverified peer is still better than no TLS where nothing better is demanded (RFC 7435).
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
      secureContext: this.#secureContext(),
    });
    await settled(socket, 'secureConnect', patience, 'agree on TLS');
    const version = socket.getProtocol() ?? 'unknown';
    const proof = verifyPeer(socket, demand);
    if (demand.verify !== 'no' && proof.verified === 'no') {
      socket.on('error', () => {});
      socket.destroy();
      throw new Unavailable('timeout', `the peer's certificate is not accepted: ${proof.fault}`, new Error(proof.fault ?? ''));
    }
    this.#socket = socket;
    this.#watch(socket);
    this.tls = {
      version,
      cipher: socket.getCipher()?.standardName ?? 'unknown',
      ...proof,
      certificate: shownCertificate(socket),
      exporter: () =>
        version === 'TLSv1.3' && !socket.destroyed
          ? socket.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', noBytes() as Buffer)
          : null,
    };
    return this.tls;
  }

  close(): void {
    this.#socket.destroy();
  }
}
