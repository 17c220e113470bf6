// AUTH inside an SMTP session (RFC 4954): which mechanisms are offered on this connection, and the exchange from command to outcome.
// Knows SASL's frame and the replies; knows neither letters nor the state of the session.
import type { Bytes } from '../../base/bytes.ts';
import type { Chance } from '../../base/clock.ts';
import { SyntaxTrouble } from '../../base/trouble.ts';
import type { Wire } from '../line/session.ts';
import type { Authenticator, Principal } from '../sasl/authenticator.ts';
import { SaslDialogue, type DialogueStep } from '../sasl/dialogue.ts';
import { findMechanism, offeredMechanisms } from '../sasl/mechanism.ts';
import { textOfLine } from './command.ts';
import { replies, replyForTrouble, replyWith, type Reply } from './response.ts';

export interface SignInParts {
  readonly authenticator: Authenticator;
  readonly chance: Chance;
  /** May this peer tell a password without TLS? True for the loopback, by setting. */
  readonly plaintextAllowed: (remote: { readonly address: string; readonly port: number }) => boolean;
}

export type SignInStep =
  | { readonly kind: 'challenge'; readonly text: string }
  | { readonly kind: 'done'; readonly principal: Principal }
  | { readonly kind: 'refused'; readonly reply: Reply };

export class SignIn {
  readonly #parts: SignInParts;
  readonly #wire: Wire;
  #dialogue: SaslDialogue | null = null;

  constructor(parts: SignInParts, wire: Wire) {
    this.#parts = parts;
    this.#wire = wire;
  }

  /** The next line belongs to the exchange. */
  get active(): boolean {
    return this.#dialogue !== null;
  }

  /** As TLS and the peer's place allow it now. */
  offered(): readonly string[] {
    return offeredMechanisms({ tls: this.#wire.tls, plaintextAllowed: this.#parts.plaintextAllowed(this.#wire.remote) });
  }

  /** RFC 4954 §4. @throws what is no trouble of the peer's. */
  async begin(name: string, initial: string | null): Promise<SignInStep> {
    const { authenticator, chance } = this.#parts;
    const { tls, remote, id } = this.#wire;
    const plaintextAllowed = this.#parts.plaintextAllowed(remote);
    if (tls === null && !plaintextAllowed) return refused(replies['tls-required']);
    const mechanism = findMechanism(name);
    if (mechanism === null) return refused(replies['unknown-mechanism']);
    const context = { protocol: 'smtp', remoteAddress: remote.address, tls: tls !== null, connection: id } as const;
    return this.#step(() => {
      this.#dialogue = new SaslDialogue(mechanism, { authenticator, context, tls, plaintextAllowed, chance });
      return this.#dialogue.begin(initial);
    });
  }

  async goOn(line: Bytes): Promise<SignInStep> {
    const dialogue = this.#dialogue;
    if (dialogue === null) return refused(replies['bad-order']);
    // What is not even text is no base64 either.
    return this.#step(() => dialogue.respond(textOfLine(line) ?? '?'));
  }

  forget(): void {
    this.#dialogue = null;
  }

  async #step(work: () => Promise<DialogueStep>): Promise<SignInStep> {
    try {
      const step = await work();
      if (step.kind === 'challenge') return step;
      this.forget();
      return step.kind === 'cancelled' ? refused(replies['auth-cancelled']) : step;
    } catch (trouble) {
      this.forget();
      if (trouble instanceof SyntaxTrouble) return refused(replyWith('auth-bad-response', trouble.message));
      const reply = replyForTrouble(trouble);
      if (reply === null) throw trouble;
      // RFC 4954 §6: a failure of ours is 454.
      return refused(reply.code === 451 ? replies['auth-unavailable'] : reply);
    }
  }
}

function refused(reply: Reply): SignInStep {
  return { kind: 'refused', reply };
}
