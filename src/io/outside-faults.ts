// What the errors of sockets and of OpenSSL mean with somebody else's server. Knows Node's codes; knows no protocol and no sentence for people.
import type { Cause } from '../journey/outside/causes.ts';

/** Code of Node, or of OpenSSL as Node passes it on → cause. */
const causes: Readonly<Record<string, Cause>> = {
  ECONNREFUSED: 'refused',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EHOSTDOWN: 'unreachable',
  ENETDOWN: 'unreachable',
  EADDRNOTAVAIL: 'unreachable',
  // What a packet filter of this machine answers.
  EACCES: 'port-blocked',
  EPERM: 'port-blocked',
  ETIMEDOUT: 'timeout',
  ECONNRESET: 'connection-lost',
  EPIPE: 'connection-lost',
  CERT_HAS_EXPIRED: 'certificate-expired',
  CERT_NOT_YET_VALID: 'certificate-not-yet-valid',
  ERR_TLS_CERT_ALTNAME_INVALID: 'certificate-other-name',
  ERR_TLS_CERT_ALTNAME_FORMAT: 'certificate-other-name',
  HOSTNAME_MISMATCH: 'certificate-other-name',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'certificate-self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'certificate-unknown-authority',
  UNABLE_TO_GET_ISSUER_CERT: 'certificate-unknown-authority',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'certificate-unknown-authority',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'certificate-unknown-authority',
  CERT_UNTRUSTED: 'certificate-unknown-authority',
  CERT_REJECTED: 'certificate-unknown-authority',
  INVALID_CA: 'certificate-unknown-authority',
  INVALID_PURPOSE: 'certificate-unknown-authority',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'tls-too-old',
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: 'tls-too-old',
  ERR_SSL_WRONG_SIGNATURE_TYPE: 'tls-too-old',
  ERR_SSL_DH_KEY_TOO_SMALL: 'tls-too-old',
  ERR_SSL_EE_KEY_TOO_SMALL: 'tls-too-old',
  'ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE': 'tls-failed',
  ERR_SSL_UNSAFE_LEGACY_RENEGOTIATION_DISABLED: 'tls-legacy-renegotiation',
  ERR_SSL_WRONG_VERSION_NUMBER: 'tls-not-spoken',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'tls-not-spoken',
  ERR_SSL_HTTP_REQUEST: 'tls-not-spoken',
};

/** By the code of an error, or of the last one where several addresses were tried. */
export function causeOfFault(error: unknown): Cause {
  const {
    code: told,
    errors,
    message,
  } = error as { readonly code?: unknown; readonly errors?: readonly unknown[]; readonly message?: string };
  // While it writes, Node says EPROTO and keeps OpenSSL's reason in the text: `…:SSL routines:function:wrong version number:…`.
  const reason = told === 'EPROTO' ? /:SSL routines:[^:]*:([^:]+):/.exec(message ?? '')?.[1] : undefined;
  const code = reason === undefined ? told : `ERR_SSL_${reason.toUpperCase().replaceAll(' ', '_')}`;
  const known = typeof code === 'string' ? causes[code] : undefined;
  if (known !== undefined) return known;
  const last = errors?.at(-1);
  if (last !== undefined) return causeOfFault(last);
  if (typeof code !== 'string') return 'protocol';
  if (code.startsWith('HPE_')) return 'protocol';
  return code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_') || code === 'EPROTO' ? 'tls-failed' : 'connection-lost';
}
