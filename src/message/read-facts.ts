// Reads a letter into its facts: one pass over the octets, then the texts that IMAP, the index and listings send as they are.
// Knows which reader makes which fact; the rules are theirs. Never throws, whatever the octets.
import type { Bytes } from '../base/bytes.ts';
import { displayAddresses, type Address, type Mailbox } from './address/address-list.ts';
import type { LetterFacts } from './facts.ts';
import { baseSubject } from './header/base-subject.ts';
import { parseDate } from './header/date.ts';
import { cleanText, decodeHeaderText, decodeWords } from './header/encoded-word.ts';
import { joinReferences, parseMessageId } from './header/message-id.ts';
import { hasAttachment } from './mime/body-parts.ts';
import { formatParts } from './mime/parts.ts';
import { charsetHint, parseTree } from './mime/tree.ts';
import { readPreview } from './text.ts';
import { formatStructure } from './wire/body-structure.ts';
import { formatEnvelope, readEnvelope } from './wire/envelope.ts';

/** Longest decoded subject and address list that are kept. */
const maxShown = 1000;

/** All facts of a letter. */
export function readFacts(bytes: Bytes): LetterFacts {
  const tree = parseTree(bytes);
  const hint = charsetHint(tree);
  const envelope = readEnvelope(tree.header, hint);
  const structure = formatStructure(tree);
  const subject = cleanText(decodeHeaderText(envelope.subject ?? '', hint));
  const shortSubject = subject.length <= maxShown ? subject : subject.slice(0, maxShown).toWellFormed();
  return {
    envelope: formatEnvelope(envelope, hint),
    envelopeMarks: envelope.marks,
    bodyStructure: structure.bodyStructure,
    body: structure.body,
    headerLength: tree.bodyStart,
    parts: formatParts(tree),
    preview: readPreview(bytes, tree),
    baseSubject: baseSubject(shortSubject),
    subject: shortSubject,
    sentAt: envelope.date === null ? null : parseDate(envelope.date),
    from: displayAddresses(envelope.from, maxShown),
    to: displayAddresses(envelope.to, maxShown),
    cc: displayAddresses(envelope.cc, maxShown),
    bcc: displayAddresses(envelope.bcc, maxShown),
    sortFrom: sortKey(envelope.from),
    sortTo: sortKey(envelope.to),
    sortCc: sortKey(envelope.cc),
    displayFrom: displayKey(envelope.from),
    displayTo: displayKey(envelope.to),
    messageId: envelope.messageId === null ? '' : parseMessageId(envelope.messageId),
    references: joinReferences(envelope.references ?? '', envelope.inReplyTo ?? ''),
    hasAttachment: hasAttachment(tree),
  };
}

/** RFC 5256 §3: addr-mailbox of the first address; of a group that is its name. */
function sortKey(list: readonly Address[]): string {
  const first = list[0];
  return first === undefined ? '' : (first.kind === 'group' ? first.name : first.local).slice(0, maxShown).toWellFormed();
}

/** RFC 5957 §3: the name, else the address, of the first address structure. */
function displayKey(list: readonly Address[]): string {
  const first = list[0];
  if (first === undefined) return '';
  const text = first.kind === 'group' ? decodeWords(first.name) : displayOf(first);
  return cleanText(text.slice(0, maxShown).toWellFormed());
}

function displayOf(mailbox: Mailbox): string {
  const name = mailbox.name === null ? '' : decodeWords(mailbox.name);
  if (name !== '') return name;
  return mailbox.domain === null ? mailbox.local : `${mailbox.local}@${mailbox.domain}`;
}
