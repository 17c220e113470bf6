// Who a letter in a maildrop is: by its unique-id, by its header, by all its octets. Knows octets and digests; knows no server and no ledger.
//
// Old servers write Status fields into the letters they give out: those say nothing of who the letter is and are left out.
import { allocateBytes, base64FromBytes, findBytes, LF, CR, type Bytes } from '../../base/bytes.ts';
import { runningSha256 } from '../../base/digest.ts';
import { parseDate } from '../../message/header/date.ts';
import { firstField, headerFieldRanges, readHeader } from '../../message/header/fields.ts';
import { parseMessageId } from '../../message/header/message-id.ts';
import type { AccountId } from '../../store/contract.ts';

/** A header longer than this is no help in knowing a letter. */
export const longestHeader = 256 * 1024;

/** Fields that programs change in letters that lie still. */
const restless = new Set([
  'status',
  'x-status',
  'x-keywords',
  'x-uid',
  'x-uidl',
  'x-imap',
  'x-imapbase',
  'x-mozilla-status',
  'x-mozilla-status2',
  'x-mozilla-keys',
]);

/** The key of a ledger row for a letter with a unique-id of its own. */
export function keyOfUid(uid: string): string {
  return `u:${uid}`;
}

/** For a letter without a unique-id, or one that shares it: what its header says, its size, and the how manyth of those that are equal in both. */
export function keyOfHeader(header: string, size: number, nth: number): string {
  return `h:${header}:${size}:${nth}`;
}

/** Where the server has no TOP either: all its octets. */
export function keyOfContent(digest: string, nth: number): string {
  return `w:${digest}:${nth}`;
}

/** `Placement.key`: the same letter under the same name is placed once. The octets stand in it because names are used again by some servers. */
export function placementKey(account: AccountId, key: string, digest: string): string {
  return `out:${account}:pop3:${key}:${digest}`;
}

/** Of the header section in `octets`, with or without what follows. */
export function headerDigest(octets: Bytes): string {
  const hash = runningSha256();
  for (const range of steadyRanges(octets)) hash.add(range);
  return short(hash.end());
}

function steadyRanges(octets: Bytes): Bytes[] {
  return headerFieldRanges(octets).fields.flatMap(({ name, start, end }) => (restless.has(name) ? [] : [octets.subarray(start, end)]));
}

function short(digest: Bytes): string {
  return base64FromBytes(digest.subarray(0, 18)).replaceAll('+', '-').replaceAll('/', '_');
}

export interface SeenLetter {
  readonly length: number;
  /** Empty when the header is too long. */
  readonly header: string;
  readonly digest: string;
  /** The header section's octets, at most `longestHeader`. */
  readonly headerOctets: Bytes;
}

/** Looks at a letter that goes by in pieces. */
export class LetterEye {
  #length = 0;
  #header = allocateBytes(8192);
  #held = 0;
  #hash = runningSha256();
  #facts: { readonly header: string; readonly headerOctets: Bytes } | null = null;

  add(piece: Bytes): void {
    this.#length += piece.length;
    if (this.#facts !== null) return this.#hash.add(piece);
    this.#hold(piece);
    const end = headerEnd(this.#header.subarray(0, this.#held), this.#held - piece.length);
    if (end >= 0 && end <= longestHeader) this.#close(end, true);
    // Cut at one place whatever the pieces: the digest must not depend on them.
    else if (this.#held > longestHeader) this.#close(longestHeader, false);
  }

  end(): SeenLetter {
    if (this.#facts === null) this.#close(this.#held, true);
    return { length: this.#length, ...this.#facts!, digest: short(this.#hash.end()) };
  }

  #hold(piece: Bytes): void {
    if (this.#held + piece.length > this.#header.length) {
      const more = allocateBytes(Math.max(this.#header.length * 2, this.#held + piece.length));
      more.set(this.#header.subarray(0, this.#held));
      this.#header = more;
    }
    this.#header.set(piece, this.#held);
    this.#held += piece.length;
  }

  #close(end: number, known: boolean): void {
    const headerOctets = this.#header.subarray(0, end);
    for (const range of steadyRanges(headerOctets)) this.#hash.add(range);
    // What divides header and body, so that no field can be taken for a line of the body.
    this.#hash.add('\r\n');
    this.#hash.add(this.#header.subarray(end, this.#held));
    this.#facts = { header: known ? headerDigest(headerOctets) : '', headerOctets: headerOctets.slice(0, longestHeader) };
    this.#header = this.#header.subarray(0, 0);
  }
}

/** Behind the empty line of a header section, looked for from `from` on; -1 when it has not come. */
function headerEnd(octets: Bytes, from: number): number {
  if (octets[0] === LF) return 1;
  if (octets[0] === CR && octets[1] === LF) return 2;
  for (let at = findBytes(octets, LF, Math.max(0, from - 2)); at >= 0; at = findBytes(octets, LF, at + 1)) {
    if (octets[at + 1] === LF) return at + 2;
    if (octets[at + 1] === CR && octets[at + 2] === LF) return at + 3;
  }
  return -1;
}

export function seeLetter(octets: Bytes): SeenLetter {
  const eye = new LetterEye();
  eye.add(octets);
  return eye.end();
}

export interface LetterStory {
  /** When the provider took it in, as far as the letter tells: the newest Received field, else Date; never in the future. */
  readonly receivedAt: number;
  /** Without brackets; empty when unknown. */
  readonly reversePath: string;
  readonly from: string;
  readonly messageId: string;
}

const earliest = Date.UTC(1971, 0, 1);

/** What a letter tells of its journey so far. */
export function storyOf(headerOctets: Bytes, now: number): LetterStory {
  const header = readHeader(headerOctets, 0, headerOctets.length);
  const received = firstField(header, 'received');
  const time = [received?.slice(received.lastIndexOf(';') + 1), firstField(header, 'date')]
    .map((text) => (text == null ? null : parseDate(text)))
    .find((time) => time !== null && time >= earliest && time <= now);
  const path = /<([^<>\s]*)>/.exec(firstField(header, 'return-path') ?? '')?.[1] ?? '';
  return {
    receivedAt: time ?? now,
    reversePath: path.length <= 254 ? path : '',
    from: (firstField(header, 'from') ?? '').slice(0, 200),
    messageId: parseMessageId(firstField(header, 'message-id') ?? ''),
  };
}
