// The four kinds of trouble. Knows which kinds there are and how a cause is kept; knows no protocol's words for them.
//
// Anything thrown that is none of the first three is a defect of ours: the peer hears "server error", the log keeps the stack.

/** The peer's words do not follow the grammar. Becomes BAD, 500/501, -ERR. */
export class SyntaxTrouble extends Error {
  override readonly name = 'SyntaxTrouble';
  /** Octet offset in the parsed unit at which the grammar was left. */
  readonly offset: number;
  constructor(message: string, offset = 0) {
    super(message);
    this.offset = offset;
  }
}

/**
 * Why a request is refused; each protocol maps these to its own response code in one table.
 * The names follow RFC 5530 where it has one.
 */
export type RefusalCode =
  | 'authentication-failed' // unknown person, wrong password, closed account: all the same to the peer
  | 'authorization-failed' // known person, who may not act as the one named
  | 'privacy-required' // a secret is only taken over TLS
  | 'login-delayed' // too many failures: wait
  | 'nonexistent' // also what a foreign object answers
  | 'already-exists'
  | 'cannot' // can never be done, such as an illegal mailbox name
  | 'in-use' // another session holds it, such as a maildrop lock
  | 'over-quota'
  | 'too-big' // one letter above the size limit
  | 'limit' // some other bound
  | 'no-perm'
  | 'read-only'
  | 'bad-charset'
  | 'unknown-cte'
  | 'has-children'
  | 'parse'
  | 'expired'
  | 'uid-not-sticky'
  | 'not-saved'
  | 'policy'
  | 'changed'; // somebody else was first

/** Understood, and the answer is no. `message` is for the peer; `reason` is for our log. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: RefusalCode;
  readonly reason: string;
  constructor(code: RefusalCode, message: string, reason = message) {
    super(message);
    this.code = code;
    this.reason = reason;
  }
}

/** Why something is not possible now. */
export type UnavailableCode =
  | 'disk-full'
  | 'disk-fault'
  | 'store-stopped'
  | 'busy'
  | 'dns'
  | 'timeout'
  | 'shutting-down'
  | 'unknown-outcome'
  | 'outside';

/** Not now; the same request may succeed later. Becomes NO [UNAVAILABLE], 451 4.x.x, -ERR [SYS/TEMP]. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable';
  readonly code: UnavailableCode;
  constructor(code: UnavailableCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}
