// Which parts of a letter are its text and which are attachments: RFC 8621 §4.1.4, the algorithm that it proposes, and the numbers of parts.
// Knows part trees; knows no protocol. What is inside an attached message is not looked at.
import { fileName } from '../text.ts';
import type { Part } from './tree.ts';

export interface BodyParts {
  /** To be shown one after the other, plain text preferred; and the same, HTML preferred. */
  readonly textBody: readonly Part[];
  readonly htmlBody: readonly Part[];
  readonly attachments: readonly Part[];
}

function isInlineMedia(part: Part): boolean {
  return part.type === 'image' || part.type === 'audio' || part.type === 'video';
}

/** RFC 8621 §4.1.4 (parseStructure). */
export function bodyParts(tree: Part): BodyParts {
  const textBody: Part[] = [];
  const htmlBody: Part[] = [];
  const attachments: Part[] = [];
  sort([tree], 'mixed', false, htmlBody, textBody, attachments);
  return { textBody, htmlBody, attachments };
}

function sort(
  parts: readonly Part[],
  multipart: string,
  inAlternative: boolean,
  htmlBody: Part[] | null,
  textBody: Part[] | null,
  attachments: Part[],
): void {
  const textLength = textBody?.length ?? -1;
  const htmlLength = htmlBody?.length ?? -1;
  for (const [index, part] of parts.entries()) {
    if (part.type === 'multipart') {
      sort(part.children, part.subtype, inAlternative || part.subtype === 'alternative', htmlBody, textBody, attachments);
      continue;
    }
    const plain = isText(part, 'plain');
    const html = isText(part, 'html');
    if (!isBody(part, index, multipart)) attachments.push(part);
    else if (multipart === 'alternative') {
      if (plain) (textBody ?? attachments).push(part);
      else if (html) (htmlBody ?? attachments).push(part);
      else attachments.push(part);
    } else {
      // One of several forms of the same: what is plain belongs to the plain one only.
      if (inAlternative && plain) htmlBody = null;
      if (inAlternative && html) textBody = null;
      textBody?.push(part);
      htmlBody?.push(part);
      if ((textBody === null || htmlBody === null) && isInlineMedia(part)) attachments.push(part);
    }
  }
  if (multipart !== 'alternative' || textBody === null || htmlBody === null) return;
  // Only one of the forms was there: it serves for both.
  if (textLength === textBody.length && htmlLength !== htmlBody.length) textBody.push(...htmlBody.slice(htmlLength));
  else if (htmlLength === htmlBody.length && textLength !== textBody.length) htmlBody.push(...textBody.slice(textLength));
}

function isText(part: Part, subtype: string): boolean {
  return part.type === 'text' && part.subtype === subtype;
}

/** A part of the body rather than an attachment: of a related group only the root, and no text with a file name behind the first part. */
function isBody(part: Part, index: number, multipart: string): boolean {
  if (part.disposition?.value === 'attachment') return false;
  if (!isText(part, 'plain') && !isText(part, 'html') && !isInlineMedia(part)) return false;
  return index === 0 || (multipart !== 'related' && (isInlineMedia(part) || fileName(part) === null));
}

/**
 * RFC 8621 §4.1.4 (hasAttachment): an attachment that is not meant to be shown in its place. Pictures that the HTML names by their Content-ID, and
 * signatures, which programs read and not people, do not count.
 */
export function hasAttachment(tree: Part): boolean {
  const quiet = new Set<Part>();
  collectQuiet(tree, quiet);
  return bodyParts(tree).attachments.some((part) => part.disposition?.value !== 'inline' && !quiet.has(part));
}

const signatures = new Set(['pgp-signature', 'pkcs7-signature', 'x-pkcs7-signature', 'pgp-keys']);

function collectQuiet(part: Part, into: Set<Part>): void {
  for (const child of part.type === 'multipart' ? part.children : []) {
    if (part.subtype === 'related' && isInlineMedia(child) && child.id !== null && child.disposition?.value !== 'attachment')
      into.add(child);
    if (part.subtype === 'signed' && child.type === 'application' && signatures.has(child.subtype)) into.add(child);
    collectQuiet(child, into);
  }
}

/** The number of each part that is no multipart, as IMAP counts (RFC 9051 §6.4.5.1), in the order of the tree; messages are not opened. */
export function numberParts(tree: Part): ReadonlyMap<Part, readonly number[]> {
  const numbers = new Map<Part, readonly number[]>();
  const walk = (part: Part, path: readonly number[]): void => {
    if (part.type !== 'multipart' || part.children.length === 0) numbers.set(part, path.length === 0 ? [1] : path);
    else for (const [index, child] of part.children.entries()) walk(child, [...path, index + 1]);
  };
  walk(tree, []);
  return numbers;
}
