// How a root and a server certificate are made. Knows pkijs and WebCrypto; knows no files. Loaded only when something must be made.
import { hash, webcrypto } from 'node:crypto';
import { isIP, isIPv6 } from 'node:net';
import { BitString, Integer, OctetString, Utf8String, type BaseBlock } from 'asn1js';
import {
  AttributeTypeAndValue,
  AuthorityKeyIdentifier,
  BasicConstraints,
  Certificate,
  ExtKeyUsage,
  Extension,
  GeneralName,
  GeneralNames,
  Time,
} from 'pkijs';
import { base64FromBytes, bytesFromBase64, bytesFromHex, type Bytes } from '../base/bytes.ts';

/** PEM, private key in PKCS #8 (RFC 5958). */
export interface MadeCertificate {
  readonly certificate: string;
  readonly key: string;
}

export interface Validity {
  readonly from: Date;
  readonly to: Date;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };

/** RFC 5280 §4.1.2.5: dates up to 2049 are UTCTime, later ones GeneralizedTime. */
function timeOf(value: Date): Time {
  return new Time({ type: value.getUTCFullYear() < 2050 ? 0 : 1, value });
}

/** RFC 5280 §4.2.1.9, §4.2.1.3: may sign server certificates, but no authority below itself. */
export async function makeRoot(name: string, validity: Validity): Promise<MadeCertificate> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await begin(keys, name, validity);
  certificate.issuer.typesAndValues = certificate.subject.typesAndValues;
  certificate.extensions = [
    extension('2.5.29.19', true, new BasicConstraints({ cA: true, pathLenConstraint: 0 }).toSchema()),
    extension('2.5.29.15', true, keyUsage(0b0000_0110)),
    extension('2.5.29.14', false, new OctetString({ valueHex: keyIdentifier(certificate) })),
  ];
  return finish(certificate, keys.privateKey, keys.privateKey);
}

/** RFC 5280 §4.2.1.6, RFC 9525 §6: the names stand in subjectAltName; the first one is the subject too, for people. */
export async function makeLeaf(names: readonly string[], validity: Validity, issuer: MadeCertificate): Promise<MadeCertificate> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await begin(keys, names[0] ?? 'localhost', validity);
  const root = Certificate.fromBER(derOf(issuer.certificate));
  certificate.issuer.typesAndValues = root.subject.typesAndValues;
  const altNames = names.map((name) =>
    isIP(name) === 0
      ? new GeneralName({ type: 2, value: name })
      : new GeneralName({ type: 7, value: new OctetString({ valueHex: addressOctets(name) }) }),
  );
  certificate.extensions = [
    extension('2.5.29.19', true, new BasicConstraints({ cA: false }).toSchema()),
    extension('2.5.29.15', true, keyUsage(0b1000_0000)),
    extension('2.5.29.37', false, new ExtKeyUsage({ keyPurposes: ['1.3.6.1.5.5.7.3.1'] }).toSchema()),
    extension('2.5.29.17', false, new GeneralNames({ names: altNames }).toSchema()),
    extension('2.5.29.14', false, new OctetString({ valueHex: keyIdentifier(certificate) })),
    extension(
      '2.5.29.35',
      false,
      new AuthorityKeyIdentifier({ keyIdentifier: new OctetString({ valueHex: keyIdentifier(root) }) }).toSchema(),
    ),
  ];
  const signer = await webcrypto.subtle.importKey('pkcs8', derOf(issuer.key), algorithm, false, ['sign']);
  return finish(certificate, keys.privateKey, signer);
}

async function begin(keys: webcrypto.CryptoKeyPair, name: string, validity: Validity): Promise<Certificate> {
  const certificate = new Certificate();
  certificate.version = 2;
  // RFC 5280 §4.1.2.2: positive, at most 20 octets, not to be guessed.
  const serial = webcrypto.getRandomValues(new Uint8Array(16));
  serial[0] = (serial[0]! & 0x7f) | 0x40;
  certificate.serialNumber = new Integer({ valueHex: serial });
  certificate.subject.typesAndValues.push(
    new AttributeTypeAndValue({ type: '2.5.4.3', value: new Utf8String({ value: name.slice(0, 64) }) }),
  );
  certificate.notBefore = timeOf(validity.from);
  certificate.notAfter = timeOf(validity.to);
  await certificate.subjectPublicKeyInfo.importKey(keys.publicKey);
  return certificate;
}

async function finish(certificate: Certificate, key: webcrypto.CryptoKey, signer: webcrypto.CryptoKey): Promise<MadeCertificate> {
  await certificate.sign(signer, 'SHA-256');
  return {
    certificate: pemOf('CERTIFICATE', new Uint8Array(certificate.toSchema(true).toBER())),
    key: pemOf('PRIVATE KEY', new Uint8Array(await webcrypto.subtle.exportKey('pkcs8', key))),
  };
}

function extension(id: string, critical: boolean, value: BaseBlock): Extension {
  return new Extension({ extnID: id, critical, extnValue: value.toBER() });
}

/** RFC 5280 §4.2.1.3: the first bit is digitalSignature, the sixth keyCertSign, the seventh cRLSign. */
function keyUsage(bits: number): BitString {
  const unused = 31 - Math.clz32(bits & -bits);
  return new BitString({ valueHex: new Uint8Array([bits]), unusedBits: unused });
}

/** RFC 7093 §2 (1): the leftmost 160 bits of the SHA-256 of the public key. */
function keyIdentifier(certificate: Certificate): Uint8Array<ArrayBuffer> {
  const key = new Uint8Array(certificate.subjectPublicKeyInfo.subjectPublicKey.valueBlock.valueHexView);
  return new Uint8Array(bytesFromHex(hash('sha256', key, 'hex')).subarray(0, 20));
}

function groups(text: string): number[] {
  return text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
}

/** The octets of an IP address as subjectAltName holds them. */
export function addressOctets(address: string): Uint8Array<ArrayBuffer> {
  if (!isIPv6(address)) return new Uint8Array(address.split('.').map(Number));
  const [plain = ''] = new URL(`http://[${address.split('%')[0]}]/`).hostname.slice(1, -1).split('/');
  const [head = '', tail] = plain.split('::');
  const before = groups(head);
  const after = tail === undefined ? [] : groups(tail);
  const all = [...before, ...Array.from({ length: 8 - before.length - after.length }, () => 0), ...after];
  return new Uint8Array(all.flatMap((group) => [group >> 8, group & 0xff]));
}

function pemOf(label: string, der: Bytes): string {
  const lines = base64FromBytes(der).match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

function derOf(pem: string): Uint8Array<ArrayBuffer> {
  const body = pem.split('-----')[2] ?? '';
  return new Uint8Array(bytesFromBase64(body));
}
