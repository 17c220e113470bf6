// The socket shell: carries units and effects between one socket and one session. Knows sockets, TLS, DEFLATE, silence and
// back-pressure; knows no protocol. Everything that speaks in lines (SMTP, IMAP, POP3) runs on it.
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { bytesFromUtf8, type Bytes } from '../base/bytes.ts';
import type { Log } from '../base/log.ts';
import { Unavailable } from '../base/trouble.ts';
import { Receiver } from '../protocol/line/receiver.ts';
import type { Session, SessionFactory, TlsFacts, Unit, Want, Wire } from '../protocol/line/session.ts';
import { Deflated } from './deflated.ts';
import { tlsFacts } from './tls/facts.ts';
import type { TlsOffer } from './tls/certificates.ts';

/** Unsent octets above which nothing more is read from the peer, and `congested` tells the session (reliability B-055). */
const unsentMax = 256 * 1024;
/** Received octets not yet taken by the session above which the socket is paused. */
const waitingMax = 256 * 1024;
/** Gathered octets that are sent without waiting for the end of the call. */
const gatherMax = 64 * 1024;
/** A peer that takes nothing of what we send for so long is gone. */
const unreadPatienceMs = 5 * 60_000;
const handshakePatienceMs = 30_000;
/** A session may keep the thread for so long before other connections get their turn. */
const turnMs = 8;

export interface ConnectionOptions {
  readonly sessions: SessionFactory;
  /** What TLS is made with; null where the listener has none. */
  readonly tls: TlsOffer | null;
  readonly log: Log;
  readonly remote: { readonly address: string; readonly port: number };
  readonly local: { readonly address: string; readonly port: number };
  readonly id: string;
  /** Called once when all is over. */
  readonly ended: () => void;
}

/** One connection. Made by the listener; ends by itself. */
export class Connection implements Wire {
  readonly remote: { readonly address: string; readonly port: number };
  readonly local: { readonly address: string; readonly port: number };
  readonly id: string;
  tls: TlsFacts | null = null;
  closing = false;

  readonly #options: ConnectionOptions;
  #socket: Socket;
  #session: Session | null = null;
  readonly #receiver = new Receiver({ kind: 'line', max: 8192 });
  #deflated: Deflated | null = null;
  /** What the session has written and is not with the socket yet. */
  #gathered: (string | Bytes)[] = [];
  #gatheredLength = 0;
  /** A promise of the session is open. */
  #busy = false;
  /** In `#run`, or a turn of it is scheduled. */
  #running = false;
  #ended = false;
  #paused = false;
  // Events that wait for the session to be idle.
  #woken = false;
  #silent = false;
  #shutdown = false;
  #handshakeWanted = false;
  #deflateWanted = false;
  #handshaking = false;
  #securedNow = false;
  #patienceMs = 60_000;
  /** Monotonic time of the last octet received, and of the last progress in sending. */
  #heardAt = performance.now();
  #sentAt = this.#heardAt;
  #unsent = 0;

  constructor(socket: Socket, options: ConnectionOptions) {
    this.#options = options;
    this.#socket = socket;
    this.remote = options.remote;
    this.local = options.local;
    this.id = options.id;
  }

  /** Begins: with the handshake when `secure`, else with the greeting. `early` are octets that the listener has already read. */
  start(secure: boolean, early: Bytes | null): void {
    if (secure) {
      if (early) this.#socket.unshift(early);
      this.#handshake(true);
      return;
    }
    this.#attach(this.#socket);
    if (early) this.#receiver.push(early);
    this.#open();
  }

  #open(): void {
    try {
      this.#session = this.#options.sessions(this);
      this.#settle(this.#session.open());
    } catch (defect) {
      this.#defect(defect);
    }
  }

  #attach(socket: Socket): void {
    socket.on('data', (chunk: Bytes) => this.#onData(chunk));
    socket.on('end', () => this.#onEnd());
    socket.on('error', (error) => this.#options.log.debug('connection failed', { connection: this.id, reason: error.message }));
    socket.on('close', () => this.#onClose(socket));
  }

  // --- the session's side (Wire) ------------------------------------------------------------------------------------

  write(data: string | Bytes): void {
    if (this.#ended || data.length === 0) return;
    this.#gathered.push(data);
    this.#gatheredLength += data.length;
    if (this.#gatheredLength >= gatherMax) this.flush();
  }

  flush(): void {
    if (this.#gatheredLength === 0 || this.#handshaking) return;
    const pieces = this.#gathered;
    this.#gathered = [];
    this.#gatheredLength = 0;
    if (this.#ended || this.#socket.destroyed) return;
    const all = joinPieces(pieces);
    if (this.#unsentNow() === 0) this.#sentAt = performance.now();
    if (this.#deflated) this.#deflated.write(all);
    else this.#socket.write(all);
  }

  #unsentNow(): number {
    return this.#socket.writableLength + (this.#deflated?.unsent ?? 0);
  }

  get congested(): boolean {
    return this.#gatheredLength + this.#unsentNow() > unsentMax;
  }

  drained(): Promise<void> {
    this.flush();
    if (this.#ended) return Promise.reject(gone());
    if (!this.#socket.writableNeedDrain && !this.congested) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const socket = this.#socket;
      const done = () => {
        if (!this.#ended && this.congested) return;
        socket.off('drain', done);
        socket.off('close', done);
        if (this.#ended) reject(gone());
        else resolve();
      };
      socket.on('drain', done);
      socket.on('close', done);
    });
  }

  want(want: Want): void {
    this.#receiver.want(want);
  }

  patience(ms: number): void {
    this.#patienceMs = ms;
  }

  startTls(): void {
    this.#handshakeWanted = true;
  }

  startDeflate(): void {
    this.flush();
    this.#deflateWanted = true;
  }

  close(): void {
    if (this.closing && this.#ended) return;
    this.closing = true;
    this.flush();
    this.#deflated?.end();
    if (!this.#deflated) this.#socket.end();
    // A peer that does not close its side is not waited for long.
    this.#heardAt = performance.now();
    this.#patienceMs = 5000;
  }

  wake(): void {
    if (this.#woken || this.#ended) return;
    this.#woken = true;
    if (!this.#busy && !this.#running) this.#schedule();
  }

  // --- the listener's side ------------------------------------------------------------------------------------------

  /** Asks the session to say goodbye. */
  shutdown(): void {
    if (this.#ended) return;
    this.#shutdown = true;
    this.closing = true;
    if (this.#handshaking || this.#session === null) this.destroy();
    else if (!this.#busy && !this.#running) this.#schedule();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** Called about once a second by the listener, instead of a timer per connection. */
  watch(now: number): void {
    if (this.#ended) return;
    const unsent = this.#unsentNow();
    if (unsent > 0) {
      if (unsent !== this.#unsent) this.#sentAt = now;
      this.#unsent = unsent;
      if (now - this.#sentAt > unreadPatienceMs) this.destroy();
      return;
    }
    this.#unsent = 0;
    if (this.#busy) return;
    if (now - this.#heardAt < (this.#handshaking ? handshakePatienceMs : this.#patienceMs)) return;
    if (this.#handshaking || this.closing || this.#session === null) this.destroy();
    else {
      this.#heardAt = now;
      this.#silent = true;
      if (!this.#running) this.#schedule();
    }
  }

  // --- the socket's side --------------------------------------------------------------------------------------------

  #onData(chunk: Bytes): void {
    this.#heardAt = performance.now();
    if (this.closing && !this.#busy) return;
    if (this.#deflated) this.#deflated.read(chunk);
    else this.#take(chunk);
  }

  #take(chunk: Bytes): void {
    this.#receiver.push(chunk);
    if (!this.#busy && !this.#running) this.#run();
    if (this.#receiver.waiting > waitingMax) this.#pause();
  }

  #pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.#socket.pause();
    this.#deflated?.pause();
  }

  #resume(): void {
    if (!this.#paused || this.#handshaking) return;
    this.#paused = false;
    this.#socket.resume();
    this.#deflated?.resume();
  }

  #onEnd(): void {
    // The peer has nothing more to say; what it said is still answered (`#run` ends the socket then).
    if (!this.#busy && !this.#running) this.#socket.end();
  }

  #onClose(socket: Socket): void {
    if (this.#ended || socket !== this.#socket) return;
    this.#ended = true;
    this.closing = true;
    this.#gathered = [];
    this.#gatheredLength = 0;
    this.#deflated?.destroy();
    try {
      this.#session?.gone();
    } catch (defect) {
      this.#options.log.error('session failed at its end', { connection: this.id }, defect);
    }
    this.#options.ended();
  }

  // --- the loop -----------------------------------------------------------------------------------------------------

  #schedule(): void {
    this.#running = true;
    setImmediate(() => {
      this.#running = false;
      if (!this.#busy) this.#run();
    });
  }

  /** Gives the session one unit after the other for as long as it answers without a promise. */
  #run(): void {
    this.#running = true;
    const begin = performance.now();
    for (let given = 0; ; given++) {
      if (this.#ended || this.#session === null) break;
      if (this.#handshaking) break;
      if (this.#handshakeWanted) {
        this.#handshakeWanted = false;
        this.flush();
        this.#handshake(false);
        break;
      }
      if (this.#deflateWanted) this.#beginDeflate();
      if (this.closing && !this.#shutdown) break;
      if (this.#unsentNow() > unsentMax) {
        this.#running = false;
        this.#busy = true;
        this.#settle(this.drained());
        return;
      }
      if (given > 0 && (given & 31) === 0 && performance.now() - begin > turnMs) {
        this.flush();
        this.#schedule();
        return;
      }
      const unit = this.#nextUnit();
      if (unit === null) break;
      let answer: void | Promise<void>;
      try {
        answer = this.#session.receive(unit);
      } catch (defect) {
        this.#defect(defect);
        break;
      }
      if (answer !== undefined) {
        this.#running = false;
        this.#settle(answer);
        return;
      }
    }
    this.#running = false;
    this.flush();
    if (this.#socket.readableEnded && !this.#ended && !this.closing) this.#socket.end();
    if (this.#receiver.waiting <= waitingMax) this.#resume();
  }

  #nextUnit(): Unit | null {
    if (this.#shutdown) {
      this.#shutdown = false;
      return { kind: 'shutdown' };
    }
    if (this.#securedNow) {
      this.#securedNow = false;
      return { kind: 'tls', tls: this.tls! };
    }
    const unit = this.#receiver.next();
    if (unit !== null) return unit;
    if (this.#woken) {
      this.#woken = false;
      return { kind: 'wake' };
    }
    if (this.#silent) {
      this.#silent = false;
      return { kind: 'silence' };
    }
    return null;
  }

  #settle(answer: void | Promise<void>): void {
    if (answer === undefined) {
      this.#run();
      return;
    }
    this.#busy = true;
    answer.then(
      () => {
        this.#busy = false;
        this.#run();
      },
      (defect: unknown) => {
        this.#busy = false;
        if (this.#ended) return;
        this.#defect(defect);
      },
    );
  }

  /** A session must never throw: the peer hears nothing of it, the operator all. One connection's defect never ends another. */
  #defect(defect: unknown): void {
    if (!this.#ended && !(defect instanceof Unavailable))
      this.#options.log.error('session failed', { connection: this.id, remote: this.remote.address }, defect);
    this.destroy();
  }

  // --- TLS and DEFLATE ----------------------------------------------------------------------------------------------

  /** `first`: implicit TLS, the session begins afterwards. Otherwise STARTTLS: what came in the clear is thrown away here, and only here. */
  #handshake(first: boolean): void {
    const offer = this.#options.tls;
    if (offer === null) return this.#defect(new Error('TLS was asked for on a listener without certificates'));
    const plain = this.#socket;
    plain.removeAllListeners('data');
    plain.removeAllListeners('end');
    plain.removeAllListeners('close');
    if (!first) {
      plain.pause();
      while (plain.read() !== null);
      this.#receiver.discard();
    }
    this.#handshaking = true;
    this.#heardAt = performance.now();
    const secure = new TLSSocket(plain, offer.options());
    this.#socket = secure;
    // The plain socket may fail alone, below the TLS one.
    plain.on('close', () => secure.destroy());
    secure.on('error', (error) => {
      this.#options.log.debug('TLS failed', { connection: this.id, remote: this.remote.address, reason: error.message });
      secure.destroy();
    });
    secure.on('close', () => this.#onClose(secure));
    secure.once('secure', () => {
      this.#handshaking = false;
      this.tls = tlsFacts(secure);
      secure.on('data', (chunk: Bytes) => this.#onData(chunk));
      secure.on('end', () => this.#onEnd());
      this.#paused = false;
      if (first) this.#open();
      else {
        this.#securedNow = true;
        this.#run();
      }
    });
  }

  #beginDeflate(): void {
    this.#deflateWanted = false;
    this.flush();
    this.#deflated = new Deflated(
      (plain) => this.#take(plain),
      (packed) => this.#socket.write(packed),
      () => {
        if (this.closing) this.#socket.end();
        else this.destroy();
      },
    );
    // What the peer sent behind its command is compressed already.
    const early = this.#receiver.takeWaiting();
    if (early) this.#deflated.read(early);
  }
}

function gone(): Unavailable {
  return new Unavailable('timeout', 'the peer is gone');
}

/** One string or one run of octets, so that the socket is called once. */
function joinPieces(pieces: readonly (string | Bytes)[]): string | Bytes {
  if (pieces.length === 1) return pieces[0]!;
  if (pieces.every((piece) => typeof piece === 'string')) return pieces.join('');
  const parts: Bytes[] = [];
  let text = '';
  for (const piece of pieces) {
    if (typeof piece === 'string') text += piece;
    else {
      if (text !== '') parts.push(bytesFromUtf8(text));
      text = '';
      parts.push(piece);
    }
  }
  if (text !== '') parts.push(bytesFromUtf8(text));
  return Buffer.concat(parts);
}
