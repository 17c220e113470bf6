// Letters that tell what became of another letter: delivery reports (RFC 3464) and receipts (RFC 8098), in a multipart/report (RFC 6522).
// Knows their fields for machines, and how the letter they are about is named; knows nobody who sent it.
import type { Bytes } from '../base/bytes.ts';
import { latin1FromBytes, utf8FromBytes } from '../base/bytes.ts';
import { firstField, readHeader } from './header/fields.ts';
import { parseMessageId } from './header/message-id.ts';
import { parseTree, type Part } from './mime/tree.ts';
import { decodeTransfer } from './transfer.ts';

export interface ReportField {
  /** As it was written. */
  readonly name: string;
  /** Unfolded. */
  readonly value: string;
}

/** In their order; a name may stand several times, as Error does (RFC 8098 §3.2.7). */
export type ReportFields = readonly ReportField[];

export interface Report {
  readonly kind: 'delivery-status' | 'disposition-notification';
  /** A delivery report: first the fields about the letter, then those of each recipient (RFC 3464 §2.1). A receipt: one group. */
  readonly groups: readonly ReportFields[];
  /** The report as a letter. */
  readonly tree: Part;
  /** Message-ID of the letter that came back with it, without brackets; empty when none did. */
  readonly messageId: string;
}

const kinds: ReadonlyMap<string, Report['kind']> = new Map([
  ['delivery-status', 'delivery-status'],
  ['global-delivery-status', 'delivery-status'],
  ['disposition-notification', 'disposition-notification'],
  ['global-disposition-notification', 'disposition-notification'],
]);

/** Groups that are looked at, empty ones with them: a letter has no more recipients here. */
const groupsMax = 2000;
/** Octets of the fields for machines. */
const fieldsMax = 1024 * 1024;

/** Null for what is no report. Never throws. */
export function readReport(octets: Bytes): Report | null {
  const tree = parseTree(octets);
  if (tree.type !== 'multipart' || tree.subtype !== 'report') return null;
  for (const part of tree.children) {
    const kind = part.type === 'message' ? kinds.get(part.subtype) : undefined;
    if (kind === undefined) continue;
    const body = decodeTransfer(part.encoding, octets.subarray(part.bodyStart, part.bodyEnd), fieldsMax);
    return { kind, groups: readGroups(body.subarray(0, fieldsMax)), tree, messageId: originalOf(octets, tree) };
  }
  return null;
}

/** RFC 3464 §2.1: groups of fields, with an empty line between them. */
function readGroups(body: Bytes): readonly ReportFields[] {
  const groups: ReportFields[] = [];
  for (let at = 0, looked = 0; at < body.length && looked < groupsMax; looked++) {
    const header = readHeader(body, at, body.length);
    const group: ReportField[] = [];
    for (const field of header.fields) {
      const name = latin1FromBytes(body, field.start, field.nameEnd);
      const value = utf8FromBytes(body, field.valueStart, field.end).replace(/\r?\n(?=[ \t])/g, '');
      if (name !== '') group.push({ name, value: value.trim() });
    }
    if (group.length > 0) groups.push(group);
    at = Math.max(header.end, at + 1);
  }
  return groups;
}

/** The first of a name, which is given in lower case. */
export function fieldOf(group: ReportFields, name: string): string | undefined {
  return group.find((field) => field.name.toLowerCase() === name)?.value;
}

/** RFC 6522 §3: the letter itself, or its header alone. */
function originalOf(octets: Bytes, tree: Part): string {
  const part = tree.children.find(
    ({ type, subtype }) =>
      (type === 'message' && (subtype === 'rfc822' || subtype === 'global' || subtype === 'global-headers')) ||
      (type === 'text' && subtype === 'rfc822-headers'),
  );
  if (part === undefined) return '';
  const body = decodeTransfer(part.encoding, octets.subarray(part.bodyStart, part.bodyEnd), fieldsMax);
  return parseMessageId(firstField(readHeader(body, 0, body.length), 'message-id') ?? '');
}

/** `rfc822; a@b` as an address, without its type and brackets (RFC 3464 §2.3.1, RFC 8098 §3.2.3). */
export function addressOfField(value: string | undefined): string {
  if (value === undefined) return '';
  const semicolon = value.indexOf(';');
  return value
    .slice(semicolon + 1)
    .trim()
    .replace(/^<(.*)>$/, '$1');
}
