// The text of a multi-line response (RFC 1939 §3): lines end with CRLF, a leading dot is doubled, a lone dot ends it; and where TOP stops.
// Knows octets in pieces of any size; knows no letter and no wire.
import { allocateBytes, bytesFromLatin1, CR, DOT, findBytes, latin1FromBytes, LF, type Bytes } from '../../base/bytes.ts';

const end = bytesFromLatin1('.\r\n');
const lineEnd = bytesFromLatin1('\r\n.\r\n');

/** A bare LF, or a dot that begins a line. */
const toAdd = /[^\r]\n|\n\./;
/** Pieces above this are not made into text. */
const readyMax = 64 * 1024;

export class DotStuffer {
  /** The last octet so far; a text begins like a line. */
  #last = LF;

  /** The piece as it goes out; the same memory when nothing needs to be added, which is nearly always so. */
  push(piece: Bytes): Bytes {
    if (piece.length === 0) return piece;
    if (this.#isReady(piece)) {
      this.#last = piece[piece.length - 1]!;
      return piece;
    }
    /** Places where an octet is to be put in: before a dot another dot, before a bare LF its CR. */
    let places: number[] | null = null;
    if (this.#last === LF && piece[0] === DOT) (places ??= []).push(0);
    let before = this.#last;
    for (let at = findBytes(piece, LF); at >= 0; at = findBytes(piece, LF, at + 1)) {
      if (at > 0) before = piece[at - 1]!;
      // Letters that an app put here by IMAP may have bare LFs; stored as they came, sent as lines (RFC 1939 §11).
      if (before !== CR) (places ??= []).push(at);
      if (piece[at + 1] === DOT) (places ??= []).push(at + 1);
    }
    this.#last = piece[piece.length - 1]!;
    return places === null ? piece : insert(piece, places);
  }

  /** Nothing needs to be added. An expression over text finds that out in half the time that looking at each line end takes. */
  #isReady(piece: Bytes): boolean {
    const [first] = piece;
    if (piece.length > readyMax || (first === DOT && this.#last === LF) || (first === LF && this.#last !== CR)) return false;
    return !toAdd.test(latin1FromBytes(piece));
  }

  /** What ends the text. */
  finish(): Bytes {
    return this.#last === LF ? end : lineEnd;
  }
}

function insert(piece: Bytes, places: readonly number[]): Bytes {
  const out = allocateBytes(piece.length + places.length);
  let from = 0;
  let to = 0;
  for (const place of places) {
    out.set(piece.subarray(from, place), to);
    to += place - from;
    out[to++] = piece[place] === DOT ? DOT : CR;
    from = place;
  }
  out.set(piece.subarray(from), to);
  return out;
}

/** RFC 1939 §7 TOP: the header section, the empty line, and so many lines of the body. */
export class TopCutter {
  #bodyLines: number;
  #inHeader = true;
  /** Octets of the current line that are no line end. */
  #lineLength = 0;

  constructor(bodyLines: number) {
    this.#bodyLines = bodyLines;
  }

  /** True when the top is complete and nothing more is to be pushed. */
  get done(): boolean {
    return !this.#inHeader && this.#bodyLines === 0;
  }

  /** The part of the piece that belongs to the top. */
  push(piece: Bytes): Bytes {
    let from = 0;
    while (!this.done) {
      const at = findBytes(piece, LF, from);
      if (at < 0) {
        this.#lineLength += piece.length - from - (piece[piece.length - 1] === CR ? 1 : 0);
        return piece;
      }
      const length = this.#lineLength + at - from - (at > from && piece[at - 1] === CR ? 1 : 0);
      this.#lineLength = 0;
      from = at + 1;
      if (!this.#inHeader) this.#bodyLines--;
      else if (length === 0) this.#inHeader = false;
    }
    return piece.subarray(0, from);
  }
}
