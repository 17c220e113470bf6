// Whether a peer's certificate proves who it is: by a chain to a known authority and a name, or by DANE.
// Knows X.509 as Node shows it; knows no socket. The name check is our own: it must also serve MTA-STS patterns.
import { hash, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { hexFromBytes } from '../../base/bytes.ts';
import type { PeerCertificate, PeerTls, TlsDemand, Tlsa } from '../../protocol/line/connection.ts';

/** Longest chain that is walked (reliability B-101). */
const chainMax = 10;

/** What the handshake proved. `fault` is null when `verified` is not `no`. */
export function verifyPeer(socket: TLSSocket, demand: TlsDemand): Pick<PeerTls, 'verified' | 'fault'> {
  const certificate = socket.getPeerX509Certificate();
  if (!certificate) return { verified: 'no', fault: 'the peer showed no certificate' };
  const names = [demand.serverName, ...(demand.names ?? [])];
  if (demand.verify === 'dane')
    return (demand.tlsa ?? []).some((record) => matchesTlsa(record, certificate, names))
      ? { verified: 'dane', fault: null }
      : { verified: 'no', fault: 'no TLSA record fits the certificate' };
  // Node tells the code, such as CERT_HAS_EXPIRED, as a string or as an error.
  const chainFault = socket.authorized
    ? null
    : String((socket.authorizationError as Error | string | undefined) ?? 'the chain leads to no known authority');
  if (chainFault !== null) return { verified: 'no', fault: chainFault };
  const fits = (wanted: string) =>
    isIP(wanted) === 0 ? namesOfCertificate(certificate).some((have) => fitsName(wanted, have)) : certificate.checkIP(wanted) !== undefined;
  if (!names.some(fits)) return { verified: 'no', fault: otherNameFault(names, certificate) };
  return { verified: 'certificate', fault: null };
}

function otherNameFault(wanted: readonly string[], certificate: X509Certificate): string {
  const have = allNames(certificate).slice(0, 5).join(', ');
  return `the certificate is for another name than ${wanted.join(', ')}${have === '' ? '' : `: ${have}`}`;
}

/** The certificate that the peer showed, in words for people; null when it showed none. */
export function shownCertificate(socket: TLSSocket): PeerCertificate | null {
  const certificate = socket.getPeerX509Certificate();
  if (!certificate) return null;
  const field = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(certificate.issuer ?? '')?.[1];
  return {
    names: allNames(certificate),
    issuer: (field('O') ?? field('CN') ?? '').slice(0, 200),
    validFrom: Date.parse(certificate.validFrom),
    validTo: Date.parse(certificate.validTo),
  };
}

function allNames(certificate: X509Certificate): string[] {
  return (certificate.subjectAltName ?? '')
    .split(', ')
    .flatMap((entry) => /^(?:DNS|IP Address):([^"]+)$/.exec(entry)?.[1] ?? [])
    .slice(0, 20)
    .map((name) => name.slice(0, 255).toLowerCase());
}

/** RFC 9525 §2: DNS names only; the common name does not count. */
function namesOfCertificate(certificate: X509Certificate): string[] {
  return (certificate.subjectAltName ?? '')
    .split(', ')
    .slice(0, 1000)
    .filter((entry) => entry.startsWith('DNS:'))
    .map((entry) => entry.slice(4).toLowerCase());
}

/** `wanted` may be an MTA-STS pattern, `have` a wildcard of a certificate: in both a `*` stands for one whole leftmost label (RFC 8461 §4.1, RFC 9525 §6.3). */
function fitsName(wanted: string, have: string): boolean {
  const a = wanted.toLowerCase().replace(/\.$/, '');
  if (a === have) return true;
  const rest = (name: string) => name.slice(name.indexOf('.') + 1);
  const twoLabels = (name: string) => rest(name).includes('.');
  if (have.startsWith('*.') && !a.startsWith('*.')) return twoLabels(have) && a.includes('.') && rest(a) === rest(have);
  if (a.startsWith('*.')) return have.includes('.') && rest(have) === rest(a);
  return false;
}

/** RFC 7672 §3.1: only DANE-EE(3) and DANE-TA(2) count for SMTP. */
function matchesTlsa(record: Tlsa, certificate: X509Certificate, names: readonly string[]): boolean {
  if (record.usage === 3) return matchesOne(record, certificate);
  if (record.usage !== 2 || !namesOfCertificate(certificate).some((have) => names.some((wanted) => fitsName(wanted, have)))) return false;
  let below = certificate;
  for (let depth = 0; depth < chainMax; depth++) {
    const issuer = below.issuerCertificate;
    if (!issuer || !below.checkIssued(issuer) || !below.verify(issuer.publicKey)) return false;
    if (matchesOne(record, issuer)) return isInTime(certificate);
    if (issuer.fingerprint256 === below.fingerprint256) return false;
    below = issuer;
  }
  return false;
}

function isInTime(certificate: X509Certificate): boolean {
  const now = Date.now();
  return Date.parse(certificate.validFrom) <= now && now <= Date.parse(certificate.validTo);
}

/** RFC 6698 §2.1.2–§2.1.3. */
function matchesOne(record: Tlsa, certificate: X509Certificate): boolean {
  const data =
    record.selector === 0 ? certificate.raw : record.selector === 1 ? certificate.publicKey.export({ type: 'spki', format: 'der' }) : null;
  if (data === null) return false;
  const wanted = hexFromBytes(record.association);
  if (record.matching === 0) return hexFromBytes(data) === wanted;
  return (record.matching === 1 || record.matching === 2) && hash(record.matching === 1 ? 'sha256' : 'sha512', data) === wanted;
}
