// Reads what a POP3 server says (RFC 1939 §3) and bounds what it may make us hold: lines, rows, reads. Knows the form of
// a status line and of a multi-line text; knows no command.
import { noBytes, utf8FromBytes, latin1FromBytes, type Bytes } from '../../base/bytes.ts';
import { SyntaxTrouble, Unavailable } from '../../base/trouble.ts';
import type { LineConnection } from '../line/connection.ts';
import { Receiver } from '../line/receiver.ts';
import type { LetterSink, Pop3Failure, Pop3Phase, Pop3Reply } from './client-contract.ts';
import { parseReply } from './response.ts';
import { DotUnstuffer } from './unstuffing.ts';

/** RFC 2449 §4 says 512 octets; Liberal: some servers tell whole stories. */
const maxLine = 4096;
/** Words kept of one reply. */
const maxText = 500;
/** One answer may come in so many pieces, and one more for each so many octets: who sends an octet a minute is not waited for. */
const maxReads = 2000;
const octetsPerRead = 16;
/** Octets of a too large letter that are read and thrown away, so that the dialogue can go on behind it. */
const maxThrownAway = 64 * 1024 * 1024;

/** What is thrown inside the client and told as an outcome at its edge. */
export class Pop3Trouble extends Error {
  readonly failure: Pop3Failure;
  constructor(failure: Pop3Failure) {
    super(failure.kind);
    this.failure = failure;
  }
}

export class PeerTexts {
  readonly #connection: LineConnection;
  readonly #receiver = new Receiver({ kind: 'line', max: maxLine });
  #reads = 0;
  #octetsRead = 0;

  constructor(connection: LineConnection) {
    this.#connection = connection;
  }

  /** Octets that arrived and belong to no answer yet. */
  get waiting(): number {
    return this.#receiver.waiting;
  }

  /** @throws Pop3Trouble. */
  async status(phase: Pop3Phase, patience: number): Promise<Pop3Reply> {
    return replyOf(await this.line(phase, patience), phase);
  }

  /** A line that is not yet understood: an answer, or a SASL challenge. @throws Pop3Trouble. */
  async line(phase: Pop3Phase, patience: number): Promise<string> {
    this.#begin();
    return utf8FromBytes(await this.#line(phase, patience));
  }

  /** The rows of a multi-line text, one character per octet, without its end. `took` says false when there are too many or it is none. @throws Pop3Trouble. */
  async rows(phase: Pop3Phase, patience: number, took: (row: string) => boolean): Promise<void> {
    this.#begin();
    for (;;) {
      const line = await this.#line(phase, patience);
      const row = latin1FromBytes(line);
      if (row === '.') return;
      if (!took(row.startsWith('.') ? row.slice(1) : row))
        throw protocolTrouble(phase, `a row that does not belong there: ${clean(row, 80)}`);
    }
  }

  /**
   * The octets of a multi-line text into `sink`, at most `limit` of them. Gives how many there were.
   * @throws Pop3Trouble; what the sink throws.
   */
  async text(phase: Pop3Phase, patience: number, sink: LetterSink, limit: number): Promise<number> {
    this.#begin();
    const unstuffer = new DotUnstuffer();
    let length = 0;
    for (;;) {
      const chunk = this.#receiver.takeWaiting() ?? (await this.#octets(phase, patience));
      const pieces: Bytes[] = [];
      const end = unstuffer.push(chunk, pieces);
      for (const piece of pieces) {
        const room = limit - length;
        length += piece.length;
        if (room > 0) {
          const added = sink.add(piece.length <= room ? piece : piece.subarray(0, room));
          if (added !== undefined) await added;
        }
      }
      if (end >= 0) {
        this.#receiver.push(chunk.subarray(end));
        return length;
      }
      if (length > limit + maxThrownAway) throw protocolTrouble(phase, `a letter without an end: ${length} octets so far`);
    }
  }

  #begin(): void {
    this.#reads = 0;
    this.#octetsRead = 0;
  }

  async #line(phase: Pop3Phase, patience: number): Promise<Bytes> {
    for (;;) {
      const unit = this.#receiver.next();
      if (unit === null) {
        this.#receiver.push(await this.#octets(phase, patience));
        continue;
      }
      if (unit.kind !== 'line') throw protocolTrouble(phase, 'a line of the answer is too long');
      return unit.bytes;
    }
  }

  async #octets(phase: Pop3Phase, patience: number): Promise<Bytes> {
    if (++this.#reads > maxReads + this.#octetsRead / octetsPerRead) throw new Pop3Trouble({ kind: 'timeout', phase });
    let octets: Bytes | null;
    try {
      octets = await this.#connection.read(patience);
    } catch (trouble) {
      throw asPop3Trouble(trouble, phase);
    }
    if (octets === null) throw new Pop3Trouble({ kind: 'closed', phase, words: 'the server closed the connection' });
    this.#octetsRead += octets.length;
    return octets.length === 0 ? noBytes() : octets;
  }
}

/** @throws Pop3Trouble when it is no status line. */
export function replyOf(line: string, phase: Pop3Phase): Pop3Reply {
  try {
    const { ok, code, text } = parseReply(line);
    return { ok, code, text: clean(text, maxText) };
  } catch (trouble) {
    if (!(trouble instanceof SyntaxTrouble)) throw trouble;
    throw protocolTrouble(phase, `not an answer of POP3: ${clean(line, 80)}`);
  }
}

export function protocolTrouble(phase: Pop3Phase, words: string): Pop3Trouble {
  return new Pop3Trouble({ kind: 'protocol', phase, words });
}

/** A connection tells a timeout without and a break with its cause. */
function asPop3Trouble(trouble: unknown, phase: Pop3Phase): unknown {
  if (!(trouble instanceof Unavailable)) return trouble;
  return new Pop3Trouble('cause' in trouble ? { kind: 'closed', phase, words: trouble.message } : { kind: 'timeout', phase });
}

function clean(text: string, most: number): string {
  return text.replace(/[\x00-\x1f\x7f-\x9f]/g, '?').slice(0, most);
}
