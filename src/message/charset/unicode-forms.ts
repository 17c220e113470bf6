// UTF-7 (RFC 2152), UTF-32, and the Korean set of Windows (code page 949), none of which TextDecoder has.
// Knows the encodings; knows no label. Nothing throws: what cannot be read becomes U+FFFD.

const base64Values = new Int8Array(128).fill(-1);
for (let index = 0; index < 64; index++)
  base64Values['ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'.charCodeAt(index)] = index;
const PLUS = 43;
const MINUS = 45;

/** RFC 2152: `+` begins UTF-16 in base64, `-` or anything outside the alphabet ends it, `+-` is a plus. */
export function decodeUtf7(bytes: Uint8Array): string {
  let out = '';
  let shifted = false;
  let bits = 0;
  let have = 0;
  for (let at = 0; at < bytes.length; at++) {
    const octet = bytes[at]!;
    if (!shifted) {
      if (octet === PLUS) {
        if (bytes[at + 1] === MINUS) {
          out += '+';
          at++;
        } else {
          shifted = true;
          bits = have = 0;
        }
      } else out += octet < 128 ? String.fromCharCode(octet) : '\ufffd';
      continue;
    }
    const value = octet < 128 ? base64Values[octet]! : -1;
    if (value < 0) {
      shifted = false;
      if (octet !== MINUS) at--;
      continue;
    }
    bits = ((bits << 6) | value) & 0x3fffff;
    have += 6;
    if (have >= 16) {
      have -= 16;
      out += String.fromCharCode((bits >> have) & 0xffff);
    }
  }
  return out.toWellFormed();
}

/** Big end first unless the mark says otherwise or `little`. */
export function decodeUtf32(bytes: Uint8Array, little: boolean): string {
  let out = '';
  for (let at = 0; at + 3 < bytes.length; at += 4) {
    const [a, b, c, d] = [bytes[at]!, bytes[at + 1]!, bytes[at + 2]!, bytes[at + 3]!];
    const code = little ? ((d << 24) | (c << 16) | (b << 8) | a) >>> 0 : ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
    if (at === 0 && code === 0xfffe0000) little = !little;
    else if (code !== 0xfeff || at > 0)
      out += code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff) ? '\ufffd' : String.fromCodePoint(code);
  }
  return out;
}

let hangul: Map<number, number> | undefined;

/**
 * Code page 949 holds KS X 1001 and, at places free in it, the 8,822 Hangul syllables that KS X 1001 lacks, in the order of Unicode: lead octets 0x81
 * to 0xA0 with trails 41–5A, 61–7A, 81–FE, then 0xA1 to 0xC6 with trails up to A0. The table follows from that.
 */
function hangulTable(): Map<number, number> {
  const decoder = new TextDecoder('euc-kr');
  const there = new Set<number>();
  for (let lead = 0xb0; lead <= 0xc8; lead++)
    for (let trail = 0xa1; trail <= 0xfe; trail++) there.add(decoder.decode(Uint8Array.of(lead, trail)).charCodeAt(0));
  const table = new Map<number, number>();
  let code = 0xac00;
  for (let lead = 0x81; lead <= 0xc6; lead++)
    for (let trail = 0x41; trail <= (lead <= 0xa0 ? 0xfe : 0xa0); trail++) {
      if ((trail > 0x5a && trail < 0x61) || (trail > 0x7a && trail < 0x81)) continue;
      while (there.has(code)) code++;
      if (code > 0xd7a3) return table;
      table.set((lead << 8) | trail, code++);
    }
  return table;
}

/** Code page 949, of which EUC-KR is a part. */
export function decodeKorean(bytes: Uint8Array): string {
  const decoder = new TextDecoder('euc-kr');
  let out = '';
  let plainFrom = 0;
  for (let at = 0; at < bytes.length; at++) {
    const lead = bytes[at]!;
    if (lead < 0x81) continue;
    const trail = bytes[at + 1];
    if (trail === undefined) break;
    if (lead > 0xa0 && trail > 0xa0) {
      at++;
      continue;
    }
    const code = (hangul ??= hangulTable()).get((lead << 8) | trail);
    if (code !== undefined) {
      out += decoder.decode(bytes.subarray(plainFrom, at)) + String.fromCharCode(code);
      plainFrom = at + 2;
      at++;
    }
  }
  return plainFrom === 0 ? decoder.decode(bytes) : out + decoder.decode(bytes.subarray(plainFrom));
}
