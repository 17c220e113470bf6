// The name of a letter on its journey: unguessable, without letters that look alike when read aloud over the telephone. It begins with
// the minute in which it was made, so that letters of one time stand together in every index that has them as a key.
import type { Chance } from '../base/clock.ts';
import type { LetterId } from './contract.ts';

const alphabet = '23456789abcdefghjkmnpqrstuvwxyz';
const minuteMs = 60_000;
/** 2026-01-01T00:00:00Z; five characters reach from there to 2080. */
const epoch = 1_767_225_600_000;
const timeLength = 5;
/** About 64 bits. */
const chanceLength = 13;

/** 18 characters. `now`: milliseconds since 1970; a clock before 2026 makes ids that stand first. */
export function makeLetterId(chance: Chance, now: number): LetterId {
  let minutes = Math.max(0, Math.floor((now - epoch) / minuteMs));
  let time = '';
  for (let i = 0; i < timeLength; i++) {
    time = alphabet[minutes % alphabet.length]! + time;
    minutes = Math.floor(minutes / alphabet.length);
  }
  return time + randomPart((length) => chance.bytes(length));
}

/** An id beside `id`, made of octets that are as good as chance, such as a digest: the same octets, the same id. */
export function letterIdBeside(id: LetterId, octets: Uint8Array): LetterId {
  return id.slice(0, timeLength) + randomPart(() => octets);
}

function randomPart(bytes: (length: number) => Uint8Array): string {
  let text = '';
  while (text.length < chanceLength)
    for (const octet of bytes(chanceLength + 3)) if (octet < 248 && text.length < chanceLength) text += alphabet[octet % 31];
  return text;
}
