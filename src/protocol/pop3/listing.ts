// What lies in a maildrop, as LIST and UIDL tell it: packed, so that a million letters cost some tens of megabytes. Knows rows;
// knows no dialogue and no ledger.
import { allocateBytes, latin1FromBytes, writeLatin1, type Bytes } from '../../base/bytes.ts';
import type { MessageNumber } from './command.ts';

/** RFC 1939 §7 says 70; Liberal: some servers hand out longer ones. A longer one than this is as good as none. */
const longestUid = 250;
const absent = 0xffff_ffff;
/** Sizes above are told as this. */
const largest = absent - 1;

export interface MaildropListing {
  /** Letters. */
  readonly count: number;
  readonly highest: MessageNumber;
  /** False when the server knows no UIDL. */
  readonly hasUids: boolean;
  has(number: MessageNumber): boolean;
  /** Octets as the server tells them, which is not always true. */
  sizeOf(number: MessageNumber): number;
  /** RFC 1939 §7 unique-id, one character per octet; null when the server told none. */
  uidOf(number: MessageNumber): string | null;
  /** Message-numbers whose unique-id another one has too: servers exist that break RFC 1939 §7. */
  doubles(): ReadonlySet<MessageNumber>;
}

export class ListingBuilder implements MaildropListing {
  count = 0;
  highest = 0;
  hasUids = false;
  readonly #letters: number;
  readonly #uidOctetsMax: number;
  /** By message-number. */
  #sizes = new Uint32Array(1024).fill(absent);
  #starts = new Uint32Array(1024);
  #lengths = new Uint8Array(1024);
  #uids: Bytes = allocateBytes(16_384);
  #used = 0;

  constructor(limits: { readonly letters: number; readonly uidOctets: number }) {
    this.#letters = limits.letters;
    this.#uidOctetsMax = limits.uidOctets;
  }

  /** A row of LIST (RFC 1939 §5, scan listing). False when it is none, or beyond the limit. A number told twice keeps its first size. */
  addSize(row: string): boolean {
    const match = /^ *(\d{1,10})[ \t]+(\d{1,15})(?:[ \t]|$)/.exec(row);
    if (!match) return false;
    const number = Number(match[1]);
    if (number < 1 || number > this.#letters) return false;
    this.#grow(number);
    if (this.#sizes[number] === absent) this.count++;
    else return true;
    this.#sizes[number] = Math.min(largest, Number(match[2]));
    if (number > this.highest) this.highest = number;
    return true;
  }

  /** A row of UIDL (RFC 1939 §7, unique-id listing). False when it is none, or there is no room. One for a letter that LIST did not name is passed over. */
  addUid(row: string): boolean {
    const match = /^ *(\d{1,10})[ \t]+(\S.*?)[ \t]*$/s.exec(row);
    if (!match) return false;
    const number = Number(match[1]);
    const uid = match[2]!;
    this.hasUids = true;
    if (!this.has(number) || this.#lengths[number] !== 0 || uid.length > longestUid) return true;
    if (this.#used + uid.length > this.#uidOctetsMax) return false;
    if (this.#used + uid.length > this.#uids.length) {
      const more = allocateBytes(this.#uids.length * 2);
      more.set(this.#uids);
      this.#uids = more;
    }
    this.#starts[number] = this.#used;
    this.#lengths[number] = uid.length;
    this.#used += writeLatin1(this.#uids, uid, this.#used);
    return true;
  }

  #grow(number: MessageNumber): void {
    if (number < this.#sizes.length) return;
    const length = Math.min(this.#letters + 1, Math.max(number + 1, this.#sizes.length * 2));
    const sizes = new Uint32Array(length).fill(absent);
    sizes.set(this.#sizes);
    const starts = new Uint32Array(length);
    starts.set(this.#starts);
    const lengths = new Uint8Array(length);
    lengths.set(this.#lengths);
    this.#sizes = sizes;
    this.#starts = starts;
    this.#lengths = lengths;
  }

  has(number: MessageNumber): boolean {
    return number >= 1 && number < this.#sizes.length && this.#sizes[number] !== absent;
  }
  sizeOf(number: MessageNumber): number {
    return this.has(number) ? this.#sizes[number]! : 0;
  }
  uidOf(number: MessageNumber): string | null {
    const length = this.#lengths[number] ?? 0;
    if (length === 0) return null;
    const start = this.#starts[number]!;
    return latin1FromBytes(this.#uids, start, start + length);
  }

  doubles(): ReadonlySet<MessageNumber> {
    // Hash and number in one double each, sorted at once: no string is made for those that stand alone.
    const keys = new Float64Array(this.count);
    let filled = 0;
    for (let number = 1; number <= this.highest; number++)
      if (this.has(number) && this.#lengths[number] !== 0) keys[filled++] = this.#hash(number) * 2 ** 21 + number;
    const sorted = keys.subarray(0, filled).sort();
    const doubles = new Set<MessageNumber>();
    const addDoubles = (numbers: readonly MessageNumber[]): void => {
      const first = new Map<string, MessageNumber>();
      for (const number of numbers) {
        const uid = this.uidOf(number)!;
        const other = first.get(uid);
        if (other === undefined) first.set(uid, number);
        else doubles.add(other).add(number);
      }
    };
    for (let from = 0; from < filled;) {
      const hash = Math.floor(sorted[from]! / 2 ** 21);
      let to = from + 1;
      while (to < filled && Math.floor(sorted[to]! / 2 ** 21) === hash) to++;
      if (to > from + 1) addDoubles([...sorted.subarray(from, to)].map((key) => key % 2 ** 21));
      from = to;
    }
    return doubles;
  }

  /** FNV-1a, 32 bits. */
  #hash(number: MessageNumber): number {
    let hash = 0x811c9dc5;
    const start = this.#starts[number]!;
    for (let at = start; at < start + this.#lengths[number]!; at++) hash = Math.imul(hash ^ this.#uids[at]!, 0x01000193);
    return hash >>> 0;
  }
}
