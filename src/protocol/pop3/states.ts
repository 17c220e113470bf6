// The states of a POP3 session (RFC 1939 §3) and what may be said in which. All that moves a state is named here;
// this file knows no wire, no words and no store.
import type { CommandName } from './command.ts';

/**
 * `authorization`: who is it? `transaction`: signed in, the maildrop is locked. The third state of the RFC, UPDATE, lasts for as long as QUIT works.
 */
export type StateName = 'authorization' | 'transaction';

export interface Rule {
  /** Where the command is allowed. */
  readonly in: readonly StateName[];
  /** Where it leads when it succeeds; nowhere when missing. `closed` after the goodbye. */
  readonly leads?: StateName | 'closed';
}

const everywhere: readonly StateName[] = ['authorization', 'transaction'];
const before: readonly StateName[] = ['authorization'];
const inside: readonly StateName[] = ['transaction'];

export const rules: { readonly [N in CommandName]: Rule } = {
  USER: { in: before },
  PASS: { in: before, leads: 'transaction' },
  AUTH: { in: before, leads: 'transaction' },
  STLS: { in: before }, // RFC 2595 §4: the session stays in AUTHORIZATION, and begins anew
  UTF8: { in: before }, // RFC 6856 §2
  STAT: { in: inside },
  LIST: { in: inside },
  UIDL: { in: inside },
  RETR: { in: inside },
  TOP: { in: inside },
  DELE: { in: inside },
  RSET: { in: inside },
  NOOP: { in: inside },
  CAPA: { in: everywhere }, // RFC 2449 §5
  LANG: { in: everywhere }, // RFC 6856 §3.1
  QUIT: { in: everywhere, leads: 'closed' },
};

export function isAllowed(name: CommandName, state: StateName): boolean {
  return rules[name].in.includes(state);
}
