// Writing a whole letter: header and body to octets with CRLF line ends, fit to be sent.
// Knows the order of fields and which of them have which form; sends nothing and invents nothing (dates and ids come from the caller).
import { bytesFromUtf8, concatBytes, type Bytes } from '../../base/bytes.ts';
import { formatAddressList, isDotAtom, mailboxesOf, type Address, type Mailbox } from '../address/address-list.ts';
import { SyntaxTrouble } from '../../base/trouble.ts';
import { formatDate } from '../header/date.ts';
import { buildBody, checkId, type Body } from './body.ts';
import { formatField, formatTextField } from './field.ts';

export interface OutgoingLetter {
  /** Fields put before all others, such as Auto-Submitted; values are structured text as it is. */
  readonly fields?: readonly (readonly [name: string, value: string])[];
  /** RFC 5322 §3.3; `zone` in minutes east. */
  readonly date: { readonly time: number; readonly zone?: number };
  readonly from: readonly Address[];
  readonly sender?: readonly Address[];
  readonly replyTo?: readonly Address[];
  readonly to?: readonly Address[];
  readonly cc?: readonly Address[];
  readonly bcc?: readonly Address[];
  readonly subject?: string;
  /** Ids without angle brackets. */
  readonly messageId: string;
  readonly inReplyTo?: readonly string[];
  readonly references?: readonly string[];
  readonly body: Body;
}

/**
 * Octets of the letter. Lines are at most 998 octets, of its header 78 where words allow.
 * @throws SyntaxTrouble when a value would break out of its field.
 */
export function buildLetter(letter: OutgoingLetter): Bytes {
  const body = buildBody(letter.body, letter.messageId);
  let header = '';
  for (const [name, value] of letter.fields ?? []) header += formatField(name, value);
  header += formatField('Date', formatDate(letter.date.time, letter.date.zone));
  header += addressField('From', letter.from);
  header += addressField('Sender', letter.sender);
  header += addressField('Reply-To', letter.replyTo);
  header += addressField('To', letter.to);
  header += addressField('Cc', letter.cc);
  header += addressField('Bcc', letter.bcc);
  if (letter.subject !== undefined) header += formatTextField('Subject', letter.subject);
  header += formatField('Message-ID', `<${checkId(letter.messageId)}>`);
  header += idsField('In-Reply-To', letter.inReplyTo);
  header += idsField('References', letter.references);
  header += 'MIME-Version: 1.0\r\n';
  return concatBytes([bytesFromUtf8(`${header}${body.fields}\r\n`), body.bytes]);
}

function addressField(name: string, list: readonly Address[] | undefined): string {
  if (list === undefined || list.length === 0) return '';
  for (const address of list)
    if (address.kind === 'group' && /[\r\n\0]/.test(address.name)) throw new SyntaxTrouble(`write ${name}: a group name has a line end`);
  for (const mailbox of mailboxesOf(list)) checkMailbox(name, mailbox);
  return formatField(name, formatAddressList(list));
}

/** An address must not become two, nor another: only what the grammar allows may stand in it. */
function checkMailbox(field: string, mailbox: Mailbox): void {
  const { name, local, domain, route } = mailbox;
  if (/[\r\n\0]/.test((name ?? '') + local)) throw new SyntaxTrouble(`write ${field}: an address has a line end or NUL`);
  if (route !== null || (domain !== null && !isDotAtom(domain) && !/^\[[\x21-\x5a\x5e-\x7e]*\]$/.test(domain)))
    throw new SyntaxTrouble(`write ${field}: ${JSON.stringify((domain ?? route ?? '').slice(0, 80))} is no domain`);
}

function idsField(name: string, ids: readonly string[] | undefined): string {
  return ids === undefined || ids.length === 0 ? '' : formatField(name, ids.map((id) => `<${checkId(id)}>`).join(' '));
}
