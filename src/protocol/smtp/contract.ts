// What an SMTP session asks of the station behind it. Reception (port 25, LMTP) and submission (465, 587) fulfil it.
// Knows the questions; knows no account, no queue and no words of the wire beyond replies.
import type { Spool } from '../../store/contract.ts';
import type { TlsFacts } from '../line/session.ts';
import type { Principal } from '../sasl/authenticator.ts';
import type { MailParameters, RecipientParameters } from './grammar/parameters.ts';
import type { Path } from './grammar/path.ts';
import type { Reply } from './response.ts';

/** Who is speaking, as far as the dialogue has shown. */
export interface Client {
  /** The connection, for logs and events. */
  readonly connection: string;
  readonly remote: { readonly address: string; readonly port: number };
  /** What it called itself in EHLO or HELO. Not believed. */
  readonly helloName: string;
  /** RFC 3848 base word. */
  readonly protocol: 'SMTP' | 'ESMTP' | 'LMTP';
  readonly tls: TlsFacts | null;
  readonly principal: Principal | null;
}

/** The letter's octets are complete. */
export interface Content {
  readonly spool: Spool;
  /** Octets in the spool. */
  readonly length: number;
  /** True when they came by BDAT after BODY=BINARYMIME. */
  readonly binary: boolean;
}

/** The station's part of one transaction. */
export interface IncomingLetter {
  /** RCPT. Null: accepted, the letter will go there. A reply: refused in these words. May throw Refusal and Unavailable. */
  checkRecipient(path: Path, parameters: RecipientParameters): Reply | null | Promise<Reply | null>;
  /**
   * The end of the data. A positive reply is only given when the letter would survive a power cut. Called at most once, with at least one
   * accepted recipient. The session discards the spool afterwards.
   * One reply for all; or, for LMTP, one per accepted recipient in their order (RFC 2033 §4.2).
   * May throw Refusal and Unavailable.
   */
  accept(content: Content): Promise<Reply | readonly Reply[]>;
  /** After a positive reply of `accept` the connection ended before the peer sent anything more: it may not have heard, and send again. */
  unheard(): void;
  /** The transaction ends without `accept`: RSET, EHLO, a refusal by the session, a lost connection. */
  abandon(): void;
}

export interface SmtpReceiver {
  /**
   * MAIL: may this letter begin? Declared size and disk room were looked at by the session.
   * A reply refuses. May throw Refusal and Unavailable.
   */
  begin(client: Client, sender: Path, parameters: MailParameters): IncomingLetter | Reply | Promise<IncomingLetter | Reply>;
}

export function isReply(answer: IncomingLetter | Reply): answer is Reply {
  return 'code' in answer;
}
