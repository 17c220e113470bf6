// Certificates in use: which one is shown for which name, and how they are exchanged without a restart.
// Knows key and certificate files and Node's secure contexts; knows no protocol and no certificate authority.
import { constants, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext, type SecureContext, type TLSSocketOptions } from 'node:tls';
import type { Log } from '../../base/log.ts';

/** RFC 9325 §4.2: forward secrecy and AEAD only. The first three are TLS 1.3. */
const ciphers = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':');

/** Where one certificate lies; PEM files. The first of the list is shown to clients that name nobody. */
export interface CertificateFiles {
  readonly certificate: string;
  readonly key: string;
}

/** What a listener needs to speak TLS. */
export interface TlsOffer {
  /** Fresh options for one server-side handshake. */
  options(): TLSSocketOptions;
}

export interface Certificates {
  /** `protocol`: the ALPN name that may be agreed (RFC 7301); a client that offers only others is refused (reliability S-03). */
  offer(protocol: string): TlsOffer;
  /** Reads all files again. On any fault the old ones stay in use. @throws Error naming the file. */
  reload(): Promise<void>;
  /** For the check command and the log: names and the end of each certificate. */
  list(): readonly { readonly names: readonly string[]; readonly validTo: Date; readonly file: string }[];
  /** Would this name be shown a certificate that holds it? */
  covers(name: string): boolean;
  /** The default certificate as PEM, with chain, and its key: for HTTPS. */
  pem(): { readonly cert: string; readonly key: string };
}

interface Loaded {
  readonly context: SecureContext;
  readonly names: readonly string[];
  readonly validTo: Date;
  readonly file: string;
  readonly cert: string;
  readonly key: string;
}

export async function openCertificates(files: readonly CertificateFiles[], log: Log): Promise<Certificates> {
  let loaded = await Promise.all(files.map(load));
  return {
    offer(protocol) {
      return {
        options: () => ({
          isServer: true,
          secureContext: loaded[0]!.context,
          SNICallback: (name, done) => done(null, contextFor(loaded, name)),
          ALPNCallback: ({ protocols }) => (protocols.includes(protocol) ? protocol : undefined),
        }),
      };
    },
    async reload() {
      loaded = await Promise.all(files.map(load));
      log.info('certificates read again', { names: loaded.flatMap((one) => one.names) });
    },
    list: () => loaded.map(({ names, validTo, file }) => ({ names, validTo, file })),
    covers: (name) => certificateFor(loaded, name) !== null,
    pem: () => ({ cert: loaded[0]!.cert, key: loaded[0]!.key }),
  };
}

async function load(files: CertificateFiles): Promise<Loaded> {
  let cert: string;
  let key: string;
  try {
    [cert, key] = await Promise.all([readFile(files.certificate, 'utf8'), readFile(files.key, 'utf8')]);
  } catch (cause) {
    throw new Error(`cannot read the certificate: ${(cause as Error).message}`, { cause });
  }
  try {
    const parsed = new X509Certificate(cert);
    const context = createSecureContext({
      cert,
      key,
      ciphers,
      minVersion: 'TLSv1.2',
      honorCipherOrder: true,
      // Reliability S-28: under TLS 1.2 a client may not ask for another handshake, which costs us more than it.
      secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
      sessionIdContext: 'tayori',
    });
    return { context, names: namesOf(parsed), validTo: new Date(parsed.validTo), file: files.certificate, cert, key };
  } catch (cause) {
    throw new Error(`cannot use the certificate ${files.certificate} with the key ${files.key}: ${(cause as Error).message}`, { cause });
  }
}

/** RFC 9525 §2: the DNS names of the certificate; the common name does not count. */
function namesOf(certificate: X509Certificate): string[] {
  return (certificate.subjectAltName ?? '')
    .split(', ')
    .filter((entry) => entry.startsWith('DNS:'))
    .map((entry) => entry.slice(4).toLowerCase());
}

/** The certificate for a name, exactly or by a wildcard in the leftmost label (RFC 9525 §6.3); the first one for strangers. */
function contextFor(loaded: readonly Loaded[], name: string): SecureContext {
  return (certificateFor(loaded, name) ?? loaded[0]!).context;
}

function certificateFor(loaded: readonly Loaded[], name: string): Loaded | null {
  const asked = name.toLowerCase();
  const wildcard = asked.replace(/^[^.]+/, '*');
  return loaded.find((one) => one.names.includes(asked)) ?? loaded.find((one) => one.names.includes(wildcard)) ?? null;
}
