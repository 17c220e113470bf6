// The fields for machines in a delivery report (RFC 3464 §2.2, §2.3; RFC 6533 for addresses beyond ASCII).
// Knows how each is written; knows no letter and no words for people.
import { formatDate } from '../../message/header/date.ts';
import { parseXtext } from '../../protocol/smtp/grammar/parameters.ts';
import type { ReportedRecipient } from './contract.ts';

const wordsMax = 500;

export type Field = readonly [name: string, value: string];

/** RFC 6533 §4: message/global-delivery-status is only written where an address needs it. */
export function needsGlobal(recipients: readonly ReportedRecipient[]): boolean {
  return recipients.some((one) => !isAscii(one.row.recipient));
}

/** RFC 3464 §2.2. */
export function messageFields(hostName: string, recipients: readonly ReportedRecipient[]): Field[] {
  const { row } = recipients[0]!;
  const fields: Field[] = [];
  if (row.envelopeId !== null) fields.push(['Original-Envelope-Id', plain(row.envelopeId)]);
  fields.push(['Reporting-MTA', `dns; ${hostName}`], ['Arrival-Date', formatDate(row.createdAt)]);
  return fields;
}

/** RFC 3464 §2.3. `global`: UTF-8 may be written; without it the fields are ASCII, as message/delivery-status is. */
export function recipientFields(one: ReportedRecipient, global: boolean): Field[] {
  const { row } = one;
  const fields: Field[] = [];
  if (row.originalRecipient !== null) fields.push(['Original-Recipient', formatOriginalRecipient(row.originalRecipient, global)]);
  // RFC 6533 §3: an address that is not ASCII has a type of its own.
  fields.push(
    ['Final-Recipient', `${isAscii(row.recipient) ? 'rfc822' : 'utf-8'}; ${plain(row.recipient)}`],
    ['Action', one.action],
    ['Status', one.status],
  );
  if (one.host !== null) fields.push(['Remote-MTA', `dns; ${plain(one.host)}`], ['Diagnostic-Code', formatDiagnostic(one.words, global)]);
  fields.push(['Last-Attempt-Date', formatDate(one.lastAttemptAt)]);
  if (one.action === 'delayed') fields.push(['Will-Retry-Until', formatDate(row.expiresAt)]);
  return fields;
}

/**
 * RFC 3461 §6.3 (a): the address as the sender wrote it, its xtext undone. RFC 6533 §3: one of type utf-8 stands in UTF-8 in a global
 * report, else with `\x{…}` for what is not ASCII.
 */
function formatOriginalRecipient(told: string, global: boolean): string {
  const semicolon = told.indexOf(';');
  const type = told.slice(0, semicolon);
  const written = told.slice(semicolon + 1);
  const undone = parseXtext(written) ?? written;
  const address =
    type.toLowerCase() !== 'utf-8'
      ? undone
      : global
        ? undone.replace(/\\x\{([0-9A-F]{2,6})\}/g, (all, code: string) => characterOf(code) ?? all)
        : undone.replace(/[^\x00-\x7f]/gu, (character) => `\\x{${character.codePointAt(0)!.toString(16).toUpperCase()}}`);
  return `${type}; ${fit(address, global)}`;
}

function characterOf(code: string): string | null {
  const point = Number.parseInt(code, 16);
  return point < 0x20 || point === 0x7f || point > 0x10_ffff || (point >= 0xd800 && point <= 0xdfff) ? null : String.fromCodePoint(point);
}

/** RFC 3464 §2.3.6: of type smtp is only what an SMTP server said; words of ours have a type of their own (§2.1.2). */
function formatDiagnostic(words: string, global: boolean): string {
  return `${/^[2-5][0-9]{2}(?: |$)/.test(words) ? 'smtp' : 'x-tayori'}; ${fit(words, global)}`;
}

function fit(text: string, global: boolean): string {
  return global ? plain(text) : plain(text).replace(/[^\x20-\x7e]/gu, '?');
}

export function isAscii(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text);
}

/** Words of another server on one line, bounded: they must not write fields of their own. */
export function plain(text: string): string {
  return text
    .replace(/[\0-\x1f\x7f]+/g, ' ')
    .slice(0, wordsMax)
    .trim();
}
