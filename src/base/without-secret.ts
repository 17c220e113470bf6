// A server may repeat what it was told: whatever is shown, kept or logged of its words goes without the secret. Knows the forms in which a
// secret travels when somebody signs in; knows no server.
import { base64FromBytes, bytesFromUtf8 } from './bytes.ts';

export interface ToldSecret {
  readonly login: string;
  /** Password or access token. */
  readonly secret: string;
}

/** What is shorter stands in every second word, and hiding it there would tell it. */
const shortest = 4;

const base64 = (text: string): string => base64FromBytes(bytesFromUtf8(text));

/** The secret by itself; in base64, as LOGIN sends it; within PLAIN (RFC 4616); within XOAUTH2 and OAUTHBEARER (RFC 7628), which have it in their midst. */
function formsOf({ login, secret }: ToldSecret): string[] {
  // At three places of a group of four letters; the first and the last letter belong to neighbours.
  const inMidst = [0, 1, 2].map((shift) =>
    base64(`${'x'.repeat(shift)}${secret}`)
      .replaceAll('=', '')
      .slice(shift === 0 ? 0 : 4, -2),
  );
  const quoted = secret.replaceAll(/["\\]/g, String.raw`\$&`);
  return [secret, quoted, base64(`\0${login}\0${secret}`), base64(secret), ...inMidst].filter((form) => form.length >= shortest);
}

export function withoutSecret(text: string, told: ToldSecret): string {
  if (told.secret.length < shortest) return text;
  return formsOf(told).reduce((clean, form) => clean.replaceAll(form, '…'), text);
}

/** The same trouble, and those that caused it, without the secret in message, words and stack. */
export function hideSecret<T>(trouble: T, told: ToldSecret): T {
  for (let at: unknown = trouble, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    const error = at as Error & { words?: unknown };
    error.message = withoutSecret(error.message, told);
    if (error.stack !== undefined) error.stack = withoutSecret(error.stack, told);
    if (typeof error.words === 'string') error.words = withoutSecret(error.words, told);
  }
  return trouble;
}
