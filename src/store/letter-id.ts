// The name of a letter on its journey: short, unguessable, without letters that look alike when read aloud over the telephone.
import type { Chance } from '../base/clock.ts';
import type { LetterId } from './contract.ts';

const alphabet = '23456789abcdefghjkmnpqrstuvwxyz';

/** 16 characters, about 79 bits. */
export function makeLetterId(chance: Chance): LetterId {
  let id = '';
  while (id.length < 16) for (const octet of chance.bytes(24)) if (octet < 248 && id.length < 16) id += alphabet[octet % 31];
  return id;
}
