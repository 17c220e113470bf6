// What a failed handshake means: from the TLS library's code to a cause, and to the exception that would help.
// Knows codes and words of the library as text; makes no connection.
import type { TlsDemand } from '../../protocol/line/connection.ts';
import type { TlsException } from '../../store/outside-contract.ts';
import { CauseTrouble, type Cause } from './causes.ts';

/** A trouble about the seal. `needs`: what a person would have to allow for this one server; empty when nothing would help. */
export class SealTrouble extends CauseTrouble {
  readonly needs: readonly TlsException[];
  constructor(cause: Cause, message: string, words: string, needs: readonly TlsException[] = [], error?: unknown) {
    super(cause, message, words, error);
    this.needs = needs;
  }
}

/** What is demanded of every server of a provider, for STARTTLS too: a chain to a known authority, the name, the time. */
export function outsideDemand(host: string): TlsDemand {
  return { use: 'always', serverName: host, verify: 'certificate' };
}

/** [sign in the code or in the words, cause, exception that helps]. The first that fits counts. */
const signs: readonly [sign: RegExp, cause: Cause, needs: readonly TlsException[]][] = [
  [/another name than|ERR_TLS_CERT_ALTNAME/, 'certificate-other-name', []],
  [/CERT_HAS_EXPIRED/, 'certificate-expired', []],
  [/CERT_NOT_YET_VALID/, 'certificate-not-yet-valid', []],
  [/DEPTH_ZERO_SELF_SIGNED_CERT/, 'certificate-self-signed', []],
  [/(?:EE|CA|DH)_KEY_TOO_SMALL|key too small|MD_TOO_WEAK|md too weak|BAD_(?:ECC|DH)_/i, 'tls-too-old', ['weak-key']],
  [
    /UNABLE_TO_GET_ISSUER|UNABLE_TO_VERIFY_LEAF|SELF_SIGNED_CERT_IN_CHAIN|CERT_UNTRUSTED|INVALID_CA|INVALID_PURPOSE|no known authority|CERT_CHAIN_TOO_LONG|PATH_LENGTH_EXCEEDED/,
    'certificate-unknown-authority',
    [],
  ],
  [/CERT_REVOKED|CERT_REJECTED|CERT_SIGNATURE_FAILURE|showed no certificate/, 'tls-failed', []],
  [/UNSAFE_LEGACY_RENEGOTIATION/i, 'tls-legacy-renegotiation', ['legacy-renegotiation']],
  [/UNSUPPORTED_PROTOCOL|ALERT_PROTOCOL_VERSION|VERSION_TOO_LOW|unsupported protocol/i, 'tls-too-old', ['tls-1.0']],
  [/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST|UNKNOWN_PROTOCOL|BAD_RECORD_TYPE|RECORD_LAYER_FAILURE/i, 'tls-not-spoken', []],
  [/before secure TLS connection was established|the peer closed/, 'turned-away', []],
  [/ECONNRESET|EPIPE|socket hang up/, 'connection-lost', []],
  [/no answer in|ETIMEDOUT/, 'timeout', []],
];

/** What a handshake's failure means. `code` is the library's, such as `ERR_SSL_WRONG_VERSION_NUMBER`; empty when there is none. */
export function sealFault(code: string, words: string): { readonly cause: Cause; readonly needs: readonly TlsException[] } {
  // The words tell apart what shares a code: an orderly end during the handshake comes with the code of a reset.
  const told = /before secure TLS connection/.test(words) ? words : `${code} ${words}`;
  const found = signs.find(([sign]) => sign.test(told));
  return { cause: found?.[1] ?? 'tls-failed', needs: found?.[2] ?? [] };
}

/** What getting a connection failed by, from the system's code. */
export function reachFault(code: string): Cause {
  if (code === 'ECONNREFUSED') return 'refused';
  if (/^(?:ENETUNREACH|EHOSTUNREACH|EADDRNOTAVAIL|EACCES|EPERM|ENETDOWN|EHOSTDOWN|EAFNOSUPPORT|EINVAL|EADDRINUSE)$/.test(code))
    return 'unreachable';
  if (/^(?:ECONNRESET|ECONNABORTED|EPIPE)$/.test(code)) return 'connection-lost';
  return 'timeout';
}

/** The system's or the library's code of an error, or of the one that caused it. */
export function codeOf(error: unknown): string {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    const { code } = at as { code?: unknown };
    if (typeof code === 'string' && /^E[A-Z]|^[A-Z_]{6,}$/.test(code)) return code;
  }
  return '';
}

/** The innermost words of an error: what the system or the library itself said. */
export function wordsOf(error: unknown): string {
  let words = '';
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) words = at.message || words;
  return words;
}
