// Who it is that sends push messages (VAPID, RFC 8292): one key of this office, sealed at rest, and the tokens that it signs. Knows the vault by its
// two functions; sends nothing.
import { createPrivateKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { base64FromBytes, bytesFromBase64, bytesFromUtf8, concatBytes, type Bytes } from '../../base/bytes.ts';
import type { Clock } from '../../base/clock.ts';
import type { Directory } from '../../store/directory-contract.ts';

export interface Vapid {
  /** RFC 9749 applicationServerKey: the public key, uncompressed, base64url. */
  readonly publicKey: string;
  /** The Authorization field for one address. */
  authorization(url: string): string;
}

export interface VapidParts {
  readonly vault: { sealText(text: string, bound: string): Bytes; openText(sealed: Bytes, bound: string): string };
  readonly directory: Pick<Directory, 'value' | 'putValue'>;
  readonly clock: Clock;
  /** RFC 8292 §2.1: a `mailto:` or `https:` address of the operator. */
  readonly contact: string;
}

const valueName = 'vapid-key';
const bound = 'vapid key';
/** RFC 8292 §2: not more than a day. */
const tokenLifeS = 12 * 3600;
/** Tokens that are kept for the next message to the same service. */
const tokensMax = 100;

/** What the vault has sealed for this. */
export function* sealedVapidKey(directory: Pick<Directory, 'value'>): Generator<Bytes> {
  const kept = directory.value(valueName);
  if (kept !== null) yield bytesFromBase64(kept);
}

/** Made at the first call ever. @throws CauseTrouble `key-missing` when the vault does not open. */
export async function openVapid({ vault, directory, clock, contact }: VapidParts): Promise<Vapid> {
  const key = await keyOf(vault, directory);
  const { x = '', y = '' } = key.export({ format: 'jwk' });
  const publicKey = base64Url(concatBytes([Uint8Array.of(4), bytesFromBase64(x), bytesFromBase64(y)]));
  const tokens = new Map<string, { readonly token: string; readonly until: number }>();
  return {
    publicKey,
    authorization(url) {
      const audience = new URL(url).origin;
      const now = Math.floor(clock.now() / 1000);
      let known = tokens.get(audience);
      if (known === undefined || known.until - now < tokenLifeS / 2) {
        const until = now + tokenLifeS;
        known = { token: signToken(key, { aud: audience, exp: until, sub: contact }), until };
        tokens.delete(audience);
        tokens.set(audience, known);
        if (tokens.size > tokensMax) tokens.delete(tokens.keys().next().value!);
      }
      return `vapid t=${known.token}, k=${publicKey}`;
    },
  };
}

async function keyOf(vault: VapidParts['vault'], directory: VapidParts['directory']): Promise<KeyObject> {
  const kept = directory.value(valueName);
  if (kept !== null) return createPrivateKey(vault.openText(bytesFromBase64(kept), bound));
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const text = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  await directory.putValue(valueName, base64FromBytes(vault.sealText(text, bound)));
  return privateKey;
}

/** RFC 7515, ES256 (RFC 7518 §3.4: the two numbers one after the other). */
function signToken(key: KeyObject, claims: object): string {
  const head = base64Url(bytesFromUtf8(JSON.stringify({ typ: 'JWT', alg: 'ES256' })));
  const body = base64Url(bytesFromUtf8(JSON.stringify(claims)));
  const signature = sign('sha256', bytesFromUtf8(`${head}.${body}`), { key, dsaEncoding: 'ieee-p1363' });
  return `${head}.${body}.${base64Url(signature)}`;
}

function base64Url(bytes: Bytes): string {
  return base64FromBytes(bytes).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}
