// The states of a session and which command is allowed in which. Knows no socket, no role and no station.
//
//   fresh ── EHLO ──▶ greeted ── MAIL ──▶ sender ── RCPT ──▶ recipients ── DATA ──▶ (content) ──▶ greeted
//                        ▲                                       └─── BDAT ──▶ chunks ── LAST ──▶ greeted
//                        └── RSET from anywhere after EHLO;  STARTTLS leads back to fresh
import type { Verb } from './command.ts';

/**
 * `fresh`: nobody has said EHLO. `greeted`: no letter is under way. `sender`: MAIL was accepted. `recipients`: at least one RCPT was.
 * `chunks`: a BDAT has come and more are to follow.
 */
export type State = 'fresh' | 'greeted' | 'sender' | 'recipients' | 'chunks';

export const states: readonly State[] = ['fresh', 'greeted', 'sender', 'recipients', 'chunks'];

const all = states;

/** RFC 5321 §4.1.4: EHLO, HELO, NOOP, HELP, EXPN, VRFY, RSET and QUIT at any time; the others in their order. */
const allowed: Readonly<Record<Verb, readonly State[]>> = {
  EHLO: all,
  HELO: all,
  LHLO: all,
  MAIL: ['greeted'],
  RCPT: ['sender', 'recipients'],
  DATA: ['recipients'],
  BDAT: ['recipients', 'chunks'],
  RSET: all,
  NOOP: all,
  HELP: all,
  VRFY: all,
  EXPN: all,
  // RFC 3207 §4: not inside a transaction (B-013), and only after EHLO has offered it.
  STARTTLS: ['greeted'],
  // RFC 4954 §4: not inside a transaction.
  AUTH: ['greeted'],
  QUIT: all,
};

export const verbs = Object.keys(allowed) as readonly Verb[];

export function isAllowed(verb: Verb, state: State): boolean {
  return allowed[verb].includes(state);
}

/** Why a command is not allowed now, for people. */
export function whyNot(verb: Verb, state: State): string {
  if (state === 'fresh') return 'say EHLO first';
  if (verb === 'MAIL' || verb === 'STARTTLS' || verb === 'AUTH') return `${verb} is not allowed while a letter is under way`;
  if (state === 'chunks') return 'a letter that began with BDAT goes on with BDAT';
  if (verb === 'RCPT' || state === 'greeted') return 'say MAIL first';
  return 'say RCPT first';
}
