// What was agreed on a TLS connection, in the form that protocols ask for. Knows Node's TLSSocket; knows no protocol.
import { createHash } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { noBytes } from '../../base/bytes.ts';
import type { TlsFacts } from '../../protocol/line/session.ts';

export function tlsFacts(socket: TLSSocket): TlsFacts {
  const version = socket.getProtocol() ?? 'unknown';
  const name = (socket as TLSSocket & { servername?: string | false | null }).servername;
  return {
    version,
    cipher: socket.getCipher()?.standardName ?? 'unknown',
    serverName: typeof name === 'string' ? name : null,
    // RFC 9266 §4.2: under TLS 1.2 only with the extended master secret, which Node does not tell.
    exporter: () =>
      version === 'TLSv1.3' && !socket.destroyed ? socket.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', noBytes() as Buffer) : null,
    endPoint: () => {
      const certificate = socket.getX509Certificate();
      if (!certificate) return null;
      // RFC 5929 §4.1: the hash of the certificate's signature, but SHA-256 for MD5 and SHA-1.
      const signature = (certificate.signatureAlgorithm ?? '').toLowerCase();
      const hash = signature.includes('sha384') ? 'sha384' : signature.includes('sha512') ? 'sha512' : 'sha256';
      return createHash(hash).update(certificate.raw).digest();
    },
  };
}
