// A connection that remembers what the server said first and why a handshake failed, so that a trouble can be named by it.
// Knows the shape of a connection; changes nothing of what goes through.
import { concatBytes, noBytes, utf8FromBytes, type Bytes } from '../../base/bytes.ts';
import type { Clock } from '../../base/clock.ts';
import { Unavailable } from '../../base/trouble.ts';
import type { LineConnection, PeerTls, TlsDemand } from '../../protocol/line/connection.ts';
import { CauseTrouble } from './causes.ts';
import { codeOf, outsideDemand, reachFault, wordsOf } from './tls-trouble.ts';
import { tellingLength, whoAnswers, type Answering } from './who-answers.ts';

export class Overhearing implements LineConnection {
  readonly #inner: LineConnection;
  readonly #host: string;
  readonly #cancel: () => void;
  #over = false;
  #first: Bytes = noBytes();
  /** The last trouble of reading or of the handshake, with its cause. */
  trouble: CauseTrouble | null = null;

  /** Ends by itself after `lifetime` ms: a server that drips octets or lines is not listened to for ever. */
  constructor(inner: LineConnection, host: string, { clock, lifetime }: { readonly clock: Clock; readonly lifetime: number }) {
    this.#inner = inner;
    this.#host = host;
    this.#cancel = clock.after(lifetime, () => {
      this.#over = true;
      inner.close();
    });
  }
  get remote() {
    return this.#inner.remote;
  }
  get local() {
    return this.#inner.local;
  }
  get tls(): PeerTls | null {
    return this.#inner.tls;
  }
  /** Who answers, told by what came first on this connection. */
  get who(): Answering {
    return whoAnswers(this.#first);
  }
  /** What came first, as one line. */
  get firstLine(): string {
    return (utf8FromBytes(this.#first).split(/\r?\n/)[0] ?? '').slice(0, 300);
  }
  get heard(): boolean {
    return this.#first.length > 0;
  }
  async read(patience: number): Promise<Bytes | null> {
    try {
      const octets = await this.#inner.read(patience);
      if (this.#over) throw new CauseTrouble('silent', 'the server talks without coming to an end');
      if (octets === null) this.trouble = new CauseTrouble('connection-lost', 'the server ended the connection');
      else if (this.#first.length < tellingLength) this.#first = concatBytes([this.#first, octets]).slice(0, tellingLength);
      return octets;
    } catch (error) {
      if (error instanceof Unavailable) this.trouble = asReadTrouble(error);
      throw error;
    }
  }
  write(data: string | Bytes): void {
    this.#inner.write(data);
  }
  drained(patience: number): Promise<void> {
    return this.#inner.drained(patience);
  }
  async startTls(demand: TlsDemand, patience: number): Promise<PeerTls> {
    try {
      return await this.#inner.startTls(demand, patience);
    } catch (error) {
      if (error instanceof CauseTrouble) this.trouble = error;
      throw error;
    }
  }
  /** Begins TLS as it is demanded of a provider. @throws CauseTrouble. */
  seal(patience: number): Promise<PeerTls> {
    return this.startTls(outsideDemand(this.#host), patience);
  }
  close(): void {
    this.#cancel();
    this.#inner.close();
  }
}

/** Nothing came in time: `silent`. The connection broke: as the system says. */
function asReadTrouble(error: Unavailable): CauseTrouble {
  if (error instanceof CauseTrouble) return error;
  const code = codeOf(error);
  if (error.cause === undefined) return new CauseTrouble('silent', error.message, error.message, error);
  const cause = code === '' ? 'connection-lost' : reachFault(code);
  return new CauseTrouble(cause === 'timeout' ? 'connection-lost' : cause, error.message, wordsOf(error), error);
}
