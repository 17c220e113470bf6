// Cuts a stream of octets into units. Wanted: next line, dot-data, n octets; linear time whatever the cuts; never more
// held than one line's maximum. Knows framing only; knows no command.
//
// Octets are taken with `push` and units asked for with `next` until it gives null ("need more", an ordinary answer).
import { allocateBytes, CR, DOT, findBytes, LF, noBytes, NUL, type Bytes } from '../../base/bytes.ts';
import type { Unit, Want } from './session.ts';

/** A line without an end is told as too long after so many octets, so that the session can close; the rest of it is thrown away silently. */
const endlessLine = 64 * 1024;

const crlf = new Uint8Array([CR, LF]);

/** Where dot-data stands. `start`: at the beginning of a line. `dot`: after a dot there. `dot-cr`: after a dot and a CR there. `cr`: after a CR elsewhere. */
type DotPlace = 'start' | 'dot' | 'dot-cr' | 'middle' | 'cr';

export class Receiver {
  #want: Want;
  #lineMax: number;
  /** Octets taken and not yet given out: `#buffer[#from, #to)`. Own memory when `#owned`, else the chunk of the last push. */
  #buffer: Bytes = noBytes();
  #from = 0;
  #to = 0;
  #owned = false;
  /** Line: octets of `#buffer` from `#from` that are known to hold no LF. */
  #scanned = 0;
  /** Line: octets of a too long line thrown away so far; 0 when the line is not too long. */
  #dropped = 0;
  /** The too long line in hand has been told before its end came. */
  #told = false;
  // Octets and dot-data: how far we are.
  #length = 0;
  #place: DotPlace = 'start';
  /** Dot-data: how the line before ended. */
  #ending: 'crlf' | 'lf' | 'cr' = 'crlf';
  #fault: null | 'smuggling' | 'bare-cr' | 'nul' = null;
  #bareLf = 0;
  /** Pieces of dot-data found in the current buffer, given out one by one. */
  #pieces: Unit[] = [];
  #nextPiece = 0;

  constructor(want: Want) {
    this.#want = want;
    this.#lineMax = want.kind === 'line' ? want.max : 1000;
  }

  /** Octets taken and not yet given out. */
  get waiting(): number {
    return this.#to - this.#from;
  }

  /** What is read from the next octet on. Not allowed in the middle of dot-data or octets. */
  want(want: Want): void {
    if (this.#nextPiece < this.#pieces.length || (this.#want.kind !== 'line' && this.#length > 0))
      throw new Error('cannot change what is wanted before its end');
    this.#begin(want);
  }

  #begin(want: Want): void {
    this.#want = want;
    if (want.kind === 'line') this.#lineMax = want.max;
    this.#scanned = 0;
    this.#length = 0;
    this.#place = 'start';
    this.#ending = 'crlf';
    this.#fault = null;
    this.#bareLf = 0;
  }

  /** Throws away everything that was taken and not given out (STARTTLS, reliability S-02). */
  discard(): void {
    this.#from = this.#to = this.#scanned = this.#dropped = 0;
    this.#told = false;
    this.#buffer = noBytes();
    this.#owned = false;
  }

  /** Takes back what was not given out, for a layer that comes in between (RFC 4978); null when there is nothing. */
  takeWaiting(): Bytes | null {
    if (this.#from === this.#to) return null;
    const waiting = this.#take(this.#from, this.#to);
    this.discard();
    return waiting;
  }

  /** Takes octets. The chunk must not be changed afterwards. */
  push(chunk: Bytes): void {
    if (chunk.length === 0) return;
    const held = this.#to - this.#from;
    if (held === 0) {
      this.#buffer = chunk;
      this.#from = 0;
      this.#to = chunk.length;
      this.#owned = false;
      this.#scanned = 0;
      return;
    }
    const needed = held + chunk.length;
    if (!this.#owned || this.#buffer.length - this.#to < chunk.length) {
      const room = this.#owned && this.#buffer.length >= needed * 2 ? this.#buffer : allocateBytes(Math.max(256, needed * 2));
      if (room === this.#buffer) room.copyWithin(0, this.#from, this.#to);
      else room.set(this.#buffer.subarray(this.#from, this.#to), 0);
      this.#buffer = room;
      this.#owned = true;
      this.#from = 0;
      this.#to = held;
    }
    this.#buffer.set(chunk, this.#to);
    this.#to += chunk.length;
  }

  /** The next unit, or null when more octets are needed. */
  next(): Unit | null {
    switch (this.#want.kind) {
      case 'line':
        return this.#nextLine(this.#want.max);
      case 'octets':
        return this.#nextOctets(this.#want.length);
      case 'dot-data':
        return this.#nextDotData(this.#want.max);
    }
  }

  #nextLine(max: number): Unit | null {
    const at = findBytes(this.#buffer, LF, this.#from + this.#scanned);
    if (at < 0 || at >= this.#to) {
      const held = this.#to - this.#from;
      this.#scanned = held;
      if (held > max + 1 || this.#dropped > 0) {
        this.#dropped += held;
        this.#from = this.#to;
        this.#scanned = 0;
        if (this.#dropped > endlessLine && !this.#told) {
          this.#told = true;
          return { kind: 'line-too-long', length: this.#dropped };
        }
      }
      return null;
    }
    const bareLf = !(at > this.#from && this.#buffer[at - 1] === CR);
    const bytes = this.#buffer.subarray(this.#from, bareLf ? at : at - 1);
    this.#from = at + 1;
    this.#scanned = 0;
    if (this.#dropped > 0 || bytes.length > max) {
      const length = this.#dropped + bytes.length + (bareLf ? 1 : 2);
      this.#dropped = 0;
      if (this.#told) {
        this.#told = false;
        return this.#nextLine(max);
      }
      return { kind: 'line-too-long', length };
    }
    return { kind: 'line', bytes, bareLf };
  }

  #nextOctets(length: number): Unit | null {
    const missing = length - this.#length;
    if (missing === 0) {
      this.#begin({ kind: 'line', max: this.#lineMax });
      return { kind: 'end', length, tooLong: false, fault: null, bareLf: 0 };
    }
    const held = this.#to - this.#from;
    if (held === 0) return null;
    const take = Math.min(missing, held);
    const bytes = this.#take(this.#from, this.#from + take);
    this.#from += take;
    this.#length += take;
    return { kind: 'data', bytes };
  }

  /** Memory that the session may keep: own, reused memory is copied. */
  #take(from: number, to: number): Bytes {
    return this.#owned ? this.#buffer.slice(from, to) : this.#buffer.subarray(from, to);
  }

  #nextDotData(max: number): Unit | null {
    if (this.#nextPiece < this.#pieces.length) return this.#givePiece();
    if (this.#from === this.#to) return null;
    this.#pieces = [];
    this.#nextPiece = 0;
    this.#scanDotData(max);
    return this.#pieces.length > 0 ? this.#givePiece() : null;
  }

  #givePiece(): Unit {
    const piece = this.#pieces[this.#nextPiece++]!;
    if (piece.kind === 'end') {
      this.#pieces = [];
      this.#nextPiece = 0;
      this.#begin({ kind: 'line', max: this.#lineMax });
    }
    return piece;
  }

  #addPiece(from: number, to: number, max: number): void {
    if (to <= from) return;
    const room = Math.max(0, max - this.#length);
    this.#length += to - from;
    if (room > 0) this.#pieces.push({ kind: 'data', bytes: this.#take(from, Math.min(to, from + room)) });
  }

  #addCrlf(max: number): void {
    if (this.#length + 2 <= max) this.#pieces.push({ kind: 'data', bytes: crlf.slice() });
    this.#length += 2;
  }

  #endDotData(at: number, max: number): void {
    this.#from = at;
    this.#pieces.push({ kind: 'end', length: this.#length, tooLong: this.#length > max, fault: this.#fault, bareLf: this.#bareLf });
  }

  /** Scans all that is held, or up to the end of the data. RFC 5321 §4.5.2 with the rules of reliability S-01. */
  #scanDotData(max: number): void {
    const buffer = this.#buffer;
    const to = this.#to;
    /** Begin of what is not yet in a piece. */
    let open = this.#from;
    let at = this.#from;
    let nul = findBytes(buffer, NUL, at);
    if (nul >= to) nul = -1;
    while (at < to) {
      const octet = buffer[at]!;
      switch (this.#place) {
        case 'start':
          if (octet === DOT) {
            // A dot that begins a line is never part of the text (RFC 5321 §4.5.2).
            this.#addPiece(open, at, max);
            open = at + 1;
            this.#place = 'dot';
            at++;
            continue;
          }
          this.#place = 'middle';
          continue;
        case 'dot':
          if (octet === CR) {
            this.#place = 'dot-cr';
            at++;
            open = at;
            continue;
          }
          if (octet === LF) {
            this.#fault = 'smuggling';
            this.#endDotData(at + 1, max);
            return;
          }
          this.#place = 'middle';
          continue;
        case 'dot-cr':
          if (octet !== LF || this.#ending !== 'crlf') this.#fault = 'smuggling';
          if (nul >= 0 && nul < at) this.#fault ??= 'nul';
          this.#endDotData(at + 1, max);
          return;
        case 'cr':
          if (octet === LF) {
            at++;
            this.#ending = 'crlf';
            this.#place = 'start';
            continue;
          }
          this.#fault ??= 'bare-cr';
          this.#ending = 'cr';
          this.#place = octet === CR ? 'cr' : 'start';
          if (octet === CR) at++;
          continue;
        case 'middle': {
          // Octet by octet: a line is so short that beginning a search costs more than passing over it.
          for (; at < to; at++) {
            const one = buffer[at]!;
            if (one > CR || (one !== CR && one !== LF)) continue;
            // The end of a line as it should be, with another line behind it that begins with no dot.
            if (one === CR && at + 2 < to && buffer[at + 1] === LF && buffer[at + 2] !== DOT) at++;
            else break;
          }
          if (at === to) continue;
          if (buffer[at] === CR) {
            at++;
            this.#place = 'cr';
            continue;
          }
          this.#addPiece(open, at, max);
          this.#addCrlf(max);
          this.#bareLf++;
          this.#ending = 'lf';
          this.#place = 'start';
          at++;
          open = at;
          continue;
        }
      }
    }
    if (nul >= 0) this.#fault ??= 'nul';
    this.#addPiece(open, to, max);
    this.#from = to;
  }
}
