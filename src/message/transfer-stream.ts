// Undoing a transfer encoding piece by piece, for parts too large to be held at once. Gives the very octets of `decodeTransfer`; knows no part.
import { concatBytes, LF, noBytes, type Bytes } from '../base/bytes.ts';
import { decodeBase64, decodeQuotedPrintable } from './transfer.ts';

export interface TransferDecoder {
  /** What this piece lets be known. */
  add(piece: Bytes): Bytes;
  /** What was held back. */
  end(): Bytes;
}

/** As `decodeTransfer`: an unknown encoding leaves octets as they are. */
export function openTransferDecoder(encoding: string): TransferDecoder {
  if (encoding === 'base64') return new HeldBack(cutBase64, decodeBase64);
  if (encoding === 'quoted-printable') return new HeldBack(cutQuotedPrintable, decodeQuotedPrintable);
  return { add: (piece) => piece, end: noBytes };
}

/** Decodes up to a place at which the text can be cut without a difference; the rest waits for the next piece. */
class HeldBack implements TransferDecoder {
  readonly #cut: (bytes: Bytes) => number;
  readonly #decode: (bytes: Bytes) => Bytes;
  #held = noBytes();

  constructor(cut: (bytes: Bytes) => number, decode: (bytes: Bytes) => Bytes) {
    this.#cut = cut;
    this.#decode = decode;
  }

  add(piece: Bytes): Bytes {
    const bytes = this.#held.length === 0 ? piece : concatBytes([this.#held, piece]);
    const cut = this.#cut(bytes);
    // A copy: the piece is the caller's.
    this.#held = bytes.slice(cut);
    return cut === 0 ? noBytes() : this.#decode(bytes.subarray(0, cut));
  }

  end(): Bytes {
    const rest = this.#decode(this.#held);
    this.#held = noBytes();
    return rest;
  }
}

const EQUALS = 61;

function isBase64(octet: number): boolean {
  return (octet >= 65 && octet <= 90) || (octet >= 97 && octet <= 122) || (octet >= 48 && octet <= 57) || octet === 43 || octet === 47;
}

/** Behind the last whole group of four, or the last padding. */
function cutBase64(bytes: Bytes): number {
  let have = 0;
  let cut = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const octet = bytes[at]!;
    if (octet === EQUALS) have = 0;
    else if (isBase64(octet)) have = (have + 1) % 4;
    if (have === 0) cut = at + 1;
  }
  return cut;
}

/** Behind the last line end: lines do not know of one another. */
function cutQuotedPrintable(bytes: Bytes): number {
  const end = bytes.lastIndexOf(LF) + 1;
  if (end > 0 || bytes.length < longestLine) return end;
  // A line as nobody writes it (RFC 2045 §6.7 allows 76): cut where neither an `=` nor white space is near, if there is such a place.
  for (let at = bytes.length; at > 3; at -= 1)
    if (isPlain(bytes[at - 1]!) && bytes[at - 2] !== EQUALS && bytes[at - 3] !== EQUALS) return at;
  // A megabyte of nothing but `=` and blanks: held no longer, whatever becomes of it.
  return bytes.length < heldMax ? 0 : bytes.length;
}

const heldMax = 1024 * 1024;
const longestLine = 64 * 1024;

function isPlain(octet: number): boolean {
  return octet > 32 && octet !== EQUALS && octet !== 127;
}
