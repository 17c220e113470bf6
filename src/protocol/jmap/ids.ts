// Ids as JMAP writes them: a letter and a number, and what stands behind a blob id. Knows their spelling; knows no object.
//
// RFC 8620 §1.2: each begins with a letter, none differs from another by case only, none is NIL. Those of mail are the OBJECTID's of RFC 8474.
import type { Id } from './contract.ts';

/** `A` account, `F` mailbox, `M` email, `T` thread, `I` identity, `S` submission, `P` push subscription, `U` upload, `B` letter as a blob; others for objects of ours. */
export type IdLetter = 'A' | 'B' | 'F' | 'I' | 'M' | 'P' | 'S' | 'T' | 'U' | (string & {});

export function formatId(letter: IdLetter, number: number): Id {
  return letter + number;
}

/** The number, or null for what is no id of this kind. Leading zeros are none: an id has one spelling. */
export function parseId(letter: IdLetter, text: string): number | null {
  if (text.length < 2 || text.length > 17 || text[0] !== letter) return null;
  const first = text.charCodeAt(1);
  if (first < 0x31 || first > 0x39) return null;
  let number = first - 0x30;
  for (let i = 2; i < text.length; i += 1) {
    const digit = text.charCodeAt(i) - 0x30;
    if (digit < 0 || digit > 9) return null;
    number = number * 10 + digit;
  }
  return Number.isSafeInteger(number) ? number : null;
}

const idPattern = /^[A-Za-z0-9_-]{1,255}$/;

/** RFC 8620 §1.2. */
export function isId(text: string): boolean {
  return idPattern.test(text);
}

/** What a blob id names: a letter of the account, an upload, or one part of it, decoded. */
export interface BlobName {
  readonly of: 'letter' | 'upload';
  readonly number: number;
  /** Numbers as IMAP counts parts (RFC 9051 §6.4.5.1), such as 1.2; null: the whole, as it is. */
  readonly path: readonly number[] | null;
}

const pathDepthMax = 100;
const blobPattern = /^([BU][1-9][0-9]{0,15})(?:-([1-9][0-9]{0,5}(?:_[1-9][0-9]{0,5})*))?$/;

export function formatBlobId(blob: BlobName): Id {
  const whole = formatId(blob.of === 'letter' ? 'B' : 'U', blob.number);
  return blob.path === null ? whole : `${whole}-${blob.path.join('_')}`;
}

/** Null for what is no blob id. */
export function parseBlobId(text: string): BlobName | null {
  if (text.length > 255) return null;
  const match = blobPattern.exec(text);
  if (match === null) return null;
  const [, whole = '', rest] = match;
  const number = parseId(whole[0] === 'B' ? 'B' : 'U', whole);
  const path = rest === undefined ? null : rest.split('_').map(Number);
  if (number === null || (path !== null && path.length > pathDepthMax)) return null;
  return { of: whole[0] === 'B' ? 'letter' : 'upload', number, path };
}

/** States are a MODSEQ as decimal text. */
export function formatState(modSeq: number): string {
  return String(modSeq);
}

/** Null for what was never a state of ours. */
export function parseState(text: string): number | null {
  if (!/^(?:0|[1-9][0-9]{0,15})$/.test(text)) return null;
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : null;
}
