// A server that is only text, for the tests of the client: says its lines, demands the client's, in octets cut at any place.
// Knows the text form of transcripts (../line/transcript.ts) turned round; knows no POP3.
import { bytesFromLatin1, bytesFromUtf8, latin1FromBytes, type Bytes } from '../../base/bytes.ts';
import { Unavailable } from '../../base/trouble.ts';
import type { LineConnection, PeerTls } from '../line/connection.ts';
import { playedTls, type Cut, type Transcript } from '../line/transcript.ts';

export const memoryTls: PeerTls = {
  version: 'TLSv1.3',
  cipher: 'X',
  verified: 'certificate',
  fault: null,
  exporter: () => playedTls.exporter(),
};

export class PlayedPeer implements LineConnection {
  readonly remote = { address: '192.0.2.1', port: 110 };
  readonly local = { address: '192.0.2.2', port: 40_000 };
  tls: PeerTls | null;
  closed = false;
  readonly #transcript: Transcript;
  readonly #cut: Cut;
  #step = 0;
  #said = 0;
  #ready: Bytes = new Uint8Array(0);
  #heard = '';

  constructor(transcript: Transcript, cut: Cut) {
    this.#transcript = transcript;
    this.#cut = cut;
    this.tls = transcript.header.get('tls') === 'yes' ? memoryTls : null;
  }

  async read(): Promise<Bytes | null> {
    if (this.#ready.length === 0) this.#advance();
    if (this.#ready.length === 0) {
      if (this.#transcript.steps[this.#step]?.kind === 'closed') return null;
      throw new Unavailable('timeout', 'nothing arrived');
    }
    let length = this.#ready.length;
    if (this.#cut === 'octets') length = 1;
    else if (typeof this.#cut === 'number' && this.#cut > this.#said && this.#cut < this.#said + length) length = this.#cut - this.#said;
    const piece = this.#ready.subarray(0, length);
    this.#ready = this.#ready.subarray(length);
    this.#said += length;
    return piece;
  }

  /** Takes the client's lines that come next, then puts up what the server says until the client's turn. */
  #advance(): void {
    const { steps, name } = this.#transcript;
    let words = '';
    for (; this.#step < steps.length; this.#step++) {
      const step = steps[this.#step]!;
      if (step.kind === 'send') {
        if (words !== '') break;
        if (!this.#heard.startsWith(step.text)) {
          if (this.#heard === '') break;
          throw new Error(`${name}:${step.line}: wanted ${JSON.stringify(step.text)}, the client said ${JSON.stringify(this.#heard)}`);
        }
        this.#heard = this.#heard.slice(step.text.length);
      } else if (step.kind === 'expect') words += `${step.patterns[0]!}\r\n`;
      else break;
    }
    this.#ready = bytesFromUtf8(words);
  }

  write(data: string | Bytes): void {
    if (!this.closed) this.#heard += typeof data === 'string' ? latin1FromBytes(bytesFromUtf8(data)) : latin1FromBytes(data);
  }
  async drained(): Promise<void> {}
  async startTls(): Promise<PeerTls> {
    const step = this.#transcript.steps[this.#step];
    if (step?.kind !== 'event' || step.event !== 'tls') throw new Error(`${this.#transcript.name}: TLS was not awaited`);
    this.#step++;
    return (this.tls = memoryTls);
  }
  close(): void {
    this.closed = true;
  }

  /** Octets that the server says in the whole dialogue. */
  static length(transcript: Transcript): number {
    return transcript.steps.reduce((sum, step) => sum + (step.kind === 'expect' ? bytesFromUtf8(step.patterns[0]!).length + 2 : 0), 0);
  }

  /** @throws Error when the client has said more or less than the transcript. */
  end(): void {
    this.#advance();
    const rest = this.#transcript.steps.slice(this.#step).find(({ kind }) => kind === 'send' || kind === 'event');
    if (this.#heard !== '' || rest !== undefined)
      throw new Error(`${this.#transcript.name}: at the end ${rest ? `line ${rest.line} was not said` : `there was also ${this.#heard}`}`);
  }
}

/** A server that says these octets, whatever it hears, one entry for each read; then the connection ends. */
export function chatter(says: Iterable<string | Bytes>): LineConnection & { tls: PeerTls | null; written: string; closed: boolean } {
  const source = says[Symbol.iterator]();
  const connection = {
    remote: { address: '192.0.2.1', port: 995 },
    local: { address: '192.0.2.2', port: 40_000 },
    tls: memoryTls as PeerTls | null,
    written: '',
    closed: false,
    async read(): Promise<Bytes | null> {
      const next = source.next();
      if (next.done || connection.closed) return null;
      return typeof next.value === 'string' ? bytesFromLatin1(next.value) : next.value;
    },
    write(data: string | Bytes): void {
      connection.written += typeof data === 'string' ? data : latin1FromBytes(data);
    },
    async drained(): Promise<void> {},
    async startTls(): Promise<PeerTls> {
      return (connection.tls = memoryTls);
    },
    close(): void {
      connection.closed = true;
    },
  };
  return connection;
}
