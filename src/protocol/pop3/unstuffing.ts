// The text of a multi-line response as the client takes it (RFC 1939 §3): the twin of stuffing.ts. Knows octets in pieces of any size.
//
// Strict: only CRLF begins a line here. A letter may hold `LF . LF`, which no server stuffs: taken for the end, the rest of
// that letter would be read as the server's answers.
import { bytesFromLatin1, CR, DOT, findBytes, LF, type Bytes } from '../../base/bytes.ts';

const lineWithDot = bytesFromLatin1('\r\n.');
const loneCr = bytesFromLatin1('\r');

/** Where the text stands. `start`: at the beginning of a line. `dot`: after a dot there. `dot-cr`: after a dot and a CR there. `cr`: after a CR. */
type Place = 'start' | 'dot' | 'dot-cr' | 'middle' | 'cr';

export class DotUnstuffer {
  #place: Place = 'start';

  /**
   * Puts the octets of the text, as pieces of the same memory, into `pieces`. Gives the offset behind the final dot's line, or -1 when the
   * text goes on. Not to be called again after the end.
   */
  push(chunk: Bytes, pieces: Bytes[]): number {
    const to = chunk.length;
    let open = 0;
    let at = 0;
    const emit = (end: number): void => void (end > open && pieces.push(chunk.subarray(open, end)));
    while (at < to) {
      const octet = chunk[at]!;
      switch (this.#place) {
        case 'start':
          if (octet === DOT) {
            emit(at);
            this.#place = 'dot';
            open = ++at;
          } else this.#place = 'middle';
          break;
        case 'dot':
          if (octet === CR) {
            this.#place = 'dot-cr';
            open = ++at;
          } else this.#place = 'middle';
          break;
        case 'dot-cr':
          if (octet === LF) return at + 1;
          // A dot that was added, and a line that begins with a CR.
          pieces.push(loneCr);
          this.#place = octet === CR ? 'cr' : 'middle';
          if (octet === CR) at++;
          break;
        case 'cr':
          if (octet === LF) {
            at++;
            this.#place = 'start';
          } else this.#place = 'middle';
          break;
        case 'middle': {
          const next = findBytes(chunk, lineWithDot, at);
          if (next >= 0) {
            emit(next + 2);
            open = at = next + 3;
            this.#place = 'dot';
            break;
          }
          at = to;
          if (chunk[to - 1] === CR) this.#place = 'cr';
          else if (chunk[to - 1] === LF && to >= 2 && chunk[to - 2] === CR) this.#place = 'start';
          break;
        }
      }
    }
    emit(to);
    return -1;
  }
}
