// A server may repeat what it was told, such as a line that it did not understand: its words are shown, kept and logged, a secret is not.
// Knows texts and base64; knows no protocol.
import { base64FromBytes, bytesFromUtf8, concatBytes } from './bytes.ts';

/** Shorter pieces stand in other words by chance. */
const shortest = 4;

/** The text with dots in place of the secret, as it is and as it stands within base64, with what stands before and behind it there. */
export function withoutSecret(text: string, secret: string): string {
  if (secret.length < shortest) return text;
  const hidden = text.replaceAll(secret, '…');
  const pieces = [0, 1, 2].map((before) => withinBase64(secret, before)).filter((piece) => piece.length >= shortest);
  if (!pieces.some((piece) => hidden.includes(piece))) return hidden;
  return hidden.replaceAll(/[A-Za-z0-9+/]+=*/g, (run) => (pieces.some((piece) => run.includes(piece)) ? '…' : run));
}

/** Only the characters that do not depend on what stands before the secret or behind it (RFC 4648 §4). */
function withinBase64(secret: string, before: number): string {
  const octets = concatBytes([new Uint8Array(before), bytesFromUtf8(secret)]);
  return base64FromBytes(octets).slice(Math.ceil((before * 4) / 3), Math.floor((octets.length * 4) / 3));
}
