// From octets and the name of a charset to text, as mail has them.
// Knows names, aliases and what to do with wrong ones; the sets themselves are TextDecoder's or stand in the files beside it.
//
// Rules: an unknown or missing name, and `us-ascii` with 8-bit octets, is a guess: UTF-8 when it is valid UTF-8, ISO-2022-JP when its escapes are
// there, EUC-JP or Shift_JIS when hiragana shows it, else windows-1252 (RFC 2045 §5.2 leaves it open). A name is never used for anything else.
import { latin1FromBytes, utf8FromBytes, type Bytes } from '../../base/bytes.ts';
import { maxToken } from '../limits.ts';
import { decodeHz, decodeIso2022Jp, decodeShifted } from './iso-2022.ts';
import { decodeSingleByte, isSingleByteSet } from './single-byte.ts';
import { decodeKorean, decodeUtf32, decodeUtf7 } from './unicode-forms.ts';

/** Names met in mail that neither IANA nor the Encoding Standard gives to TextDecoder, lower case, `_` as `-`. */
const aliases: Readonly<Record<string, string>> = {
  'ansi-x3.4-1968': 'us-ascii',
  'iso-646-us': 'us-ascii',
  '646': 'us-ascii',
  us: 'us-ascii',
  ascii: 'us-ascii',
  'us-ascii-1': 'us-ascii',
  '7bit': 'us-ascii',
  '8bit': 'unknown-8bit',
  'x-unknown': 'unknown-8bit',
  unknown: 'unknown-8bit',
  default: 'unknown-8bit',
  utf8mb4: 'utf-8',
  'utf-8-mac': 'utf-8',
  cp65001: 'utf-8',
  'unicode-1-1-utf-7': 'utf-7',
  utf7: 'utf-7',
  'x-unicode-2-0-utf-7': 'utf-7',
  utf16: 'utf-16',
  ucs2: 'utf-16be',
  'ucs-2': 'utf-16be',
  'iso-10646-ucs-2': 'utf-16be',
  utf32: 'utf-32',
  'ucs-4': 'utf-32',
  cp932: 'shift_jis',
  'x-ms-cp932': 'shift_jis',
  'windows-932': 'shift_jis',
  'shift-jisx0213': 'shift_jis',
  'shift-jis-2004': 'shift_jis',
  ibm943: 'shift_jis',
  eucjp: 'euc-jp',
  ujis: 'euc-jp',
  cp51932: 'euc-jp',
  'eucjp-ms': 'euc-jp',
  'eucjp-win': 'euc-jp',
  'euc-jisx0213': 'euc-jp',
  'euc-jis-2004': 'euc-jp',
  jis: 'iso-2022-jp',
  cp50220: 'iso-2022-jp',
  cp50221: 'iso-2022-jp',
  cp50222: 'iso-2022-jp',
  cp949: 'windows-949',
  uhc: 'windows-949',
  'euc-kr': 'windows-949',
  euckr: 'windows-949',
  'ks-c-5601-1987': 'windows-949',
  'ks-c-5601-1989': 'windows-949',
  ksc5601: 'windows-949',
  'ksc-5601': 'windows-949',
  korean: 'windows-949',
  'x-windows-949': 'windows-949',
  cp936: 'gbk',
  ms936: 'gbk',
  'windows-936': 'gbk',
  euccn: 'gbk',
  'euc-cn': 'gbk',
  'gb2312-80': 'gbk',
  hz: 'hz-gb-2312',
  cp950: 'big5',
  ms950: 'big5',
  'windows-950': 'big5',
  'big5-eten': 'big5',
  'big-5': 'big5',
  macroman: 'macintosh',
  'x-macroman': 'macintosh',
  'x-mac-ukrainian': 'x-mac-cyrillic',
  latin9: 'iso-8859-15',
  'latin-9': 'iso-8859-15',
  'latin-1': 'iso-8859-1',
  'windows-1252http-equivcontent-type': 'windows-1252',
  ibm437: 'cp437',
  ibm850: 'cp850',
  ibm852: 'cp852',
  ibm00858: 'cp858',
  cp00858: 'cp858',
  ibm865: 'cp865',
  ibm775: 'cp775',
  ibm857: 'cp857',
  ibm862: 'cp862',
  cp20127: 'us-ascii',
  cp28591: 'iso-8859-1',
};

/** Lower-case name by which this module knows a charset; empty when it is no name at all. */
function charsetName(label: string): string {
  let name = label.length > maxToken ? '' : label.trim().toLowerCase();
  // RFC 2231 §5: a language may stand behind the name.
  const star = name.indexOf('*');
  if (star >= 0) name = name.slice(0, star);
  const key = name.replaceAll('_', '-');
  if (aliases[key] !== undefined && Object.hasOwn(aliases, key)) return aliases[key];
  if (/^(?:win|windows|cp)-?125[0-8]$/.test(key)) return `windows-${key.slice(-4)}`;
  const iso = /^(?:iso|cp)?-?8859-(\d{1,2})(?:-[ie])?$/.exec(key) ?? /^iso8859(\d{1,2})$/.exec(key);
  if (iso !== null) return `iso-8859-${iso[1]}`;
  return key === 'shift-jis' ? 'shift_jis' : name;
}

const decoders = new Map<string, TextDecoder | null>();
/** More names than TextDecoder has are never kept: whoever writes letters may invent them. */
const maxDecoders = 400;

function decoderOf(name: string): TextDecoder | null {
  let decoder = decoders.get(name);
  if (decoder === undefined) {
    try {
      decoder = new TextDecoder(name);
    } catch {
      decoder = null;
    }
    if (decoders.size < maxDecoders) decoders.set(name, decoder);
  }
  return decoder;
}

/** True when octets in a charset of this name can be turned into text without guessing. */
export function isKnownCharset(label: string): boolean {
  const name = charsetName(label);
  return name === 'us-ascii' || ownDecoder(name) !== null || (name !== '' && decoderOf(name) !== null);
}

function ownDecoder(name: string): ((bytes: Bytes) => string) | null {
  if (name === 'utf-7') return decodeUtf7;
  if (name === 'windows-949') return decodeKorean;
  if (name === 'hz-gb-2312') return decodeHz;
  if (name === 'iso-2022-kr') return (bytes) => decodeShifted(bytes, true);
  if (name === 'iso-2022-cn' || name === 'iso-2022-cn-ext') return (bytes) => decodeShifted(bytes, false);
  if (name.startsWith('iso-2022-jp') || name === 'csiso2022jp') return decodeIso2022Jp;
  if (name === 'utf-32' || name === 'utf-32be') return (bytes) => decodeUtf32(bytes, false);
  if (name === 'utf-32le') return (bytes) => decodeUtf32(bytes, true);
  if (name === 'utf-16') return decodeUtf16;
  if (isSingleByteSet(name)) return (bytes) => decodeSingleByte(name, bytes);
  return null;
}

/** RFC 2781 §4.3: by its mark; without one big end first, unless every second octet says the opposite. */
function decodeUtf16(bytes: Bytes): string {
  const marked = bytes[0] === 0xff && bytes[1] === 0xfe;
  const little = marked || (bytes[0] !== 0xfe && bytes[0] !== 0 && bytes[1] === 0);
  return decoderOf(little ? 'utf-16le' : 'utf-16be')!.decode(bytes);
}

/** Text of octets that claim to be in `charset`. Malformed sequences become U+FFFD; a byte order mark is dropped. Never throws. */
export function decodeText(charset: string, bytes: Bytes): string {
  const name = charsetName(charset);
  if (name === 'utf-8' || name === 'utf8') {
    const text = utf8FromBytes(bytes);
    return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  }
  if (name === 'us-ascii' || name === '') return isAscii(bytes) ? asciiOrJapanese(bytes) : guessText(bytes);
  const own = ownDecoder(name);
  if (own !== null) return own(bytes);
  const decoder = decoderOf(name);
  return decoder === null ? guessText(bytes) : decoder.decode(bytes);
}

/** Old Japanese programs send ISO-2022-JP without saying so. */
function asciiOrJapanese(bytes: Bytes): string {
  const text = latin1FromBytes(bytes);
  return text.includes('\x1b$') ? decodeIso2022Jp(bytes) : text;
}

export function isAscii(bytes: Bytes): boolean {
  for (let at = 0; at < bytes.length; at++) if (bytes[at]! > 127) return false;
  return true;
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true });

/** The text when `bytes` are valid UTF-8, else null. */
export function validUtf8(bytes: Bytes): string | null {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return null;
  }
}

/** Text of octets of which nobody says what they are. */
export function guessText(bytes: Bytes): string {
  const utf8 = validUtf8(bytes);
  if (utf8 !== null) return utf8.includes('\x1b$') && isAscii(bytes) ? decodeIso2022Jp(bytes) : utf8;
  // Hiragana are the commonest characters of Japanese: A4 A1–F3 in EUC-JP, 82 9F–F1 in Shift_JIS.
  let euc = 0;
  let shift = 0;
  const sample = Math.min(bytes.length - 1, 20_000);
  for (let at = 0; at < sample; at++) {
    const next = bytes[at + 1]!;
    if (bytes[at] === 0xa4 && next >= 0xa1 && next <= 0xf3) euc++;
    else if (bytes[at] === 0x82 && next >= 0x9f && next <= 0xf1) shift++;
  }
  const label = euc > 1 && euc > shift ? 'euc-jp' : shift > 1 ? 'shift_jis' : 'windows-1252';
  return decoderOf(label)!.decode(bytes);
}

/**
 * Text of a header value with one character per octet: raw UTF-8 (RFC 6532), ISO-2022-JP that nobody encoded, or a guess. `hint` is a charset that
 * the letter names elsewhere; it is tried when the octets are not UTF-8.
 */
export function decodeRawHeader(value: string, hint = ''): string {
  const eightBit = /[\x80-\xff]/.test(value);
  if (!eightBit && !value.includes('\x1b')) return value;
  const bytes = Uint8Array.from(value, (character) => character.charCodeAt(0));
  if (!eightBit) return asciiOrJapanese(bytes);
  const utf8 = validUtf8(bytes);
  if (utf8 !== null) return utf8;
  if (hint !== '' && charsetName(hint) !== 'utf-8' && isKnownCharset(hint)) {
    const text = decodeText(hint, bytes);
    if (!text.includes('\ufffd')) return text;
  }
  return guessText(bytes);
}
