// A SASL exchange as SMTP (RFC 4954), POP3 (RFC 5034) and IMAP (RFC 9051 §6.2.2) frame it: base64 lines, `*` to give up, `=` for an
// empty initial response. Knows these rules; each protocol adds its own prefix to a challenge and its own words to the end.
//
//   const dialogue = new SaslDialogue(mechanism, parts);
//   let step = await dialogue.begin(initialResponse);          // null when the command had none
//   while (step.kind === 'challenge') send(`+ ${step.text}`), step = await dialogue.respond(nextLine);
import { base64FromBytes, bytesFromBase64, noBytes, type Bytes } from '../../base/bytes.ts';
import { SyntaxTrouble } from '../../base/trouble.ts';
import type { Principal } from './authenticator.ts';
import type { Exchange, SaslParts } from './exchange.ts';
import { beginExchange, type Mechanism } from './mechanism.ts';

/** RFC 4954 §4, RFC 5034 §4: how long a line of an exchange may be, its ending not counted. */
export const maxSaslLine = 12_288;

export type DialogueStep =
  /** Send this base64 text (it may be empty), framed, and read a line. */
  | { readonly kind: 'challenge'; readonly text: string }
  | { readonly kind: 'done'; readonly principal: Principal }
  /** The client gave up with `*`. SMTP 501 5.7.0, IMAP BAD, POP3 -ERR. */
  | { readonly kind: 'cancelled' };

/** RFC 4648 §4 without leniency: alphabet, padding, length. @throws SyntaxTrouble. */
export function parseBase64(text: string): Bytes {
  if (text.length > maxSaslLine) throw new SyntaxTrouble('the response is too long', maxSaslLine);
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) throw new SyntaxTrouble('the response is not valid base64');
  return bytesFromBase64(text);
}

export class SaslDialogue {
  readonly #exchange: Exchange;
  /** Signed in, but the client has yet to see the server's last word and to acknowledge it (RFC 4422 §3.6). */
  #finished: Principal | null = null;

  /** @throws as `beginExchange`. */
  constructor(mechanism: Mechanism, parts: SaslParts) {
    this.#exchange = beginExchange(mechanism, parts);
  }

  /** @throws as `Exchange.respond`. */
  async begin(initialResponse: string | null): Promise<DialogueStep> {
    if (initialResponse === null) return this.#step(null);
    // RFC 4954 §4: an equals sign alone is an initial response of no octets.
    return this.#step(initialResponse === '=' ? noBytes() : parseBase64Initial(initialResponse));
  }

  /** A line of the client. @throws as `Exchange.respond`, and SyntaxTrouble for bad base64. */
  async respond(line: string): Promise<DialogueStep> {
    if (line === '*') return { kind: 'cancelled' };
    const response = parseBase64(line);
    if (this.#finished === null) return this.#step(response);
    if (response.length > 0) throw new SyntaxTrouble('the acknowledgement of the last message is empty');
    return { kind: 'done', principal: this.#finished };
  }

  async #step(response: Bytes | null): Promise<DialogueStep> {
    const step = await this.#exchange.respond(response);
    if (step.kind === 'challenge') return { kind: 'challenge', text: base64FromBytes(step.data) };
    if (step.finalData === null) return { kind: 'done', principal: step.principal };
    this.#finished = step.principal;
    return { kind: 'challenge', text: base64FromBytes(step.finalData) };
  }
}

/** An initial response that is there has at least one character. */
function parseBase64Initial(text: string): Bytes {
  if (text === '') throw new SyntaxTrouble('an empty initial response is written as =');
  return parseBase64(text);
}
