// Texts of a search program in their charset (RFC 9051 §6.4.4, CHARSET). Knows which charsets there are by asking message/charset.
import { utf8FromBytes, type Bytes } from '../../../base/bytes.ts';
import { Refusal, SyntaxTrouble } from '../../../base/trouble.ts';
import { decodeText, isKnownCharset } from '../../../message/charset/decode.ts';
import type { Enabled } from '../context.ts';

/**
 * The way to read the program's texts. Without CHARSET they are UTF-8, which rev2 says and rev1 leaves open.
 * @throws Refusal `bad-charset`; SyntaxTrouble under UTF8=ACCEPT, which forbids CHARSET (RFC 6855 §3)
 */
export function textDecoder(charset: string | null, enabled: Enabled): (text: Bytes) => string {
  // Liberal: naming UTF-8 changes nothing, and apps that have one code for all servers name it always.
  if (charset === null || charset === 'UTF-8' || charset === 'US-ASCII') return (text) => utf8FromBytes(text);
  if (enabled.utf8) throw new SyntaxTrouble('after ENABLE UTF8=ACCEPT a search is in UTF-8');
  if (!isKnownCharset(charset)) throw new Refusal('bad-charset', `The charset ${charset.slice(0, 40)} is not known`);
  return (text) => decodeText(charset, text);
}
