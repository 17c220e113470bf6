// A server may repeat what it was told: whatever is shown, kept or logged of its words goes without the secret. Knows the forms in which a
// secret travels when somebody signs in; knows no server.
import { base64FromBytes, bytesFromUtf8, concatBytes } from './bytes.ts';

/** What is shorter stands in every second word, and hiding it there would tell it. */
const shortest = 4;

/**
 * The text with dots in place of the secret (a password or an access token): as it is, as a quoted string has it, and every run of base64 that holds it,
 * whatever stands before and behind it there: LOGIN, PLAIN (RFC 4616), XOAUTH2 and OAUTHBEARER (RFC 7628).
 */
export function withoutSecret(text: string, secret: string): string {
  if (secret.length < shortest) return text;
  const quoted = secret.replaceAll(/["\\]/g, String.raw`\$&`);
  const hidden = text.replaceAll(secret, '…').replaceAll(quoted, '…');
  const pieces = [0, 1, 2].map((before) => withinBase64(secret, before)).filter((piece) => piece.length >= shortest);
  if (!pieces.some((piece) => hidden.includes(piece))) return hidden;
  return hidden.replaceAll(/[A-Za-z0-9+/]+=*/g, (run) => (pieces.some((piece) => run.includes(piece)) ? '…' : run));
}

/** The same trouble, and those that caused it, without the secret in message, words and stack. */
export function hideSecret<T>(trouble: T, secret: string): T {
  for (let at: unknown = trouble, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    const error = at as Error & { words?: unknown };
    error.message = withoutSecret(error.message, secret);
    if (error.stack !== undefined) error.stack = withoutSecret(error.stack, secret);
    if (typeof error.words === 'string') error.words = withoutSecret(error.words, secret);
  }
  return trouble;
}

/** Only the characters that do not depend on what stands before the secret or behind it (RFC 4648 §4). */
function withinBase64(secret: string, before: number): string {
  const octets = concatBytes([new Uint8Array(before), bytesFromUtf8(secret)]);
  return base64FromBytes(octets).slice(Math.ceil((before * 4) / 3), Math.floor((octets.length * 4) / 3));
}
