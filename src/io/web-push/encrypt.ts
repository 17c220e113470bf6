// A push message, encrypted for one browser (RFC 8291, in the coding aes128gcm of RFC 8188). Knows keys and octets; sends nothing.
import { createCipheriv, createECDH, hkdfSync, randomBytes } from 'node:crypto';
import { bytesFromBase64, bytesFromUtf8, concatBytes, type Bytes } from '../../base/bytes.ts';

/** What a browser told: base64url of its public key and of its secret. */
export interface PushKeys {
  readonly p256dh: string;
  readonly auth: string;
}

/** What is made anew for each message; given only where a test wants the message of the book. */
export interface PushChoice {
  readonly privateKey: Bytes;
  readonly salt: Bytes;
}

/** RFC 8188 §2: octets of one record; what is sent here is far shorter (RFC 8030 §7.2 promises 4096 octets of body). */
const recordSize = 4096;
const tagLength = 16;
const saltLength = 16;
const keyLength = 65;
export const pushTextMax = recordSize - tagLength - 1 - (saltLength + 4 + 1 + keyLength);

/** The body of the request. @throws RangeError when the text is too long; Error when the key is no point of the curve. */
export function encryptPush(text: string, keys: PushKeys, choice?: PushChoice): Bytes {
  const plain = bytesFromUtf8(text);
  if (plain.length > pushTextMax) throw new RangeError('a push message of more than 3993 octets');
  const theirs = bytesFromBase64(keys.p256dh);
  const auth = bytesFromBase64(keys.auth);
  const exchange = createECDH('prime256v1');
  if (choice === undefined) exchange.generateKeys();
  else exchange.setPrivateKey(choice.privateKey);
  const ours: Bytes = exchange.getPublicKey();
  const salt = choice?.salt ?? randomBytes(saltLength);
  // RFC 8291 §3.4.
  const shared = exchange.computeSecret(theirs);
  const keyInfo = concatBytes([bytesFromUtf8('WebPush: info\0'), theirs, ours]);
  const material = new Uint8Array(hkdfSync('sha256', shared, auth, keyInfo, 32));
  const key = new Uint8Array(hkdfSync('sha256', material, salt, 'Content-Encoding: aes128gcm\0', 16));
  const nonce = new Uint8Array(hkdfSync('sha256', material, salt, 'Content-Encoding: nonce\0', 12));
  const cipher = createCipheriv('aes-128-gcm', key, nonce, { authTagLength: tagLength });
  // RFC 8188 §2: 2 ends the last record.
  const sealed = [cipher.update(plain), cipher.update(Uint8Array.of(2)), cipher.final(), cipher.getAuthTag()];
  const head = new Uint8Array(saltLength + 5);
  head.set(salt);
  new DataView(head.buffer).setUint32(saltLength, recordSize);
  head[saltLength + 4] = keyLength;
  return concatBytes([head, ours, ...sealed]);
}
