// What a letter from an app still needs, found by its header alone: Date, Message-ID, From (RFC 6409 §8), and what must not go out: Bcc
// (RFC 5322 §3.6.3) and Return-Path (RFC 5321 §4.4). Works on octets: fields to put before, ranges to leave out; nothing is built anew.
// Knows header fields; knows no account and no store.
import { bytesFromLatin1, latin1FromBytes, utf8FromBytes, type Bytes } from '../../base/bytes.ts';
import { formatAddrSpec, formatPhrase, mailboxesOf, parseAddressList } from '../../message/address/address-list.ts';
import { formatDate } from '../../message/header/date.ts';
import { headerFieldRanges, unfold } from '../../message/header/fields.ts';

/** A header larger than this is not a letter written by a person; reliability S-05 reads no further either. */
const maxHeader = 1024 * 1024;
/** Characters of a Message-ID that the journey remembers: RFC 5322 §2.1.1 lets no line be longer. */
const maxMessageId = 998;
/** Addresses in From and Sender together. */
const maxAuthors = 100;

export interface Author {
  readonly name: string;
  readonly address: string;
}

export interface Completion {
  /** Fields that were missing, CRLF after each; an empty line behind them when the letter began with its body. */
  readonly fields: string;
  /** Ranges of the letter that are left out, ascending. */
  readonly cuts: readonly { readonly start: number; readonly end: number }[];
  /** Every address in From and Sender, as in a path. */
  readonly authors: readonly string[];
  /** Without brackets. */
  readonly messageId: string;
  /** Why the letter cannot go out, in words for the app; null when it can. */
  readonly fault: string | null;
}

export interface CompletionFacts {
  readonly author: Author;
  /** Wall time, milliseconds. */
  readonly at: number;
  /** Left part of a new Message-ID. */
  readonly id: string;
}

/** Left out wherever they stand. */
const cutNames: ReadonlySet<string> = new Set(['bcc', 'resent-bcc', 'return-path']);

export function completeLetter(letter: Bytes, { author, at, id }: CompletionFacts): Completion {
  const end = Math.min(letter.length, maxHeader);
  const header = headerFieldRanges(letter, 0, end);
  const cuts: { start: number; end: number }[] = [];
  const first = header.fields[0];
  // A line that mail folders put before a letter (RFC 4155) is no field, yet the header follows it.
  const startsWithFolderLine = first?.name === '' && latin1FromBytes(letter, first.start, first.start + 5) === 'From ';
  if (startsWithFolderLine) cuts.push({ start: first.start, end: first.end });
  // Strict: a letter that begins with its body gets the empty line that belongs before it.
  const startsWithBody = first?.name === '' && !startsWithFolderLine;
  const fields = startsWithBody ? [] : header.fields;
  const authors: string[] = [];
  let from = 0;
  let writers = 0;
  let sender = 0;
  let hasDate = false;
  let messageId = '';
  let fault: string | null = null;
  for (const field of fields) {
    const { name } = field;
    if (cutNames.has(name)) cuts.push({ start: field.start, end: field.end });
    else if (name === 'date') hasDate = true;
    else if (name === 'message-id')
      messageId ||= fieldText(letter, field)
        .replace(/^\s*<|>\s*$/g, '')
        .slice(0, maxMessageId);
    else if (name === 'from' || name === 'sender') {
      const found = mailboxesOf(parseAddressList(fieldText(letter, field)));
      if (found.length === 0 || found.some(({ local }) => local === ''))
        fault ??= `the ${name === 'from' ? 'From' : 'Sender'} field has no address`;
      if (found.length > maxAuthors) fault ??= 'the letter has too many authors';
      else for (const mailbox of found) authors.push(formatAddrSpec(mailbox));
      if (name === 'from') {
        from++;
        writers += found.length;
      } else sender++;
    }
  }
  // RFC 5322 §3.6: each at most once; two of them mean that somebody wants to be read differently by different readers (S-10).
  if (from > 1 || sender > 1) fault ??= 'the letter has more than one From or Sender field';
  if (header.blank === end && letter.length > end) fault ??= 'the header is larger than 1 MiB';
  const own = author.name === '' ? author.address : `${formatPhrase(author.name)} <${author.address}>`;
  const missing =
    (hasDate ? '' : `Date: ${formatDate(at)}\r\n`) +
    (messageId === '' ? `Message-ID: <${id}@${author.address.slice(author.address.lastIndexOf('@') + 1)}>\r\n` : '') +
    (from === 0 ? `From: ${own}\r\n` : '') +
    // RFC 5322 §3.6.2: several authors need one who sent it.
    (writers > 1 && sender === 0 ? `Sender: ${own}\r\n` : '');
  return { fields: startsWithBody ? missing + '\r\n' : missing, cuts, authors, messageId, fault };
}

/** The letter without the ranges, as pieces of the same memory. */
export function cutPieces(letter: Bytes, cuts: Completion['cuts']): readonly Bytes[] {
  const pieces: Bytes[] = [];
  let at = 0;
  for (const { start, end } of cuts) {
    if (start > at) pieces.push(letter.subarray(at, start));
    at = end;
  }
  if (at < letter.length) pieces.push(letter.subarray(at));
  return pieces;
}

/** Unfolded value of a field, raw 8-bit octets read as UTF-8 (RFC 6532). */
function fieldText(letter: Bytes, { start, end }: { readonly start: number; readonly end: number }): string {
  const line = latin1FromBytes(letter, start, end);
  const value = unfold(line.slice(line.indexOf(':') + 1));
  return /^[\x00-\x7f]*$/.test(value) ? value : utf8FromBytes(bytesFromLatin1(value));
}
