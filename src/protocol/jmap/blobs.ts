// What is behind a blob id (RFC 8620 §6): a letter, an upload, or a part of one, decoded. Knows stores and how parts are counted; knows no method and
// no HTTP. Large parts are decoded piece by piece: what is held is bounded, whatever the letter.
import { concatBytes, noBytes, type Bytes } from '../../base/bytes.ts';
import { Refusal } from '../../base/trouble.ts';
import { findPart, parseParts, type FoundPart, type PartRange } from '../../message/mime/parts.ts';
import { parseTree } from '../../message/mime/tree.ts';
import { fileName } from '../../message/text.ts';
import { decodeTransfer } from '../../message/transfer.ts';
import { openTransferDecoder } from '../../message/transfer-stream.ts';
import type { AccountId, LetterBytes, MailStore } from '../../store/contract.ts';
import type { Blobs, BlobSource } from './contract.ts';
import { parseBlobId, type BlobName } from './ids.ts';

/** Encoded octets of a part that is decoded at once and held as long as somebody reads it. */
const wholeMax = 1024 * 1024;
const pieceOctets = 256 * 1024;
/** Header of one part that is looked at for its type and name. */
const headerMax = 64 * 1024;
/** Things once found out by reading all of a part or an upload, kept for the next who asks. */
const keptMax = 200;

export type BlobStore = Pick<MailStore, 'openLetter' | 'readFacts' | 'uploads'>;

export function openBlobs(store: BlobStore): Blobs {
  /** Decoded sizes of large parts: letters and uploads never change. */
  const sizes = new Kept<number>();
  /** Part trees of uploads: a letter's is stored with it. */
  const trees = new Kept<PartRange>();

  async function openWhole(account: AccountId, blob: BlobName): Promise<LetterBytes | null> {
    try {
      return await (blob.of === 'letter' ? store.openLetter(account, blob.number) : store.uploads.open(account, blob.number));
    } catch (trouble) {
      if (trouble instanceof Refusal && trouble.code === 'nonexistent') return null;
      throw trouble;
    }
  }

  async function treeOf(account: AccountId, blob: BlobName, whole: LetterBytes): Promise<PartRange | null> {
    if (blob.of === 'letter') {
      const { parts } = await store.readFacts(account, [blob.number], ['parts']);
      return parts[0] === undefined ? null : parseParts(parts[0]);
    }
    const key = `${account} ${blob.number}`;
    const known = trees.get(key);
    if (known !== undefined) return known;
    return trees.put(key, rangeOf(parseTree(await whole.read(0, whole.length))));
  }

  return {
    async find({ account }, blobId) {
      const blob = parseBlobId(blobId);
      if (blob === null) return null;
      const whole = await openWhole(account, blob);
      if (whole === null) return null;
      if (blob.path === null) {
        const upload = blob.of === 'upload' ? await store.uploads.find(account, blob.number) : null;
        return wholeSource(whole, blob.of === 'letter' ? 'message/rfc822' : (upload?.type ?? 'application/octet-stream'));
      }
      const tree = await treeOf(account, blob, whole);
      const part = tree === null ? null : findPart(tree, blob.path);
      return part === null ? null : partSource(whole, part, sizes, `${account} ${blobId}`);
    },
  };
}

function wholeSource(whole: LetterBytes, type: string): BlobSource {
  return { size: whole.length, type, name: '', read: async (start, end) => whole.read(start, end) };
}

async function partSource(whole: LetterBytes, part: FoundPart, sizes: Kept<number>, key: string): Promise<BlobSource> {
  const about = { type: `${part.type}/${part.subtype}`, name: await nameOf(whole, part) };
  const { bodyStart, bodyEnd } = part;
  const length = bodyEnd - bodyStart;
  if (part.encoding !== 'base64' && part.encoding !== 'quoted-printable') {
    return {
      ...about,
      size: length,
      read: async (start, end) => whole.read(bodyStart + clamp(start, length), bodyStart + clamp(end, length)),
    };
  }
  if (length <= wholeMax) {
    const decoded = decodeTransfer(part.encoding, await whole.read(bodyStart, bodyEnd));
    return { ...about, size: decoded.length, read: async (start, end) => decoded.subarray(start, end) };
  }
  const reader = new PartReader(whole, part);
  const size = sizes.get(key) ?? sizes.put(key, await reader.measure());
  return { ...about, size, read: (start, end) => reader.read(clamp(start, size), clamp(end, size)) };
}

function clamp(at: number, length: number): number {
  return Math.min(Math.max(0, at), length);
}

/** By the part's own header, which says it as it was sent. */
async function nameOf(whole: LetterBytes, part: FoundPart): Promise<string> {
  const end = Math.min(part.mimeEnd, part.mimeStart + headerMax);
  if (end <= part.mimeStart) return '';
  return fileName(parseTree(await whole.read(part.mimeStart, end))) ?? '';
}

/** Reads a large encoded part from front to back; who goes back begins again. */
class PartReader {
  readonly #whole: LetterBytes;
  readonly #part: FoundPart;
  #decoder;
  /** Where the next piece begins in the letter. */
  #next: number;
  /** Decoded octets before `#ready`. */
  #passed = 0;
  #ready = noBytes();
  #ended = false;

  constructor(whole: LetterBytes, part: FoundPart) {
    this.#whole = whole;
    this.#part = part;
    this.#decoder = openTransferDecoder(part.encoding);
    this.#next = part.bodyStart;
  }

  async measure(): Promise<number> {
    this.#begin();
    while (await this.#advance());
    const size = this.#passed + this.#ready.length;
    this.#begin();
    return size;
  }

  async read(start: number, end: number): Promise<Bytes> {
    if (start < this.#passed) this.#begin();
    const pieces: Bytes[] = [];
    for (let at = start; at < end;) {
      const from = at - this.#passed;
      if (from < this.#ready.length) {
        const piece = this.#ready.subarray(from, end - this.#passed);
        pieces.push(piece);
        at += piece.length;
        // oxlint-disable-next-line no-await-in-loop -- one piece after another
      } else if (!(await this.#advance())) break;
    }
    return pieces.length === 0 ? noBytes() : concatBytes(pieces);
  }

  #begin(): void {
    this.#decoder = openTransferDecoder(this.#part.encoding);
    this.#next = this.#part.bodyStart;
    this.#passed = 0;
    this.#ready = noBytes();
    this.#ended = false;
  }

  /** Decodes the next piece; false at the end. */
  async #advance(): Promise<boolean> {
    if (this.#ended) return false;
    const end = Math.min(this.#part.bodyEnd, this.#next + pieceOctets);
    const encoded = end > this.#next ? await this.#whole.read(this.#next, end) : noBytes();
    this.#passed += this.#ready.length;
    this.#next = end;
    this.#ended = encoded.length === 0;
    this.#ready = this.#ended ? this.#decoder.end() : this.#decoder.add(encoded);
    return true;
  }
}

/** Only what finding needs: a whole tree holds the letter's octets. */
function rangeOf(part: PartRange): PartRange {
  const { headerStart, bodyStart, bodyEnd, type, subtype, encoding, charset, children } = part;
  return { headerStart, bodyStart, bodyEnd, type, subtype, encoding, charset, children: children.map(rangeOf) };
}

/** The last few things by name. */
class Kept<T> {
  readonly #map = new Map<string, T>();

  get(key: string): T | undefined {
    return this.#map.get(key);
  }

  put(key: string, value: T): T {
    this.#map.set(key, value);
    if (this.#map.size > keptMax) this.#map.delete(this.#map.keys().next().value!);
    return value;
  }
}
