// AUTHENTICATE (RFC 9051 §6.2.2, SASL-IR of RFC 4959). Knows the frame; the mechanisms are in protocol/sasl.
import { latin1FromBytes } from '../../../base/bytes.ts';
import { Refusal, SyntaxTrouble } from '../../../base/trouble.ts';
import type { Unit } from '../../line/session.ts';
import { SaslDialogue, type DialogueStep } from '../../sasl/dialogue.ts';
import { findMechanism } from '../../sasl/mechanism.ts';
import type { Dialogue, Done, SessionCommand, SessionControl } from '../context.ts';
import { loginContext, signedIn } from './login.ts';

export interface AuthenticateArguments {
  readonly mechanism: string;
  /** Base64, or null when there was none. */
  readonly initialResponse: string | null;
}

export const authenticate: SessionCommand<AuthenticateArguments> = {
  parse(cursor) {
    cursor.space();
    const mechanism = cursor.word('the name of a mechanism');
    let initialResponse: string | null = null;
    if (cursor.takeSpace() && !cursor.atEnd) {
      const begin = cursor.at;
      while (!cursor.atEnd && cursor.peek() > 0x20) cursor.at++;
      initialResponse = latin1FromBytes(cursor.bytes, begin, cursor.at);
    }
    cursor.end();
    return { mechanism, initialResponse };
  },
  async run(session, { mechanism: name, initialResponse }) {
    const mechanism = findMechanism(name);
    if (mechanism === null) throw new Refusal('cannot', 'there is no such mechanism');
    const { authenticator, chance } = session.parts;
    const { tls } = session.wire;
    const sasl = new SaslDialogue(mechanism, {
      authenticator,
      context: loginContext(session),
      tls,
      plaintextAllowed: session.plaintextAllowed,
      chance,
    });
    const exchange = new AuthenticateDialogue(session, sasl);
    return exchange.answer(await sasl.begin(initialResponse)) ?? exchange;
  },
};

class AuthenticateDialogue implements Dialogue {
  readonly #session: SessionControl;
  readonly #sasl: SaslDialogue;

  constructor(session: SessionControl, sasl: SaslDialogue) {
    this.#session = session;
    this.#sasl = sasl;
  }

  async receive(unit: Unit): Promise<Done | null> {
    if (unit.kind === 'line-too-long') throw new SyntaxTrouble('the response is too long');
    if (unit.kind !== 'line') return null;
    return this.answer(await this.#sasl.respond(latin1FromBytes(unit.bytes)));
  }

  abandon(): void {}

  answer(step: DialogueStep): Done | null {
    switch (step.kind) {
      case 'challenge':
        this.#session.wire.write(`+ ${step.text}\r\n`);
        return null;
      case 'cancelled':
        throw new SyntaxTrouble('the exchange was given up');
      case 'done':
        this.#session.signIn(step.principal);
        return signedIn(this.#session, 'AUTHENTICATE');
    }
  }
}
