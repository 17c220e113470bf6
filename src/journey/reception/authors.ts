// Who a letter says it is from, as far as it must be clear to everybody (reliability S-10, B-090): one From field with addresses of one
// domain. Two fields, or two domains, are read differently by different programs, and what one of them checked another does not show.
// Knows the From field; knows no transaction.
import { bytesFromLatin1, latin1FromBytes, LF, utf8FromBytes, type Bytes } from '../../base/bytes.ts';
import { mailboxesOf, parseAddressList } from '../../message/address/address-list.ts';
import { unfold } from '../../message/header/fields.ts';
import { toAsciiDomain } from '../../protocol/smtp/grammar/domain.ts';

/** Octets of a From field. RFC 5322 has no bound; a page of authors is no letter of a person. */
const maxFrom = 16 * 1024;

/** Where From fields were found in a header. */
export interface FromFields {
  readonly count: number;
  /** Where the first begins. */
  readonly at: number;
}

/** Is it clear who wrote the letter? Liberal: one without any From field is taken; it claims nothing. */
export function isAuthorClear(letter: Bytes, { count, at }: FromFields): boolean {
  if (count === 0) return true;
  if (count > 1) return false;
  const value = valueOf(letter, at);
  if (value === null) return false;
  const domains = new Set(mailboxesOf(parseAddressList(value)).map(({ domain }) => domain && (toAsciiDomain(domain) ?? domain)));
  // Strict: RFC 6854 lets a group without members stand there; who sends to strangers has an address. Liberal: it may lack a domain, as
  // that of some mailer daemons does.
  return domains.size === 1;
}

/** Unfolded, raw 8-bit octets read as UTF-8 (RFC 6532); null when it is too long. */
function valueOf(letter: Bytes, at: number): string | null {
  let end = at;
  do {
    const found = letter.indexOf(LF, end);
    end = found < 0 ? letter.length : found + 1;
    if (end - at > maxFrom) return null;
  } while (letter[end] === 32 || letter[end] === 9);
  const line = latin1FromBytes(letter, at, end);
  const value = unfold(line.slice(line.indexOf(':') + 1));
  return /^[\x00-\x7f]*$/.test(value) ? value : utf8FromBytes(bytesFromLatin1(value));
}
