// Who answers on a port, told by the first octets. Knows how servers introduce themselves; knows no connection.
import { latin1FromBytes, type Bytes } from '../../base/bytes.ts';

/** `tls`: a TLS record (RFC 8446 §5.1). `ftp`: says 220 as SMTP does, but names itself. */
export type Answering = 'imap' | 'pop3' | 'smtp' | 'http' | 'ssh' | 'ftp' | 'tls' | 'unknown';

/** So many octets are enough to tell. */
export const tellingLength = 512;

const signs: readonly [sign: RegExp, who: Answering][] = [
  // RFC 9051 §7.1: OK, PREAUTH or BYE.
  [/^\* (?:OK|PREAUTH|BYE|NO|BAD)\b/i, 'imap'],
  // RFC 1939 §3.
  [/^(?:\+OK|-ERR)/i, 'pop3'],
  // RFC 4253 §4.2.
  [/^SSH-\d/, 'ssh'],
  // RFC 9112 §4; pages without a status line are from the nineties and from router boxes.
  [/^(?:HTTP\/\d|\s*<(?:!doctype|html))/i, 'http'],
  [/^(?:220|120|421)[ -](?![^\r\n]*\bE?SMTP)[^\r\n]*ftp/i, 'ftp'],
  // RFC 5321 §4.2, §3.1: 220, or 554 and 421 from those who turn away.
  [/^[245]\d\d(?:[ -]|\r?\n|$)/, 'smtp'],
];

export function whoAnswers(octets: Bytes): Answering {
  const text = latin1FromBytes(octets.subarray(0, tellingLength));
  if (/^[\x14-\x17]\x03[\x00-\x04]/.test(text)) return 'tls';
  return signs.find(([sign]) => sign.test(text))?.[1] ?? 'unknown';
}
