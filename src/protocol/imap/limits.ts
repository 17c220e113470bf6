// Every bound of an IMAP session in one place. Knows numbers and why; the settings may change those of `ImapLimits`.

/** RFC 9051 §5.4 and reliability S-04. Octets unless said otherwise. */
export interface ImapLimits {
  /** One line before login. */
  readonly greetedLine: number;
  /** One literal before login. */
  readonly greetedLiteral: number;
  /** All lines and literals before login together: whoever has said more without signing in has nothing to say. */
  readonly greetedTotal: number;
  /** Wrong commands before login until the session ends. */
  readonly greetedFaults: number;
  /** Wrong passwords until the session ends. */
  readonly loginFailures: number;
  /** One whole command after login, without the letters of APPEND; also one line of it and one literal of it. */
  readonly command: number;
  /** Wrong commands in a row after login until the session ends. */
  readonly faults: number;
  /** One letter of APPEND; told as APPENDLIMIT (RFC 7889). */
  readonly letter: number;
  /** Letters of one MULTIAPPEND. */
  readonly lettersAtOnce: number;
  /** Octets of all letters of one MULTIAPPEND. */
  readonly lettersOctets: number;
  /** A refused `{n+}` literal up to this size is read and thrown away; above it the session ends (RFC 7888 §4). */
  readonly thrownAway: number;
  /** Parentheses within one another. */
  readonly depth: number;
  /** Levels of a mailbox name, and octets (UTF-8) of one level. */
  readonly mailboxLevels: number;
  readonly mailboxLevelOctets: number;
  readonly mailboxes: number;
  /** Silence before login, after it, and in IDLE; milliseconds (RFC 9051 §5.4: at least 30 minutes after login). */
  readonly greetedSilence: number;
  readonly silence: number;
  readonly idleSilence: number;
}

export const imapLimits: ImapLimits = {
  greetedLine: 8192,
  greetedLiteral: 4096,
  greetedTotal: 65_536,
  greetedFaults: 3,
  loginFailures: 5,
  command: 65_536,
  faults: 20,
  letter: 52_428_800,
  lettersAtOnce: 1000,
  lettersOctets: 268_435_456,
  thrownAway: 104_857_600,
  depth: 50,
  mailboxLevels: 50,
  mailboxLevelOctets: 255,
  mailboxes: 20_000,
  greetedSilence: 60_000,
  silence: 30 * 60_000,
  idleSilence: 30 * 60_000,
};
