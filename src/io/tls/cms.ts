// Signing a document with the certificate of this site: CMS SignedData (RFC 5652) with the document within, as Apple's devices want their
// profiles. Knows pkijs, WebCrypto and PEM; knows no document. Loaded only when something is to be signed.
import { createHash, createPrivateKey, webcrypto } from 'node:crypto';
import { ObjectIdentifier, OctetString, UTCTime } from 'asn1js';
import {
  Attribute,
  Certificate,
  ContentInfo,
  EncapsulatedContentInfo,
  IssuerAndSerialNumber,
  SignedAndUnsignedAttributes,
  SignedData,
  SignerInfo,
} from 'pkijs';
import { bytesFromBase64, type Bytes } from '../../base/bytes.ts';

export interface SigningPems {
  /** The certificate first, then its chain. */
  readonly cert: string;
  readonly key: string;
}

/** PKCS #9 of RFC 5652 §11: what is signed besides the content. */
const contentType = '1.2.840.113549.1.9.3';
const messageDigest = '1.2.840.113549.1.9.4';
const signingTime = '1.2.840.113549.1.9.5';

/** SHA-256 with all: the curves and lengths that public authorities certify. */
const curves: Readonly<Record<string, string>> = { prime256v1: 'P-256', secp384r1: 'P-384', secp521r1: 'P-521' };

/**
 * In: the octets, the PEMs in use, the time of signing. Out: DER of a ContentInfo that holds document, chain and signature.
 * @throws Error when the key is neither RSA nor on a curve of NIST.
 */
export async function signDocument(document: Bytes, { cert, key }: SigningPems, at: Date): Promise<Bytes> {
  const chain = certificatesOf(cert);
  const [own] = chain;
  if (own === undefined) throw new Error('there is no certificate to sign with');
  const octets = new Uint8Array(document);
  const signed = new SignedData({
    version: 1,
    encapContentInfo: new EncapsulatedContentInfo({ eContentType: ContentInfo.DATA, eContent: new OctetString({ valueHex: octets }) }),
    signerInfos: [
      new SignerInfo({
        version: 1,
        sid: new IssuerAndSerialNumber({ issuer: own.issuer, serialNumber: own.serialNumber }),
        signedAttrs: new SignedAndUnsignedAttributes({
          type: 0,
          attributes: [
            new Attribute({ type: contentType, values: [new ObjectIdentifier({ value: ContentInfo.DATA })] }),
            new Attribute({ type: signingTime, values: [new UTCTime({ valueDate: at })] }),
            new Attribute({
              type: messageDigest,
              values: [new OctetString({ valueHex: new Uint8Array(createHash('sha256').update(octets).digest()) })],
            }),
          ],
        }),
      }),
    ],
    certificates: chain,
  });
  await signed.sign(await importKey(key), 0, 'SHA-256', octets);
  const info = new ContentInfo({ contentType: ContentInfo.SIGNED_DATA, content: signed.toSchema(true) });
  return new Uint8Array(info.toSchema().toBER());
}

async function importKey(pem: string): Promise<webcrypto.CryptoKey> {
  const key = createPrivateKey(pem);
  const der = key.export({ type: 'pkcs8', format: 'der' });
  if (key.asymmetricKeyType === 'rsa')
    return webcrypto.subtle.importKey('pkcs8', new Uint8Array(der), { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }, false, ['sign']);
  const namedCurve = curves[key.asymmetricKeyDetails?.namedCurve ?? ''];
  if (key.asymmetricKeyType !== 'ec' || namedCurve === undefined)
    throw new Error(`a document cannot be signed with a key of the kind ${key.asymmetricKeyType}`);
  return webcrypto.subtle.importKey('pkcs8', new Uint8Array(der), { name: 'ECDSA', namedCurve }, false, ['sign']);
}

function certificatesOf(pem: string): Certificate[] {
  return Array.from(pem.matchAll(/-----BEGIN CERTIFICATE-----([^-]+)-----END CERTIFICATE-----/g), ([, body = '']) =>
    Certificate.fromBER(new Uint8Array(bytesFromBase64(body.replaceAll(/\s/g, '')))),
  );
}
