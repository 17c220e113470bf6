// RFC 8949 CBOR, as far as WebAuthn has it: the forms of CTAP2's canonical encoding (integers, octet strings, texts, arrays, maps, booleans,
// null), definite lengths only. Reads; nothing here is ever written.
import { utf8FromBytes, type Bytes } from '../../base/bytes.ts';
import { SyntaxTrouble } from '../../base/trouble.ts';

export type Cbor = number | string | boolean | null | Bytes | readonly Cbor[] | ReadonlyMap<number | string, Cbor>;

/** CTAP2 §6: messages nest four deep at most. */
const deepest = 8;
const mostEntries = 256;

/** One item from `start`, and where it ends. @throws SyntaxTrouble. */
export function parseCbor(bytes: Bytes, start = 0): { readonly value: Cbor; readonly end: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = start;

  function wrong(what: string): SyntaxTrouble {
    return new SyntaxTrouble(`CBOR: ${what}`, at);
  }

  function take(length: number): number {
    if (length > bytes.length - at) throw wrong('ends in the middle');
    at += length;
    return at - length;
  }

  function argument(more: number): number {
    if (more < 24) return more;
    if (more === 24) return view.getUint8(take(1));
    if (more === 25) return view.getUint16(take(2));
    if (more === 26) return view.getUint32(take(4));
    if (more === 27) {
      const number = view.getBigUint64(take(8));
      if (number <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(number);
    }
    throw wrong('a length or number that is not read here');
  }

  function item(depth: number): Cbor {
    if (depth > deepest) throw wrong('too deep');
    const first = view.getUint8(take(1));
    const [major, more] = [first >> 5, first & 31];
    switch (major) {
      case 0:
        return argument(more);
      case 1:
        return -1 - argument(more);
      case 2: {
        const length = argument(more);
        return bytes.slice(take(length), at);
      }
      case 3: {
        const length = argument(more);
        const from = take(length);
        return utf8FromBytes(bytes, from, at);
      }
      case 4: {
        const count = entries(more);
        return Array.from({ length: count }, () => item(depth + 1));
      }
      case 5: {
        const map = new Map<number | string, Cbor>();
        for (let left = entries(more); left > 0; left--) {
          const key = item(depth + 1);
          if (typeof key !== 'number' && typeof key !== 'string') throw wrong('a key that is neither number nor text');
          if (map.has(key)) throw wrong('a key that stands twice');
          map.set(key, item(depth + 1));
        }
        return map;
      }
      case 7:
        if (more === 20 || more === 21) return more === 21;
        if (more === 22) return null;
    }
    throw wrong(`the form ${first} is not read here`);
  }

  function entries(more: number): number {
    const count = argument(more);
    if (count > mostEntries) throw wrong('too many entries');
    return count;
  }

  return { value: item(0), end: at };
}
