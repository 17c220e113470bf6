// Reads octets of letters out of segments, checks them against their SHA-256, and reads neighbours together.
// Knows places and digests; knows no account.
//
// A letter is checked when it is first read in this process, unless this process wrote it lately, and again after an hour: hashing runs at 1.3 GB/s here and a warm read at
// 5 GB/s, so checking each time would halve a FETCH of bodies, and octets that were right a moment ago come out of the same page of memory.
import { closeSync, openSync, read as readCallback, readSync } from 'node:fs';
import { join } from 'node:path';
import { createHash, hash } from 'node:crypto';
import { promisify } from 'node:util';
import { allocateBytes, equalBytes, noBytes, type Bytes } from '../../base/bytes.ts';
import { readTrouble } from './disk-fault.ts';
import { segmentName } from './writer/segments.ts';

const read = promisify(readCallback);

/** Where a letter lies. */
export interface LetterPlace {
  readonly id: number;
  readonly segment: number;
  readonly start: number;
  readonly length: number;
}

interface OpenSegment {
  readonly file: number;
  /** Reads on their way through the thread pool. */
  reads: number;
  ended: boolean;
}

/** The segment is not there: its letters have been moved since the place was looked up. */
export class SegmentGone extends Error {
  override readonly name = 'SegmentGone';
}

const filesOpen = 64;
/** Octets between two letters that are read along rather than in two reads. */
const gapRead = 16 * 1024;
const longestRun = 4 << 20;
/** Up to here a read waits for the disk; above, other work goes on meanwhile (a read through the thread pool costs 50 µs more). */
const readAtOnce = 128 * 1024;
/** Octets that are hashed at a time when a letter is checked by itself. */
const piece = 1 << 20;
const verifiedFor = 60 * 60 * 1000;

export class SegmentReader {
  readonly #dir: string;
  readonly #files = new Map<number, OpenSegment>();
  /** One bit per letter that has been checked lately. */
  #verified = new Uint8Array(1024);
  #verifiedSince: number;
  readonly #monotonic: () => number;
  /** The digests that were stored, without those of letters that are gone by now. Asked for only when letters are checked. */
  readonly #sha256Of: (letters: readonly number[]) => ReadonlyMap<number, Uint8Array>;

  constructor(dir: string, sha256Of: (letters: readonly number[]) => ReadonlyMap<number, Uint8Array>, monotonic: () => number) {
    this.#dir = dir;
    this.#sha256Of = sha256Of;
    this.#monotonic = monotonic;
    this.#verifiedSince = monotonic();
  }

  /** Octets in the order of `places`, in `memory` as far as they go into it; null for a letter that is damaged. @throws SegmentGone. */
  async readAll(places: readonly (LetterPlace | null)[], memory: Bytes = noBytes()): Promise<(Bytes | null)[]> {
    const result: (Bytes | null)[] = new Array(places.length).fill(null);
    const order: number[] = [];
    for (let index = 0; index < places.length; index++) if (places[index] != null) order.push(index);
    order.sort((a, b) => places[a]!.segment - places[b]!.segment || places[a]!.start - places[b]!.start);
    const unchecked = order.map((index) => places[index]!.id).filter((id) => !this.isVerified(id));
    const sha256 = unchecked.length === 0 ? null : this.#sha256Of(unchecked);
    let used = 0;
    for (let at = 0; at < order.length;) {
      const first = places[order[at]!]!;
      let end = first.start + first.length;
      let next = at + 1;
      for (; next < order.length; next++) {
        const place = places[order[next]!]!;
        if (place.segment !== first.segment || place.start > end + gapRead || place.start + place.length - first.start > longestRun) break;
        end = Math.max(end, place.start + place.length);
      }
      const length = end - first.start;
      const into = length <= memory.length - used ? memory.subarray(used, (used += length)) : undefined;
      const octets = await this.read(first.segment, first.start, end, into);
      for (; at < next; at++) {
        const place = places[order[at]!]!;
        const from = place.start - first.start;
        const letter = octets.subarray(from, from + place.length);
        const isKnown = sha256 === null || this.isVerified(place.id);
        if (letter.length !== place.length) continue;
        if (isKnown || this.#isRight(place.id, hash('sha256', letter, 'buffer'), sha256)) result[order[at]!] = letter;
      }
    }
    return result;
  }

  /** Octets of a segment, fewer when it ends before; in new memory unless `into` is given, which is as long as they are. Nothing is checked. @throws Unavailable `disk-fault`. */
  read(segment: number, start: number, end: number, into?: Bytes): Bytes | Promise<Bytes> {
    // A letter without octets lies nowhere.
    if (end <= start) return noBytes();
    const open = this.#open(segment);
    const octets = into ?? allocateBytes(end - start);
    if (octets.length > readAtOnce) return readOn(open, octets, start);
    let done = 0;
    try {
      while (done < octets.length) {
        const count = readSync(open.file, octets, done, octets.length - done, start + done);
        if (count === 0) break;
        done += count;
      }
    } catch (error) {
      throw readTrouble(error);
    }
    return octets.subarray(0, done);
  }

  /** Reads a letter piece by piece and says whether it is what was stored. */
  async isWhole(place: LetterPlace): Promise<boolean> {
    const running = createHash('sha256');
    for (let at = 0; at < place.length; at += piece) {
      const end = Math.min(place.length, at + piece);
      running.update(await this.read(place.segment, place.start + at, place.start + end));
    }
    return this.#isRight(place.id, running.digest(), this.#sha256Of([place.id]));
  }

  #isRight(letter: number, digest: Uint8Array, sha256: ReadonlyMap<number, Uint8Array>): boolean {
    const stored = sha256.get(letter);
    if (stored !== undefined && !equalBytes(digest, stored)) return false;
    this.#setVerified(letter);
    return true;
  }

  isVerified(letter: number): boolean {
    if (this.#monotonic() - this.#verifiedSince > verifiedFor) {
      this.#verified.fill(0);
      this.#verifiedSince = this.#monotonic();
    }
    return ((this.#verified[letter >>> 3] ?? 0) & (1 << (letter & 7))) !== 0;
  }

  /** Letters that were hashed and written by this process just now. */
  trust(letters: readonly number[]): void {
    for (const letter of letters) this.#setVerified(letter);
  }

  #setVerified(letter: number): void {
    const at = letter >>> 3;
    if (at >= this.#verified.length) {
      const grown = new Uint8Array(Math.max(at + 1, this.#verified.length * 2));
      grown.set(this.#verified);
      this.#verified = grown;
    }
    this.#verified[at]! |= 1 << (letter & 7);
  }

  forget(segments: readonly number[]): void {
    for (const segment of segments) this.#close(segment);
  }

  close(): void {
    for (const segment of Array.from(this.#files.keys())) this.#close(segment);
  }

  #open(segment: number): OpenSegment {
    const held = this.#files.get(segment);
    if (held !== undefined) return held;
    if (this.#files.size >= filesOpen) this.#close(this.#files.keys().next().value!);
    try {
      const open = { file: openSync(join(this.#dir, segmentName(segment)), 'r'), reads: 0, ended: false };
      this.#files.set(segment, open);
      return open;
    } catch (error) {
      if ((error as { code?: string }).code === 'ENOENT') throw new SegmentGone(`segment ${segment} is not there`);
      throw readTrouble(error);
    }
  }

  #close(segment: number): void {
    const open = this.#files.get(segment);
    if (open === undefined) return;
    this.#files.delete(segment);
    open.ended = true;
    closeWhenUnread(open);
  }
}

/** Reads through the thread pool: the file stays open as long as they go on. */
async function readOn(open: OpenSegment, octets: Bytes, start: number): Promise<Bytes> {
  open.reads++;
  try {
    let done = 0;
    while (done < octets.length) {
      const { bytesRead } = await read(open.file, octets, done, octets.length - done, start + done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return octets.subarray(0, done);
  } catch (error) {
    throw readTrouble(error);
  } finally {
    open.reads--;
    closeWhenUnread(open);
  }
}

function closeWhenUnread(open: OpenSegment): void {
  if (open.ended && open.reads === 0) closeSync(open.file);
}
