// Telling the sender what became of a letter. Knows the question; dsn.ts answers it.
import type { AcceptLetter, LetterId, MailStore } from '../../store/contract.ts';
import type { QueueRecipient } from '../../store/queue-contract.ts';
import type { Bytes } from '../../base/bytes.ts';
import type { RecipientFacts } from '../account/contract.ts';

/** RFC 3464 §2.3.3. */
export type ReportAction = 'failed' | 'delayed' | 'delivered' | 'relayed';

export interface ReportedRecipient {
  readonly row: QueueRecipient;
  readonly action: ReportAction;
  /** RFC 3463. */
  readonly status: string;
  /** The other server's words, or ours. */
  readonly words: string;
  /** The other server; null when it was our decision. */
  readonly host: string | null;
  readonly lastAttemptAt: number;
  /** A name of journey/outside/causes.ts, when the provider of the sender's account stood in the way. */
  readonly cause?: string;
}

/** A letter that lies in mailboxes here, whose senders asked to be told (RFC 3461 §5.2.3). */
export interface DeliveredLetter extends Pick<QueueRecipient, 'reversePath' | 'envelopeId' | 'returns' | 'smtpUtf8'> {
  readonly letter: LetterId;
  /** Wall time, milliseconds. */
  readonly at: number;
  readonly octets: Bytes;
  readonly recipients: readonly RecipientFacts[];
}

export interface Reporter {
  /** The report of success for the same commit as the letter; null when nobody is to be told. */
  delivered(letter: DeliveredLetter, store: Pick<MailStore, 'spool'>): Promise<AcceptLetter | null>;
  /**
   * The report about these recipients of one letter, ready for a commit; null when nobody is to be told (RFC 3461 §5.2, RFC 5321 §4.5.5:
   * never for the empty reverse-path). `octets`: null when the letter cannot be read any more.
   */
  report(recipients: readonly ReportedRecipient[], octets: Bytes | null, store: Pick<MailStore, 'spool'>): Promise<AcceptLetter | null>;
}
