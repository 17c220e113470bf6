// The bounds of an SMTP session in one place (RFC 5321 §4.5.3, reliability S-04). Knows numbers only.

export interface SmtpLimits {
  /** Octets of one letter, told by SIZE. */
  readonly size: number;
  /** RFC 5321 §4.5.3.1.8: at least 100. Told by LIMITS RCPTMAX. */
  readonly recipients: number;
  /** Letters on one connection. Told by LIMITS MAILMAX. */
  readonly letters: number;
  /** 5yz replies after which the connection ends, and the number from which on each of them is held back for `errorDelay` ms. */
  readonly errors: number;
  readonly errorsBeforeDelay: number;
  readonly errorDelay: number;
  /** RFC 5321 §4.5.3.2.7: at least five minutes. Milliseconds. */
  readonly patience: number;
  /** The same before the first letter, for strangers on port 25 who say nothing; RFC 5321 asks for the same five minutes. */
  readonly firstPatience: number;
  /** How long the data of one letter may take in all. */
  readonly contentTime: number;
  /** Wait before the greeting; who speaks in that time is no mail server. 0: greet at once. */
  readonly greetingDelay: number;
  /** What becomes of bare LFs in a letter: read as CRLF, or refused. */
  readonly bareLf: 'normalise' | 'refuse';
}

export const defaultSmtpLimits: SmtpLimits = {
  size: 50 * 1024 * 1024,
  recipients: 1000,
  letters: 10_000,
  errors: 20,
  errorsBeforeDelay: 10,
  errorDelay: 1000,
  patience: 5 * 60_000,
  firstPatience: 5 * 60_000,
  contentTime: 60 * 60_000,
  greetingDelay: 0,
  bareLf: 'normalise',
};

/** RFC 4954 §4: an AUTH line may have 12,288 octets, the longest of all; RFC 5321 §4.5.3.1.4 lets extensions lengthen the rest. */
export const maxCommandLine = 12_288;
/** A line above this is no mistake any more: the connection ends (B-019). */
export const hopelessLine = 64 * 1024;
