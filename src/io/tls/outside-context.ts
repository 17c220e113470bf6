// TLS settings for servers of other providers: strict, and for one server as much weaker as a person has allowed for it.
// Knows OpenSSL's words; knows no server.
import { constants } from 'node:crypto';
import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls';
import type { TlsException } from '../../store/outside-contract.ts';

/** Forward secrecy and authenticated encryption first (RFC 9325 §4.2). CBC stays for the servers of the last decade. */
const strict = [
  'TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256',
  'ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:DHE+CHACHA20:ECDHE+AES:DHE+AES:!aNULL:!eNULL:!PSK:!SRP:!aDSS:!AESCCM',
].join(':');

export type OutsideContexts = (exceptions: readonly TlsException[]) => SecureContext;

/** Makes each context once: reading all authorities costs milliseconds. */
export function outsideContexts(authorities: readonly string[]): OutsideContexts {
  const made = new Map<string, SecureContext>();
  const trusted = authorities.length > 0 ? { ca: [...rootCertificates, ...authorities] } : {};
  return (exceptions) => {
    const key = [...exceptions].toSorted().join(' ');
    const known = made.get(key);
    if (known !== undefined) return known;
    const has = (name: TlsException) => exceptions.includes(name);
    const context = createSecureContext({
      ...trusted,
      minVersion: has('tls-1.0') ? 'TLSv1' : 'TLSv1.2',
      ciphers: [
        strict,
        ...(has('static-rsa') ? ['kRSA+AESGCM', 'kRSA+AES'] : []),
        // Level 0 is what lets OpenSSL 3 speak TLS below 1.2 and take SHA-1 and keys under 2,048 bits at all.
        ...(has('tls-1.0') || has('weak-key') ? ['@SECLEVEL=0'] : []),
      ].join(':'),
      secureOptions: has('legacy-renegotiation') ? constants.SSL_OP_LEGACY_SERVER_CONNECT : 0,
    });
    made.set(key, context);
    return context;
  };
}
