// Cuts what an IMAP server sends into whole responses: a line with its literals. Knows framing (RFC 9051 §4.3) and bounds; knows no response.
// A response is a view of memory that is never written again, so that small letters are handed on without a copy; a large literal goes
// to a sink as it arrives.
import { allocateBytes, findBytes, latin1FromBytes, LF, noBytes, type Bytes } from '../../base/bytes.ts';
import { Unavailable } from '../../base/trouble.ts';
import type { LineConnection } from '../line/connection.ts';
import { findAnnouncement } from './framing.ts';

/** Takes the octets of one large literal. */
export interface LiteralSink {
  /** The memory belongs to the sink. */
  add(bytes: Bytes): void | Promise<void>;
}

export interface RawResponse {
  /** Line and literals without the last CRLF, as a cursor reads them. */
  readonly bytes: Bytes;
  /** Offset of the `{` whose literal went to the sink and is not in `bytes`; -1 when there is none. */
  readonly streamedAt: number;
  /** Octets of that literal. */
  readonly streamed: number;
}

/** Octets of one response without what goes to a sink: the UIDs of a million letters fit in. */
const responseMax = 16 << 20;
/** Literals of one response. */
const literalsMax = 1000;
/** A literal from here on is offered to the sink. */
const streamFrom = 128 << 10;
const firstRoom = 64 << 10;

/** The server does not keep to the protocol, or beyond our bounds. The connection is of no further use. */
export class ServerBabble extends Unavailable {
  constructor(message: string) {
    super('outside', message);
  }
}

export class ResponseReader {
  readonly #connection: LineConnection;
  #buffer: Bytes = noBytes();
  #from = 0;
  #to = 0;
  /** Whether there may be written behind `#to`. */
  #own = false;

  constructor(connection: LineConnection) {
    this.#connection = connection;
  }

  /** Octets read and not yet given out. */
  get waiting(): number {
    return this.#to - this.#from;
  }

  /** What came in the clear is forgotten (reliability S-02). */
  discard(): void {
    this.#from = this.#to = 0;
    this.#buffer = noBytes();
    this.#own = false;
  }

  /**
   * The next response; null when the server has ended the connection between two. `sink` is asked for literals of `streamFrom` octets and more.
   * @throws Unavailable `timeout`; ServerBabble.
   */
  async next(patience: number, sink: (line: string, length: number) => LiteralSink | null = () => null): Promise<RawResponse | null> {
    let line = 0;
    let scanned = 0;
    let streamedAt = -1;
    let streamed = 0;
    for (let literals = 0; ;) {
      const end = this.#to > this.#from + scanned ? findBytes(this.#buffer, LF, this.#from + scanned) : -1;
      if (end < 0 || end >= this.#to) {
        scanned = this.#to - this.#from;
        if (scanned > responseMax) throw new ServerBabble('the server sent a response without end');
        if (!(await this.#more(patience, 0))) {
          if (scanned === 0) return null;
          throw new Unavailable('timeout', 'the server ended the connection in the middle of a response');
        }
        continue;
      }
      const lineEnd = end > this.#from + line && this.#buffer[end - 1] === 13 ? end - 1 : end;
      const announced = findAnnouncement(this.#buffer.subarray(this.#from + line, lineEnd));
      if (announced === null) {
        const bytes = this.#buffer.subarray(this.#from, lineEnd);
        this.#from = end + 1;
        return { bytes, streamedAt, streamed };
      }
      if (++literals > literalsMax) throw new ServerBabble('the server sent a response with more literals than any has');
      const { length } = announced;
      const after = end + 1 - this.#from;
      const taker =
        length >= streamFrom && streamedAt < 0
          ? sink(latin1FromBytes(this.#buffer, this.#from + line, this.#from + line + announced.at), length)
          : null;
      if (taker !== null) {
        streamedAt = line + announced.at;
        streamed = length;
        await this.#stream(after, length, taker, patience);
        line = scanned = after;
        continue;
      }
      if (!(after + length <= responseMax))
        throw new ServerBabble(`the server announced ${length} octets where none that many are expected`);
      while (this.#to - this.#from < after + length)
        if (!(await this.#more(patience, after + length)))
          throw new Unavailable('timeout', 'the server ended the connection in the middle of a literal');
      line = scanned = after + length;
    }
  }

  /** Hands `length` octets from `after` on to the sink and takes them out of the buffer. */
  async #stream(after: number, length: number, sink: LiteralSink, patience: number): Promise<void> {
    const head = this.#buffer.slice(this.#from, this.#from + after);
    let left = length;
    let piece = this.#buffer.subarray(this.#from + after, Math.min(this.#to, this.#from + after + length));
    let rest = this.#buffer.subarray(this.#from + after + piece.length, this.#to);
    for (;;) {
      if (piece.length > 0) await sink.add(piece);
      left -= piece.length;
      if (left === 0) break;
      const chunk = await this.#connection.read(patience);
      if (chunk === null) throw new Unavailable('timeout', 'the server ended the connection in the middle of a letter');
      piece = chunk.subarray(0, left);
      rest = chunk.subarray(piece.length);
    }
    const room = allocateBytes(head.length + rest.length + firstRoom);
    room.set(head, 0);
    room.set(rest, head.length);
    this.#buffer = room;
    this.#own = true;
    this.#from = 0;
    this.#to = head.length + rest.length;
  }

  /** Reads on; `whole`: octets of the response in hand that are known to come. False at the end of the connection. */
  async #more(patience: number, whole: number): Promise<boolean> {
    const chunk = await this.#connection.read(patience);
    if (chunk === null) return false;
    const have = this.#to - this.#from;
    if (have === 0) {
      this.#buffer = chunk;
      this.#from = 0;
      this.#to = chunk.length;
      this.#own = false;
      return true;
    }
    if (!this.#own || this.#buffer.length - this.#to < chunk.length) {
      const room = allocateBytes(Math.max(firstRoom, whole + firstRoom, 2 * (have + chunk.length)));
      room.set(this.#buffer.subarray(this.#from, this.#to), 0);
      this.#buffer = room;
      this.#own = true;
      this.#from = 0;
      this.#to = have;
    }
    this.#buffer.set(chunk, this.#to);
    this.#to += chunk.length;
    return true;
  }
}
