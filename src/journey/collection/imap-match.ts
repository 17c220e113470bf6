// Which letter is which: letters seen anew against letters that are missed or not yet known elsewhere. Knows sizes, dates and identities;
// knows no connection and no store.
import { base64FromBytes } from '../../base/bytes.ts';
import { digest } from '../../base/digest.ts';
import type { LetterId } from '../../store/contract.ts';

/** Of a Message-ID without brackets; empty for none. Short, so that a ledger of a hundred thousand letters stays small. */
export function identityOf(messageId: string): string {
  return messageId === '' ? '' : shortHash(messageId);
}

export function digestOf(octets: Uint8Array): string {
  return base64FromBytes(digest('SHA-256', octets)).slice(0, 22);
}

function shortHash(text: string): string {
  return base64FromBytes(digest('SHA-256', text)).slice(0, 22);
}

const alphabet = '23456789abcdefghjkmnpqrstuvwxyz';

/**
 * The name on its journey of a letter fetched from there: made of its place, so that after a crash between keeping the letter and writing the
 * ledger it is known again wherever it lies here. `secret`: of this ledger, so that nobody can name it from outside.
 */
export function letterIdOf(secret: string, account: number, folder: number, uidValidity: number, uid: number): LetterId {
  const octets = digest('SHA-256', `${secret} ${account} ${folder} ${uidValidity} ${uid}`);
  let id = '';
  for (let at = 0; at < 16; at++) id += alphabet[octets[at]! % 31];
  return id;
}

/** What is known of a letter from outside. */
export interface Traits {
  readonly size: number;
  /** Null where it says nothing, such as for a letter that came here by another road. */
  readonly receivedAt: number | null;
  readonly identity: string;
}

/**
 * Pairs each of `fresh` with one of `missed`: same size and same identity, same date where both have one. A letter without identity is paired by
 * nobody here; its octets tell. Several alike are paired in order. Each is used once.
 */
export function pairUp<A extends Traits, B extends Traits>(fresh: readonly A[], missed: readonly B[]): [A, B][] {
  const byKey = new Map<string, B[]>();
  for (const one of missed) {
    if (one.identity === '') continue;
    const key = `${one.size} ${one.identity}`;
    const list = byKey.get(key);
    if (list) list.push(one);
    else byKey.set(key, [one]);
  }
  const pairs: [A, B][] = [];
  for (const one of fresh) {
    const list = byKey.get(`${one.size} ${one.identity}`);
    if (one.identity === '' || list === undefined) continue;
    const at = list.findIndex(({ receivedAt }) => receivedAt === null || one.receivedAt === null || sameSecond(receivedAt, one.receivedAt));
    if (at >= 0) pairs.push([one, ...(list.splice(at, 1) as [B])]);
  }
  return pairs;
}

/** INTERNALDATE knows seconds. */
function sameSecond(a: number, b: number): boolean {
  return Math.floor(a / 1000) === Math.floor(b / 1000);
}
