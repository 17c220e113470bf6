// Reads octets of letters out of segments, checks them against their SHA-256, and reads neighbours together.
// Knows places and digests; knows no account.
//
// A letter is checked when it is first read in this process and again after an hour: hashing runs at 1.3 GB/s here and a warm read at
// 5 GB/s, so checking each time would halve a FETCH of bodies, and octets that were right a moment ago come out of the same page of memory.
import { closeSync, openSync, read as readCallback, readSync } from 'node:fs';
import { join } from 'node:path';
import { createHash, hash } from 'node:crypto';
import { promisify } from 'node:util';
import { equalBytes, noBytes, type Bytes } from '../../base/bytes.ts';
import { segmentName } from './writer/segments.ts';

const read = promisify(readCallback);

/** Where a letter lies. */
export interface LetterPlace {
  readonly id: number;
  readonly segment: number;
  readonly start: number;
  readonly length: number;
  readonly sha256: Uint8Array;
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
const verifiedFor = 60 * 60 * 1000;

export class SegmentReader {
  readonly #dir: string;
  readonly #files = new Map<number, number>();
  /** One bit per letter that has been checked lately. */
  #verified = new Uint8Array(1024);
  #verifiedSince: number;
  readonly #monotonic: () => number;

  constructor(dir: string, monotonic: () => number) {
    this.#dir = dir;
    this.#monotonic = monotonic;
    this.#verifiedSince = monotonic();
  }

  /** Octets in the order of `places`; null for a letter that is damaged. @throws SegmentGone. */
  async readAll(places: readonly (LetterPlace | null)[]): Promise<(Bytes | null)[]> {
    const result: (Bytes | null)[] = new Array(places.length).fill(null);
    const order: number[] = [];
    for (let index = 0; index < places.length; index++) if (places[index] != null) order.push(index);
    order.sort((a, b) => places[a]!.segment - places[b]!.segment || places[a]!.start - places[b]!.start);
    for (let at = 0; at < order.length;) {
      const first = places[order[at]!]!;
      let end = first.start + first.length;
      let next = at + 1;
      for (; next < order.length; next++) {
        const place = places[order[next]!]!;
        if (place.segment !== first.segment || place.start > end + gapRead || place.start + place.length - first.start > longestRun) break;
        end = Math.max(end, place.start + place.length);
      }
      const octets = await this.read(first.segment, first.start, end);
      for (; at < next; at++) {
        const place = places[order[at]!]!;
        const from = place.start - first.start;
        const letter = octets.subarray(from, from + place.length);
        if (letter.length === place.length && this.check(place, letter)) result[order[at]!] = letter;
      }
    }
    return result;
  }

  /** Octets of a segment, fewer when it ends before. Nothing is checked. */
  read(segment: number, start: number, end: number): Bytes | Promise<Bytes> {
    // A letter without octets lies nowhere.
    if (end <= start) return noBytes();
    const file = this.#open(segment);
    const octets = Buffer.allocUnsafeSlow(end - start);
    if (octets.length > readAtOnce) return readOn(file, octets, start);
    let done = 0;
    while (done < octets.length) {
      const count = readSync(file, octets, done, octets.length - done, start + done);
      if (count === 0) break;
      done += count;
    }
    return octets.subarray(0, done);
  }

  /** True when the octets are those that were stored. */
  check(place: LetterPlace, octets: Bytes): boolean {
    if (this.isVerified(place.id)) return true;
    if (!equalBytes(hash('sha256', octets, 'buffer'), place.sha256)) return false;
    this.setVerified(place.id);
    return true;
  }

  /** SHA-256 of a letter in hex, read piece by piece; remembers it as checked when it is right. */
  async digest(place: LetterPlace, piece: number): Promise<string> {
    const running = createHash('sha256');
    for (let at = 0; at < place.length; at += piece) {
      const end = Math.min(place.length, at + piece);
      running.update(await this.read(place.segment, place.start + at, place.start + end));
    }
    const digest = running.digest();
    if (equalBytes(digest, place.sha256)) this.setVerified(place.id);
    return digest.toString('hex');
  }

  isVerified(letter: number): boolean {
    if (this.#monotonic() - this.#verifiedSince > verifiedFor) {
      this.#verified.fill(0);
      this.#verifiedSince = this.#monotonic();
    }
    return ((this.#verified[letter >>> 3] ?? 0) & (1 << (letter & 7))) !== 0;
  }

  setVerified(letter: number): void {
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

  #open(segment: number): number {
    const held = this.#files.get(segment);
    if (held !== undefined) return held;
    if (this.#files.size >= filesOpen) this.#close(this.#files.keys().next().value!);
    let file: number;
    try {
      file = openSync(join(this.#dir, segmentName(segment)), 'r');
    } catch (error) {
      if ((error as { code?: string }).code === 'ENOENT') throw new SegmentGone(`segment ${segment} is not there`);
      throw error;
    }
    this.#files.set(segment, file);
    return file;
  }

  #close(segment: number): void {
    const file = this.#files.get(segment);
    if (file === undefined) return;
    this.#files.delete(segment);
    // A read through the thread pool may still be on its way.
    setTimeout(() => closeSync(file), 10_000).unref();
  }
}

async function readOn(file: number, octets: Buffer, start: number): Promise<Bytes> {
  let done = 0;
  while (done < octets.length) {
    const { bytesRead } = await read(file, octets, done, octets.length - done, start + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return octets.subarray(0, done);
}
