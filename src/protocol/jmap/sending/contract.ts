// What the methods of sending ask of the post office behind them: who may write as whom, is this fit to go, let it go, call it back.
// Knows the questions; `journey/submission` answers them and setup joins. Knows no queue and no SMTP session.
import type { Bytes } from '../../../base/bytes.ts';
import type { AccountId, LetterId } from '../../../store/contract.ts';
import type { DsnNotify } from '../../../store/queue-contract.ts';

/** An address from which an account may write without having asked for it. */
export interface OwnAddress {
  readonly address: string;
  readonly name: string;
}

/** RFC 8621 §7 Envelope, its parameters read. */
export interface SendingEnvelope {
  /** Without brackets; empty for `<>`. */
  readonly reversePath: string;
  readonly envelopeId: string | null;
  readonly returns: 'full' | 'headers' | null;
  readonly recipients: readonly {
    readonly address: string;
    readonly notify: readonly DsnNotify[];
    readonly originalRecipient: string | null;
  }[];
}

export interface Sender {
  /** Whose account it is: a person's, or an account at another provider. */
  readonly account: AccountId;
  /** The address that signs when From is missing, and the display name with it. */
  readonly address: string;
  readonly name: string;
  /** For the journey and the log. */
  readonly login: string;
  readonly remoteAddress: string;
}

/** Why a letter may not go, each with what the book wants told (RFC 8621 §7.5). */
export type SendingObjection =
  | { readonly why: 'forbiddenMailFrom' | 'forbiddenFrom' | 'forbiddenToSend' | 'rateLimit'; readonly words: string }
  | { readonly why: 'invalidEmail'; readonly words: string; readonly properties: readonly string[] }
  | { readonly why: 'noRecipients' }
  | { readonly why: 'invalidRecipients'; readonly addresses: readonly string[]; readonly words: string }
  | { readonly why: 'tooManyRecipients'; readonly most: number }
  | { readonly why: 'tooLarge'; readonly most: number };

/** The value of an item of kind `submission`. */
export interface SubmissionValue {
  readonly identity: number;
  readonly message: number;
  readonly thread: number;
  /** As it is told: RFC 8621 §7 Envelope. */
  readonly envelope: {
    readonly mailFrom: { readonly email: string; readonly parameters: { readonly [name: string]: string | null } | null };
    readonly rcptTo: readonly { readonly email: string; readonly parameters: { readonly [name: string]: string | null } | null }[];
  };
  readonly sendAt: number;
  readonly undoStatus: 'pending' | 'final' | 'canceled';
  /** While it waits: the queue holds the octets under this name, whatever becomes of the letter in the mailbox. */
  readonly held: LetterId | null;
  /** Of the letter that is held. */
  readonly octets?: number;
  /** Once it went: the name of the letter on its journey. */
  readonly letter: LetterId | null;
  readonly sender: Sender;
  /** Message-ID of the letter as it went, without brackets. */
  readonly messageId?: string;
  /** What became of it for each recipient, as far as it is known; and the letters that told of it: delivery reports and receipts. */
  readonly status?: Readonly<Record<string, DeliveryStatus>>;
  readonly dsn?: readonly number[];
  readonly mdn?: readonly number[];
  /** Why it could not go in the end although it was taken; told to the person by a report as well. */
  readonly failure: string | null;
}

/** An item of kind `submission`, and the letter's name on its journey once it went. */
export interface SentLetter {
  readonly id: number;
  readonly letter: LetterId | null;
}

export interface DeliveryStatus {
  readonly smtpReply: string;
  readonly delivered: 'queued' | 'yes' | 'no' | 'unknown';
  /** Missing: unknown. */
  readonly displayed?: 'yes';
}

/** The sending part of the office. */
export interface SendingDesk {
  /** Main address, aliases that lead to it, or the address at the other provider; the main one first. */
  addresses(account: AccountId): readonly OwnAddress[];
  owns(account: AccountId, address: string): boolean;
  /** May this letter go? Nothing is kept, nothing counted. */
  check(sender: Sender, envelope: SendingEnvelope, octets: Bytes): Promise<SendingObjection | null>;
  /**
   * Takes the letter over: at once when `dueAt` is null, else held until then. Durable when it settles, the submission item with it.
   * `value.undoStatus`, `held`, `letter` and `failure` are set here.
   */
  send(
    account: AccountId,
    value: Omit<SubmissionValue, 'undoStatus' | 'held' | 'letter' | 'failure'>,
    octets: Bytes,
    dueAt: number | null,
  ): Promise<SentLetter | SendingObjection>;
  /**
   * A letter that the program writes for a person, such as a receipt: gone at once, kept nowhere. `author`: whose address stands in From; an empty
   * reverse-path becomes it where a provider carries the letter, since those take no other.
   */
  post(sender: Sender, envelope: SendingEnvelope, octets: Bytes, author: string): Promise<SendingObjection | null>;
  /** False: it has gone, or is going. */
  recall(account: AccountId, id: number): Promise<boolean>;
  /** Notes what became of letters that were sent while nobody could write it down; called before submissions are told. */
  catchUp(account: AccountId): Promise<void>;
  /** By recipient as in the envelope; null when nothing is known any more. */
  status(account: AccountId, value: SubmissionValue): Promise<Readonly<Record<string, DeliveryStatus>> | null>;
}
