// What can be read in a letter: the decoded texts for the search index, and the preview of a listing.
// Knows which parts are text and the bound on how much of it is taken; knows no index.
import type { Bytes } from '../base/bytes.ts';
import { displayAddresses } from './address/address-list.ts';
import { decodeText } from './charset/decode.ts';
import { decodeHeaderText } from './header/encoded-word.ts';
import { fieldValue } from './header/fields.ts';
import { parameterText } from './header/parameters.ts';
import { collapse, htmlToText } from './html-text.ts';
import { maxText } from './limits.ts';
import { charsetHint, parseTree, type Part } from './mime/tree.ts';
import { decodeTransfer, knownEncoding } from './transfer.ts';
import { readEnvelope } from './wire/envelope.ts';

/** Decoded texts of a letter, together at most about `maxText` characters. */
export interface LetterTexts {
  readonly subject: string;
  readonly from: string;
  readonly to: string;
  readonly cc: string;
  readonly bcc: string;
  /** All fields, `Name: value` lines, decoded. */
  readonly header: string;
  /** All text parts, those of messages in it too, with a line end between; HTML as its text; file names at the end of their part. */
  readonly body: string;
}

/** Never throws. */
export function readTexts(bytes: Bytes): LetterTexts {
  const tree = parseTree(bytes);
  const hint = charsetHint(tree);
  const envelope = readEnvelope(tree.header, hint);
  let header = '';
  for (const field of tree.header.fields) {
    if (header.length > maxText / 4) break;
    const name = tree.header.text.slice(field.start - tree.header.start, field.nameEnd - tree.header.start);
    if (name !== '') header += `${name}: ${decodeHeaderText(fieldValue(tree.header, field), hint)}\n`;
  }
  const body: string[] = [];
  collectTexts(bytes, tree, body, maxText - header.length);
  return {
    subject: decodeHeaderText(envelope.subject ?? '', hint),
    from: displayAddresses(envelope.from, maxText / 8),
    to: displayAddresses(envelope.to, maxText / 8),
    cc: displayAddresses(envelope.cc, maxText / 8),
    bcc: displayAddresses(envelope.bcc, maxText / 8),
    header,
    body: body.join('\n'),
  };
}

/** Adds the texts of `part` and what is in it; returns how much room is left. */
function collectTexts(bytes: Bytes, part: Part, into: string[], room: number): number {
  if (room <= 0) return room;
  if (part.children.length > 0) {
    for (const child of part.children) {
      if (part.type === 'message') {
        const envelope = readEnvelope(child.header, child.charset);
        const about = `${decodeHeaderText(envelope.subject ?? '', child.charset)} ${displayAddresses(envelope.from, 1000)} ${displayAddresses(envelope.to, 1000)}`;
        into.push(about.slice(0, room));
        room -= about.length + 1;
      }
      room = collectTexts(bytes, child, into, room);
      if (room <= 0) break;
    }
    return room;
  }
  if (part.type === 'text') {
    const text = partText(bytes, part, room);
    into.push(text);
    room -= text.length + 1;
  }
  const name = fileName(part);
  if (name !== null && room > 0) {
    into.push(name.slice(0, room));
    room -= name.length + 1;
  }
  return room;
}

/** Octets that HTML may spend on what is no text, such as styles, before the text that is wanted. */
const htmlOverhead = 100_000;

/** Decoded text of one text part, at most `max` characters; HTML as its text. */
export function partText(bytes: Bytes, part: Part, max: number): string {
  const html = part.subtype === 'html' || part.subtype === 'xhtml';
  // Four octets hold any character; three octets of an encoding hold one.
  const wanted = max * 4 + (html ? htmlOverhead : 100);
  const octets = decodeTransfer(part.encoding, bytes.subarray(part.bodyStart, Math.min(part.bodyEnd, part.bodyStart + wanted * 4)), wanted);
  const text = decodeText(part.charset, octets);
  if (html) return htmlToText(text, max);
  return text.length <= max ? text : text.slice(0, max).toWellFormed();
}

/** RFC 2183 §2.3 (filename), else the name of Content-Type; null when there is none. Not cleaned: never a path. */
export function fileName(part: Part): string | null {
  const name =
    (part.disposition === null ? null : parameterText(part.disposition.parameters, 'filename')) ?? parameterText(part.parameters, 'name');
  return name === '' ? null : name;
}

const previewLength = 200;

/** RFC 8970 §3.3: the text of the first text/plain part that has any, else of the first HTML part, in one line of at most 200 characters. */
export function readPreview(bytes: Bytes, tree: Part): string {
  for (const subtype of ['plain', 'html']) {
    const part = firstText(tree, subtype);
    const text = part === null ? '' : collapse(partText(bytes, part, 1000));
    if (text !== '')
      return text.length <= previewLength
        ? text
        : text
            .slice(0, previewLength)
            .toWellFormed()
            .replace(/\ufffd$/, '');
  }
  return '';
}

/** The first text part of that subtype that is no attachment and can be decoded, not within messages. */
function firstText(part: Part, subtype: string): Part | null {
  if (part.type === 'text')
    return part.subtype === subtype && part.disposition?.value !== 'attachment' && knownEncoding(part.encoding) !== null ? part : null;
  if (part.type !== 'multipart') return null;
  for (const child of part.children) {
    const found = firstText(child, subtype);
    if (found !== null) return found;
  }
  return null;
}
