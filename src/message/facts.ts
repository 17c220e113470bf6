// What is found out about a letter once, when it arrives, and kept in the form in which it is sent later.
// Knows the shape; `read-facts.ts` beside it reads a letter into it. Nothing in here ever changes for given octets, except when
// `factsVersion` grows and the store reads the letter again.

/** Grows when reading the same octets would give other facts. Stored beside them. */
export const factsVersion = 2;

/**
 * Facts of one letter. Every text that goes to IMAP is ready to send and pure ASCII: raw 8-bit header text has become
 * encoded words (RFC 2047), so that a session without UTF8=ACCEPT can have it as it is.
 */
export interface LetterFacts {
  /** RFC 9051 §7.5.2: the parenthesised ENVELOPE. Strings are quoted, or literals where they must be. */
  readonly envelope: string;
  /** Bits of `envelopeMarks` in message/wire/envelope.ts: what the envelope alone does not tell of the fields behind it. */
  readonly envelopeMarks: number;
  /** The parenthesised BODYSTRUCTURE with extension data. */
  readonly bodyStructure: string;
  /** The same without extension data: what FETCH BODY answers. */
  readonly body: string;
  /** Octets of the header section, its empty line included: where BODY[TEXT] begins. */
  readonly headerLength: number;
  /** The part tree by octet offsets, as `formatParts` in message/mime/parts.ts writes it: BODY[1.2.MIME] is cut with it, without reading the letter again. */
  readonly parts: string;
  /** RFC 8970: at most 200 characters of readable text. */
  readonly preview: string;
  /** RFC 5256 §2.1: the base subject, decoded, for SORT and THREAD. */
  readonly baseSubject: string;
  /** Decoded subject as people see it, at most 1,000 characters. */
  readonly subject: string;
  /** Sent date: milliseconds since 1970 of the Date field, or null when it is missing or cannot be read. */
  readonly sentAt: number | null;
  /** Decoded address lists as people see them, `Name <local@domain>` joined by `, `, at most 1,000 characters each. */
  readonly from: string;
  readonly to: string;
  readonly cc: string;
  readonly bcc: string;
  /** RFC 5256 §3: the addr-mailbox of the first From, To and Cc address, for SORT; empty when there is none. */
  readonly sortFrom: string;
  readonly sortTo: string;
  readonly sortCc: string;
  /** RFC 5957: the display text of the first From and To address, for SORT DISPLAYFROM and DISPLAYTO. */
  readonly displayFrom: string;
  readonly displayTo: string;
  /** Without its angle brackets; empty when missing. At most 998 characters. */
  readonly messageId: string;
  /** References, then In-Reply-To, without brackets, oldest first, no doubles, at most 200. */
  readonly references: readonly string[];
  /** RFC 8621 §4.1.4: true when there is a part to be saved, not only pictures within the text. */
  readonly hasAttachment: boolean;
}

export type FactName = keyof LetterFacts;
