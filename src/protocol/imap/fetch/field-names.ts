// A set of header field names that is asked at an octet of a header: "does one of them stand here?" Knows octets; makes no string, since a FETCH of
// header fields asks it for every line of every letter.
import type { Bytes } from '../../../base/bytes.ts';

const COLON = 58;
const SPACE = 32;
const TAB = 9;

export class FieldNames {
  /** Names as lower-case octets, by their first octet. */
  readonly #byFirst: (Uint8Array[] | undefined)[] = [];

  /** Names are ASCII (grammar/fetch-items.ts). */
  constructor(names: readonly string[]) {
    for (const name of new Set(names.map((one) => one.toLowerCase()))) {
      const octets = Uint8Array.from(name, (letter) => letter.charCodeAt(0));
      (this.#byFirst[octets[0]!] ??= []).push(octets);
    }
  }

  /** Whether a field of one of these names begins at `at`. Liberal: white space before the colon (RFC 5322 §4.5). */
  has(bytes: Bytes, at: number, end: number): boolean {
    const candidates = this.#byFirst[lower(bytes[at]!)];
    if (candidates === undefined) return false;
    for (const name of candidates) {
      if (at + name.length >= end) continue;
      let i = 1;
      while (i < name.length && lower(bytes[at + i]!) === name[i]) i++;
      if (i < name.length) continue;
      let next = at + i;
      while (next < end && (bytes[next] === SPACE || bytes[next] === TAB)) next++;
      if (next < end && bytes[next] === COLON) return true;
    }
    return false;
  }
}

function lower(octet: number): number {
  return octet >= 65 && octet <= 90 ? octet | 32 : octet;
}
