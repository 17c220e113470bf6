// A letter written piece by piece: its parts are an outline, large ones only named by where their octets are read from, so that no
// letter is in memory whole. Knows encodings, boundaries and order (RFC 2045, 2046); knows no addresses, no account and no blob.
import { bytesFromLatin1, bytesFromUtf8, type Bytes } from '../../base/bytes.ts';
import { SyntaxTrouble } from '../../base/trouble.ts';
import { formatTyped, isToken } from '../header/parameters.ts';
import { encodeBase64 } from '../transfer.ts';
import { formatField } from './field.ts';

/** Octets that are read when they are needed. */
export interface OctetSource {
  readonly size: number;
  /** Octets `start` to `end` (exclusive). */
  read(start: number, end: number): Bytes | Promise<Bytes>;
}

/** What a body part is made of. `fields`: the Content-* fields of it, with their line ends, without Content-Transfer-Encoding and MIME-Version. */
export type OutlinePart =
  /** Octets ready for the wire; their encoding is told in `fields`. */
  | { readonly kind: 'ready'; readonly fields: string; readonly bytes: Bytes; readonly eightBit?: boolean }
  /** Octets that go as base64. */
  | { readonly kind: 'base64'; readonly fields: string; readonly source: OctetSource }
  /** Octets that go as they are: `lookAt` has said that they can. */
  | { readonly kind: 'plain'; readonly fields: string; readonly source: OctetSource; readonly lines: '7bit' | '8bit' }
  | {
      readonly kind: 'multipart';
      readonly subtype: string;
      /** Of Content-Type, besides the boundary. */
      readonly parameters?: readonly (readonly [name: string, value: string])[];
      /** Fields besides Content-Type. */
      readonly fields: string;
      readonly parts: readonly OutlinePart[];
    };

/** Where the octets go; a returned promise is waited for before the next piece. */
export type OctetSink = (bytes: Bytes) => void | Promise<void>;

/** Whole lines of base64 (57 octets each), about a quarter of a megabyte. */
const base64Step = 57 * 4600;
const plainStep = 256 * 1024;

/**
 * Writes header and body. `header`: the letter's own fields, without those of its body. `seed`: letters and digits that nobody can foresee: boundaries are
 * made of it, and octets that are not looked through must not hold one by chance or by intent.
 * @throws SyntaxTrouble for a multipart without parts or with a subtype that is none.
 */
export async function writeLetter(header: string, body: OutlinePart, seed: string, sink: OctetSink): Promise<void> {
  const boundary = `=_${seed.replace(/[^0-9A-Za-z]/g, '').slice(-40)}`;
  await sink(bytesFromUtf8(`${header}${fieldsOf(body, boundary)}\r\n`));
  await writeContent(body, boundary, sink);
}

/** Each multipart adds a number to the boundary of the one around it, so that none is the beginning of a line of another's. */
async function writeContent(part: OutlinePart, boundary: string, sink: OctetSink): Promise<void> {
  if (part.kind === 'ready') return void (await sink(part.bytes));
  if (part.kind !== 'multipart') return writeSource(part, sink);
  for (const [index, child] of part.parts.entries()) {
    const inner = `${boundary}.${index + 1}`;
    await sink(bytesFromUtf8(`--${boundary}\r\n${fieldsOf(child, inner)}\r\n`));
    await writeContent(child, inner, sink);
    await sink(bytesFromLatin1('\r\n'));
  }
  await sink(bytesFromLatin1(`--${boundary}--\r\n`));
}

async function writeSource(part: OutlinePart & { readonly kind: 'base64' | 'plain' }, sink: OctetSink): Promise<void> {
  const { source } = part;
  const step = part.kind === 'base64' ? base64Step : plainStep;
  for (let at = 0; at < source.size; at += step) {
    const bytes = await source.read(at, Math.min(source.size, at + step));
    await sink(part.kind === 'base64' ? bytesFromLatin1(encodeBase64(bytes)) : bytes);
  }
}

function fieldsOf(part: OutlinePart, boundary: string): string {
  switch (part.kind) {
    case 'ready':
      return part.fields;
    case 'base64':
      return part.fields + formatField('Content-Transfer-Encoding', 'base64');
    case 'plain':
      return part.fields + formatField('Content-Transfer-Encoding', part.lines);
    case 'multipart': {
      if (!isToken(part.subtype) || part.parts.length === 0)
        throw new SyntaxTrouble('write a multipart: it needs a subtype and at least one part');
      const type = formatTyped(`multipart/${part.subtype}`, [...(part.parameters ?? []), ['boundary', boundary]]);
      // RFC 2045 §6.4: what is around 8-bit octets says so.
      return formatField('Content-Type', type) + part.fields + (isEightBit(part) ? formatField('Content-Transfer-Encoding', '8bit') : '');
    }
  }
}

function isEightBit(part: OutlinePart): boolean {
  switch (part.kind) {
    case 'ready':
      return part.eightBit === true;
    case 'plain':
      return part.lines === '8bit';
    case 'multipart':
      return part.parts.some(isEightBit);
    case 'base64':
      return false;
  }
}

/** RFC 2045 §2.7, §2.8: what octets are as they stand; `unfit` when a line is too long, or a NUL or half a line end is in them. */
export async function lookAt(source: OctetSource): Promise<'7bit' | '8bit' | 'unfit'> {
  let eightBit = false;
  let width = 0;
  let afterCr = false;
  for (let at = 0; at < source.size; at += plainStep) {
    const bytes = await source.read(at, Math.min(source.size, at + plainStep));
    for (const octet of bytes) {
      if (afterCr !== (octet === 10) || octet === 0) return 'unfit';
      afterCr = octet === 13;
      if (octet === 10) width = 0;
      else if (octet !== 13 && ++width > 998) return 'unfit';
      if (octet > 127) eightBit = true;
    }
  }
  return afterCr ? 'unfit' : eightBit ? '8bit' : '7bit';
}
