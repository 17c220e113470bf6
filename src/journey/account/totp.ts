// Codes that change every half minute (RFC 6238), as authenticator apps make them: SHA-1, six digits, thirty seconds. Knows the reckoning; knows
// no person and no store.
import type { Bytes } from '../../base/bytes.ts';
import { hmac } from '../../base/digest.ts';

export const totpStepMs = 30_000;
/** RFC 4226 §4 R6 recommends 160 bits. */
export const totpSecretOctets = 20;
const digits = 6;
/** RFC 6238 §5.2: one step for the way, so that clocks may differ by half a minute. */
const stepsAside = 1;

/** RFC 4226 §5.3. */
export function totpCode(secret: Bytes, step: number): string {
  const counter = new Uint8Array(8);
  new DataView(counter.buffer).setBigUint64(0, BigInt(step));
  const mac = hmac('SHA-1', secret, counter);
  const offset = mac[19]! & 15;
  const number = new DataView(mac.buffer, mac.byteOffset).getUint32(offset) & 0x7fff_ffff;
  return String(number % 10 ** digits).padStart(digits, '0');
}

/** The step that a code belongs to, later than `lastStep`; null for a code that is none, or was taken before (RFC 6238 §5.2: one time only). */
export function findStep(secret: Bytes, code: string, now: number, lastStep: number): number | null {
  const text = code.normalize('NFKC').replace(/\s/g, '');
  if (!/^\d{6}$/.test(text)) return null;
  const current = Math.floor(now / totpStepMs);
  let found: number | null = null;
  // All are reckoned, whichever it is.
  for (let step = current - stepsAside; step <= current + stepsAside; step++)
    if (totpCode(secret, step) === text && step > lastStep) found ??= step;
  return found;
}

const base32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** RFC 4648 §6, without padding: how apps want a secret typed. */
export function base32FromBytes(bytes: Bytes): string {
  let text = '';
  let bits = 0;
  let value = 0;
  for (const octet of bytes) {
    value = ((value << 8) | octet) & 0xffff;
    bits += 8;
    for (; bits >= 5; bits -= 5) text += base32[(value >> (bits - 5)) & 31]!;
  }
  return bits > 0 ? text + base32[(value << (5 - bits)) & 31]! : text;
}

/** What the QR code says (https://github.com/google/google-authenticator/wiki/Key-Uri-Format). */
export function totpUri(secret: Bytes, address: string, issuer: string): string {
  const name = encodeURIComponent(issuer);
  return `otpauth://totp/${name}:${encodeURIComponent(address)}?secret=${base32FromBytes(secret)}&issuer=${name}`;
}
