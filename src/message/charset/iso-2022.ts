// The 7-bit sets of East Asia that switch by escape sequences: ISO-2022-JP and its kin (RFC 1468, 1554, 2237; JIS X 0213), ISO-2022-KR (RFC 1557),
// ISO-2022-CN (RFC 1922) and HZ (RFC 1843).
// Knows the switches; the characters come from the 8-bit form of the same sets, which TextDecoder has. Nothing throws: what no
// table has becomes U+FFFD.

const ESC = 27;
const SHIFT_OUT = 14;
const SHIFT_IN = 15;
const LF = 10;

/** A set that is in use, by how its octets become octets that a TextDecoder reads. */
type CodedSet =
  | 'ascii'
  | 'roman'
  | 'kana'
  | 'jis0208'
  | 'jis0212'
  | 'gb2312'
  | 'ksc5601'
  | 'latin1'
  | 'greek'
  | 'unknown94'
  | 'unknown94x94';

/** Escape sequences of RFC 1468, 1554, 2237 and JIS X 0213, without the ESC; longest first. */
const japaneseSets: readonly (readonly [string, CodedSet])[] = [
  ['$(D', 'jis0212'],
  ['$(C', 'ksc5601'],
  ['$(@', 'jis0208'],
  ['$(B', 'jis0208'],
  ['$(A', 'gb2312'],
  ['$(O', 'jis0208'], // JIS X 0213 plane 1: nearly all that is met is in JIS X 0208 with its NEC and IBM rows
  ['$(Q', 'jis0208'],
  ['$(P', 'unknown94x94'], // JIS X 0213 plane 2
  ['$@', 'jis0208'],
  ['$B', 'jis0208'],
  ['$A', 'gb2312'],
  ['(B', 'ascii'],
  ['(J', 'roman'],
  ['(H', 'roman'],
  ['(I', 'kana'],
];

/** Octets collected for one 8-bit set, decoded together when the set changes. */
class Pieces {
  #out = '';
  #octets: number[] = [];
  #label = '';
  add(label: string, ...octets: number[]): void {
    if (label !== this.#label || this.#octets.length > 8000) this.#flush();
    this.#label = label;
    for (const octet of octets) this.#octets.push(octet);
  }
  text(text: string): void {
    this.#flush();
    this.#out += text;
  }
  #flush(): void {
    if (this.#octets.length > 0) this.#out += decoderOf(this.#label).decode(Uint8Array.from(this.#octets));
    this.#octets = [];
  }
  end(): string {
    this.#flush();
    return this.#out;
  }
}

const decoders = new Map<string, TextDecoder>();
function decoderOf(label: string): TextDecoder {
  let decoder = decoders.get(label);
  if (decoder === undefined) decoders.set(label, (decoder = new TextDecoder(label)));
  return decoder;
}

/** Adds a character of two octets, or of one. */
function addCharacter(pieces: Pieces, set: CodedSet, first: number, second: number): void {
  switch (set) {
    case 'jis0208':
      return pieces.add('euc-jp', first | 128, second | 128);
    case 'jis0212':
      return pieces.add('euc-jp', 0x8f, first | 128, second | 128);
    case 'gb2312':
      return pieces.add('gbk', first | 128, second | 128);
    case 'ksc5601':
      return pieces.add('euc-kr', first | 128, second | 128);
    default:
      return pieces.text('\ufffd');
  }
}

function isDouble(set: CodedSet): boolean {
  return set === 'jis0208' || set === 'jis0212' || set === 'gb2312' || set === 'ksc5601' || set === 'unknown94x94';
}

/**
 * ISO-2022-JP with all its extensions read at once, whatever the label says: programs use NEC characters, half-width kana and JIS X 0212
 * under the plain name. A line end returns to ASCII (RFC 1468 demands it of writers).
 */
export function decodeIso2022Jp(bytes: Uint8Array): string {
  const pieces = new Pieces();
  let set: CodedSet = 'ascii';
  let high: CodedSet = 'latin1';
  let kanaShift = false;
  for (let at = 0; at < bytes.length; at++) {
    const octet = bytes[at]!;
    if (octet === ESC) {
      const found = japaneseSets.find(([sequence]) => startsWith(bytes, at + 1, sequence));
      if (found !== undefined) {
        set = found[1];
        at += found[0].length;
        continue;
      }
      // RFC 1554: ESC . A and ESC . F name the upper half, ESC N takes one character of it.
      if (startsWith(bytes, at + 1, '.A') || startsWith(bytes, at + 1, '.F')) {
        high = bytes[at + 2] === 70 ? 'greek' : 'latin1';
        at += 2;
        continue;
      }
      if (bytes[at + 1] === 78 && at + 2 < bytes.length) {
        pieces.add(high === 'greek' ? 'iso-8859-7' : 'windows-1252', bytes[at + 2]! | 128);
        at += 2;
        continue;
      }
      continue;
    }
    if (octet === SHIFT_OUT || octet === SHIFT_IN) {
      kanaShift = octet === SHIFT_OUT;
      continue;
    }
    if (octet === LF) {
      set = 'ascii';
      kanaShift = false;
    }
    if (octet <= 32 || octet === 127) {
      pieces.add('euc-jp', octet);
      continue;
    }
    if (octet >= 128) {
      // Some programs put EUC or half-width kana between.
      if (octet >= 0xa1 && octet <= 0xdf) pieces.add('euc-jp', 0x8e, octet);
      else pieces.text('\ufffd');
      continue;
    }
    if (kanaShift || set === 'kana') {
      if (octet <= 0x5f) pieces.add('euc-jp', 0x8e, octet | 128);
      else pieces.text('\ufffd');
    } else if (isDouble(set)) {
      const second = bytes[at + 1];
      if (second === undefined || second <= 32 || second >= 127) pieces.text('\ufffd');
      else {
        addCharacter(pieces, set, octet, second);
        at++;
      }
    } else if (set === 'roman' && (octet === 0x5c || octet === 0x7e)) pieces.text(octet === 0x5c ? '¥' : '‾');
    else pieces.add('euc-jp', octet);
  }
  return pieces.end();
}

/** RFC 1557: one designation (ESC $ ) C) at the start, then SO and SI. RFC 1922: the same with GB 2312 (ESC $ ) A); CNS planes become U+FFFD. */
export function decodeShifted(bytes: Uint8Array, korean: boolean): string {
  const pieces = new Pieces();
  let shifted = false;
  let set: CodedSet = korean ? 'ksc5601' : 'gb2312';
  for (let at = 0; at < bytes.length; at++) {
    const octet = bytes[at]!;
    if (octet === ESC) {
      if (startsWith(bytes, at + 1, '$)C')) set = 'ksc5601';
      else if (startsWith(bytes, at + 1, '$)A')) set = 'gb2312';
      else if (startsWith(bytes, at + 1, '$)')) set = 'unknown94x94';
      else if (startsWith(bytes, at + 1, '$*')) {
        at += 3;
        continue;
      } else if (bytes[at + 1] === 78) {
        // Single shift two: one character of CNS plane 2.
        pieces.text('\ufffd');
        at += 3;
        continue;
      } else continue;
      at += 3;
    } else if (octet === SHIFT_OUT) shifted = true;
    else if (octet === SHIFT_IN) shifted = false;
    else if (octet <= 32 || octet >= 127 || !shifted) {
      if (octet === LF && !korean) shifted = false;
      if (octet < 128) pieces.add('ascii', octet);
      else pieces.text('\ufffd');
    } else {
      const second = bytes[at + 1];
      if (second === undefined || second <= 32 || second >= 127) pieces.text('\ufffd');
      else {
        addCharacter(pieces, set, octet, second);
        at++;
      }
    }
  }
  return pieces.end();
}

/** RFC 1843: `~{` to `~}` is GB 2312, `~~` is a tilde, `~` at a line end joins lines. */
export function decodeHz(bytes: Uint8Array): string {
  const pieces = new Pieces();
  let chinese = false;
  for (let at = 0; at < bytes.length; at++) {
    const octet = bytes[at]!;
    const next = bytes[at + 1];
    if (octet === 126 && (next === 123 || next === 125 || next === 126 || next === LF)) {
      if (next === 126) pieces.add('ascii', 126);
      else if (next !== LF) chinese = next === 123;
      at++;
    } else if (octet === LF) {
      chinese = false;
      pieces.add('ascii', LF);
    } else if (chinese && octet > 32 && octet < 127 && next !== undefined && next > 32 && next < 127) {
      addCharacter(pieces, 'gb2312', octet, next);
      at++;
    } else if (octet < 128) pieces.add('ascii', octet);
    else pieces.text('\ufffd');
  }
  return pieces.end();
}

function startsWith(bytes: Uint8Array, at: number, text: string): boolean {
  for (let index = 0; index < text.length; index++) if (bytes[at + index] !== text.charCodeAt(index)) return false;
  return true;
}
