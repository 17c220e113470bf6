import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Cause } from './causes.ts';
import { codeOf, reachFault, sealFault, wordsOf } from './tls-trouble.ts';

const seals: [code: string, words: string, cause: Cause, needs: string][] = [
  ['', 'CERT_HAS_EXPIRED', 'certificate-expired', ''],
  ['', 'CERT_NOT_YET_VALID', 'certificate-not-yet-valid', ''],
  ['', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'certificate-self-signed', ''],
  ['', 'SELF_SIGNED_CERT_IN_CHAIN', 'certificate-unknown-authority', ''],
  ['', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'certificate-unknown-authority', ''],
  ['', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'certificate-unknown-authority', ''],
  ['', 'the certificate is for another name than mail.example.test: www.example.test', 'certificate-other-name', ''],
  ['', 'CERT_REVOKED', 'tls-failed', ''],
  ['', 'EE_KEY_TOO_SMALL', 'tls-too-old', 'weak-key'],
  ['ERR_SSL_DH_KEY_TOO_SMALL', 'error:0A00018A:SSL routines::dh key too small', 'tls-too-old', 'weak-key'],
  [
    'ERR_SSL_UNSAFE_LEGACY_RENEGOTIATION_DISABLED',
    'unsafe legacy renegotiation disabled',
    'tls-legacy-renegotiation',
    'legacy-renegotiation',
  ],
  ['ERR_SSL_UNSUPPORTED_PROTOCOL', 'unsupported protocol', 'tls-too-old', 'tls-1.0'],
  ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', 'tlsv1 alert protocol version', 'tls-too-old', 'tls-1.0'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'wrong version number', 'tls-not-spoken', ''],
  ['ERR_SSL_PACKET_LENGTH_TOO_LONG', 'packet length too long', 'tls-not-spoken', ''],
  ['ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', 'sslv3 alert handshake failure', 'tls-failed', ''],
  ['ECONNRESET', 'Client network socket disconnected before secure TLS connection was established', 'turned-away', ''],
  ['ECONNRESET', 'read ECONNRESET', 'connection-lost', ''],
  ['', 'cannot agree on TLS: no answer in 5 s', 'timeout', ''],
];
for (const [code, words, cause, needs] of seals)
  test(`sealFault ${code} ${words}`, () => assert.deepEqual(sealFault(code, words), { cause, needs: needs === '' ? [] : [needs] }));

const ways: [code: string, cause: Cause][] = [
  ['ECONNREFUSED', 'refused'],
  ['ENETUNREACH', 'unreachable'],
  ['EHOSTUNREACH', 'unreachable'],
  ['EACCES', 'unreachable'],
  ['ETIMEDOUT', 'timeout'],
  ['ECONNRESET', 'connection-lost'],
  ['', 'timeout'],
];
for (const [code, cause] of ways) test(`reachFault ${code}: ${cause}`, () => assert.equal(reachFault(code), cause));

test('codeOf and wordsOf look into what caused an error', () => {
  const inner = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  const outer = Object.assign(new Error('cannot connect', { cause: inner }), { code: 'timeout' });
  assert.deepEqual([codeOf(outer), wordsOf(outer)], ['ECONNREFUSED', 'connect ECONNREFUSED']);
  assert.deepEqual([codeOf(null), wordsOf('x')], ['', '']);
});
