// An authenticator of WebAuthn in a few lines, on Node's own keys: registers and signs as a browser would send it. Writes CBOR by itself, so that the
// reader under test meets another hand.
import { createHash, createSign, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';

export type KeyKind = 'ES256' | 'EdDSA' | 'RS256';

export interface Passkey {
  readonly id: string;
  readonly privateKey: KeyObject;
  readonly kind: KeyKind;
  readonly cose: Buffer;
  count: number;
}

interface Place {
  readonly origin: string;
  readonly relyingParty: string;
}

export interface Twist {
  readonly type?: string;
  readonly flags?: number;
  readonly crossOrigin?: boolean;
}

const url = (octets: Buffer): string => octets.toString('base64url');
const sha256 = (octets: Buffer | string): Buffer => createHash('sha256').update(octets).digest();

function head(major: number, length: number): Buffer {
  if (length < 24) return Buffer.of((major << 5) | length);
  return length < 256 ? Buffer.of((major << 5) | 24, length) : Buffer.of((major << 5) | 25, length >> 8, length & 255);
}

function cbor(value: unknown): Buffer {
  if (typeof value === 'number') return value >= 0 ? head(0, value) : head(1, -1 - value);
  if (typeof value === 'string') return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (Buffer.isBuffer(value)) return Buffer.concat([head(2, value.length), value]);
  const entries = [...(value as Map<unknown, unknown>)];
  return Buffer.concat([head(5, entries.length), ...entries.flatMap(([key, inner]) => [cbor(key), cbor(inner)])]);
}

export function makePasskey(kind: KeyKind = 'ES256'): Passkey {
  const pair =
    kind === 'ES256'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : kind === 'EdDSA'
        ? generateKeyPairSync('ed25519')
        : generateKeyPairSync('rsa', { modulusLength: 2048 });
  const jwk = pair.publicKey.export({ format: 'jwk' }) as Record<string, string>;
  const part = (name: string): Buffer => Buffer.from(jwk[name]!, 'base64url');
  const map = {
    ES256: () =>
      new Map<number, unknown>([
        [1, 2],
        [3, -7],
        [-1, 1],
        [-2, part('x')],
        [-3, part('y')],
      ]),
    EdDSA: () =>
      new Map<number, unknown>([
        [1, 1],
        [3, -8],
        [-1, 6],
        [-2, part('x')],
      ]),
    RS256: () =>
      new Map<number, unknown>([
        [1, 3],
        [3, -257],
        [-1, part('n')],
        [-2, part('e')],
      ]),
  }[kind]();
  return { id: url(randomBytes(32)), privateKey: pair.privateKey, kind, cose: cbor(map), count: 0 };
}

function clientData(type: string, challenge: string, { origin }: Place, twist: Twist): Buffer {
  return Buffer.from(JSON.stringify({ type: twist.type ?? type, challenge, origin, crossOrigin: twist.crossOrigin ?? false }));
}

function authenticatorData(key: Passkey, { relyingParty }: Place, flags: number): Buffer {
  const count = Buffer.alloc(4);
  count.writeUInt32BE(key.count);
  return Buffer.concat([sha256(relyingParty), Buffer.of(flags), count]);
}

export function register(key: Passkey, challenge: string, place: Place, twist: Twist = {}): object {
  const id = Buffer.from(key.id, 'base64url');
  const data = Buffer.concat([
    authenticatorData(key, place, twist.flags ?? 0x45),
    Buffer.alloc(16),
    Buffer.of(id.length >> 8, id.length & 255),
    id,
    key.cose,
  ]);
  const attestation = cbor(
    new Map<string, unknown>([
      ['fmt', 'none'],
      ['attStmt', new Map()],
      ['authData', data],
    ]),
  );
  const response = { clientDataJSON: url(clientData('webauthn.create', challenge, place, twist)), attestationObject: url(attestation) };
  return { id: key.id, rawId: key.id, type: 'public-key', response };
}

export function assertion(key: Passkey, challenge: string, place: Place, twist: Twist = {}): object {
  const client = clientData('webauthn.get', challenge, place, twist);
  const data = authenticatorData(key, place, twist.flags ?? 0x05);
  const signed = Buffer.concat([data, sha256(client)]);
  const signature = key.kind === 'EdDSA' ? sign(null, signed, key.privateKey) : createSign('sha256').update(signed).sign(key.privateKey);
  const response = { clientDataJSON: url(client), authenticatorData: url(data), signature: url(signature) };
  return { id: key.id, rawId: key.id, type: 'public-key', response };
}
