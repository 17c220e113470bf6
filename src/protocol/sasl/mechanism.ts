// Which SASL mechanisms there are, which are offered when, and how one is begun.
// Knows the list; knows neither the messages (plain.ts, scram.ts) nor a protocol's frame (dialogue.ts).
import { Refusal } from '../../base/trouble.ts';
import type { TlsFacts } from '../line/session.ts';
import type { Exchange, SaslParts } from './exchange.ts';
import { LoginExchange, PlainExchange } from './plain.ts';
import { canBind, ScramExchange } from './scram.ts';

/** Strongest first: clients that take the first they know do well. EXTERNAL is not among them: nobody here signs in by certificate. */
const begin = {
  'SCRAM-SHA-256-PLUS': (parts: SaslParts): Exchange => new ScramExchange('SHA-256', true, parts),
  'SCRAM-SHA-1-PLUS': (parts: SaslParts): Exchange => new ScramExchange('SHA-1', true, parts),
  'SCRAM-SHA-256': (parts: SaslParts): Exchange => new ScramExchange('SHA-256', false, parts),
  'SCRAM-SHA-1': (parts: SaslParts): Exchange => new ScramExchange('SHA-1', false, parts),
  PLAIN: (parts: SaslParts): Exchange => new PlainExchange(parts),
  LOGIN: (parts: SaslParts): Exchange => new LoginExchange(parts),
} as const;

export type Mechanism = keyof typeof begin;
export const mechanisms = Object.keys(begin) as readonly Mechanism[];

const unbound = mechanisms.filter((name) => !name.endsWith('-PLUS'));
const none: readonly Mechanism[] = [];

/**
 * What to announce. In the clear nothing is offered unless that is allowed, SCRAM neither: the letters that follow would be in the
 * clear too, and RFC 8314 §3 asks for TLS.
 */
export function offeredMechanisms(where: { readonly tls: TlsFacts | null; readonly plaintextAllowed: boolean }): readonly Mechanism[] {
  if (where.tls === null && !where.plaintextAllowed) return none;
  return canBind(where.tls) ? mechanisms : unbound;
}

/** Names are compared without regard to case, as clients write them in any; null for an unknown one. */
export function findMechanism(name: string): Mechanism | null {
  const upper = name.toUpperCase();
  return mechanisms.find((mechanism) => mechanism === upper) ?? null;
}

/** @throws Refusal `privacy-required` in the clear where that is not allowed, `cannot` for -PLUS without a channel to bind to. */
export function beginExchange(mechanism: Mechanism, parts: SaslParts): Exchange {
  if (parts.tls === null && !parts.plaintextAllowed) throw new Refusal('privacy-required', 'a password is only taken over TLS');
  if (mechanism.endsWith('-PLUS') && !canBind(parts.tls))
    throw new Refusal('cannot', `${mechanism} needs a TLS connection that can be bound to`);
  return begin[mechanism](parts);
}
