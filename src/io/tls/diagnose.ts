// Why a handshake failed, when the failure itself does not tell: what came instead of TLS, or which exceptions would let it succeed.
// Knows sockets and TLS; sends no octet of anybody's. At most four more connections, each closed right after the handshake.
import { connect } from 'node:net';
import { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { isIP, type Socket } from 'node:net';
import { concatBytes, utf8FromBytes, type Bytes } from '../../base/bytes.ts';
import { codeOf, sealFault, SealTrouble, wordsOf } from '../../journey/outside/tls-trouble.ts';
import { tellingLength, whoAnswers } from '../../journey/outside/who-answers.ts';
import type { OutsideServer, TlsException } from '../../store/outside-contract.ts';
import type { OutsideContexts } from './outside-context.ts';

export interface Diagnosed extends Pick<OutsideServer, 'host' | 'port' | 'exceptions'> {
  readonly address: string;
  readonly contexts: OutsideContexts;
}

/** Only failures that leave open what to do are looked into. */
const unclear = new Set(['tls-not-spoken', 'tls-failed', 'tls-too-old', 'tls-legacy-renegotiation']);

/** Gives a trouble that says more than `first`, or `first`. Never rejects. */
export async function diagnose(server: Diagnosed, first: SealTrouble, patience: number): Promise<SealTrouble> {
  if (!unclear.has(first.why)) return first;
  const until = performance.now() + patience;
  const lax: TlsException[] = ['tls-1.0', 'static-rsa', 'weak-key'];
  for (let tries = 0; tries < 2; tries++) {
    const seen = await handshake(server, lax, Math.max(1, until - performance.now()));
    const who = whoAnswers(seen.octets);
    if (seen.octets.length > 0 && who !== 'tls') return spokenInstead(server, first, seen.octets);
    if (seen.agreed !== null) return needed(first, seen.agreed, lax);
    if (sealFault(seen.code, seen.words).cause !== 'tls-legacy-renegotiation') return first;
    lax.push('legacy-renegotiation');
  }
  return first;
}

function spokenInstead({ host, port }: Diagnosed, first: SealTrouble, octets: Bytes): SealTrouble {
  const who = whoAnswers(octets);
  const words = (utf8FromBytes(octets).split(/\r?\n/)[0] ?? '').slice(0, 200);
  const mail = who === 'imap' || who === 'pop3' || who === 'smtp' || who === 'unknown';
  return new SealTrouble(
    mail ? 'tls-not-spoken' : 'not-a-mail-server',
    `${host} port ${port} does not begin TLS: ${who}`,
    words,
    [],
    first,
  );
}

/** Which exceptions the handshake that succeeded made use of. */
function needed(first: SealTrouble, { version, cipher }: { version: string; cipher: string }, lax: readonly TlsException[]): SealTrouble {
  const needs: TlsException[] = lax.includes('legacy-renegotiation') ? ['legacy-renegotiation'] : [];
  if (version === 'TLSv1' || version === 'TLSv1.1') needs.push('tls-1.0');
  if (version !== 'TLSv1.3' && !/^(?:TLS_)?(?:ECDHE|DHE)[-_]/.test(cipher)) needs.push('static-rsa');
  if (needs.length === 0) needs.push('weak-key');
  const cause = needs[0] === 'legacy-renegotiation' && needs.length === 1 ? 'tls-legacy-renegotiation' : 'tls-too-old';
  return new SealTrouble(
    cause,
    `${first.message}; it agrees on ${version} ${cipher}`,
    `${first.words}; ${version} ${cipher}`,
    needs,
    first,
  );
}

interface Seen {
  /** What the server said first. */
  readonly octets: Bytes;
  readonly agreed: { readonly version: string; readonly cipher: string } | null;
  readonly code: string;
  readonly words: string;
}

/** One handshake that believes any certificate and tells what it saw. Nothing but the handshake is sent. */
function handshake({ address, port, host, contexts }: Diagnosed, lax: readonly TlsException[], patience: number): Promise<Seen> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, noDelay: true });
    const pipe = new Overheard(socket);
    const tls = connectTls({
      socket: pipe,
      ...(isIP(host) === 0 ? { servername: host } : {}),
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
      secureContext: contexts(lax),
    });
    const end = (agreed: Seen['agreed'], error: unknown) => {
      clearTimeout(timer);
      tls.removeAllListeners();
      tls.on('error', () => {});
      tls.destroy();
      socket.destroy();
      resolve({ octets: pipe.first, agreed, code: codeOf(error), words: wordsOf(error) });
    };
    const timer = setTimeout(() => end(null, new Error('no answer')), patience);
    tls.on('secureConnect', () => end({ version: tls.getProtocol() ?? '', cipher: tls.getCipher()?.standardName ?? '' }, null));
    tls.on('error', (error) => end(null, error));
    tls.on('close', () => end(null, new Error('the peer closed')));
    socket.on('error', (error) => end(null, error));
  });
}

/** A stream between a socket and TLS that keeps what came first. */
class Overheard extends Duplex {
  first: Bytes = new Uint8Array(0);
  readonly #socket: Socket;
  constructor(socket: Socket) {
    super();
    this.#socket = socket;
    socket.on('data', (chunk: Bytes) => {
      if (this.first.length < tellingLength) this.first = concatBytes([this.first, chunk]).slice(0, tellingLength);
      this.push(chunk);
    });
    socket.on('end', () => this.push(null));
  }
  override _read(): void {}
  override _write(chunk: Bytes, _encoding: string, done: (error?: Error | null) => void): void {
    this.#socket.write(chunk, done);
  }
  override _final(done: () => void): void {
    this.#socket.end(done);
  }
}
