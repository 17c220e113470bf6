// Passkeys: the two ceremonies of Web Authentication Level 3 (https://www.w3.org/TR/webauthn-3/) on the side of the relying party. Knows what
// a browser sends and what of it has to be checked; knows no person, no store and no HTTP.
//
// Missing on purpose: attestation (§6.5). Who made the authenticator is nobody's business here; "none" is asked for, and a statement that
// comes all the same is passed over (§7.1 step 24 allows that).
import {
  base64UrlFromBytes,
  bytesFromBase64,
  bytesFromUtf8,
  concatBytes,
  equalBytes,
  utf8FromBytes,
  type Bytes,
} from '../../base/bytes.ts';
import { digest } from '../../base/digest.ts';
import { SyntaxTrouble } from '../../base/trouble.ts';
import { parseCbor } from './cbor.ts';
import { checkCoseKey, verifySignature } from './cose-key.ts';

/** What has to be the case. */
export interface Expected {
  /** base64url, as it was sent. */
  readonly challenge: string;
  readonly origin: string;
  readonly relyingParty: string;
  /** The authenticator must have seen a PIN, a finger or a face. */
  readonly verified: boolean;
}

/** `PublicKeyCredential.toJSON()` of a registration, §5.1.8, as far as it is read. */
export interface RegistrationAnswer {
  readonly id: string;
  readonly clientData: Bytes;
  readonly attestation: Bytes;
}

export interface AssertionAnswer {
  readonly id: string;
  readonly clientData: Bytes;
  readonly authenticatorData: Bytes;
  readonly signature: Bytes;
}

export interface NewPasskey {
  /** base64url. */
  readonly credential: string;
  /** COSE. */
  readonly publicKey: Bytes;
  readonly count: number;
}

const longestPart = 16 * 1024;
/** §4: credential ids have 1023 octets at most. */
const longestId = 1023;

/** Reads the JSON form. @throws SyntaxTrouble. */
export function readRegistration(value: unknown): RegistrationAnswer {
  const { id, response } = credentialOf(value);
  return { id, clientData: octets(response, 'clientDataJSON'), attestation: octets(response, 'attestationObject') };
}

/** Reads the JSON form. @throws SyntaxTrouble. */
export function readAssertion(value: unknown): AssertionAnswer {
  const { id, response } = credentialOf(value);
  return {
    id,
    clientData: octets(response, 'clientDataJSON'),
    authenticatorData: octets(response, 'authenticatorData'),
    signature: octets(response, 'signature'),
  };
}

/** The challenge that an answer says it is for, so that it can be looked up. @throws SyntaxTrouble. */
export function challengeOf({ clientData }: Pick<AssertionAnswer, 'clientData'>): string {
  return String(readClientData(clientData)['challenge']);
}

/** §7.1. @throws SyntaxTrouble with what does not hold. */
export function checkRegistration(answer: RegistrationAnswer, expected: Expected): NewPasskey {
  checkClientData(answer.clientData, 'webauthn.create', expected);
  const { value } = parseCbor(answer.attestation);
  const data = value instanceof Map ? value.get('authData') : undefined;
  if (!(data instanceof Uint8Array)) throw new SyntaxTrouble('no authenticator data');
  const { flags, count } = readAuthenticatorData(data, expected);
  // §6.1: AT says that a key is there, after its maker's id of 16 octets.
  if ((flags & 0x40) === 0 || data.length < 55) throw new SyntaxTrouble('no key in it');
  const idLength = (data[53]! << 8) | data[54]!;
  const id = data.subarray(55, 55 + idLength);
  if (idLength === 0 || idLength > longestId || id.length !== idLength) throw new SyntaxTrouble('no credential id');
  const { end } = parseCbor(data, 55 + idLength);
  const publicKey = data.slice(55 + idLength, end);
  checkCoseKey(publicKey);
  const credential = base64UrlFromBytes(id);
  if (credential !== answer.id) throw new SyntaxTrouble('another credential than the one it names');
  return { credential, publicKey, count };
}

/** §7.2. Gives the new counter. @throws SyntaxTrouble with what does not hold. */
export async function checkAssertion(
  answer: AssertionAnswer,
  expected: Expected,
  key: { readonly publicKey: Bytes; readonly count: number },
): Promise<number> {
  checkClientData(answer.clientData, 'webauthn.get', expected);
  const { count } = readAuthenticatorData(answer.authenticatorData, expected);
  const signed = concatBytes([answer.authenticatorData, digest('SHA-256', answer.clientData)]);
  if (!(await verifySignature(key.publicKey, answer.signature, signed))) throw new SyntaxTrouble('the signature is by another key');
  // §7.2 step 22: a counter that does not go up belongs to a copy. Those that do not count stay at nought.
  if ((count !== 0 || key.count !== 0) && count <= key.count) throw new SyntaxTrouble('the counter went back: this may be a copy');
  return count;
}

function checkClientData(clientData: Bytes, type: string, { challenge, origin }: Expected): void {
  const data = readClientData(clientData);
  if (data['type'] !== type) throw new SyntaxTrouble(`not ${type}`);
  if (data['challenge'] !== challenge) throw new SyntaxTrouble('another challenge');
  if (data['origin'] !== origin) throw new SyntaxTrouble('another origin');
  if (data['crossOrigin'] === true) throw new SyntaxTrouble('from inside another page');
}

function readClientData(clientData: Bytes): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(utf8FromBytes(clientData));
    if (value !== null && typeof value === 'object') return value as Readonly<Record<string, unknown>>;
  } catch {
    // Said below.
  }
  throw new SyntaxTrouble('client data that are none');
}

/** §6.1. */
function readAuthenticatorData(data: Bytes, { relyingParty, verified }: Expected): { readonly flags: number; readonly count: number } {
  if (data.length < 37) throw new SyntaxTrouble('authenticator data that are none');
  if (!equalBytes(data.subarray(0, 32), digest('SHA-256', bytesFromUtf8(relyingParty)))) throw new SyntaxTrouble('for another server');
  const flags = data[32]!;
  if ((flags & 0x01) === 0) throw new SyntaxTrouble('nobody was there');
  if (verified && (flags & 0x04) === 0) throw new SyntaxTrouble('nobody was verified');
  return { flags, count: new DataView(data.buffer, data.byteOffset).getUint32(33) };
}

function credentialOf(value: unknown): { readonly id: string; readonly response: Readonly<Record<string, unknown>> } {
  const { id, type, response } = (value ?? {}) as { id?: unknown; type?: unknown; response?: unknown };
  if (
    typeof id !== 'string' ||
    !/^[A-Za-z0-9_-]{1,1364}$/.test(id) ||
    type !== 'public-key' ||
    response === null ||
    typeof response !== 'object'
  )
    throw new SyntaxTrouble('no public key credential');
  return { id, response: response as Readonly<Record<string, unknown>> };
}

function octets(response: Readonly<Record<string, unknown>>, name: string): Bytes {
  const text = response[name];
  if (typeof text !== 'string' || text.length > longestPart || !/^[A-Za-z0-9_-]+$/.test(text)) throw new SyntaxTrouble(`no ${name}`);
  return bytesFromBase64(text);
}
