// The socket shell: carries units and effects between one socket and one session. Knows sockets, TLS, DEFLATE, silence and
// back-pressure; knows no protocol. Everything that speaks in lines (SMTP, IMAP, POP3) runs on it.
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { writeUtf8, type Bytes } from '../base/bytes.ts';
import type { Log } from '../base/log.ts';
import { giveSlab, slabSize, takeSlab } from '../base/slabs.ts';
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
/** Gathered text that is put into octets: a long string made of thousands costs more than many short ones. */
const textMax = 16 * 1024;
/** Gathered octets that are sent without waiting for the end of the call. */
const gatherMax = 64 * 1024;
/** Gathered octets that are copied out of their slab, so that it is free whatever the peer does. */
const copiedMax = 4096;
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
  // What the session has written and is not with the socket yet: first the slab, then the text.
  #slab: Bytes | null = null;
  #slabUsed = 0;
  #text = '';
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
    if (typeof data === 'string') {
      this.#text += data;
      if (this.#text.length < textMax || this.#handshaking) return;
      this.#makeRoom(this.#text.length * 3);
      this.#textIntoSlab();
      if (this.#slabUsed > slabSize / 2) this.#sendSlab();
      return;
    }
    if (data.length >= gatherMax) {
      this.flush();
      this.#send(data);
      return;
    }
    this.#makeRoom(this.#text.length * 3 + data.length);
    this.#textIntoSlab();
    this.#slab!.set(data, this.#slabUsed);
    this.#slabUsed += data.length;
  }

  flush(): void {
    if (this.#handshaking) return;
    if (this.#slab !== null) {
      // UTF-8 takes at most three octets for a UTF-16 unit.
      if (this.#slabUsed + this.#text.length * 3 <= this.#slab.length) this.#textIntoSlab();
      this.#sendSlab();
    }
    if (this.#text === '') return;
    const text = this.#text;
    this.#text = '';
    this.#send(text);
  }

  /** Sees to a slab with room for so many octets. */
  #makeRoom(octets: number): void {
    if (this.#slab !== null && this.#slabUsed + octets > this.#slab.length) this.#sendSlab();
    if (octets > slabSize) this.flush();
    this.#slab ??= takeSlab();
  }

  #textIntoSlab(): void {
    if (this.#text === '') return;
    this.#slabUsed += writeUtf8(this.#slab!, this.#text, this.#slabUsed);
    this.#text = '';
  }

  #sendSlab(): void {
    const slab = this.#slab!;
    const used = this.#slabUsed;
    this.#slab = null;
    this.#slabUsed = 0;
    if (used === 0) return giveSlab(slab);
    // What fills much of a slab goes out in it.
    if (used > slabSize / 4) return this.#send(slab.subarray(0, used), () => giveSlab(slab));
    // The system nearly always takes an answer of ordinary size at once, and the slab is free again. A peer that reads slowly keeps one
    // slab, once: it must not hold one for each few octets.
    if (used > copiedMax && this.#deflated === null && this.#socket.writableLength === 0) {
      this.#send(slab.subarray(0, used));
      if (this.#socket.writableLength === 0) giveSlab(slab);
      return;
    }
    this.#send(Buffer.from(slab.subarray(0, used)));
    giveSlab(slab);
  }

  #send(data: string | Bytes, sent?: () => void): void {
    if (this.#ended || this.#socket.destroyed) return sent?.();
    if (this.#unsentNow() === 0) this.#sentAt = performance.now();
    if (this.#deflated) this.#deflated.write(data, sent);
    else this.#socket.write(data, sent);
  }

  #unsentNow(): number {
    return this.#socket.writableLength + (this.#deflated?.unsent ?? 0);
  }

  get congested(): boolean {
    return this.#slabUsed + this.#text.length + this.#unsentNow() > unsentMax;
  }

  drained(): Promise<void> {
    this.flush();
    if (this.#ended) return Promise.reject(gone());
    if (!this.#socket.writableNeedDrain && !this.congested) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const socket = this.#socket;
      const deflated = this.#deflated;
      const done = () => {
        if (!this.#ended && this.congested) return;
        deflated?.offPacked(done);
        socket.off('drain', done);
        socket.off('close', done);
        if (this.#ended) reject(gone());
        else resolve();
      };
      // What packs well waits for the deflater while the socket never fills: either may be the one that holds us back.
      deflated?.onPacked(done);
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
    // After our goodbye nothing counts as a sign of life: who goes on talking would hold the connection for ever.
    if (!this.closing) this.#heardAt = performance.now();
    else if (!this.#busy) return;
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
    if (this.#slab !== null) giveSlab(this.#slab);
    this.#slab = null;
    this.#text = '';
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
