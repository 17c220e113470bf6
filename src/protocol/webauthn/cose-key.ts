// Public keys as WebAuthn brings them (RFC 9052 §7, RFC 9053), and signatures by them. Knows the three algorithms that we offer.
import { base64UrlFromBytes, type Bytes } from '../../base/bytes.ts';
import { SyntaxTrouble } from '../../base/trouble.ts';
import { parseCbor, type Cbor } from './cbor.ts';

/** RFC 9053 §2: ES256, EdDSA; RFC 8812 §2: RS256. In the order in which we like them. */
export const algorithms = [-7, -8, -257] as const;

interface KeyForm {
  /** As WebCrypto takes it. */
  readonly jwk: {
    readonly kty: string;
    readonly crv?: string;
    readonly x?: string;
    readonly y?: string;
    readonly n?: string;
    readonly e?: string;
  };
  readonly how:
    | { readonly name: string; readonly namedCurve: string }
    | { readonly name: string; readonly hash: string }
    | { readonly name: string };
  readonly verify: { readonly name: string; readonly hash: string } | { readonly name: string };
  /** The signature as WebCrypto wants it. */
  readonly signature: (bytes: Bytes) => Bytes;
}

/** @throws SyntaxTrouble for a key that is none, or of another kind. */
export function checkCoseKey(cose: Bytes): void {
  formOf(cose);
}

/** False for a signature that is not by this key. @throws SyntaxTrouble for a key that is none. */
export async function verifySignature(cose: Bytes, signature: Bytes, signed: Bytes): Promise<boolean> {
  const form = formOf(cose);
  try {
    const key = await crypto.subtle.importKey('jwk', form.jwk, form.how, false, ['verify']);
    return await crypto.subtle.verify(form.verify, key, new Uint8Array(form.signature(signature)), new Uint8Array(signed));
  } catch {
    // A point that is not on the curve, a signature that is no signature.
    return false;
  }
}

function formOf(cose: Bytes): KeyForm {
  const { value: map, end } = parseCbor(cose);
  if (!(map instanceof Map) || end !== cose.length) throw new SyntaxTrouble('COSE: no key');
  const [type, algorithm, curve] = [map.get(1), map.get(3), map.get(-1)];
  if (type === 2 && algorithm === -7 && curve === 1)
    return {
      jwk: { kty: 'EC', crv: 'P-256', x: text(map, -2, 32), y: text(map, -3, 32) },
      how: { name: 'ECDSA', namedCurve: 'P-256' },
      verify: { name: 'ECDSA', hash: 'SHA-256' },
      signature: plainFromDer,
    };
  if (type === 1 && algorithm === -8 && curve === 6)
    return {
      jwk: { kty: 'OKP', crv: 'Ed25519', x: text(map, -2, 32) },
      how: { name: 'Ed25519' },
      verify: { name: 'Ed25519' },
      signature: (bytes) => bytes,
    };
  if (type === 3 && algorithm === -257)
    return {
      jwk: { kty: 'RSA', n: text(map, -1), e: text(map, -2) },
      how: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
      verify: { name: 'RSASSA-PKCS1-v1_5' },
      signature: (bytes) => bytes,
    };
  throw new SyntaxTrouble('COSE: a kind of key that was not asked for');
}

function text(map: ReadonlyMap<number | string, Cbor>, label: number, length?: number): string {
  const value = map.get(label);
  if (!(value instanceof Uint8Array) || value.length > 1024 || (length !== undefined && value.length !== length))
    throw new SyntaxTrouble('COSE: a part of the key is missing');
  return base64UrlFromBytes(value);
}

/** WebAuthn §6.5.5 has ES256 in DER, WebCrypto r and s side by side. */
function plainFromDer(der: Bytes): Bytes {
  const plain = new Uint8Array(64);
  let at = 2;
  if (der[0] !== 0x30 || der[1] !== der.length - 2) throw new SyntaxTrouble('DER: no sequence');
  for (const end of [32, 64]) {
    const length = der[at + 1] ?? 0;
    let number = der.subarray(at + 2, at + 2 + length);
    if (der[at] !== 2 || length === 0 || number.length !== length) throw new SyntaxTrouble('DER: no number');
    while (number[0] === 0 && number.length > 1) number = number.subarray(1);
    if (number.length > 32) throw new SyntaxTrouble('DER: a number too large');
    plain.set(number, end - number.length);
    at += 2 + length;
  }
  if (at !== der.length) throw new SyntaxTrouble('DER: more than two numbers');
  return plain;
}
