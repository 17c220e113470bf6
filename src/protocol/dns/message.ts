// DNS messages: questions out, answers in. Knows RFC 1035 §4 and EDNS (RFC 6891); knows no socket and no cache.
import { allocateBytes, hexFromBytes, latin1FromBytes, writeLatin1, type Bytes } from '../../base/bytes.ts';
import { SyntaxTrouble } from '../../base/trouble.ts';
import type { RecordData, RecordType } from './contract.ts';

/** IANA DNS parameters, RR types. */
export const typeNumbers: Readonly<Record<RecordType, number>> = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  TLSA: 52,
};
const typeNames = new Map(Object.entries(typeNumbers).map(([name, number]) => [number, name as RecordType]));
const OPT = 41;
const IN = 1;
/** RFC 9715 §3: answers above this come by TCP. */
const udpSize = 1232;
/** More records than any honest answer has. */
const recordMax = 1000;

export interface Question {
  readonly id: number;
  readonly name: string;
  readonly type: RecordType;
}

export type Record_ = {
  [T in RecordType]: { readonly name: string; readonly type: T; readonly ttl: number; readonly data: RecordData[T] };
}[RecordType];

export interface Message {
  readonly id: number;
  readonly isResponse: boolean;
  readonly truncated: boolean;
  /** RFC 4035 §3.2.3. */
  readonly authentic: boolean;
  readonly responseCode: number;
  readonly question: { readonly name: string; readonly type: number } | null;
  /** Records of types we know. */
  readonly answers: readonly Record_[];
  readonly authorities: readonly Record_[];
}

/** Labels of a host name, checked. @throws SyntaxTrouble (empty or long labels, NUL, more than 253 octets). */
function labelsOf(name: string): string[] {
  const plain = name.endsWith('.') ? name.slice(0, -1) : name;
  if (plain === '') return [];
  if (plain.length > 253) throw new SyntaxTrouble(`host name too long: ${plain.slice(0, 40)}…`);
  const labels = plain.split('.');
  for (const label of labels)
    if (label.length === 0 || label.length > 63 || !/^[\x21-\x7e]+$/.test(label))
      throw new SyntaxTrouble(`not a host name: ${JSON.stringify(plain.slice(0, 80))}`);
  return labels;
}

/** Recursion desired, AD wanted (RFC 6840 §5.7), EDNS with the DO bit so that a validating resolver says what it knows. */
export function formatQuestion(question: Question): Bytes {
  const labels = labelsOf(question.name);
  const bytes = allocateBytes(12 + labels.reduce((sum, label) => sum + label.length + 1, 1) + 4 + 11).fill(0);
  bytes[0] = question.id >> 8;
  bytes[1] = question.id & 255;
  bytes[2] = 0x01;
  bytes[3] = 0x20;
  bytes[5] = 1;
  bytes[11] = 1;
  let at = 12;
  for (const label of labels) {
    bytes[at++] = label.length;
    at += writeLatin1(bytes, label, at);
  }
  at++;
  bytes[at + 1] = typeNumbers[question.type];
  bytes[at + 3] = IN;
  at += 4;
  bytes[at + 2] = OPT;
  bytes[at + 3] = udpSize >> 8;
  bytes[at + 4] = udpSize & 255;
  bytes[at + 7] = 0x80;
  return bytes;
}

/** @throws SyntaxTrouble for anything that is not a whole, well-formed message. */
export function parseMessage(bytes: Bytes): Message {
  const reader = new Reader(bytes);
  const id = reader.uint16();
  const flags = reader.uint16();
  const counts = [reader.uint16(), reader.uint16(), reader.uint16(), reader.uint16()] as const;
  if (counts[0] > 1 || counts[1] + counts[2] + counts[3] > recordMax) throw new SyntaxTrouble('too many records');
  const question = counts[0] === 1 ? { name: reader.name(), type: reader.uint16() } : null;
  if (question) reader.uint16();
  const truncated = (flags & 0x0200) !== 0;
  const section = (count: number): Record_[] => {
    const records: Record_[] = [];
    for (let i = 0; i < count; i++) {
      const record = reader.record();
      if (record) records.push(record);
    }
    return records;
  };
  // A truncated answer may end anywhere: it is asked for again by TCP.
  const answers = truncated ? [] : section(counts[1]);
  const authorities = truncated ? [] : section(counts[2]);
  return {
    id,
    isResponse: (flags & 0x8000) !== 0,
    truncated,
    authentic: (flags & 0x0020) !== 0,
    responseCode: flags & 15,
    question,
    answers,
    authorities,
  };
}

class Reader {
  readonly #bytes: Bytes;
  #at = 0;

  constructor(bytes: Bytes) {
    this.#bytes = bytes;
  }

  #need(octets: number, from = this.#at): void {
    if (from + octets > this.#bytes.length) throw new SyntaxTrouble('message ends early', from);
  }

  uint16(): number {
    this.#need(2);
    const value = (this.#bytes[this.#at]! << 8) | this.#bytes[this.#at + 1]!;
    this.#at += 2;
    return value;
  }

  uint32(): number {
    return this.uint16() * 65_536 + this.uint16();
  }

  /** RFC 1035 §4.1.4. Pointers only lead back, so that they cannot loop. A dot or backslash inside a label is written with a backslash. */
  name(): string {
    const labels: string[] = [];
    let at = this.#at;
    let end = -1;
    let before = at;
    for (let length = 0; ;) {
      this.#need(1, at);
      const size = this.#bytes[at]!;
      if (size === 0) {
        if (end < 0) end = at + 1;
        break;
      }
      if ((size & 0xc0) === 0xc0) {
        this.#need(2, at);
        const target = ((size & 0x3f) << 8) | this.#bytes[at + 1]!;
        if (target >= before) throw new SyntaxTrouble('a name points forward', at);
        if (end < 0) end = at + 2;
        at = before = target;
        continue;
      }
      if ((size & 0xc0) !== 0) throw new SyntaxTrouble('unknown kind of label', at);
      this.#need(size + 1, at);
      length += size + 1;
      if (length > 255) throw new SyntaxTrouble('name too long', at);
      labels.push(latin1FromBytes(this.#bytes, at + 1, at + 1 + size).replace(/[.\\]/g, '\\$&'));
      at += size + 1;
    }
    this.#at = end;
    return labels.join('.');
  }

  record(): Record_ | null {
    const name = this.name();
    const number = this.uint16();
    const zone = this.uint16();
    // RFC 2181 §8: a TTL with the highest bit set is zero.
    const seconds = this.uint32();
    const ttl = seconds >= 0x8000_0000 ? 0 : seconds;
    const length = this.uint16();
    this.#need(length);
    const end = this.#at + length;
    const type = typeNames.get(number);
    const record = type && zone === IN ? ({ name, type, ttl, data: this.#data(type, end) } as Record_) : null;
    this.#at = end;
    return record;
  }

  #data(type: RecordType, end: number): RecordData[RecordType] {
    switch (type) {
      case 'A':
        if (end - this.#at !== 4) throw new SyntaxTrouble('A record of the wrong size', this.#at);
        return { address: Array.from(this.#bytes.subarray(this.#at, end)).join('.') };
      case 'AAAA':
        if (end - this.#at !== 16) throw new SyntaxTrouble('AAAA record of the wrong size', this.#at);
        return { address: formatIpv6(this.#bytes.subarray(this.#at, end)) };
      case 'MX':
        return { preference: this.uint16(), exchange: this.name() };
      case 'SRV':
        return { priority: this.uint16(), weight: this.uint16(), port: this.uint16(), target: this.name() };
      case 'CNAME':
      case 'PTR':
      case 'NS':
        return { target: this.name() };
      case 'SOA': {
        const primary = this.name();
        this.name();
        for (let i = 0; i < 4; i++) this.uint32();
        return { primary, minimum: this.uint32() };
      }
      case 'TXT': {
        let text = '';
        while (this.#at < end) {
          const size = this.#bytes[this.#at]!;
          if (this.#at + 1 + size > end) throw new SyntaxTrouble('TXT string beyond its record', this.#at);
          text += latin1FromBytes(this.#bytes, this.#at + 1, this.#at + 1 + size);
          this.#at += 1 + size;
        }
        return { text };
      }
      case 'TLSA': {
        if (end - this.#at < 3) throw new SyntaxTrouble('TLSA record too short', this.#at);
        const [usage = 0, selector = 0, matching = 0] = this.#bytes.subarray(this.#at, this.#at + 3);
        return { usage, selector, matching, data: hexFromBytes(this.#bytes.subarray(this.#at + 3, end)) };
      }
    }
  }
}

/** RFC 5952 §4: lower case, no leading zeros, the longest run of zero groups (the first of equals, two at least) as `::`. */
export function formatIpv6(bytes: Bytes): string {
  const groups: number[] = [];
  for (let at = 0; at < 16; at += 2) groups.push((bytes[at]! << 8) | bytes[at + 1]!);
  let bestAt = -1;
  let bestLength = 1;
  for (let at = 0; at < 8; at++) {
    let length = 0;
    while (at + length < 8 && groups[at + length] === 0) length++;
    if (length > bestLength) [bestAt, bestLength] = [at, length];
    if (length > 0) at += length - 1;
  }
  const text = (from: number, to: number) =>
    groups
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(':');
  return bestAt < 0 ? text(0, 8) : `${text(0, bestAt)}::${text(bestAt + bestLength, 8)}`;
}
