// Hashes, as pure functions. The one place below `io` that names node:crypto; nothing here touches randomness or the clock.
import { createHash, createHmac, hash, pbkdf2, timingSafeEqual } from 'node:crypto';
import { bytesFromHex, type Bytes } from './bytes.ts';

export type HashName = 'SHA-1' | 'SHA-256';
const nodeNames = { 'SHA-1': 'sha1', 'SHA-256': 'sha256' } as const;

export function digest(name: HashName, data: Bytes | string): Bytes {
  return bytesFromHex(hash(nodeNames[name], data, 'hex'));
}

/** SHA-256 of several pieces, as if they were one, in lower-case hex. */
export function sha256Hex(...pieces: readonly (Bytes | string)[]): string {
  if (pieces.length === 1) return hash('sha256', pieces[0]!, 'hex');
  const running = createHash('sha256');
  for (const piece of pieces) running.update(piece);
  return running.digest('hex');
}

export interface RunningDigest {
  add(piece: Bytes | string): void;
  end(): Bytes;
}

/** A hash of what comes in pieces, one after another. */
export function runningDigest(name: HashName): RunningDigest {
  const running = createHash(nodeNames[name]);
  return { add: (piece) => void running.update(piece), end: () => running.digest() };
}

/** SHA-256 of what comes in pieces, one after another. */
export function runningSha256(): RunningDigest {
  return runningDigest('SHA-256');
}

export function hmac(name: HashName, key: Bytes, data: Bytes | string): Bytes {
  return createHmac(nodeNames[name], key).update(data).digest();
}

/** RFC 8018 §5.2; runs off the main thread. */
export function deriveKey(name: HashName, password: string, salt: Bytes, iterations: number, length: number): Promise<Bytes> {
  return new Promise((resolve, reject) =>
    pbkdf2(password, salt, iterations, length, nodeNames[name], (error, key) => (error ? reject(error) : resolve(key))),
  );
}

/** Equal in constant time; false at once when the lengths differ. */
export function equalSecrets(a: Bytes, b: Bytes): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
