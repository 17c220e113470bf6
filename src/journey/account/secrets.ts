// Secrets that are made here: generated passwords and app passwords. Knows their look; knows no directory.
import { hexFromBytes } from '../../base/bytes.ts';
import type { Chance } from '../../base/clock.ts';
import { sha256Hex } from '../../base/digest.ts';

/** 28 letters of 26 hold 128 random bits. */
const appLetters = 28;
const recoveryCharacters = 16;
/** Without letters that look alike, for people who copy by hand. */
const readable = 'abcdefghjkmnpqrstuvwxyz23456789';

/** `hkqz-owip-…`: 128 random bits in letters. */
export function makeAppPassword(chance: Chance): string {
  let number = BigInt(`0x${hexFromBytes(chance.bytes(16))}`);
  let letters = '';
  for (let i = 0; i < appLetters; i++) {
    letters += String.fromCharCode(97 + Number(number % 26n));
    number /= 26n;
  }
  return grouped(letters, 4);
}

/** The letters alone, however somebody typed them; null when it cannot be an app password. */
export function readAppPassword(secret: string): string | null {
  if (secret.length < appLetters || secret.length > 2 * appLetters) return null;
  const letters = secret.replace(/[\s-]/g, '').toLowerCase();
  return letters.length === appLetters && /^[a-z]+$/.test(letters) ? letters : null;
}

/** What the directory keeps: with 128 random bits nobody finds them again, slow or fast. */
export function appPasswordDigest(letters: string): string {
  return sha256Hex(letters);
}

/** A password for a person to write down: 20 characters, 99 random bits. */
export function makePassword(chance: Chance): string {
  return grouped(randomReadable(chance, 20), 5);
}

/** `abcd-efgh-jkmn-pqrs`: 16 characters, 79 random bits; for the day when phone and key are lost. */
export function makeRecoveryCode(chance: Chance): string {
  return grouped(randomReadable(chance, recoveryCharacters), 4);
}

/** The characters alone, however somebody typed them; null when it cannot be a recovery code. */
export function readRecoveryCode(text: string): string | null {
  if (text.length > 4 * recoveryCharacters) return null;
  const characters = text.normalize('NFKC').replace(/[\s-]/g, '').toLowerCase();
  return characters.length === recoveryCharacters && /^[a-z2-9]+$/.test(characters) ? characters : null;
}

function randomReadable(chance: Chance, length: number): string {
  let text = '';
  while (text.length < length)
    // 248 is the largest multiple of 31 in an octet: above it a character would be more likely than others.
    for (const octet of chance.bytes(32)) if (octet < 248 && text.length < length) text += readable[octet % 31]!;
  return text;
}

function grouped(text: string, size: number): string {
  return text.replace(new RegExp(`.{${size}}(?=.)`, 'g'), '$&-');
}
