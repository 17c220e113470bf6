// The address by which a picture elsewhere is asked for through us: signed, and bound to the person whose letter names it. Knows the form of the
// address; knows no letter.
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Bytes } from '../../base/bytes.ts';
import type { AccountId } from '../../store/contract.ts';

export function pictureAddress(key: Bytes, person: AccountId, address: string): string {
  return `/image-proxy?u=${encodeURIComponent(address)}&s=${sign(key, person, address).toString('base64url')}`;
}

/** What one person's letter names is good for nobody else. */
export function isSigned(key: Bytes, person: AccountId, address: string, signature: string): boolean {
  const given = Buffer.from(signature, 'base64url');
  const expected = sign(key, person, address);
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function sign(key: Bytes, person: AccountId, address: string): Buffer {
  return createHmac('sha256', key).update(`${person} ${address}`).digest().subarray(0, 16);
}
