// ENVELOPE for a session with UTF8=ACCEPT (RFC 9755 §3; RFC 6855 §3): names, subjects and local parts as UTF-8 in quoted strings, so that an
// internationalized address can be answered as it stands. Knows the ready ASCII text, in which they are encoded words; reads no letter.
import { decodeWords } from '../../../message/header/encoded-word.ts';

/** The same envelope; texts without encoded words are left alone, and so is an envelope with a literal in it, whose octets are counted. */
export function envelopeInUtf8(envelope: string): string {
  if (!envelope.includes('=?') || envelope.includes('}\r\n')) return envelope;
  return envelope.replace(/"(?:[^"\\]|\\.)*"/g, (quoted) => {
    if (!quoted.includes('=?')) return quoted;
    const text = decodeWords(quoted.slice(1, -1).replace(/\\(.)/g, '$1'));
    // An encoded word can hold what no quoted string may (RFC 9051 §9), and what would end the line.
    return `"${text.replace(/[\0-\x1f\x7f]+/g, ' ').replace(/["\\]/g, '\\$&')}"`;
  });
}
