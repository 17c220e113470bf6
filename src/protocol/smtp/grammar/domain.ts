// Domains and address literals as they stand in SMTP (RFC 5321 §4.1.2, §4.1.3; RFC 6531 §3.3), and their ASCII form.
// Knows the grammar and the web's IDNA mapping (`URL`); knows no path and no command.
import { bytesFromUtf8 } from '../../../base/bytes.ts';

/** RFC 5321 §4.5.3.1.2, octets. */
export const maxDomain = 255;
/** RFC 1035 §2.3.4, octets. */
const maxLabel = 63;

const HYPHEN = 45;
const DOT = 46;

/**
 * RFC 5321 §4.1.2 (Domain), RFC 6531 §3.3 (sub-domain =/ U-label). Without a trailing dot.
 * Liberal: `_` in a label, as names of Windows computers and some real hosts have it.
 */
export function isDomain(text: string): boolean {
  if (text.length === 0 || text.length > maxDomain) return false;
  let start = 0;
  let ascii = true;
  for (let at = 0; at <= text.length; at++) {
    const code = at === text.length ? DOT : text.charCodeAt(at);
    if (code === DOT) {
      const length = at - start;
      if (length === 0 || length > maxLabel || text.charCodeAt(start) === HYPHEN || text.charCodeAt(at - 1) === HYPHEN) return false;
      start = at + 1;
    } else if (code > 127) ascii = false;
    else if (!isLetterOrDigit(code) && code !== HYPHEN && code !== 95) return false;
  }
  return ascii || (bytesFromUtf8(text).length <= maxDomain && toAsciiDomain(text) !== null);
}

function isLetterOrDigit(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || (code >= 48 && code <= 57);
}

/**
 * RFC 5890 §2.3.2.1: the domain with A-labels, lower case; null when it has none. For ASCII only the case changes.
 * RFC 6531 §3.7.1: domains are compared in this form.
 */
export function toAsciiDomain(domain: string): string | null {
  if (/^[\x21-\x7e]*$/.test(domain)) return domain.toLowerCase();
  // Full-width digits and dots are mapped to ASCII ones: a result that has become an IPv4 address is no domain.
  if (/[\s/?#@:\\%[\]]/.test(domain) || !URL.canParse(`http://${domain}`)) return null;
  const name = new URL(`http://${domain}`).hostname;
  return /^[a-z0-9_.-]+$/.test(name) && !isIpv4(name) && name.length <= maxDomain && !name.endsWith('.') ? name : null;
}

/** RFC 5321 §4.1.3 (address-literal), with its brackets. Strict: no General-address-literal, since no tag but IPv6 was ever registered. */
export function isAddressLiteral(text: string): boolean {
  if (!text.startsWith('[') || !text.endsWith(']')) return false;
  const inner = text.slice(1, -1);
  return /^ipv6:/i.test(inner) ? isIpv6(inner.slice(5)) : isIpv4(inner);
}

/** The address inside a literal, as sockets want it; null when it is none. */
export function addressOfLiteral(text: string): string | null {
  if (!isAddressLiteral(text)) return null;
  return /^\[ipv6:/i.test(text) ? text.slice(6, -1) : text.slice(1, -1);
}

/** Writes an IP address as a literal. */
export function formatAddressLiteral(address: string): string {
  return address.includes(':') ? `[IPv6:${address}]` : `[${address}]`;
}

/**
 * The argument of EHLO and HELO: RFC 5321 §4.1.1.1.
 * Liberal: an untagged IPv6 literal, a scope id behind an address, and any one word of visible characters that cannot be
 * mistaken for a comment or an address, since apps send the computer's name (Outlook, iOS, Android).
 */
export function isHelloName(text: string): boolean {
  if (text.length === 0 || text.length > maxDomain) return false;
  if (!text.startsWith('[')) return /^[^\x00-\x20\x7f()<>@,;:\\"[\]]+$/.test(text);
  if (isAddressLiteral(text)) return true;
  const inner = text.endsWith(']') ? text.slice(1, -1).replace(/^ipv6:/i, '') : '';
  return isIpv6(inner.replace(/%[A-Za-z0-9._-]{1,16}$/, ''));
}

/** RFC 5321 §4.1.3 (IPv4-address-literal). Strict: no leading zeros, which some read as octal. */
export function isIpv4(text: string): boolean {
  const parts = text.split('.', 5);
  return parts.length === 4 && parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255);
}

/** RFC 5321 §4.1.3 (IPv6-addr), RFC 4291 §2.2. */
export function isIpv6(text: string): boolean {
  if (text.length < 2 || text.length > 45) return false;
  const halves = text.split('::', 3);
  if (halves.length > 2) return false;
  let groups = 0;
  for (const [index, half] of halves.entries()) {
    if (half === '') continue;
    const parts = half.split(':');
    for (const [place, part] of parts.entries()) {
      const last = index === halves.length - 1 && place === parts.length - 1;
      if (last && isIpv4(part)) groups += 2;
      else if (/^[0-9a-f]{1,4}$/i.test(part)) groups++;
      else return false;
    }
  }
  return halves.length === 2 ? groups <= 7 : groups === 8;
}
