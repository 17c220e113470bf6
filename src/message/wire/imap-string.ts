// Text of a letter as an IMAP string (RFC 9051 §4.3) that every client may get: pure ASCII.
// Knows quoting, literals and NIL; raw 8-bit text becomes encoded words. Knows no field and no structure.
import { decodeRawHeader } from '../charset/decode.ts';
import { encodeText, encodeWord } from '../header/encoded-word.ts';

/** An ASCII text as `string`. RFC 9051 §9: NUL may stand in neither form and goes; CR and LF need a literal. */
export function imapString(text: string): string {
  if (text.includes('\0')) text = text.replaceAll('\0', '');
  if (/[\r\n]/.test(text)) return `{${text.length}}\r\n${text}`;
  if (text.includes('"') || text.includes('\\')) text = text.replace(/["\\]/g, '\\$&');
  return `"${text}"`;
}

/** `nstring` of a raw, unfolded header value (one character per octet). */
export function imapHeaderText(raw: string | null, hint = ''): string {
  return raw === null ? 'NIL' : imapString(isPlain(raw) ? raw : encodeText(decodeRawHeader(raw, hint), true));
}

/** `nstring` of decoded text; encoded words in it stay. */
export function imapText(text: string | null): string {
  return text === null ? 'NIL' : imapString(isPlain(text) ? text : encodeText(text, true));
}

/** A text that must not be divided, such as a local part: one encoded word when it is not ASCII. */
export function imapWhole(text: string | null): string {
  return text === null ? 'NIL' : imapString(isPlain(text) ? text : encodeWord(text));
}

/**
 * A domain: in ASCII letters when it is internationalized (RFC 5890 A-labels), so that an answer reaches it; one encoded word when it cannot be
 * any domain.
 */
export function imapDomain(domain: string): string {
  if (isPlain(domain)) return imapString(domain);
  const url = `http://${domain}/`;
  const host = /[/?#@:\\[\]]/.test(domain) || !URL.canParse(url) ? '' : new URL(url).hostname;
  return host === '' ? imapString(encodeWord(domain)) : imapString(host);
}

/** Nothing that would have to be encoded: no 8-bit character and no escape of ISO-2022. */
function isPlain(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code > 126 || code === 27) return false;
  }
  return true;
}
